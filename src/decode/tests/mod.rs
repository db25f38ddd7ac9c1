//! Every link type, tunnel, cut and damage, as bytes.

use super::tcp::UNSEEN_WINDOW;
use super::*;
use crate::time::Time;

mod errors;
mod samples;
mod wireless;

use samples::{Sample, ethernet, hex, ipv4, ipv4_with, ipv6, over_udp, tcp};

/// What the frame holds when `captured` bytes of it are there and it had `wire`.
fn decode(link: u16, frame: &[u8], wire: usize) -> Result<Packet, Skip> {
    decode_at(0, link, frame, wire)
}

/// The same, `offset` bytes into its batch.
fn decode_at(offset: usize, link: u16, frame: &[u8], wire: usize) -> Result<Packet, Skip> {
    let bytes = [vec![0xee; offset], frame.to_vec(), vec![0xee; 40]].concat();
    let raw = raw(offset, link, frame, wire);
    let decoder = Decoder::new([3, 5]);
    let found = decoder.decode(&bytes, &raw);
    // The shortcut must read what the general way reads.
    assert_eq!(found, decoder.decode_innermost(View::new(frame, raw.offset, raw.wire), &raw));
    found
}

fn raw(offset: usize, link: u16, frame: &[u8], wire: usize) -> RawFrame {
    let (offset, captured, wire) = (offset as u32, frame.len() as u32, wire as u32);
    RawFrame { time: Time(7), number: 9, offset, captured, wire, link, input: 3 }
}

fn segment(link: u16, frame: &[u8], wire: usize) -> Segment {
    match decode(link, frame, wire) {
        Ok(Packet::Segment(segment)) => segment,
        other => panic!("{other:?}"),
    }
}

/// Is it the segment of every sample?
fn check(sample: &Sample, frame: &[u8], segment: &Segment) {
    let name = sample.name;
    assert_eq!((segment.time, segment.frame, segment.input), (Time(7), 9, 3), "{name}");
    assert_eq!((segment.sequence, segment.acknowledgment), (1_000_001, 9_000_001), "{name}");
    assert_eq!(segment.flags, Flags(Flags::PSH | Flags::ACK), "{name}");
    assert_eq!((segment.ttl, segment.signs.has(Signs::IPV6), segment.from_first()), (61, sample.ipv6, true), "{name}");
    assert_eq!(segment.ip_id, if sample.ipv6 { 0 } else { 0x1234 }, "{name}");
    assert_eq!(segment.payload_length, 5, "{name}");
    let (source, destination) = segment.ends(frame);
    let (low, high) = if sample.ipv6 { ("2001:db8::1", "2001:db8::2") } else { ("10.0.0.1", "10.0.0.2") };
    assert_eq!((source.ip.to_string(), destination.ip.to_string()), (low.into(), high.into()), "{name}");
    assert_eq!((source.port, destination.port), (34186, 8080), "{name}");
    assert_eq!(FlowKey::of(source, destination, [3, 5]), (segment.flow(), true), "{name}");
}

#[test]
fn cooked_frames_tell_what_came_in_and_what_went_out() {
    let four = ipv4(6, &tcp());
    let way = |link, head: &str| {
        let frame = [hex(head), four.clone()].concat();
        let signs = segment(link, &frame, frame.len()).signs;
        (signs.has(Signs::CAME_IN), signs.has(Signs::WENT_OUT))
    };
    assert_eq!(way(113, "0000 0001 0006 020000000001 0000 0800"), (true, false));
    assert_eq!(way(113, "0004 0001 0006 020000000001 0000 0800"), (false, true));
    assert_eq!(way(276, "0800 0000 00000002 0001 03 06 020000000001 0000"), (true, false));
    assert_eq!(way(276, "0800 0000 00000002 0001 04 06 020000000001 0000"), (false, true));
    assert_eq!(way(101, ""), (false, false));
}

#[test]
fn every_link_type_and_tunnel_leads_to_the_segment() {
    for sample in samples::all() {
        let frame = &sample.frame;
        let Ok(Packet::Segment(found)) = decode(sample.link, frame, frame.len()) else {
            panic!("{}: {:?}", sample.name, decode(sample.link, frame, frame.len()));
        };
        check(&sample, frame, &found);
        assert_eq!(found.window, 502, "{}", sample.name);
        assert_eq!(found.payload().of(frame), b"hello", "{}", sample.name);
        let read: Vec<_> = options(found.options().of(frame)).collect();
        assert_eq!(read, [TcpOption::Timestamps(10, 20)], "{}", sample.name);
    }
}

#[test]
fn padding_and_trailers_are_no_payload() {
    for sample in samples::all() {
        let padded = [sample.frame.as_slice(), &[0; 9]].concat();
        let found = segment(sample.link, &padded, padded.len());
        check(&sample, &padded, &found);
        assert_eq!(found.payload().of(&padded), b"hello", "{}", sample.name);
    }
}

#[test]
fn what_fills_a_short_frame_is_no_payload_where_the_packet_does_not_tell_its_length() {
    for (payload, length) in [(&b""[..], 0), (b"hi", 2), (b"hello!", 6)] {
        let mut bytes = tcp();
        bytes.truncate(20);
        bytes[12] = 5 << 4;
        bytes.extend(payload);
        let mut packet = ipv4(6, &bytes);
        packet[2..4].fill(0);
        let mut frame = ethernet(0x0800, &packet);
        let unfilled = frame.len();
        assert_eq!(segment(1, &frame, unfilled).payload_length, length);
        frame.resize(60, 0);
        assert_eq!(segment(1, &frame, 60).payload_length, length);
    }
}

#[test]
fn a_cut_frame_gives_all_that_it_holds() {
    for sample in samples::all() {
        let (frame, wire) = (&sample.frame, sample.frame.len());
        // "hello", options, and half of the TCP header may be missing.
        let useful = wire - 5 - 12 - 6;
        for captured in 0..=wire {
            let cut = &frame[..captured];
            match decode(sample.link, cut, wire) {
                Ok(Packet::Segment(found)) => {
                    assert!(captured >= useful, "{} at {captured}", sample.name);
                    check(&sample, cut, &found);
                    assert_eq!(found.window, if captured >= useful + 2 { 502 } else { UNSEEN_WINDOW });
                    assert_eq!(found.signs.has(Signs::WINDOW_CUT), captured < useful + 2);
                    assert_eq!(found.payload().of(cut), &b"hello"[..5usize.saturating_sub(wire - captured)]);
                    assert_eq!(found.options().length as usize, captured.saturating_sub(useful + 6).min(12));
                }
                Err(Skip::Truncated) => assert!(captured < useful, "{} at {captured}", sample.name),
                other => panic!("{} at {captured}: {other:?}", sample.name),
            }
        }
    }
}

#[test]
fn where_a_frame_stands_in_its_batch_moves_the_spans_only() {
    for sample in samples::all() {
        let here = segment(sample.link, &sample.frame, sample.frame.len());
        let Ok(Packet::Segment(there)) = decode_at(1000, sample.link, &sample.frame, sample.frame.len()) else {
            panic!("{}", sample.name);
        };
        let expected = Segment { options_at: here.options_at + 1000, ..here };
        assert_eq!(there, expected, "{}", sample.name);
    }
}

#[test]
fn no_damage_makes_it_panic() {
    // A fixed xorshift sequence, so that a failure is the same on every machine.
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for sample in samples::all().into_iter().chain(errors::all()) {
        for _ in 0..1500 {
            let mut frame = sample.frame.clone();
            for _ in 0..=random(4) {
                let at = random(frame.len());
                frame[at] = match random(3) {
                    0 => [0, 0xff, 0x7f, 0x80, 1][random(5)],
                    1 => frame[at] ^ (1 << random(8)),
                    _ => random(256) as u8,
                };
            }
            frame.truncate(frame.len() - random(4) * random(frame.len()) / 4);
            let wire = [frame.len(), sample.frame.len(), 0, u32::MAX as usize][random(4)];
            let link = if random(8) == 0 { random(300) as u16 } else { sample.link };
            if let Ok(Packet::Segment(found)) = decode(link, &frame, wire) {
                for span in [found.options(), found.payload()].into_iter().filter(|span| span.length > 0) {
                    assert!(span.offset as usize + span.length as usize <= frame.len(), "{}", sample.name);
                }
                assert!(found.captured <= found.payload_length, "{}", sample.name);
            }
        }
    }
}

#[test]
fn agrees_with_etherparse_on_whole_frames() {
    use etherparse::{SlicedPacket, TransportSlice};
    for sample in samples::all().into_iter().filter(|sample| sample.link == 1) {
        let Ok(sliced) = SlicedPacket::from_ethernet(&sample.frame) else { continue };
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { continue };
        let found = segment(1, &sample.frame, sample.frame.len());
        assert_eq!(found.sequence, tcp.sequence_number(), "{}", sample.name);
        assert_eq!(found.options().of(&sample.frame), tcp.options(), "{}", sample.name);
        assert_eq!(found.payload().of(&sample.frame), tcp.payload(), "{}", sample.name);
    }
}

#[test]
fn of_a_fragmented_packet_the_first_piece_is_read() {
    let first = ethernet(0x0800, &ipv4_with(6, 0x2000, &[], &tcp()));
    assert_eq!(segment(1, &first, first.len()).payload_length, 5);
    let later = ethernet(0x0800, &ipv4_with(6, 0x0003, &[], &tcp()));
    assert_eq!(decode(1, &later, later.len()), Err(Skip::LaterFragment));
    let later = ethernet(0x86dd, &ipv6(44, &[hex("0600 0009 00000007"), tcp()].concat()));
    assert_eq!(decode(1, &later, later.len()), Err(Skip::LaterFragment));
}

#[test]
fn offloaded_packets_state_no_length() {
    let mut frame = ethernet(0x0800, &ipv4(6, &tcp()));
    frame[16..18].fill(0);
    // Longer than an IP length could say, and cut by the snaplen.
    assert_eq!(segment(1, &frame, 100_054).payload_length, 100_054 - 14 - 20 - 32);
    let mut frame = ethernet(0x86dd, &ipv6(6, &tcp()));
    frame[18..20].fill(0);
    assert_eq!(segment(1, &frame, 100_054).payload_length, 100_054 - 14 - 40 - 32);
}

#[test]
fn a_length_on_the_wire_that_is_not_known_is_that_of_the_headers() {
    let frame = ethernet(0x0800, &ipv4(6, &tcp()));
    assert_eq!(segment(1, &frame[..60], 0).payload_length, 5);
    assert_eq!(segment(1, &frame[..60], 60).payload_length, 5);
}

#[test]
fn a_length_on_the_wire_that_no_frame_has_is_not_believed() {
    let mut frame = ethernet(0x0800, &ipv4(6, &tcp()));
    frame[16..18].fill(0);
    assert_eq!(segment(1, &frame, u32::MAX as usize).payload_length, 5);
}

#[test]
fn what_is_not_read_has_a_name() {
    let with_offset = |offset: u8| {
        let mut bytes = tcp();
        bytes[12] = offset << 4;
        ethernet(0x0800, &ipv4(6, &bytes))
    };
    let version_5 = [&[0x55], &ipv4(6, &tcp())[1..]].concat();
    let mut short_header = ipv4(6, &tcp());
    short_header[0] = 0x44;
    let frames: Vec<(u16, Vec<u8>, Skip)> = vec![
        (147, vec![0; 64], Skip::LinkType),
        (105, vec![0; 64], Skip::Wireless),
        (127, hex(&format!("0000 0800 00000000 {}", "00".repeat(64))), Skip::Wireless),
        (1, ethernet(0x0806, &[0; 46]), Skip::Arp),
        (1, ethernet(0x88cc, &[0; 46]), Skip::NotIp),
        (1, ethernet(0x0026, &hex("424203 0000000000")), Skip::NotIp),
        (1, ethernet(0x8863, &hex("1109 0000 0004 01010000")), Skip::NotIp),
        (0, hex("07000000 45000000"), Skip::NotIp),
        (239, hex("02000064 0300 0900 45000000"), Skip::Malformed),
        (239, hex("02000064 0800 0100 08000300"), Skip::Malformed),
        (258, hex("0c000000 01000000 69000000 00000000"), Skip::Wireless),
        (258, hex(&"0c000000 01000000 02010000".repeat(20)), Skip::TunnelTooDeep),
        (9, hex("c021 0101 0004"), Skip::NotIp),
        (1, ethernet(0x0800, &ipv4(17, &hex("0035 c000 0010 0000 0000000000000000"))), Skip::Udp),
        (1, ethernet(0x0800, &ipv4(1, &hex("0800 0000 00000000"))), Skip::Icmp),
        (1, ethernet(0x86dd, &ipv6(58, &hex("8700 0000 00000000"))), Skip::Icmp),
        (1, ethernet(0x0800, &ipv4(50, &[0; 32])), Skip::Encrypted),
        (1, ethernet(0x0800, &ipv4(132, &[0; 32])), Skip::Protocol),
        (1, ethernet(0x86dd, &ipv6(59, &[0; 8])), Skip::Protocol),
        (1, over_udp(2152, "32 01 0004 00000000 0001 00 00", &[]), Skip::TunnelContent),
        (1, over_udp(2152, "30 ff 000e 00000001", &hex("020000000001 020000000002 0800")), Skip::TunnelContent),
        (1, over_udp(4789, "08000000 00012300", &ethernet(0x0806, &[0; 46])), Skip::TunnelContent),
        (1, over_udp(4789, "00000000 00012300", &ethernet(0x0800, &ipv4(6, &tcp()))), Skip::Udp),
        (1, ethernet(0x0800, &ipv4(47, &hex("2001 880b 0000 0001 00000002"))), Skip::TunnelContent),
        (1, with_offset(4), Skip::Malformed),
        (1, with_offset(15), Skip::Malformed),
        (1, ethernet(0x0800, &version_5), Skip::Malformed),
        (1, ethernet(0x0800, &short_header), Skip::Malformed),
        (1, ethernet(0x0800, &ipv4(6, &tcp()[..16])), Skip::Malformed),
    ];
    for (link, frame, skip) in frames {
        assert_eq!(decode(link, &frame, frame.len()), Err(skip), "{frame:02x?}");
    }
    assert_eq!(decode(1, &[], 60), Err(Skip::Truncated));
    assert_eq!(decode(1, &[], 0), Err(Skip::Malformed));
}

#[test]
fn tunnels_are_followed_so_far_and_no_farther() {
    let nested = |levels: usize| {
        let packet = (0..levels).fold(ipv4(6, &tcp()), |inner, _| ipv4(4, &inner));
        ethernet(0x0800, &packet)
    };
    assert!(decode(1, &nested(8), nested(8).len()).is_ok());
    assert_eq!(decode(1, &nested(9), nested(9).len()), Err(Skip::TunnelTooDeep));
    assert_eq!(decode(1, &nested(64), nested(64).len()), Err(Skip::TunnelTooDeep));
    let tags = |count: usize| ethernet(0x8100, &[hex("0001 8100").repeat(count), ipv4(6, &tcp())].concat());
    assert_eq!(decode(1, &tags(10_000), tags(10_000).len()), Err(Skip::TunnelTooDeep));
    let labels = ethernet(0x8847, &vec![0; 60_000]);
    assert_eq!(decode(1, &labels, labels.len()), Err(Skip::TunnelTooDeep));
    let extensions = ethernet(0x86dd, &ipv6(0, &vec![0; 60_000]));
    assert_eq!(decode(1, &extensions, extensions.len()), Err(Skip::Malformed));
}
