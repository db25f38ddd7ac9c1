//! The short way for what nearly all frames are: Ethernet, perhaps one VLAN tag, IPv4 without options or IPv6 without
//! extensions, whole TCP header.
//!
//! It knows no errors: what it does not take, or what is odd, goes the long way and is named there. Both ways give the
//! same segment (a test holds them side by side).

use super::tcp::{input_of, number_of};
use super::{Flags, FlowKey, Segment, Signs};
use crate::layers::{is_over_udp, protocol};
use crate::source::RawFrame;

const ETHERNET: u16 = 1;
const VLAN: u16 = 0x8100;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// What the short way made of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// A segment, which is now in its place.
    Segment,
    /// A UDP packet that is no tunnel of ours.
    Udp,
    /// The frame is of another kind.
    Other,
}

/// Bytes of an IPv4 header and of a TCP header, both without options.
const IPV4_AND_TCP: usize = 40;
/// The same with IPv6.
const IPV6_AND_TCP: usize = 60;
/// Bytes of an Ethernet header without tags.
const UNTAGGED: usize = 14;

/// Puts the segment of a frame of the usual kind into `slot`.
///
/// It writes field by field where the segment is to be: one that was made elsewhere would have to be copied, which waits
/// until all of its small fields have arrived in memory. It takes all fixed headers as one array, so that a single look at
/// its length makes sure of every field in it, and reads neighbouring fields with one load.
#[inline(always)]
pub(super) fn segment(bytes: &[u8], frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Short {
    read(bytes, frame, seed, slot).unwrap_or(Short::Other)
}

#[inline(always)]
fn read(bytes: &[u8], frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<Short> {
    if frame.link != ETHERNET {
        return None;
    }
    let start = frame.offset as usize;
    let captured = bytes.get(start..start + frame.captured as usize)?;
    if let Some((head, rest)) = captured.split_first_chunk::<{ UNTAGGED + IPV4_AND_TCP }>()
        && u16_at(head, 12) == IPV4
        && let Some(packet) = head.last_chunk::<IPV4_AND_TCP>()
        && is_plain_tcp(packet)
    {
        return ipv4(packet, rest, frame.offset + UNTAGGED as u32, frame, seed, slot);
    }
    read_tagged(captured, frame, seed, slot)
}

/// Takes frames with a tag, IPv6, and what is no TCP.
#[inline(never)]
fn read_tagged(captured: &[u8], frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<Short> {
    let (ether, rest) = captured.split_first_chunk::<UNTAGGED>()?;
    let (mut kind, mut packet, mut at) = (u16_at(ether, 12), rest, UNTAGGED as u32);
    if kind == VLAN {
        let tag;
        (tag, packet) = rest.split_first_chunk::<4>()?;
        (kind, at) = (u16_at(tag, 2), 18);
    }
    match kind {
        IPV4 => match packet.split_first_chunk() {
            Some((head, rest)) if is_plain_tcp(head) => ipv4(head, rest, frame.offset + at, frame, seed, slot),
            _ => udp4(packet),
        },
        IPV6 => ipv6(packet, frame.offset + at, frame, seed, slot),
        _ => None,
    }
}

/// Is it an IPv4 header without options, and TCP from its first byte on behind it?
#[inline(always)]
fn is_plain_tcp(head: &[u8; IPV4_AND_TCP]) -> bool {
    // The protocol, and three bytes before it the offset of a fragment.
    head[0] == 0x45 && u64_at(head, 2) & 0x1fff_00ff == u64::from(protocol::TCP)
}

/// Takes an IPv4 packet that stands at `offset` in the batch, after [`is_plain_tcp`].
#[inline(always)]
fn ipv4(
    head: &[u8; IPV4_AND_TCP],
    rest: &[u8],
    offset: u32,
    frame: &RawFrame,
    seed: [u64; 2],
    slot: &mut Segment,
) -> Option<Short> {
    // Length, identification, offset, TTL, protocol.
    let fields = u64_at(head, 2);
    let wire = ((fields >> 48) as u32).checked_sub(IPV4_AND_TCP as u32)?;
    let (flow, from_first) = FlowKey::of_ipv4(u64_at(head, 12), u32_at(head, 20));
    (slot.key, slot.hash) = (flow.packed(), flow.hash(seed));
    slot.addresses_before = 0;
    slot.ip_id = (fields >> 32) as u16;
    slot.ttl = (fields >> 8) as u8;
    slot.signs = Signs(if from_first { Signs::FROM_FIRST } else { 0 });
    let tcp: &[u8; 20] = head.last_chunk()?;
    assemble(tcp, rest, offset + IPV4_AND_TCP as u32, wire, frame, slot)
}

/// The same with IPv6.
#[inline(always)]
fn ipv6(bytes: &[u8], offset: u32, frame: &RawFrame, seed: [u64; 2], slot: &mut Segment) -> Option<Short> {
    let (head, rest) = bytes.split_first_chunk::<IPV6_AND_TCP>()?;
    let length = u32::from(u16_at(head, 4));
    if head[0] >> 4 != 6 || head[6] != protocol::TCP || length < 20 {
        return None;
    }
    let (source, destination) = (u128_at(head, 8), u128_at(head, 24));
    let (source_port, destination_port) = (u16_at(head, 40), u16_at(head, 42));
    let (flow, from_first) = FlowKey::of_ipv6(source, source_port, destination, destination_port, seed);
    (slot.key, slot.hash) = (flow.packed(), flow.hash(seed));
    // Behind 8 bytes of the IPv6 header they are 32, and 20 of TCP follow.
    slot.addresses_before = 52;
    slot.ip_id = 0;
    slot.ttl = head[7];
    slot.signs = Signs(Signs::IPV6 | if from_first { Signs::FROM_FIRST } else { 0 });
    let tcp: &[u8; 20] = head.last_chunk()?;
    assemble(tcp, rest, offset + IPV6_AND_TCP as u32, length - 20, frame, slot)
}

/// Fills in what the TCP header tells. Behind its fixed part stands `rest`, at `offset` in the batch, of which `wire` bytes
/// belong to the segment by the IP header; there may be padding behind that.
#[inline(always)]
fn assemble(
    tcp: &[u8; 20],
    rest: &[u8],
    offset: u32,
    wire: u32,
    frame: &RawFrame,
    slot: &mut Segment,
) -> Option<Short> {
    // Data offset, flags, window, checksum, urgent pointer.
    let fields = u64_at(tcp, 12);
    let length = ((fields >> 60) as u32 * 4).checked_sub(20)?;
    let payload_length = wire.checked_sub(length)?;
    let (options, payload) = rest.split_at_checked(length as usize)?;
    // Behind a short packet Ethernet is filled up.
    let payload = payload.get(..payload_length as usize).unwrap_or(payload);
    let numbers = u64_at(tcp, 4);
    slot.time = frame.time;
    slot.frame = number_of(frame);
    slot.sequence = (numbers >> 32) as u32;
    slot.acknowledgment = numbers as u32;
    slot.payload_length = payload_length;
    slot.window = (fields >> 32) as u16;
    slot.input = input_of(frame);
    slot.flags = Flags((fields >> 48) as u8);
    slot.options_at = offset;
    slot.options_length = length as u8;
    slot.captured = payload.len() as u32;
    slot.inspect(options, payload);
    Some(Short::Segment)
}

/// UDP in an IPv4 packet without options: much of what is captured, and nothing of ours but for tunnels.
#[inline(never)]
fn udp4(bytes: &[u8]) -> Option<Short> {
    let head: &[u8; 28] = bytes.first_chunk()?;
    let later = u16_at(head, 6) & 0x1fff != 0;
    let plain = head[0] == 0x45 && head[9] == protocol::UDP && !later && u16_at(head, 2) >= 28;
    let tunnel = is_over_udp(u16_at(head, 20)) || is_over_udp(u16_at(head, 22));
    (plain && !tunnel).then_some(Short::Udp)
}

#[inline(always)]
fn u16_at<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
    bytes[at..].first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes))
}

#[inline(always)]
fn u32_at<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    bytes[at..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

#[inline(always)]
fn u64_at<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[inline(always)]
fn u128_at<const N: usize>(bytes: &[u8; N], at: usize) -> u128 {
    bytes[at..].first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Decoder, Packet, Skip};
    use crate::time::Time;

    /// A frame with `tags` before its IP packet, in which TCP begins with this data offset.
    fn frame(tags: &[u8], kind: u16, offset: u8) -> Vec<u8> {
        let mut frame = vec![2; 12];
        frame.extend_from_slice(tags);
        frame.extend_from_slice(&kind.to_be_bytes());
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
        let (mut taken, mut passed) = (0, 0);
        for tags in [&[][..], &[0x81, 0, 0, 5]] {
            for kind in [IPV4, IPV6] {
                for offset in [4, 5, 8, 15] {
                    let whole = frame(tags, kind, offset);
                    for at in 0..whole.len() {
                        for value in [0, 1, 5, 6, 0x0f, 17, 0x20, 0x3f, 0x45, 0x46, 0x60, 0x81, 0xff] {
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
                                match segment(&bytes, &raw, [3, 4], &mut found) {
                                    Short::Segment => {
                                        assert_eq!(Ok(Packet::Segment(found)), decoder.decode_any(&bytes, &raw));
                                        taken += 1;
                                    }
                                    Short::Udp => {
                                        assert_eq!(Err(Skip::Udp), decoder.decode_any(&bytes, &raw));
                                        passed += 1;
                                    }
                                    Short::Other => {}
                                }
                            }
                        }
                    }
                }
            }
        }
        assert!(taken > 10_000 && passed > 5, "{taken} {passed}");
    }
}
