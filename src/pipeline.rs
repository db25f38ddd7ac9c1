//! Frames on their way from the source to the tracker: read and decoded here, on a thread of their own where that pays.
//!
//! Both ways hand over the same packets in the same order. With a second thread a few loads go around: the reader
//! fills them, the tracker takes them in the order of their filling and gives them back. A load is a whole batch of the
//! source, because a channel that wakes a thread for each few hundred packets costs more than the thread brings.

use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use crate::decode::{Decoder, Packets, Skip};
use crate::source::{Error, FrameBatch, Source};
use crate::time::Time;
use crate::track::BETWEEN_RECORDINGS;

/// Frames that are decoded before they are tracked on the same thread: few enough that what was decoded is still near.
const RUN: usize = 128;
/// How many loads go around: one is filled, one is tracked, and the others make up for small delays.
const LOADS: usize = 4;

/// What the frames of a source were, beside their packets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Frames without a packet, by [`Skip::index`].
    pub skipped: [u64; Skip::COUNT],
    /// The earliest and the latest time of a frame.
    pub span: Option<(Time, Time)>,
    /// When the last frame came: earlier than others, where recordings were pasted together in another order.
    pub end: Time,
    /// How many recordings the capture was put together from: between them lies more than a day, forwards or back.
    pub recordings: u64,
}

impl Seen {
    /// Takes note of when the frames of a batch were captured. Where batches end makes no difference.
    pub fn widen(&mut self, batch: &FrameBatch) {
        let (Some(first), Some(last)) = (batch.frames.first(), batch.frames.last()) else { return };
        let (mut from, mut to) = (first.time, last.time);
        if !batch.frames.is_sorted_by_key(|frame| frame.time) {
            for frame in &batch.frames {
                from = from.min(frame.time);
                to = to.max(frame.time);
            }
        }
        self.count_recordings(batch, first.time, to.since(from));
        self.span = Some(self.span.map_or((from, to), |span| (span.0.min(from), span.1.max(to))));
        self.end = last.time;
    }

    /// Looks at single frames only where a batch spans days.
    fn count_recordings(&mut self, batch: &FrameBatch, first: Time, spanned: u64) {
        let apart = |a: Time, b: Time| a.apart(b) > BETWEEN_RECORDINGS;
        if self.recordings == 0 || apart(first, self.end) {
            self.recordings += 1;
        }
        if spanned > BETWEEN_RECORDINGS {
            let steps = batch.frames.windows(2).filter(|pair| apart(pair[0].time, pair[1].time));
            self.recordings += steps.count() as u64;
        }
    }
}

/// Who takes what the source gives.
pub trait Taker {
    /// The next packets, decoded from `bytes`.
    fn packets(&mut self, packets: &Packets, bytes: &[u8]);

    /// All packets that are at hand were given.
    fn pause(&mut self);

    /// Something to tell the user.
    fn note(&mut self, note: String);

    /// Can nothing more be taken?
    fn is_closed(&self) -> bool;
}

/// Gives all packets of `source` to `taker`, with `threads` of them: one, or two where more are allowed.
///
/// # Errors
/// What the source cannot do; what it gave before that has been taken.
pub fn run<S: Source + Send>(
    source: &mut S,
    decoder: Decoder,
    threads: usize,
    taker: &mut impl Taker,
) -> Result<Seen, Error> {
    let seen = if threads > 1 { run_two(source, decoder, taker) } else { run_one(source, decoder, taker) };
    for note in source.take_notes() {
        taker.note(note);
    }
    seen
}

fn run_one(source: &mut impl Source, decoder: Decoder, taker: &mut impl Taker) -> Result<Seen, Error> {
    let mut seen = Seen::default();
    let mut batch = FrameBatch::default();
    let mut packets = Packets::default();
    while source.fill(&mut batch)? {
        for note in source.take_notes() {
            taker.note(note);
        }
        take(&decoder, &batch, &mut packets, &mut seen, taker);
        seen.widen(&batch);
        taker.pause();
        if taker.is_closed() {
            break;
        }
    }
    Ok(seen)
}

/// Decodes a batch and hands its packets over, a run at a time. `packets` is room for a run.
pub fn take(decoder: &Decoder, batch: &FrameBatch, packets: &mut Packets, seen: &mut Seen, taker: &mut impl Taker) {
    let mut resumes_after = batch.resumes_after;
    for frames in batch.frames.chunks(RUN) {
        packets.clear();
        packets.beside = batch.others;
        packets.resumes_after = resumes_after.take();
        decoder.decode_all(&batch.bytes, frames, packets, &mut seen.skipped);
        taker.packets(packets, &batch.bytes);
    }
}

/// A batch of the source and the packets in it.
#[derive(Default)]
struct Load {
    batch: FrameBatch,
    packets: Packets,
    notes: Vec<String>,
}

fn run_two<S: Source + Send>(source: &mut S, decoder: Decoder, taker: &mut impl Taker) -> Result<Seen, Error> {
    thread::scope(|scope| {
        let (give_back, empty) = channel();
        let (hand_over, full) = sync_channel(LOADS);
        for _ in 0..LOADS {
            // The other end is at hand, so that this cannot fail.
            let _ = give_back.send(Load::default());
        }
        let reader = scope.spawn(move || read(source, decoder, &empty, &hand_over));
        while let Ok(load) = full.try_recv().or_else(|_| {
            taker.pause();
            full.recv()
        }) {
            let Load { batch, packets, notes } = &load;
            notes.iter().cloned().for_each(|note| taker.note(note));
            taker.packets(packets, &batch.bytes);
            if taker.is_closed() {
                break;
            }
            // A reader that is done takes nothing back.
            let _ = give_back.send(load);
        }
        drop(give_back);
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Fills loads until the source is at its end or nobody takes them any more.
fn read(
    source: &mut impl Source,
    decoder: Decoder,
    empty: &Receiver<Load>,
    hand_over: &SyncSender<Load>,
) -> Result<Seen, Error> {
    let mut seen = Seen::default();
    while let Ok(mut load) = empty.recv() {
        if !source.fill(&mut load.batch)? {
            break;
        }
        load.notes = source.take_notes();
        load.packets.clear();
        load.packets.beside = load.batch.others;
        load.packets.resumes_after = load.batch.resumes_after;
        decoder.decode_all(&load.batch.bytes, &load.batch.frames, &mut load.packets, &mut seen.skipped);
        seen.widen(&load.batch);
        if hand_over.send(load).is_err() {
            break;
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::RawFrame;
    use crate::time::SECOND;

    fn frame_at(day: f64) -> RawFrame {
        RawFrame {
            time: Time((day * BETWEEN_RECORDINGS as f64) as u64),
            number: 1,
            offset: 0,
            captured: 0,
            wire: 0,
            link: 1,
            input: 0,
        }
    }

    #[test]
    fn recordings_lie_more_than_a_day_apart() {
        let recordings = |batches: &[&[f64]]| {
            let mut seen = Seen::default();
            for days in batches {
                seen.widen(&FrameBatch {
                    frames: days.iter().copied().map(frame_at).collect(),
                    ..FrameBatch::default()
                });
            }
            seen.recordings
        };
        assert_eq!(recordings(&[]), 0);
        assert_eq!(recordings(&[&[10.0, 10.5], &[11.2]]), 1);
        assert_eq!(recordings(&[&[10.0, 12.0]]), 2);
        assert_eq!(recordings(&[&[10.0], &[20.0], &[5.0]]), 3);
        assert_eq!(recordings(&[&[10.0, 20.0, 10.0]]), 3);
    }

    #[test]
    fn what_is_noted_of_times_does_not_depend_on_where_batches_end() {
        let frames = [30, 10, 40, 20].map(|seconds| RawFrame { time: Time(seconds * SECOND), ..frame_at(0.0) });
        for size in 1..=frames.len() {
            let mut seen = Seen::default();
            for batch in frames.chunks(size) {
                seen.widen(&FrameBatch { frames: batch.to_vec(), ..FrameBatch::default() });
            }
            assert_eq!(seen.span, Some((Time(10 * SECOND), Time(40 * SECOND))), "batches of {size}");
            assert_eq!((seen.end, seen.recordings), (Time(20 * SECOND), 1), "batches of {size}");
        }
    }
}
