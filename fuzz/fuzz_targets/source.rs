//! The bytes of a capture, pcap or pcapng, through the whole program: the same twice, and sound output. What begins with
//! `#` is not the capture itself, but says which blocks to make a pcapng file of: see `blocks`.
#![no_main]

mod report;

use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use tcpwhy::analysis::analyse;
use tcpwhy::source::{Files, Settings};

fuzz_target!(|bytes: &[u8]| {
    let made = match bytes {
        [b'#', plan @ ..] => blocks(plan),
        _ => bytes.to_vec(),
    };
    let once = run(&made);
    assert_eq!(once, run(&made), "not the same twice");
    report::check(&once);
});

fn run(bytes: &[u8]) -> Vec<u8> {
    let mut file = tempfile::tempfile_in("/dev/shm").or_else(|_| tempfile::tempfile()).expect("a file");
    file.write_all(bytes).expect("room");
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let Ok(mut files) = Files::open(&[path], &Settings::default()) else { return Vec::new() };
    let mut reporter = report::Reporter::new();
    let summary = analyse(&mut files, &mut reporter).expect("files have no errors once they are open");
    reporter.end(&summary)
}

/// Ethernet, IPv4 and TCP: a segment that a packet may begin with.
const HEADERS: [u8; 54] = [
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, // Ethernet
    0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    0x85, 0x8a, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0xf4, 0, 0, 0, 0, // TCP
];

/// Numbers in one byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn half(self, number: u16) -> [u8; 2] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn word(self, number: u32) -> [u8; 4] {
        if self.big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// A pcapng file whose blocks are whole, so that the fuzzer need not guess lengths and their copies. Each block takes its
/// kind, a length and so many bytes from the plan; the top bit of the kind makes a length lie.
fn blocks(mut plan: &[u8]) -> Vec<u8> {
    let mut order = Order { big: false };
    let mut file = Vec::new();
    add_section(&mut file, order);
    while let [kind, length, rest @ ..] = plan {
        let (content, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        plan = rest;
        let lies = kind & 0x80 != 0;
        match kind & 7 {
            0 => {
                order.big = kind & 8 != 0;
                add_section(&mut file, order);
            }
            1 => {
                let link = [1_u16, 101, 113, 276, 0, 228, 229, 12][usize::from(kind >> 3 & 7)];
                let [snaplen, options @ ..] = content else { continue };
                let body = [&order.half(link)[..], &[0, 0], &order.word((*snaplen).into()), options].concat();
                add_block(&mut file, order, 1, &body, false);
            }
            number => {
                let [interface, stamp @ ..] = content else { continue };
                let (stamp, bytes) = stamp.split_at(stamp.len().min(8));
                let frame = if kind & 8 != 0 { [&HEADERS[..], bytes].concat() } else { bytes.to_vec() };
                let mut stamp = stamp.to_vec();
                stamp.resize(8, 0);
                let wire = order.word(frame.len() as u32 + u32::from(kind >> 4 & 7) * 500);
                let captured = order.word(frame.len() as u32 + if lies { 3 } else { 0 });
                let interface = u16::from(*interface % 4);
                let (number, head) = match number {
                    2 => (2, [&order.half(interface)[..], &[0, 0], &stamp, &captured, &wire].concat()),
                    3 => (3, wire.to_vec()),
                    4 => (0x0000_0bad, Vec::new()),
                    _ => (6, [&order.word(interface.into())[..], &stamp, &captured, &wire].concat()),
                };
                add_block(&mut file, order, number, &[&head[..], &frame].concat(), lies && number == 0x0bad);
            }
        }
    }
    file
}

fn add_section(file: &mut Vec<u8>, order: Order) {
    let body = [&order.word(0x1a2b_3c4d)[..], &order.half(1), &order.half(0), &[0xff; 8]].concat();
    add_block(file, order, 0x0a0d_0d0a, &body, false);
}

fn add_block(file: &mut Vec<u8>, order: Order, kind: u32, body: &[u8], lies: bool) {
    let padded = body.len().next_multiple_of(4);
    let length = order.word(padded as u32 + if lies { 16 } else { 12 });
    file.extend(order.word(kind));
    file.extend(length);
    file.extend(body);
    file.resize(file.len() + padded - body.len(), 0);
    file.extend(length);
}
