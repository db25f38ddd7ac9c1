//! `half_close`: one end finished sending and went on reading.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::{CLIENT, SERVER, other};

/// Signs: One FIN, then data of the other end that is acknowledged (not reset), then the other FIN. Certain.
pub static CAUSE: Cause = Cause {
    id: "half_close",
    group: Group::Benign,
    kinds: &[],
    title: "One end finished sending but kept reading",
    seen: "\
        One end sends a FIN, the other goes on sending data, and this data is acknowledged. Later comes the second \
        FIN.",
    why: "\
        shutdown(SHUT_WR) closes one direction only: \"that was my request, now I read the answer\". TCP allows it for \
        any length of time. `nc -N`, socat, rsh, some HTTP clients, and proxies that pass on a FIN do this.",
    is_not: "\
        Not `peer_closed`: there the end that sent the FIN has closed its socket and answers data with RST.\n\n\
        Not a leak, unless the second FIN never comes: then look for an application that does not close \
        (CLOSE_WAIT).",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > FP. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 102 win 65060
+.5 < P. 1:201(200) ack 102 win 65060
+0 > . 102:102(0) ack 201 win 64040
+.5 < FP. 201:301(100) ack 102 win 65060
+0 > . 102:102(0) ack 302 win 63939
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Nothing to do",
        steps: &["\
            If many connections stay half-closed, look for sockets in CLOSE-WAIT at the end that has not closed, and \
            in FIN-WAIT-2 at the other."],
        commands: &["ss -tanp state close-wait"],
    },
    settings: &[Setting {
        program: "sysctl",
        name: "net.ipv4.tcp_fin_timeout",
        default: "60",
        advice: "how long a closed socket waits in FIN_WAIT_2",
    }],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let story = case.story();
    // What was told of before is forgotten: the FIN may have come ahead of a RST that spared everybody and did not arrive.
    let read_on = || [CLIENT, SERVER].into_iter().find(|side| story.read_after_fin[*side]);
    let closer = story.first_fin.or_else(read_on)?;
    Some(Match::likely(format!(
        "The {} shut down its sending side and kept reading until the {} was done.",
        case.name(closer),
        case.name(other(closer))
    )))
}
