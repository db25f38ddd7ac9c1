"""RST segments in an end's name that the end never sent."""

from model import OK, Scenario, fail

TALK = "listen; accept; recv; answer; await forged; sleep .3; answer; sleep .2; recv; recv"
ASK = "connect; get; recv; mark idle; await forged; sleep .1; recv; sleep .3"
ASK_ON = "connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2"
ANSWER_ON = "listen; accept; recv; answer; await forged; recv; answer; sleep .1; close"

SCENARIOS = [
    Scenario(
        "forged_to_client",
        "a middlebox resets the client in the server's name; the server knows nothing",
        server=TALK,
        client=ASK,
        router="await idle; sleep .2; forge to=client ttl=47; mark forged",
        expect=fail(
            "reset",
            "forged_reset",
            by="middlebox",
            at={"server": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "forged_to_client_same_ttl",
        "the same with the server's own TTL",
        server=TALK,
        client=ASK,
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=fail(
            "reset",
            "forged_reset",
            "abortive_close",
            "peer_forgot_connection",
            by="middlebox server unknown",
            at={"server": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "forged_to_both",
        "a middlebox resets both ends, each in the other's name",
        server=TALK,
        client=ASK,
        router="await idle; sleep .2; forge to=client ttl=47 flags=RA; forge to=server ttl=47 flags=RA; mark forged",
        expect=fail("reset", "forged_reset", by="middlebox", hidden={"server": "client", "client": "server"}),
    ),
    Scenario(
        "forged_off_window",
        "a forged RST far outside the window is ignored",
        server=ANSWER_ON,
        client=ASK_ON,
        router="await idle; sleep .2; forge to=client seq=200000000 ttl=47; mark forged",
        expect=OK,
    ),
    Scenario(
        "forged_inexact",
        "a forged RST inside the window, but not exact: a challenge ACK answers it",
        server=ANSWER_ON,
        client=ASK_ON,
        router="await idle; sleep .2; forge to=client seq=100 ttl=47; mark forged",
        expect=OK,
    ),
    Scenario(
        "forged_to_server",
        "a middlebox resets the server in the client's name; the client's next request tells it",
        server="listen; accept; recv; answer; recv; recv; sleep .4",
        client="connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv",
        router="await idle; sleep .2; forge to=server ttl=47; mark forged",
        expect=fail(
            "reset",
            "forged_reset",
            by="middlebox",
            hidden={"client": "server"},
            at={"client": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
        ),
    ),
    Scenario(
        "forged_burst",
        "three RSTs in a row with growing sequence numbers, as some filters send them",
        server=TALK,
        client=ASK,
        router="await idle; sleep .2; forge to=client ttl=47; forge to=client seq=1460 ttl=47; "
        "forge to=client seq=4380 ttl=47; mark forged",
        expect=fail(
            "reset",
            "forged_reset",
            by="middlebox",
            at={"server": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
            hidden={"server": "client"},
        ),
    ),
    Scenario(
        "forged_after_client_hello",
        "a filter resets both ends after the ClientHello",
        delay=0.03,
        server="listen; accept; recv; mark hello; recv; recv",
        client="connect; client_hello; recv; recv; send more",
        router="await hello; forge to=client ttl=47 flags=RA; forge to=server ttl=47 flags=RA; mark forged",
        expect=fail(
            "reset", "forged_reset", "tls_failure", by="middlebox", hidden={"server": "client", "client": "server"}
        ),
    ),
    Scenario(
        "forged_in_close_wait",
        "a forged RST reaches a client that has seen the server's FIN already",
        server="listen; accept; recv; answer; shutdown; mark idle; opt timeout=2; recv",
        client="connect; get; recv; recv; await forged; sleep .1; send more; recv",
        router="await idle; sleep .2; forge to=client ttl=47; mark forged",
        expect=fail(
            "broken_pipe",
            "peer_closed",
            "keepalive_race",
            "unexplained",
            "stale_connection",
            by="middlebox server unknown",
            # The client had written nothing when the RST came: no packet shows that it will get EPIPE.
            or_kinds=(None,),
            at={"server": "none"},
        ),
    ),
    Scenario(
        "forged_behind_a_fin",
        "the client has shut down its sending side and reads; a forged RST reaches the server, which answers in vain",
        server="listen; accept; recv; recv; answer; mark idle; await forged; sleep .1; answer; recv",
        client="connect; get; shutdown; opt timeout=1; recv; recv",
        router="await idle; sleep .2; forge to=server ttl=47; mark forged",
        expect=fail("broken_pipe", "unexplained", by="middlebox", at={"client": "none"}),
    ),
    Scenario(
        "conntrack_invalid",
        "a stray segment passes the NAT as INVALID; the client's host answers it with a RST",
        families=(4,),
        setup={
            "router": "nft 'add table ip nat; "
            "add chain ip nat pre { type nat hook prerouting priority -100; }; "
            "add rule ip nat pre ip daddr 10.9.9.9 dnat to {server}'"
        },
        server="""
            listen; accept; recv; answer; await idle; sleep .2; forge to=client seq=90000000 flags=A ttl=64 size=100
            mark forged; sleep .2; recv; recv""",
        client="connect to=10.9.9.9; get; recv; mark idle; await forged; sleep .4; get; recv; recv",
        expect=fail(
            "reset",
            "conntrack_invalid",
            "peer_forgot_connection",
            "client_gave_up",
            "abortive_close",
            "forged_reset",
            hidden={
                "client": "client server",
                "router": "client server",
                "server": "client server",
                "together": "client server",
            },
        ),
    ),
    Scenario(
        "old_fin_before_the_abort",
        "a FIN in the server's name has the number of payload that the client has read; then the server aborts",
        server="listen; accept; recv; answer; await asked; recv; abort; sleep .4",
        client="connect; get; recv; mark idle; await forged; get; mark asked; sleep .3; recv",
        router="await idle; sleep .2; forge to=client seq=-20 flags=FA ttl=47; sleep .1; mark forged",
        expect=fail("reset", "abortive_close", "unread_data", "server_deadline", by="server"),
    ),
    Scenario(
        "fin_without_ack_before_the_abort",
        "a FIN in the server's name has the right number, but no ACK; then the server aborts",
        server="listen; accept; recv; answer; await asked; recv; abort; sleep .4",
        client="connect; get; recv; mark idle; await forged; get; mark asked; sleep .3; recv",
        router="await idle; sleep .2; forge to=client flags=F ttl=47; sleep .1; mark forged",
        expect=fail("reset", "abortive_close", "unread_data", "server_deadline", by="server"),
    ),
    Scenario(
        "fin_below_all_that_was_sent",
        "a FIN in the server's name lies below the first byte that the server has to send; then the server aborts",
        server="listen; accept; await asked; recv; abort; sleep .4",
        client="connect; get; mark idle; await forged; get; mark asked; sleep .3; recv",
        router="await idle; sleep .2; forge to=client seq=-20 flags=FA ttl=47; sleep .1; mark forged",
        expect=fail("reset", "unread_data", "abortive_close", "server_deadline", by="server"),
    ),
    Scenario(
        "fin_far_ahead_of_the_fin",
        "a FIN in the server's name stands far ahead, within the window; then the server closes, and the client writes",
        server="listen; accept; recv; answer; await forged; close; sleep .6",
        client="connect; get; recv; mark idle; await forged; recv; get; sleep .1; get",
        router="await idle; sleep .2; forge to=client seq=1000 flags=FA window=64 ttl=47; sleep .1; mark forged",
        expect=fail("broken_pipe", "peer_closed", "keepalive_race", "stale_connection", by="server"),
    ),
    Scenario(
        "fin_behind_the_fin",
        "a FIN in the server's name stands behind the server's own, which the client has taken; then the client writes",
        server="listen; accept; recv; answer; close; sleep .8",
        client="connect; get; recv; recv; mark idle; await forged; get; sleep .1; get",
        router="await idle; sleep .2; forge to=client flags=FA ttl=47; sleep .1; mark forged",
        expect=fail("broken_pipe", "peer_closed", "keepalive_race", "stale_connection", by="server"),
    ),
    Scenario(
        "fin_that_payload_covers",
        "a FIN in the server's name stands ten bytes ahead, and the server's payload covers its number; then it aborts",
        server="listen; accept; recv; answer; await asked; recv; answer; await read; sleep .1; abort; sleep .4",
        client="connect; get; recv; mark idle; await forged; get; mark asked; recv; mark read; sleep .3; recv",
        router="await idle; sleep .2; forge to=client seq=10 flags=FA window=64 ttl=47; sleep .1; mark forged",
        expect=fail("reset", "abortive_close", "unread_data", "server_deadline", by="server"),
    ),
]
