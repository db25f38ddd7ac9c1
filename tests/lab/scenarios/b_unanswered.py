"""Handshakes that get no answer, or half of one, and those that only seem so."""

from model import OK, Scenario, fail

SYN = "tcp flags & (syn|ack) == syn"
SYN_ACK = "tcp flags & (syn|ack) == (syn|ack)"
# Two are queued, so that the second of those at once finds one other request: a listener of older kernels (5.10)
# answers by a SYN cookie, and forgets, when there are as many as its backlog (`inet_csk_reqsk_queue_is_full()`).
TWO_AT_ONCE = "connect as=queued; connect as=queued; connect_begin as=first; connect_begin as=second; sleep .3;"
FIRST = "numgen inc mod 1000 == 0"

SCENARIOS = [
    Scenario(
        "syn_dropped",
        "the router drops every SYN; connect() fails by itself",
        firewall={"router": f"{SYN} drop"},
        tail=1.6,
        client="connect syncnt=1",
        expect=fail("timed_out", "syn_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "syn_dropped_own_timeout",
        "the same, and the program gives up before the kernel does",
        firewall={"router": f"{SYN} drop"},
        tail=1.6,
        client="connect timeout=2.4",
        expect=fail("timed_out", "syn_unanswered", by="network unknown", at={"server": "none"}),
    ),
    Scenario(
        "syn_ack_dropped",
        "the SYN arrives, the SYN-ACK is lost on the way back",
        firewall={"router": f"{SYN_ACK} drop"},
        tail=2.2,
        server="listen",
        client="connect syncnt=2",
        expect=fail(
            "timed_out",
            "return_path_lost",
            by="network unknown",
            at={"client": fail("timed_out", "syn_unanswered", "return_path_lost", by="network unknown")},
        ),
    ),
    Scenario(
        "backlog_full_syn_ignored",
        "the accept queue is full: the kernel ignores further SYNs",
        server="listen backlog=1",
        client="connect as=queued; connect as=queued; connect as=late syncnt=2",
        tail=1.6,
        expect={"late": fail("timed_out", "backlog_overflow", "syn_unanswered", by="server network unknown")},
    ),
    Scenario(
        "backlog_full_ack_ignored",
        "the accept queue is full when the final ACK comes: only the client is connected",
        delay=0.05,
        server="listen backlog=2; sleep 4.5",
        sysctl={"server": {"net.ipv4.tcp_synack_retries": 2}},
        client=TWO_AT_ONCE + "use first; send hello; use second; opt user_timeout=3000; send hello; recv",
        tail=1.6,
        expect={"second": fail("timed_out", "backlog_overflow", by="server network unknown")},
    ),
    Scenario(
        "backlog_full_syncookie",
        "the same, and the SYN-ACK was a SYN cookie: it is never repeated",
        delay=0.05,
        server="listen backlog=0; sleep 4.5",
        client="""
            connect_begin as=first; connect_begin as=second; sleep .3; use first; send hello
            use second; opt user_timeout=3000; send hello; recv""",
        tail=1.6,
        expect={"second": fail("timed_out", "backlog_overflow", "peer_vanished", by="server network unknown")},
    ),
    Scenario(
        "backlog_full_client_aborts",
        "the accept queue stays full; the client, connected as it thinks, aborts after the repeated SYN-ACK: no application "
        "of the server hears of it",
        delay=0.05,
        server="listen backlog=2; sleep 2.5",
        client=TWO_AT_ONCE + "use first; send hello; use second; sleep 1.4; abort; sleep .3",
        tail=1.6,
        expect={"second": fail("aborted", "connect_cancelled", by="client", or_kinds=(None,))},
    ),
    Scenario(
        "backlog_full_then_client_aborts",
        "the accept queue has room again when the ACK of the repeated SYN-ACK comes; then the client aborts",
        delay=0.05,
        server="listen backlog=2; sleep .9; accept; accept; accept; accept; recv; sleep 1",
        client=TWO_AT_ONCE + "use first; send hello; use second; sleep 1.6; abort; sleep .3",
        tail=1.6,
        expect={
            "second": fail("aborted", "connect_cancelled", "health_check", by="client", or_kinds=(None,)),
        },
    ),
    Scenario(
        "backlog_full_abort",
        "the same with tcp_abort_on_overflow: the final ACK is answered with a RST",
        delay=0.05,
        server="listen backlog=2; sleep 1",
        sysctl={"server": {"net.ipv4.tcp_abort_on_overflow": 1}},
        client=TWO_AT_ONCE + "use second; recv; send hello",
        expect={"second": fail("reset", "backlog_overflow", by="server")},
    ),
    Scenario(
        "late_syn_ack",
        "the SYN-ACK comes after the program gave up",
        delay=0.15,
        server="listen",
        tail=0.8,
        client="connect timeout=.12",
        expect=fail("aborted", "connect_cancelled", "half_open_scan", by="client"),
    ),
    Scenario(
        "syn_lost_once",
        "the first SYN is lost, the second is answered",
        firewall={"router": f"{SYN} {FIRST} drop"},
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "syn_ack_lost_once",
        "the first SYN-ACK is lost, the next arrives",
        firewall={"router": f"{SYN_ACK} {FIRST} drop"},
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "final_ack_lost",
        "the ACK that ends the handshake is lost, the request carries it",
        firewall={"router": f"tcp flags == ack {FIRST} drop"},
        server="listen; accept; recv; answer; recv; close",
        client="connect; get; recv; close; sleep .1",
        expect=OK,
    ),
    Scenario(
        "syn_unanswered_once",
        "one SYN without answer and the program gives up at once: too little to tell",
        firewall={"router": f"{SYN} drop"},
        tail=1.6,
        client="connect timeout=.3",
        expect=fail("timed_out", "syn_unanswered", or_kinds=(None,), at={"server": "none"}),
    ),
    Scenario(
        "happy_eyeballs_loser_silent",
        "two addresses are tried; the silent one is given up when the other answers",
        firewall={"router": f"{SYN} tcp dport 9090 drop"},
        tail=1.6,
        server="listen; accept; recv; answer; recv; close",
        client="""
            connect_begin as=loser port=9090; sleep .2; connect as=winner; use loser; close
            use winner; get; recv; sleep .2; close; sleep .1""",
        expect=OK,
    ),
    Scenario(
        "happy_eyeballs_loser_slow",
        "two addresses are tried; the second to answer is closed unused",
        delay=0.04,
        server="listen; accept; accept; recv; answer; recv; close; use s1; recv; close",
        client="""
            connect_begin as=loser; connect as=winner; use loser; sleep .1; close
            use winner; get; recv; close; sleep .3""",
        expect=OK,
    ),
]
