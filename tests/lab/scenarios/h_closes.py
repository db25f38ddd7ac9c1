"""Clean endings, and tails that look worse than they are."""

from model import OK, Scenario, fail

SCENARIOS = [
    Scenario(
        "server_closes_first",
        "the server answers and closes, then the client closes",
        server="listen; accept; recv; answer; close; sleep .2",
        client="connect; get; recv; recv; close",
        expect=OK,
    ),
    Scenario(
        "many_requests",
        "several requests on one connection, and a clean close",
        server="listen; accept; repeat 5 { recv; answer 200 3000 }; recv; close",
        client="connect; repeat 5 { get; message; sleep .1 }; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "large_download",
        "a few megabytes, offload on, and a clean close",
        server="listen; accept; recv; answer 200 4000000; recv; close",
        client="connect; get; message; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "large_upload",
        "the same in the other direction",
        server="listen; accept; message; answer; recv; close",
        client="connect; post 3000000; recv; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "never_answered_in_time",
        "the client waits a second for an answer and closes; the server closes without one: nobody gets an errno",
        server="listen; accept; recv; await gone; sleep .2; close",
        client="connect; get; opt timeout=1; recv; close; mark gone; sleep .5",
        expect=OK,
    ),
    Scenario(
        "half_close_by_client",
        "the client ends its sending; the server goes on with its answer and closes",
        server="listen; accept; drain; answer 200 1000; sleep .2; send 2000; sleep .2; send 2000; close",
        client="connect; get; shutdown; drain; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "half_close_by_server",
        "the server ends its sending; the client goes on with its upload and closes",
        server="listen; accept; recv; answer; shutdown; drain; close",
        client="connect; get; drain; sleep .1; send 1000; sleep .2; send 1000; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "half_close_both",
        "both end their sending one after the other and only then close",
        server="listen; accept; recv; recv; answer; shutdown; sleep .2; close",
        client="connect; get; shutdown; drain; sleep .1; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "half_close_idle_long",
        "a half-closed connection that waits three seconds for the answer",
        server="listen; accept; drain; sleep 3; answer; close",
        client="connect; get; shutdown; drain; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "simultaneous_close",
        "both ends close at the same moment: the FINs cross",
        delay=0.04,
        server="listen; accept; recv; answer; await go; close; sleep .3",
        client="connect; get; recv; sleep .2; mark go; close; sleep .3",
        expect=OK,
    ),
    Scenario(
        "simultaneous_open",
        "both ends connect to each other at the same moment: the SYNs cross",
        delay=0.04,
        server="await go; connect_begin bind=8080 port=9090; sleep .3; send hello; recv; close; sleep .2",
        client="sleep .1; mark go; connect_begin bind=9090; sleep .3; recv; send hello; sleep .1; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "abort_after_client_fin",
        "the server aborts when the client has closed and all was acknowledged",
        server="listen; accept; recv; answer; recv; sleep .1; abort",
        client="connect; get; recv; close; sleep .3",
        expect=OK,
    ),
    Scenario(
        "goodbye_unread",
        "the client says goodbye and closes; the server closes without reading it",
        server="listen; accept; recv; answer; await bye; sleep .1; close; sleep .1",
        client="connect; get; recv; send QUIT; close; mark bye; sleep .4",
        expect=OK,
    ),
    Scenario(
        "client_aborts_after_server_fin",
        "the server has answered and closed; the client aborts instead of closing",
        server="listen; accept; recv; answer; close; mark closed; sleep .3",
        client="connect; get; recv; recv; await closed; sleep .1; abort; sleep .1",
        expect=OK,
    ),
    Scenario(
        "client_killed_after_close",
        "the client has closed cleanly and is killed",
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; kill",
        expect=OK,
    ),
    Scenario(
        "server_lingers",
        "the server closes with its answer under way and is killed; the kernel delivers the rest",
        server="listen; accept sndbuf=400000; recv; answer 200 150000; close; kill",
        client="connect rcvbuf=20000; get; sleep .5; drain; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "no_answer_needed",
        "a client that only sends (a log shipper), and closes",
        server="listen; accept; drain; close",
        client="connect; send 5000; sleep .2; send 5000; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "port_reused_time_wait",
        "a new connection from the port of one that the server holds in TIME_WAIT",
        server="listen; accept; recv; answer; close; accept; recv; answer; recv; close",
        client="""
            connect bind=41000; get; recv; recv; close; sleep 1.2; connect bind=41000; get; recv; close; sleep .1""",
        expect=OK,
    ),
    Scenario(
        "port_reused_live_socket",
        "a client comes back with the port of a connection that the server still holds",
        server="listen; accept as=s1; recv; answer; await again; sleep .5; recv; accept; recv; answer; recv; close",
        client="""
            connect as=old bind=41000; get; recv; vanish; sleep .3; mark again; connect as=new bind=41000
            get; recv; close; sleep .1""",
        expect={"old": fail("reset", "peer_forgot_connection", "port_reuse", by="client")},
    ),
    Scenario(
        "port_reused_challenge_lost",
        "the same, and a firewall eats the challenge ACK: the new SYN seems unanswered",
        router="await again; firewall 'tcp sport 8080 tcp flags & (syn|ack|rst) == ack drop'; mark eaten",
        tail=1.6,
        server="listen; accept as=s1; recv; answer; opt timeout=6; recv",
        client="connect as=old bind=41000; get; recv; vanish; sleep .3; mark again; await eaten; "
        "connect as=new bind=41000 syncnt=1",
        expect={
            "new": fail(
                "timed_out",
                "return_path_lost",
                "syn_unanswered",
                by="network unknown",
                at={"client": fail("timed_out", "syn_unanswered", "return_path_lost", by="network unknown")},
            )
        },
    ),
    Scenario(
        "port_reused_and_unreachable",
        "the client's socket is gone without a word, its ports are used again, and the router has no way to the server any more",
        router="await again; firewall 'tcp flags & (syn|ack) == syn reject with icmpx host-unreachable'; mark rejecting",
        server="listen; accept as=s1; recv; answer; opt timeout=3; recv",
        client="connect as=old bind=41000; get; recv; vanish; sleep .3; mark again; await rejecting; "
        "connect as=new bind=41000; sleep .5",
        expect={
            "new": fail(
                "unreachable", "host_unreachable", "rejected_by_policy", by="middlebox network", at={"server": "none"}
            )
        },
    ),
    Scenario(
        "fast_open",
        "TCP Fast Open: the second connection's SYN carries the request",
        sysctl={"client": {"net.ipv4.tcp_fastopen": 3}, "server": {"net.ipv4.tcp_fastopen": 3}},
        server="listen fastopen=5; repeat 2 { accept; recv; answer; recv; close }",
        client="repeat 2 { connect fastopen_connect=1; get; recv; close; sleep .2 }",
        expect=OK,
    ),
    Scenario(
        "fast_open_without_a_cookie",
        "TCP Fast Open without a cookie: the server has its socket at the SYN, and the client's host resets that when it gave up",
        tail=2,
        sysctl={"client": {"net.ipv4.tcp_fastopen": 5}, "server": {"net.ipv4.tcp_fastopen": 0x203}},
        firewall={"router": "iif r2s tcp flags syn drop"},
        server="listen fastopen=5; accept; recv; mark read; opt timeout=4; recv",
        client="connect fastopen_connect=1 timeout=.5; get; await read; close; mark gone; sleep 3",
        router="await gone; firewall",
        expect=fail("reset", "peer_forgot_connection", by="client"),
    ),
    Scenario(
        "fast_open_answers_lost",
        "TCP Fast Open: the server has its socket at the SYN, and its SYN-ACKs are lost",
        tail=3.5,
        sysctl={
            "client": {"net.ipv4.tcp_fastopen": 5, "net.ipv4.tcp_syn_retries": 2, "net.ipv4.tcp_syn_linear_timeouts": 0},
            "server": {"net.ipv4.tcp_fastopen": 0x203, "net.ipv4.tcp_synack_retries": 1},
        },
        firewall={"router": "iif r2s drop"},
        server="listen fastopen=5; accept; recv; answer; recv; recv",
        client="connect fastopen_connect=1; get; recv",
        expect=fail(
            "timed_out", "return_path_lost", "syn_unanswered", by="network unknown", hidden={"client": "server"}
        ),
    ),
    Scenario(
        "fast_open_refused",
        "TCP Fast Open to a service that has stopped",
        sysctl={"client": {"net.ipv4.tcp_fastopen": 3}, "server": {"net.ipv4.tcp_fastopen": 3}},
        server="listen fastopen=5; accept; recv; answer; recv; close; stop_listening; mark down",
        client="""
            connect as=served fastopen_connect=1; get; recv; close; await down; sleep .1
            connect as=refused fastopen_connect=1; get; recv""",
        expect={"refused": fail("refused", "service_stopped", "no_listener", by="server")},
    ),
]
