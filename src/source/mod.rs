//! Where frames come from: files, standard input, a live interface. Nothing below this module reads a file,
//! a socket or a clock.

use crate::time::Time;

/// One captured frame in a [`FrameBatch`]: where its bytes are and what the capture says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// When it was captured.
    pub time: Time,
    /// Its number in its file, counted from 1 as Wireshark does.
    pub number: u64,
    /// Where its first byte stands in [`FrameBatch::bytes`].
    pub offset: u32,
    /// How many bytes were captured.
    pub captured: u32,
    /// How many bytes it had on the wire (0 where the capture does not know, as in pcapng's simple packets cut by snaplen).
    pub wire: u32,
    /// The link type (LINKTYPE_ number as in pcap files).
    pub link: u16,
    /// Which input it came from, counted from 0 in the order of the command line.
    pub input: u16,
}

/// A run of frames in time order, with the buffer that holds their bytes. Reused from call to call.
#[derive(Debug, Default)]
pub struct FrameBatch {
    /// The bytes that the frames point into.
    pub bytes: Vec<u8>,
    /// The frames, by time.
    pub frames: Vec<RawFrame>,
}

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
