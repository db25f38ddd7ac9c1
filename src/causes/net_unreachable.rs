//! `net_unreachable`: A router has no route to that network.

use super::clues::reported_unreachable;
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, Meaning};
use crate::track::kernel::Kind;

/// Signs: ICMP 3/0 (also 3/6, 3/11; IPv6 1/0) from a router, quoting the client's SYN. ENETUNREACH is
/// certain, the cause likely: a filter can answer so, too. The ICMP source names the router.
pub static CAUSE: Cause = Cause {
    id: "net_unreachable",
    group: Group::Failure,
    kinds: &[Kind::Unreachable],
    title: "A router has no route to that network",
    seen: "\
        The SYN is answered by ICMP \"network unreachable\" (3/0; in IPv6 \"no route to destination\", 1/0), sent \
        by a router on the way. connect() fails with ENETUNREACH, \"Network is unreachable\".",
    why: "\
        That router has no route to the destination, not even a default. tcp_v4_err() turns the ICMP error into \
        ENETUNREACH, which in SYN_SENT is fatal at once.\n\n\
        If the client itself has no route, connect() fails with the same errno and no packet is sent; a capture cannot \
        show that.\n\n\
        The usual reasons: a VPN or peering that is down or lacks the prefix; a route that was withdrawn; a typo in \
        the address; IPv6 that is configured on the host but leads nowhere, so that the first address of a name always \
        fails.",
    is_not: "\
        Not the host: the packets never got near it.\n\n\
        Not a firewall, as a rule: 3/9, 3/10 and 3/13 say so (`rejected_by_policy`). But a rule can answer with 3/0 too \
        (`reject with icmpx no-route` in nft); suspect one if that router has a route.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.01 < icmp 3/0 from 10.0.0.254 S 0:0(0)
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Give the router that sent the error a route to {peer.ip}",
        steps: &[
            "Take the router from the report (the ICMP source) and look up its route to {peer.ip}.",
            "\
            Check the tunnels, VPNs and peerings that should carry this prefix, and which routes were withdrawn at \
            that time.",
            "If it has a route, look there for a rule that rejects with this error: see `tcpwhy explain rejected_by_policy`.",
            "\
            Check which address family fails. If IPv6 leads nowhere, fix it, or remove the AAAA record or the host's \
            IPv6 address.",
            "In the client, try the name's next address (Happy Eyeballs does it) before failing.",
        ],
        commands: &["ip route get {peer.ip}", "ip -6 route show default", "tracepath -n {peer.ip}"],
    },
    settings: &[
        Setting {
            program: "Java",
            name: "java.net.preferIPv4Stack",
            default: "false",
            advice: "a last resort against broken IPv6",
        },
        Setting {
            program: "Node",
            name: "net.setDefaultAutoSelectFamily",
            default: "true since 20",
            advice: "tries IPv6 and IPv4 in turn",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    reported_unreachable(case, Meaning::NetUnreachable)
}
