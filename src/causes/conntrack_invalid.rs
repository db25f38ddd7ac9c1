//! `conntrack_invalid`: connection tracking called a packet INVALID and broke the NAT.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::kernel::Kind;

/// Signs: A bare reply-RST (`R`, win 0, seq equal to the ack of a segment just received) from an end that has a
/// live socket, which it proves by sending or acknowledging on the same connection afterwards; just before it a
/// very late duplicate, a sequence jump or an ACK far outside. Likely. With the un-NATed address visible on the
/// client's node (the same ports and sequence numbers under another address): likely too, and both legs are one
/// connection.
pub static CAUSE: Cause = Cause {
    id: "conntrack_invalid",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "Connection tracking called a packet INVALID and broke the NAT",
    seen: "\
        In the middle of a healthy transfer, one end sends a bare `R` with window 0, as a host without such a \
        connection does. Yet that end has a live socket: it keeps sending, and now the other end has none and answers \
        with a RST of its own.\n\n\
        A capture on the client's node shows why: a packet from the server arrived with the server's real address (the \
        pod's), not the Service address that the client connected to.",
    why: "\
        NAT in Linux is done per connection by conntrack. A packet that it judges INVALID (its sequence outside the \
        window that conntrack has tracked, often a very late retransmission) is not part of any entry, so it is passed \
        on without translation. The client's kernel gets a segment from an address it never connected to, finds no \
        socket, and tcp_v4_send_reset() answers. That RST reaches the server with valid numbers and kills the \
        connection.\n\n\
        It takes load: packet loss and reordering, packets that conntrack misses, large windows and fast links. That \
        is why it is rare, random and worse in bulk transfers. See Kubernetes issue 74839.",
    is_not: "\
        Not the application on either side: both had live sockets.\n\n\
        Not `forged_reset`: no device forged the RST; the client's own kernel sent it, with the right TTL.\n\n\
        Not `peer_forgot_connection`: that host really has no socket and says nothing afterwards.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.001 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.001 < . 1:1(0) ack 101 win 65060
+.002 < P. 1:1449(1448) ack 101 win 65060
+.001 > . 101:101(0) ack 1449 win 62792
// a very late copy; conntrack does not translate it
+.3 < P. 1:1449(1448) ack 101 win 65060
// the client's host knows no connection with the server's real address
+.001 > R 101:101(0) win 0
// but the client's socket lives and goes on
+.05 > P. 101:201(100) ack 1449 win 62792
+.001 < R 1449:1449(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Set conntrack to liberal, or drop packets in state INVALID, on the nodes that do the NAT",
        steps: &[
            "On the nodes that do the NAT, check whether conntrack's `invalid` counter rises with the failures.",
            "\
            Set net.netfilter.nf_conntrack_tcp_be_liberal=1 there: conntrack then calls only out-of-window RSTs \
            invalid. kube-proxy can do it (--conntrack-tcp-be-liberal, or conntrack.tcpBeLiberal in its \
            configuration).",
            "\
            Or drop packets in state INVALID before they are forwarded, as kube-proxy's iptables mode does. Do not do \
            this where routing is asymmetric: half of the traffic is INVALID there.",
            "Never REJECT packets in state INVALID: that sends RSTs into healthy connections.",
            "Update old kernels: 6.1 fixed how conntrack follows sequence numbers.",
        ],
        commands: &[
            "conntrack -S",
            "sysctl net.netfilter.nf_conntrack_tcp_be_liberal",
            "tcpdump -ni any 'tcp port {server.port} and (tcp[tcpflags] & tcp-rst != 0 or ip6[53] & 4 != 0)'",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.netfilter.nf_conntrack_tcp_be_liberal",
            default: "0",
            advice: "1 on NAT nodes",
        },
        Setting {
            program: "kube-proxy",
            name: "--conntrack-tcp-be-liberal",
            default: "false",
            advice: "true; conntrack.tcpBeLiberal in the configuration file",
        },
        Setting {
            program: "iptables",
            name: "-m conntrack --ctstate INVALID -j DROP",
            default: "",
            advice: "only on symmetric paths",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let text = "The client's host answered a late packet of its own connection with a RST, as it does when conntrack \
                calls the packet INVALID and leaves its address untranslated.";
    case.answers_a_late_copy().then(|| Match::likely(text.to_string()))
}
