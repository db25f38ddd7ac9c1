//! Many packets at once: what each of them needs from memory is asked for before the first of them is looked at, so
//! that the waiting times run side by side instead of one after the other.

use std::hint::black_box;

use super::{Sink, Tracker};
use crate::decode::{FlowKey, Packet};

/// How many packets wait together. Fewer gain less, more push each other out of the nearest cache.
const TOGETHER: usize = 64;

fn flow(packet: &Packet) -> FlowKey {
    match packet {
        Packet::Segment(segment) => segment.flow,
        Packet::IcmpError(error) => error.flow,
    }
}

impl Tracker {
    /// Takes packets by time, as [`Tracker::packet`] does one by one. `bytes` is the batch that they were decoded from.
    pub fn packets(&mut self, packets: &[Packet], bytes: &[u8], sink: &mut impl Sink) {
        for run in packets.chunks(TOGETHER) {
            let mut hashes = [0u64; TOGETHER];
            let mut guesses = [None; TOGETHER];
            let mut touched = 0;
            for (packet, hash) in run.iter().zip(&mut hashes) {
                *hash = flow(packet).hash(self.seed);
                touched ^= self.table.touch(*hash);
            }
            // Without unsafe code a plain read has to do for a prefetch; it must not be optimized away.
            black_box(touched);
            for (guess, hash) in guesses.iter_mut().zip(hashes).take(run.len()) {
                *guess = self.table.guess(hash);
                if let Some(connection) = guess.and_then(|place: u32| self.connections.get(place as usize)) {
                    touched ^= connection.touch();
                }
            }
            black_box(touched);
            for (packet, guess) in run.iter().zip(guesses) {
                self.guessed(guess, packet, bytes, sink);
            }
        }
    }
}
