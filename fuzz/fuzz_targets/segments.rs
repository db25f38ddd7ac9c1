//! Segments and ICMP errors on three connections, made of nine bytes each, near enough to what hosts send that the
//! tracker follows them: numbers are counted from what the same end sent last.
#![no_main]

mod report;

use libfuzzer_sys::fuzz_target;
use tcpwhy::analysis::analyse_packets;
use tcpwhy::decode::{Decoder, Flags};
use tcpwhy::diagnose::Summary;
use tcpwhy::notation::{
    Build, Direction, Event, Family, IcmpKind, IcmpLine, OptionWord, Script, SegmentLine, Step, batch, parse, render,
};
use tcpwhy::time::Time;

/// Spans between packets, in microseconds.
const SPANS: [u64; 16] = [
    0, 1, 50, 1000, 10_000, 99_000, 200_000, 450_000, 901_000, 1_000_000, 3_000_000, 15_000_000, 60_000_000,
    7_200_000_000, 86_400_000_000, 3_000_000_000_000,
];
const FLAGS: [u8; 16] = [
    0x02, 0x12, 0x10, 0x18, 0x11, 0x14, 0x04, 0x19, 0x00, 0x01, 0x03, 0x06, 0x16, 0x29, 0x38, 0xc2,
];
const ERRORS: [(u8, u8); 8] = [(3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 13), (11, 0), (12, 0)];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let script = script(rest);
    // What is written down reads as itself.
    assert_eq!(parse(&render(&script)).as_ref(), Ok(&script), "{}", render(&script));
    let family = if choice & 1 == 0 { Family::V4 } else { Family::V6 };
    let mut build = Build { client_isn: u32::MAX - 5000, ..Build::new(family) };
    if choice & 2 != 0 {
        build.start = Time(u64::MAX - 1_000_000);
    }
    let mut frames = build.frames(&script);
    if choice & 4 != 0 {
        frames.reverse();
    }
    let once = analyse(&frames);
    assert_eq!(once, analyse(&frames), "not the same twice");
    report::check(&once);
});

fn analyse(frames: &[(Time, Vec<u8>)]) -> Vec<u8> {
    let batch = batch(frames, 1);
    let decoder = Decoder::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
    let packets = batch.frames.iter().filter_map(|frame| decoder.decode(&batch.bytes, frame).ok());
    let mut reporter = report::Reporter::new();
    let end = frames.iter().map(|frame| frame.0).max().unwrap_or_default();
    analyse_packets(packets.map(|packet| (packet, &batch.bytes[..])), end, &mut reporter);
    reporter.end(&Summary::default())
}

fn options(choice: u8, own: u32, other: u32) -> Option<Vec<OptionWord>> {
    match choice & 3 {
        0 => Some(vec![OptionWord::Mss(1460), OptionWord::SackPermitted, OptionWord::WindowScale(7)]),
        1 => Some(vec![OptionWord::Timestamps(own, other)]),
        2 => Some(vec![OptionWord::Sack(vec![(other.wrapping_add(1000), other.wrapping_add(2000))])]),
        _ => None,
    }
}

/// What an application may say, as much of it as there is room for.
fn payload(choice: u8, length: u32) -> Vec<u8> {
    const SAID: [&[u8]; 6] = [
        b"GET /item HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x15\x03\x03\x00\x02\x01\x00",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03",
        b"Go away, we're not home",
    ];
    let mut said = SAID.get(usize::from(choice)).unwrap_or(&&b""[..]).to_vec();
    said.truncate(length as usize);
    said
}

fn script(bytes: &[u8]) -> Script {
    let mut script = Script::default();
    // What each end of each connection sent last: the number behind it.
    let mut next = [[0_u32; 2]; 3];
    for step in bytes.chunks_exact(9).take(300) {
        let [who, when, what, sequence, acknowledgment, length, window, ttl, id] = step else { continue };
        let connection = usize::from(who & 3) % 3;
        let side = usize::from(who >> 2 & 1);
        let direction = if side == 0 { Direction::ToServer } else { Direction::ToClient };
        let after = SPANS[usize::from(when & 15)] * 1000;
        let flags = Flags(FLAGS[usize::from(what & 15)]);
        let length = u32::from(*length) * if what & 16 != 0 { 5 } else { 0 };
        let near = |base: u32, delta: u8| base.wrapping_add((i32::from(delta as i8)) as u32 & if delta == 0x80 { 0xffff } else { u32::MAX });
        let own = near(next[connection][side], *sequence);
        let other = near(next[connection][1 - side], *acknowledgment);
        let event = if what >> 5 == 7 {
            let (kind, code) = ERRORS[usize::from(window & 7)];
            Event::Icmp(IcmpLine {
                direction,
                kind: IcmpKind::V4(kind, code),
                mtu: None,
                from: None,
                flags: Flags(2),
                sequence: own,
                length: 0,
                acknowledgment: None,
            })
        } else {
            let consumed = length + u32::from(flags.has(Flags::SYN)) + u32::from(flags.has(Flags::FIN));
            if !flags.has(Flags::RST) {
                next[connection][side] = own.wrapping_add(consumed);
            }
            Event::Segment(SegmentLine {
                direction,
                flags,
                sequence: own,
                length,
                acknowledgment: flags.has(Flags::ACK).then_some(other),
                window: (*window != 1).then_some(u16::from(*window) * 200),
                options: options(who >> 4, own, other),
                ttl: Some(*ttl),
                id: Some(u16::from(*id)),
                dont_fragment: false,
                payload: payload(who >> 5, length),
            })
        };
        script.steps.push(Step { after, connection: connection as u16 + 1, event });
    }
    script
}
