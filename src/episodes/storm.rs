//! `retry_storm`: a client that tries again and again without waiting.

use std::collections::VecDeque;

use crate::time::SECOND;

/// So many failed attempts are needed.
const ATTEMPTS: usize = 10;
/// So many attempts of them may begin before the one before has ended.
const SIDE_BY_SIDE: usize = 2;

/// The pace of an episode's last attempts.
///
/// They are a storm as soon as ten attempts in a row, without a success between, have
///
/// 1. intervals, from beginning to beginning, with a mean below a second,
/// 2. intervals that do not grow: the later half of them is at most 1.5 times as long as the earlier half,
/// 3. no more than two that began before the one before had ended: a client that opens many connections at once, as
///    browsers do, does not retry.
///
/// An episode whose pauses are an exponential backoff is none in any case (a ceiling below a second is its own choice),
/// and neither is one whose attempts reached the service: there the capture does not show what was a retry.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The last nine intervals, and whether the attempt had waited for the end of the one before.
    intervals: VecDeque<(u64, bool)>,
    storm: bool,
}

impl Pace {
    /// Another failed attempt, with the interval and the pause before it.
    pub(super) fn attempt(&mut self, interval: u64, pause: u64) {
        if self.storm {
            return;
        }
        if self.intervals.len() == ATTEMPTS - 1 {
            self.intervals.pop_front();
        }
        self.intervals.push_back((interval, pause > 0));
        self.storm = self.intervals.len() == ATTEMPTS - 1 && self.is_hammering();
        if self.storm {
            self.intervals = VecDeque::new();
        }
    }

    /// The service was reached: what follows is a new row of attempts.
    pub(super) fn succeeded(&mut self) {
        self.intervals.clear();
    }

    /// Was there such a row?
    pub(super) fn is_storm(&self) -> bool {
        self.storm
    }

    fn is_hammering(&self) -> bool {
        let sum = |intervals: &mut dyn Iterator<Item = &(u64, bool)>| {
            intervals.fold(0, |sum: u64, (interval, _)| sum.saturating_add(*interval))
        };
        let half = self.intervals.len() / 2;
        let all: u64 = sum(&mut self.intervals.iter());
        let earlier: u64 = sum(&mut self.intervals.iter().take(half));
        let later: u64 = sum(&mut self.intervals.iter().rev().take(half));
        let side_by_side = self.intervals.iter().filter(|(_, waited)| !waited).count();
        all < self.intervals.len() as u64 * SECOND
            && later as f64 <= 1.5 * earlier as f64
            && side_by_side <= SIDE_BY_SIDE
    }
}
