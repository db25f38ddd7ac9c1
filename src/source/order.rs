//! Frames of one file in time order, where the file is out of order by a little.
//!
//! Captures of several queues or interfaces interleave by milliseconds. A frame moves forward past those that are later,
//! within [`WINDOW`] and [`FRAMES`] and [`BYTES`]; a file that goes back further (a clock that was set, files pasted
//! together) keeps its own order there, so that nothing is held back without bound. The frames that a later one may still
//! overtake are held back from a batch. Both follow the same bounds, so the order never depends on where batches end.

use super::RawFrame;
use crate::time::{MILLISECOND, Time};

/// The largest step back in time that is mended.
const WINDOW: u64 = 10 * MILLISECOND;
/// How many frames one may overtake.
const FRAMES: usize = 256;
/// How many captured bytes one may overtake: what is held back is copied, so that it has to stay small beside a batch.
pub(super) const BYTES: usize = 64 * 1024;

/// What the frames so far say about those to come.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The latest time since the file last went back too far to be mended.
    latest: Time,
    /// No frame moves before this index: the file went back too far here.
    barrier: usize,
}

impl Order {
    /// Puts `frames[from..]` where they belong among all of `frames`; those before `from` are in order already.
    pub(super) fn mend(&mut self, frames: &mut [RawFrame], from: usize) {
        let Some((first, last)) = frames.get(from).zip(frames.last()) else { return };
        if first.time >= self.latest && frames[from..].is_sorted_by_key(|frame| frame.time) {
            self.latest = last.time;
            return;
        }
        for index in from..frames.len() {
            let time = frames[index].time;
            if time >= self.latest {
                self.latest = time;
                continue;
            }
            if self.latest.since(time) > WINDOW {
                self.latest = time;
                self.barrier = index;
                continue;
            }
            let place = self.reach(&frames[..index], |frame| frame.time > time);
            frames[place..=index].rotate_right(1);
        }
    }

    /// How many of the (mended) `frames` no later frame can overtake. The rest is to be held back, and to come first
    /// in the next batch.
    pub(super) fn settled(&mut self, frames: &[RawFrame]) -> usize {
        let edge = self.latest - WINDOW;
        let settled = self.reach(frames, |frame| frame.time > edge);
        self.barrier = 0;
        settled
    }

    /// The index of the first frame of the longest tail that `passes` and keeps to the bounds.
    fn reach(&self, frames: &[RawFrame], passes: impl Fn(&RawFrame) -> bool) -> usize {
        let mut bytes = 0;
        let mut place = frames.len();
        let floor = self.barrier.max(frames.len().saturating_sub(FRAMES));
        while place > floor {
            let before = &frames[place - 1];
            bytes += before.captured as usize;
            if bytes > BYTES || !passes(before) {
                break;
            }
            place -= 1;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends frames at `milliseconds` through in batches of `size` and tells the order they come out in.
    fn ordered(milliseconds: &[u64], size: usize) -> Vec<u64> {
        let (mut order, mut held, mut delivered) = (Order::default(), Vec::new(), Vec::new());
        for batch in milliseconds.chunks(size) {
            let from = held.len();
            let mut frames: Vec<RawFrame> = held;
            frames.extend(batch.iter().enumerate().map(|(number, &at)| RawFrame {
                time: Time(at * MILLISECOND),
                number: number as u64,
                offset: 0,
                captured: 60,
                wire: 60,
                link: 1,
                input: 0,
            }));
            order.mend(&mut frames, from);
            held = frames.split_off(order.settled(&frames));
            assert!(held.len() <= FRAMES);
            delivered.extend(frames);
        }
        delivered.extend(held);
        delivered.iter().map(|frame| frame.time.0 / MILLISECOND).collect()
    }

    #[test]
    fn small_steps_back_are_mended_wherever_batches_end() {
        let times = [100, 103, 101, 102, 110, 105, 104, 120, 119, 118, 130];
        let mut sorted = times.to_vec();
        sorted.sort();
        for size in 1..=times.len() {
            assert_eq!(ordered(&times, size), sorted, "batches of {size}");
        }
    }

    #[test]
    fn a_long_way_back_keeps_the_order_of_the_file() {
        let times = [50_000, 50_001, 3, 2, 9, 50_002, 50_001, 7];
        for size in 1..=times.len() {
            assert_eq!(ordered(&times, size), [50_000, 50_001, 2, 3, 9, 50_001, 50_002, 7], "batches of {size}");
        }
    }

    #[test]
    fn no_frame_overtakes_more_than_the_bound() {
        let mut times = vec![1005; 1000];
        times.push(1000);
        let expected = ordered(&times, times.len());
        assert_eq!(expected.iter().position(|&at| at == 1000), Some(1000 - FRAMES));
        for size in [1, 7, 255, 256, 257, 999] {
            assert_eq!(ordered(&times, size), expected, "batches of {size}");
        }
    }
}
