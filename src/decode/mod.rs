//! From the bytes of a frame to a TCP segment, or to an ICMP error about one, or to the reason why it is neither.

use std::net::{IpAddr, Ipv4Addr};

use crate::source::RawFrame;
use crate::time::Time;

mod common;
mod flow;
mod icmp;
mod ip;
mod link;
mod signs;
mod skip;
mod tcp;
#[cfg(test)]
mod tests;
mod tunnel;
mod view;

pub use signs::Signs;
pub use skip::Skip;
pub use tcp::{Options, SackBlocks, TcpOption, options};

use common::Short;
use ip::protocol;
use view::View;

/// How many IP headers may stand inside each other.
const MAX_TUNNELS: usize = 8;

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
    /// frame's batch; the result's [`Span`]s point into it. Never fails otherwise, whatever the bytes are.
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
                Short::Other => match self.decode_any(bytes, frame) {
                    Ok(Packet::Segment(segment)) => {
                        *slot = segment;
                        packets.filled += 1;
                    }
                    Ok(other) => packets.others.push((packets.filled, other)),
                    Err(skip) => skipped[skip.index()] += 1,
                },
            }
        }
    }

    /// The same for frames of every kind.
    #[inline(never)]
    fn decode_any(&self, bytes: &[u8], frame: &RawFrame) -> Result<Packet, Skip> {
        let captured = Span { offset: frame.offset, length: frame.captured }.of(bytes);
        let view = View::new(captured, frame.offset, frame.wire);
        match link::usual(frame.link, view).and_then(ip::usual) {
            Some((header, inner)) => tcp::segment(&header, inner, frame, self.seed).map(Packet::Segment),
            None => self.layers(view, frame),
        }
    }

    /// Takes off layer by layer.
    #[inline(never)]
    fn layers(&self, view: View<'_>, frame: &RawFrame) -> Result<Packet, Skip> {
        let way = link::way(frame.link, view);
        let mut view = link::network(frame.link, view)?;
        for _ in 0..=MAX_TUNNELS {
            let (header, inner) = ip::header(view)?;
            view = match header.protocol {
                protocol::TCP => {
                    let mut segment = tcp::segment(&header, inner, frame, self.seed)?;
                    segment.signs.0 |= way.0;
                    return Ok(Packet::Segment(segment));
                }
                protocol::ICMP | protocol::ICMPV6 => {
                    return icmp::error(&header, inner, frame, self.seed);
                }
                other => tunnel::inner(other, inner)?,
            };
        }
        Err(Skip::TunnelTooDeep)
    }
}

/// The flags of a TCP header (RFC 9293, section 3.1), as in its 14th byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: u8 = 0x01;
    /// Synchronize sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push function.
    pub const PSH: u8 = 0x08;
    /// The acknowledgment field is significant.
    pub const ACK: u8 = 0x10;
    /// The urgent pointer is significant.
    pub const URG: u8 = 0x20;
    /// Congestion was seen on the way (RFC 3168, section 6.1).
    pub const ECE: u8 = 0x40;
    /// The congestion window was reduced (RFC 3168, section 6.1).
    pub const CWR: u8 = 0x80;

    /// Is every flag of `mask` set?
    pub fn has(self, mask: u8) -> bool {
        self.0 & mask == mask
    }
}

/// Both ends of a connection in 16 bytes, the same for both directions.
///
/// IPv4: both addresses, then both ports in the last word; the end that stands first has the lower address, or with the
/// same address the lower port. IPv6: a keyed 96-bit fingerprint of both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlowKey {
    words: [u32; 3],
    ipv6: bool,
}

/// One end's address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct End {
    /// The IP address of the TCP segment itself, inside any tunnel.
    pub ip: IpAddr,
    /// The TCP port.
    pub port: u16,
}

/// No end: the unspecified address.
impl Default for End {
    fn default() -> Self {
        End { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 0 }
    }
}

/// A part of a batch's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte's offset in the batch.
    pub offset: u32,
    /// The number of bytes.
    pub length: u32,
}

impl Span {
    /// The bytes of this part; empty if it lies outside of `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        let start = self.offset as usize;
        bytes.get(start..start.saturating_add(self.length as usize)).unwrap_or_default()
    }
}

/// One TCP segment as captured. Where its bytes are is told as offsets in the batch that it was decoded from.
///
/// It fills one cache line: with two threads each is handed from one to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct Segment {
    /// When its frame was captured.
    pub time: Time,
    /// Both ends, whichever sent it: [`FlowKey::packed`].
    pub key: [u32; 3],
    /// What [`FlowKey::hash`] makes of them.
    pub hash: u32,
    /// The number of its frame in its file, from 1 (numbers beyond 32 bits are the last).
    pub frame: u32,
    /// What it shares with copies of itself and not with retransmissions, hashed.
    pub print: u32,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number; meaningless without [`Flags::ACK`].
    pub acknowledgment: u32,
    /// Bytes of payload on the wire (from the IP lengths, whatever the snaplen kept). In the first fragment of an IP
    /// packet: the bytes in that fragment, since how many follow is not known.
    pub payload_length: u32,
    /// Window field, unscaled.
    pub window: u16,
    /// IPv4 identification; 0 in IPv6.
    pub ip_id: u16,
    /// Where its options begin, behind the 20 bytes that every TCP header has.
    pub options_at: u32,
    /// Bytes of payload that were captured.
    pub captured: u32,
    /// How far before that its IPv6 addresses begin; 0 in IPv4.
    pub addresses_before: u16,
    /// Bytes of options that were captured.
    pub options_length: u8,
    /// TCP flags.
    pub flags: Flags,
    /// TTL or hop limit.
    pub ttl: u8,
    /// What it looks like.
    pub signs: Signs,
    /// Which input its frame came from (of more than 256 the last).
    pub input: u8,
}

const _: () = assert!(size_of::<Segment>() == 64);

impl Segment {
    /// Both ends, whichever sent it.
    #[inline(always)]
    pub fn flow(&self) -> FlowKey {
        FlowKey::unpacked(self.key, self.signs.has(Signs::IPV6))
    }

    /// Was it sent by the end that stands first in its key?
    #[inline(always)]
    pub fn from_first(&self) -> bool {
        self.signs.has(Signs::FROM_FIRST)
    }

    /// Its TCP options as far as captured.
    #[inline(always)]
    pub fn options(&self) -> Span {
        Span { offset: self.options_at, length: self.options_length.into() }
    }

    /// Its payload as far as captured.
    #[inline(always)]
    pub fn payload(&self) -> Span {
        Span { offset: self.options_at + u32::from(self.options_length), length: self.captured }
    }
}

/// An ICMP or ICMPv6 error that quotes a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// When its frame was captured.
    pub time: Time,
    /// The number of its frame in its file, from 1.
    pub frame: u64,
    /// Which input its frame came from.
    pub input: u16,
    /// Is it ICMPv6?
    pub ipv6: bool,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Who sent the ICMP message.
    pub reporter: IpAddr,
    /// Both ends of the quoted segment.
    pub flow: FlowKey,
    /// Was the quoted segment sent by the end that stands first in `flow`?
    pub from_first: bool,
    /// Source of the quoted segment: the end that receives the error.
    pub quoted_source: End,
    /// Destination of the quoted segment.
    pub quoted_destination: End,
    /// Sequence number of the quoted segment.
    pub sequence: u32,
    /// The quoted segment is a RST, as far as the quote shows its flags.
    pub about_reset: bool,
    /// Next-hop MTU of "fragmentation needed" and "packet too big", else 0.
    pub mtu: u32,
}

/// An ICMP error whose quote the snaplen cut: whom it reached is known, perhaps for whom the segment was, but not which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutIcmpError {
    /// When its frame was captured.
    pub time: Time,
    /// Who receives it: the sender of the segment that it quotes.
    pub receiver: IpAddr,
    /// For whom that segment was, if that much is left of the quote.
    pub destination: Option<IpAddr>,
}

/// What a frame holds for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A TCP segment.
    Segment(Segment),
    /// An ICMP error about a TCP segment.
    IcmpError(IcmpError),
    /// An ICMP error that the snaplen made unreadable.
    CutIcmpError(CutIcmpError),
}
