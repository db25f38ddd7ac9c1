//! `syn_unanswered`: nothing answers the SYN.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::kernel::Kind;
use crate::track::{Half, Repeated, SERVER};

/// Signs: SYNs at 0, 1, 2, 3, 4, 5, 7, 11 s (four linear steps since Linux 6.5, then doubling; before that 1, 3, 7,
/// 15 s), no SYN-ACK, no RST that acknowledges them, no ICMP. Certain that nothing answered at the place of capture; why is open. The
/// fallback of its kind for connects.
pub static CAUSE: Cause = Cause {
    id: "syn_unanswered",
    group: Group::LastResort,
    kinds: &[Kind::TimedOut],
    title: "Nothing answers the SYN",
    seen: "\
        The client retransmits its SYN again and again and nothing comes back: no SYN-ACK, no RST, no ICMP. Since \
        Linux 6.5 the first retransmissions are one second apart, then the pause doubles; older kernels double from \
        the start (1, 3, 7, 15 s).\n\n\
        RSTs that do not acknowledge the SYN are not answers: connect() ignores them (RFC 9293, section 3.10.7.3).",
    why: "\
        Something drops the packets silently, or there is no host. connect() keeps trying for net.ipv4.tcp_syn_retries \
        (6, a bit over two minutes), then fails with ETIMEDOUT. Most clients have a shorter connect timeout of their \
        own, and report that in place of the errno.\n\n\
        The usual reasons: a firewall, security group or network ACL that drops; a wrong or stale address, for example \
        of a pod or instance that is gone; a host that is down, behind a router that does not say so; no route back \
        from the server, in a capture at the client only; a SNAT pool or conntrack table that is full (then only new \
        connections fail, in waves); an accept queue that is full (then others get in).\n\n\
        RSTs without ACK come from a relay that speaks for the server, such as passt and pasta of 2023 (the network of \
        a rootless container): its own connection to the server failed, for whatever reason. A capture behind the \
        relay shows what that met.",
    is_not: "\
        Not a stopped service: a host without a listener says RST at once.\n\n\
        Not DNS: the name was resolved, or there would be no SYN.\n\n\
        Not necessarily the way there: the answer may be lost on the way back. Only a capture at the server tells \
        (`return_path_lost`).",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 10 ecr 0,nop,wscale 7>
+1 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1010 ecr 0,nop,wscale 7>
+1 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 2010 ecr 0,nop,wscale 7>
+1 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 3010 ecr 0,nop,wscale 7>
+1 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 4010 ecr 0,nop,wscale 7>
wait 3
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Find where the SYNs to {server.ip} port {server.port} are dropped",
        steps: &[
            "Is the address right and current? Resolve the name again and compare with {server.ip}.",
            "\
            Capture on the server. If the SYNs arrive, suspect the return path or the host's own filter; if not, the \
            forward path.",
            "\
            Check every filter in between (security groups, network ACLs, host firewall, NetworkPolicy) for \
            {client.ip} to port {server.port}.",
            "\
            Check whether every client and port fails, or only some. All ports: host or route. One port: a filter. \
            Some clients, in waves: a full conntrack table, or no free SNAT ports.",
            "\
            Set a connect timeout of a few seconds in the client and try the next address; waiting two minutes helps \
            nobody.",
            "\
            Retry with exponential backoff and jitter: a SYN that was dropped has had no effect, so it is always \
            safe.",
        ],
        commands: &[
            "tcpdump -ni any 'host {client.ip} and tcp port {server.port}'",
            "traceroute -n -T -p {server.port} {server.ip}",
            "nft list ruleset",
            "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
            "dmesg | grep 'nf_conntrack: table full'",
        ],
    },
    settings: &[
        Setting { program: "sysctl", name: "net.ipv4.tcp_syn_retries", default: "6", advice: "a bit over two minutes" },
        Setting { program: "sysctl", name: "net.ipv4.tcp_syn_linear_timeouts", default: "4", advice: "since 6.5" },
        Setting {
            program: "nginx",
            name: "proxy_connect_timeout",
            default: "60s",
            advice: "5s or less inside a data centre",
        },
        Setting { program: "HAProxy", name: "timeout connect", default: "none", advice: "state sC in the log" },
        Setting {
            program: "Python",
            name: "requests timeout=(3.05, 27)",
            default: "none",
            advice: "the first is for connect",
        },
        Setting {
            program: "Go",
            name: "net.Dialer.Timeout",
            default: "30 s in http.DefaultTransport, else none",
            advice: "",
        },
        Setting { program: "Java", name: "HttpClient.Builder.connectTimeout", default: "none", advice: "" },
        Setting {
            program: "libpq",
            name: "connect_timeout",
            default: "wait forever",
            advice: "seconds; in each connection string",
        },
        Setting { program: "curl", name: "--connect-timeout", default: "300 s", advice: "" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if !case.waited_for(Repeated::Syn) || case.half(SERVER).has(Half::SYN) {
        return None;
    }
    let server = case.server();
    if case.story().reuses_ports {
        return Some(Match::possible(format!(
            "{server} answered the client's SYNs with an ACK of an older connection on these ports, and the client's \
             RSTs did not end that one: they do not reach {server}, or it ignores them in TIME_WAIT (RFC 1337; lwIP \
             does)."
        )));
    }
    if case.syns_met_resets() && !case.refuses_a_syn() {
        return Some(Match::possible(format!(
            "{server} answered the client's SYNs with RSTs that do not acknowledge them, which connect() ignores: a \
             relay that could not connect does this. Capture behind it."
        )));
    }
    let (times, span) = (case.silence().attempts, case.silence());
    let seconds = duration(span.last.time.since(span.first.time));
    Some(Match::likely(format!("{server} did not answer {times} SYNs in {seconds}.")))
}
