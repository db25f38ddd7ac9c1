//! `backlog_overflow`: the server's accept queue is full.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, ResetKind, duration};
use crate::time::{SECOND, Time};
use crate::track::kernel::Kind;
use crate::track::{By, CLIENT, Connection, Half, Repeated, SERVER, Service};

/// Signs: (b) the server repeats its SYN-ACK after the client's ACK while the client's data is never acknowledged:
/// likely; possible where it repeated it once, before the client spoke, as with TCP_DEFER_ACCEPT. (c) bare reply-RST (`R 1:1(0)
/// win 0`) right after the final ACK of the handshake: possible. (a) SYNs ignored while the same port completes
/// other handshakes: possible; likely where one in ten of them had to repeat theirs, or its ACK was
/// forgotten as in (b).
pub static CAUSE: Cause = Cause {
    id: "backlog_overflow",
    group: Group::Failure,
    kinds: &[Kind::Reset, Kind::TimedOut],
    title: "The server's accept queue is full",
    seen: "\
        It has three forms. In the common one, the handshake completes for the client, which sends its request, but \
        nothing is acknowledged: the server retransmits its SYN-ACK after 1, 3, 7 seconds as if the client's ACK had \
        never come, and the client retransmits its request.\n\n\
        Or SYNs are ignored, and only a retransmission is answered, a second or more later, while other clients of the \
        same port get in.\n\n\
        Or, with net.ipv4.tcp_abort_on_overflow=1, a bare `R` follows right after the client's ACK.",
    why: "\
        A listening socket has a queue of finished connections that wait for accept(). Its length is the smaller of \
        listen()'s backlog and net.core.somaxconn. When it is full, tcp_v4_syn_recv_sock() refuses to make the child \
        socket and counts ListenOverflows; the kernel drops the final ACK on purpose, so that the client's \
        retransmission may find room later. New SYNs are dropped too (ListenDrops).\n\n\
        The queue fills because the application does not call accept() often enough: busy workers, a blocked event \
        loop, a long garbage collection, a stopped process, no file descriptors left, or simply a burst larger than \
        the backlog.",
    is_not: "\
        Not a filter that drops the SYNs of some clients: then all others get in at once, whereas a full accept queue \
        lets nobody in.\n\n\
        Not packet loss, although it looks the same from the client: other flows to the host are fine, and the \
        server's counters show it.\n\n\
        Not `return_path_lost`: there the SYN-ACK does not reach the client; here the client answers it and sends \
        data.\n\n\
        Not `no_listener`: a full queue never refuses on Linux; on Windows it does.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.01 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+.01 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.22 > P. 1:101(100) ack 1 win 64240
+.44 > P. 1:101(100) ack 1 win 64240
// the server acts as if it had not seen the ACK
+.33 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+.01 > . 101:101(0) ack 1 win 64240
+.54 > P. 1:101(100) ack 1 win 64240
+1.45 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+.01 > . 101:101(0) ack 1 win 64240
+.3 > P. 1:101(100) ack 1 win 64240
// the client's own timeout: it closes
+1.5 > F. 101:101(0) ack 1 win 64240
wait 3
"#,
    remedy: Remedy {
        owner: Owner::Server,
        title: "Let the application accept faster, and give the queue room for bursts",
        steps: &[
            "\
            On the server, compare Recv-Q (waiting now) with Send-Q (the limit) of the listening socket: if they are \
            nearly equal, the queue is full.",
            "See whether ListenOverflows and ListenDrops rise while it happens.",
            "\
            If they do not, a filter drops this client's SYNs, or all above some rate: fail2ban, a security group, a \
            connection limit.",
            "\
            Find out why accept() is not called: busy workers, a blocked event loop, the limit of open files, a \
            process in state T. This is the real fault in most cases.",
            "Add workers or move blocking work off the accepting thread.",
            "\
            Then raise both limits, the application's backlog and net.core.somaxconn, and restart the listener: \
            the backlog is fixed when listen() is called.",
            "Leave tcp_abort_on_overflow at 0: with 1, a burst that would have been absorbed becomes an error.",
        ],
        commands: &[
            "ss -ltn 'sport = :{server.port}'",
            "nstat -az TcpExtListenOverflows TcpExtListenDrops",
            "nft list ruleset | grep -n -e drop -e limit -e '{server.port}'",
            "sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_abort_on_overflow",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.core.somaxconn",
            default: "4096",
            advice: "128 before Linux 5.4; it caps every backlog",
        },
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_max_syn_backlog",
            default: "by memory",
            advice: "half-open connections; a hard limit only if net.ipv4.tcp_syncookies is 0",
        },
        Setting { program: "sysctl", name: "net.ipv4.tcp_abort_on_overflow", default: "0", advice: "leave it" },
        Setting { program: "nginx", name: "listen ... backlog=", default: "511", advice: "raise with somaxconn" },
        Setting { program: "gunicorn", name: "backlog", default: "2048", advice: "and more workers or threads" },
        Setting {
            program: "HAProxy",
            name: "backlog",
            default: "maxconn of the frontend",
            advice: "per frontend or bind",
        },
        Setting { program: "Node", name: "server.listen({ backlog })", default: "511", advice: "" },
        Setting { program: "Java", name: "new ServerSocket(port, backlog)", default: "50", advice: "" },
        Setting {
            program: "Python",
            name: "socketserver request_queue_size",
            default: "5",
            advice: "socket.listen() without an argument takes at most 128",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if case.behind_a_syn_proxy() {
        return None;
    }
    let server = case.server();
    if case.waited_for(Repeated::Syn) {
        return ignored(case).filter(|_| case.answered_instead().is_none());
    }
    let silent = !case.half(SERVER).has(Half::DATA) && case.half(CLIENT).has(Half::SYN);
    if !silent {
        return None;
    }
    // What it acknowledged a socket has taken.
    let took_nothing = u64::from(case.lost(CLIENT)) == case.sent(CLIENT);
    if case.by() == Some(By::Silence) {
        let first = case.silence().first.time;
        return full(case, first).filter(|_| took_nothing).map(|full| match full {
            Full::Ignores => Match::likely(format!(
                "{server} retransmits its SYN-ACK and ignores the client's ACK and data, as a server with a full \
                 accept queue does."
            )),
            Full::MayWait => Match::possible(format!(
                "{server} retransmitted its SYN-ACK although the client had acknowledged it, and did not acknowledge what \
                 the client sent later: its accept queue is full; or it was waiting for data (TCP_DEFER_ACCEPT), and the \
                 host or the path was lost."
            )),
        });
    }
    if case.reset_by(SERVER) && case.story().half_accepted.is_some() {
        let client = case.half(CLIENT);
        let first = if client.has(Half::DATA) { client.data_time } else { case.decisive() };
        return full(case, first).map(|full| match full {
            Full::Ignores => Match::likely(format!(
                "{server} retransmitted its SYN-ACK although the client had acknowledged it, then gave up with a RST: its \
                 accept queue is full, or the client's ACK does not reach it."
            )),
            Full::MayWait => Match::possible(format!(
                "{server} retransmitted its SYN-ACK although the client had acknowledged it, then ended the connection \
                 with a RST: its accept queue is full, or it was waiting for data (TCP_DEFER_ACCEPT)."
            )),
        });
    }
    let at_once = case.at_once(case.decisive().since(case.opened()));
    let dropped = case.reset_kind() == Some(ResetKind::Reply) && case.reset_by(SERVER) && took_nothing;
    if dropped && !case.two_hosts_answered() && (at_once || case.story().syn_ack_retransmissions > 0) {
        let text = format!(
            "{server} answered the last ACK of the handshake with a RST, as with a full accept queue and \
             tcp_abort_on_overflow."
        );
        return Some(Match::likely(text));
    }
    None
}

/// What a SYN-ACK that is repeated although the client has acknowledged it says of the accept queue.
#[derive(Clone, Copy)]
enum Full {
    /// The server takes nothing: its accept queue is full, or nothing reaches it.
    Ignores,
    /// So it may be; or the server waits for data.
    MayWait,
}

/// Is the accept queue full, or may it be, of a server that repeated its SYN-ACK, to a client that sent its first payload at `first`? A
/// listener that waits for data (TCP_DEFER_ACCEPT) repeats it to a client that says nothing, too, once, and takes the acknowledgment of
/// that (`syn_ack_recalc()`, `tcp_check_req()`): only what it repeats to a client that has spoken, or more than once, it repeats because
/// it took nothing. Where it is not repeated any more, though the next one was due, a socket was made, unless a RST says that there is
/// none.
fn full(case: &Case<'_>, first: Time) -> Option<Full> {
    let waits = case.story().half_accepted?;
    if waits.repeated > 1 || first < waits.last {
        return Some(Full::Ignores);
    }
    let has_none = case.reset_by(SERVER) && case.reset_kind() == Some(ResetKind::Reply);
    (has_none || case.decisive() <= waits.overdue()).then_some(Full::MayWait)
}

/// The service that ignored the SYN, if it answers others.
fn answers_others(case: &Case<'_>) -> Option<Service> {
    let connection = case.connection();
    // Who answers others drops this SYN for a reason of its own; on used ports that reason is the older connection.
    if connection.has(Connection::REUSED) || case.half(SERVER).has(Half::SYN) {
        return None;
    }
    let service = case.service()?;
    // Where the first answer came only after the last of these SYNs, host or path were not up before.
    let meanwhile = service.answered >= lately(case) && service.answered_first <= case.silence().last.time;
    // A full queue leaves connections alone that were accepted: whose payload is not acknowledged has lost host or path.
    (meanwhile && !case.service_fell_silent()).then_some(service)
}

/// What others got from then on tells of this time.
fn lately(case: &Case<'_>) -> Time {
    case.connection().start - 60 * SECOND
}

/// The SYN was ignored by a service that answers others. That is a full queue where others, too, had to ask again; else it may
/// as well be a filter.
fn ignored(case: &Case<'_>) -> Option<Match> {
    let (service, server, start) = (answers_others(case)?, case.server(), case.connection().start);
    let answers = service.answered >= start;
    if answers && service.hesitates_since(lately(case)) {
        let text = format!(
            "{server} answered other SYNs late and this one not at all: its accept queue is full, or a filter \
                     drops this one."
        );
        return Some(Match::likely(text));
    }
    Some(Match::possible(if answers {
        format!("{server} answered other SYNs but not this one: its accept queue is full, or a filter drops this one.")
    } else {
        let ago = duration(start.since(service.answered));
        format!(
            "{server} answered other SYNs {ago} before but not this one: its accept queue is full, a filter drops this \
             one, or the host is gone."
        )
    }))
}
