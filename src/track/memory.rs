//! The bound on what is remembered: when the memory that the caller allows is used up, connections that were idle for
//! long are forgotten before their end.

use super::connection::Connection;
use super::places::Places;
use super::sketch::Sketch;
use super::story::{Event, Story};
use super::{Sink, Tracker};

/// What a connection may take beside its record: its place in the table, which is half empty at times and has a copy
/// while it grows.
const PLACE: usize = 32;
/// What a connection takes while only its beginning is known.
const PLAIN: usize = size_of::<Sketch>() + PLACE;
/// What a story takes beside its events: itself, and its places in the queues of those that wait for something.
const TOLD: usize = size_of::<Story>() + 256;
/// What is taken whatever the number of connections: batches, payload, services, the report.
const FIXED: u64 = 64 << 20;
/// How many connections are looked at to find one that was idle for long. To find the longest would take a list of all
/// of them, and a step in it for each packet.
const LOOKED_AT: usize = 16;
/// How many places are looked at for them, once one was found: of some, the connection is gone.
const PLACES: usize = 4 * LOOKED_AT;

/// The least memory that can be asked for.
pub const LEAST: u64 = 2 * FIXED;

/// How much is remembered, and how much may be.
#[derive(Debug)]
pub struct Memory {
    budget: u64,
    /// What stories take.
    notable: u64,
    /// The next slot to look at for something to forget.
    hand: usize,
    /// For how many slots the step from one to the next was chosen, and the step.
    steps: (usize, usize),
}

impl Default for Memory {
    fn default() -> Self {
        Memory::of(u64::MAX)
    }
}

impl Memory {
    /// At most so many bytes, together with everything else that the program needs.
    pub fn of(bytes: u64) -> Memory {
        Memory { budget: bytes.max(LEAST) - FIXED, notable: 0, hand: 0, steps: (0, 0) }
    }

    /// Nothing is remembered any more.
    pub fn clear(&mut self) {
        self.notable = 0;
        self.hand = 0;
    }

    /// What is told of a connection has changed; it took so much before. Does it take more now?
    pub fn changed(&mut self, before: usize, connection: &Connection) -> bool {
        let now = story_bytes(connection);
        self.notable = (self.notable + now as u64).saturating_sub(before as u64);
        now > before
    }

    /// A connection is told from now on.
    pub fn told(&mut self, connection: &Connection) {
        self.notable += story_bytes(connection) as u64;
    }

    /// A connection that was told is forgotten.
    pub fn forgotten(&mut self, connection: &Connection) {
        self.notable = self.notable.saturating_sub(story_bytes(connection) as u64);
    }
}

/// What the story of a connection takes.
pub fn story_bytes(connection: &Connection) -> usize {
    connection.story.as_deref().map_or(0, taken_by)
}

/// What this story takes.
pub fn taken_by(story: &Story) -> usize {
    TOLD + story.events.capacity() * size_of::<Event>()
}

impl Tracker {
    /// The same with a bound on its memory, in bytes and for the whole program; [`LEAST`] is the least.
    pub fn within(self, bytes: u64) -> Tracker {
        Tracker { memory: Memory::of(bytes), ..self }
    }

    /// Is more remembered than the caller allows?
    pub(super) fn is_crowded(&self) -> bool {
        let each = PLAIN + if self.copies.remembers() { Places::EACH } else { 0 };
        let connections = self.table.len() * each + self.store.beside() + self.ends6.bytes() + self.halves.bytes();
        connections as u64 + self.memory.notable > self.memory.budget
    }

    /// Forgets connections until the rest has room. What is already known of one that is forgotten is told.
    #[cold]
    pub(super) fn make_room(&mut self, sink: &mut impl Sink) {
        while self.is_crowded() {
            let Some(index) = self.idle() else {
                return;
            };
            self.counts.evicted += 1;
            self.forget(index as u32, sink);
        }
    }

    /// Of some connections from everywhere the one that was idle for longest.
    fn idle(&mut self) -> Option<usize> {
        let slots = self.store.sketches.len();
        if self.memory.steps.0 != slots {
            self.memory.steps = (slots, step_among(slots));
        }
        let mut found: Option<usize> = None;
        let mut looked_at = 0;
        for place in 0..slots {
            if looked_at == LOOKED_AT || place >= PLACES && looked_at > 0 {
                break;
            }
            self.memory.hand = (self.memory.hand + self.memory.steps.1) % slots;
            let sketch = &self.store.sketches[self.memory.hand];
            if !sketch.has(Connection::LIVE) {
                continue;
            }
            if found.is_none_or(|found| sketch.last < self.store.sketches[found].last) {
                found = Some(self.memory.hand);
            }
            looked_at += 1;
        }
        found
    }
}

/// By how much to go on among so many slots. Steps of the golden ratio come everywhere before they come near where they
/// were; one that has no factor in common with the number comes to each of them.
fn step_among(slots: usize) -> usize {
    let golden = (slots as u64 * 618 / 1000) as usize;
    (golden..).find(|step| common_factor(*step, slots) == 1).unwrap_or(1)
}

/// The greatest common divisor.
fn common_factor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_factor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::{SEED, Told, syn};
    use super::*;
    use crate::decode::{Flags, Packet, Segment, Signs};
    use crate::time::{SECOND, Time};

    #[test]
    fn a_flood_stays_within_its_bound_and_what_was_forgotten_is_counted() {
        let mut tracker = Tracker::new(SEED).within(LEAST);
        let room = (LEAST - FIXED) / PLAIN as u64;
        let total = room + room / 2;
        let mut told = Told::default();
        for number in 0..total {
            tracker.packet(&Packet::Segment(syn(number)), &[], &mut told);
        }
        let counts = tracker.counts();
        assert_eq!(counts.connections, total);
        assert_eq!(counts.evicted, total - room);
        assert_eq!(tracker.table.len() as u64, room);
        // Nearly all that is still known is younger than what was forgotten.
        let old = tracker.store.sketches.iter().filter(|known| known.last.0 < (total - room) * 1000 / 2).count() as u64;
        assert!(old * 20 < room, "{old} of {room}");
    }

    #[test]
    fn of_what_was_judged_no_story_is_kept() {
        let mut tracker = Tracker::new(SEED);
        let mut told = Told::default();
        for number in 0..1000 {
            let syn = syn(number);
            let mut refusal = Segment {
                flags: Flags(Flags::RST | Flags::ACK),
                signs: Signs(0),
                sequence: 0,
                acknowledgment: syn.sequence.wrapping_add(1),
                ..syn
            };
            refusal.inspect(&[], &[]);
            tracker.packet(&Packet::Segment(syn), &[], &mut told);
            tracker.packet(&Packet::Segment(refusal), &[], &mut told);
        }
        let takes = |tracker: &Tracker| (tracker.store.told.in_use(), tracker.memory.notable);
        let before = takes(&tracker);
        assert!(before.0 == 1000 && before.1 > 1000 * TOLD as u64, "{before:?}");
        tracker.tick(Time(SECOND), &mut told);
        assert_eq!(takes(&tracker), (1000, 0));
    }

    #[test]
    fn steps_come_to_every_slot() {
        for slots in (1..2000).chain([217_500, 1_000_000, 1 << 20]) {
            let step = step_among(slots);
            let mut hand = 0;
            let mut rounds = 0;
            while {
                hand = (hand + step) % slots;
                rounds += 1;
                hand != 0
            } {}
            assert_eq!(rounds, slots);
        }
    }
}
