//! One frame of any link type. The first two bytes are the link type, the third says how much the snaplen cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::decode::{Decoder, Packet, Packets, Skip, Span, options};
use tcpwhy::source::RawFrame;
use tcpwhy::time::Time;

fuzz_target!(|bytes: &[u8]| {
    let [low, high, cut, frame @ ..] = bytes else { return };
    let link = u16::from_le_bytes([*low, *high]);
    let captured = frame.len() as u32;
    let raw = RawFrame {
        time: Time(1),
        number: 1,
        offset: 0,
        captured,
        wire: captured + u32::from(*cut),
        link,
        input: 0,
    };
    let decoder = Decoder::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
    let decoded = decoder.decode(frame, &raw);
    if let Ok(Packet::Segment(segment)) = &decoded {
        let inside = |span: Span| span.of(frame).len() == span.length as usize;
        assert!(inside(segment.payload()) && (segment.options_length == 0 || inside(segment.options())));
        assert!(u32::from(segment.addresses_before) <= segment.options_at);
        assert_eq!(segment.ends(frame).0.ip.is_ipv6(), segment.flow().is_ipv6());
        assert!(options(segment.options().of(frame)).count() <= 40);
    }
    in_a_batch(decoder, frame, raw, &decoded);
    // Any bytes as TCP options: each takes two bytes at least, so that they come to an end.
    assert!(options(frame).count() <= frame.len() / 2);
});

/// In a batch the frame becomes the same as alone, also in a place that was filled before.
fn in_a_batch(decoder: Decoder, frame: &[u8], raw: RawFrame, decoded: &Result<Packet, Skip>) {
    let mut packets = Packets::default();
    let mut skipped = [0; Skip::COUNT];
    for _ in 0..2 {
        packets.clear();
        decoder.decode_all(frame, &[raw, raw], &mut packets, &mut skipped);
    }
    match decoded {
        Ok(Packet::Segment(segment)) => assert_eq!(packets.segments(), [*segment, *segment]),
        Ok(other) => {
            assert!(packets.segments().is_empty());
            assert_eq!(packets.others, [(0, *other), (0, *other)]);
        }
        // It may be an aggregate, of which a batch has all packets.
        Err(Skip::Wireless) => {
            let found = packets.segments().len() + packets.others.len();
            assert!(found > 0 || skipped.iter().sum::<u64>() >= 4);
        }
        Err(skip) => assert_eq!(skipped[skip.index()], 4),
    }
}
