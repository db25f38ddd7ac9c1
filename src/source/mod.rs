//! Where frames come from: files, standard input, a live interface. Of the stages that lead to a verdict this is the only one
//! that reads a file, a socket or a clock.
//!
//! A [`Source`] gives batches of frames in time order. [`Files`] is the source for captures that are already taken:
//! `open` looks through compression and at the magic, `ahead` unpacks on a thread of its own, `reader` fills batches from
//! one file with the help of a record walker (`pcap_file`, `pcapng`), `order` mends small steps back in time and puts small
//! files in order, and `files` merges several files, each in a `lane`, by time.
//! [`Live`] is the source for an interface; it keeps the account of what it lost in [`Losses`].
//!
//! **Bytes are copied once**: `read` puts them into the batch, where the records are walked in place. Only the tail of a
//! batch (a record that is cut, frames that a later one may still overtake) is carried over to the next.

mod ahead;
mod error;
mod files;
mod filter;
mod interrupt;
mod lane;
mod live;
mod live_filter;
mod losses;
mod numbers;
mod open;
mod order;
mod pcap_file;
mod pcapng;
mod progress;
mod reader;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use error::{Error, printable, printable_path};
pub use files::{Files, Settings};
pub use filter::Filter;
pub use interrupt::Interrupt;
pub use live::{ANY, Live, LiveSettings, Rights, needs_rights};
pub use losses::{Gap, Losses, Lost};
pub use numbers::unpack;
use progress::Progress;

use crate::time::{SECOND, Time};

/// What gives frames, batch after batch.
pub trait Source {
    /// Replaces what is in `batch` by the next run of frames, in time order. False at the end, with an empty batch;
    /// true with an empty batch means that nothing came for a while (live only).
    fn fill(&mut self, batch: &mut FrameBatch) -> Result<bool, Error>;

    /// What went wrong since the last call and did not stop the work: one line each, for stderr.
    fn take_notes(&mut self) -> Vec<String>;

    /// The name of each input, by [`RawFrame::input`], safe to print.
    fn input_names(&self) -> &[String];

    /// Frames read so far, whether or not the filter let them pass.
    fn frames_read(&self) -> u64;

    /// Those of them that the filter did not let pass. Live, the kernel keeps them back, and they are not read.
    fn filtered_out(&self) -> u64 {
        0
    }

    /// How many digits of a second the inputs' clocks have: 6, or 9 if one of them is finer than a microsecond when its
    /// first frame comes.
    fn fractional_digits(&self) -> u8;

    /// Up to when all frames are known to have come, where that does not follow from the frames: live, and where a filter
    /// took some out. After the last batch it is the end of the capture.
    fn now(&self) -> Option<Time> {
        None
    }

    /// Does it give only the segments that open and close connections?
    fn is_light(&self) -> bool {
        false
    }
}

/// One captured frame in a [`FrameBatch`]: where its bytes are and what the capture says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// When it was captured.
    pub time: Time,
    /// Its number in its file, counted from 1 as Wireshark does; of several files, what [`unpack`] knows it by.
    pub number: u64,
    /// Where its first byte stands in [`FrameBatch::bytes`].
    pub offset: u32,
    /// How many bytes were captured.
    pub captured: u32,
    /// How many bytes it had on the wire (0 where the capture does not know, as in pcapng's simple packets cut by snaplen).
    pub wire: u32,
    /// The link type (LINKTYPE_ number as in pcap files).
    pub link: u16,
    /// Which input it came from, counted from 0 in the order of the command line; of several files, the place where it was captured: those
    /// of which one begins where another ends are one capture.
    pub input: u16,
}

/// A run of frames in time order, with the buffer that holds their bytes. Reused from call to call.
#[derive(Debug, Default)]
pub struct FrameBatch {
    /// The bytes that the frames point into. What no frame points at is of no meaning.
    pub bytes: Vec<u8>,
    /// The frames, by time.
    pub frames: Vec<RawFrame>,
    /// What is read beside it.
    pub others: Others,
    /// When all files before the one that it begins had ended, if that was more than [`BETWEEN_FILES`] earlier.
    pub resumes_after: Option<Time>,
}

/// What else is read at the time of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// No other input, or one that begins where this one ends: then they are one capture.
    #[default]
    None,
    /// Another one begins within [`SOON`]: it may show again what is in this batch.
    Soon,
    /// From this batch on, if not from an earlier one, inputs are read that were captured at the same time: what one shows,
    /// another may show as well.
    Beside,
}

/// No copy comes later than this.
pub const SOON: u64 = 2 * SECOND;
/// More time between the last frame of a file, be it one that the filter takes out, and the first of the next, nanoseconds, and nothing
/// was captured meanwhile: no two attempts of a kernel are further apart (TCP_RTO_MAX is two minutes).
pub const BETWEEN_FILES: u64 = 130 * SECOND;

impl FrameBatch {
    /// The captured bytes of `frame`; empty if it does not belong to this batch.
    pub fn bytes_of(&self, frame: &RawFrame) -> &[u8] {
        let start = frame.offset as usize;
        self.bytes.get(start..start.saturating_add(frame.captured as usize)).unwrap_or_default()
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
    }
}
