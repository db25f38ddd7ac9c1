//! What a segment does to the picture of its connection. Each handler changes the picture and says what is to be
//! done next; none of them looks at a clock or gives a verdict.
mod acceptance;
mod acknowledgment;
mod far;
mod handshake;
mod icmp;
mod reset;
mod retransmission;
mod segment;
mod window;

pub use handshake::{offers, on_syn, on_syn_ack, refused_before_its_answer_came};
pub use icmp::{is_about_the_other_syn, on_icmp_error};
use reset::closed;
pub use reset::{note_copy, on_reset};
use retransmission::{gives_up, repeat};
pub use segment::{gap, note_data, on_segment, quiet};

use super::connection::{CLIENT, Connection, Half, Mark, SERVER, other};
use super::story::{Event, Repeated, Silence, What};
use crate::decode::{Flags, Segment, Signs, TcpOption, options};
use crate::time::{MILLISECOND, SECOND};

/// What the tracker has to do after a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// A verdict may be due: look again when the time of grace has passed.
    pub grace: bool,
    /// Something is repeated: look again when the next repetition is overdue.
    pub deadline: bool,
    /// The connection is over, and a new one begins on its 4-tuple: with this segment, or with the SYN told in
    /// [`super::story::Story::other_syn`].
    pub restart: Option<Restart>,
    /// Both ends closed and acknowledged.
    pub closed: bool,
    /// The server answered a SYN.
    pub answered: bool,
    /// The client completed the handshake.
    pub connected: bool,
    /// A message begins: its first bytes are worth keeping.
    pub message: bool,
    /// So many bytes of the other end are acknowledged that the capture has not shown.
    pub unseen: u32,
    /// So many bytes are shown that were acknowledged before.
    pub shown_late: u32,
}

impl Next {
    /// Another connection begins.
    fn restart(restart: Restart) -> Next {
        Next { restart: Some(restart), ..Next::default() }
    }

    /// Is there nothing to be done?
    pub fn is_quiet(self) -> bool {
        let Next { message, unseen, shown_late, .. } = self;
        self == Next { message, unseen, shown_late, ..Next::default() }
    }
}

/// With what a new connection on a used 4-tuple begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// With the segment at hand.
    Here,
    /// With the SYN seen before.
    AtOtherSyn,
}

/// Segments of one sender that lie closer together than this are reordered or resent at once, not sent again because
/// an answer stayed out: no stack waits less before it retransmits by timer.
const REORDERED_WITHIN: u64 = 10 * MILLISECOND;

/// The default TCP_RTO_MIN (routes with `rto_min` lower it).
const RTO_MIN: u64 = 200 * MILLISECOND;

/// No system repeats its SYN or SYN-ACK sooner by timer (RFC 6298, section 2.1; `TCP_TIMEOUT_INIT` is a second, and timers are a
/// little early at times).
pub const SHORTEST_SYN_TIMEOUT: u64 = SECOND * 9 / 10;

/// Two captures of one path, or two queues of a card, may swap segments that lie this close together.
pub const SWAPPED: u64 = 50 * MILLISECOND;

/// No timeout of payload comes sooner (TCP_RTO_MIN is 200 ms, and its timer ticks).
pub const RTO_MIN_EARLY: u64 = 150 * MILLISECOND;

/// Probes are never closer. Those of a window: `tcp_probe0_base()` is TCP_RTO_MIN at least. Those that keep alive may be
/// a few hundred milliseconds apart, for other systems do not count their intervals in whole seconds.
const SHORTEST_PROBE: u64 = RTO_MIN_EARLY;

/// The shortest TCP_KEEPINTVL is a second, and timers are a little early at times.
const SHORTEST_KEEPALIVE: u64 = SECOND * 9 / 10;

/// May this be the TTL of a packet of Windows, which begins at 128? No other system sends a SYN again that was refused: twice, after
/// half a second each.
pub fn may_be_of_windows(ttl: u8) -> bool {
    (65..=128).contains(&ttl)
}

/// Sequence numbers further ahead than this cannot be explained by segments that the capture lost.
const FAR: u32 = 1 << 26;

/// How far a segment reaches in sequence space.
pub fn reach(segment: &Segment) -> u32 {
    segment.payload_length + u32::from(segment.flags.has(Flags::SYN)) + u32::from(segment.flags.has(Flags::FIN))
}

/// An event about `segment` with numbers relative to both ISNs.
pub fn event(connection: &Connection, from: usize, segment: &Segment, what: What) -> Event {
    let (sender, receiver) = (&connection.half[from], &connection.half[other(from)]);
    let isn = if sender.has(Half::SEQUENCE) { sender.isn } else { segment.sequence };
    let relative_ack = |ack: u32| if receiver.has(Half::SEQUENCE) { ack.wrapping_sub(receiver.isn) } else { ack };
    Event {
        mark: Mark::of(segment),
        from,
        what,
        flags: segment.flags.0,
        sequence: segment.sequence.wrapping_sub(isn),
        length: segment.payload_length,
        acknowledgment: segment.flags.has(Flags::ACK).then(|| relative_ack(segment.acknowledgment)),
    }
}

fn tell(connection: &mut Connection, from: usize, segment: &Segment, what: What) {
    let event = event(connection, from, segment, what);
    connection.story().tell(event);
}

/// Notes what the options of a segment say of all that its end sends: signatures, and several paths. A SYN only asks for
/// those.
fn note_options(connection: &mut Connection, from: usize, segment: &Segment) {
    let signs = segment.signs;
    let hidden = signs.has(Signs::OPTIONS_HIDDEN);
    // The ACK that ends the handshake has nothing to acknowledge selectively; with several paths it carries both keys (RFC 8684,
    // section 3.1).
    let opens = from == CLIENT && !connection.half[from].has(Half::ACK) && connection.half[SERVER].has(Half::SYN);
    if hidden && (segment.flags.has(Flags::SYN) || opens) {
        connection.story().hidden[from] = true;
    }
    // Who signs signs all, and where there are several paths each payload says where it belongs (RFC 8684, section 3.3); a SYN may
    // have asked for something else. Bare acknowledgments of several paths are as short as time stamps.
    let shown = !signs.has(Signs::OPTIONS_CUT) || !hidden && segment.payload_length > 0;
    let after = !segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::RST);
    if let Some(story) = connection.story.as_mut().filter(|_| shown && after) {
        story.hidden[from] = false;
    }
    if signs.0 & (Signs::SIGNED | Signs::MULTIPATH) == 0 {
        return;
    }
    let asks = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
    let story = connection.story();
    story.signed[from] |= signs.has(Signs::SIGNED);
    story.paths.agreed |= signs.has(Signs::MULTIPATH) && !asks;
    story.paths.joined |= signs.has(Signs::JOIN);
    story.paths.fast_closed |= signs.has(Signs::FAST_CLOSE);
}

/// The right edge of the highest block that a segment acknowledges selectively. A block that came twice lies below, or in the
/// next block (RFC 2883, section 4).
pub fn sacked_by(segment: &Segment, bytes: &[u8]) -> Option<u32> {
    if !segment.signs.has(Signs::SACK) {
        return None;
    }
    let blocks = options(segment.options().of(bytes)).find_map(|option| match option {
        TcpOption::Sack(blocks) => Some(blocks),
        _ => None,
    })?;
    let ahead = |(_, edge): (u32, u32)| edge.wrapping_sub(segment.acknowledgment) as i32;
    blocks.iter().map(ahead).max().map(|ahead| segment.acknowledgment.wrapping_add(ahead as u32))
}

/// Nanoseconds in units of 100, at least one.
pub fn tenth_of_microseconds(nanoseconds: u64) -> u32 {
    u32::try_from(nanoseconds / 100).unwrap_or(u32::MAX).max(1)
}

/// Is this end in SYN_SENT: its SYN was seen, no SYN of the other's, and nothing that it sent after?
fn waits_for_syn_ack(connection: &Connection, side: usize) -> bool {
    let (half, peer) = (&connection.half[side], &connection.half[other(side)]);
    half.has(Half::SYN) && !half.has(Half::ACK) && !peer.has(Half::SYN)
}

/// The client has sent its SYN again after the SYN-ACK was captured, and nothing since: it is in SYN_SENT still.
fn misses_syn_ack(connection: &Connection, side: usize) -> bool {
    let half = &connection.half[side];
    let repeats = |silence: &Silence| silence.what == Repeated::Syn && silence.last.time > connection.answered_at();
    half.has(Half::SYN)
        && !half.has(Half::ACK)
        && connection.story.as_ref().is_some_and(|story| repeats(&story.silence[side]))
}

fn acknowledges_syn(connection: &Connection, side: usize, segment: &Segment) -> bool {
    let half = &connection.half[side];
    let offset = segment.acknowledgment.wrapping_sub(half.isn);
    segment.flags.has(Flags::ACK) && offset >= 1 && offset <= half.next.wrapping_sub(half.isn)
}
