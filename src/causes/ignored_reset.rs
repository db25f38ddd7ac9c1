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
        The only secret in a RST is its sequence number, so RFC 5961 lets a receiver accept only one that equals \
        RCV.NXT; tcp_validate_incoming() drops the others or challenges them (tcp_send_challenge_ack()). A genuine \
        sender answers the challenge with a RST that fits.\n\n\
        Such RSTs come from devices that lost track of the connection, delayed duplicates, attackers that guess, \
        censors that send several at once.\n\n\
        A RST with the right number is also harmless if it does not reach TCP: some hosts filter out those of a \
        censor. The connection then goes on.",
    is_not: "\
        Not a failure: no application noticed anything. Tools that count every RST as a broken connection are wrong \
        here.",
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
        title: "Nothing to fix; if there are many, find out who sends them",
        steps: &[
            "\
            Compare the RST's TTL and IP ID with those of data in that direction: a different distance means a \
            different sender.",
            "If it happens often, ask whoever runs the firewalls on the path.",
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
            "A RST with the {sender}'s address had the right numbers, but did not reach the {receiver}'s TCP (a filter \
             may have dropped it); the connection went on."
        )));
    }
    let why = if story.signed[case.victim()] { "it is not signed" } else { "its numbers do not fit" };
    let after = if story.went_on() { "; the connection went on" } else { "" };
    Some(Match::likely(format!("A RST with the {sender}'s address was not accepted, because {why}{after}.")))
}
