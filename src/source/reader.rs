//! Batches from one stream of bytes, whatever its format.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::ahead::Ahead;
use super::open::{Opened, open};
use super::order::{Order, SetBack};
use super::pcap_file::PcapFile;
use super::pcapng::Pcapng;
use super::{Error, FrameBatch, Interrupt, RawFrame};
use crate::time::Time;
use crate::units::{TIED, duration};

/// Walks the records of a format where they lie.
pub(super) trait Records: Send {
    /// Adds the frames of all whole records of `bytes` from `at` on.
    fn hop(&mut self, bytes: &[u8], at: usize, frames: &mut Vec<RawFrame>) -> Hopped;
    /// Is `rest`, which is not a whole record, the beginning of one that holds a frame?
    fn begins_frame(&self, rest: &[u8]) -> bool;
    /// Frames so far.
    fn frames(&self) -> u64;
    /// See [`super::Source::fractional_digits`].
    fn fractional_digits(&self) -> u8;
}

/// How far a walk came.
pub(super) struct Hopped {
    /// Where the first record begins that was not taken.
    pub(super) next: usize,
    /// Why it was not.
    pub(super) stop: Stop,
}

/// Why a walk ended.
pub(super) enum Stop {
    /// From the next record on, so many bytes are needed.
    More(usize),
    /// From the next record on, so many bytes are of no interest.
    Skip(usize),
    /// The next record cannot be true.
    Damaged(String),
}

/// One file on its way through.
pub(super) struct Reader {
    opened: Opened,
    records: Box<dyn Records>,
    order: Order,
    /// What goes into the next batch first: the bytes of `held`, then those of a record that is not all there.
    carried: Vec<u8>,
    /// Frames that a later one may still overtake.
    held: Vec<RawFrame>,
    held_bytes: usize,
    /// How many bytes the next record needs.
    need: usize,
    /// How many of the bytes to come are of no interest.
    skip: u64,
    /// How much its clock is ahead of the one by which frames are put in order, nanoseconds.
    ahead_by: i64,
    /// The first batch is to hold all of it, if it takes no more than so many bytes.
    whole: Option<usize>,
    /// Where the first byte that was not walked stands in the (unpacked) stream.
    position: u64,
    ended: bool,
    note: Option<String>,
}

/// How a round of reading ended.
enum Reading {
    MoreToCome,
    AtEnd,
    Broken(std::io::Error),
}

impl Reader {
    /// Opens a file and reads its header.
    pub(super) fn open(
        path: &Path,
        input: u16,
        bytes_read: Arc<AtomicU64>,
        interrupt: &Interrupt,
    ) -> Result<Reader, Error> {
        let mut opened = open(path, bytes_read, interrupt)?;
        let magic = opened.magic;
        let mut carried = Vec::new();
        let (records, position): (Box<dyn Records>, _) = if PcapFile::knows(magic) {
            let header = opened.header()?;
            let file = PcapFile::new(&header, input).map_err(|problem| opened.error(problem))?;
            (Box::new(file), header.len() as u64)
        } else if Pcapng::knows(magic) {
            let header = opened.header()?;
            let file = Pcapng::new(&header, input).map_err(|problem| opened.error(problem))?;
            carried.extend_from_slice(&header);
            (Box::new(file), 0)
        } else {
            return Err(opened.unknown_magic());
        };
        Ok(Reader {
            opened,
            records,
            order: Order::default(),
            carried,
            held: Vec::new(),
            held_bytes: 0,
            need: 1,
            skip: 0,
            ahead_by: 0,
            whole: None,
            position,
            ended: false,
            note: None,
        })
    }

    /// Takes all of a file on disk at once, if it is (unpacked) no larger than so many bytes, so that captures in it that were
    /// pasted together are put in order.
    pub(super) fn take_whole(&mut self, most: usize) {
        let size = usize::try_from(self.opened.size).ok().filter(|size| self.opened.regular && *size <= most);
        self.whole = size.map(|size| if self.opened.packed.is_some() { most } else { size });
    }

    /// Unpacks on a thread of its own from now on, if there is anything to unpack.
    pub(super) fn unpack_ahead(&mut self) {
        if self.opened.packed.is_some() {
            let stream = std::mem::replace(&mut self.opened.stream, Box::new(std::io::empty()));
            self.opened.stream = Box::new(Ahead::new(stream, !self.opened.regular));
        }
    }

    /// Replaces what is in `batch` by the next frames, of about `chunk` bytes in all. False at the end.
    pub(super) fn fill(&mut self, batch: &mut FrameBatch, chunk: usize) -> bool {
        loop {
            batch.frames.clear();
            if self.ended {
                return false;
            }
            let whole = self.whole.take();
            // One byte more shows that there are no more.
            let room = self.load(batch, whole.map_or(chunk, |size| chunk.max(size + 1)));
            let overtakable = batch.frames.len();
            let (walked, filled) = self.read(batch, room);
            if whole.is_some() && self.ended {
                self.order.mend_all(&mut batch.frames);
            } else {
                self.order.mend(&mut batch.frames, overtakable);
            }
            if !self.ended {
                let settled = self.order.settled(&batch.frames);
                self.hold_back(batch, settled, walked, filled);
            }
            if !batch.frames.is_empty() {
                if self.ahead_by != 0 {
                    batch.frames.iter_mut().for_each(|frame| {
                        frame.time.0 = frame.time.0.saturating_add_signed(self.ahead_by.saturating_neg())
                    });
                }
                return true;
            }
        }
    }

    /// Gives all frames the time of a clock that is behind that of the file by so many nanoseconds.
    pub(super) fn set_clock(&mut self, ahead_by: i64) {
        self.ahead_by = ahead_by;
    }

    /// What is to be said of the file at its end: where it went back in time, and what ended it before its end.
    pub(super) fn take_notes(&mut self) -> Vec<String> {
        let name = &self.opened.name;
        let back = self.order.set_back().map(|SetBack { frame, by }| {
            let by = duration(by).replace(TIED, " ");
            format!(
                "{name}: time goes back by {by} at frame {frame}: a clock was set, or captures were concatenated; \
                 analysed in file order (Wireshark's `reordercap` sorts by time)"
            )
        });
        back.into_iter().chain(self.note.take()).collect()
    }

    /// Frames that were given.
    pub(super) fn frames(&self) -> u64 {
        self.records.frames() - self.held.len() as u64
    }

    pub(super) fn fractional_digits(&self) -> u8 {
        self.records.fractional_digits()
    }

    /// Is it a file on disk?
    pub(super) fn is_regular(&self) -> bool {
        self.opened.regular
    }

    /// Puts into `batch` what was carried over; tells up to where to read on behind it.
    fn load(&mut self, batch: &mut FrameBatch, chunk: usize) -> usize {
        let room = self.held_bytes + chunk.max(self.need);
        // The buffer keeps its length from batch to batch, because filling it with zeros each time costs as much as
        // reading into it. What lies behind the frames is left over from before.
        if batch.bytes.is_empty() {
            // Fresh zeros cost nothing until they are touched, which a small file hardly does.
            batch.bytes = vec![0; room];
        }
        if batch.bytes.len() < room {
            batch.bytes.resize(room, 0);
        }
        batch.bytes[..self.carried.len()].copy_from_slice(&self.carried);
        batch.frames.append(&mut self.held);
        room
    }

    /// Reads and walks once; tells up to where the bytes were walked and up to where they were read.
    fn read(&mut self, batch: &mut FrameBatch, room: usize) -> (usize, usize) {
        let start = self.held_bytes;
        let (filled, reading) = self.read_bytes(&mut batch.bytes[..room], self.carried.len());
        let bytes = batch.bytes.get(..filled).unwrap_or_default();
        let hopped = self.records.hop(bytes, start, &mut batch.frames);
        let next = hopped.next;
        let rest = bytes.get(next..).unwrap_or_default();
        self.position += (next - start) as u64;
        self.need = 1;
        let mut walked = next;
        match hopped.stop {
            Stop::Damaged(reason) => return self.end((next, filled), &format!("damaged at {{frame}}: {reason}"), true),
            Stop::More(need) => self.need = need,
            Stop::Skip(length) => {
                self.skip = (length - rest.len()) as u64;
                self.position += rest.len() as u64;
                walked = filled;
            }
        }
        let in_frame = walked < filled && self.records.begins_frame(rest);
        let place = if in_frame { "in the middle of {frame}" } else { "after {frame}" };
        match reading {
            Reading::MoreToCome => (walked, filled),
            Reading::AtEnd if walked == filled && self.skip == 0 => {
                self.ended = true;
                (walked, filled)
            }
            Reading::AtEnd => self.end((walked, filled), &format!("cut {place}"), in_frame),
            Reading::Broken(error) => {
                let problem = self.opened.describe(&error);
                self.end((walked, filled), &format!("{problem} {place}"), in_frame)
            }
        }
    }

    /// Ends the file early with a note; `{frame}` in `what` becomes the frame that cannot be read, or the last that could.
    fn end(&mut self, reached: (usize, usize), what: &str, next_frame: bool) -> (usize, usize) {
        let frame = self.records.frames() + u64::from(next_frame);
        let unpacked = if self.opened.packed.is_some() { " of the unpacked data" } else { "" };
        let place = format!("frame {frame} (byte offset {}{unpacked})", self.position);
        let name = &self.opened.name;
        self.note = Some(format!("{name}: {}; analysed up to there", what.replace("{frame}", &place)));
        self.ended = true;
        reached
    }

    /// Fills `bytes` from `filled` on: a file's as far as they go, a pipe's with what is there.
    fn read_bytes(&mut self, bytes: &mut [u8], mut filled: usize) -> (usize, Reading) {
        while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
            let count = match self.opened.stream.read(room) {
                Ok(0) => return (filled, Reading::AtEnd),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return (filled, Reading::Broken(error)),
            };
            let dull = self.skip.min(count as u64);
            if dull > 0 {
                bytes.copy_within(filled + dull as usize..filled + count, filled);
                self.skip -= dull;
                self.position += dull;
            }
            filled += count - dull as usize;
            if !self.opened.regular && filled >= self.held_bytes + self.need {
                break;
            }
        }
        (filled, Reading::MoreToCome)
    }

    /// Takes the frames from `settled` on out of `batch`, with their bytes, and the bytes that were not walked yet.
    fn hold_back(&mut self, batch: &mut FrameBatch, settled: usize, walked: usize, filled: usize) {
        self.carried.clear();
        for frame in batch.frames.get(settled..).unwrap_or_default() {
            let offset = self.carried.len() as u32;
            self.carried.extend_from_slice(batch.bytes_of(frame));
            self.held.push(RawFrame { offset, ..*frame });
        }
        self.held_bytes = self.carried.len();
        self.carried.extend_from_slice(batch.bytes.get(walked..filled).unwrap_or_default());
        batch.frames.truncate(settled);
    }
}

/// The first time of a batch.
pub(super) fn first_time(batch: &FrameBatch) -> Option<Time> {
    batch.frames.first().map(|frame| frame.time)
}
