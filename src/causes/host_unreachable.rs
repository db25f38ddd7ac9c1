//! `host_unreachable`: A router could not deliver to the host.

use super::clues::reported_unreachable;
use super::{Cause, Group, Match, Owner, Remedy};
use crate::diagnose::{Case, Meaning};
use crate::track::kernel::Kind;

/// Signs: ICMP 3/1, 3/12 or 11/0 (IPv6 1/2, 1/3, 3/0) from a router, quoting the client's SYN. EHOSTUNREACH is
/// certain, the cause likely: a filter can answer so, too. The ICMP source names the router. 3/7 (EHOSTDOWN) says the
/// same in other words. From the client's own address after three seconds: its own kernel found no neighbour.
pub static CAUSE: Cause = Cause {
    id: "host_unreachable",
    group: Group::Failure,
    kinds: &[Kind::Unreachable],
    title: "A router could not deliver to the host",
    seen: "\
        The SYN is answered by an ICMP error \"host unreachable\" (3/1; in IPv6 \"address unreachable\", 1/3), or \
        \"time exceeded\" (11/0). It quotes the SYN, and its source address names the router that gave up. If the \
        server's address is translated (a Kubernetes Service), NAT puts the server's address there instead. connect() \
        fails with EHOSTUNREACH, \"No route to host\".\n\n\
        Often it comes three seconds after the SYN, once the last router's ARP requests have timed out.",
    why: "\
        The packet reached the last network, but nobody there answered ARP or neighbour discovery for the address. The \
        router then sends an ICMP error, which tcp_v4_err() turns into EHOSTUNREACH (icmp_err_convert[]); in SYN_SENT \
        it is fatal at once.\n\n\
        If the target is in the client's own subnet, the client's kernel does the same itself: neither the SYN nor an \
        ICMP error is on the wire. A capture on the client with `-i any` shows the error on `lo`, from the client's \
        own address.\n\n\
        The usual reasons: the host is off or its interface is down; the address is no longer assigned (a deleted \
        instance or pod, a stale DNS record); a wrong netmask or VLAN; a routing loop (time exceeded).",
    is_not: "\
        Not a missing route on the client, whatever the text says: that would be ENETUNREACH before any packet.\n\n\
        Not a firewall, as a rule: its codes are 9, 10 and 13 (`rejected_by_policy`). But a rule can answer with 3/1 too; \
        suspect one if the host answers others at the same time, or if the error comes at once instead of after three \
        seconds.\n\n\
        Not a stopped service.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+1.06 < icmp 3/1 from 10.0.0.254 S 0:0(0)
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Bring the host back, correct the address, or break the routing loop",
        steps: &[
            "\
            Is {peer.ip} the right and current address? Resolve the name again; look for instances or pods that \
            were replaced.",
            "\
            On the router that sent the ICMP error, look up {peer.ip} in the neighbour table: FAILED or INCOMPLETE \
            means that nobody answered.",
            "See whether the host is up and its interface has the address, with the right prefix length and VLAN.",
            "For \"time exceeded\", the host may be well: trace the route and look for the loop.",
            "\
            If the host is up and answers others, look on the device that sent the ICMP error for a rule that rejects with \
            it (iptables --reject-with icmp-host-unreachable, nft reject).",
            "In the client, try the next address of the name; retry later with backoff.",
        ],
        commands: &[
            "ip route get {peer.ip}",
            "ip neigh show {peer.ip}",
            "tracepath -n {peer.ip}",
            "ping -c 3 {peer.ip}",
            "nft list ruleset",
        ],
    },
    settings: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    reported_unreachable(case, Meaning::HostUnreachable)
}
