"""Clients that reset a connection before they use it."""
from model import Scenario, fail

SCENARIOS = [
    Scenario(
        "health_check_reset", "a health check that connects and resets, every 0.4 s",
        server="listen; repeat 6 { accept; recv; close }",
        client="repeat 6 { connect as=check; abort; sleep .4 }",
        expect=fail("aborted", "health_check", "connect_cancelled", by="client"),
    ),
    Scenario(
        "connected_and_aborted", "one client connects, thinks better of it and aborts",
        server="listen; accept; sleep .3; recv",
        client="connect; sleep .15; abort; sleep .3",
        expect=fail("aborted", "connect_cancelled", "health_check", by="client"),
    ),
]
