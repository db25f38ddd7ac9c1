//! The short way for what nearly all frames are: Ethernet, perhaps one VLAN tag, IPv4 without options or IPv6 without
//! extensions, whole TCP header.
//!
//! It knows no errors: what it does not take, or what is odd, goes the long way and is named there. Both ways give the
//! same segment (a test holds them side by side).

use super::ip::{Header, protocol};
use super::view::View;
use super::{Segment, tcp};
use crate::source::RawFrame;

const ETHERNET: u16 = 1;
const VLAN: [u8; 2] = [0x81, 0x00];
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];

/// The segment in a frame of the usual kind.
#[inline]
pub(super) fn segment(bytes: &[u8], frame: &RawFrame, seed: [u64; 2]) -> Option<Segment> {
    if frame.link != ETHERNET {
        return None;
    }
    let start = frame.offset as usize;
    let captured = bytes.get(start..start + frame.captured as usize)?;
    let ether: &[u8; 18] = captured.first_chunk()?;
    let plain = [ether[12], ether[13]];
    let (kind, length) = if plain == VLAN { ([ether[16], ether[17]], 18) } else { (plain, 14) };
    match kind {
        IPV4 => ipv4(captured, length, frame, seed),
        IPV6 => ipv6(captured, length, frame, seed),
        _ => None,
    }
}

#[inline(always)]
fn ipv4(captured: &[u8], at: usize, frame: &RawFrame, seed: [u64; 2]) -> Option<Segment> {
    let head: &[u8; 20] = captured.get(at..)?.first_chunk()?;
    let later = u16::from_be_bytes([head[6], head[7]]) & 0x1fff != 0;
    let total = u16::from_be_bytes([head[2], head[3]]);
    if head[0] != 0x45 || head[9] != protocol::TCP || later || total < 40 {
        return None;
    }
    let header = Header::of_ipv4(head, frame.offset + at as u32);
    transport(captured, at + 20, u32::from(total) - 20, &header, frame, seed)
}

#[inline(always)]
fn ipv6(captured: &[u8], at: usize, frame: &RawFrame, seed: [u64; 2]) -> Option<Segment> {
    let head: &[u8; 40] = captured.get(at..)?.first_chunk()?;
    let length = u16::from_be_bytes([head[4], head[5]]);
    if head[0] >> 4 != 6 || head[6] != protocol::TCP || length < 20 {
        return None;
    }
    let header = Header::of_ipv6(head, frame.offset + at as u32);
    transport(captured, at + 40, u32::from(length), &header, frame, seed)
}

/// The segment at `at`, which has `wire` bytes by the IP header.
#[inline(always)]
fn transport(
    captured: &[u8],
    at: usize,
    wire: u32,
    header: &Header<'_>,
    frame: &RawFrame,
    seed: [u64; 2],
) -> Option<Segment> {
    // Behind it may be padding of the frame.
    let end = captured.len().min(at + wire as usize);
    let data = captured.get(at..end).filter(|data| data.len() >= 20)?;
    tcp::segment(header, View::new(data, frame.offset + at as u32, wire), frame, seed).ok()
}
