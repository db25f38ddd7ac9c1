//! What a frame holds: a segment, or an ICMP error about one.

use std::net::{IpAddr, Ipv4Addr};

use super::{FlowKey, Signs};
use crate::time::Time;

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

    /// Do they ask for a connection: SYN without ACK?
    #[inline]
    pub fn asks(self) -> bool {
        self.0 & (Flags::SYN | Flags::ACK) == Flags::SYN
    }
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

    /// Is there nothing in it but its acknowledgment: no payload, SYN, FIN or RST?
    #[inline]
    pub fn is_bare(&self) -> bool {
        self.payload_length == 0 && self.flags.0 & (Flags::SYN | Flags::FIN | Flags::RST) == 0
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
    /// The flags of the quoted segment, if the quote shows them, else none.
    pub about: Flags,
    /// Next-hop MTU of "fragmentation needed" and "packet too big", else 0.
    pub mtu: u32,
}

impl IcmpError {
    /// Does the sender of a SYN report to itself that it could not be sent? The kernel does where no neighbour answers
    /// (`ipv4_link_failure()`, `ip6_link_failure()`) and where a rule of its own rejects it. Nobody else has a packet come from and go
    /// to one address, which the kernel drops as it comes in (`ip_route_input_slow()`: a martian source).
    pub fn is_about_own_syn(&self) -> bool {
        self.about.asks() && !self.about.has(Flags::RST) && self.reporter == self.quoted_source.ip
    }
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
