"""The network changes under a living connection: addresses, interfaces, routes, and who has them."""

from model import OK, Scenario, fail

IDLE = {
    "net.netfilter.nf_conntrack_tcp_loose": 0,
    "net.netfilter.nf_conntrack_tcp_timeout_established": 1,
    "net.netfilter.nf_conntrack_tcp_timeout_unacknowledged": 1,
}
FORWARD = (
    "nft add table inet old; nft add chain inet old through '{ type filter hook forward priority 0; }'; "
    "nft add rule inet old through "
)

SCENARIOS = [
    Scenario(
        "address_of_the_server_removed",
        "the server loses its address in the middle of a connection: what comes is no packet of its host any more",
        families=(4,),
        server="""
            listen; accept; recv; answer; sh 'ip addr del {server}/24 dev s0'; mark dead; opt timeout=3; recv
            sh 'ip addr add {server}/24 dev s0; ip route add default via {server_gw}'""",
        client="connect user_timeout=1500; get; recv; await dead; get; recv; recv",
        tail=1.6,
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "may"}),
    ),
    Scenario(
        "interface_down_and_up",
        "the server's interface is down for a moment: what was sent meanwhile comes again",
        families=(4,),
        server="""
            listen; accept; recv; answer; sh 'ip link set s0 down'; mark down; sleep .5; sh 'ip link set s0 up'
            sh 'ip neigh replace {server_gw} lladdr 02:00:00:00:02:01 dev s0 nud permanent'
            sh 'ip route add default via {server_gw}'
            recv; answer; recv; close""",
        client="connect; get; recv; await down; get; recv; close; sleep .2",
        expect=OK,
    ),
    Scenario(
        "address_taken_over",
        "another host, here the router, takes over the server's address, and knows nothing of the connection",
        router="await up; sh 'ip addr add {server} dev lo'; mark moved",
        server="listen; accept; recv; answer; mark up; opt timeout=2; recv",
        client="connect; get; recv; await moved; get; sleep .2; recv; get",
        expect=fail(
            "reset", "peer_forgot_connection", "forged_reset", by="server middlebox", at={"server": "none"}
        ),
    ),
    Scenario(
        "address_taken_over_before_the_abort",
        "the client aborts to a host that took over the server's address: the server hears nothing of it",
        router="await up; sh 'ip addr add {server} dev lo'; mark moved",
        server="listen; accept user_timeout=1200; recv; answer; mark up; await gone; answer; sleep 1.8; recv",
        client="connect; get; recv; await moved; abort; mark gone; sleep 2",
        tail=1.6,
        expect=fail(
            "timed_out",
            "peer_vanished",
            by="network unknown",
            # It saw the RST leave, and may see nothing after it.
            at={
                "client": fail(
                    "timed_out", "peer_vanished", "abortive_close", "client_gave_up", by="network client unknown",
                    or_kinds=("reset",),
                )
            },
            hidden={"client": "server"},
        ),
    ),
    Scenario(
        "route_prohibited",
        "an administrator prohibits the route to the server in the middle of a connection",
        router="await up; sh 'ip route add prohibit {server}'; mark dead",
        server="listen; accept; recv; answer; mark up; opt timeout=4; recv",
        client="connect user_timeout=1500; get; recv; await dead; get; recv; recv",
        tail=1.6,
        expect=fail("unreachable", "rejected_by_policy", by="middlebox", at={"server": "none"}),
    ),
    Scenario(
        "route_blackholed_for_a_moment",
        "the route to the server is a black hole for a moment",
        router="await up; sh 'ip route add blackhole {server}'; mark dead; sleep .5; sh 'ip route del {server}'",
        server="listen; accept; recv; answer; mark up; recv; answer; recv; close",
        client="connect; get; recv; await dead; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "state_lost_and_dropped",
        "the firewall forgot the idle connection and drops what belongs to none",
        setup={"router": FORWARD + "ct state invalid drop"},
        sysctl={"router": IDLE},
        router="await up; sleep 1.8; mark idle",
        server="listen; accept; recv; answer; mark up; opt timeout=6; recv",
        client="connect user_timeout=1500; get; recv; await idle; get; recv; recv",
        tail=1.6,
        expect=fail(
            "timed_out", "peer_vanished", "idle_expired", by="network unknown middlebox", at={"server": "none"}
        ),
    ),
    Scenario(
        "state_lost_and_rejected",
        "the firewall forgot the idle connection and answers the client's request with a RST in the server's name",
        setup={"router": FORWARD + "ct state invalid reject with tcp reset"},
        sysctl={"router": IDLE},
        router="await up; sleep 1.8; mark idle",
        server="listen; accept; recv; answer; mark up; opt timeout=3; recv",
        client="connect; get; recv; await idle; get; sleep .1; recv; get",
        expect=fail(
            "reset",
            "forged_reset",
            "idle_expired",
            "peer_forgot_connection",
            by="middlebox server",
            at={"server": "none"},
        ),
    ),
]
