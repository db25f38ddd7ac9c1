//! One connection as the capture shows it: its two ends, and, for those few to which something notable happened, its story.

use super::copies::Last;
pub use super::half::Half;
use super::seq;
use super::story::Story;
use crate::decode::{End, FlowKey, Segment};
use crate::time::{MILLISECOND, SECOND, Time};

/// Index of an end: the one that sent the first SYN, or the likelier one.
pub const CLIENT: usize = 0;
/// Index of the other end.
pub const SERVER: usize = 1;

/// The other end's index.
pub fn other(side: usize) -> usize {
    1 - side
}

/// Where a frame stands, and when it was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub time: Time,
    /// The frame's number in its file (numbers beyond 32 bits are shown as the last).
    pub frame: u32,
    /// Which input, from 0.
    pub input: u8,
}

impl Mark {
    /// Where `segment` stands.
    pub fn of(segment: &Segment) -> Mark {
        Mark { time: segment.time, frame: segment.frame, input: segment.input }
    }

    /// A mark from its parts.
    pub fn at(time: Time, frame: u64, input: u16) -> Mark {
        Mark { time, frame: u32::try_from(frame).unwrap_or(u32::MAX), input: u8::try_from(input).unwrap_or(u8::MAX) }
    }
}

/// What is known of a connection. Only those are kept in this form to which something notable happened; of the others
/// there is a sketch that holds the same.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Connection {
    /// Both ends.
    pub key: FlowKey,
    /// When its first segment was captured.
    pub start: Time,
    /// When its last segment was captured.
    pub last: Time,
    /// What notable happened to it.
    pub story: Option<Box<Story>>,
    /// The first segment's frame.
    pub start_frame: u32,
    /// Silence before the last exchange, in units of 100 µs; the highest number stands for all that is longer.
    pub gap: u32,
    /// From the start to the SYN-ACK, in units of 100 ns; 0 when it was not seen.
    pub syn_ack_after: u32,
    /// From the start to the ACK that ends the handshake, in units of 100 ns; 0 when it was not seen.
    pub ack_after: u32,
    /// The right edge of the highest block that was last acknowledged selectively, by the end that has [`Half::SACKS`].
    pub sacked: u32,
    /// Client and server.
    pub half: [Half; 2],
    /// How often the direction of payload changed.
    pub turns: u16,
    /// Tells timers whether the slot still holds the connection that they were set for.
    pub generation: u16,
    /// Where its sketch is.
    pub(super) home: u32,
    /// The first segment's input.
    pub start_input: u8,
    /// Flags, see the constants.
    pub flags: u8,
    /// The verdict was given: nothing that comes now changes it.
    pub decided: bool,
    /// What is noted beside the verdict: [`Connection::ASKED_AGAIN`], [`Connection::SPARED`].
    pub(super) notes: u8,
}

const _: () = assert!(size_of::<Connection>() <= 192);

impl Connection {
    /// The client is the end that stands first in the key.
    pub const CLIENT_FIRST: u8 = 1;
    /// A SYN or SYN-ACK told who the client is.
    pub const ROLE_KNOWN: u8 = 2;
    /// The last payload came from the server.
    pub const SERVER_SPOKE_LAST: u8 = 4;
    /// IPv6.
    pub const IPV6: u8 = 8;
    /// The slot is in use.
    pub const LIVE: u8 = 16;
    /// Its end is already in the queue of the slots to free.
    pub const LINGERS: u8 = 32;
    /// A connection on the same 4-tuple came before it.
    pub const REUSED: u8 = 64;
    /// The last segment came from the server.
    pub const SERVER_SENT_LAST: u8 = 128;

    /// Beside the verdict: the SYN was repeated and never answered, of a connection whose story was given back.
    const ASKED_AGAIN: u8 = 1;
    /// Beside the verdict: a RST came to an end that had nothing to lose, and has not closed.
    pub(super) const SPARED: u8 = 2;

    /// Is every flag of `flags` set?
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Is it in use, and still for the connection that had this generation?
    pub(super) fn is_in_use(&self, generation: u16) -> bool {
        self.generation == generation && self.has(Connection::LIVE)
    }

    /// Which end sent a segment.
    pub fn side(&self, from_first: bool) -> usize {
        if from_first == self.has(Connection::CLIENT_FIRST) { CLIENT } else { SERVER }
    }

    /// The story, begun if there is none yet.
    pub fn story(&mut self) -> &mut Story {
        self.story.get_or_insert_default()
    }

    /// The client has acknowledged the server's SYN, or the capture began later than that.
    pub fn established(&self) -> bool {
        let [client, server] = &self.half;
        if server.has(Half::SYN) || client.has(Half::SYN) {
            return client.has(Half::ACK);
        }
        client.has(Half::ANY) && server.has(Half::ANY)
    }

    /// When the SYN-ACK came; the start if it was not seen.
    pub fn answered_at(&self) -> Time {
        self.start + u64::from(self.syn_ack_after) * 100
    }

    /// When the handshake ended; the start if that was not seen.
    pub fn opened_at(&self) -> Time {
        self.start + u64::from(self.ack_after) * 100
    }

    /// The round trip of the handshake, nanoseconds; 0 when the capture does not show it.
    pub fn round_trip(&self) -> u64 {
        u64::from(self.ack_after.max(self.syn_ack_after)) * 100
    }

    /// Anything captured within this time after a segment may be the answer to it: two round trips, or what a host takes to answer;
    /// nanoseconds.
    pub fn soon(&self) -> u64 {
        (2 * self.round_trip()).max(20 * MILLISECOND)
    }

    /// A host that sends something this long after a segment was captured had received that segment; nanoseconds.
    pub fn crossing(&self) -> u64 {
        if self.shows_a_round_trip() { 2 * self.round_trip() + 50 * MILLISECOND } else { SECOND }
    }

    /// The same where no round trip shows, of all but the longest paths; nanoseconds.
    pub fn usual_crossing(&self) -> u64 {
        if self.shows_a_round_trip() { self.crossing() } else { 300 * MILLISECOND }
    }

    fn shows_a_round_trip(&self) -> bool {
        self.round_trip() > 0 || self.half.iter().all(|half| half.has(Half::SYN))
    }

    /// Silence before the last exchange, nanoseconds.
    pub fn pause(&self) -> u64 {
        u64::from(self.gap) * 100_000
    }

    /// The SYN was repeated.
    pub fn has_asked_again(&self) -> bool {
        self.notes & Connection::ASKED_AGAIN != 0
            || self.story.as_deref().is_some_and(|story| story.syn_retransmissions > 0)
    }

    /// The server's first SYN-ACK answers a SYN that came again, or it repeats one though the client speaks already, which a server
    /// that waits for that (TCP_DEFER_ACCEPT) does not: as with a full accept queue.
    pub fn is_taken_late(&self) -> bool {
        let story = self.story.as_deref();
        let answered_again = story.is_some_and(|story| story.syn_ack_retransmissions > 0);
        let half_accepted = story.is_some_and(|story| story.half_accepted.is_some());
        self.has_asked_again() && !answered_again || half_accepted && self.half[CLIENT].has(Half::DATA)
    }

    /// Gives back the story, if the verdict was given and nothing asks for more of it than is noted here: a SYN-ACK may still come to
    /// a SYN that was repeated, or to that of the next connection.
    pub(super) fn end_story(&mut self) {
        let answered = self.half[SERVER].has(Half::SEQUENCE);
        let is_over = |story: &Story| {
            let asks =
                answered && story.syn_retransmissions > 0 || story.half_accepted.is_some() || story.other_syn.is_some();
            !asks && story.waits == 0
        };
        if self.decided
            && let Some(story) = self.story.take_if(|story| is_over(story))
        {
            self.notes |= if story.syn_retransmissions > 0 { Connection::ASKED_AGAIN } else { 0 };
        }
    }

    /// No more was said than the server's greeting, or one question and its answer, behind a TLS handshake perhaps, which takes
    /// four turns before TLS 1.3 (RFC 5246 section 7.3).
    pub fn is_one_visit(&self) -> bool {
        let turns = self.turns.saturating_sub(self.said_goodbye(CLIENT).into());
        self.is_greeted() || (2..=6).contains(&turns)
    }

    /// All that `side` has said since it heard the other end is a farewell, to which belongs no answer.
    pub fn said_goodbye(&self, side: usize) -> bool {
        let half = &self.half[side];
        half.has(Half::FAREWELL) && self.has_heard(side) && self.said_since(side) == half.data_length
    }

    /// The server has spoken first, and the client has said nothing.
    pub fn is_greeted(&self) -> bool {
        self.turns == 1 && self.has(Connection::SERVER_SPOKE_LAST)
    }

    /// `tcp_validate_incoming()` accepts a RST at the right edge of the highest block behind a hole, too: is this one such to `side`?
    pub fn is_at_sacked_edge(&self, side: usize, sequence: u32) -> bool {
        let half = &self.half[side];
        half.has(Half::SACKS) && sequence == self.sacked && seq::after(self.sacked, half.ack)
    }

    /// Has every payload byte of `side` been acknowledged by the other end?
    pub fn acknowledged(&self, side: usize) -> bool {
        self.unacknowledged(side) == 0
    }

    /// Payload bytes of `side` that the other end did not acknowledge.
    pub fn unacknowledged(&self, side: usize) -> u32 {
        let (sender, receiver) = (&self.half[side], &self.half[other(side)]);
        if !sender.has(Half::SEQUENCE) || !sender.has(Half::DATA) {
            return 0;
        }
        if !receiver.has(Half::ACK) {
            return sender.bytes() as u32;
        }
        seq::distance(receiver.ack, sender.data_end())
    }

    /// Payload bytes that `side` sent after what the other end had when it sent its own last payload.
    pub fn said_since(&self, side: usize) -> u32 {
        let (half, peer) = (&self.half[side], &self.half[other(side)]);
        let heard = if peer.has(Half::DATA) { peer.data_ack } else { half.isn.wrapping_add(1) };
        seq::distance(heard, half.data_until).max(half.data_length)
    }

    /// Does the last payload of `side` acknowledge some of the other end's last? It is no answer to what its host had not got.
    pub fn has_heard(&self, side: usize) -> bool {
        let (half, peer) = (&self.half[side], &self.half[other(side)]);
        half.has(Half::DATA) && seq::after(half.data_ack, peer.data_until.wrapping_sub(peer.data_length))
    }

    /// How much came to `side` since its last payload: it acknowledged it, though the capture does not show it. A single number
    /// may be a FIN.
    pub fn unseen_answer(&self, side: usize) -> u32 {
        let (half, peer) = (&self.half[side], &self.half[other(side)]);
        let answer = seq::distance(half.data_ack, half.ack);
        if half.has(Half::DATA) && peer.has(Half::ACKED_UNSEEN) && answer > 1 { answer } else { 0 }
    }

    /// How many SYNs or SYN-ACKs of this end the capture shows.
    pub fn syns(&self, side: usize) -> u32 {
        let again =
            |story: &Story| if side == CLIENT { story.syn_retransmissions } else { story.syn_ack_retransmissions };
        u32::from(self.half[side].has(Half::SYN)) + self.story.as_deref().map_or(0, |story| u32::from(again(story)))
    }

    /// Has this end closed its window, and not opened it since?
    pub fn has_closed_window(&self, side: usize) -> bool {
        self.story.as_deref().is_some_and(|story| story.window_closed[side].is_some())
    }

    /// Does the capture show nothing of this end but SYNs or SYN-ACKs, whose windows are not scaled (RFC 7323, section 2.2), and RSTs?
    pub fn has_only_opened(&self, side: usize) -> bool {
        let resets = self.story.as_deref().map_or(0, |story| story.resets[side].into());
        self.half[side].packets <= self.syns(side) + resets
    }

    /// Has payload gone in either direction?
    pub fn has_payload(&self) -> bool {
        self.half.iter().any(|half| half.has(Half::DATA))
    }

    /// Has payload gone in either direction, be it that only the acknowledgments tell of it?
    pub fn was_used(&self) -> bool {
        self.has_payload() || self.half.iter().any(|half| half.bytes() > 0)
    }

    /// Both ends by their addresses, client first. `addresses6` has the IPv6 addresses in the order of the key.
    pub fn ends(&self, addresses6: Option<&Ends6>) -> [End; 2] {
        ends(self.key, self.has(Connection::CLIENT_FIRST), addresses6)
    }

    /// What tells a copy of the last segment of `from`.
    pub(super) fn last_of(&self, from: usize) -> Last {
        let half = &self.half[from];
        Last {
            print: (half.packets > 0).then_some(half.print),
            next: half.next,
            ack: half.ack,
            window: half.window,
            ip_id: half.ip_id,
            spoke_last: self.has(Connection::SERVER_SENT_LAST) == (from == SERVER),
            time: self.last,
        }
    }

    /// `from` sends a segment with this fingerprint.
    pub(super) fn spoke(&mut self, from: usize, print: u16) {
        self.half[from].print = print;
        spoke(&mut self.flags, from);
    }
}

/// Notes in a connection's flags who sent its last segment.
#[inline(always)]
pub(super) fn spoke(flags: &mut u8, from: usize) {
    *flags &= !Connection::SERVER_SENT_LAST;
    if from == SERVER {
        *flags |= Connection::SERVER_SENT_LAST;
    }
}

/// Client and server of the connection with this key.
pub(super) fn ends(key: FlowKey, client_first: bool, addresses6: Option<&Ends6>) -> [End; 2] {
    let [first, second] = match addresses6 {
        Some(ends) => [ends.first, ends.second],
        None => key.ends4(),
    };
    if client_first { [first, second] } else { [second, first] }
}

/// The ends of an IPv6 connection, whose key holds only a fingerprint of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends6 {
    /// The end that stands first in the key.
    pub first: End,
    /// The other one.
    pub second: End,
}

impl Ends6 {
    /// Reads them from the segment that begins a connection.
    pub fn of(segment: &Segment, bytes: &[u8]) -> Ends6 {
        Ends6::between(segment.ends(bytes), segment.from_first())
    }

    /// Those of what goes from a source to a destination; does the source stand first in the key?
    pub fn between((source, destination): (End, End), from_first: bool) -> Ends6 {
        let (first, second) = if from_first { (source, destination) } else { (destination, source) };
        Ends6 { first, second }
    }
}
