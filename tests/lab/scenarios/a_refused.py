"""Connections that are refused, or stopped by a router, before they begin."""

from model import OK, Scenario, fail

# The router's own packets and those that it forwards carry the same TTL at the router.
UNDECIDED = fail("refused", "rejected_by_policy", "no_listener")


def rejected_by_icmp(code: str, families: tuple[int, ...], kind: str, *causes: str) -> Scenario:
    family = "icmp" if families == (4,) else "icmpv6"
    return Scenario(
        f"reject_{family}_{code.replace('-', '_')}",
        f"the router answers the SYN with {family} {code}",
        families=families,
        firewall={"router": f"tcp flags syn reject with {family} type {code}"},
        client="connect",
        expect=fail(kind, *causes, by="middlebox network", at={"server": "none"}),
    )


SCENARIOS = [
    Scenario(
        "closed_port",
        "nothing listens on the port",
        client="connect",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "bound_to_loopback",
        "the service listens, but on the loopback address only",
        server="listen at=loopback",
        client="connect",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "service_restarted",
        "the service stops, the client retries until it is back",
        server="""
            listen; accept; recv; answer; recv; close; stop_listening; mark down
            await retried; listen; mark up; accept; recv; answer; recv; close""",
        client="""
            connect as=before; get; recv; close; await down
            repeat 4 { connect as=retry; sleep .3 }
            mark retried; await up; connect as=after; get; recv; close; sleep .1""",
        expect={"retry": fail("refused", "service_stopped", by="server")},
    ),
    Scenario(
        "reject_tcp_reset_router",
        "a router's rule answers the SYN with a RST in the server's name",
        firewall={"router": "tcp flags syn reject with tcp reset"},
        client="connect",
        expect=fail(
            "refused", "rejected_by_policy", "no_listener", by="middlebox server unknown", at={"server": "none"}
        ),
    ),
    Scenario(
        "reject_tcp_reset_router_known_host",
        "the same, and the host's own packets show another TTL",
        firewall={"router": "tcp dport 9090 reject with tcp reset"},
        server="listen; accept; recv; answer; recv; close",
        client="connect as=served; get; recv; connect as=rejected port=9090; use served; close; sleep .1",
        expect={
            "rejected": fail(
                "refused",
                "rejected_by_policy",
                by="middlebox",
                at={"server": "none", "router": UNDECIDED, "together": UNDECIDED},
            )
        },
    ),
    Scenario(
        "reject_tcp_reset_host",
        "the server's own firewall answers the SYN with a RST",
        firewall={"server": "tcp dport 8080 reject with tcp reset"},
        server="listen",
        client="connect",
        expect=fail("refused", "rejected_by_policy", "no_listener", by="middlebox server unknown"),
    ),
    Scenario(
        "reject_icmp_host",
        "the server's own firewall answers the SYN with ICMP port unreachable",
        firewall={"server": "tcp dport 8080 reject with icmpx port-unreachable"},
        server="listen",
        client="connect",
        expect=fail("refused", "rejected_by_policy", by="server middlebox"),
    ),
    Scenario(
        "connections_limited_by_rule",
        "the service serves one client; the server's own firewall answers a second connection at the same time with a RST",
        firewall={"server": "tcp dport 8080 ct state new ct count over 1 reject with tcp reset"},
        server="listen; accept; recv; answer; recv; answer; recv; close",
        client="connect as=served; get; recv; connect as=second; use served; get; recv; close; sleep .1",
        expect={"second": fail("refused", "rejected_by_policy", "service_stopped", by="middlebox server unknown")},
    ),
    # A rule can answer like a router that finds no host or route: packets cannot tell, so `certain` would be wrong.
    rejected_by_icmp("port-unreachable", (4,), "refused", "rejected_by_policy"),
    rejected_by_icmp("host-unreachable", (4,), "unreachable", "rejected_by_policy", "host_unreachable"),
    rejected_by_icmp("net-unreachable", (4,), "unreachable", "rejected_by_policy", "net_unreachable"),
    rejected_by_icmp("prot-unreachable", (4,), "unreachable", "rejected_by_policy", "unexplained"),
    rejected_by_icmp("net-prohibited", (4,), "unreachable", "rejected_by_policy"),
    rejected_by_icmp("host-prohibited", (4,), "unreachable", "rejected_by_policy"),
    rejected_by_icmp("admin-prohibited", (4,), "unreachable", "rejected_by_policy"),
    rejected_by_icmp("port-unreachable", (6,), "refused", "rejected_by_policy"),
    rejected_by_icmp("no-route", (6,), "unreachable", "rejected_by_policy", "net_unreachable"),
    rejected_by_icmp("addr-unreachable", (6,), "unreachable", "rejected_by_policy", "host_unreachable"),
    rejected_by_icmp("admin-prohibited", (6,), "unreachable", "rejected_by_policy"),
    rejected_by_icmp("policy-fail", (6,), "unreachable", "rejected_by_policy"),
    rejected_by_icmp("reject-route", (6,), "unreachable", "rejected_by_policy"),
    Scenario(
        "no_route_at_router",
        "the router has no route to the address",
        client="connect to={nowhere}",
        expect=fail(
            "unreachable", "net_unreachable", "rejected_by_policy", by="middlebox network", at={"server": "none"}
        ),
    ),
    Scenario(
        "no_such_host",
        "the router finds no host with the address on its link",
        client="connect to={nobody}",
        expect=fail("unreachable", "host_unreachable", by="middlebox network", at={"server": "none"}),
    ),
    Scenario(
        "retry_storm",
        "a client that retries a closed port twenty times a second",
        client="repeat 40 { connect as=retry; sleep .05 }",
        expect=fail("refused", "no_listener", by="server"),
    ),
    Scenario(
        "retry_with_backoff",
        "a client that retries a closed port with doubling pauses until the service is there",
        server="await down; listen; mark up; accept; recv; answer; recv; close",
        client="""
            connect as=retry; sleep .1; connect as=retry; sleep .2; connect as=retry; sleep .4; connect as=retry
            sleep .8; connect as=retry; mark down; await up; connect as=served; get; recv; close; sleep .1""",
        expect={"retry": fail("refused", "no_listener", by="server")},
    ),
    Scenario(
        "served",
        "a request, its answer and a clean close",
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
]
