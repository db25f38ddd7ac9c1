//! `peer_forgot_connection`: the other host no longer knew the connection.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, ResetKind};
use crate::track::kernel::Kind;
use crate::track::{Half, SERVER};

/// Signs: A reply-RST (`R`, seq equal to the segment's ack, win 0, IP ID 0, no options) to data or a keep-alive in
/// ESTABLISHED, no FIN from that host before, its TTL the baseline. Likely, though a NAT that lost its state, which
/// sends the segment on with another address, of which that host knows nothing, and a filter that rejects look the
/// same. Refused attempts around it: a restart. Timestamps that jump back afterwards: the host restarted, or another
/// host answers.
pub static CAUSE: Cause = Cause {
    id: "peer_forgot_connection",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "The other host no longer knew the connection",
    seen: "\
        In an open connection without any FIN, data or a keep-alive probe is answered by a bare `R`: no ACK, window 0, \
        its sequence number equal to the segment's ACK number. That is how a kernel answers a segment for which it has \
        no socket.\n\n\
        Often other connections to the same host end in the same second, and new ones are refused for a while: the \
        service or the host restarted.",
    why: "\
        The socket vanished without notice to this end. tcp_v4_rcv() looks it up, finds none, and tcp_v4_send_reset() \
        builds the answer from the segment alone; that is why the RST is so bare.\n\n\
        The usual reasons: the host rebooted or lost power; a virtual address moved to a standby that never had the \
        connection; a load balancer hashed the flow to another backend after its list had changed; a container was \
        killed together with its network namespace, so that no FIN could leave; the peer sent FIN or RST long ago and \
        the packet was lost; the peer gave up retransmitting, which sends nothing.\n\n\
        Two others look the same from this end, though the peer's socket is alive. A NAT on the way lost its entry \
        (flushed, expired, a full table), so that the segment reaches the peer with an address or port that the peer \
        has no connection with. Or a packet filter on the peer's host begins to reject what it used to accept (REJECT \
        with tcp-reset).",
    is_not: "\
        Not an application that closed the connection: that sends a FIN, or an abort-RST with a live window and an ACK \
        (`abortive_close`, `unread_data`).\n\n\
        Not necessarily a crash of the service: when a process dies, its kernel closes its sockets with FIN or RST. \
        Only when the kernel or the network namespace dies too is nothing sent.\n\n\
        Not `idle_expired`, if the silence before was short.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
// meanwhile the server's host restarts
+20 > P. 101:201(100) ack 201 win 64040
+.02 < R 201:201(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Ender,
        title: "Drain connections before the host, pod or address goes away",
        steps: &[
            "\
            Find out what happened on {peer.ip} at that time: a reboot, a failover, a rescheduled pod, a new backend \
            list.",
            "\
            If nothing happened there, capture on {peer.ip}. If the segment arrives from another address or port than \
            the connection's, a NAT on the way lost its entry: see `tcpwhy explain conntrack_invalid` and `conntrack \
            -S` there. If it arrives unchanged and the socket still exists (ss -tn), a filter on that host rejects it.",
            "\
            Drain before you stop: take the backend out of the load balancer, wait for its connections to end, \
            then stop it.",
            "\
            Let the process close its sockets itself on SIGTERM, so that FINs leave while the network is still \
            there; in Kubernetes give it the time (preStop, terminationGracePeriodSeconds).",
            "\
            For addresses that move, expect this and make clients reconnect at once; a standby cannot know the \
            connections unless it shares their state (conntrackd does so for firewalls only).",
            "\
            Reconnect and retry idempotent requests, with backoff and jitter: after a restart, all clients come back \
            in the same second.",
        ],
        commands: &[
            "uptime -s",
            "journalctl --list-boots",
            "kubectl get events --all-namespaces --sort-by=.lastTimestamp",
        ],
    },
    settings: &[
        Setting {
            program: "Kubernetes",
            name: "terminationGracePeriodSeconds",
            default: "30",
            advice: "add a preStop sleep",
        },
        Setting {
            program: "Node",
            name: "server.close(), server.closeIdleConnections()",
            default: "",
            advice: "call both on SIGTERM",
        },
        Setting {
            program: "HAProxy",
            name: "option redispatch",
            default: "off",
            advice: "the next attempt goes to another server",
        },
        Setting {
            program: "HAProxy",
            name: "http-request silent-drop",
            default: "",
            advice: "forgets the connection on purpose: what the client sends next meets a RST",
        },
        Setting {
            program: "AWS target group",
            name: "deregistration_delay.timeout_seconds",
            default: "300",
            advice: "the time to drain",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let reset = case.reset()?;
    // Who closed with more to send answers so, too: that is `unread_data`.
    if case.reset_kind() != Some(ResetKind::Reply) || case.behind_a_syn_proxy() || case.closed_with_more_to_send() {
        return None;
    }
    let (sender, victim) = (case.name(reset.from), case.name(case.victim()));
    // Where it was the client, `client_gave_up` says so.
    if reset.from == SERVER && case.fin_was_lost() {
        let text = "The server had closed, but its FIN did not reach the client, and the client's next payload was \
                    answered by a RST.";
        return Some(Match::likely(text.to_owned()));
    }
    if case.story().first_fin.is_some() {
        return None;
    }
    if reset.from == SERVER && case.two_hosts_answered() {
        return Some(Match::likely(format!(
            "A second SYN-ACK with another sequence number came from {}: two hosts seem to have that address, and the \
             one without a socket for this connection answered the client with a RST.",
            case.server()
        )));
    }
    let text = format!(
        "\
            The {sender}'s host answered the {victim} with a RST, as a host does that has no socket for this connection: \
            it restarted or was replaced, a NAT on the way lost its entry, or a filter on that host rejects it."
    );
    // The capture may have a hole just where the sender closed.
    let lossy = case.half(reset.from).has(Half::ACKED_UNSEEN);
    Some(if lossy { Match::possible(text) } else { Match::likely(text) })
}
