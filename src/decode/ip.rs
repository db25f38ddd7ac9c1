//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use std::net::IpAddr;

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use crate::decode::view::View;
use crate::decode::{End, FlowKey, Skip, Span};

/// IP protocol numbers.
pub(super) mod protocol {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ICMP: u8 = 1;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const GRE: u8 = 47;
    pub const ESP: u8 = 50;
    pub const AH: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const DESTINATION_OPTIONS: u8 = 60;
    pub const MOBILITY: u8 = 135;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

/// More extension headers than any real packet has (RFC 8200, section 4.1 knows six, in one order).
const MAX_EXTENSIONS: usize = 12;

/// Source and destination.
#[derive(Clone, Copy, Debug)]
pub(super) enum Addresses {
    V4(u32, u32),
    V6(u128, u128),
}

/// What we keep of an IP header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Both addresses, source first.
    pub addresses: Addresses,
    /// Where they stand in the batch.
    pub span: Span,
    /// IPv4 identification.
    pub id: u16,
    /// TTL or hop limit.
    pub ttl: u8,
    /// What follows the last header.
    pub protocol: u8,
}

impl Header {
    /// The key of the connection between `source_port` and `destination_port`, and whether the source stands first.
    #[inline]
    pub fn flow(&self, source_port: u16, destination_port: u16, seed: [u64; 2]) -> (FlowKey, bool) {
        match self.addresses {
            Addresses::V4(source, destination) => FlowKey::of_ipv4(source, source_port, destination, destination_port),
            Addresses::V6(source, destination) => {
                FlowKey::of_ipv6(source, source_port, destination, destination_port, seed)
            }
        }
    }

    /// Source and destination with these ports.
    pub fn ends(&self, source_port: u16, destination_port: u16) -> (End, End) {
        let (source, destination) = match self.addresses {
            Addresses::V4(source, destination) => {
                (IpAddr::from(source.to_be_bytes()), destination.to_be_bytes().into())
            }
            Addresses::V6(source, destination) => {
                (IpAddr::from(source.to_be_bytes()), destination.to_be_bytes().into())
            }
        };
        (End { ip: source, port: source_port }, End { ip: destination, port: destination_port })
    }

    /// Is it IPv6?
    pub fn is_ipv6(&self) -> bool {
        matches!(self.addresses, Addresses::V6(..))
    }
}

/// The IP header at the beginning of `view`, of either version, with its extensions; and what it carries.
#[inline]
pub(super) fn header(view: View<'_>) -> Result<(Header, View<'_>), Skip> {
    match view.u8(0)? >> 4 {
        4 => ipv4(view),
        6 => ipv6(view),
        _ => Err(Skip::Malformed),
    }
}

#[inline]
fn ipv4(view: View<'_>) -> Result<(Header, View<'_>), Skip> {
    let Ok(head) = Ipv4HeaderSlice::from_slice(view.data) else {
        // Either its length field is below 5, or not all of it is there; options cut by the snaplen hide what follows.
        let length = usize::from(view.u8(0)? & 0x0f) * 4;
        return Err(if length < 20 { Skip::Malformed } else { view.missing(length) });
    };
    let header_length = head.slice().len();
    let total = match usize::from(head.total_len()) {
        // Segmentation offload leaves 0 where the packet is longer than the field can say.
        0 => view.wire,
        total if total < header_length => return Err(Skip::Malformed),
        total => total as u32,
    };
    // RFC 791, section 3.2: only the first fragment has the header of what is carried.
    if head.fragments_offset().value() != 0 {
        return Err(Skip::LaterFragment);
    }
    let kept = Header {
        addresses: Addresses::V4(u32::from_be_bytes(head.source()), u32::from_be_bytes(head.destination())),
        span: Span { offset: view.offset + 12, length: 8 },
        id: head.identification(),
        ttl: head.ttl(),
        protocol: head.protocol().0,
    };
    let inner = view.limit(total).skip(header_length)?;
    if kept.protocol == protocol::AH {
        return extensions(kept, inner);
    }
    Ok((kept, inner))
}

fn ipv6(view: View<'_>) -> Result<(Header, View<'_>), Skip> {
    let Ok(head) = Ipv6HeaderSlice::from_slice(view.data) else {
        return Err(view.missing(40));
    };
    let inner = view.skip(40)?;
    let inner = match head.payload_length() {
        // Jumbograms (RFC 2675) and segmentation offload say 0.
        0 => inner,
        length => inner.limit(u32::from(length)),
    };
    let kept = Header {
        addresses: Addresses::V6(u128::from_be_bytes(head.source()), u128::from_be_bytes(head.destination())),
        span: Span { offset: view.offset + 8, length: 32 },
        id: 0,
        ttl: head.hop_limit(),
        protocol: head.next_header().0,
    };
    if kept.protocol == protocol::TCP {
        return Ok((kept, inner));
    }
    extensions(kept, inner)
}

/// Steps over the extension headers (RFC 8200, section 4) to the transport protocol.
fn extensions<'a>(mut header: Header, mut view: View<'a>) -> Result<(Header, View<'a>), Skip> {
    for _ in 0..MAX_EXTENSIONS {
        let length = match header.protocol {
            protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::DESTINATION_OPTIONS
            | protocol::MOBILITY
            | protocol::HIP
            | protocol::SHIM6 => (usize::from(view.u8(1)?) + 1) * 8,
            // RFC 4302, section 2.2: counted in four bytes, minus two.
            protocol::AH => (usize::from(view.u8(1)?) + 2) * 4,
            protocol::FRAGMENT => {
                if view.u16(2)? & 0xfff8 != 0 {
                    return Err(Skip::LaterFragment);
                }
                8
            }
            _ => return Ok((header, view)),
        };
        header.protocol = view.u8(0)?;
        view = view.skip(length)?;
    }
    Err(Skip::Malformed)
}
