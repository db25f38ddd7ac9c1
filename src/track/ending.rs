//! How connections end.

use super::connection::SERVER;
use super::kernel::{Errno, Kind};

/// How a connection ended, or why it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// An application got an error.
    Failure(Failure),
    /// Something that looks like one and is none.
    Benign(Benign),
    /// The capture cannot tell.
    Undecided(Doubt),
    /// Nothing worth a word.
    Quiet,
}

impl Ending {
    /// Are this one and that of the server's side of an address translation failures of one kind, or no failures for the same
    /// reason? Where each side has an error for the other side's end alone, packets are missing, and nobody would get one.
    pub fn is_like(&self, at_server: &Ending) -> bool {
        match (self, at_server) {
            (Ending::Failure(one), Ending::Failure(at_server)) => {
                let crossed = matches!((one.errno, at_server.errno), ([None, Some(_)], [Some(_), None]));
                one.kind == at_server.kind && !crossed
            }
            _ => self == at_server,
        }
    }

    /// Does the server get no error by this one, as the client's side of an address translation shows it, and gets one by the
    /// server's side?
    pub fn spares_the_server(&self, at_server: &Ending) -> bool {
        match (self, at_server) {
            (Ending::Failure(one), Ending::Failure(at_server)) => {
                one.errno[SERVER].is_none() && at_server.errno[SERVER].is_some()
            }
            _ => false,
        }
    }

    /// This ending, with what the application of one end got by the side of an address translation that faces it: what was made in
    /// between for the other end never came to it.
    pub fn with_errno(mut self, side: usize, facing: &Ending) -> Ending {
        if let (Ending::Failure(failure), Ending::Failure(facing)) = (&mut self, facing) {
            failure.errno[side] = facing.errno[side];
        }
        self
    }
}

/// An error that an application got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub kind: Kind,
    /// What the client's and the server's application got.
    pub errno: [Option<Errno>; 2],
    /// The end that it happened to.
    pub victim: usize,
    /// By what.
    pub by: By,
}

/// What brought a failure about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A RST.
    Reset,
    /// An ICMP error.
    Icmp,
    /// Silence.
    Silence,
}

/// Endings that look like failures and are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benign {
    /// A RST that no application sees: both ends had finished.
    Tail,
    /// A new connection on the ports of an old one.
    PortReuse,
    /// A RST that its receiver did not accept.
    IgnoredReset,
    /// One end had shut down its sending side and went on reading.
    HalfClose,
}

impl Benign {
    /// All of them.
    pub const ALL: [Benign; 4] = [Benign::Tail, Benign::PortReuse, Benign::IgnoredReset, Benign::HalfClose];

    /// Its cause id.
    pub fn id(self) -> &'static str {
        match self {
            Benign::Tail => "benign_tail",
            Benign::PortReuse => "port_reuse",
            Benign::IgnoredReset => "ignored_reset",
            Benign::HalfClose => "half_close",
        }
    }
}

/// Why a capture cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The capture began after the connection, and what was before it matters.
    BeganLate,
    /// Only one direction was captured.
    OneDirection,
    /// A RST whose sequence number does not fit what was captured.
    OddReset,
    /// Something was unanswered when the capture ended.
    EndedEarly,
    /// Nothing was seen but a SYN, not repeated as a kernel does: the capture may have missed that, or the answer.
    Unanswered,
    /// The server repeated its SYN-ACK, and the client said nothing more: it went away, never asked (a flood in others' names),
    /// or what it said was lost.
    HalfOpen,
    /// The snaplen cut what would tell.
    CutShort,
    /// Packets are missing from the capture before the end, a FIN perhaps among them, or all payload.
    Hole,
    /// One path of several (MPTCP) failed, of which the application need not hear.
    Multipath,
    /// The server repeated its SYN-ACK: whether it had a socket when the client's RST came does not show.
    HalfAccepted,
    /// An end had sent its FIN when the RST came: whether its application had closed the socket, or had only ended its
    /// sending and still read, does not show.
    HalfClosed,
    /// An end that was sending was reset behind a FIN, and all that came was acknowledged: whether it had more to send, which
    /// fails, does not show.
    MoreToSend,
    /// A request was acknowledged, and an end closed without an answer to it: no call failed, but whoever waited for the answer
    /// may have failed without one.
    NoAnswer,
    /// The server closed in the middle of an answer, by the length that this says of itself: as above.
    AnswerCut,
    /// An end had closed right behind its last payload, and nothing acknowledged that, however often its host repeated it: no call
    /// failed, but it was probably lost.
    Unacknowledged,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Doubt; 15] = [
        Doubt::BeganLate,
        Doubt::OneDirection,
        Doubt::OddReset,
        Doubt::EndedEarly,
        Doubt::Unanswered,
        Doubt::HalfOpen,
        Doubt::CutShort,
        Doubt::Hole,
        Doubt::Multipath,
        Doubt::HalfAccepted,
        Doubt::HalfClosed,
        Doubt::MoreToSend,
        Doubt::NoAnswer,
        Doubt::AnswerCut,
        Doubt::Unacknowledged,
    ];

    /// Are such endings counted at the end, and none of them listed? A flood has millions of them.
    pub fn is_only_counted(self) -> bool {
        matches!(self, Doubt::Unanswered | Doubt::HalfOpen)
    }

    /// Was the connection closed in place of an answer, or in the middle of one?
    pub fn is_about_a_request(self) -> bool {
        matches!(self, Doubt::NoAnswer | Doubt::AnswerCut)
    }

    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Doubt::BeganLate => "began_late",
            Doubt::OneDirection => "one_direction",
            Doubt::OddReset => "odd_reset",
            Doubt::EndedEarly => "ended_early",
            Doubt::Unanswered => "unanswered",
            Doubt::HalfOpen => "half_open",
            Doubt::CutShort => "cut_short",
            Doubt::Hole => "hole",
            Doubt::Multipath => "multipath",
            Doubt::HalfAccepted => "half_accepted",
            Doubt::HalfClosed => "half_closed",
            Doubt::MoreToSend => "more_to_send",
            Doubt::NoAnswer => "no_answer",
            Doubt::AnswerCut => "answer_cut",
            Doubt::Unacknowledged => "unacknowledged",
        }
    }
}
