"""A RST that ends a living connection: who sent it, and what had happened."""
from model import OK, Scenario, fail

SCENARIOS = [
    Scenario(
        "unread_by_server", "the server closes without reading the request",
        server="listen; accept; await sent; close",
        client="connect; get; sleep .05; mark sent; recv; send more; recv",
        expect=fail("reset", "unread_data", by="server"),
    ),
    Scenario(
        "unread_upload_answered", "the server answers an upload early (HTTP 413) and closes with the rest unread",
        server="listen; accept; recv 4096; answer 413 40; close; sleep .3",
        client="connect; post 300000; sleep .2; recv; recv; send more",
        expect=fail("reset", "unread_data", by="server"),
    ),
    Scenario(
        "unread_by_client", "the client closes with the answer unread",
        server="listen; accept; recv; answer; await closed; recv; send more; sleep .1",
        client="connect; get; sleep .1; close; mark closed",
        expect=fail("reset", "unread_data", "client_gave_up", by="client"),
    ),
    Scenario(
        "linger0_by_server", "the server answers and aborts (SO_LINGER 0)",
        server="listen; accept; recv; answer; sleep .1; abort",
        client="connect; get; recv; recv; send more",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "linger0_by_server_no_answer", "the server reads the request and aborts without an answer",
        server="listen; accept; recv; abort",
        client="connect; get; recv",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "linger0_by_client", "the client has its answer and aborts (SO_LINGER 0)",
        server="listen; accept; recv; answer; recv; send more; sleep .1",
        client="connect; get; recv; sleep .1; abort",
        expect=fail("reset", "abortive_close", "client_gave_up", by="client"),
    ),
    Scenario(
        "killed_with_unread", "the server is killed with the request unread",
        server="listen; accept; await sent; kill",
        client="connect; get; sleep .05; mark sent; recv; recv",
        expect=fail("reset", "unread_data", "abortive_close", by="server"),
    ),
    Scenario(
        "killed_after_read", "the server is killed with nothing unread: a plain FIN",
        server="listen; accept; recv; kill",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "killed_idle", "the server is killed between two requests: a plain FIN",
        server="listen; accept; recv; answer; sleep .2; kill",
        client="connect; get; recv; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "ss_kill_server", "the administrator destroys the server's socket with `ss -K`",
        server="listen; accept; recv; answer; sleep .2; sh 'ss -K state established'; check",
        client="connect; get; recv; recv; send more",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "server_forgot", "the server lost the connection as in a crash; data finds no socket",
        server="listen; accept; recv; answer; sleep .2; vanish; mark gone",
        client="connect; get; recv; await gone; sleep .2; get; recv; send more",
        expect=fail("reset", "peer_forgot_connection", by="server"),
    ),
    Scenario(
        "client_forgot", "the client lost the connection as in a crash; the answer finds no socket",
        server="listen; accept; recv; await gone; answer; sleep .1; recv",
        client="connect; get; sleep .1; vanish; mark gone; sleep .3",
        expect=fail("reset", "peer_forgot_connection", "client_gave_up", by="client"),
    ),
    Scenario(
        "listener_closed_with_queue", "the service ends with the connection still in its accept queue",
        server="listen; await sent; stop_listening; sleep .2",
        client="connect; get; sleep .05; mark sent; recv",
        expect=fail("reset", "abortive_close", "unread_data", by="server"),
    ),
    Scenario(
        "download_closed_by_client", "the client closes in the middle of a download with data unread",
        server="listen; accept; recv; flood 20000 times=200 every=.002",
        client="connect rcvbuf=20000; get; recvn 100000; sleep .2; close; sleep .3",
        expect=fail("reset", "client_gave_up", "unread_data", by="client"),
    ),
    Scenario(
        "download_aborted_by_client", "the client aborts in the middle of a download",
        server="listen; accept; recv; flood 20000 times=200 every=.002",
        client="connect rcvbuf=20000; get; recvn 100000; abort; sleep .3",
        expect=fail("reset", "client_gave_up", "unread_data", "abortive_close", by="client"),
    ),
    Scenario(
        "client_gives_up_waiting_abort", "the client waits a second for the answer and aborts",
        server="listen; accept; recv; await gone; answer; recv; sleep .1",
        client="connect; get; opt timeout=1; recv; abort; mark gone; sleep .2",
        expect=fail("reset", "client_gave_up", "abortive_close", by="client"),
    ),
    Scenario(
        "server_deadline", "the server's own time limit ends a request without an answer",
        server="listen; accept; recv; sleep 2; abort",
        client="connect; get; recv",
        expect=fail("reset", "server_deadline", "abortive_close", by="server"),
    ),
    Scenario(
        "server_deadline_slow_sender", "the client never completes its request; the server aborts after 2 s",
        server="listen; accept; recv; opt timeout=2; recv; abort",
        client="connect; send 'POST / HTTP/1.1\\r\\nContent-Length: 500\\r\\n\\r\\n'; recv",
        expect=fail("reset", "server_deadline", "abortive_close", by="server"),
    ),
    Scenario(
        "server_forgot_keepalive", "the server lost the connection; the client's keep-alive probe finds no socket",
        server="listen; accept; recv; answer; sleep .2; vanish; sleep 2",
        client="connect keepalive=1 keepidle=1 keepintvl=1 keepcnt=3; get; recv; recv",
        expect=fail("reset", "peer_forgot_connection", by="server"),
    ),
    Scenario(
        "server_rebooted", "`ss -K` with its RST held back: the server's host is back and knows nothing of the connection",
        server="""
            listen; accept; recv; answer; sleep .2; firewall 'output: tcp flags & rst == rst drop'; sh 'ss -K state established'
            firewall; mark gone; sleep .5""",
        client="connect; get; recv; await gone; sleep .2; get; recv; connect as=again port=8080; get; close",
        expect={"c1": fail("reset", "peer_forgot_connection", by="server")},
    ),
    Scenario(
        "reset_during_upload", "the server aborts in the middle of an upload",
        server="listen; accept; recvn 50000; abort; sleep .2",
        client="connect; post 20000000; recv; send more",
        expect=fail("reset", "abortive_close", "unread_data", by="server"),
    ),
    Scenario(
        "half_closed_then_reset", "the client has half-closed and reads on; the server aborts after sending more",
        server="listen; accept; recv; recv; answer; sleep .2; send more; sleep .2; abort",
        client="connect; get; shutdown; recv; recv; recv",
        expect=fail("reset", "abortive_close", "server_deadline", by="server"),
    ),
    Scenario(
        "half_closed_then_reset_at_once", "the client has half-closed; the server aborts without a word: packets cannot tell a "
        "half-close from a close",
        server="listen; accept; recv; recv; sleep .2; abort",
        client="connect; get; shutdown; recv",
        expect=fail("reset", "abortive_close", "server_deadline", by="server", or_kinds=(None,)),
    ),
    Scenario(
        "download_by_killed_server", "the server is killed in the middle of a download: the client reads a FIN too early",
        server="listen; accept; recv; answer 200 500000; send 1000; kill",
        client="connect; get; drain; close; sleep .1",
        expect=OK,
    ),
]
