//! `service_stopped`: the service was there before and is not listening now.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::Service;
use crate::track::kernel::Kind;

/// Signs: A reply-RST to a SYN (`R. 0:0(0) ack 1 win 0`), and the same address and port completed a handshake
/// earlier in the capture. Likely; possible where it answers others at once; certain only that nothing listened. A
/// refused burst that ends with a SYN-ACK is a restart: say for how long.
pub static CAUSE: Cause = Cause {
    id: "service_stopped",
    group: Group::Failure,
    kinds: &[Kind::Refused],
    title: "The service listened earlier but no longer does",
    seen: "\
        The SYN is answered at once by `R. 0:0(0) ack 1 win 0`. Earlier in the same capture this address and port \
        completed handshakes, so the address, the port, the route and the firewall were right: what is gone is the \
        listening socket.\n\n\
        A restart shows as a burst of refused attempts with a beginning and an end. The report gives both times, \
        and the gap is how long nobody could connect.",
    why: "\
        With no socket in LISTEN for the port, tcp_v4_send_reset() answers the SYN. connect() then fails with \
        ECONNREFUSED within one round trip.\n\n\
        The usual reasons: a deploy or restart in which the old process closed its listener before the new one opened \
        its own; a crash (out of memory, panic, failed health check) with a supervisor that waits before it restarts \
        the service; a pod or instance that the load balancer still lists while it shuts down; a new configuration \
        that moved the service to another port or address.",
    is_not: "\
        Not `no_listener`: there nothing is known to have listened on the port in this capture, so a wrong port or \
        address is as likely as a stopped service.\n\n\
        If others are answered between the refusals, the service is not gone: one of several hosts behind the address \
        does not listen (a pod or backend that is not ready), or a filter refuses some clients. If only new connections \
        are refused and older ones served, the service may drain before it stops, or a filter on the host limits their \
        number: packets cannot tell these apart.\n\n\
        Not overload: Linux drops SYNs when the accept queue is full (`backlog_overflow`). A Windows server refuses \
        them, however.\n\n\
        Not the network: something answered for the host within one round trip.",
    example: r#"// the port answers one connection ...
+0 > S 0:0(0) win 64240 <mss 1460>
+.01 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.01 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+.01 < F. 201:201(0) ack 101 win 65060
+0 > F. 101:101(0) ack 202 win 64039
+.01 < . 202:202(0) ack 102 win 65059
// ... and refuses the next, five seconds later
+5 [2] > S 0:0(0) win 64240 <mss 1460>
+.01 [2] < R. 0:0(0) ack 1 win 0
"#,
    remedy: Remedy {
        owner: Owner::Server,
        title: "Find out why the service stopped listening, and close the gap between old and new",
        steps: &[
            "\
            On the host, check whether anything listens on port {server.port} now, and which process it is. If the old \
            one still does, and still serves older connections, a filter refuses new ones: a rule that was added, or a \
            limit of connections (connlimit, `ct count`); see `tcpwhy explain rejected_by_policy`.",
            "\
            Find out when and why the service last stopped (its journal, the kernel's out-of-memory messages, the \
            deploy log), and compare with the time of the first refused attempt.",
            "\
            If others are answered in between, check each host behind the address: a load balancer without a health \
            check, or a pod without a readinessProbe, sends clients to one that does not listen.",
            "\
            If this happens at every deploy, take the instance out of the load balancer first, let it drain, and \
            only then stop it: in Kubernetes a readinessProbe and a preStop hook that sleeps longer than endpoints \
            take to propagate, with terminationGracePeriodSeconds above the sum.",
            "\
            To restart without a gap, hand the listening socket over instead of closing it: systemd socket units, \
            nginx -s reload, HAProxy in master-worker mode, gunicorn with SIGHUP or SIGUSR2.",
            "\
            In the client, retry the connect with exponential backoff, full jitter, a cap and a limit, and only for \
            the exception that means refused (ConnectionRefusedError, ECONNREFUSED), not for its base class: OSError \
            would also hide a wrong name or a full disk.",
        ],
        commands: &[
            "ss -ltnp 'sport = :{server.port}'",
            "systemctl list-units --type=service --state=failed,activating",
            "journalctl --since '-1 hour' -p warning",
            "nc -vz {server.ip} {server.port}",
            "nft list ruleset",
        ],
    },
    settings: &[
        Setting {
            program: "Kubernetes",
            name: "terminationGracePeriodSeconds",
            default: "30",
            advice: "must cover the preStop hook plus the longest request",
        },
        Setting {
            program: "Kubernetes",
            name: "lifecycle.preStop",
            default: "none",
            advice: "a sleep of a few seconds keeps the old pod answering while it leaves the endpoints",
        },
        Setting {
            program: "gunicorn",
            name: "graceful_timeout",
            default: "30 s",
            advice: "time that a worker gets to finish its requests at a restart",
        },
        Setting {
            program: "HAProxy",
            name: "option redispatch, retries",
            default: "retries 3",
            advice: "lets another server take an attempt that this one refused",
        },
        Setting {
            program: "nginx",
            name: "proxy_next_upstream",
            default: "error timeout",
            advice: "a refused connect counts as error: the next server of the upstream is tried",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let was_there = |service: &Service| service.answered_first < case.connection().start;
    let service = case.service().filter(|service| case.refused_by_rst() && was_there(service))?;
    let server = case.server();
    // It is none that starts again, as a rule, if it serves others before the verdict.
    if service.answered > case.decisive() {
        return Some(Match::possible(format!(
            "{server} refused the connection, but answered others right afterwards: one of several hosts behind the \
             address does not listen, it was just restarting, or a filter refuses this client."
        )));
    }
    let ago = duration(case.decisive().since(service.answered_first));
    Some(Match::likely(format!(
        "{server} refused the connection, though it answered {ago} earlier: most likely nothing listens {} any more.",
        case.there()
    )))
}
