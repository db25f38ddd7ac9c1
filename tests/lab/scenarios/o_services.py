"""Services behind translated addresses, as clusters have them: who answers is another than the client knows."""

from scenarios.m_rules import SYN_PROXY
from model import OK, Scenario, fail

NEW_TABLE = "nft add table inet service; "
PRE = "nft add chain inet service pre '{ type nat hook prerouting priority -100; }'; "
POST = "nft add chain inet service post '{ type nat hook postrouting priority 100; }'; "
RAW = "nft add chain inet service raw '{ type filter hook prerouting priority -300; }'; "
# The client knows the address of the router only.
SERVICE = NEW_TABLE + PRE + "nft add rule inet service pre iif r2c tcp dport 8080 dnat ip to {server}; "
# The port to the server belongs to a bridge, as those to pods do: what goes through it is captured at both.
BRIDGE = (
    "ip link add br0 type bridge; ip addr flush dev r2s; ip link set r2s master br0; ip addr add {server_gw}/24 dev br0; "
    "ip link set br0 up; ip neigh replace {server} lladdr 02:00:00:00:02:02 dev br0 nud permanent; "
    "ip link set br0 address 02:00:00:00:02:01; "
)

SCENARIOS = [
    Scenario(
        "service_answer_not_translated",
        "one answer leaves the node untranslated: the client's host knows no such connection and resets the server",
        families=(4,),
        setup={"router": BRIDGE + SERVICE + RAW},
        router="""
            await up
            sh 'nft add rule inet service raw tcp sport 8080 limit rate 1/hour burst 1 packets notrack'
            mark once""",
        server="listen; accept; recv; answer; await once; sleep .1; send news; recv; recv",
        client="connect to={client_gw}; get; recv; mark up; opt timeout=2; recv",
        expect=fail(
            "reset",
            "peer_forgot_connection",
            "conntrack_invalid",
            by="client",
            # The RST goes to an address that this connection has not.
            at={"client": "may"},
        ),
    ),
    Scenario(
        "service_host_gone",
        "the host behind the service answers no ARP: the router says so in the name of the service",
        families=(4,),
        tail=1.2,
        setup={"router": NEW_TABLE + PRE + "nft add rule inet service pre iif r2c tcp dport 8080 dnat ip to {nobody}; "},
        client="connect to={client_gw}",
        limit=15,
        expect=fail("unreachable", "host_unreachable", by="middlebox", at={"server": "none"}),
    ),
    Scenario(
        "service_rejected",
        "the router rejects what goes to the host behind the service, with host unreachable, in the name of the service",
        families=(4,),
        setup={"router": SERVICE},
        firewall={"router": "iif r2c tcp dport 8080 reject with icmp host-unreachable"},
        server="listen; sleep .5",
        client="connect to={client_gw}",
        expect=fail("unreachable", "host_unreachable", by="middlebox", at={"server": "none"}),
    ),
    Scenario(
        "gone_before_arp_failed",
        "TCP_USER_TIMEOUT passes before the router has found that the server answers no ARP any more",
        tail=2.5,
        families=(4,),
        router="await up; sh 'ip neigh del {server} dev r2s'; mark forgotten",
        server="listen; accept; recv; answer; sh 'ip link set s0 arp off'; mark up; opt timeout=9; recv",
        client="connect user_timeout=2500; get; recv; await forgotten; get; recv; recv",
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "connect_timed_out_before_arp_failed",
        "the application waits for a second only, and after three the router says that the host is not there",
        tail=3.0,
        families=(4,),
        client="connect timeout=.9 to={nobody}; sleep 3",
        expect=OK,
    ),
    Scenario(
        "service_port_used_again",
        "the NAT gives the port of one connection to the next: the server remembers it, and challenges a SYN sent again",
        families=(4,),
        setup={
            "router": NEW_TABLE
            + POST
            + "nft add rule inet service post oif r2s meta l4proto tcp snat ip to {server_gw}:5000; "
        },
        sysctl={"router": {"net.netfilter.nf_conntrack_tcp_timeout_time_wait": 1}},
        server="listen; accept; recv; answer; close; accept; recv; answer; close; sleep .2",
        client="""
            connect bind=4000 as=one; get; recv; recv; close; sleep .1
            connect bind=4001 as=two; get; recv; recv; close; sleep .2""",
        expect=OK,
    ),
    Scenario(
        "syn_proxy_and_nobody_behind",
        "a SYN proxy completes the handshake for a server that does not answer: the window never opens",
        families=(4,),
        tail=2.0,
        setup={"router": SYN_PROXY},
        sysctl={"router": {"net.netfilter.nf_conntrack_tcp_loose": 0}},
        client="connect user_timeout=2500 to={nobody}; get; recv; recv",
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "rejected_and_the_replies_too",
        "a router answers the client in the server's name, and drops what the client's host says to the server then",
        router="await up; firewall 'iif r2c tcp dport 8080 reject with tcp reset'; mark dead",
        server="""
            listen; accept; recv; answer; mark up; await dead; opt timeout=2; answer; recv; recv
            listen port=8081; mark again; repeat 2 { accept; recv; answer; recv; close }""",
        client="""
            connect as=first; get; recv; await dead; sleep .2; recv; get; sleep .2; recv; await again
            repeat 2 { connect as=later port=8081; get; recv; close }; sleep .3""",
        expect={
            "first": fail(
                "reset",
                "forged_reset",
                by="middlebox",
                at={"server": fail("timed_out", "peer_vanished", by="network unknown")},
                hidden={"server": "client"},
            )
        },
    ),
]
