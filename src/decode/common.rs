//! The short way for what nearly all frames are: Ethernet, perhaps one VLAN tag, IPv4 without options or IPv6 without
//! extensions, whole TCP header.
//!
//! It knows no errors: what it does not take, or what is odd, goes the long way and is named there. Both ways give the
//! same segment (a test holds them side by side).

use super::ip::protocol;
use super::tcp::number_of;
use super::{Flags, FlowKey, Segment, Span};
use crate::source::RawFrame;

const ETHERNET: u16 = 1;
const VLAN: [u8; 2] = [0x81, 0x00];
const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];

/// Puts the segment of a frame of the usual kind into `slot`. False if the frame is not of that kind.
///
/// It writes field by field where the segment is to be: one that was made elsewhere would have to be copied, which waits
/// until all of its small fields have arrived in memory.
#[inline(always)]
pub(super) fn segment(bytes: &[u8], frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> bool {
    read(bytes, frame, seed, slot).is_some()
}

#[inline(always)]
fn read(bytes: &[u8], frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<()> {
    if frame.link != ETHERNET {
        return None;
    }
    let start = frame.offset as usize;
    let captured = bytes.get(start..start + frame.captured as usize)?;
    let ether: &[u8; 18] = captured.first_chunk()?;
    let plain = [ether[12], ether[13]];
    let (kind, length) = if plain == VLAN { ([ether[16], ether[17]], 18) } else { (plain, 14) };
    match kind {
        IPV4 => ipv4(captured, length, frame, seed, slot),
        IPV6 => ipv6(captured, length, frame, seed, slot),
        _ => None,
    }
}

#[inline(always)]
fn ipv4(bytes: &[u8], at: usize, frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<()> {
    let head: &[u8; 20] = bytes.get(at..)?.first_chunk()?;
    let later = u16::from_be_bytes([head[6], head[7]]) & 0x1fff != 0;
    let total = u16::from_be_bytes([head[2], head[3]]);
    if head[0] != 0x45 || head[9] != protocol::TCP || later || total < 40 {
        return None;
    }
    slot.ip_id = u16::from_be_bytes([head[4], head[5]]);
    let tcp = assemble(bytes, at + 20, u32::from(total) - 20, frame, slot)?;
    let (source, destination) = (number(&head[12..16]), number(&head[16..20]));
    (slot.flow, slot.from_first) = FlowKey::of_ipv4(source, port(tcp, 0), destination, port(tcp, 2));
    slot.hash = slot.flow.hash(seed);
    slot.addresses = Span { offset: frame.offset + at as u32 + 12, length: 8 };
    slot.ttl = head[8];
    slot.ipv6 = false;
    Some(())
}

#[inline(always)]
fn ipv6(bytes: &[u8], at: usize, frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<()> {
    let head: &[u8; 40] = bytes.get(at..)?.first_chunk()?;
    let length = u16::from_be_bytes([head[4], head[5]]);
    if head[0] >> 4 != 6 || head[6] != protocol::TCP || length < 20 {
        return None;
    }
    slot.ip_id = 0;
    let tcp = assemble(bytes, at + 40, length.into(), frame, slot)?;
    let (source, destination) = (head[8..24].first_chunk()?, head[24..40].first_chunk()?);
    let (source, destination) = (u128::from_be_bytes(*source), u128::from_be_bytes(*destination));
    (slot.flow, slot.from_first) = FlowKey::of_ipv6(source, port(tcp, 0), destination, port(tcp, 2), seed);
    slot.hash = slot.flow.hash(seed);
    slot.addresses = Span { offset: frame.offset + at as u32 + 8, length: 32 };
    slot.ttl = head[7];
    slot.ipv6 = true;
    Some(())
}

/// Fills in what the TCP header at `at` tells, of a segment of `wire` bytes by the IP header; gives the header.
#[inline(always)]
fn assemble<'b>(bytes: &'b [u8], at: usize, wire: u32, frame: &RawFrame, slot: &mut Segment) -> Option<&'b [u8; 20]> {
    // Behind the packet may be padding.
    let captured = bytes.len().min(at + wire as usize);
    let packet = bytes.get(at..captured)?;
    let (tcp, rest) = packet.split_first_chunk::<20>()?;
    let header = u32::from(tcp[12] >> 4) * 4;
    if header < 20 || header > wire {
        return None;
    }
    let (at, captured) = (at as u32, captured as u32);
    let options_end = captured.min(at + header);
    slot.time = frame.time;
    slot.frame = number_of(frame);
    slot.sequence = number(&tcp[4..8]);
    slot.acknowledgment = number(&tcp[8..12]);
    slot.payload_length = wire - header;
    slot.window = port(tcp, 14);
    slot.input = frame.input;
    slot.flags = Flags(tcp[13]);
    slot.source_port = port(tcp, 0);
    slot.destination_port = port(tcp, 2);
    slot.options_cut = captured < at + header;
    slot.options = Span { offset: frame.offset + at + 20, length: options_end - at - 20 };
    slot.payload = Span { offset: frame.offset + options_end, length: captured - options_end };
    let (options, payload) = rest.split_at_checked(header as usize - 20).unwrap_or((rest, &[]));
    slot.inspect(options, payload);
    Some(tcp)
}

#[inline(always)]
fn port(tcp: &[u8; 20], at: usize) -> u16 {
    u16::from_be_bytes([tcp[at], tcp[at + 1]])
}

#[inline(always)]
fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Decoder, Packet};
    use crate::time::Time;

    /// A frame with `tags` before its IP packet, in which TCP begins with this data offset.
    fn frame(tags: &[u8], kind: [u8; 2], offset: u8) -> Vec<u8> {
        let mut frame = vec![2; 12];
        frame.extend_from_slice(tags);
        frame.extend_from_slice(&kind);
        let length = 4 * u16::from(offset) + 9;
        if kind == IPV4 {
            frame.extend_from_slice(&[0x45, 0]);
            frame.extend_from_slice(&(20 + length).to_be_bytes());
            frame.extend_from_slice(&[7, 8, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        } else {
            frame.extend_from_slice(&[0x60, 0, 0, 0]);
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(&[6, 64]);
            frame.extend((0..32).map(|byte: u8| byte / 9));
        }
        let tcp = [0x85, 0x8a, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, offset << 4, 0x18, 1, 0xf4, 9, 9, 0, 0];
        frame.extend_from_slice(&tcp);
        frame.extend((20..length).map(|at| at as u8));
        // Ethernet fills up short frames.
        frame.resize(frame.len().max(60), 0);
        frame
    }

    #[test]
    fn the_short_way_tells_the_same_as_the_long_one() {
        let decoder = Decoder::new([3, 4]);
        let mut taken = 0;
        for tags in [&[][..], &[0x81, 0, 0, 5]] {
            for kind in [IPV4, IPV6] {
                for offset in [4, 5, 8, 15] {
                    let whole = frame(tags, kind, offset);
                    for at in 0..whole.len() {
                        for value in [0, 1, 5, 6, 0x0f, 0x20, 0x3f, 0x45, 0x46, 0x60, 0x81, 0xff] {
                            let mut bytes = vec![0; 3];
                            bytes.extend_from_slice(&whole);
                            bytes[3 + at] = value;
                            for captured in [at, at + 1, whole.len() / 2, whole.len()] {
                                let raw = RawFrame {
                                    time: Time(5),
                                    number: 6,
                                    offset: 3,
                                    captured: captured as u32,
                                    wire: whole.len() as u32,
                                    link: ETHERNET,
                                    input: 1,
                                };
                                let mut found = Segment::default();
                                if segment(&bytes, &raw, [3, 4], &mut found) {
                                    assert_eq!(Ok(Packet::Segment(found)), decoder.decode_any(&bytes, &raw));
                                    taken += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
        assert!(taken > 10_000, "{taken}");
    }
}
