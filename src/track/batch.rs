//! Many packets at once: what each of them needs from memory is asked for before the first of them is looked at, so
//! that the waiting times run side by side instead of one after the other.
//!
//! Without unsafe code a plain read has to do for a prefetch. A processor runs so far ahead of a read that waits as it
//! has room for instructions: that is why the loops that read do nothing else.

use std::hint::black_box;

use super::{Sink, Tracker};
use crate::decode::{Flags, Packets, Segment};

/// How many packets wait together. Fewer gain less, more push each other out of the nearest cache.
const TOGETHER: usize = 128;
/// Says that there is no guess.
const NOWHERE: u32 = u32::MAX;

impl Tracker {
    /// Takes packets by time, as [`Tracker::packet`] does one by one. `bytes` is the batch that they were decoded from.
    pub fn packets(&mut self, packets: &Packets, bytes: &[u8], sink: &mut impl Sink) {
        let mut taken = 0;
        for (before, other) in &packets.others {
            self.segments(packets.segments().get(taken..*before).unwrap_or_default(), bytes, sink);
            self.take_other(other, sink);
            taken = *before;
        }
        self.segments(packets.segments().get(taken..).unwrap_or_default(), bytes, sink);
    }

    fn segments(&mut self, segments: &[Segment], bytes: &[u8], sink: &mut impl Sink) {
        let mut guesses = [NOWHERE; TOGETHER];
        for run in segments.chunks(TOGETHER) {
            black_box(run.iter().fold(0, |touched, segment| touched ^ self.table.touch(segment.hash)));
            for (segment, guess) in run.iter().zip(&mut guesses) {
                *guess = self.table.guess(segment.hash).unwrap_or(NOWHERE);
            }
            let guesses = guesses.get(..run.len()).unwrap_or_default();
            black_box(guesses.iter().fold(0, |touched, guess| match self.store.sketches.get(*guess as usize) {
                Some(sketch) => touched ^ sketch.touch(),
                None => touched,
            }));
            black_box(
                run.iter().zip(guesses).fold(0, |touched, (segment, guess)| touched ^ self.touch(segment, *guess)),
            );
            if self.copies.is_active() {
                self.touch_copies(run, guesses, bytes);
            }
            for (segment, guess) in run.iter().zip(guesses) {
                self.take_segment(*guess, segment, bytes, sink);
            }
        }
    }

    /// Asks for what a segment needs beside the sketch of its connection.
    #[inline(always)]
    fn touch(&self, segment: &Segment, guess: u32) -> u32 {
        let fin = segment.flags.has(Flags::FIN);
        if segment.payload_length == 0 && !fin {
            return 0;
        }
        match self.store.sketches.get(guess as usize) {
            Some(sketch) if fin => self.store.touch_said(sketch.link()) ^ self.store.touch_opened(sketch.link()),
            Some(sketch) => self.store.touch_said(sketch.link()),
            None => 0,
        }
    }

    /// Asks for what is remembered of the last packets, which is too much for the nearest cache.
    fn touch_copies(&self, run: &[Segment], guesses: &[u32], bytes: &[u8]) {
        let mut touched = 0;
        for (segment, guess) in run.iter().zip(guesses) {
            if let Some(sketch) = self.store.sketches.get(*guess as usize) {
                touched ^= self.copies.touch(segment.print(bytes), *guess, sketch.side(segment.from_first));
            }
        }
        black_box(touched);
    }
}
