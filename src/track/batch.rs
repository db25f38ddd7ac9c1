//! Many packets at once: what each of them needs from memory is asked for before the first of them is looked at, so
//! that the waiting times run side by side instead of one after the other.

use std::hint::black_box;

use super::copies::fingerprint;
use super::{Sink, Tracker};
use crate::decode::Packet;

/// How many packets wait together. Fewer gain less, more push each other out of the nearest cache.
const TOGETHER: usize = 64;

/// What is known of a packet before its turn.
#[derive(Clone, Copy, Default)]
struct Ahead {
    hash: u64,
    /// Tells its copies, see [`fingerprint`].
    print: u64,
    /// Where its connection probably is.
    guess: Option<u32>,
}

impl Tracker {
    /// Takes packets by time, as [`Tracker::packet`] does one by one. `bytes` is the batch that they were decoded from.
    pub fn packets(&mut self, packets: &[Packet], bytes: &[u8], sink: &mut impl Sink) {
        let mut ahead = [Ahead::default(); TOGETHER];
        for run in packets.chunks(TOGETHER) {
            let mut touched = 0;
            ahead.fill(Ahead::default());
            for (packet, ahead) in run.iter().zip(&mut ahead) {
                let (flow, print) = match packet {
                    Packet::Segment(segment) => (segment.flow, fingerprint(segment, bytes)),
                    Packet::IcmpError(error) => (error.flow, 0),
                    Packet::CutIcmpError(_) => continue,
                };
                *ahead = Ahead { hash: flow.hash(self.seed), print, guess: None };
                touched ^= self.table.touch(ahead.hash);
            }
            // Without unsafe code a plain read has to do for a prefetch; it must not be optimized away.
            black_box(touched);
            for ahead in ahead.iter_mut().take(run.len()) {
                ahead.guess = self.table.guess(ahead.hash);
                if let Some(connection) = ahead.guess.and_then(|place: u32| self.connections.get(place as usize)) {
                    touched ^= connection.touch();
                }
            }
            black_box(touched);
            if self.copies.is_active() {
                self.touch_copies(run, &ahead);
            }
            for (packet, ahead) in run.iter().zip(&ahead) {
                match packet {
                    Packet::Segment(segment) => self.take_segment(ahead.guess, ahead.print, segment, bytes, sink),
                    Packet::IcmpError(_) | Packet::CutIcmpError(_) => self.take_other(packet, sink),
                }
            }
        }
    }

    /// Asks for what is remembered of the last packets, which is too much for the nearest cache.
    fn touch_copies(&self, run: &[Packet], ahead: &[Ahead; TOGETHER]) {
        let mut touched = 0;
        for (packet, ahead) in run.iter().zip(ahead) {
            if let (Packet::Segment(segment), Some(place)) = (packet, ahead.guess)
                && let Some(connection) = self.connections.get(place as usize)
            {
                touched ^= self.copies.touch(ahead.print, place, connection.side(segment.from_first));
            }
        }
        black_box(touched);
    }
}
