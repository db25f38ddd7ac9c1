"""RST segments in an end's name that the end never sent."""
from model import OK, Scenario, fail

TALK = "listen; accept; recv; answer; await forged; sleep .3; answer; sleep .2; recv; recv"
ASK = "connect; get; recv; mark idle; await forged; sleep .1; recv; sleep .3"
ASK_ON = "connect; get; recv; mark idle; await forged; sleep .1; get; recv; recv; close; sleep .2"
ANSWER_ON = "listen; accept; recv; answer; await forged; recv; answer; sleep .1; close"

SCENARIOS = [
    Scenario(
        "forged_to_client", "a middlebox resets the client in the server's name; the server knows nothing",
        server=TALK, client=ASK,
        router="await idle; sleep .2; forge to=client ttl=47; mark forged",
        expect=fail("reset", "forged_reset", by="middlebox", at={
            "server": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
            hidden={"server": "client"}),
    ),
    Scenario(
        "forged_to_client_same_ttl", "the same with the server's own TTL",
        server=TALK, client=ASK,
        router="await idle; sleep .2; forge to=client ttl=63; mark forged",
        expect=fail("reset", "forged_reset", "abortive_close", "peer_forgot_connection", by="middlebox server unknown",
                    at={"server": fail("reset", "peer_forgot_connection", "forged_reset", "abortive_close")},
                    hidden={"server": "client"}),
    ),
    Scenario(
        "forged_to_both", "a middlebox resets both ends, each in the other's name",
        server=TALK, client=ASK,
        router="await idle; sleep .2; forge to=client ttl=47 flags=RA; forge to=server ttl=47 flags=RA; mark forged",
        expect=fail("reset", "forged_reset", by="middlebox", hidden={"server": "client", "client": "server"}),
    ),
    Scenario(
        "forged_off_window", "a forged RST far outside the window is ignored",
        server=ANSWER_ON, client=ASK_ON,
        router="await idle; sleep .2; forge to=client seq=200000000 ttl=47; mark forged",
        expect=OK,
    ),
    Scenario(
        "forged_inexact", "a forged RST inside the window, but not exact: a challenge ACK answers it",
        server=ANSWER_ON, client=ASK_ON,
        router="await idle; sleep .2; forge to=client seq=100 ttl=47; mark forged",
        expect=OK,
    ),
]
