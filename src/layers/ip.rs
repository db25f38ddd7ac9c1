//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers.

use etherparse::Ipv4HeaderSlice;

use super::Skip;
use super::view::View;

/// IP protocol numbers.
pub(crate) mod protocol {
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
    pub const UDP_LITE: u8 = 136;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

/// More extension headers than any real packet has (RFC 8200, section 4.1 knows six, in one order).
const MAX_EXTENSIONS: usize = 12;

/// Source and destination as they stand in the header.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Addresses<'a> {
    V4(&'a [u8; 8]),
    V6(&'a [u8; 32]),
}

/// What we keep of an IP header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    /// Both addresses, source first.
    pub addresses: Addresses<'a>,
    /// Where the header begins in the batch.
    pub offset: u32,
    /// IPv4 identification.
    pub id: u16,
    /// TTL or hop limit.
    pub ttl: u8,
    /// What follows the last header.
    pub protocol: u8,
}

impl<'a> Header<'a> {
    /// Of an IPv4 header that stands at `offset` in the batch.
    #[inline]
    fn of_ipv4(head: &'a [u8; 20], offset: u32) -> Self {
        Header {
            addresses: Addresses::V4(head.last_chunk::<8>().unwrap_or(&[0; 8])),
            offset,
            id: u16::from_be_bytes([head[4], head[5]]),
            ttl: head[8],
            protocol: head[9],
        }
    }

    /// Of an IPv6 header.
    #[inline]
    fn of_ipv6(head: &'a [u8; 40], offset: u32) -> Self {
        Header {
            addresses: Addresses::V6(head.last_chunk::<32>().unwrap_or(&[0; 32])),
            offset,
            id: 0,
            ttl: head[7],
            protocol: head[6],
        }
    }

    /// Is it IPv6?
    pub fn is_ipv6(&self) -> bool {
        matches!(self.addresses, Addresses::V6(..))
    }
}

/// The IP header at the beginning of `view`, of either version, with its extensions; and what it carries.
#[inline]
pub(crate) fn header(view: View<'_>) -> Result<(Header<'_>, View<'_>), Skip> {
    match view.u8(0)? >> 4 {
        4 => ipv4(view),
        6 => ipv6(view),
        _ => Err(Skip::Malformed),
    }
}

/// The same for what most captures consist of: TCP right behind an IPv6 header, or behind an IPv4 header without
/// options and in one piece. A shortcut past the general way, which makes the same of the same bytes in twice the time.
#[inline]
pub(super) fn usual(view: View<'_>) -> Option<(Header<'_>, View<'_>)> {
    let head = view.data.first_chunk::<20>()?;
    if head[0] == 0x45 {
        let total = u32::from(u16::from_be_bytes([head[2], head[3]]));
        let usual = total >= 20 && head[6] & 0x1f == 0 && head[7] == 0 && head[9] == protocol::TCP;
        let inner = view.limit(total).behind(20).filter(|_| usual)?;
        return Some((Header::of_ipv4(head, view.offset), inner));
    }
    let head = view.data.first_chunk::<40>()?;
    let length = u32::from(u16::from_be_bytes([head[4], head[5]]));
    let usual = head[0] >> 4 == 6 && length != 0 && head[6] == protocol::TCP;
    let inner = view.behind(40).filter(|_| usual)?.limit(length);
    Some((Header::of_ipv6(head, view.offset), inner))
}

fn ipv4(view: View<'_>) -> Result<(Header<'_>, View<'_>), Skip> {
    let Ok(head) = Ipv4HeaderSlice::from_slice(view.data) else {
        // Either its length field is below 5, or not all of it is there; options that the snaplen cut hide what follows.
        let length = usize::from(view.u8(0)? & 0x0f) * 4;
        return Err(if length < 20 { Skip::Malformed } else { view.missing(length) });
    };
    let total = match u32::from(head.total_len()) {
        // Segmentation offload leaves 0 where the packet is longer than the field can say.
        0 => view.wire - filling(view),
        total if total < u32::from(head.ihl()) * 4 => return Err(Skip::Malformed),
        total => total,
    };
    // RFC 791, section 3.2: only the first fragment has the header of what is carried.
    if head.fragments_offset().value() != 0 {
        return Err(Skip::LaterFragment);
    }
    let Some(fixed) = head.slice().first_chunk::<20>() else { return Err(view.missing(20)) };
    let kept = Header::of_ipv4(fixed, view.offset);
    let inner = view.limit(total).skip(head.slice().len())?;
    if kept.protocol == protocol::AH {
        return extensions(kept, inner);
    }
    Ok((kept, inner))
}

/// How much of an IPv4 packet that does not tell its length is what Ethernet fills short frames up with: zeros behind both headers.
fn filling(view: View<'_>) -> u32 {
    const LEAST: usize = 46;
    const HEADERS: usize = 40;
    let behind = view.data.get(HEADERS..).filter(|_| view.wire as usize == LEAST).unwrap_or_default();
    behind.iter().rev().take_while(|byte| **byte == 0).count() as u32
}

fn ipv6(view: View<'_>) -> Result<(Header<'_>, View<'_>), Skip> {
    let Some(head) = view.data.first_chunk::<40>() else { return Err(view.missing(40)) };
    let inner = view.skip(40)?;
    let inner = match u16::from_be_bytes([head[4], head[5]]) {
        // Jumbograms (RFC 2675) and segmentation offload say 0.
        0 => inner,
        length => inner.limit(u32::from(length)),
    };
    extensions(Header::of_ipv6(head, view.offset), inner)
}

/// Steps over the extension headers (RFC 8200, section 4) to the transport protocol.
fn extensions<'a>(mut header: Header<'a>, mut view: View<'a>) -> Result<(Header<'a>, View<'a>), Skip> {
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
