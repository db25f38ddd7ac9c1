//! `no_listener`: nothing listens on that address and port.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::kernel::Kind;

/// Signs: `R. 0:0(0) ack 1 win 0` to every SYN, within one round trip, no options, IP ID 0, the TTL of the host's
/// other packets if there are any. Certain that it was refused by a host without a listener or by a filter that
/// imitates one; likely for this cause when no TTL speaks against it.
pub static CAUSE: Cause = Cause {
    id: "no_listener",
    group: Group::LastResort,
    kinds: &[Kind::Refused],
    title: "Nothing listens on that address and port",
    seen: "\
        Every SYN gets `R. 0:0(0) ack 1 win 0` within one round trip: RST and ACK set, the SYN acknowledged, sequence \
        0, window 0, no options. The client's connect() fails with ECONNREFUSED (\"Connection refused\") at once, in \
        milliseconds, not after a timeout. The server's application sees nothing.",
    why: "\
        The packet reached a host that has the address but no socket in LISTEN for the port: __inet_lookup_skb() finds \
        none, and tcp_v4_send_reset() answers. The reply is built from the SYN alone, which is why it carries no \
        options and a window of 0.\n\n\
        The usual reasons: the service is not running, or not yet; it listens on another port; it listens on 127.0.0.1 \
        only (the default of PostgreSQL's listen_addresses and gunicorn's bind) and the client comes from outside; it \
        listens on IPv4 only and the name resolves to ::1 or an AAAA record; a container does not publish the port, or \
        a Kubernetes Service has a targetPort on which the container does not listen; the address belongs to a \
        different machine than you think.",
    is_not: "\
        Perhaps `rejected_by_policy`: a filter with `reject with tcp reset` on the same host sends exactly this \
        packet. Packets cannot show the difference; the list of listening sockets can.\n\n\
        Not a timeout and not a full queue: Linux drops a SYN when the accept queue is full, it does not refuse it.\n\n\
        Not the client's fault, as long as it uses the intended address and port.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 10 ecr 0,nop,wscale 7>
+.02 < R. 0:0(0) ack 1 win 0
"#,
    remedy: Remedy {
        owner: Owner::Server,
        title: "Start the service on {server.ip} port {server.port}, or point the client at the right address",
        steps: &[
            "Is it running? Look at the service's state and its last log lines on the host.",
            "\
            Does it listen on that address and port? `ss` must show {server.ip}, 0.0.0.0 or [::] in the local address \
            column; 127.0.0.1 is reachable only from the host itself.",
            "\
            Is it the right host, and the right port? Resolve the name as the client does, for both IPv4 and IPv6, \
            and compare with {server.ip}.",
            "\
            Is there a firewall in between? If the port listens and a connect on the host itself works while one from \
            {client.ip} is refused, a filter rejects it: see `tcpwhy explain rejected_by_policy`.",
            "\
            In containers, check the published port (docker ps), the Service's targetPort and its endpoints (no \
            endpoints means no ready pod).",
            "\
            In the client, retry the connect with exponential backoff, full jitter, a cap and a limit, and only for \
            the exception that means refused (ConnectionRefusedError, ECONNREFUSED), not for its base class: OSError \
            would also hide a wrong name or a full disk.",
        ],
        commands: &[
            "ss -ltnp 'sport = :{server.port}'",
            "systemctl list-units --type=service --state=failed,activating",
            "nc -vz {server.ip} {server.port}",
            "nft list ruleset",
            "kubectl get endpointslices --all-namespaces | grep {server.ip}",
        ],
    },
    settings: &[
        Setting {
            program: "PostgreSQL",
            name: "listen_addresses",
            default: "localhost",
            advice: "'*' or the address; also needs a line in pg_hba.conf",
        },
        Setting { program: "PostgreSQL", name: "port", default: "5432", advice: "" },
        Setting {
            program: "MySQL",
            name: "bind_address",
            default: "*",
            advice: "distributions often set 127.0.0.1; skip_networking turns TCP off",
        },
        Setting { program: "gunicorn", name: "bind", default: "127.0.0.1:8000", advice: "0.0.0.0:8000 in a container" },
        Setting {
            program: "Node",
            name: "server.listen(port, host)",
            default: "all addresses",
            advice: "'localhost' may be ::1 only: name the address",
        },
        Setting {
            program: "Kubernetes",
            name: "Service targetPort",
            default: "same as port",
            advice: "must be the port on which the container listens",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    case.refused_by_rst().then(|| {
        Match::likely(format!(
            "{} refused the connection with a RST: most likely nothing listens {}.",
            case.server(),
            case.there()
        ))
    })
}
