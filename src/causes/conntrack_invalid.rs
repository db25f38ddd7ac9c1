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
        In the middle of a healthy transfer one end sends a bare `R` with window 0, the answer of a host that has \
        no such connection. Yet the same end has a live socket: it goes on with its data, and now the other side \
        has none and answers with a RST of its own.\n\n\
        On the client's node you see the reason: a packet of the server arrived with the server's real address \
        (the pod's), not the Service address that the client had connected to.",
    why: "\
        NAT in Linux is done per connection by conntrack. A packet that it judges INVALID (its sequence outside \
        the window that conntrack has tracked, often a very late retransmission) is not part of any entry, so it \
        is passed on without translation. The client's kernel gets a segment from an address that it never talked \
        to, finds no socket, and tcp_v4_send_reset() answers. That RST reaches the server with valid numbers and \
        kills the connection.\n\n\
        It needs load: packet loss and reordering, a conntrack that misses packets, hosts with large windows and \
        fast links. That is why it is rare, random and worse in bulk transfers. Known since Kubernetes issue \
        74839.",
    is_not: "\
        Not the application on either side: both had live sockets.\n\n\
        Not `forged_reset`: no device invented the RST, the client's own kernel sent it, and it has the right TTL.\n\n\
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
        title: "Make conntrack liberal, or drop what it calls INVALID, on the nodes that translate",
        steps: &[
            "On the nodes that do the NAT, watch the counter `invalid` of conntrack rise with the failures.",
            "\
            Set net.netfilter.nf_conntrack_tcp_be_liberal=1 there: conntrack then calls only out-of-window RSTs \
            invalid. kube-proxy can do it (--conntrack-tcp-be-liberal, or conntrack.tcpBeLiberal in its \
            configuration).",
            "\
            Or drop packets in state INVALID before they are forwarded, as kube-proxy's iptables mode does. Do not \
            do this where traffic takes different ways in and out: half of it is INVALID by nature.",
            "Never REJECT packets in state INVALID: that sends RSTs into healthy connections.",
            "Update old kernels: 6.1 brought a repair of how conntrack follows sequence numbers.",
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
    let text = "The client's host answered a late packet of its own connection with a RST, as it does when connection \
                tracking takes the packet for invalid and leaves its address untranslated.";
    case.answers_a_late_copy().then(|| Match::likely(text.to_string()))
}
