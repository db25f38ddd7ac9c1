//! The catalogue of causes: one file each, all of them in [`ALL`].
//!
//! A cause says what is seen, why it happens, what it is not and what to do, and it carries an example as packet
//! lines (see `notation`) that the tests run: the example must yield its own cause.

pub use clues::device_timer;

use crate::diagnose::Case;
use crate::track::kernel::Kind;

pub mod abortive_close;
pub mod backlog_overflow;
pub mod benign_tail;
pub mod client_gave_up;
mod clues;
pub mod connect_cancelled;
pub mod conntrack_invalid;
pub mod forged_reset;
pub mod half_close;
pub mod half_open_scan;
pub mod health_check;
pub mod host_unreachable;
pub mod idle_expired;
pub mod ignored_reset;
pub mod keepalive_race;
pub mod keepalive_unanswered;
pub mod kinds;
pub mod languages;
pub mod mtu_blackhole;
pub mod net_unreachable;
pub mod no_listener;
pub mod peer_closed;
pub mod peer_forgot_connection;
pub mod peer_vanished;
pub mod port_reuse;
pub mod port_scan;
pub mod reader_stalled;
pub mod rejected_by_policy;
pub mod retry;
pub mod retry_storm;
pub mod return_path_lost;
pub mod sayings;
pub mod server_deadline;
pub mod service_stopped;
pub mod stale_connection;
pub mod syn_unanswered;
pub mod tls_failure;
pub mod unexplained;
pub mod unread_data;
pub mod wrong_protocol;

/// How sure a finding's cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The packets allow it.
    Possible,
    /// The packets speak for it.
    Likely,
    /// A rule of the kernel forces it.
    Certain,
}

impl Confidence {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Who runs the client.
    Client,
    /// Who runs the server.
    Server,
    /// Who runs the network between them.
    Network,
    /// Nobody: nothing is wrong.
    Nobody,
    /// Who runs the end that ended the connection. A report knows which one that is and names it.
    Ender,
}

impl Owner {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Owner::Client => "client",
            Owner::Server => "server",
            Owner::Network => "network",
            Owner::Nobody => "nobody",
            Owner::Ender => "ender",
        }
    }
}

/// What to do. The texts may hold `{client.ip}`, `{client.port}`, `{server.ip}`, `{server.port}`, `{peer.ip}` and
/// `{peer.port}` (the end that whoever failed could not reach) and `{failed.ip}` (who failed), which the report fills in.
#[derive(Clone, Copy, Debug)]
pub struct Remedy {
    /// Who has to act.
    pub owner: Owner,
    /// The fix in one short imperative sentence, without a full stop.
    pub title: &'static str,
    /// What to check and then what to change, in order, a sentence each.
    pub steps: &'static [&'static str],
    /// Commands that check or change it, ready to paste.
    pub commands: &'static [&'static str],
}

/// A setting that prevents or provokes the failure.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The program, library, service or system that has it.
    pub program: &'static str,
    /// Its name as written in the configuration or code; several that belong together are separated by commas.
    pub name: &'static str,
    /// Its default; empty where there is none to speak of.
    pub default: &'static str,
    /// What to make of it; may be empty.
    pub advice: &'static str,
}

/// Where a cause stands in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// It explains failures.
    Failure,
    /// It is seen over many connections, on episodes.
    Pattern,
    /// An ending that is no failure.
    Benign,
}

/// What a cause found in a case.
#[derive(Clone, Debug)]
pub struct Match {
    /// How sure it is.
    pub confidence: Confidence,
    /// The one sentence that tells a person what happened, in the past tense, ending with a full stop.
    pub summary: String,
}

impl Match {
    /// A rule of the kernel or of a protocol forces it.
    pub fn certain(summary: String) -> Match {
        Match { confidence: Confidence::Certain, summary }
    }

    /// The packets speak for it.
    pub fn likely(summary: String) -> Match {
        Match { confidence: Confidence::Likely, summary }
    }

    /// The packets allow it.
    pub fn possible(summary: String) -> Match {
        Match { confidence: Confidence::Possible, summary }
    }

    /// The RST says itself why it was sent, which is worth more than what may be inferred.
    pub fn yield_to(&mut self, reason: &str) {
        self.summary.push_str(&format!(" The RST itself says: {reason}."));
        if self.confidence == Confidence::Likely {
            self.confidence = Confidence::Possible;
        }
    }
}

/// A cause of failures, or a benign ending.
#[derive(Debug)]
pub struct Cause {
    /// The id in JSON, of `tcpwhy explain`, and the name of its file.
    pub id: &'static str,
    /// Does it explain failures, or is it a pattern or a benign ending?
    pub group: Group,
    /// The kinds of failure that it can explain; none for benign endings and patterns.
    pub kinds: &'static [Kind],
    /// What happened, as a short heading.
    pub title: &'static str,
    /// What is seen in the packets.
    pub seen: &'static str,
    /// Why it happens: the mechanism, and the usual reasons.
    pub why: &'static str,
    /// What it is often mistaken for, and how to tell them apart.
    pub is_not: &'static str,
    /// Packet lines that show it; the tests run them. Empty only for patterns over many connections and for
    /// `unexplained`, which has no packets of its own.
    pub example: &'static str,
    /// What to do.
    pub remedy: Remedy,
    /// The settings that matter for it, the most likely ones first.
    pub settings: &'static [Setting],
    /// Does it explain this case?
    pub detect: fn(&Case<'_>) -> Option<Match>,
}

/// Every cause, in the order of the documentation. Within a kind the more special ones stand first.
pub static ALL: &[&Cause] = &[
    &service_stopped::CAUSE,
    &rejected_by_policy::CAUSE,
    &no_listener::CAUSE,
    &forged_reset::CAUSE,
    &conntrack_invalid::CAUSE,
    &tls_failure::CAUSE,
    &wrong_protocol::CAUSE,
    &backlog_overflow::CAUSE,
    &keepalive_race::CAUSE,
    &idle_expired::CAUSE,
    &peer_forgot_connection::CAUSE,
    &health_check::CAUSE,
    &client_gave_up::CAUSE,
    &server_deadline::CAUSE,
    &unread_data::CAUSE,
    &abortive_close::CAUSE,
    &stale_connection::CAUSE,
    &peer_closed::CAUSE,
    &half_open_scan::CAUSE,
    &connect_cancelled::CAUSE,
    &mtu_blackhole::CAUSE,
    &reader_stalled::CAUSE,
    &keepalive_unanswered::CAUSE,
    &return_path_lost::CAUSE,
    &peer_vanished::CAUSE,
    &syn_unanswered::CAUSE,
    &host_unreachable::CAUSE,
    &net_unreachable::CAUSE,
    &port_scan::CAUSE,
    &retry_storm::CAUSE,
    &benign_tail::CAUSE,
    &port_reuse::CAUSE,
    &ignored_reset::CAUSE,
    &half_close::CAUSE,
    &unexplained::CAUSE,
];

/// The cause with this id (`-` may stand for `_`).
pub fn find(id: &str) -> Option<&'static Cause> {
    let id = id.replace('-', "_");
    ALL.iter().copied().find(|cause| cause.id == id)
}

/// The `detect` of a cause that never explains a case by itself.
pub fn undecided(_: &Case<'_>) -> Option<Match> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const CONTRACT: [&str; 35] = [
        "no_listener",
        "service_stopped",
        "rejected_by_policy",
        "unread_data",
        "abortive_close",
        "keepalive_race",
        "idle_expired",
        "peer_forgot_connection",
        "forged_reset",
        "backlog_overflow",
        "client_gave_up",
        "server_deadline",
        "tls_failure",
        "wrong_protocol",
        "conntrack_invalid",
        "peer_closed",
        "stale_connection",
        "health_check",
        "half_open_scan",
        "connect_cancelled",
        "syn_unanswered",
        "return_path_lost",
        "peer_vanished",
        "keepalive_unanswered",
        "mtu_blackhole",
        "reader_stalled",
        "host_unreachable",
        "net_unreachable",
        "port_scan",
        "retry_storm",
        "benign_tail",
        "port_reuse",
        "ignored_reset",
        "half_close",
        "unexplained",
    ];

    #[test]
    fn every_promised_cause_is_there_once() {
        let listed: Vec<&str> = ALL.iter().map(|cause| cause.id).collect();
        let unique: BTreeSet<&str> = listed.iter().copied().collect();
        assert_eq!(listed.len(), unique.len());
        assert_eq!(unique, BTreeSet::from(CONTRACT));
    }

    #[test]
    fn ids_are_the_names_of_the_files() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes");
        for cause in ALL {
            let file = folder.join(cause.id).with_extension("rs");
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(text.contains(&format!("id: \"{}\"", cause.id)), "{} is not in {}", cause.id, file.display());
        }
    }

    /// Every text of a cause, with a word that says which.
    fn texts(cause: &Cause) -> Vec<(&'static str, &'static str)> {
        let mut texts = vec![
            ("title", cause.title),
            ("seen", cause.seen),
            ("why", cause.why),
            ("is_not", cause.is_not),
            ("fix", cause.remedy.title),
        ];
        texts.extend(cause.remedy.steps.iter().map(|step| ("step", *step)));
        texts.extend(cause.remedy.commands.iter().map(|command| ("command", *command)));
        texts
    }

    #[test]
    fn no_text_is_empty_or_has_odd_spaces_or_unknown_placeholders() {
        for cause in ALL {
            for (which, text) in texts(cause) {
                assert!(!text.trim().is_empty(), "{} {which}", cause.id);
                assert!(!text.contains('\t') && !text.contains("  "), "{} {which}: {text}", cause.id);
                assert_eq!(text, text.trim(), "{} {which}", cause.id);
                let known = [
                    "{server.ip}",
                    "{server.port}",
                    "{client.ip}",
                    "{client.port}",
                    "{peer.ip}",
                    "{peer.port}",
                    "{failed.ip}",
                ];
                let rest = known.iter().fold(text.to_string(), |text, name| text.replace(name, ""));
                // awk and nginx have braces of their own.
                let rest =
                    rest.replace("{print $1}", "").replace("upstream {}", "").replace("({ ", "").replace(" })", "");
                assert!(!rest.contains(['{', '}']), "{} {which}: {text}", cause.id);
            }
            assert!(!cause.remedy.steps.is_empty(), "{}", cause.id);
            for step in cause.remedy.steps.iter().chain([&cause.seen, &cause.why, &cause.is_not]) {
                assert!(step.ends_with(['.', '?', '!']), "{}: {step}", cause.id);
            }
            for title in [cause.title, cause.remedy.title] {
                assert!(!title.ends_with('.') && !title.contains('\n'), "{}: {title}", cause.id);
            }
        }
    }

    #[test]
    fn settings_have_a_program_and_a_name() {
        for cause in ALL {
            for setting in cause.settings {
                assert!(!setting.program.is_empty() && !setting.name.is_empty(), "{}", cause.id);
                assert!(!setting.default.is_empty() || !setting.advice.is_empty(), "{}: {}", cause.id, setting.name);
            }
        }
    }

    #[test]
    fn only_patterns_and_the_fallback_have_no_packets() {
        for cause in ALL {
            let none = cause.group == Group::Pattern || cause.id == "unexplained";
            assert_eq!(cause.example.is_empty(), none, "{}", cause.id);
            for line in cause.example.lines() {
                assert!(line.len() <= 78, "{}: {line}", cause.id);
                let plain =
                    line.strip_prefix('[').and_then(|line| line.split_once("] ")).map_or(line, |(_, rest)| rest);
                assert!(plain.starts_with(['+', '/', 'w']), "{}: {line}", cause.id);
            }
        }
    }

    #[test]
    fn kinds_agree_with_groups() {
        for cause in ALL {
            assert_eq!(cause.kinds.is_empty(), cause.group != Group::Failure, "{}", cause.id);
        }
    }

    #[test]
    fn every_cause_that_a_text_points_to_exists() {
        for cause in ALL {
            for (_, text) in texts(cause) {
                for word in text.split('`').skip(1).step_by(2) {
                    let id = word.strip_prefix("tcpwhy explain ").unwrap_or(word);
                    let looks_like_one = id.contains('_') && id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                    assert!(!looks_like_one || find(id).is_some(), "{} points to {id}", cause.id);
                }
            }
        }
    }
}
