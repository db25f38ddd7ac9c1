//! Frames of one file in time order, where the file is out of order by a little.
//!
//! Captures of several queues or interfaces interleave by milliseconds. A frame moves forward past those that are later,
//! within [`WINDOW`] and [`FRAMES`] and [`BYTES`]; a file that goes back further (a clock that was set, files pasted
//! together) keeps its own order there, so that nothing is held back without bound. The frames that a later one may still
//! overtake are held back from a batch. Both follow the same bounds, so the order never depends on where batches end.
//!
//! A file that is at hand as a whole is put in order altogether where captures of the same time were pasted together
//! (`mergecap -a`, `cat` of pcapng files), or where it goes back again and again.

use super::RawFrame;
use crate::time::{MILLISECOND, SECOND, Time};

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
    /// Where the file went back first by so much that it is worth a word.
    set_back: Option<SetBack>,
}

/// Where a file went back in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetBack {
    /// The number of the frame that is earlier than those before it.
    pub(super) frame: u64,
    /// By so much, nanoseconds.
    pub(super) by: u64,
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
            let by = self.latest.since(time);
            if by > WINDOW {
                if by >= SECOND {
                    self.set_back.get_or_insert(SetBack { frame: frames[index].number, by });
                }
                self.latest = time;
                self.barrier = index;
                continue;
            }
            let place = self.reach(&frames[..index], |frame| frame.time > time);
            frames[place..=index].rotate_right(1);
        }
    }

    /// The same for all frames of a file.
    pub(super) fn mend_all(&mut self, frames: &mut [RawFrame]) {
        if is_out_of_order(frames) {
            frames.sort_by_key(|frame| frame.time);
        }
        self.mend(frames, 0);
    }

    /// Where the file went back by a second or more and was not mended.
    pub(super) fn set_back(&self) -> Option<SetBack> {
        self.set_back
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

/// More stretches than that, each earlier than the end of the one before it, are no clock that was set again and again.
const STRETCHES: usize = 3;

/// Is the file out of order, not its clock: does it go back again and again, or does a stretch that goes back cover half of the time
/// of the one before it, or half of its own time with it? A clock that is set goes on from there, for longer than it was set back
/// as a rule.
fn is_out_of_order(frames: &[RawFrame]) -> bool {
    let spans = |stretch: &[RawFrame]| {
        let times = || stretch.iter().map(|frame| frame.time);
        times().min().zip(times().max())
    };
    let stretches = frames.chunk_by(|earlier, later| earlier.time.since(later.time) <= WINDOW);
    let stretches: Vec<(Time, Time)> = stretches.filter_map(spans).collect();
    let have_time_in_common = |pair: &[(Time, Time)]| {
        let [(from, to), (next_from, next_to)] = pair else { return false };
        let shorter = to.since(*from).min(next_to.since(*next_from));
        let shared = to.min(next_to).since(*from.max(next_from));
        shared > 0 && shared >= shorter / 2
    };
    stretches.len() > STRETCHES || stretches.windows(2).any(have_time_in_common)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at `milliseconds`, of which the first has the number `first`.
    fn frames(milliseconds: &[u64], first: u64) -> Vec<RawFrame> {
        let frame = |(number, at): (u64, &u64)| RawFrame {
            time: Time(at * MILLISECOND),
            number,
            offset: 0,
            captured: 60,
            wire: 60,
            link: 1,
            input: 0,
        };
        (first..).zip(milliseconds).map(frame).collect()
    }

    /// Sends frames at `milliseconds` through in batches of `size` and tells the order they come out in.
    fn ordered(milliseconds: &[u64], size: usize) -> Vec<u64> {
        let (mut order, mut held, mut delivered) = (Order::default(), Vec::new(), Vec::new());
        for batch in milliseconds.chunks(size) {
            let from = held.len();
            let mut all: Vec<RawFrame> = held;
            all.extend(frames(batch, 0));
            order.mend(&mut all, from);
            held = all.split_off(order.settled(&all));
            assert!(held.len() <= FRAMES);
            delivered.extend(all);
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
    fn captures_of_the_same_time_that_were_pasted_together_are_put_in_order() {
        let all = |milliseconds: &[u64]| {
            let mut frames: Vec<RawFrame> = frames(milliseconds, 0);
            let mut order = Order::default();
            order.mend_all(&mut frames);
            (frames.iter().map(|frame| frame.time.0 / MILLISECOND).collect::<Vec<u64>>(), order.set_back())
        };
        assert_eq!(all(&[0, 2000, 4000, 1, 2001, 4001]), (vec![0, 1, 2000, 2001, 4000, 4001], None));
        assert_eq!(all(&[0, 9000, 4000, 6000, 1, 8000]), (vec![0, 1, 4000, 6000, 8000, 9000], None));
        assert_eq!(all(&[9000, 0, 4000, 3000, 7000, 1000]), (vec![0, 1000, 3000, 4000, 7000, 9000], None));
        // The same clock, set back by two seconds, by an hour, and a frame that is late.
        let set = |frame, by| Some(SetBack { frame, by: by * SECOND });
        let kept = vec![0, 3000, 6000, 4000, 7000, 9000];
        assert_eq!(all(&kept), (kept.clone(), set(3, 2)));
        let kept = vec![3_600_000, 3_610_000, 10_000, 20_000];
        assert_eq!(all(&kept), (kept.clone(), set(2, 3600)));
        let kept = vec![0, 1000, 950, 1001, 2000];
        assert_eq!(all(&kept), (kept.clone(), None));
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
