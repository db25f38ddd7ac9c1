"""What runs of random socket calls on random networks found."""

from model import Scenario, fail

SCENARIOS = [
    Scenario(
        "forged_ahead_of_the_close",
        "a middlebox resets the client in the server's name, and then the server closes",
        server="listen; accept; recv; answer; await forged; sleep .3; close; sleep .4",
        client="connect; get; recv; mark idle; await forged; sleep .6; recv",
        router="await idle; sleep .2; forge to=client ttl=47; mark forged",
        expect=fail("reset", "forged_reset", by="middlebox", at={"server": "none"}),
    ),
    Scenario(
        "forged_off_window_then_aborted",
        "a RST outside of the window is ignored; much later the server aborts",
        server="listen; accept; recv; answer; await forged; sleep 1.5; abort; sleep .4",
        client="connect; get; recv; mark idle; await forged; sleep 1.8; recv",
        router="await idle; sleep .2; forge to=client seq=200000000 ttl=47; mark forged",
        expect=fail("reset", "abortive_close", by="server"),
    ),
    Scenario(
        "fin_behind_a_hole",
        "the router drops the server's answer, but not its FIN: the client is in ESTABLISHED when it writes again",
        router="await asked; firewall 'iif r2s tcp flags & psh == psh drop'; mark dead",
        server="listen; accept; recv; mark asked; await dead; answer; sleep .05; close; mark closed; sleep .4",
        client="connect; get; await closed; sleep .05; get; sleep .1; recv",
        expect=fail("reset", "peer_forgot_connection", by="server"),
    ),
    Scenario(
        "rst_rejected",
        "the router rejects the client's RST: the server hears of nothing until its own timeout",
        tail=2.6,
        router="await idle; firewall 'iif r2c reject with icmpx admin-prohibited'; mark dead",
        server="listen; accept user_timeout=1500; recv; answer; await gone; answer; sleep 2; recv",
        client="connect; get; recv; mark idle; await dead; sleep .1; abort; mark gone; sleep 2.5",
        expect=fail("timed_out", "peer_vanished", by="network unknown"),
    ),
    Scenario(
        "reply_comes_in_and_does_not_go_out",
        "the client's host forgot the connection, and the router drops what it says: captured there, its RST only comes in",
        tail=2.6,
        router="await idle; firewall 'iif r2c tcp flags & rst == rst drop'; mark dead",
        server="listen; accept user_timeout=1500; recv; answer; await gone; answer; sleep 2; recv",
        client="connect; get; recv; mark idle; await dead; vanish; mark gone; sleep 2.5",
        expect=fail(
            "timed_out",
            "peer_vanished",
            by="network unknown",
            # There it shows only by what the server sends again.
            at={"client": fail("timed_out", "peer_vanished", by="network unknown", or_kinds=("reset",))},
            hidden={"client": "server"},
        ),
    ),
    Scenario(
        "unanswered_twice_on_the_same_ports",
        "the client binds its port; its first attempt is over when the second begins",
        tail=2.5,
        firewall={"router": "tcp flags syn drop"},
        client="connect as=first bind=40000 timeout=1.5; sleep .2; connect as=second bind=40000 timeout=1.5",
        expect={"*": fail("timed_out", "syn_unanswered", by="network", at={"server": "none"})},
    ),
    Scenario(
        "rejected_by_a_rst_and_the_reply_dropped",
        "the router rejects the server's second answer in the client's name, and drops the replies to what the client says then",
        delay=0.01,
        router="firewall 'iif r2s meta length > 600 reject with tcp reset' 'iif r2s tcp flags & rst == rst drop'; mark set",
        server="listen; accept; recv; answer; sleep .01; answer 200 1000; sleep 1.5; recv",
        client="await set; connect keepidle=1; get; recv; sleep 1.5",
        expect=fail("reset", "forged_reset", by="middlebox", at={"client": "none"}, hidden={"server": "client"}),
    ),
    Scenario(
        "replies_dropped_and_the_last_let_through",
        "the router drops the replies of the server's host to what the client sends again, and then lets one through",
        router="await idle; firewall 'iif r2s tcp flags & rst == rst drop'; mark dead; await asked; sleep 1; firewall",
        server="listen; accept; recv; answer; await dead; vanish",
        client="connect; get; recv; mark idle; await dead; sleep .1; get; mark asked; recv; sleep .2",
        expect=fail(
            "reset",
            "peer_forgot_connection",
            by="server",
            # There all of them go out, and nothing shows which one arrived.
            at={"server": fail("reset", "peer_forgot_connection", by="server", or_kinds=(None, "timed_out"))},
            hidden={"server": "client"},
        ),
    ),
]
