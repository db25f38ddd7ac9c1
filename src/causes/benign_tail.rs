//! `benign_tail`: A RST after everything was said.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, bytes};
use crate::track::{CLIENT, SERVER, other};

/// Signs: A RST into an end that has itself sent a FIN, all data of both ends acknowledged; or after TLS
/// close_notify, or after a complete HTTP answer by its length. Certain; no errno, or one that nobody reads.
pub static CAUSE: Cause = Cause {
    id: "benign_tail",
    group: Group::Benign,
    kinds: &[],
    title: "A RST after the exchange was complete",
    seen: "\
        Both ends had closed, or the answer was complete, and then a RST follows. All data had been acknowledged \
        before it.",
    why: "\
        Some packets come after the close: a TLS close_notify for a socket that is already closed, an ACK for a \
        connection that its host has forgotten. Some programs prefer a RST to TIME_WAIT, and browsers drop finished \
        connections. The RST reaches a socket that its application has closed, so nobody gets an error.",
    is_not: "\
        Not a failure, although RST counters rise and load balancers graph it (\"target reset count\").\n\n\
        Not `peer_closed`: there the writer was still open and got EPIPE.\n\n\
        A server that has answered, called shutdown(SHUT_WR) and reads on until the end, as nginx does \
        (lingering_close), gets ECONNRESET from that read and may log it. It has lost nothing.",
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
        advice: "`always` avoids some of these RSTs",
    }],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let lost = case.lost(CLIENT).max(case.lost(SERVER));
    let unanswered = case.client_waits();
    Some(Match::likely(if case.aborts_crossed() {
        "Both ends reset the connection at the same time; neither application got an error.".to_string()
    } else if lost == 0 && unanswered {
        "A RST came after a FIN, with all data acknowledged; neither application got an error, though the client's \
         last message had no answer."
            .to_string()
    } else if lost == 0
        && let Some(gone) = case.was_gone_without_a_fin()
    {
        let (gone, closed) = (case.name(gone), case.name(other(gone)));
        format!(
            "The {closed} closed, and the {gone}'s host, which had sent no FIN, had no socket for the connection any more; no \
             application got an error from that."
        )
    } else if lost == 0 {
        "A RST came after both applications were done; neither got an error.".to_string()
    } else {
        format!("A RST came after the close; {} had no reader left, but no application got an error.", bytes(lost))
    }))
}
