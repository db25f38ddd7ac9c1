//! One file of several, on its way through.

use std::path::PathBuf;

use super::reader::Reader;
use super::{FrameBatch, RawFrame};

/// One file and where it is in the merge.
pub(super) struct Lane {
    pub(super) path: PathBuf,
    pub(super) state: State,
    /// Frames that were read, once it is done.
    frames_before: u64,
}

pub(super) enum State {
    /// Opened once, to see when it begins, and closed again: a day's captures in a thousand files need not be open at
    /// the same time.
    Waiting,
    Open(Box<Running>),
    Done,
}

pub(super) struct Running {
    pub(super) reader: Reader,
    pub(super) batch: FrameBatch,
    /// The first frame of the batch that was not given yet.
    pub(super) next: usize,
    /// It has given frames.
    pub(super) has_begun: bool,
}

impl Lane {
    /// A file that was looked into.
    pub(super) fn new(path: PathBuf, state: State) -> Lane {
        Lane { path, state, frames_before: 0 }
    }

    /// Frames that were read.
    pub(super) fn frames(&self) -> u64 {
        match &self.state {
            State::Open(running) => running.reader.frames(),
            State::Waiting | State::Done => self.frames_before,
        }
    }

    /// Closes it and gives back what it was read with, if it was open.
    pub(super) fn close(&mut self) -> Option<Box<Running>> {
        self.frames_before = self.frames();
        match std::mem::replace(&mut self.state, State::Done) {
            State::Open(running) => Some(running),
            State::Waiting | State::Done => None,
        }
    }
}

impl Running {
    /// What gives its frames from the first one on.
    pub(super) fn new(reader: Reader, batch: FrameBatch) -> Box<Running> {
        Box::new(Running { reader, batch, next: 0, has_begun: false })
    }

    /// Frames of the batch that were not given yet.
    pub(super) fn rest(&self) -> &[RawFrame] {
        self.batch.frames.get(self.next..).unwrap_or_default()
    }
}
