"""Rarer endings: handshakes that stop half way, strays, RSTs that cross or get lost, translated addresses."""

from model import OK, Scenario, fail

NAT = (
    "nft 'add table inet nat; add chain inet nat post { type nat hook postrouting priority 100; }; "
    "add rule inet nat post oif r2s masquerade'"
)

ABORT_UNTOLD = "listen; accept; recv; answer; await sent; abort; accept; recv; answer; recv; close"
# Another connection, so that a capture without its end still shows all of the first.
ONE_MORE = "connect as=later; get; recv; close; sleep .3"

SCENARIOS = [
    Scenario(
        "listener_closed_in_handshake",
        "the service stops while the handshake is half done: the final ACK finds no socket",
        delay=0.1,
        server="listen; await begun; sleep .15; stop_listening; sleep .5",
        client="connect_begin; mark begun; sleep .5; get; recv",
        expect=fail(
            "reset", "service_stopped", "peer_forgot_connection", "backlog_overflow", "abortive_close", by="server"
        ),
    ),
    Scenario(
        "deferred_accept",
        "TCP_DEFER_ACCEPT: the SYN-ACK is repeated until the client speaks",
        server="listen defer_accept=5; accept; recv; answer; recv; close",
        client="connect; sleep 3.5; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "deferred_accept_never_used",
        "TCP_DEFER_ACCEPT: the client connects, says nothing and closes",
        server="listen defer_accept=5; opt timeout=3; sleep 3",
        client="connect; sleep 2.5; close; sleep .3",
        expect=OK,
    ),
    Scenario(
        "deferred_accept_reset",
        "TCP_DEFER_ACCEPT: the client connects and aborts; the packets do not show that the server never hears of it",
        server="listen defer_accept=5; sleep 1.5",
        client="connect; sleep .2; abort; sleep 1.3",
        expect=fail(
            "aborted",
            "connect_cancelled",
            "health_check",
            by="client",
            hidden=dict.fromkeys(("client", "router", "server", "together"), "server"),
        ),
    ),
    Scenario(
        "deferred_accept_times_out",
        "TCP_DEFER_ACCEPT: the server takes what stays silent all the same, and aborts it later",
        server="listen defer_accept=1; accept; sleep 2.6; abort; sleep .3",
        client="connect; opt timeout=8; recv",
        expect=fail("reset", "abortive_close", "server_deadline", by="server"),
    ),
    Scenario(
        "deferred_accept_path_lost",
        "TCP_DEFER_ACCEPT: the client is silent until the SYN-ACK came again; then the path is lost",
        tail=2.5,
        router="await silent; firewall 'meta l4proto tcp drop'; mark lost",
        server="listen defer_accept=1; accept; sleep 6",
        client="connect user_timeout=3000; sleep 1.6; mark silent; await lost; get; recv",
        expect=fail(
            "timed_out", "peer_vanished", "return_path_lost", by="network unknown", at={"server": "none"}
        ),
    ),
    Scenario(
        "syn_cookies_always",
        "every SYN-ACK is a SYN cookie",
        sysctl={"server": {"net.ipv4.tcp_syncookies": 2}},
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "fast_open_data_dropped",
        "TCP Fast Open: SYNs with data are dropped on the way, the plain one is answered",
        sysctl={"client": {"net.ipv4.tcp_fastopen": 3}, "server": {"net.ipv4.tcp_fastopen": 3}},
        router="await cookie; firewall 'tcp flags & (syn|ack) == syn meta length > 100 drop'; mark dropping",
        server="listen fastopen=5; repeat 2 { accept; recv; answer; recv; close }",
        client="""
            connect fastopen_connect=1; get; recv; close; mark cookie; await dropping; sleep .2
            connect fastopen_connect=1; get; recv; close; sleep .2""",
        expect=OK,
    ),
    Scenario(
        "fast_open_reset",
        "TCP Fast Open: the server reads the request that came with the SYN and aborts",
        sysctl={"client": {"net.ipv4.tcp_fastopen": 3}, "server": {"net.ipv4.tcp_fastopen": 3}},
        server="listen fastopen=5; accept; recv; answer; recv; close; accept; recv; sleep .2; abort",
        client="""
            connect as=served fastopen_connect=1; get; recv; close; sleep .2
            connect as=reset fastopen_connect=1; get; recv""",
        expect={"reset": fail("reset", "abortive_close", "unread_data", by="server")},
    ),
    Scenario(
        "aborts_cross",
        "both ends abort at the same moment: the RSTs cross, and neither application is there",
        delay=0.05,
        server="listen; accept; recv; answer; await go; abort; sleep .3; accept; recv; answer; recv; close",
        client="connect; get; recv; sleep .3; mark go; abort; sleep .4; connect; get; recv; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "abort_crosses_close",
        "the server aborts just as the client closes",
        delay=0.05,
        server="listen; accept; recv; answer; await go; abort; sleep .3; accept; recv; answer; recv; close",
        client="connect; get; recv; sleep .3; mark go; close; sleep .4; connect; get; recv; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "close_unread_after_fin",
        "the server has answered and closed; the client closes with the answer unread",
        server="listen; accept; recv; answer; close; mark closed; sleep .4",
        client="connect; get; await closed; sleep .1; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "closed_at_once",
        "the server accepts and closes; the client's request crosses the FIN",
        delay=0.05,
        server="listen; accept; close; sleep .5",
        client="connect; sleep .02; get; sleep .3; recv; send more",
        expect=fail("broken_pipe", "peer_closed", by="server"),
    ),
    Scenario(
        "shutdown_both_then_data",
        "the client shuts down both directions; the server's data resets both",
        server="listen; accept; recv; await gone; sleep .1; answer; sleep .1; send more; recv",
        client="connect; get; sleep .1; shutdown both; mark gone; sleep .5",
        expect=fail(
            "broken_pipe", "client_gave_up", "peer_closed", by="client",
            hidden=dict.fromkeys(("client", "router", "server", "together"), "client"),
        ),
    ),
    Scenario(
        "shutdown_read_then_close",
        "the client shuts down reading, which no packet shows, and closes with the answer unread",
        server="listen; accept; recv; answer; mark answered; await closed; recv; sleep .1",
        client="connect; get; shutdown read; await answered; sleep .1; close; mark closed; sleep .1",
        expect=fail("reset", "unread_data", "client_gave_up", "abortive_close", by="client"),
    ),
    Scenario(
        "ss_kill_client",
        "the administrator destroys the client's socket with `ss -K`",
        server="listen; accept; recv; answer; recv; send more",
        client="connect; get; recv; sleep .2; sh 'ss -K state established'; sleep .2",
        expect=fail("reset", "abortive_close", "client_gave_up", by="client"),
    ),
    Scenario(
        "ss_kill_close_wait",
        "the client has closed; the server's socket in CLOSE_WAIT is destroyed",
        server="listen; accept; recv; answer; recv; sleep .1; sh 'ss -K state close-wait'; sleep .1",
        client="connect; get; recv; close; sleep .5",
        expect=OK,
    ),
    Scenario(
        "stray_syn",
        "a SYN in the client's name reaches the open connection: a challenge ACK, and all goes on",
        server="listen; accept; recv; answer; await forged; recv; answer; sleep .1; close",
        client="connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2",
        router="await idle; sleep .2; forge to=server flags=S seq=5000; mark forged",
        expect=OK,
    ),
    Scenario(
        "stray_syn_ack",
        "a SYN-ACK in the server's name reaches the open connection: a challenge ACK, and all goes on",
        server="listen; accept; recv; answer; await forged; recv; answer; sleep .1; close",
        client="connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2",
        router="await idle; sleep .2; forge to=client flags=SA seq=777777; mark forged",
        expect=OK,
    ),
    Scenario(
        "stray_fin",
        "a FIN far outside of the window in the server's name: ignored",
        server="listen; accept; recv; answer; await forged; recv; answer; sleep .1; close",
        client="connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2",
        router="await idle; sleep .2; forge to=client flags=FA seq=200000000; mark forged",
        expect=OK,
    ),
    Scenario(
        "forged_stale_resets_both_ways",
        "RSTs with old sequence numbers in both directions: ignored",
        server="listen; accept; recv; answer; await forged; recv; answer; sleep .1; close",
        client="connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2",
        router="await idle; sleep .2; forge to=client seq=-20; forge to=server seq=-20 flags=RA; mark forged",
        expect=OK,
    ),
    Scenario(
        "abort_after_lost_data",
        "the client's last data is lost, then it aborts: a challenge ACK answers the RST and brings an exact one",
        router="await up; firewall 'iif r2c tcp flags & psh == psh drop'; mark dead",
        server="listen; accept; recv; answer; mark up; recv; recv; send more",
        client="connect; get; recv; await dead; get; sleep .1; abort; sleep .3",
        expect=fail("reset", "client_gave_up", "abortive_close", "peer_forgot_connection", "unexplained", by="client"),
    ),
    Scenario(
        "rejected_in_the_middle",
        "a firewall's new rule answers the client's data with a RST in the server's name; later the server speaks",
        router="await up; firewall 'iif r2c reject with tcp reset'; mark dead; await rejected; firewall; mark open",
        server="listen; accept; recv; answer; mark up; await open; sleep .1; send news; sleep .1; recv; recv",
        client="connect; get; recv; await dead; get; recv; mark rejected; sleep .5",
        expect=fail(
            "reset", "forged_reset", "idle_expired", "abortive_close", "peer_forgot_connection", "rejected_by_policy",
            by="middlebox server unknown",
            at={"server": fail("reset", "peer_forgot_connection", "client_gave_up", by="client")},
            hidden={"client": "server", "router": "server", "server": "client", "together": "server"},
        ),
    ),
    Scenario(
        "connect_cancelled_after_one_syn",
        "the program gives up its connect() after one SYN; the SYN-ACK comes later and is answered with a RST",
        delay=0.2,
        server="listen",
        tail=0.8,
        client="connect_begin; sleep .1; close; sleep .6",
        expect=fail("aborted", "connect_cancelled", "half_open_scan", by="client"),
    ),
    Scenario(
        "port_reused_after_reset",
        "a connection is aborted and the next one comes from the same port at once",
        server="listen; accept; recv; answer; recv; accept; recv; answer; recv; close",
        client="""
            connect as=old bind=41000; get; recv; abort; sleep .2; connect as=new bind=41000; get; recv; close
            sleep .1""",
        expect={"old": fail("reset", "abortive_close", "client_gave_up", by="client")},
    ),
    Scenario(
        "port_reused_refused_both",
        "two attempts from one port, both refused",
        client="connect as=one bind=41000; sleep .3; connect as=two bind=41000; sleep .2",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "killed_with_data_in_flight",
        "the server is killed while its answer is under way on a slow wire: the kernel delivers it, then a FIN",
        delay=0.05,
        server="listen; accept; recv; answer 200 60000; kill",
        client="connect; get; message; recv; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "nat_served",
        "a request, its answer and a clean close, with the client's address translated",
        setup={"router": NAT},
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "nat_reset",
        "the server aborts, with the client's address translated",
        setup={"router": NAT},
        server="listen; accept; recv; answer; sleep .1; abort",
        client="connect; get; recv; recv; send more",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "nat_write_after_close",
        "the server closes, the client writes once more, with the client's address translated",
        setup={"router": NAT},
        server="listen; accept; recv; answer; sleep .1; close; mark closed; sleep .3",
        client="connect; get; recv; await closed; sleep .1; get; sleep .1; recv",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "download_aborted_with_losses",
        "the server aborts a download of which packets are lost: the RST lies behind a hole",
        offload=False,
        delay=0.02,
        firewall={"router": "iif r2s meta length > 1000 numgen inc mod 6 == 4 drop"},
        server="listen; accept sndbuf=200000; recv; answer 200 60000; abort; sleep .5",
        client="connect; get; drain; drain; send more",
        expect=fail("reset", "abortive_close", "peer_forgot_connection", "unexplained", "server_deadline", by="server"),
    ),
    Scenario(
        "reset_lost",
        "the server's RST is lost; the client's next request finds no socket",
        router="await up; firewall 'iif r2s tcp flags & rst == rst drop'; mark dead; await aborted; firewall; "
        "mark healed",
        server="listen; accept; recv; answer; mark up; await dead; abort; mark aborted; sleep 2",
        client="connect; get; recv; await healed; sleep 1.5; get; recv; recv",
        expect=fail(
            "reset",
            "abortive_close",
            "peer_forgot_connection",
            "idle_expired",
            "keepalive_race",
            by="server",
        ),
    ),
    Scenario(
        "redirected_to_a_closed_port",
        "the router redirects the connection to a port of its own where nothing listens",
        setup={
            "router": "nft 'add table inet nat; add chain inet nat pre { type nat hook prerouting priority -100; }; "
            "add rule inet nat pre tcp dport 8080 redirect to :9'"
        },
        server="listen",
        client="connect",
        expect=fail(
            "refused", "no_listener", "rejected_by_policy", by="server middlebox unknown", at={"server": "none"}
        ),
    ),
    Scenario(
        "time_wait_assassinated",
        "a forged RST meets the client's TIME_WAIT: nobody is left to notice",
        server="listen; accept; recv; answer; recv; close; sleep .5",
        client="connect; get; recv; close; mark idle; await forged; sleep .1",
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=OK,
    ),
    Scenario(
        "server_half_closes_then_client_aborts",
        "the server has ended its sending and reads on; the client aborts in the middle of its upload",
        server="listen; accept; recv; answer; shutdown; drain",
        client="connect; get; recv; recv; send 5000; sleep .1; abort; sleep .2",
        expect=fail("reset", "client_gave_up", "abortive_close", by="client"),
    ),
    Scenario(
        "accepted_and_closed_unread_pipelined",
        "the client sends two requests at once, the server answers the first and closes with the second unread",
        server="listen; accept; await sent; recv 33; answer; close; sleep .2",
        client="connect; get; get; sleep .05; mark sent; recv; recv; send more",
        expect=fail("reset", "unread_data", "abortive_close", "keepalive_race", by="server"),
    ),
    Scenario(
        "request_and_close_meet_an_abort",
        "the client sends and closes; the server aborts before it gets that: nobody is left to hear of it",
        delay=0.1,
        server=ABORT_UNTOLD,
        client=f"connect; get; recv; send more; close; mark sent; sleep .6; {ONE_MORE}",
        expect=OK,
    ),
    Scenario(
        "request_and_shutdown_meet_an_abort",
        "the same, but the client only ends its sending and reads: on the wire it is the same",
        delay=0.1,
        server=ABORT_UNTOLD,
        client=f"connect as=reader; get; recv; send more; shutdown; mark sent; recv; sleep .4; {ONE_MORE}",
        expect={"reader": fail("reset", "abortive_close", "unread_data", by="server", or_kinds=(None,))},
    ),
]
