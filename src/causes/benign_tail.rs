//! `benign_tail`: A RST after everything was said.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, bytes};
use crate::track::{CLIENT, SERVER};

/// Signs: A RST into an end that has itself sent a FIN, all data of both ends acknowledged; or after TLS
/// close_notify, or after a complete HTTP answer by its length. Certain; no errno, or one that nobody reads.
pub static CAUSE: Cause = Cause {
    id: "benign_tail",
    group: Group::Benign,
    kinds: &[],
    title: "A RST after everything was said",
    seen: "\
        Both ends have said goodbye, or the answer was complete, and then a RST follows. All data was acknowledged \
        before it.",
    why: "\
        A close() can leave bytes over: a TLS close_notify that arrives at a socket which is already closed, an \
        ACK that meets a host that has forgotten the connection, a program that prefers RST to TIME_WAIT, a \
        browser that drops a finished connection. The RST goes to a socket whose application has closed it; there \
        is nobody to be told.",
    is_not: "\
        Not a failure, although counters of RST packets rise and load balancers draw a graph of it (\"target reset \
        count\").\n\n\
        Not `peer_closed`: there the writer was still open and got EPIPE.\n\n\
        A server that has said its last word, shut down its sending side and reads on to the end, as nginx does \
        (lingering_close), has ECONNRESET from that read, and may log it. It has lost nothing by it.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+.1 > F. 101:101(0) ack 201 win 64040
+.02 < F. 201:201(0) ack 102 win 65059
+0 > R 102:102(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Nothing to do",
        steps: &["Leave it out of alerts: count failed requests, not RST packets."],
        commands: &[],
    },
    settings: &[Setting {
        program: "nginx",
        name: "lingering_close",
        default: "on",
        advice: "`always` avoids some of these tails",
    }],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let lost = case.lost(CLIENT).max(case.lost(SERVER));
    let unanswered = case.client_waits();
    Some(Match::likely(if case.aborts_crossed() {
        "Both ends gave up the connection at the same time, each with a RST; neither application got an error."
            .to_string()
    } else if lost == 0 && unanswered {
        "A RST came after a FIN, all data acknowledged; neither application got an error, though the client's last message \
         had no answer."
            .to_string()
    } else if lost == 0 {
        "A RST came after both applications had what they wanted; neither got an error.".to_string()
    } else {
        format!("A RST came after the end; {} had no reader any more, but no application got an error.", bytes(lost))
    }))
}
