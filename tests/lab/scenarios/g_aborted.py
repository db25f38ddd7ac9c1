"""Clients that reset a connection before they use it."""

from model import OK, Scenario, fail

SCENARIOS = [
    Scenario(
        "health_check_reset",
        "a health check that connects and resets, every 0.4 s",
        server="listen; repeat 6 { accept; recv; close }",
        client="repeat 6 { connect as=check; abort; sleep .4 }",
        expect=fail("aborted", "health_check", "connect_cancelled", by="client"),
    ),
    Scenario(
        "connected_and_aborted",
        "one client connects, thinks better of it and aborts",
        server="listen; accept; sleep .3; recv",
        client="connect; sleep .15; abort; sleep .3",
        expect=fail("aborted", "connect_cancelled", "health_check", by="client"),
    ),
    Scenario(
        "health_check_fin",
        "a health check that connects and closes, every 0.4 s",
        server="listen; repeat 6 { accept; recv; close }",
        client="repeat 6 { connect as=check; close; sleep .4 }",
        expect=OK,
    ),
    Scenario(
        "health_check_half_open",
        "a health check that answers the SYN-ACK with a RST, every 0.4 s",
        server="listen; sleep 2.5",
        client="syn 8080 as=check; sleep .4; syn 8080 from=1 as=check; sleep .4; syn 8080 from=2 as=check; sleep .4; "
        "syn 8080 from=3 as=check; sleep .4; syn 8080 from=4 as=check; sleep .4",
        expect=fail("aborted", "health_check", "half_open_scan", "connect_cancelled", by="client"),
    ),
    Scenario(
        "syn_scan",
        "a port scanner's bare SYNs: an open port, then closed ones",
        server="listen; sleep 1",
        client="syn 8080 as=open; sleep .05; syn 21 22 23 25 53 80 110 143 443 445 993 995 3306 3389 from=1; sleep .5",
        expect={
            "open": fail("aborted", "half_open_scan", "health_check", "connect_cancelled", by="client"),
            "scan": fail("refused", "no_listener", by="server"),
        },
    ),
    Scenario(
        "connect_scan",
        "a port scan with connect(): closed ports, and an open one that is closed again at once",
        server="listen; accept; recv; close",
        client="connect as=open; close; " + "; ".join(f"connect as=scan port={port}" for port in range(20, 32)),
        expect={"scan": fail("refused", "no_listener", by="server")},
    ),
    Scenario(
        "preconnect_unused",
        "a browser's spare connection: opened, never used, closed a second later",
        server="listen; accept; recv; close",
        client="connect; sleep 1; close; sleep .1",
        expect=OK,
    ),
]
