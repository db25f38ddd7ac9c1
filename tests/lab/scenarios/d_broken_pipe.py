"""Writing to an end that has closed."""

from model import OK, Scenario, fail

ONCE = "listen; accept; recv; answer; sleep .1; close; mark closed"

SCENARIOS = [
    Scenario(
        "write_after_close_once",
        "the server closes, the client writes once more",
        server=ONCE + "; sleep .3",
        client="connect; get; recv; await closed; sleep .1; get; sleep .1; recv",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "write_after_close_twice",
        "the server closes, the client writes twice: the second write fails",
        server=ONCE + "; sleep .3",
        client="connect; get; recv; await closed; sleep .1; get; sleep .1; get; recv",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "write_after_close_many",
        "the server closes, the client keeps writing without looking",
        server=ONCE + "; sleep .3",
        client="connect; get; recv; await closed; sleep .1; flood 500 times=20 every=.02; recv",
        expect=fail("broken_pipe", "peer_closed", "stale_connection", by="server"),
    ),
    Scenario(
        "download_client_closed_first",
        "the client closes between two parts of a download",
        server="listen; accept; recv; answer 200 1000; await closed; flood 1000 times=5 every=.1; recv",
        client="connect; get; recvn 1042; sleep .1; close; mark closed; sleep .6",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "client_gives_up_waiting_close",
        "the client waits a second for the answer and closes",
        server="listen; accept; recv; await gone; sleep .1; answer; sleep .1; send more",
        client="connect; get; opt timeout=1; recv; close; mark gone; sleep .4",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "keepalive_race",
        "the request crosses the FIN of the server's keep-alive timer",
        delay=0.12,
        tail=0.6,
        server="listen; accept; recv; answer; sleep 1; mark go; close",
        client="connect; get; recv; await go; get; recv; recv; sleep .3; send more",
        expect=fail("broken_pipe", "keepalive_race", by="server"),
    ),
    Scenario(
        "keepalive_race_unread",
        "the server's timer closes just as the request has come in unread",
        delay=0.12,
        tail=0.6,
        server="listen; accept; recv; answer; await sent; sleep .2; close",
        client="connect; get; recv; sleep 1; get; mark sent; recv; recv",
        expect=fail("reset", "keepalive_race", "unread_data", by="server"),
    ),
    Scenario(
        "pooled_connection_stale",
        "a pooled connection is used again long after the server's FIN",
        server="listen; accept; recv; answer; sleep .2; close; mark closed; sleep 4.4",
        client="connect; get; recv; await closed; sleep 4; get; sleep .1; recv; get",
        expect=fail("broken_pipe", "stale_connection", "peer_closed", by="server"),
    ),
    Scenario(
        "pooled_connection_checked",
        "a pooled connection is found closed and replaced: nothing fails",
        server="listen; accept; recv; answer; sleep .2; close; mark closed; accept; recv; answer; recv; close",
        client="connect; get; recv; await closed; sleep 1; recv; close; connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "half_close_then_gone",
        "the client half-closes, then goes altogether while the server still sends",
        server="listen; accept; recv; recv; answer 200 1000; await gone; sleep .1; flood 1000 times=5 every=.1; recv",
        client="connect; get; shutdown; recvn 1042; sleep .1; close; mark gone; sleep .6",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "half_close_then_gone_with_the_window_closed",
        "the client half-closes and reads no more; the server waits for its window when the client is gone",
        server="listen; accept; recv; recv; opt timeout=4; send 4000000",
        client="connect rcvbuf=20000; get; shutdown; sleep 2; close; sleep .2",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "close_during_download_fin_first",
        "the client has read all so far and closes; the server streams on",
        server="listen; accept; recv; flood 1000 times=20 every=.05; recv",
        client="connect; get; recvn 5000; close; sleep .6",
        expect=fail("broken_pipe", "client_gave_up", "peer_closed", by="client"),
    ),
    Scenario(
        "server_closes_during_upload",
        "the server has read all so far and closes; the client streams on",
        server="listen; accept; recvn 5000; close; sleep .6",
        client="connect; flood 1000 times=20 every=.05; recv",
        expect=fail("broken_pipe", "peer_closed", by="server"),
    ),
    Scenario(
        "keepalive_race_answered_late",
        "as keepalive_race; the client reads the FIN and never writes again",
        delay=0.12,
        tail=0.6,
        server="listen; accept; recv; answer; sleep 1; mark go; close",
        client="connect; get; recv; await go; get; recv; close; sleep .3",
        expect=fail("broken_pipe", "keepalive_race", by="server", or_kinds=(None,)),
    ),
    Scenario(
        "rst_behind_fin_lost",
        "the server's RST behind its FIN is lost; long after that the client writes to a host without a socket",
        router="""
            await read; firewall 'iif r2s tcp flags & rst == rst drop'; mark dropping
            await aborted; firewall; mark healed""",
        server="listen; accept; recv; answer; shutdown; sleep .2; await dropping; abort; mark aborted; sleep 2",
        client="connect; get; recv; recv; mark read; await healed; sleep 1.2; get; sleep .1; get",
        expect=fail("broken_pipe", "stale_connection", "peer_closed", by="server", at={"client": "may"}),
    ),
]
