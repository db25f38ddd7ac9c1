//! Verdicts that wait for their time of grace, in the order in which it ends.
//!
//! That is as long for all of them, so that nearly each comes behind all others: a queue keeps the order, and a heap only
//! those that come out of it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::time::Time;

/// Until when, the number of those before it, and the place and generation of the told connection.
pub type Wait = (Time, u64, u32, u16);

/// All that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: VecDeque<Wait>,
    others: BinaryHeap<Reverse<Wait>>,
    added: u64,
}

impl Waiting {
    /// Adds one; of those that are due at the same time the first one comes first.
    pub fn add(&mut self, until: Time, place: u32, generation: u16) {
        self.added += 1;
        let wait = (until, self.added, place, generation);
        if self.queue.back().is_some_and(|last| last.0 > until) {
            self.others.push(Reverse(wait));
        } else {
            self.queue.push_back(wait);
        }
    }

    /// When the first one is due.
    pub fn first(&self) -> Option<Time> {
        let other = self.others.peek().map(|Reverse(wait)| wait.0);
        self.queue.front().map(|wait| wait.0).into_iter().chain(other).min()
    }

    /// Takes the first one.
    pub fn pop(&mut self) -> Option<Wait> {
        match (self.queue.front(), self.others.peek()) {
            (Some(next), Some(Reverse(other))) if other < next => self.others.pop().map(|Reverse(wait)| wait),
            (None, _) => self.others.pop().map(|Reverse(wait)| wait),
            _ => self.queue.pop_front(),
        }
    }

    /// The place of the one that probably comes after so many others.
    pub fn upcoming(&self, others: usize) -> Option<u32> {
        self.queue.get(others).map(|wait| wait.2)
    }

    /// Keeps those only of which `is_wanted` is true.
    pub fn retain(&mut self, is_wanted: impl Fn(&Wait) -> bool) {
        self.queue.retain(&is_wanted);
        self.others.retain(|Reverse(wait)| is_wanted(wait));
    }

    /// Lets none of them wait any more.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.others.clear();
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.queue.len() + self.others.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_by_their_times_and_then_in_the_order_of_their_coming() {
        let mut waiting = Waiting::default();
        assert_eq!((waiting.first(), waiting.pop()), (None, None));
        for (until, place) in [(20, 1), (30, 2), (10, 3), (20, 4), (30, 5), (40, 6), (10, 7)] {
            waiting.add(Time(until), place, 0);
        }
        waiting.retain(|wait| wait.2 != 5);
        assert_eq!((waiting.first(), waiting.len()), (Some(Time(10)), 6));
        let places: Vec<u32> = std::iter::from_fn(|| waiting.pop()).map(|wait| wait.2).collect();
        assert_eq!(places, [3, 7, 1, 4, 2, 6]);
    }
}
