//! A model of two hosts that talk without fault: what a capture between them shows, with packets that are lost on
//! either side of it and sent again.

mod wire;

use proptest::collection::vec;
use proptest::prelude::*;
use tcpwhy::decode::Flags;
use tcpwhy::notation::{Direction, Event, IcmpKind, IcmpLine, Script, SegmentLine, Step};
use tcpwhy::time::{MILLISECOND, SECOND};
use tcpwhy::track::kernel::Kind;
use wire::Wire;

const CLIENT: usize = 0;
const SERVER: usize = 1;

/// How one sending, or its answer, is lost.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// The segment is lost before it is captured.
    Before,
    /// The segment is captured, and lost then.
    After,
    /// It arrives; the acknowledgment is lost before it is captured.
    AnswerBefore,
    /// It arrives; the acknowledgment is captured, and lost then.
    AnswerAfter,
}

/// What the applications do, one after the other.
#[derive(Clone, Debug)]
pub enum Act {
    /// An end sends so many bytes; each segment has its losses.
    Send(usize, u16, Vec<Loss>),
    /// Nothing happens for so many seconds.
    Idle(u16),
    /// An end asks whether the other is alive; the first probe may be lost.
    KeepAlive(usize, Vec<Loss>),
    /// An end sends; the other one's window closes, is probed so often, and opens.
    ZeroWindow(usize, u8),
    /// An end sends; something on the way says that nobody is there, so often; then it arrives.
    SoftError(usize, u8),
}

/// A whole conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    syn: Vec<Loss>,
    acts: Vec<Act>,
    /// Who closes first, what the other end still sends then, and what is lost of the FINs; `None` leaves it open.
    close: Option<(usize, u16, Vec<Loss>, Vec<Loss>)>,
    /// How the close ends.
    last: Last,
}

/// What closes a conversation.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// The second FIN.
    Fin,
    /// A RST of this end behind both FINs.
    Reset(usize),
    /// A RST in place of the second FIN, if nothing was sent behind the first.
    ResetOnly,
    /// The second FIN, repeated in vain: whoever sent the first is gone.
    FinInVain,
}

fn losses(most: usize) -> impl Strategy<Value = Vec<Loss>> {
    let loss = prop_oneof![Just(Loss::Before), Just(Loss::After), Just(Loss::AnswerBefore), Just(Loss::AnswerAfter)];
    prop_oneof![3 => Just(Vec::new()), 1 => vec(loss, 0..=most)]
}

fn act() -> impl Strategy<Value = Act> {
    let side = CLIENT..=SERVER;
    prop_oneof![
        6 => (side.clone(), 1u16..4000, losses(3)).prop_map(|(side, length, losses)| Act::Send(side, length, losses)),
        2 => (1u16..4000).prop_map(Act::Idle),
        1 => (side.clone(), losses(1)).prop_map(|(side, losses)| Act::KeepAlive(side, losses)),
        1 => (side.clone(), 0u8..5).prop_map(|(side, probes)| Act::ZeroWindow(side, probes)),
        1 => (side, 1u8..4).prop_map(|(side, errors)| Act::SoftError(side, errors)),
    ]
}

/// Any conversation that ends well.
pub fn conversation() -> impl Strategy<Value = Conversation> {
    let close = (CLIENT..=SERVER, prop_oneof![Just(0u16), 1u16..3000], losses(3), losses(3));
    let last = prop_oneof![
        3 => Just(Last::Fin),
        1 => (CLIENT..=SERVER).prop_map(Last::Reset),
        1 => Just(Last::ResetOnly),
        1 => Just(Last::FinInVain),
    ];
    (losses(2), vec(act(), 0..8), proptest::option::weighted(0.8, close), last)
        .prop_map(|(syn, acts, close, last)| Conversation { syn, acts, close, last })
}

/// How a conversation breaks off.
#[derive(Clone, Copy, Debug)]
pub enum Break {
    /// An end aborts: its RST acknowledges all that came.
    Abort(usize),
    /// The same, and the RST gets lost behind the capture: so many milliseconds later the other end sends, and meets no
    /// socket.
    AbortLost(usize, u16),
    /// An end closes, the other sends once more, and is told by a RST that nobody is there.
    Closed(usize),
    /// An end sends, and again, and nobody answers any more.
    Silence(usize),
    /// The same, and an ICMP error says each time why.
    SilenceAndErrors(usize),
    /// An end's host has forgotten the connection, and says so when the other end sends.
    Forgotten(usize),
    /// An end closes its sending side, reads on, and aborts then.
    ClosedAndAborts(usize),
    /// An end closes its sending side and reads on; the other one aborts in the middle of its answer.
    AnswerAborts(usize),
    /// An end asks whether the other is alive until it gives up, with a RST or without a word.
    KeepAlive(usize, bool),
    /// An end waits for room that there never is.
    ZeroWindow(usize),
    /// The same, and its probes are not answered.
    ZeroWindowSilent(usize),
    /// Nobody listens.
    Refused,
    /// Something on the way says that nobody is there, by this ICMP error.
    Icmp(&'static str),
    /// Nothing answers the SYN.
    Unanswered,
    /// The SYN is answered, and the answer does not come.
    AnswerLost,
    /// The client aborts before it said anything, in the middle of the handshake or behind it.
    Cancelled(bool),
}

impl Break {
    /// Which failure it is.
    pub fn kind(self) -> Kind {
        match self {
            Break::Abort(_) | Break::AbortLost(..) | Break::Forgotten(_) | Break::AnswerAborts(_) => Kind::Reset,
            Break::Closed(_) | Break::ClosedAndAborts(_) => Kind::BrokenPipe,
            Break::Silence(_) | Break::KeepAlive(..) | Break::ZeroWindow(_) | Break::ZeroWindowSilent(_) => {
                Kind::TimedOut
            }
            Break::Unanswered | Break::AnswerLost => Kind::TimedOut,
            Break::Refused | Break::Icmp("unreachable-port") => Kind::Refused,
            Break::Icmp(_) | Break::SilenceAndErrors(_) => Kind::Unreachable,
            Break::Cancelled(_) => Kind::Aborted,
        }
    }
}

/// Any conversation in which both ends said something, and how it breaks off; or how it does not come about.
pub fn broken_conversation() -> impl Strategy<Value = (Conversation, Break)> {
    let side = || CLIENT..=SERVER;
    let errors = vec!["unreachable-port", "unreachable-host", "unreachable-net", "admin-prohibited"];
    let end = prop_oneof![
        2 => side().prop_map(Break::Abort),
        2 => (side(), 1u16..3000).prop_map(|(side, wait)| Break::AbortLost(side, wait)),
        2 => side().prop_map(Break::Closed),
        2 => side().prop_map(Break::Silence),
        1 => side().prop_map(Break::SilenceAndErrors),
        2 => side().prop_map(Break::Forgotten),
        2 => side().prop_map(Break::ClosedAndAborts),
        2 => side().prop_map(Break::AnswerAborts),
        2 => (side(), any::<bool>()).prop_map(|(side, reset)| Break::KeepAlive(side, reset)),
        1 => side().prop_map(Break::ZeroWindow),
        1 => side().prop_map(Break::ZeroWindowSilent),
        1 => Just(Break::Refused),
        1 => proptest::sample::select(errors).prop_map(Break::Icmp),
        1 => Just(Break::Unanswered),
        1 => Just(Break::AnswerLost),
        1 => any::<bool>().prop_map(Break::Cancelled),
    ];
    (losses(2), vec(act(), 0..6), end).prop_map(|(syn, mut acts, end)| {
        acts.push(Act::Send(CLIENT, 100, Vec::new()));
        acts.push(Act::Send(SERVER, 100, Vec::new()));
        (Conversation { syn, acts, close: None, last: Last::Fin }, end)
    })
}

impl Conversation {
    /// What is captured of it where it breaks off so.
    pub fn broken_script(&self, end: Break) -> Script {
        let mut wire = match end {
            Break::Refused | Break::Icmp(_) | Break::Unanswered | Break::AnswerLost | Break::Cancelled(_) => {
                self.attempt()
            }
            _ => self.wire(),
        };
        match end {
            Break::Abort(side) => {
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST | Flags::ACK, wire.next[side], 0);
            }
            Break::AbortLost(side, wait) => {
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST | Flags::ACK, wire.next[side], 0);
                wire.after += u64::from(wait) * MILLISECOND;
                wire.capture(1 - side, Flags::ACK | Flags::PSH, wire.next[1 - side], 50);
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST, wire.next[side], 0);
            }
            Break::Closed(side) => {
                wire.transmit(side, Flags::ACK | Flags::FIN, 0, &[]);
                wire.after += SECOND;
                wire.capture(1 - side, Flags::ACK | Flags::PSH, wire.next[1 - side], 50);
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST, wire.next[side], 0);
            }
            Break::Silence(side) => {
                let mut timeout = SECOND / 5;
                for _ in 0..8 {
                    wire.after += timeout;
                    timeout *= 2;
                    wire.capture(side, Flags::ACK | Flags::PSH, wire.next[side], 50);
                }
            }
            Break::SilenceAndErrors(side) => wire.meet_errors(side, 8),
            Break::Forgotten(side) => {
                wire.after += SECOND;
                wire.capture(1 - side, Flags::ACK | Flags::PSH, wire.next[1 - side], 50);
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST, wire.next[side], 0);
            }
            Break::ClosedAndAborts(side) => {
                wire.transmit(side, Flags::ACK | Flags::FIN, 0, &[]);
                wire.send(1 - side, 3000, &[]);
                wire.after += MILLISECOND;
                wire.capture(side, Flags::RST | Flags::ACK, wire.next[side], 0);
            }
            Break::AnswerAborts(side) => {
                wire.transmit(side, Flags::ACK | Flags::FIN, 0, &[]);
                wire.send(1 - side, 3000, &[]);
                wire.after += MILLISECOND;
                wire.capture(1 - side, Flags::RST | Flags::ACK, wire.next[1 - side], 0);
            }
            Break::KeepAlive(side, reset) => {
                for _ in 0..9 {
                    wire.after += 75 * SECOND;
                    wire.capture(side, Flags::ACK, wire.next[side] - 1, 0);
                }
                if reset {
                    wire.after += 75 * SECOND;
                    wire.capture(side, Flags::RST | Flags::ACK, wire.next[side], 0);
                }
            }
            Break::ZeroWindow(side) => wire.no_room(side, 8, true),
            Break::ZeroWindowSilent(side) => wire.no_room(side, 8, false),
            Break::Refused => wire.capture(SERVER, Flags::RST | Flags::ACK, 0, 0),
            Break::Icmp(error) => wire.icmp(CLIENT, error, Flags::SYN, 0, 0),
            Break::Unanswered | Break::AnswerLost => {
                let mut timeout = SECOND;
                for _ in 0..6 {
                    if matches!(end, Break::AnswerLost) {
                        wire.capture(SERVER, Flags::SYN | Flags::ACK, 0, 0);
                    }
                    wire.after += timeout;
                    timeout *= 2;
                    wire.capture(CLIENT, Flags::SYN, 0, 0);
                    wire.after += MILLISECOND;
                }
            }
            Break::Cancelled(opened) => {
                wire.capture(SERVER, Flags::SYN | Flags::ACK, 0, 0);
                wire.next[SERVER] = 1;
                if opened {
                    wire.acknowledge(CLIENT);
                }
                wire.after += MILLISECOND;
                wire.capture(CLIENT, Flags::RST | if opened { Flags::ACK } else { 0 }, 1, 0);
            }
        }
        wire.end(200)
    }

    /// What is captured of it.
    pub fn script(&self) -> Script {
        let mut wire = self.wire();
        if let Some((first, rest, losses, last_losses)) = &self.close {
            wire.transmit(*first, Flags::ACK | Flags::FIN, 0, losses);
            if *rest > 0 {
                wire.send(1 - first, *rest, &[]);
            }
            let second = 1 - first;
            match self.last {
                Last::ResetOnly if *rest == 0 => {
                    wire.after += MILLISECOND;
                    wire.capture(second, Flags::RST | Flags::ACK, wire.next[second], 0);
                }
                Last::FinInVain => {
                    let mut timeout = SECOND / 5;
                    for _ in 0..8 {
                        wire.capture(second, Flags::ACK | Flags::FIN, wire.next[second], 0);
                        wire.after += timeout;
                        timeout *= 2;
                    }
                }
                Last::Reset(side) => {
                    wire.transmit(second, Flags::ACK | Flags::FIN, 0, last_losses);
                    wire.after += MILLISECOND;
                    wire.capture(side, Flags::RST | Flags::ACK, wire.next[side], 0);
                }
                Last::Fin | Last::ResetOnly => wire.transmit(second, Flags::ACK | Flags::FIN, 0, last_losses),
            }
        }
        wire.end(30)
    }

    /// A SYN, after some that were lost on their way there.
    fn attempt(&self) -> Wire {
        let mut wire = Wire::default();
        let mut wait = SECOND;
        for loss in &self.syn {
            if !matches!(loss, Loss::Before) {
                wire.capture(CLIENT, Flags::SYN, 0, 0);
            }
            wire.after += wait;
            wait *= 2;
        }
        wire.capture(CLIENT, Flags::SYN, 0, 0);
        wire.next[CLIENT] = 1;
        wire.after += MILLISECOND;
        wire
    }

    /// The capture before anybody closes.
    fn wire(&self) -> Wire {
        let mut wire = Wire::default();
        wire.handshake(&self.syn);
        for act in &self.acts {
            match act {
                Act::Send(side, length, losses) => wire.send(*side, *length, losses),
                Act::Idle(seconds) => wire.after += u64::from(*seconds) * SECOND,
                Act::KeepAlive(side, losses) => wire.keep_alive(*side, losses),
                Act::ZeroWindow(side, probes) => wire.zero_window(*side, *probes),
                Act::SoftError(side, errors) => wire.soft_errors(*side, *errors),
            }
        }
        wire
    }
}
