//! The catalogue of causes: one file each, all of them in [`ALL`].
//!
//! A cause says what is seen, why it happens, what it is not and what to do, and it carries an example as packet
//! lines (see `notation`) that the tests run: the example must yield its own cause.

use crate::diagnose::Case;
use crate::track::kernel::Kind;

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
}

impl Owner {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Owner::Client => "client",
            Owner::Server => "server",
            Owner::Network => "network",
            Owner::Nobody => "nobody",
        }
    }
}

/// What to do. The texts may hold `{client.ip}`, `{client.port}`, `{server.ip}` and `{server.port}`, which the report
/// fills in.
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

/// What a cause found in a case.
#[derive(Clone, Debug)]
pub struct Match {
    /// How sure it is.
    pub confidence: Confidence,
    /// The one sentence that tells a person what happened, in the past tense, ending with a full stop.
    pub summary: String,
}

/// A cause of failures, or a benign ending.
#[derive(Debug)]
pub struct Cause {
    /// The id in JSON, of `tcpwhy explain`, and the name of its file.
    pub id: &'static str,
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
    /// Packet lines that show it; the tests run them. Empty only for patterns over many connections.
    pub example: &'static str,
    /// What to do.
    pub remedy: Remedy,
    /// Does it explain this case?
    pub detect: fn(&Case<'_>) -> Option<Match>,
}

/// Every cause, in the order of the documentation. Within a kind the more special ones stand first.
pub static ALL: &[&Cause] = &[];

/// The cause with this id (`-` may stand for `_`).
pub fn find(id: &str) -> Option<&'static Cause> {
    let id = id.replace('-', "_");
    ALL.iter().copied().find(|cause| cause.id == id)
}
