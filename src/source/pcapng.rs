//! pcapng files: sections of blocks, each section with its own byte order and its own interfaces.

use super::RawFrame;
use super::pcap_file::FRAME_LIMIT;
use super::reader::{Hopped, Records, Stop};
use crate::time::{SECOND, Time};

/// The type of a section header block, the same read from either side.
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Bytes of the shortest section header block.
pub(super) const SECTION_HEADER: usize = 28;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// No block is longer: a length beyond this is damage.
const BLOCK_LIMIT: u32 = 64 * 1024 * 1024;
/// Blocks that we read are held in memory as a whole; options may make a packet's block longer than the packet.
const READ_LIMIT: u32 = 4 * FRAME_LIMIT;
const INTERFACE_LIMIT: usize = 65_536;

/// How an interface's ticks become nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ticks {
    /// That many nanoseconds each.
    Coarse(u64),
    /// That many to a nanosecond.
    Fine(u64),
    /// Two to the power of that many to a second.
    Binary(u8),
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u16,
    snaplen: u32,
    ticks: Ticks,
    /// Seconds to add to each time stamp.
    offset: i64,
}

impl Interface {
    fn time(&self, high: u32, low: u32) -> Time {
        let stamp = u64::from(high) << 32 | u64::from(low);
        let nanoseconds = match self.ticks {
            Ticks::Coarse(each) => stamp.saturating_mul(each),
            Ticks::Fine(many) => stamp / many,
            Ticks::Binary(power) => saturate((i128::from(stamp) * i128::from(SECOND)) >> power),
        };
        let moved = match self.offset {
            0 => nanoseconds,
            offset => saturate(i128::from(nanoseconds) + i128::from(offset) * i128::from(SECOND)),
        };
        Time(moved).min(Time::LAST)
    }

    fn is_finer_than_microseconds(&self) -> bool {
        match self.ticks {
            Ticks::Coarse(nanoseconds) => nanoseconds < 1000,
            Ticks::Fine(_) => true,
            Ticks::Binary(power) => power >= 20,
        }
    }
}

fn saturate(nanoseconds: i128) -> u64 {
    u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX)
}

/// Walks the blocks of one pcapng file.
pub(super) struct Pcapng {
    big_endian: bool,
    /// Those of the section.
    interfaces: Vec<Interface>,
    finer_than_microseconds: bool,
    input: u16,
    number: u64,
    /// When the last frame was captured, which is the best guess for a simple packet, which has no time.
    last: Time,
}

/// What ends a run of blocks in one byte order.
enum Run {
    Stopped(Hopped),
    SectionAt(usize),
}

/// Numbers in the byte order of a section.
#[derive(Clone, Copy)]
struct Reading {
    big_endian: bool,
}

impl Reading {
    fn half(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn signed(self, bytes: &[u8]) -> Option<i64> {
        let bytes = *bytes.first_chunk()?;
        Some(if self.big_endian { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) })
    }
}

impl Pcapng {
    /// Is `magic` that of a pcapng file?
    pub(super) fn knows(magic: [u8; 4]) -> bool {
        u32::from_le_bytes(magic) == SECTION
    }

    /// Looks at the first section header, which [`Records::hop`] will walk again; the error says what is wrong with it.
    pub(super) fn new(header: &[u8; SECTION_HEADER], input: u16) -> Result<Pcapng, String> {
        let mut file = Pcapng {
            big_endian: false,
            interfaces: Vec::new(),
            finer_than_microseconds: false,
            input,
            number: 0,
            last: Time::default(),
        };
        file.begin_section(header)?;
        Ok(file)
    }

    /// Takes the byte order of the section that begins with `header` (the first bytes suffice) and its length.
    fn begin_section(&mut self, header: &[u8]) -> Result<u32, String> {
        let little = Reading { big_endian: false };
        let big_endian = match little.word(header, 8) {
            Some(BYTE_ORDER_MAGIC) => false,
            Some(magic) if magic.swap_bytes() == BYTE_ORDER_MAGIC => true,
            _ => return Err("its section header has no byte order".to_owned()),
        };
        let reading = Reading { big_endian };
        let length = reading.word(header, 4).unwrap_or_default();
        if !(SECTION_HEADER as u32..=READ_LIMIT).contains(&length) || !length.is_multiple_of(4) {
            return Err(format!("its section header claims to be {length} bytes long"));
        }
        let (major, minor) = (reading.half(header, 12), reading.half(header, 14));
        if major != Some(1) {
            let (major, minor) = (major.unwrap_or_default(), minor.unwrap_or_default());
            return Err(format!("pcapng version {major}.{minor} is not supported (only 1.x is)"));
        }
        self.big_endian = big_endian;
        self.interfaces.clear();
        Ok(length)
    }

    fn walk<const BIG: bool>(&mut self, bytes: &[u8], mut at: usize, frames: &mut Vec<RawFrame>) -> Run {
        let word = |bytes| if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let stopped = |next, stop| Run::Stopped(Hopped { next, stop });
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(&[t0, t1, t2, t3, l0, l1, l2, l3]) = rest.first_chunk::<8>() else {
                return stopped(at, Stop::More(12));
            };
            let kind = word([t0, t1, t2, t3]);
            if kind == SECTION {
                return Run::SectionAt(at);
            }
            let length = word([l0, l1, l2, l3]);
            let read = matches!(kind, INTERFACE | OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET);
            let limit = if read { READ_LIMIT } else { BLOCK_LIMIT };
            if !(12..=limit).contains(&length) || !length.is_multiple_of(4) {
                return stopped(at, Stop::Damaged(format!("a block claims to be {length} bytes long")));
            }
            let Some(block) = rest.get(..length as usize) else {
                // A block that nobody reads need not be in memory.
                let stop = if read { Stop::More(length as usize) } else { Stop::Skip(length as usize) };
                return stopped(at, stop);
            };
            if block.last_chunk::<4>().is_none_or(|&bytes| word(bytes) != length) {
                return stopped(at, Stop::Damaged("the two lengths of a block differ".to_owned()));
            }
            let done = match kind {
                ENHANCED_PACKET => self.enhanced::<BIG>(block, at, frames),
                SIMPLE_PACKET => self.simple(block, at, frames),
                OBSOLETE_PACKET => self.obsolete(block, at, frames),
                INTERFACE => self.interface(block),
                _ => Ok(()),
            };
            if let Err(reason) = done {
                return stopped(at, Stop::Damaged(reason));
            }
            at += length as usize;
        }
    }

    #[inline]
    fn enhanced<const BIG: bool>(&mut self, block: &[u8], at: usize, frames: &mut Vec<RawFrame>) -> Result<(), String> {
        let word = |bytes| if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let Some(fixed) = block.first_chunk::<28>() else {
            return Err("a packet's block is too short".to_owned());
        };
        let [_, _, _, _, _, _, _, _, i0, i1, i2, i3, h0, h1, h2, h3, rest @ ..] = *fixed;
        let [l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3] = rest;
        let stamp = (word([h0, h1, h2, h3]), word([l0, l1, l2, l3]));
        let lengths = (word([c0, c1, c2, c3]), word([w0, w1, w2, w3]));
        self.push(word([i0, i1, i2, i3]), Some(stamp), lengths, (28, at, block.len()), frames)
    }

    fn obsolete(&mut self, block: &[u8], at: usize, frames: &mut Vec<RawFrame>) -> Result<(), String> {
        let reading = Reading { big_endian: self.big_endian };
        let word = |at| reading.word(block, at).unwrap_or_default();
        let interface = u32::from(reading.half(block, 8).unwrap_or_default());
        let stamp = (word(12), word(16));
        self.push(interface, Some(stamp), (word(20), word(24)), (28, at, block.len()), frames)
    }

    fn simple(&mut self, block: &[u8], at: usize, frames: &mut Vec<RawFrame>) -> Result<(), String> {
        let reading = Reading { big_endian: self.big_endian };
        let wire = reading.word(block, 8).unwrap_or_default();
        let snaplen = self.interfaces.first().map_or(0, |interface| interface.snaplen);
        let cut = if snaplen == 0 { wire } else { wire.min(snaplen) };
        let captured = cut.min(block.len().saturating_sub(16) as u32);
        self.push(0, None, (captured, wire), (12, at, block.len()), frames)
    }

    /// Adds a frame; `place` is where its bytes begin in the block, where the block begins, and the block's length.
    #[inline]
    fn push(
        &mut self,
        interface: u32,
        stamp: Option<(u32, u32)>,
        (captured, wire): (u32, u32),
        (header, at, block): (usize, usize, usize),
        frames: &mut Vec<RawFrame>,
    ) -> Result<(), String> {
        let Some(known) = self.interfaces.get(interface as usize) else {
            return Err(format!("it names interface {interface}, which the file does not describe"));
        };
        if captured > FRAME_LIMIT || header + captured as usize + 4 > block {
            return Err(format!("it claims to hold {captured} bytes"));
        }
        let time = stamp.map_or(self.last, |(high, low)| known.time(high, low));
        self.last = time;
        self.number += 1;
        let offset = (at + header) as u32;
        let (number, link, input) = (self.number, known.link, self.input);
        frames.push(RawFrame { time, number, offset, captured, wire, link, input });
        Ok(())
    }

    fn interface(&mut self, block: &[u8]) -> Result<(), String> {
        let reading = Reading { big_endian: self.big_endian };
        let (Some(link), Some(snaplen), true) = (reading.half(block, 8), reading.word(block, 12), block.len() >= 20)
        else {
            return Err("an interface's block is too short".to_owned());
        };
        if self.interfaces.len() >= INTERFACE_LIMIT {
            return Err(format!("it describes more than {INTERFACE_LIMIT} interfaces"));
        }
        let mut interface = Interface { link, snaplen, ticks: Ticks::Coarse(1000), offset: 0 };
        let mut options = block.get(16..block.len() - 4).unwrap_or_default();
        // Options that are cut end the options, not the file: nothing after them depends on where they end.
        while let (Some(code), Some(length)) = (reading.half(options, 0), reading.half(options, 2)) {
            let Some(value) = options.get(4..4 + usize::from(length)) else { break };
            match (code, value) {
                (0, _) => break,
                (9, &[resolution]) => interface.ticks = ticks(resolution),
                (14, value) => interface.offset = reading.signed(value).unwrap_or_default(),
                _ => {}
            }
            options = options.get(4 + usize::from(length).next_multiple_of(4)..).unwrap_or_default();
        }
        self.finer_than_microseconds |= self.number == 0 && interface.is_finer_than_microseconds();
        self.interfaces.push(interface);
        Ok(())
    }
}

/// What the option if_tsresol says: the top bit chooses between powers of 2 and of 10, the rest is the negative exponent.
fn ticks(resolution: u8) -> Ticks {
    let exponent = resolution & 0x7f;
    if resolution & 0x80 != 0 {
        return Ticks::Binary(exponent);
    }
    match 10u64.checked_pow(u32::from(exponent.abs_diff(9))) {
        Some(power) if exponent <= 9 => Ticks::Coarse(power),
        Some(power) => Ticks::Fine(power),
        None => Ticks::Fine(u64::MAX),
    }
}

impl Records for Pcapng {
    fn hop(&mut self, bytes: &[u8], mut at: usize, frames: &mut Vec<RawFrame>) -> Hopped {
        loop {
            let run = if self.big_endian {
                self.walk::<true>(bytes, at, frames)
            } else {
                self.walk::<false>(bytes, at, frames)
            };
            let section = match run {
                Run::Stopped(hopped) => return hopped,
                Run::SectionAt(section) => section,
            };
            let header = bytes.get(section..).unwrap_or_default();
            if header.len() < SECTION_HEADER {
                return Hopped { next: section, stop: Stop::More(SECTION_HEADER) };
            }
            let length = match self.begin_section(header) {
                Ok(length) => length as usize,
                Err(reason) => return Hopped { next: section, stop: Stop::Damaged(reason) },
            };
            if header.len() < length {
                return Hopped { next: section, stop: Stop::Skip(length) };
            }
            at = section + length;
        }
    }

    fn begins_frame(&self, rest: &[u8]) -> bool {
        let kind = Reading { big_endian: self.big_endian }.word(rest, 0);
        matches!(kind, Some(OBSOLETE_PACKET | SIMPLE_PACKET | ENHANCED_PACKET))
    }

    fn frames(&self) -> u64 {
        self.number
    }

    fn fractional_digits(&self) -> u8 {
        if self.finer_than_microseconds { 9 } else { 6 }
    }
}
