//! Classic pcap files: one header, then records of a fixed header and the frame.

use super::RawFrame;
use super::reader::{Hopped, Records, Stop};
use crate::time::{SECOND, Time};

/// Microseconds, as libpcap has written it since ever.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
/// Nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Microseconds with 24-byte record headers (Alexey Kuznetzov's patches to libpcap).
const KUZNETZOV: u32 = 0xa1b2_cd34;

/// Bytes of the file header.
pub(super) const HEADER: usize = 24;
/// The most bytes that any libpcap keeps of a frame, whatever the snaplen in the header says.
const USUAL_LIMIT: u32 = 256 * 1024;
/// The most that a snaplen in the header may raise this to.
pub(super) const FRAME_LIMIT: u32 = 4 * USUAL_LIMIT;

/// Walks the records of one pcap file.
pub(super) struct PcapFile {
    big_endian: bool,
    nanoseconds: bool,
    /// Bytes of a record header.
    record_header: usize,
    /// Before version 2.4 some writers put the two lengths the other way round.
    lengths_may_be_swapped: bool,
    limit: u32,
    link: u16,
    input: u16,
    number: u64,
}

impl PcapFile {
    /// Is `magic` one of a pcap file?
    pub(super) fn knows(magic: [u8; 4]) -> bool {
        Self::byte_order(magic).is_some()
    }

    /// The magic as a number, and whether the file is big-endian.
    fn byte_order(magic: [u8; 4]) -> Option<(u32, bool)> {
        let known = |magic| matches!(magic, MICROSECONDS | NANOSECONDS | KUZNETZOV);
        let (little, big) = (u32::from_le_bytes(magic), u32::from_be_bytes(magic));
        if known(little) {
            return Some((little, false));
        }
        known(big).then_some((big, true))
    }

    /// Reads the file header; the error says what is wrong with it.
    pub(super) fn new(header: &[u8; HEADER], input: u16) -> Result<PcapFile, String> {
        let [m0, m1, m2, m3, a0, a1, b0, b1, ..] = *header;
        let Some((magic, big_endian)) = Self::byte_order([m0, m1, m2, m3]) else {
            return Err("not a pcap file".to_owned());
        };
        let half = |bytes| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let (major, minor) = (half([a0, a1]), half([b0, b1]));
        if major != 2 {
            return Err(format!(
                "pcap version {major}.{minor} is not supported (only 2.x is); convert it with `editcap -F pcap`"
            ));
        }
        let [.., s0, s1, s2, s3, l0, l1, l2, l3] = *header;
        let word = |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let snaplen = word([s0, s1, s2, s3]);
        Ok(PcapFile {
            big_endian,
            nanoseconds: magic == NANOSECONDS,
            record_header: if magic == KUZNETZOV { 24 } else { 16 },
            lengths_may_be_swapped: minor < 4,
            limit: snaplen.clamp(USUAL_LIMIT, FRAME_LIMIT),
            // The upper half says whether frames end with a checksum and how long it is. Whoever reads the frames
            // goes by the lengths in their headers, so that it does no harm there.
            link: word([l0, l1, l2, l3]) as u16,
            input,
            number: 0,
        })
    }

    fn walk<const BIG: bool>(&mut self, bytes: &[u8], mut at: usize, frames: &mut Vec<RawFrame>) -> Hopped {
        let tick = if self.nanoseconds { 1 } else { 1000 };
        let word = |bytes| if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let PcapFile { record_header, limit, link, input, mut number, .. } = *self;
        let stop = loop {
            let Some(header) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) else {
                break Stop::More(record_header);
            };
            let [s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, w0, w1, w2, w3] = *header;
            let (mut captured, mut wire) = (word([c0, c1, c2, c3]), word([w0, w1, w2, w3]));
            if captured > wire && self.lengths_may_be_swapped {
                (captured, wire) = (wire, captured);
            }
            if captured > limit {
                break Stop::Damaged(format!("it claims to hold {captured} bytes"));
            }
            let start = at + record_header;
            let end = start + captured as usize;
            if end > bytes.len() {
                break Stop::More(end - at);
            }
            let seconds = u64::from(word([s0, s1, s2, s3]));
            let fraction = u64::from(word([f0, f1, f2, f3]));
            number += 1;
            let time = Time(seconds * SECOND + fraction * tick);
            frames.push(RawFrame { time, number, offset: start as u32, captured, wire, link, input });
            at = end;
        };
        self.number = number;
        Hopped { next: at, stop }
    }
}

impl Records for PcapFile {
    fn hop(&mut self, bytes: &[u8], at: usize, frames: &mut Vec<RawFrame>) -> Hopped {
        if self.big_endian { self.walk::<true>(bytes, at, frames) } else { self.walk::<false>(bytes, at, frames) }
    }

    fn begins_frame(&self, _rest: &[u8]) -> bool {
        true
    }

    fn frames(&self) -> u64 {
        self.number
    }

    fn fractional_digits(&self) -> u8 {
        if self.nanoseconds { 9 } else { 6 }
    }
}
