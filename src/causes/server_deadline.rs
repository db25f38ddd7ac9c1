//! `server_deadline`: the server's own deadline ended a request that took too long.

use super::clues::is_deadline;
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::time::SECOND;
use crate::track::kernel::Kind;
use crate::track::{CLIENT, SERVER};

/// Signs: The request is fully acknowledged, no byte of an answer comes, and after a round time (10, 30, 60, 120,
/// 300 s within 2 %) the server ends it with an abort-RST. Likely when the time is round, else possible. A FIN
/// instead of the RST is no failure for the kernel: the client reads end of file.
pub static CAUSE: Cause = Cause {
    id: "server_deadline",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "The server's own deadline ended a request that took too long",
    seen: "\
        The request arrived and was acknowledged. The server stayed silent for a round time, such as 30 or 60 seconds, \
        and then reset the connection without a byte of an answer.",
    why: "\
        A timeout in or around the server expired: gunicorn's master kills a worker that has not reported for \
        `timeout` seconds; a supervisor or the out-of-memory killer removes the process; a proxy ends a request that \
        its backend has not answered; a database ends a session that is idle in a transaction. When a process is \
        killed, its kernel closes its sockets. If bytes of the request are still unread, the close is a RST, otherwise \
        a FIN.\n\n\
        The real fault is the slow request: a query without an index, a lock, a call to something that does not \
        answer.",
    is_not: "\
        Not `client_gave_up`: here the server ends it.\n\n\
        Not `idle_expired`: a request was in flight, the connection was not idle.\n\n\
        If the server is a proxy, look for a 502 or 504: it may have ended only the backend's leg.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
// thirty seconds without a byte, then the worker is killed
+29.98 < R. 1:1(0) ack 101 win 65060
"#,
    remedy: Remedy {
        owner: Owner::Server,
        title: "Find the deadline, then make the request faster or the deadline longer",
        steps: &[
            "\
            Compare the time in the report with the timeouts of the server, its supervisor and everything between it \
            and the client.",
            "\
            Read the server's log at that second: gunicorn writes WORKER TIMEOUT, the kernel writes \"Out of \
            memory: Killed process\".",
            "Find out what the request was waiting for; the timeout is only the symptom.",
            "\
            Move long work out of the request (a queue, a job), or use a worker type that does not count a slow \
            request as a hang.",
            "Only then raise the timeout, and with it those of the proxies in front.",
            "\
            The request may have been processed: retry it only if it is idempotent, and not against a server that \
            is slow because it is overloaded.",
        ],
        commands: &[
            "journalctl --since '-1 hour' | grep -i -e worker.timeout -e out.of.memory",
            "ss -tnpo 'sport = :{server.port}'",
        ],
    },
    settings: &[
        Setting {
            program: "gunicorn",
            name: "timeout",
            default: "30 s",
            advice: "async workers are judged by their heartbeat, not by the request",
        },
        Setting {
            program: "nginx",
            name: "proxy_read_timeout, fastcgi_read_timeout",
            default: "60s",
            advice: "the client gets a 504",
        },
        Setting {
            program: "nginx",
            name: "client_header_timeout, client_body_timeout",
            default: "60s, 60s",
            advice: "the request came too slowly; sends a RST only with reset_timedout_connection",
        },
        Setting {
            program: "HAProxy",
            name: "timeout server",
            default: "none",
            advice: "the client gets a 504, log state sH",
        },
        Setting {
            program: "Node",
            name: "server.requestTimeout",
            default: "300000 ms",
            advice: "time to receive the request",
        },
        Setting { program: "Go", name: "http.Server.WriteTimeout", default: "none", advice: "" },
        Setting {
            program: "PostgreSQL",
            name: "idle_in_transaction_session_timeout, statement_timeout",
            default: "0: off",
            advice: "",
        },
        Setting { program: "MySQL", name: "net_read_timeout, net_write_timeout", default: "30 s, 60 s", advice: "" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let ended = case.is_abort() && case.reset_by(SERVER) && case.client_asked_last() && case.lost(CLIENT) == 0;
    let waited = case.since_payload(CLIENT);
    if !ended || !case.saw_payload() || waited < SECOND {
        return None;
    }
    let text = format!("The server ended the connection {} after the request, without an answer.", duration(waited));
    Some(if is_deadline(waited) { Match::likely(text) } else { Match::possible(text) })
}
