//! Capture files as other programs write them, from frames.

use tcpwhy::time::{MILLISECOND, SECOND, Time};

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

const RADIOTAP: u32 = 127;

/// The bytes of a capture of these frames, each cut to `snaplen`.
pub fn write(frames: &[(Time, Vec<u8>)], format: Format, snaplen: usize) -> Vec<u8> {
    match format {
        Format::PcapMicroseconds => pcap(ETHERNET, frames, snaplen, 0xa1b2_c3d4, 1000, u32::to_le_bytes),
        Format::PcapNanoseconds => pcap(ETHERNET, frames, snaplen, 0xa1b2_3c4d, 1, u32::to_be_bytes),
        Format::Pcapng => pcapng(frames, snaplen),
    }
}

/// What a radio hears of these frames of Ethernet where they go from station to station: each on its way to the access
/// point, where that did not hear it well once more, and on its way from there. Its answer comes behind that.
pub fn write_as_radio(frames: &[(Time, Vec<u8>)]) -> Vec<u8> {
    const TO: u8 = 1;
    const FROM: u8 = 2;
    const RETRY: u8 = 8;
    let heard = |(at, (time, frame)): (usize, &(Time, Vec<u8>))| {
        let pause = frames.get(at + 1).map_or(MILLISECOND, |(next, _)| next.since(*time).min(MILLISECOND));
        [(0, TO), (pause / 4, TO | RETRY), (pause / 2, FROM)].map(|(late, flags)| (*time + late, radio(flags, frame)))
    };
    let all: Vec<_> = frames.iter().enumerate().flat_map(heard).collect();
    write_link(&all, RADIOTAP)
}

/// Radiotap with nothing but flags (a checksum is at the end), 802.11 with QoS and made-up addresses, LLC.
fn radio(flags: u8, frame: &[u8]) -> Vec<u8> {
    let radiotap = [0, 0, 9, 0, 2, 0, 0, 0, 0x10];
    let addresses = [&frame[..12], &[2; 6]].concat();
    let llc = [0xaa, 0xaa, 3, 0, 0, 0];
    [&radiotap[..], &[0x88, flags, 0, 0], &addresses, &[0x10, 0], &[0, 0], &llc, &frame[12..], &[0xee; 4]].concat()
}

/// The LINKTYPE_ number of Linux "cooked" captures.
pub const COOKED: u32 = 113;

/// The bytes of a capture of frames of this kind of link, with nanoseconds.
pub fn write_link(frames: &[(Time, Vec<u8>)], link: u32) -> Vec<u8> {
    pcap(link, frames, 65_535, 0xa1b2_3c4d, 1, u32::to_be_bytes)
}

/// An Ethernet frame as a Linux "cooked" capture has it: to the host, or sent by it; IPv4.
pub fn cooked(came_in: bool, frame: &[u8]) -> Vec<u8> {
    let header = [0, if came_in { 0 } else { 4 }, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
    [&header, &frame[14..]].concat()
}

/// draft-ietf-opsawg-pcap, sections 4 and 5.
fn pcap(
    link: u32,
    frames: &[(Time, Vec<u8>)],
    snaplen: usize,
    magic: u32,
    unit: u64,
    word: impl Fn(u32) -> [u8; 4],
) -> Vec<u8> {
    let version = if word(1) == [1, 0, 0, 0] { [2, 0, 4, 0] } else { [0, 2, 0, 4] };
    let mut file = [word(magic), version].concat();
    for field in [0, 0, snaplen as u32, link] {
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
