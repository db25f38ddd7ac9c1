//! `ignored_reset`: A RST that its receiver had to ignore.

use super::{Cause, Group, Match, Owner, Remedy};
use crate::diagnose::Case;
use crate::track::other;

/// Signs: A RST outside the receive window (dropped), or inside but not exactly at RCV.NXT (challenge ACK), or one
/// to SYN_SENT that does not acknowledge the SYN; the connection lives on. Certain when data of either end is
/// exchanged after it.
pub static CAUSE: Cause = Cause {
    id: "ignored_reset",
    group: Group::Benign,
    kinds: &[],
    title: "A RST that its receiver had to ignore",
    seen: "\
        A RST arrives whose sequence number is not exactly the next one expected. The receiver goes on as if \
        nothing had happened, or answers with a bare ACK (a challenge), and the connection continues.",
    why: "\
        A RST needs no secret but a number, so RFC 5961 lets a receiver believe only one that hits RCV.NXT \
        exactly; tcp_validate_incoming() drops the others or challenges them (tcp_send_challenge_ack()). If the \
        sender is honest, it answers the challenge with a RST that fits.\n\n\
        Who sends such: devices that lost track of the connection, delayed duplicates, somebody who guesses, \
        censors that send several at once.\n\n\
        A RST with the right number ends nothing either where it does not get to TCP: some hosts drop those of a \
        censor with a filter. That the connection goes on shows it.",
    is_not: "\
        Not a failure: no application was told anything. Tools that count every RST flag as a broken connection \
        are wrong here.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
// in the window, but not the number that is due: challenged
+.01 < R 1201:1201(0) win 0
+0 > . 101:101(0) ack 1 win 64240
+.05 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+.1 > F. 101:101(0) ack 201 win 64040
+.02 < F. 201:201(0) ack 102 win 65059
+0 > . 102:102(0) ack 202 win 64039
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Nothing to do for the connection; see who sends it if there are many",
        steps: &[
            "\
            Compare TTL and IP ID of the RST with the data of that direction: another distance means another \
            sender.",
            "If it comes often, ask who runs the firewalls on the way.",
        ],
        commands: &["nstat -az TcpExtTCPChallengeACK"],
    },
    settings: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let reset = case.reset()?;
    let story = case.story();
    let (sender, receiver) = (case.name(reset.from), case.name(other(reset.from)));
    if reset.is_accepted() {
        return Some(Match::likely(format!(
            "A RST in the {sender}'s name has the right numbers, but did not get to the {receiver}'s TCP, as where a filter \
             drops it; the connection went on."
        )));
    }
    let why = if story.signed[case.victim()] { "it is not signed" } else { "its numbers do not fit" };
    let after = if story.went_on() { "; the connection went on" } else { "" };
    Some(Match::likely(format!("A RST in the {sender}'s name was not accepted, because {why}{after}.")))
}
