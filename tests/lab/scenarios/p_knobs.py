"""The same endings under other settings of the kernel: other repetitions, options left out, sockets soon forgotten."""

from model import OK, Scenario, fail

PATH_DIES = "await up; firewall drop; mark dead"
RST = "iif r2s tcp flags & rst == rst drop"


def tcp(**settings: int) -> dict[str, int]:
    return {f"net.ipv4.tcp_{name}": value for name, value in settings.items()}


def both(**settings: int) -> dict[str, dict[str, int]]:
    return {"client": tcp(**settings), "server": tcp(**settings)}


SCENARIOS = [
    Scenario(
        "refusals_lost",
        "nothing listens, and the RSTs are dropped on their way: the client repeats its SYN until connect() times out",
        firewall={"router": RST},
        server="sleep .1",
        client="connect syncnt=2",
        tail=1.0,
        expect=fail(
            "timed_out",
            "return_path_lost",
            by="network unknown",
            at={"client": fail("timed_out", "syn_unanswered", by="network unknown")},
        ),
    ),
    Scenario(
        "refusal_lost_before_the_service_began",
        "the RST is lost; when the SYN comes again by timer, the service listens",
        firewall={"router": RST},
        server="await asked; listen; accept; recv; answer; recv; close",
        client="connect_begin; sleep .2; mark asked; sleep 1.2; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "one_syn_more_and_no_linear_timeouts",
        "tcp_syn_linear_timeouts 0 and tcp_syn_retries 1: two SYNs in three seconds are all",
        sysctl={"client": tcp(syn_linear_timeouts=0, syn_retries=1)},
        firewall={"router": "tcp flags & (syn|ack) == syn drop"},
        client="connect",
        tail=.6,
        expect=fail("timed_out", "syn_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "timeouts_no_longer_than_a_second",
        "tcp_rto_max_ms 1000: the same payload each second, without back-off, until the kernel gives up",
        sysctl={"client": tcp(rto_max_ms=1000, retries2=3)},
        router=PATH_DIES,
        server="listen; accept; recv; answer; mark up; opt timeout=6; recv",
        client="connect; get; recv; await dead; get; recv; recv",
        tail=1.5,
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "no_options_write_after_close",
        "neither time stamps, SACK nor window scaling: the server closes, the client writes twice",
        sysctl=both(timestamps=0, sack=0, dsack=0, window_scaling=0),
        server="listen; accept; recv; answer; close; mark closed; sleep .5",
        client="connect; get; recv; await closed; sleep .1; get; sleep .1; get; recv",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "ecn_aborted",
        "both ends speak ECN, so that the SYN has ECE and CWR and the SYN-ACK has ECE; the server aborts",
        sysctl=both(ecn=1),
        server="listen; accept; recv; answer; sleep .1; abort; sleep .3",
        client="connect; get; recv; sleep .3; recv; get",
        expect=fail("reset", "abortive_close", "unread_data", by="server"),
    ),
    Scenario(
        "ecn_refused",
        "the SYN has ECE and CWR, and nothing listens",
        sysctl=both(ecn=1),
        server="sleep .3",
        client="connect",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "window_shrinks_under_an_upload",
        "tcp_shrink_window: the server takes back window that it had offered; the client aborts",
        sysctl={"server": tcp(shrink_window=1)},
        server="listen rcvbuf=20000; accept; sleep .2; opt rcvbuf=2000; sleep .6; drain; recv",
        client="connect; opt timeout=.5; send 200000; sleep .1; abort; sleep .8",
        expect=fail("reset", "client_gave_up", "abortive_close", "reader_stalled", by="client"),
    ),
    Scenario(
        "no_time_wait_and_the_last_ack_lost",
        "tcp_max_tw_buckets 0: the client keeps no TIME_WAIT, and the FIN that is sent again meets no socket",
        sysctl={"client": tcp(max_tw_buckets=0)},
        router="await up; firewall 'iif r2c tcp flags & fin != fin drop'; mark dead; await closed; sleep .1; firewall",
        server="listen; accept; recv; answer; recv; mark up; await dead; close; mark closed; sleep .8",
        client="connect; get; recv; close; sleep 1.2",
        expect=OK,
    ),
    Scenario(
        "challenges_are_rationed",
        "tcp_challenge_ack_limit 1: RSTs and SYNs are forged in the window of both ends; few are answered, all goes on",
        sysctl=both(challenge_ack_limit=1, invalid_ratelimit=0),
        router="""
            await idle
            repeat 3 { forge to=client seq=+7 ttl=63; forge to=server seq=+7 ttl=63
                forge to=client flags=S ttl=63; forge to=server flags=S ttl=63 }
            mark forged""",
        server="listen; accept; recv; answer; mark idle; await forged; recv; answer; recv; close",
        client="connect; get; recv; await forged; sleep .1; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "service_ends_before_the_final_ack",
        "the ACK of the client is lost, and the service ends: its request finds no listener any more",
        router="await connected; await ended; sleep .1; firewall; mark healed",
        firewall={"router": "iif r2c tcp flags & (syn|ack|psh) == ack drop"},
        server="listen; await connected; stop_listening; mark ended; sleep 1",
        client="connect; mark connected; await healed; get; sleep .3; recv",
        expect=fail(
            "reset",
            "peer_forgot_connection",
            "backlog_overflow",
            "abortive_close",
            by="server",
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "fast_open_cookie_gone",
        "the server has another key for its cookies than it had: the payload in the SYN is not taken, and comes again",
        sysctl={"client": tcp(fastopen=1), "server": tcp(fastopen=2)},
        server="""
            listen fastopen=8; accept; recv; answer; close
            sh 'sysctl -qw net.ipv4.tcp_fastopen_key=11111111-22222222-33333333-44444444'; mark forgotten
            accept; recv; answer; recv; close""",
        client="""
            connect fastopen_connect=1; get; recv; recv; close; await forgotten
            connect fastopen_connect=1; get; recv; close; sleep .1""",
        expect=OK,
    ),
]
