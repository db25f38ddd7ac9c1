//! `reader_stalled`: the receiving application stopped reading.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::kernel::Kind;
use crate::track::other;

/// Signs: The receiver advertises win 0 and answers the sender's window probes (seq one below SND.NXT, no or one byte)
/// with win 0; it never opens again before the sender stops or gives up. Certain that the receiver's host lived and its
/// buffer was full; its application did not read. Only possible as the cause of the end: a sender that vanishes stops
/// probing, too. A window that opens again is no failure.
pub static CAUSE: Cause = Cause {
    id: "reader_stalled",
    group: Group::Failure,
    kinds: &[Kind::TimedOut],
    title: "The receiving application stopped reading",
    seen: "\
        The receiver's window shrinks to 0 and stays there. The sender's probes are answered at once, each time with \
        window 0: the receiver's kernel is alive but has no room. In the end the sender gives up.",
    why: "\
        The receive buffer is full because the application does not call read(). The sender's kernel keeps probing \
        (tcp_send_probe0()), at growing intervals, for as long as it gets answers. What ends it is a limit at the \
        sender: TCP_USER_TIMEOUT, which also counts time with a closed window (ETIMEDOUT), the application's own send \
        timeout, or the kernel's limit for sockets that are already closed (net.ipv4.tcp_orphan_retries).\n\n\
        The usual reasons: a consumer slower than the producer; a thread that waits for a lock, a disk or another \
        service; a paused stream that is never resumed; a deadlock in which both ends write and neither reads; a \
        debugger or SIGSTOP.",
    is_not: "\
        Not the network: the probes are answered within a round trip.\n\n\
        Not `peer_vanished`: there is an answer each time.\n\n\
        Not a small buffer: a larger one only delays it.",
    example: r#"+0 > S 0:0(0) win 2920 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 2920
+0 > P. 1:101(100) ack 1 win 2920
+.02 < . 1:1(0) ack 101 win 65060
+.01 < . 1:1461(1460) ack 101 win 65060
+0 < P. 1461:2921(1460) ack 101 win 65060
// nobody reads: the window closes
+.04 > . 101:101(0) ack 2921 win 0
+.22 < . 2920:2920(0) ack 101 win 65060
+0 > . 101:101(0) ack 2921 win 0
+.44 < . 2920:2920(0) ack 101 win 65060
+0 > . 101:101(0) ack 2921 win 0
+.88 < . 2920:2920(0) ack 101 win 65060
+0 > . 101:101(0) ack 2921 win 0
+1.76 < . 2920:2920(0) ack 101 win 65060
+0 > . 101:101(0) ack 2921 win 0
wait 15
"#,
    remedy: Remedy {
        owner: Owner::Ender,
        title: "Find out why the receiving application does not read",
        steps: &[
            "On the receiving host, look at the socket's Recv-Q: it stays high.",
            "\
            Find out what the process is doing: a stack dump or its threads' wait channels show the lock, disk or call \
            that it is stuck in.",
            "Look for a deadlock: if the other direction's Send-Q is full too, both ends write and neither reads.",
            "\
            Give the sender a deadline (a send timeout or TCP_USER_TIMEOUT), so that a stalled reader does not hold \
            its memory forever.",
            "Let a proxy buffer for slow readers where that is its job.",
        ],
        commands: &["ss -tnpmoi 'dst {client.ip} or src {client.ip}'", "cat /proc/PID/stack"],
    },
    settings: &[
        Setting { program: "nginx", name: "send_timeout", default: "60s", advice: "between two writes to the client" },
        Setting {
            program: "nginx",
            name: "proxy_buffering",
            default: "on",
            advice: "frees the backend from slow clients",
        },
        Setting {
            program: "socket option",
            name: "TCP_USER_TIMEOUT",
            default: "0: none",
            advice: "milliseconds; counts time with a closed window",
        },
        Setting { program: "Go", name: "net.Conn.SetWriteDeadline", default: "none", advice: "" },
        Setting {
            program: "Node",
            name: "stream backpressure",
            default: "",
            advice: "resume() after pause(); watch 'drain'",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let victim = case.victim();
    let closed = case.story().window_closed[other(victim)].filter(|_| case.reader_stalls())?;
    let (reader, sender) = (case.name(other(victim)), case.name(victim));
    let since = duration(case.silence().last.time.since(closed.time));
    // Probes that are answered go on for ever without TCP_USER_TIMEOUT; but a host or a path that dies ends them as well.
    Some(Match::possible(format!(
        "The {reader}'s application did not read: its window was closed for {since} or longer. Then the {sender} stopped \
         probing it: it gave up, or its host or the path died."
    )))
}
