//! `peer_closed`: it went on writing after the other end had closed.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::kernel::Kind;
use crate::track::other;

/// Signs: X sent FIN, Y acknowledged or could have seen it and keeps sending; X answers with a bare reply-RST.
/// Certain as a mechanism; this is the plain case after `keepalive_race`, `stale_connection` and `client_gave_up`.
pub static CAUSE: Cause = Cause {
    id: "peer_closed",
    group: Group::Failure,
    kinds: &[Kind::BrokenPipe],
    title: "One end kept writing after the other had closed",
    seen: "\
        One end sends a FIN. The other keeps sending, and its data is answered by a bare RST: ACK not set, window 0, \
        the sequence number taken from the segment that it answers.",
    why: "\
        A FIN says only \"I will send no more\"; it does not say whether its sender still reads. After close() it does \
        not: the kernel has nobody to give the data to, so tcp_v4_send_reset() answers. After shutdown(SHUT_WR) it \
        still reads, and no RST comes.\n\n\
        That is why the first write after a FIN succeeds and the second fails. The RST meets a socket in CLOSE_WAIT, \
        tcp_reset() sets EPIPE, and the next send() returns it, with a SIGPIPE for programs that do not ignore it. \
        Reads only return what is queued and then 0.\n\n\
        The usual reasons: a writer that never reads and so never sees the end of file; a server that answered early \
        (an error, a redirect) and closed while the client was still uploading; a protocol in which one side ends the \
        session and the other has not noticed; a program at the end of a pipeline that has read enough; a relay that \
        accepts first and connects afterwards (docker-proxy, pasta or slirp4netns for a published container port, ssh \
        -L, socat): if its own connect fails, it closes at once, without a byte.",
    is_not: "\
        Not a network fault.\n\n\
        Not `unread_data`: there the close itself is a RST, because bytes were waiting unread. Here everything had \
        been read and the close was a clean FIN.\n\n\
        Not ECONNRESET, but the same event seen in CLOSE_WAIT: handle both.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:1001(1000) ack 1 win 64240
+.02 < . 1:1(0) ack 1001 win 64160
+0 < F. 1:1(0) ack 1001 win 64160
+0 > . 1001:1001(0) ack 2 win 64240
// the first write after the FIN succeeds ...
+.05 > P. 1001:2001(1000) ack 2 win 64240
// ... and brings this; the second fails with EPIPE
+.02 < R 2:2(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Watch for end of file while writing, and treat EPIPE as a close",
        steps: &[
            "\
            Find out why {server.ip} closed: its log at the time of the FIN, or its last bytes before it, often an \
            error message. If it closed at once without sending a byte, it may be a relay: is the service behind it \
            listening?",
            "\
            While you write, also watch the socket for reading; when read returns 0, stop writing. Read what the other \
            end sent before it closed.",
            "\
            Ignore SIGPIPE (MSG_NOSIGNAL, or signal(SIGPIPE, SIG_IGN)) so that EPIPE arrives as an error and does \
            not kill the process.",
            "In a server that closes early, first read the request to its end, or announce the close in the protocol.",
            "Retry idempotent work on a new connection.",
        ],
        commands: &["ss -tanp state close-wait 'dst {server.ip}'"],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "client_header_timeout, client_body_timeout, send_timeout",
            default: "60s each",
            advice: "a slower client is disconnected",
        },
        Setting {
            program: "nginx",
            name: "proxy_read_timeout",
            default: "60s",
            advice: "also closes a WebSocket on which the backend was silent for that long: let it send pings",
        },
        Setting {
            program: "HAProxy",
            name: "timeout client, timeout server, timeout tunnel",
            default: "none",
            advice: "tunnel applies to WebSockets and to TCP, in both directions",
        },
        Setting {
            program: "PostgreSQL",
            name: "idle_in_transaction_session_timeout, idle_session_timeout",
            default: "0: off",
            advice: "the session's last message is 25P03 or 57P05",
        },
        Setting {
            program: "PostgreSQL",
            name: "authentication_timeout",
            default: "60 s",
            advice: "closes without a word on who has not logged in by then",
        },
        Setting {
            program: "Apache httpd",
            name: "Timeout, RequestReadTimeout (mod_reqtimeout)",
            default: "60 s, header=20-40,MinRate=500 body=20,MinRate=500",
            advice: "a slower client is disconnected, after 408 where the headers were complete",
        },
        Setting {
            program: "sshd",
            name: "MaxStartups, LoginGraceTime, ClientAliveInterval",
            default: "10:30:100, 120 s, 0: off",
            advice: "limits after which it closes, before and after login",
        },
        Setting {
            program: "C",
            name: "MSG_NOSIGNAL, SIGPIPE",
            default: "signal kills the process",
            advice: "ignore the signal, check the return value",
        },
        Setting {
            program: "Python",
            name: "signal SIGPIPE",
            default: "ignored by the interpreter",
            advice: "BrokenPipeError is raised",
        },
        Setting { program: "Go", name: "SIGPIPE", default: "ignored for sockets", advice: "write returns EPIPE" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let victim = case.victim();
    let closer = other(victim);
    case.story().fin[closer]?;
    let why = case.mismatch().map(|mismatch| format!(": {}", mismatch.phrase())).unwrap_or_default();
    Some(Match::likely(format!(
        "The {} wrote to a connection that the {} had closed{why}.",
        case.name(victim),
        case.name(closer)
    )))
}
