//! `return_path_lost`: the server answers, but its answers do not come back.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, IcmpSeen};
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Half, Repeated, SERVER, What, other, probed_to_death};

/// Signs: SYN-ACK in the capture, sent again and again, no ACK from the client, which repeats its SYN (TTL and
/// timing show that the capture is nearer to the server); or another address answers the SYN, and acknowledges it. Likely;
/// possible where each was answered by a RST, as scanners' kernels do. If the client never repeats its SYN: spoofed source or
/// SYN flood, not this. If the client's ACK is in the capture: `backlog_overflow`.
pub static CAUSE: Cause = Cause {
    id: "return_path_lost",
    group: Group::Failure,
    kinds: &[Kind::TimedOut],
    title: "The other end answers, but its answers do not arrive",
    seen: "\
        The capture shows the client's SYN and the server's SYN-ACK, and then both again: the client retransmits its \
        SYN as if it had received nothing, the server its SYN-ACK. No ACK ever comes. The client gets ETIMEDOUT.\n\n\
        Or the answer arrives, but from another address than the client had asked: it acknowledges the SYN, and the \
        client's kernel, which knows no connection to that address, ignores it or answers with a RST.",
    why: "\
        The forward path works, the return path does not. The two may differ: a stateful firewall that sees only one \
        direction drops what does not fit, and a router without a route back drops everything.\n\n\
        The usual reasons: asymmetric routing over two gateways or links; a host with two interfaces that answers \
        through the wrong one; a reverse path filter (rp_filter=1) on the client or on a router; a load balancer in \
        direct-server-return mode whose backends lack the address on lo; a NAT or load balancer that the answer passes \
        by, because client and server are in one network (hairpin NAT without masquerading); a VIP that two hosts claim in ARP; a missing \
        return route for the client's network, typical of VPNs and peerings; a stateless network ACL without a rule \
        for ephemeral ports.",
    is_not: "\
        Not a server that is down: it answers, in time.\n\n\
        Not `syn_unanswered`, although that is just what a capture at the client shows.\n\n\
        Not `backlog_overflow`: there the client has received the SYN-ACK, and its ACK is in the capture.",
    example: r#"// captured at the server
+0 > S 0:0(0) win 64240 <mss 1460>
+0 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+0 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+0 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+0 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+0 < S. 0:0(0) ack 1 win 65160 <mss 1460>
wait 5
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Fix the return path from {peer.ip} to {failed.ip}",
        steps: &[
            "On {peer.ip}, look up how it would answer: route, interface and source address.",
            "Capture at {failed.ip}, or at hops in between, and find the last place that still sees the answer.",
            "\
            If the answer is seen at {failed.ip} itself, that host drops it: a packet filter for incoming packets, or \
            rp_filter. A capture there shows packets before they are filtered.",
            "\
            Look for a stateful device that sees only one direction; route both directions through it, or translate \
            the source address on the way in.",
            "\
            If the answer comes from another address than the one asked, and both are in one network, masquerade what \
            goes from there through the NAT and back (hairpin NAT), or let the client ask the other address itself.",
            "\
            On hosts with several interfaces, use policy routing, and rp_filter=2 (loose) in place of 1; in IPv6 such a \
            filter is a rule of the firewall (`fib saddr` in nft, `-m rpfilter` in ip6tables).",
            "\
            In Kubernetes with externalTrafficPolicy: Local or direct server return, check that the node that answers \
            is the one that received the SYN.",
            "In AWS, network ACLs are stateless: allow the answers to ephemeral ports outbound.",
        ],
        commands: &[
            "ip route get {failed.ip} from {peer.ip}",
            "sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter",
            "nstat -az TcpExtIPReversePathFilter",
            "(nft list ruleset; ip6tables-save) | grep -n -e fib -e rpfilter",
            "tcpdump -eni any 'host {client.ip} and tcp port {server.port}'",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.conf.*.rp_filter",
            default: "0; systemd's defaults set 2",
            advice: "2 is loose; the higher of `all` and the interface's own counts",
        },
        Setting {
            program: "Kubernetes",
            name: "externalTrafficPolicy",
            default: "Cluster",
            advice: "Cluster translates the source, so that answers come back through the same node",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if let Some(reset) = case.reset().filter(|reset| probed_to_death(case.connection(), case.story(), reset)) {
        let (name, peer) = (case.name(reset.from), case.name(other(reset.from)));
        return Some(Match::likely(format!(
            "\
            The {name} gave up after keep-alive probes, although the {peer} answered them: the answers do not reach \
            the {name}."
        )));
    }
    if case.waited_for(Repeated::Data) && case.story().spurious_retransmissions[case.victim()] >= 3 {
        let (name, peer) = (case.name(case.victim()), case.name(other(case.victim())));
        return Some(Match::likely(format!(
            "The {peer} acknowledged what the {name} sent, but the {name} still sent it {} times: the answers do not \
             reach the {name}.",
            case.silence().attempts
        )));
    }
    if !case.waited_for(Repeated::Syn) {
        return None;
    }
    if let Some(other) = case.answered_instead().filter(|_| !case.half(SERVER).has(Half::SYN)) {
        return Some(Match::likely(format!(
            "{} did not answer, but {other} did, and its answer acknowledges this SYN: it bypasses an address translation, and the \
             client's kernel does not take it.",
            case.server()
        )));
    }
    if case.story().challenged && !case.story().reuses_ports {
        return Some(Match::likely(format!(
            "{} answered the SYN with an ACK of the older connection on these ports, but no RST came from the client: \
             the answer does not reach the client.",
            case.server()
        )));
    }
    // Who signs its SYN drops what is not signed.
    let refused = case.syns_met_resets() && case.refuses_a_syn();
    if refused && !case.story().signed[CLIENT] {
        return Some(Match::likely(format!(
            "{} refused each SYN, but the client retransmitted it: the RST does not reach the client.",
            case.server()
        )));
    }
    case.half(SERVER).has(Half::SYN).then(|| {
        let server = case.server();
        // The client's kernel answers so as well, if another program sends SYNs of its own making.
        if repeats_behind_a_reset(case) {
            return Match::possible(format!(
                "{server} answered the SYN, and was answered by a RST, but the client retransmitted its SYN: the \
                 SYN-ACK does not reach the client, or the SYN comes from a scanner, not from the client's kernel."
            ));
        }
        let rejected = case.story().soft_error(SERVER).map(|error| IcmpSeen::of(&error));
        let rejected =
            rejected.map_or(String::new(), |icmp| format!(": {} rejects it, {}", icmp.reporter, icmp.name()));
        Match::likely(format!(
            "\
            {server} answered the SYN, but the client retransmitted it: the SYN-ACK does not reach the \
            client{rejected}."
        ))
    })
}

/// Was the SYN-ACK answered by a RST in the client's name, and the SYN sent again after that?
fn repeats_behind_a_reset(case: &Case<'_>) -> bool {
    let mut by_client = case.story().events.iter().filter(|event| event.from == CLIENT);
    by_client.any(|event| event.what == What::Reset) && by_client.any(|event| event.what == What::Repeated)
}
