//! `rejected_by_policy`: A firewall or policy rejects the connection.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, Meaning};
use crate::track::By;
use crate::track::kernel::Kind;

/// Signs: ICMP 3/9, 3/10, 3/13 (IPv6 1/1, 1/5) that quotes the SYN: certain. ICMP 3/3 (1/4) to a TCP SYN: a
/// firewall's REJECT, as a Linux host itself answers with a RST: certain that it was rejected, likely policy. RST
/// to a SYN whose TTL differs from the host's own packets to the same peer, or while the same port completes
/// handshakes for others: likely.
pub static CAUSE: Cause = Cause {
    id: "rejected_by_policy",
    group: Group::Failure,
    kinds: &[Kind::Refused, Kind::Unreachable],
    title: "A firewall or policy rejects the connection",
    seen: "\
        The SYN is answered by an ICMP error that quotes it: \"communication administratively prohibited\" (3/13), \
        \"host\" or \"network administratively prohibited\" (3/10, 3/9), or \"port unreachable\" (3/3), the default \
        answer of REJECT in iptables and nftables. The ICMP packet's source address names the device that rejected it. \
        If that is the client itself, the rule is in the client's OUTPUT chain: the SYN never left the client, and \
        only a capture on all interfaces (`-i any`) shows the error, on `lo`.\n\n\
        Or it is answered by a RST that is not the host's own: its TTL differs from what that host's other packets \
        carry, or the port serves other clients at the same time.",
    why: "\
        A packet filter is configured to reject, not to drop. The rule chooses the answer: `reject with tcp reset` \
        makes the client's connect() fail with ECONNREFUSED, exactly as a closed port would; ICMP 3/1, 3/10 and 3/13 \
        become EHOSTUNREACH (\"No route to host\"), 3/0 and 3/9 ENETUNREACH, 3/3 ECONNREFUSED, by the table \
        icmp_err_convert[] that tcp_v4_err() reads. In IPv6, administratively prohibited is EACCES (\"Permission \
        denied\").\n\n\
        These errors are fatal only while connecting. On an open connection the kernel only remembers them and keeps \
        retransmitting; if the peer stays silent, the remembered errno replaces ETIMEDOUT.",
    is_not: "\
        Not a routing problem, although EHOSTUNREACH reads \"No route to host\": a router without a route says 3/0 or \
        3/1 (`net_unreachable`, `host_unreachable`).\n\n\
        Not a stopped service, unless the answer is a RST. A REJECT on the host itself and a closed port produce the \
        same packet with the same TTL; then only the list of listening sockets can tell. If the port listens and \
        connections are still refused, it is a filter.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.004 < icmp 3/13 from 10.0.0.254 S 0:0(0)
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Allow traffic from {client.ip} to {server.ip} port {server.port} where it is rejected",
        steps: &[
            "\
            Take the device from the report: for ICMP, its source address; for a RST, the hop count shown by its TTL.",
            "\
            On the server, see whether the port listens. If it does and clients still get refused, a filter in \
            front of it answers.",
            "\
            Search the rules of that device for REJECT and for {server.port}; on Linux, watch the rule's packet \
            counter rise while you connect.",
            "\
            In Kubernetes, list the NetworkPolicies of the server's namespace: once one selects a pod, everything that \
            no policy allows is blocked. Most network plugins drop, some reject.",
            "\
            Allow the flow there. Do not change REJECT to DROP to silence the error: a client that is refused \
            fails in milliseconds, one that is dropped hangs for two minutes.",
            "Until then the client should fail at once and say so. Retrying does not help against a rule.",
        ],
        commands: &[
            "ss -ltnp 'sport = :{server.port}'",
            "nft list ruleset | grep -n -e reject -e '{server.port}'",
            "(iptables-save -c; ip6tables-save -c) | grep -w -e REJECT -e '{server.port}'",
            "firewall-cmd --list-all",
            "kubectl get networkpolicy --all-namespaces",
            "traceroute -n -T -p {server.port} {server.ip}",
        ],
    },
    settings: &[
        Setting {
            program: "iptables",
            name: "-j REJECT --reject-with",
            default: "icmp-port-unreachable",
            advice: "a TCP client sees ECONNREFUSED; tcp-reset gives the same errno without ICMP",
        },
        Setting {
            program: "nftables",
            name: "reject with",
            default: "icmp port-unreachable",
            advice: "`tcp reset` is the better answer for TCP, also through NAT",
        },
        Setting {
            program: "Kubernetes",
            name: "NetworkPolicy",
            default: "all allowed until a policy selects the pod",
            advice: "allow the client's namespace and pod labels, and the pod's port, not the Service's",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let server = case.server();
    if let Some((ttl, usual)) = case.foreign_refusal().filter(|_| case.refusal_is_not_the_servers()) {
        // Just before it is who forwards ports of its own address, to a container or another host: it refuses all others.
        let (found, forwards): (fn(String) -> Match, _) = match ttl.checked_sub(usual) {
            Some(1 | 2) => (Match::possible, ", or the host that forwards its ports does"),
            Some(_) | None => (Match::likely, ""),
        };
        return Some(found(format!(
            "A RST with TTL {ttl} refused the connection to {server}, whose own packets have TTL {usual}: something in \
             between rejects it{forwards}."
        )));
    }
    if case.refusal_is_not_the_servers() {
        return Some(Match::likely(format!(
            "A RST refused the connection to {server}, but the server itself accepted it: something in between rejects \
             it."
        )));
    }
    let icmp = case.icmp()?;
    let own = if case.is_of_its_own_host(&icmp) { "'s own host" } else { "" };
    let (reporter, name) = (format!("{}{own}", icmp.reporter), icmp.name());
    let text = if case.by() == Some(By::Silence) {
        format!("{reporter} rejects what the {} sends: {name}.", case.name(case.victim()))
    } else {
        format!("{reporter} rejected the connection to {server}: {name}.")
    };
    match icmp.meaning() {
        Meaning::Prohibited if case.by() == Some(By::Icmp) => Some(Match::certain(text)),
        Meaning::Prohibited | Meaning::PortUnreachable | Meaning::ProtocolUnreachable => Some(Match::likely(text)),
        Meaning::HostUnreachable | Meaning::NetUnreachable | Meaning::Other => None,
    }
}
