//! `host_unreachable`: A router could not deliver to the host.

use super::clues::reported_unreachable;
use super::{Cause, Group, Match, Owner, Remedy};
use crate::diagnose::{Case, Meaning};
use crate::track::kernel::Kind;

/// Signs: ICMP 3/1, 3/12 or 11/0 (IPv6 1/2, 1/3, 3/0) from a router, quoting the client's SYN. Certain for EHOSTUNREACH
/// if it comes within a second of the SYN, likely later; the ICMP source names the router. 3/7 (EHOSTDOWN) says the
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
        Not a firewall, unless the code is 9, 10 or 13 (`rejected_by_policy`). Some devices use 3/1 for that too; \
        suspect one if the host answers others at the same time.\n\n\
        Not a stopped service.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+1 > S 0:0(0) win 64240 <mss 1460>
+1.06 < icmp 3/1 from 10.0.0.254 S 0:0(0)
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Bring the host back, or correct the address",
        steps: &[
            "\
            Is {peer.ip} the right and current address? Resolve the name again; look for instances or pods that \
            were replaced.",
            "\
            On the router that sent the ICMP error, look up {peer.ip} in the neighbour table: FAILED or INCOMPLETE \
            means that nobody answered.",
            "See whether the host is up and its interface has the address, with the right prefix length and VLAN.",
            "For \"time exceeded\", trace the route and look for the loop.",
            "In the client, try the next address of the name; retry later with backoff.",
        ],
        commands: &[
            "ip route get {peer.ip}",
            "ip neigh show {peer.ip}",
            "tracepath -n {peer.ip}",
            "ping -c 3 {peer.ip}",
        ],
    },
    settings: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    reported_unreachable(case, Meaning::HostUnreachable)
}
