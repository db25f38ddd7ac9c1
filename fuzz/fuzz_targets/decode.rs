//! One frame of any link type. The first two bytes are the link type, the third says how much the snaplen cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::decode::{Decoder, Packet, options};
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
    if let Ok(Packet::Segment(segment)) = Decoder::new([1, 2]).decode(frame, &raw) {
        let inside = |span: tcpwhy::decode::Span| span.of(frame).len() == span.length as usize;
        assert!(inside(segment.addresses) && inside(segment.options) && inside(segment.payload));
        assert!(segment.addresses.length == if segment.ipv6 { 32 } else { 8 });
        assert!(options(segment.options.of(frame)).count() <= 40);
    }
});
