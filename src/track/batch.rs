//! Many packets at once: what each of them needs from memory is asked for before the first of them is looked at, so
//! that the waiting times run side by side instead of one after the other.

use super::{Sink, Tracker};
use crate::cpu::prefetch;
use crate::decode::{Flags, Packets, Segment};

/// How many packets wait together. Fewer gain less, more push each other out of the nearest cache.
const TOGETHER: usize = 128;
/// As many answers to SYNs are looked after among them.
const ANSWERS: usize = 16;
/// Says that there is no guess.
const NOWHERE: u32 = u32::MAX;

impl Tracker {
    /// Takes packets by time, as [`Tracker::packet`] does one by one. `bytes` is the batch that they were decoded from.
    pub fn packets(&mut self, packets: &Packets, bytes: &[u8], sink: &mut impl Sink) {
        self.copies.expect(packets.beside, self.previous);
        if let Some(end) = packets.resumes_after {
            self.end_files(end, sink);
        }
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
        let mut rest = segments;
        // Then another thread decoded them, and their bytes lie in its cache.
        let far = segments.len() > TOGETHER;
        while !rest.is_empty() {
            let run;
            (run, rest) = rest.split_at(rest.len().min(TOGETHER));
            run.iter().for_each(|segment| self.table.approach(segment.hash));
            for (segment, guess) in run.iter().zip(&mut guesses) {
                *guess = self.table.guess(segment.hash).unwrap_or(NOWHERE);
                self.store.sketches.approach(*guess);
            }
            let guesses = guesses.get(..run.len()).unwrap_or_default();
            let mut answers = [0; ANSWERS];
            let mut answered = 0;
            for (segment, guess) in run.iter().zip(guesses) {
                if segment.flags.has(Flags::SYN | Flags::ACK)
                    && let Some(answer) = answers.get_mut(answered)
                {
                    *answer = self.approach_service(segment, bytes);
                    answered += 1;
                }
                self.approach_rest(segment, *guess);
                if far {
                    approach_bytes(segment, bytes);
                }
            }
            self.store.approach_free();
            for segment in rest.iter().take(TOGETHER) {
                prefetch(segment);
            }
            answers.iter().take(answered).for_each(|hash| self.services.approach_known(*hash));
            if self.copies.remembers() {
                self.approach_copies(run, guesses);
            }
            for (segment, guess) in run.iter().zip(guesses) {
                self.take_segment(*guess, segment, bytes, sink);
            }
        }
    }

    /// Brings near where the service is found that answers with this segment, and tells its hash.
    fn approach_service(&self, segment: &Segment, bytes: &[u8]) -> u32 {
        let (server, _) = segment.ends(bytes);
        let hash = server.hash(self.seed);
        self.services.approach(hash);
        hash
    }

    /// Brings near what a segment needs beside the sketch of its connection.
    #[inline(always)]
    fn approach_rest(&self, segment: &Segment, guess: u32) {
        let ends = segment.flags.0 & (Flags::FIN | Flags::RST) != 0;
        if segment.payload_length == 0 && !ends {
            return;
        }
        if let Some(sketch) = self.store.sketches.get(guess as usize) {
            self.store.approach_said(sketch.link());
            if ends {
                self.store.approach_opened(sketch.link());
            }
        }
    }

    /// Brings near what is remembered of the last packets, which is too much for the nearest cache.
    fn approach_copies(&self, run: &[Segment], guesses: &[u32]) {
        for (segment, guess) in run.iter().zip(guesses) {
            if let Some(sketch) = self.store.sketches.get(*guess as usize) {
                self.copies.approach(segment.print, *guess, sketch.side(segment.from_first()));
            }
        }
    }
}

/// Brings near the bytes of a segment that are looked at: the options of a SYN, and the beginning of a message.
#[inline(always)]
fn approach_bytes(segment: &Segment, bytes: &[u8]) {
    if segment.payload_length == 0 && !segment.flags.has(Flags::SYN) {
        return;
    }
    let end = segment.options_at + u32::from(segment.options_length) + segment.captured.min(32);
    if let (Some(first), Some(last)) = (bytes.get(segment.options_at as usize), bytes.get(end as usize)) {
        prefetch(first);
        prefetch(last);
    }
}
