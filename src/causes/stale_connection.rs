//! `stale_connection`: the client reused a connection that had long been closed.

use super::clues::timer_hint;
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::time::SECOND;
use crate::track::kernel::Kind;
use crate::track::other;

/// Signs: The server's FIN arrived and was acknowledged by the client's kernel; well over a round trip later (0.2 s
/// and more) the client sends on that connection; reply-RST (`R`, seq equal to the segment's ack). Certain that the
/// connection was closed before the write; likely for reuse from a pool when an exchange had finished before. Say
/// how long the FIN was known.
pub static CAUSE: Cause = Cause {
    id: "stale_connection",
    group: Group::Failure,
    kinds: &[Kind::BrokenPipe],
    title: "The client reused a connection that had long been closed",
    seen: "\
        The server closed the connection with a FIN, and the client's kernel acknowledged it: from then on every read \
        would have returned end of file. Seconds or minutes later the client sends a request on this connection. The \
        server has no socket any more and answers with a bare RST.\n\n\
        The gap between FIN and request is in the report. It is too long for a race.",
    why: "\
        An idle connection sat in a pool, and nothing read the end of file that was waiting on it. In this state \
        (CLOSE_WAIT) the kernel still takes a write: send() succeeds, since a peer that closed its sending side may \
        still read. Only the RST that comes back shows otherwise, and as a FIN had come before, tcp_reset() sets \
        EPIPE: the next write fails with \"Broken pipe\", a read returns 0, end of file.\n\n\
        The usual reasons: a pool that hands out connections without a test, such as many database pools and HTTP \
        clients in languages without a background reader; a worker that was blocked or suspended (a sleeping laptop, a \
        frozen serverless function) when the FIN arrived; a forked child that inherited an old connection.",
    is_not: "\
        Not `keepalive_race`: the FIN did not cross the request; it had arrived long before.\n\n\
        Not the server's fault: it may close idle connections, and it did so cleanly.\n\n\
        Not lost work: no application read this request. It is safe to retry.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
// the server closes after five idle seconds; only the client's kernel notices
+5 < F. 201:201(0) ack 101 win 65060
+.04 > . 101:101(0) ack 202 win 64039
// half a minute later the pool hands the connection out
+30 > P. 101:201(100) ack 202 win 64039
+.02 < R 202:202(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Test pooled connections before use, and retire them before the server does",
        steps: &[
            "Count the sockets in this state now: those in CLOSE-WAIT to {server.ip}.",
            "\
            Let the pool check a connection before handing it out: readable while idle means closed. Most pools have \
            an option for this.",
            "Set the pool's idle limit below the server's, so that the client closes first.",
            "Retry the request at once on a new connection; it was not delivered.",
            "After fork() or a resume from sleep, start with an empty pool.",
        ],
        commands: &["ss -tanp state close-wait 'dst {server.ip}'"],
    },
    settings: &[
        Setting {
            program: "Apache HttpClient 5",
            name: "setValidateAfterInactivity",
            default: "",
            advice: "checks connections that were idle for longer; see also evictIdleConnections",
        },
        Setting { program: "SQLAlchemy", name: "pool_pre_ping", default: "False", advice: "True" },
        Setting {
            program: "HikariCP",
            name: "maxLifetime, idleTimeout",
            default: "30 min, 10 min",
            advice: "below the server's wait_timeout",
        },
        Setting {
            program: "MySQL",
            name: "wait_timeout",
            default: "28800 s",
            advice: "the server's FIN comes after this",
        },
        Setting {
            program: "PostgreSQL",
            name: "idle_session_timeout, idle_in_transaction_session_timeout",
            default: "0: off",
            advice: "the first since version 14",
        },
        Setting {
            program: "memcached",
            name: "-o idle_timeout",
            default: "0: off",
            advice: "the server's FIN comes after this",
        },
        Setting { program: "Redis", name: "timeout", default: "0: off", advice: "the server's FIN comes after this" },
        Setting {
            program: "MQTT brokers",
            name: "the keep-alive time in the client's CONNECT",
            default: "60 s in many clients",
            advice: "the broker closes after 1.5 times that without a packet: keep the client's loop running, which \
                     sends pings",
        },
        Setting {
            program: "HAProxy, nginx",
            name: "timeout tunnel, proxy_read_timeout",
            default: "none, 60s",
            advice: "they close an idle WebSocket: send pings more often",
        },
        Setting {
            program: "Go",
            name: "http.Transport",
            default: "",
            advice: "reads in the background and drops closed connections itself",
        },
        Setting {
            program: "Python",
            name: "urllib3",
            default: "",
            advice: "checks for a closed connection when it takes one from the pool",
        },
        Setting {
            program: "Java",
            name: "jdk.httpclient.keepalive.timeout",
            default: "30 s (1200 s before JDK 20)",
            advice: "idle limit of java.net.http.HttpClient",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let victim = case.victim();
    let fin = case.story().fin[other(victim)]?;
    let written = case.story().data_after_fin_at[victim]?;
    let later = written.time.since(fin.time);
    // Who still read after its FIN had only ended its sending.
    let open = case.story().read_after_fin[other(victim)];
    // Who has had an answer before asks again; else its client may be a slow writer.
    let long = later >= if case.answers() >= 1 { SECOND / 2 } else { SECOND };
    let reused = case.client_is_victim() && !case.request_went_on();
    let stale = !open && case.knew_of_fin(victim) && long && reused;
    stale.then(|| {
        Match::likely(format!(
            "The client used a connection that the server had closed {} before{}.",
            duration(later),
            timer_hint(case, case.idle_before_fin())
        ))
    })
}
