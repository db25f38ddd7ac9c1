//! The same packet seen twice: `-i any` on a router, mirror ports, captures of both ends read together.

use super::connection::{Connection, Half};
use super::places::{Place, Places, Seen};
use super::receive::{note_copy, reach, refused_before_its_answer_came};
use super::seq;
use crate::cpu::prefetch;
use crate::decode::{Flags, Segment, Signs};
use crate::source::{Others, SOON};
use crate::time::{MILLISECOND, SECOND, Time};

/// How long after a packet its copy may come where the IP identification tells copies from retransmissions.
const WITH_ID: u64 = SOON;
/// The same where only the bytes tell: shorter than any retransmission timeout.
const WITHOUT_ID: u64 = 100 * MILLISECOND;
/// The same where a time stamp is among the bytes. It is taken anew each time that a segment is sent
/// (`tcp_established_options()`), and ticks at least once in any retransmission timeout (RFC 7323, section 5.4).
const WITH_STAMP: u64 = SECOND;
/// How many of the last packets are remembered, once there is a sign of copies.
const REMEMBERED: usize = 1 << 16;

/// The bit of a remembered packet that says that its copy came.
const COPIED: u64 = 1;
/// Where its TTL stands, and behind that its place.
const TTL_AT: u32 = 1;
const PLACE_AT: u32 = TTL_AT + u8::BITS;
/// Above all that is the key.
const KEY: u64 = u64::MAX << KEY_AT;
const KEY_AT: u32 = 20;
const _: () = assert!(PLACE_AT + Place::BITS <= KEY_AT);

/// An odd constant (2^64 divided by the golden ratio): multiplied by it, each bit changes all above it.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// There are copies if one segment in so many looks like one where no identification tells them from retransmissions.
const SIGN_IN: u64 = 128;
/// The same where the identification is equal too: of 65,536 retransmissions one has that by chance.
const SIGN_WITH_ID_IN: u64 = 16_384;

/// Finds copies. Until the first copy is met it costs one comparison a packet and keeps nothing.
pub struct Copies {
    seen: Vec<(u64, Time)>,
    active: bool,
    /// Packets are remembered, if only for copies that are not looked for yet.
    remembers: bool,
    /// Since when. What came before is remembered only if they were expected.
    since: Time,
    /// How many looked like copies, without and with an identification.
    signs: [u64; 2],
    /// The longest time after which a copy came.
    latest: u64,
    /// Packets that another one displaced when their copies, which had not come, might still come.
    displaced: u64,
    places: Places,
}

impl Copies {
    /// None so far.
    pub fn new() -> Copies {
        Copies {
            seen: Vec::new(),
            active: false,
            remembers: false,
            since: Time(0),
            signs: [0; 2],
            latest: 0,
            displaced: 0,
            places: Places::default(),
        }
    }

    /// Captures of the same time are likely to hold copies, of what came shortly before, too. It is `now`.
    #[inline]
    pub fn expect(&mut self, others: Others, now: Time) {
        match others {
            Others::None if self.remembers && !self.active => {
                self.remembers = false;
                self.places.forget();
            }
            Others::None => {}
            Others::Soon => self.begin_to_remember(),
            Others::Beside => {
                self.places.expect_several();
                if !self.active {
                    self.activate(now);
                }
            }
        }
    }

    fn activate(&mut self, now: Time) {
        self.active = true;
        self.since = now;
        self.begin_to_remember();
    }

    fn begin_to_remember(&mut self) {
        self.remembers = true;
        self.seen.resize(REMEMBERED, (COPIED, Time(0)));
    }

    /// Is there a sign of copies, so that they are looked for?
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Are packets remembered?
    #[inline]
    pub fn remembers(&self) -> bool {
        self.remembers
    }

    /// How many packets had no room to be remembered for as long as copies take to come here.
    pub fn displaced(&self) -> u64 {
        self.displaced
    }

    /// Brings what is remembered of packets like this one near.
    #[inline]
    pub fn approach(&self, print: u32, index: u32, from: usize) {
        if let Some(seen) = self.seen.get(slot_of(key(print, index, from))) {
            prefetch(seen);
        }
        self.places.approach(index);
    }

    /// Do segments of the connection's ports that come from this capture belong to it?
    #[inline]
    pub fn shows(&self, index: u32, input: u8) -> bool {
        self.places.shows(index, input)
    }

    /// What is known of the places where packets are seen.
    pub fn places(&mut self) -> &mut Places {
        &mut self.places
    }

    /// Was this segment captured before? Remembers it. `last` is what is known of the one before it, and it is the one with
    /// the number `count`.
    #[inline]
    pub fn is_copy(&mut self, index: u32, from: usize, last: &Last, segment: &Segment, count: u64) -> bool {
        let here = Seen { time: segment.time, place: Place::of(segment), ttl: segment.ttl };
        if self.remembers && last.is_same_syn(segment) && !self.places.has_shown(index, segment.input) {
            if !self.active {
                self.take_sign(key(segment.print, index, from), segment, count);
            }
            self.places.copy(index, from, segment, here);
            return true;
        }
        if self.active {
            let since = self.since;
            let like = || (segment.time.since(since) <= WITH_ID && last.is_like(segment)).then_some(here);
            let first = self.remember(key(segment.print, index, from), segment).or_else(like);
            match first {
                Some(first) => self.places.copy(index, from, segment, first),
                None => self.places.first(index, from, segment),
            }
            return first.is_some();
        }
        let copy = last.is_like(segment);
        if copy {
            self.take_sign(key(segment.print, index, from), segment, count);
        } else if self.remembers {
            self.remember(key(segment.print, index, from), segment);
            self.places.first(index, from, segment);
        }
        copy
    }

    /// Remembers the first segment of a connection.
    pub fn remember_first(&mut self, index: u32, from: usize, segment: &Segment) {
        if self.remembers {
            self.remember(key(segment.print, index, from), segment);
            self.places.begin(index);
            self.places.first(index, from, segment);
        }
    }

    /// A segment was captured twice, it seems; `count` came so far.
    #[cold]
    fn take_sign(&mut self, key: u64, segment: &Segment, count: u64) {
        self.signs[usize::from(segment.ip_id != 0)] += 1;
        if (self.signs[0] * SIGN_IN).max(self.signs[1] * SIGN_WITH_ID_IN) >= count {
            self.activate(segment.time);
            self.remember(key, segment);
        }
    }

    /// Remembers a packet; was it there already, and recently? Tells how it came then.
    #[inline]
    fn remember(&mut self, key: u64, segment: &Segment) -> Option<Seen> {
        let slot = &mut self.seen[slot_of(key)];
        let age = segment.time.since(slot.1);
        if (slot.0 ^ key) & KEY == 0 && age <= limit(segment) {
            slot.0 |= COPIED;
            self.latest = self.latest.max(age);
            let (place, ttl) = (Place::from_bits(slot.0 >> PLACE_AT), (slot.0 >> TTL_AT) as u8);
            return Some(Seen { time: slot.1, place, ttl });
        }
        self.displaced += u64::from(slot.0 & COPIED == 0 && age < self.latest);
        let seen = Place::of(segment).bits() << PLACE_AT | u64::from(segment.ttl) << TTL_AT;
        *slot = (key & KEY | seen, segment.time);
        None
    }
}

/// The last segment of an end.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    /// The upper part of its fingerprint; `None` if there was none.
    pub print: Option<u16>,
    /// One behind the highest sequence number of this end.
    pub next: u32,
    /// The highest acknowledgment.
    pub ack: u32,
    /// Window and IP identification of its last segment that was no RST.
    pub window: u16,
    /// See there.
    pub ip_id: u16,
    /// Did this end send the connection's last segment?
    pub spoke_last: bool,
    /// When the connection's last segment came.
    pub time: Time,
}

impl Last {
    /// Is this the same segment once more?
    #[inline(always)]
    fn is_like(&self, segment: &Segment) -> bool {
        self.print == Some(short(segment.print)) && self.is_repeated_by(segment)
    }

    /// Is this the SYN once more, as it was? When a socket sends it again it has another identification (`ip_select_ident_segs()`),
    /// however late that is: another capture shows this one by a clock that is off.
    #[inline(always)]
    fn is_same_syn(&self, segment: &Segment) -> bool {
        segment.flags.asks()
            && segment.ip_id != 0
            && self.ip_id == segment.ip_id
            && self.print == Some(short(segment.print))
    }

    fn is_repeated_by(&self, segment: &Segment) -> bool {
        let reset = segment.flags.has(Flags::RST);
        let new = seq::after(segment.sequence.wrapping_add(reach(segment)), self.next)
            || segment.flags.has(Flags::ACK) && seq::after(segment.acknowledgment, self.ack);
        // Without an identification or a time stamp only a packet right behind its like is one: what lies between may be its
        // answer. And the same ACK again says as a rule that something is missing (RFC 5681, section 3.2), unless it is
        // a probe of a window or of life, which comes once in a timeout.
        let told_apart = self.spoke_last || is_stamped(segment);
        let marked = segment.ip_id != 0 || told_apart && (segment.sequence != self.next || !segment.is_bare());
        let same = segment.window == self.window && segment.ip_id == self.ip_id;
        (reset || same && !new) && marked && segment.time.since(self.time) <= limit(segment)
    }
}

/// As much of a fingerprint as is kept of an end's last segment.
#[inline(always)]
pub fn short(print: u32) -> u16 {
    (print >> 16) as u16
}

/// Notes on a connection that a segment of `from` was captured twice.
pub fn note(connection: &mut Connection, from: usize, segment: &Segment) {
    // What closes all paths at once is taken for a RST, and need not be one (`mptcp_check_fastclose()`).
    let (resets, closes) = (segment.flags.has(Flags::RST), segment.signs.has(Signs::FAST_CLOSE));
    if let Some(story) = connection.story.as_mut().filter(|_| resets || closes) {
        story.resets_again[from] = story.resets_again[from].saturating_add(u16::from(resets));
        for reset in story.both_resets().filter(|reset| reset.from == from && reset.is_fast_close != resets) {
            reset.note_copy(Place::of(segment), segment.ttl);
        }
    }
    if resets {
        return;
    }
    if segment.flags.has(Flags::SYN | Flags::ACK) {
        refused_before_its_answer_came(connection, from, segment);
    }
    if let Some(story) = connection.story.as_mut() {
        note_copy(story, from, segment);
    }
    let half = &mut connection.half[from];
    half.set(Half::COPIED);
    half.ttl_low = half.ttl_low.min(segment.ttl);
    half.ttl_high = half.ttl_high.max(segment.ttl);
}

/// The print stands above what is kept beside it.
fn key(print: u32, index: u32, from: usize) -> u64 {
    u64::from(print).rotate_left(KEY_AT) ^ (u64::from(index) << 1 | from as u64).wrapping_mul(ODD)
}

/// Where a segment is remembered. All bits of its key count: the low ones alone are those of its connection.
fn slot_of(key: u64) -> usize {
    (key.wrapping_mul(ODD) >> 32) as usize & (REMEMBERED - 1)
}

/// Does it carry a time stamp, and no option else?
fn is_stamped(segment: &Segment) -> bool {
    segment.options_length == 12 && !segment.signs.has(Signs::SACK) && !segment.flags.has(Flags::SYN)
}

fn limit(segment: &Segment) -> u64 {
    match segment.ip_id {
        0 if is_stamped(segment) => WITH_STAMP,
        0 => WITHOUT_ID,
        _ => WITH_ID,
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::syn;
    use super::*;

    fn expecting() -> Copies {
        let mut copies = Copies::new();
        copies.expect(Others::Beside, Time(0));
        copies
    }

    #[test]
    fn many_packets_of_one_direction_are_remembered() {
        let mut copies = expecting();
        let segment = |number: u32| {
            let mut segment = Segment { sequence: number * 1000, ip_id: number as u16 + 1, ..syn(1) };
            segment.inspect(&[], &[]);
            segment
        };
        let last = Last { print: None, next: 0, ack: 0, window: 0, ip_id: 0, spoke_last: false, time: Time(0) };
        let copied =
            |copies: &mut Copies| (0..1000).filter(|number| copies.is_copy(7, 0, &last, &segment(*number), 1)).count();
        assert_eq!(copied(&mut copies), 0);
        // Two of them may have been given one place.
        assert!(copied(&mut copies) >= 970);
    }

    #[test]
    fn copies_of_what_came_before_the_first_copy_are_found() {
        let mut copies = Copies::new();
        let segment = |ip_id: u16| Segment { ip_id, print: u32::from(ip_id) << 20, ..syn(1) };
        let last = |segment: &Segment| Last {
            print: Some(short(segment.print)),
            next: segment.sequence.wrapping_add(reach(segment)),
            ack: 0,
            window: segment.window,
            ip_id: segment.ip_id,
            spoke_last: true,
            time: segment.time,
        };
        // Both came before, and then the copies of both.
        for index in [7, 8] {
            let copy = segment(index);
            assert!(copies.is_copy(index.into(), 0, &last(&copy), &copy, 3));
        }
        assert!(copies.is_active());
    }

    #[test]
    fn packets_are_missed_only_where_their_copies_might_still_come() {
        let segment = |number: u32, microseconds: u64| Segment {
            print: number.wrapping_mul(0x9e37_79b9),
            ip_id: 1,
            time: Time(SECOND + microseconds * 1000),
            ..syn(1)
        };
        let last = Last { print: None, next: 0, ack: 0, window: 0, ip_id: 0, spoke_last: false, time: Time(0) };
        // Each copy comes `late` packets of one microsecond after its like.
        let run = |late: u64| {
            let mut copies = expecting();
            let mut found = 0;
            for number in 0..400_000u32 {
                let at = u64::from(number);
                copies.is_copy(7, 0, &last, &segment(number, at), 1);
                if let Some(earlier) = number.checked_sub(late as u32) {
                    found += u64::from(copies.is_copy(7, 0, &last, &segment(earlier, at), 1));
                }
            }
            (found, copies.displaced())
        };
        let (found, displaced) = run(10);
        assert!(found > 399_000 && displaced < 1000, "{found} {displaced}");
        let (found, displaced) = run(50_000);
        let missed = 350_000 - found;
        assert!(missed > 100_000 && displaced >= missed, "{found} {displaced}");
    }
}
