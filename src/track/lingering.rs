//! Ended connections that are still remembered, in the order in which they are to be forgotten.
//!
//! There are only two spans for which they linger, and the clock never goes back: two queues keep the order, where a heap
//! would look at twenty places all over memory for each connection.

use std::collections::VecDeque;

use super::{Slot, Tracker};
use crate::time::Time;

/// Who is to be forgotten, and when.
#[derive(Debug, Default)]
pub struct Lingering {
    short: VecDeque<Slot>,
    long: VecDeque<Slot>,
}

impl Lingering {
    /// Adds one; `long` is for all that linger for longer. Of each kind the times never go back.
    pub fn add(&mut self, slot: Slot, long: bool) {
        let queue = if long { &mut self.long } else { &mut self.short };
        queue.push_back(slot);
    }

    /// When the first one is due.
    pub fn first(&self) -> Option<Time> {
        let time = |queue: &VecDeque<Slot>| queue.front().map(|slot| slot.0);
        time(&self.short).into_iter().chain(time(&self.long)).min()
    }

    /// Takes the next one that is due at `clock`.
    pub fn due(&mut self, clock: Time) -> Option<Slot> {
        let earlier = match (self.short.front(), self.long.front()) {
            (Some(short), Some(long)) if long.0 < short.0 => &mut self.long,
            (None, Some(_)) => &mut self.long,
            _ => &mut self.short,
        };
        if earlier.front()?.0 > clock {
            return None;
        }
        earlier.pop_front()
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Keeps those only of which `is_wanted` is true.
    pub fn retain(&mut self, is_wanted: impl Fn(&Slot) -> bool) {
        self.short.retain(&is_wanted);
        self.long.retain(&is_wanted);
    }

    /// Takes none of them any more.
    pub fn clear(&mut self) {
        self.short.clear();
        self.long.clear();
    }

    /// Probably the one that is due after so many others.
    fn upcoming(&self, others: usize) -> Option<u32> {
        self.short.get(others).map(|slot| slot.1)
    }
}

impl Tracker {
    /// Brings near what will be needed to forget the next ones.
    pub(super) fn approach(&self) {
        if let Some(index) = self.lingering.upcoming(12) {
            self.store.sketches.approach(index);
        }
        if let Some(index) = self.lingering.upcoming(6)
            && let Some(sketch) = self.store.sketches.get(index as usize)
        {
            self.table.approach(sketch.key().hash(self.seed));
            self.store.approach_opened(sketch.link());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_come_in_the_order_of_their_times() {
        let mut lingering = Lingering::default();
        lingering.add((Time(30), 1, 0), true);
        lingering.add((Time(10), 2, 0), false);
        lingering.add((Time(40), 3, 0), false);
        let due = |lingering: &mut Lingering, clock| lingering.due(Time(clock)).map(|slot| slot.1);
        assert_eq!(due(&mut lingering, 9), None);
        assert_eq!(due(&mut lingering, 35), Some(2));
        assert_eq!(due(&mut lingering, 35), Some(1));
        assert_eq!(due(&mut lingering, 35), None);
        assert_eq!(due(&mut lingering, 40), Some(3));
        assert_eq!(due(&mut lingering, 40), None);
    }
}
