"""Rules of the kernel that are seldom met: signed segments, several paths, handshakes that never end at the server."""

from model import OK, Scenario, fail

SYN_PROXY = (
    "nft 'add table inet proxy; add chain inet proxy before { type filter hook prerouting priority raw; }; "
    "add rule inet proxy before iif r2c tcp dport 8080 tcp flags syn notrack; "
    "add chain inet proxy through { type filter hook forward priority 0; }; add rule inet proxy through "
    "iif r2c tcp dport 8080 ct state invalid,untracked synproxy mss 1440 wscale 7 timestamp sack-perm'"
)

SCENARIOS = [
    Scenario(
        "md5_mismatch",
        "the client signs its segments, the server does not: every SYN is dropped",
        tail=2,
        server="listen; sleep 5",
        client="connect md5=secret syncnt=1",
        expect=fail("timed_out", "syn_unanswered", "backlog_overflow", by="network unknown"),
    ),
    Scenario(
        "md5_forged_reset",
        "a forged RST meets a connection whose segments are signed: ignored",
        server="listen md5=secret; accept; recv; answer; mark idle; recv; answer; recv; close",
        client="connect md5=secret; get; recv; await forged; sleep 2; get; recv; close; sleep .1",
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=OK,
    ),
    Scenario(
        "md5_service_gone",
        "the server forgot a signed connection and its key: its RSTs are not signed, the client waits in vain",
        tail=2,
        server="listen md5=secret; accept; recv; answer; stop_listening; vanish; mark gone; sleep 4",
        client="connect md5=secret user_timeout=1500; get; recv; await gone; sleep .1; get; recv",
        expect=fail("timed_out", "peer_vanished", "peer_forgot_connection", by="network unknown server"),
    ),
    Scenario(
        "mptcp_forged_reset",
        "MPTCP: a forged RST ends the only path; neither application hears of it",
        server="listen mptcp=1; accept; recv; answer; mark idle; await forged; opt timeout=1; recv",
        client="connect mptcp=1; get; recv; await forged; opt timeout=1; recv; check; get; recv",
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=OK,
    ),
    Scenario(
        "mptcp_aborted",
        "MPTCP: the server answers and aborts",
        server="listen mptcp=1; accept; recv; answer; sleep .2; abort; sleep .3",
        client="connect mptcp=1; get; recv; sleep .5; recv; get",
        expect=fail("reset", "abortive_close", "unread_data", by="server"),
    ),
    Scenario(
        "mptcp_aborted_after_its_close",
        "MPTCP: the server shuts down its sending side, which is a DATA_FIN, and aborts with data unread",
        server="listen mptcp=1; accept; recv; answer; shutdown; await sent; sleep .2; abort; sleep .3",
        client="connect mptcp=1; get; recv; sleep .2; send 100; mark sent; sleep .5; send 100",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "mptcp_aborted_with_its_close",
        "MPTCP: the server shuts down its sending side and aborts at once: both may be taken in one go, the abort first",
        server="listen mptcp=1; accept; recv; answer; await sent; sleep .1; shutdown; abort; sleep .3",
        client="connect mptcp=1; get; recv; send 100; mark sent; sleep .5; recv; send 100",
        expect=fail("reset", "abortive_close", "unread_data", by="server", or_kinds=("broken_pipe", None)),
    ),
    Scenario(
        "fin_wait_2_expired_then_close",
        "the client closes long after the server, whose socket has been forgotten: the FIN meets a RST",
        sysctl={"server": {"net.ipv4.tcp_fin_timeout": 1}},
        server="listen; accept; recv; answer; close; sleep 3.5",
        client="connect; get; recv; sleep 3; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "keepalive_rejected",
        "the router answers keep-alive probes with ICMP: they lie outside of what is in flight, so that the kernel heeds none",
        tail=2.6,
        router="await up; firewall 'reject with icmpx admin-prohibited'; mark dead",
        server="listen; accept; recv; answer; mark up; opt timeout=8; recv",
        client="connect keepalive=1 keepidle=1 keepintvl=1 keepcnt=2; get; recv; await dead; recv",
        expect=fail("timed_out", "keepalive_unanswered", by="network unknown middlebox", at={"server": "none"}),
    ),
    Scenario(
        "aborted_before_accept",
        "the client sends a request and aborts before the server accepts",
        server="listen; await done; sleep .1; accept; recv",
        client="connect; get; sleep .2; abort; mark done; sleep .3",
        expect=fail("reset", "client_gave_up", "abortive_close", by="client"),
    ),
    Scenario(
        "syn_ack_rejected_with_reset",
        "a firewall answers the SYN-ACK with a RST in the client's name; the client waits on",
        tail=2.5,
        router="firewall 'tcp flags & (syn|ack) == (syn|ack) reject with tcp reset'; mark dead",
        server="listen; sleep 5",
        client="await dead; connect syncnt=2",
        expect=fail("timed_out", "return_path_lost", "syn_unanswered", by="network unknown middlebox"),
    ),
    Scenario(
        "final_ack_rejected_with_reset",
        "a firewall that saw no SYN answers the client's ACK with a RST in the server's name",
        tail=2.5,
        router="firewall 'iif r2c tcp flags & (syn|ack|rst) == ack reject with tcp reset'; mark dead",
        server="listen; sleep 3",
        client="await dead; connect; sleep .2; get; recv",
        expect=fail(
            "reset",
            "forged_reset",
            "backlog_overflow",
            "peer_forgot_connection",
            "conntrack_invalid",
            by="middlebox server",
            # All that it sees of the client is the answer of a host without a socket to a SYN-ACK.
            at={"server": fail("aborted", "connect_cancelled", by="client")},
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "server_data_rejected_with_reset",
        "a firewall answers the server's answer with a RST in the client's name; the client waits until its own limit",
        router="await asked; firewall 'iif r2s tcp flags & (psh|ack) == (psh|ack) reject with tcp reset'; mark dead",
        server="listen; accept; recv; mark asked; await dead; answer; sleep .2; recv",
        client="connect; get; opt timeout=2; recv; close; sleep .2",
        expect=fail("reset", "forged_reset", by="middlebox", at={"client": "none"}),
    ),
    Scenario(
        "syn_proxy_refused",
        "a SYN proxy answers for a server that then refuses it: the client was connected for a moment",
        setup={"router": SYN_PROXY},
        sysctl={"router": {"net.netfilter.nf_conntrack_tcp_loose": 0}},
        server="sleep 1.5",
        client="connect; sleep .1; get; recv",
        expect=fail(
            "reset",
            "unexplained",
            by="server",
            # What it sees is a SYN and its refusal.
            at={"server": fail("refused", "no_listener", by="server")},
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "keepalive_rst_rejected",
        "keep-alive probes vanish and the RST at their end is rejected with ICMP: no socket is left for that to be about",
        tail=2.6,
        router="await up; firewall 'iif r2c tcp flags & rst == rst reject with icmpx host-unreachable' 'drop'; mark dead",
        server="listen; accept; recv; answer; mark up; opt timeout=8; recv",
        client="connect keepalive=1 keepidle=1 keepintvl=1 keepcnt=3; get; recv; await dead; recv",
        expect=fail("timed_out", "keepalive_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "mptcp_without_stamps",
        "MPTCP without time stamps: a forged RST ends the only path; neither application hears of it",
        sysctl={
            "client": {"net.ipv4.tcp_timestamps": 0},
            "server": {"net.ipv4.tcp_timestamps": 0, "net.ipv4.tcp_sack": 0},
        },
        server="listen mptcp=1; accept; recv; answer; mark idle; await forged; opt timeout=1; recv",
        client="connect mptcp=1; get; recv; await forged; opt timeout=1; recv; check; get; recv",
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=OK,
    ),
    Scenario(
        "abort_behind_what_was_sacked",
        "full packets vanish, the last one is short and SACKed; the client aborts: the RST stands at the edge of that block",
        offload=False,
        tail=1.6,
        firewall={"router": "iif r2c meta length > 1300 drop"},
        server="listen; accept; recv; answer; opt timeout=8; recv; recv",
        client="connect; get; recv; send 3000; opt timeout=7; recv; abort; sleep .1",
        expect=fail(
            "timed_out",
            "mtu_blackhole",
            by="network",
            at={"server": fail("reset", "client_gave_up", by="client")},
            hidden={"server": "client"},
            or_kinds=("reset",),
        ),
    ),
]
