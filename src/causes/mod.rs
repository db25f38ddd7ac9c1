//! The catalogue of causes: one file each, all of them in [`ALL`].
//!
//! A cause says what is seen, why it happens, what it is not and what to do, and it carries an example as packet
//! lines (see `notation`) that the tests run: the example must yield its own cause.

pub use clues::{device_timer, timer_hint};

use crate::diagnose::Case;
use crate::track::kernel::Kind;

pub mod abortive_close;
pub mod backlog_overflow;
pub mod benign_tail;
pub mod client_gave_up;
mod clues;
pub mod connect_cancelled;
pub mod conntrack_invalid;
pub mod doubts;
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
    /// Who captures: the packets at hand do not tell.
    Capture,
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
            Owner::Capture => "capture",
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

/// What keeps connections that nobody has accepted yet from being reset with their listener.
const MIGRATE_REQUESTS: Setting = Setting {
    program: "Linux",
    name: "net.ipv4.tcp_migrate_req",
    default: "0",
    advice: "1 moves the queue of a closed listener to another listener in its SO_REUSEPORT group (since 5.14)",
};

/// What makes sshd close with a client's banner unread.
const MAX_STARTUPS: Setting = Setting {
    program: "sshd",
    name: "MaxStartups",
    default: "10:30:100",
    advice: "refuses a client while too many others log in, and closes without reading the client's banner",
};

/// Where a cause stands in the catalogue, the ones that give way to others first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// An ending that is no failure.
    Benign,
    /// It is seen over many connections, on episodes.
    Pattern,
    /// It explains failures that no other cause explains.
    LastResort,
    /// It explains failures.
    Failure,
    /// It explains failures, and where it may be, no other cause is believed that is not certain.
    Foremost,
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
    /// Does it explain failures, and before which others, or is it a pattern or a benign ending?
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
#[path = "catalogue_tests.rs"]
mod tests;
