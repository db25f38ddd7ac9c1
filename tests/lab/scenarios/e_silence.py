"""Connections that fall silent, and those that recover."""
from model import OK, Scenario, fail

STATEFUL = "ct state established accept\nct state new tcp flags & (syn|ack) == syn accept\n"
FORGETS = {"router": {"net.netfilter.nf_conntrack_tcp_loose": 0,
                      "net.netfilter.nf_conntrack_tcp_timeout_established": 2}}

SCENARIOS = [
    Scenario(
        "blackhole_user_timeout", "the path dies with data under way; TCP_USER_TIMEOUT ends the wait",
        router="await up; firewall drop; mark dead",
        server="listen; accept; recv; answer; mark up; opt timeout=8; recv",
        client="connect user_timeout=1500; get; recv; await dead; get; recv; send more",
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "blackhole_retries", "the path dies with data under way; the kernel's retries run out",
        router="await up; firewall drop; mark dead",
        sysctl={"client": {"net.ipv4.tcp_retries2": 3}},
        server="listen; accept; recv; answer; mark up; opt timeout=6; recv",
        client="connect; get; recv; await dead; get; recv; send more",
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "blackhole_server_sends", "the path dies during a download: the server's data is never acknowledged",
        router="await up; firewall drop; mark dead",
        server="listen; accept user_timeout=1500; recv; answer 200 1000; mark up; await dead; flood 5000 times=2; recv",
        client="connect; get; recvn 1042; opt timeout=5; recv",
        expect=fail("timed_out", "peer_vanished", by="network unknown", at={"client": "none"}),
    ),
    Scenario(
        "blackhole_heals", "the path is gone for a second and comes back",
        router="await up; firewall drop; mark dead; sleep 1; firewall",
        server="listen; accept; recv; answer; mark up; recv; answer; recv; close",
        client="connect; get; recv; await dead; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "keepalive_answered", "an idle connection whose keep-alive probes are answered",
        server="listen; accept; recv; answer; recv; close",
        client="connect keepalive=1 keepidle=1 keepintvl=1 keepcnt=3; get; recv; sleep 4; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "keepalive_unanswered", "an idle connection whose keep-alive probes are lost",
        router="await up; firewall drop",
        server="listen; accept; recv; answer; mark up; opt timeout=8; recv",
        client="connect keepalive=1 keepidle=1 keepintvl=1 keepcnt=3; get; recv; recv",
        expect=fail("timed_out", "keepalive_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "idle_nat_drops", "a stateful firewall forgets an idle connection and drops what follows",
        sysctl=FORGETS, firewall={"router": STATEFUL + "drop"},
        server="listen; accept; recv; answer; opt timeout=9; recv",
        client="connect user_timeout=2000; get; recv; sleep 4; get; recv",
        expect=fail("timed_out", "idle_expired", "peer_vanished", by="network unknown middlebox",
                    at={"server": "none"}),
    ),
    Scenario(
        "idle_nat_resets", "a stateful firewall forgets an idle connection and answers with a RST",
        sysctl=FORGETS, firewall={"router": STATEFUL + "reject with tcp reset"},
        server="listen; accept; recv; answer; opt timeout=6; recv",
        client="connect; get; recv; sleep 4; get; recv",
        expect=fail("reset", "idle_expired", "forged_reset", by="middlebox", at={"server": "none"}),
    ),
    Scenario(
        "idle_but_healthy", "an idle connection that works again after a pause",
        server="listen; accept; recv; answer; recv; answer; recv; close",
        client="connect; get; recv; sleep 4; get; recv; close; sleep .1",
        expect=OK,
    ),
]
