//! `abortive_close`: it ended the connection with a RST instead of a FIN.

use super::clues::{check_in_rhythm, timer_hint};
use super::{Cause, Group, MAX_STARTUPS, MIGRATE_REQUESTS, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::SERVER;
use crate::track::kernel::Kind;

/// Signs: An abort-RST from an end that had sent answers and seems to have read everything: the exchange was
/// complete, nothing of the peer is outstanding. Likely; possible where the last payload came from the peer and its
/// reading is unknown. Corroborated by TCPAbortOnData. The last resort for abort-RSTs after `unread_data`,
/// `server_deadline`, `client_gave_up`, `tls_failure`.
pub static CAUSE: Cause = Cause {
    id: "abortive_close",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "One end closed with a RST instead of a FIN",
    seen: "\
        A RST with ACK, the exact sequence number and a live window, from a socket that was alive. All requests \
        had been answered and all data acknowledged; nothing was left to read. There was no FIN.",
    why: "\
        Most often the application asked for it: SO_LINGER with a time of 0 makes close() send a RST instead of a FIN \
        (tcp_disconnect() and tcp_send_active_reset(); Linux counts TCPAbortOnData). Programs do this to avoid \
        TIME_WAIT, to free memory at once, or to get rid of a connection that they judge dead or unwelcome.\n\n\
        Other sources of the same packet: `ss -K` or another tool that uses SOCK_DESTROY; a listening socket that is \
        closed while connections wait in its accept queue; a proxy that passes a RST from one leg on to the other; \
        nginx with reset_timedout_connection; Go's SetLinger(0); a load test client; a load balancer that ends a \
        connection after its idle time.",
    is_not: "\
        Not `unread_data`, as far as the packets show; if the peer's last bytes were never answered, that cause is \
        likelier.\n\n\
        Not a forgery: sequence, window, options and TTL fit a live socket of that host.\n\n\
        Not a lost answer: everything that had been sent before was acknowledged.\n\n\
        Perhaps `idle_expired`, if the connection had been silent for a minute or more: a timer is then likelier than \
        a program that meant to reset.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+.5 < R. 201:201(0) ack 101 win 65060
"#,
    remedy: Remedy {
        owner: Owner::Ender,
        title: "Close with a FIN, unless the RST is intended",
        steps: &[
            "\
            If the report's last words are an error (\"max number of clients reached\", \"Too many connections\", \
            \"protected mode\"), that is why it closed: fix that.",
            "\
            Look at how long the connection was idle. After a minute or more, suspect a timer first, at the end that \
            sent the RST or in a load balancer in front of it: see `tcpwhy explain idle_expired`.",
            "\
            Acknowledged does not mean read. If TcpExtTCPAbortOnClose rises on the host that sent the RST, and \
            TcpExtTCPAbortOnData does not, it closed with unread data: see `tcpwhy explain unread_data`.",
            "\
            Search the program at the end that sent the RST for SO_LINGER with 0 seconds (setLinger, SetLinger, \
            resetAndDestroy) and for timeouts that abort.",
            "\
            Ask whether an operator or a script used `ss -K`, or whether a proxy passes on resets from its other leg.",
            "\
            Replace it with an ordinary close. TIME_WAIT is harmless on a server; if a client runs out of ports, widen \
            net.ipv4.ip_local_port_range and reuse connections.",
            "\
            At the other end, treat it as the end of a pooled connection: open a new one, and retry what is \
            idempotent.",
        ],
        commands: &[
            "nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose",
            "ss -tnp '( sport = :{server.port} or dport = :{server.port} )'",
        ],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "reset_timedout_connection",
            default: "off",
            advice: "on: RST for clients that timed out, and for status 444",
        },
        Setting { program: "HAProxy", name: "option nolinger", default: "off", advice: "remove it if it was set" },
        Setting {
            program: "HAProxy",
            name: "connections to servers",
            default: "",
            advice: "resets them when it abandons a request and at the end of a health check: not a fault",
        },
        Setting {
            program: "MariaDB",
            name: "wait_timeout, interactive_timeout, connect_timeout, idle_transaction_timeout",
            default: "28800 s, 28800 s, 10 s, 0: off",
            advice: "resets sessions that were idle for that long; a pool's own limit must be shorter",
        },
        Setting {
            program: "RabbitMQ",
            name: "heartbeat",
            default: "60 s",
            advice: "resets a client that was silent for twice that: a client that works for longer must service its \
                     connection meanwhile",
        },
        Setting {
            program: "Redis",
            name: "maxclients, protected-mode",
            default: "10000, yes",
            advice: "says why it refuses a client, and closes without reading the client's command",
        },
        MAX_STARTUPS,
        MIGRATE_REQUESTS,
        Setting { program: "Go", name: "(*net.TCPConn).SetLinger", default: "-1", advice: "0 resets" },
        Setting { program: "Java", name: "Socket.setSoLinger", default: "off", advice: "(true, 0) resets" },
        Setting { program: "Node", name: "socket.resetAndDestroy()", default: "", advice: "the RST is its purpose" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if let Some(when) = check_in_rhythm(case) {
        let every = duration(case.connection().start.since(case.visits().last));
        return Some(Match::likely(format!(
            "The client connects to {} every {every} and resets the connection {when}: a health check.",
            case.server()
        )));
    }
    let reset = case.reset().filter(|_| case.is_abort())?;
    let victim = case.victim();
    let asked = case.may_be_unread() && reset.from == SERVER;
    let nothing_unread = !asked && !reset.unread && !case.upload_was_cut() && case.lost(victim) == 0;
    if let Some(closed) = case.story().window_closed[victim].filter(|_| nothing_unread) {
        return Some(Match::likely(format!(
            "The {} ended the connection with a RST after the {} had kept its window closed for {}.",
            case.name(reset.from),
            case.name(victim),
            duration(reset.mark.time.since(closed.time))
        )));
    }
    let idle = case.since_any_payload();
    let timer = if reset.from == SERVER { timer_hint(case, idle) } else { String::new() };
    nothing_unread.then(|| {
        Match::likely(format!(
            "The {} ended the connection with {} instead of a FIN{}{timer}; the packets show no unread data.",
            case.name(reset.from),
            if reset.is_fast_close { "MP_FASTCLOSE" } else { "a RST" },
            Case::idle_words(idle)
        ))
    })
}
