//! Bounds on the queues of connections that wait for something: what one connection may have in them, and what those
//! leave behind that are gone.

use std::cmp::Reverse;

use super::{GRACE, Tracker};
use crate::time::Time;

/// How often one connection stands in the queue for a verdict. What more it asks for is joined into one later look.
const WAITS: u8 = 4;
/// As many connections may be gone, and more in proportion to those that are there, until the queues are swept.
const SWEEP: usize = 1 << 16;

impl Tracker {
    /// Judges this connection when the time of grace after `time` has passed.
    pub(super) fn wait(&mut self, time: Time, place: u32, generation: u16) {
        let at = time + GRACE;
        let Some(connection) = self.store.live(place, generation) else {
            return;
        };
        self.sides.add(connection, place, generation);
        let story = connection.story();
        if story.waits >= WAITS {
            story.look_again = story.look_again.max(Some(at));
            return;
        }
        story.waits += 1;
        self.waiting.add(at, place, generation);
        self.due = self.due.min(at);
    }

    /// A connection came out of the queue for a verdict, in which it stood for `time`.
    pub(super) fn waited(&mut self, time: Time, place: u32, generation: u16) {
        let Some(connection) = self.live(place, generation) else {
            return;
        };
        let decided = connection.decided;
        let Some(story) = connection.story.as_deref_mut() else {
            return;
        };
        story.waits = story.waits.saturating_sub(1);
        let again = story.look_again.take().filter(|again| *again > time && !decided);
        if let Some(again) = again {
            story.waits += 1;
            self.waiting.add(again, place, generation);
            self.due = self.due.min(again);
        }
        self.end_story(place);
    }

    /// A connection is gone, or another one is in its place: what it left in the queues is swept out with that of many.
    pub(super) fn one_gone(&mut self) {
        self.gone += 1;
        if self.gone > SWEEP.max(self.store.sketches.len()) {
            self.gone = 0;
            self.sweep();
        }
    }

    #[cold]
    fn sweep(&mut self) {
        let (told, sketches) = (&self.store.told, &self.store.sketches);
        let is_told =
            |place: u32, generation: u16| told.get(place as usize).is_some_and(|found| found.is_in_use(generation));
        self.waiting.retain(|(_, _, place, generation)| is_told(*place, *generation));
        self.overdue.retain(|Reverse((_, place, generation))| is_told(*place, *generation));
        self.lingering.retain(|(_, index, generation)| {
            sketches.get(*index as usize).is_some_and(|found| found.lingers(*generation))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::{SEED, Told, syn};
    use super::*;
    use crate::decode::{Flags, Packet, Segment};

    /// How many entries all queues have.
    fn queued(tracker: &Tracker) -> usize {
        tracker.waiting.len() + tracker.overdue.len() + tracker.lingering.len()
    }

    /// A segment of the connection of `syn(1)`, `at` microseconds after it.
    fn like(flags: u8, sequence: u32, at: u64) -> Packet {
        let syn = syn(1);
        let mut segment = Segment { flags: Flags(flags), sequence, time: syn.time + at * 1000, ..syn };
        segment.inspect(&[], &[]);
        Packet::Segment(segment)
    }

    #[test]
    fn one_connection_does_not_fill_the_queues() {
        let mut tracker = Tracker::new(SEED);
        let mut told = Told::default();
        tracker.packet(&Packet::Segment(syn(1)), &[], &mut told);
        let mut most = 0;
        for number in 0..200_000_u32 {
            tracker.packet(&like(Flags::RST, number.wrapping_mul(0x9e37_79b9), number.into()), &[], &mut told);
            most = most.max(queued(&tracker));
        }
        assert!(most <= usize::from(WAITS) + 2, "{most}");
    }

    #[test]
    fn connections_that_follow_each_other_at_once_do_not_fill_the_queues() {
        let mut tracker = Tracker::new(SEED);
        let mut told = Told::default();
        let mut most = 0;
        for number in 0..200_000_u32 {
            tracker.packet(&like(Flags::SYN, number.wrapping_mul(1_000_003), 0), &[], &mut told);
            tracker.packet(&like(Flags::RST, number.wrapping_mul(1_000_003) + 1, 0), &[], &mut told);
            most = most.max(queued(&tracker));
        }
        assert!(tracker.counts().connections > 100_000, "{}", tracker.counts().connections);
        assert!(most <= (usize::from(WAITS) + 2) * (SWEEP + 2), "{most}");
    }
}
