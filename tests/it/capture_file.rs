//! Capture files as other programs write them, from frames.

use tcpwhy::time::{SECOND, Time};

/// How a capture is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pcap with microseconds, little-endian.
    PcapMicroseconds,
    /// pcap with nanoseconds, big-endian.
    PcapNanoseconds,
    /// pcapng with nanoseconds.
    Pcapng,
}

const ETHERNET: u32 = 1;

/// The bytes of a capture of these frames, each cut to `snaplen`.
pub fn write(frames: &[(Time, Vec<u8>)], format: Format, snaplen: usize) -> Vec<u8> {
    match format {
        Format::PcapMicroseconds => pcap(frames, snaplen, 0xa1b2_c3d4, 1000, u32::to_le_bytes),
        Format::PcapNanoseconds => pcap(frames, snaplen, 0xa1b2_3c4d, 1, u32::to_be_bytes),
        Format::Pcapng => pcapng(frames, snaplen),
    }
}

/// draft-ietf-opsawg-pcap, sections 4 and 5.
fn pcap(frames: &[(Time, Vec<u8>)], snaplen: usize, magic: u32, unit: u64, word: impl Fn(u32) -> [u8; 4]) -> Vec<u8> {
    let version = if word(1) == [1, 0, 0, 0] { [2, 0, 4, 0] } else { [0, 2, 0, 4] };
    let mut file = [word(magic), version].concat();
    for field in [0, 0, snaplen as u32, ETHERNET] {
        file.extend(word(field));
    }
    for (time, frame) in frames {
        let captured = frame.len().min(snaplen);
        let (seconds, part) = (time.0 / SECOND, time.0 % SECOND / unit);
        for field in [seconds as u32, part as u32, captured as u32, frame.len() as u32] {
            file.extend(word(field));
        }
        file.extend(&frame[..captured]);
    }
    file
}

/// draft-ietf-opsawg-pcapng, sections 4.1 to 4.3: a section, an interface with if_tsresol 9, enhanced packet blocks.
fn pcapng(frames: &[(Time, Vec<u8>)], snaplen: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    block(&mut file, 0x0a0d_0d0a, &section);
    let resolution = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    let interface = [&ETHERNET.to_le_bytes()[..], &(snaplen as u32).to_le_bytes(), &resolution].concat();
    block(&mut file, 1, &interface);
    for (time, frame) in frames {
        let captured = frame.len().min(snaplen);
        let fields = [0, (time.0 >> 32) as u32, time.0 as u32, captured as u32, frame.len() as u32];
        let mut body: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        body.extend(&frame[..captured]);
        block(&mut file, 6, &body);
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let padded = body.len().next_multiple_of(4);
    let length = (12 + padded as u32).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(length);
    file.extend(body);
    file.resize(file.len() + padded - body.len(), 0);
    file.extend(length);
}
