//! The same packet seen twice: `-i any` on a router, mirror ports, captures of both ends read together.

use super::connection::{Connection, Half, SERVER};
use crate::decode::{Flags, Segment};
use crate::time::{MILLISECOND, SECOND, Time};

/// How long after a packet its copy may come where the IP identification tells copies from retransmissions.
const WITH_ID: u64 = 2 * SECOND;
/// The same where only the bytes tell: shorter than any retransmission timeout.
const WITHOUT_ID: u64 = 100 * MILLISECOND;
/// How many of the last packets are remembered, once there is a sign of copies.
const REMEMBERED: usize = 1 << 16;

/// There are copies if one segment in so many looks like one where no identification tells them from retransmissions.
const SIGN_IN: u64 = 128;
/// The same where the identification is equal too: of 65,536 retransmissions one has that by chance.
const SIGN_WITH_ID_IN: u64 = 16_384;

/// Finds copies. Until the first copy is met it costs one comparison a packet and keeps nothing.
pub struct Copies {
    seen: Vec<(u64, Time)>,
    active: bool,
    /// How many segments came.
    segments: u64,
    /// How many looked like copies, without and with an identification.
    signs: [u64; 2],
}

impl Copies {
    /// `expected`: captures that are read together are likely to hold copies.
    pub fn new(expected: bool) -> Copies {
        let mut copies = Copies { seen: Vec::new(), active: false, segments: 0, signs: [0; 2] };
        if expected {
            copies.activate();
        }
        copies
    }

    fn activate(&mut self) {
        self.active = true;
        self.seen = vec![(0, Time(0)); REMEMBERED];
    }

    /// Is there a sign of copies, so that the last packets are remembered?
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Brings what is remembered of packets like this one into the cache; the result is of no meaning.
    #[inline]
    pub fn touch(&self, print: u64, index: u32, from: usize) -> u64 {
        match self.seen.get(place(key(print, index, from))) {
            Some((print, _)) => *print,
            None => 0,
        }
    }

    /// Was this segment captured before? Remembers it. `print` is its [`fingerprint`].
    #[inline]
    pub fn is_copy(
        &mut self,
        print: u64,
        index: u32,
        from: usize,
        connection: &mut Connection,
        segment: &Segment,
    ) -> bool {
        self.segments += 1;
        let half = &mut connection.half[from];
        let same = half.packets > 0 && half.print == print as u32;
        half.print = print as u32;
        // Without an identification only a packet right behind its like is one: what lies between may be its answer.
        let by_server = from == SERVER;
        let adjacent = same && (segment.ip_id != 0 || connection.has(Connection::SERVER_SENT_LAST) == by_server);
        connection.flags &= !Connection::SERVER_SENT_LAST;
        if by_server {
            connection.flags |= Connection::SERVER_SENT_LAST;
        }
        let key = key(print, index, from);
        let copy = if self.active {
            self.remember(key, segment)
        } else {
            // The same ACK again says as a rule that something is missing (RFC 5681, section 3.2).
            adjacent && (segment.ip_id != 0 || !is_bare_ack(segment)) && segment.time.since(connection.last) <= limit(segment)
        };
        copy && self.note(key, from, connection, segment)
    }

    /// A segment was captured twice.
    #[cold]
    fn note(&mut self, key: u64, from: usize, connection: &mut Connection, segment: &Segment) -> bool {
        self.signs[usize::from(segment.ip_id != 0)] += 1;
        if !self.active && (self.signs[0] * SIGN_IN).max(self.signs[1] * SIGN_WITH_ID_IN) >= self.segments {
            self.activate();
            self.remember(key, segment);
        }
        if segment.flags.has(Flags::RST) {
            if let Some(story) = connection.story.as_mut() {
                let resets = [story.reset.as_mut(), story.reset_back.as_mut()];
                resets.into_iter().flatten().for_each(|reset| reset.copied |= reset.from == from);
            }
            return true;
        }
        let half = &mut connection.half[from];
        half.set(Half::COPIED);
        half.ttl_low = half.ttl_low.min(segment.ttl);
        half.ttl_high = half.ttl_high.max(segment.ttl);
        true
    }

    /// Remembers a packet; was it there already, and recently?
    #[inline]
    fn remember(&mut self, print: u64, segment: &Segment) -> bool {
        let slot = &mut self.seen[place(print)];
        let copy = slot.0 == print && segment.time.since(slot.1) <= limit(segment);
        if !copy {
            *slot = (print, segment.time);
        }
        copy
    }
}

fn key(print: u64, index: u32, from: usize) -> u64 {
    print ^ (u64::from(index) << 1 | from as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn place(key: u64) -> usize {
    key as usize & (REMEMBERED - 1)
}

fn is_bare_ack(segment: &Segment) -> bool {
    segment.payload_length == 0 && segment.flags.0 & (Flags::SYN | Flags::FIN | Flags::RST) == 0
}

fn limit(segment: &Segment) -> u64 {
    if segment.ip_id == 0 { WITHOUT_ID } else { WITH_ID }
}

/// A hash of what a copy shares with its original and a retransmission does not: TTL and checksums left out.
#[inline]
pub fn fingerprint(segment: &Segment, bytes: &[u8]) -> u64 {
    let options = segment.options.of(bytes);
    let mut stamp = 0;
    if let Some(last) = options.last_chunk::<8>() {
        stamp = u64::from_le_bytes(*last);
    }
    let numbers = u64::from(segment.sequence) << 32 | u64::from(segment.acknowledgment);
    let rest = u64::from(segment.window) << 48
        | u64::from(segment.ip_id) << 32
        | u64::from(segment.payload_length & 0x00ff_ffff) << 8
        | u64::from(segment.flags.0);
    mix(mix(numbers ^ stamp.rotate_left(17), 0x9e37_79b9_7f4a_7c15) ^ rest, 0xd6e8_feb8_6659_fd93) | 1
}

fn mix(value: u64, factor: u64) -> u64 {
    let wide = u128::from(value ^ factor) * u128::from(factor | 1);
    (wide as u64) ^ (wide >> 64) as u64
}
