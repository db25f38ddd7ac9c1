//! From the bytes of a frame to a TCP segment, or to an ICMP error about one, or to the reason why it is neither.

use crate::layers::{self, View, protocol};
use crate::source::{Others, RawFrame};
use crate::time::Time;

mod common;
mod flow;
mod icmp;
mod packet;
mod signs;
mod tcp;
#[cfg(test)]
mod tests;

pub use crate::layers::Skip;
pub use flow::FlowKey;
pub use packet::{CutIcmpError, End, Flags, IcmpError, Packet, Segment, Span};
pub use signs::Signs;
pub use tcp::{Options, SackBlocks, TcpOption, options};

use common::Short;

/// Reads frames. It keeps nothing from one to the next but the seed of the IPv6 fingerprints.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    seed: [u64; 2],
}

/// What the frames of a batch hold, in their order.
#[derive(Debug, Default)]
pub struct Packets {
    /// Room for segments, the first of which are filled.
    slots: Vec<Segment>,
    filled: usize,
    /// The few packets that are no segments, each with the number of segments before it.
    pub others: Vec<(usize, Packet)>,
    /// What is read beside the batch that they were decoded from.
    pub beside: Others,
    /// When all files had ended before the one that the batch begins, if nothing was captured in between.
    pub resumes_after: Option<Time>,
}

impl Packets {
    /// The segments.
    pub fn segments(&self) -> &[Segment] {
        self.slots.get(..self.filled).unwrap_or_default()
    }

    /// Forgets them all and keeps the memory.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.others.clear();
    }

    /// Adds what a frame holds where there is a slot for it, or counts why it holds nothing.
    fn put(&mut self, decoded: Result<Packet, Skip>, skipped: &mut [u64; Skip::COUNT]) {
        match decoded {
            Ok(Packet::Segment(segment)) => {
                if let Some(slot) = self.slots.get_mut(self.filled) {
                    *slot = segment;
                    self.filled += 1;
                }
            }
            Ok(other) => self.others.push((self.filled, other)),
            Err(skip) => skipped[skip.index()] += 1,
        }
    }

    /// Adds a packet.
    pub fn push(&mut self, packet: Packet) {
        match packet {
            Packet::Segment(segment) => {
                self.slots.truncate(self.filled);
                self.slots.push(segment);
                self.filled += 1;
            }
            other => self.others.push((self.filled, other)),
        }
    }
}

impl Decoder {
    /// A decoder whose [`FlowKey`]s are made under `seed`: the same for all that share a table, random against senders
    /// who would choose addresses that collide.
    pub fn new(seed: [u64; 2]) -> Self {
        Decoder { seed }
    }

    /// The segment or ICMP error in `frame`, or the reason why there is none. `bytes` is the whole buffer of the
    /// frame's batch; the result's [`Span`]s point into it. Never fails otherwise, whatever the bytes are. An aggregate of
    /// 802.11 holds several, and is for [`decode_all`](Self::decode_all).
    #[inline]
    pub fn decode(&self, bytes: &[u8], frame: &RawFrame) -> Result<Packet, Skip> {
        let mut segment = Segment::default();
        match common::segment(bytes, frame, self.seed, &mut segment) {
            Short::Segment => Ok(Packet::Segment(segment)),
            Short::Udp => Err(Skip::Udp),
            Short::Other => self.decode_any(bytes, frame),
        }
    }

    /// Decodes many frames, whose `bytes` are one buffer, into `packets`, and counts those that are none in `skipped`, by
    /// [`Skip::index`].
    pub fn decode_all(
        &self,
        bytes: &[u8],
        frames: &[RawFrame],
        packets: &mut Packets,
        skipped: &mut [u64; Skip::COUNT],
    ) {
        let room = packets.filled + frames.len();
        if packets.slots.len() < room {
            packets.slots.resize(room, Segment::default());
        }
        for frame in frames {
            let Some(slot) = packets.slots.get_mut(packets.filled) else { return };
            match common::segment(bytes, frame, self.seed, slot) {
                Short::Segment => packets.filled += 1,
                Short::Udp => skipped[Skip::Udp.index()] += 1,
                Short::Other => self.decode_parts(bytes, frame, packets, skipped),
            }
        }
    }

    /// The same for a frame that is an aggregate, or one of any other kind.
    #[inline(never)]
    fn decode_parts(&self, bytes: &[u8], frame: &RawFrame, packets: &mut Packets, skipped: &mut [u64; Skip::COUNT]) {
        let mut parts = layers::parts(frame.link, view_of(bytes, frame)).peekable();
        if parts.peek().is_none() {
            return packets.put(self.decode_any(bytes, frame), skipped);
        }
        for part in parts {
            // Beside the one that the frame has.
            packets.slots.push(Segment::default());
            packets.put(self.decode_any(bytes, &part_of(frame, part)), skipped);
        }
    }

    /// The same for frames of every kind.
    #[inline(never)]
    fn decode_any(&self, bytes: &[u8], frame: &RawFrame) -> Result<Packet, Skip> {
        let view = view_of(bytes, frame);
        match layers::usual(frame.link, view) {
            Some((header, inner)) => tcp::segment(&header, inner, frame, self.seed).map(Packet::Segment),
            None => self.decode_innermost(view, frame),
        }
    }

    /// The same for what is under more layers.
    #[inline(never)]
    fn decode_innermost(&self, view: View<'_>, frame: &RawFrame) -> Result<Packet, Skip> {
        let (header, inner) = layers::innermost(frame.link, view)?;
        if header.protocol != protocol::TCP {
            return icmp::error(&header, inner, frame, self.seed);
        }
        let mut segment = tcp::segment(&header, inner, frame, self.seed)?;
        segment.signs.0 |= signs::way(frame.link, view).0;
        Ok(Packet::Segment(segment))
    }
}

fn view_of<'b>(bytes: &'b [u8], frame: &RawFrame) -> View<'b> {
    let captured = Span { offset: frame.offset, length: frame.captured }.of(bytes);
    View::new(captured, frame.offset, frame.wire)
}

/// A part of an aggregate as a frame: its link type has it begin with LLC (RFC 1483).
fn part_of(frame: &RawFrame, part: View<'_>) -> RawFrame {
    RawFrame { offset: part.offset, captured: part.data.len() as u32, wire: part.wire, link: 100, ..*frame }
}
