//! Many packets at once: what each of them needs from memory is asked for before the first of them is looked at, so
//! that the waiting times run side by side instead of one after the other.
//!
//! Without unsafe code a plain read has to do for a prefetch. A processor runs so far ahead of a read that waits as it
//! has room for instructions: that is why the loops that read do nothing else.

use std::hint::black_box;

use super::copies::fingerprint;
use super::{Sink, Tracker};
use crate::decode::Packet;

/// How many packets wait together. Fewer gain less, more push each other out of the nearest cache.
const TOGETHER: usize = 128;
/// Says that there is no guess.
const NOWHERE: u32 = u32::MAX;

/// What is known of packets before their turn.
struct Ahead {
    hashes: [u64; TOGETHER],
    /// Tell their copies, see [`fingerprint`].
    prints: [u64; TOGETHER],
    /// Where their connections probably are.
    guesses: [u32; TOGETHER],
}

impl Tracker {
    /// Takes packets by time, as [`Tracker::packet`] does one by one. `bytes` is the batch that they were decoded from.
    pub fn packets(&mut self, packets: &[Packet], bytes: &[u8], sink: &mut impl Sink) {
        let mut ahead = Ahead { hashes: [0; TOGETHER], prints: [0; TOGETHER], guesses: [NOWHERE; TOGETHER] };
        for run in packets.chunks(TOGETHER) {
            for ((packet, hash), print) in run.iter().zip(&mut ahead.hashes).zip(&mut ahead.prints) {
                match packet {
                    Packet::Segment(segment) => {
                        *hash = segment.flow.hash(self.seed);
                        *print = fingerprint(segment, bytes);
                    }
                    Packet::IcmpError(error) => *hash = error.flow.hash(self.seed),
                    Packet::CutIcmpError(_) => {}
                }
            }
            let hashes = ahead.hashes.get(..run.len()).unwrap_or_default();
            black_box(hashes.iter().fold(0, |touched, hash| touched ^ self.table.touch(*hash)));
            for (hash, guess) in hashes.iter().zip(&mut ahead.guesses) {
                *guess = self.table.guess(*hash).unwrap_or(NOWHERE);
            }
            let guesses = ahead.guesses.get(..run.len()).unwrap_or_default();
            black_box(guesses.iter().fold(0, |touched, guess| match self.store.sketches.get(*guess as usize) {
                Some(sketch) => touched ^ sketch.touch(),
                None => touched,
            }));
            black_box(run.iter().zip(guesses).fold(0, |touched, (packet, guess)| {
                match (self.store.sketches.get(*guess as usize), packet) {
                    (Some(sketch), Packet::Segment(segment)) if segment.payload_length > 0 => {
                        touched ^ self.store.touch_said(sketch.link())
                    }
                    _ => touched,
                }
            }));
            if self.copies.is_active() {
                self.touch_copies(run, &ahead);
            }
            for ((packet, print), guess) in run.iter().zip(&ahead.prints).zip(guesses) {
                let guess = (*guess != NOWHERE).then_some(*guess);
                match packet {
                    Packet::Segment(segment) => self.take_segment(guess, *print, segment, bytes, sink),
                    Packet::IcmpError(_) | Packet::CutIcmpError(_) => self.take_other(packet, sink),
                }
            }
        }
    }

    /// Asks for what is remembered of the last packets, which is too much for the nearest cache.
    fn touch_copies(&self, run: &[Packet], ahead: &Ahead) {
        let mut touched = 0;
        for ((packet, print), guess) in run.iter().zip(&ahead.prints).zip(&ahead.guesses) {
            if let Packet::Segment(segment) = packet
                && let Some(sketch) = self.store.sketches.get(*guess as usize)
            {
                touched ^= self.copies.touch(*print, *guess, sketch.side(segment.from_first));
            }
        }
        black_box(touched);
    }
}
