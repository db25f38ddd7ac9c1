//! Files and standard input as one recording: the frames of all of them by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lane::{Lane, Running, State};
use super::numbers::pack;
use super::reader::{Reader, first_time};
use super::{BETWEEN_FILES, Error, Filter, FrameBatch, Interrupt, Others, Progress, SOON, Source, printable_path};
use crate::time::{MILLISECOND, Time};

/// Bytes in a batch of a single file.
const CHUNK: usize = 1024 * 1024;
/// The same where many files are read side by side.
const SMALLEST_CHUNK: usize = 64 * 1024;
/// What the buffers of all files may take together, about.
const ALL_CHUNKS: usize = 16 * CHUNK;
/// Frames in a batch that is merged from several files.
const MERGED_FRAMES: usize = 8192;
/// How much earlier than its first frame a file is opened again, since a later one may be out of order.
const EARLIER: u64 = 10 * MILLISECOND;

/// What a reader of files may be asked for.
#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// A pcap filter expression.
    pub filter: Option<String>,
    /// Show a progress bar, if stderr is a terminal.
    pub progress: bool,
    /// Unpack a single file on a thread of its own.
    pub ahead: bool,
    /// Ends the reading early: what was read until then is all there is.
    pub interrupt: Interrupt,
    /// How much the clock of each file is ahead of the one by which packets are put in order, nanoseconds; 0 where it is not said.
    pub ahead_by: Vec<i64>,
}

/// The source of all frames of one or more captures, by time, or by file where times are equal.
pub struct Files {
    names: Vec<String>,
    lanes: Vec<Lane>,
    /// When the next frame of each lane comes, but for `pending`.
    heads: BinaryHeap<Reverse<(Time, usize)>>,
    /// The lane whose batch is used up and whose next frame is not known. It is asked only when more is wanted:
    /// with a pipe, asking is waiting.
    pending: Option<usize>,
    /// How many lanes have given frames and may have more.
    begun: usize,
    /// One gave its first frame before another had given its last.
    side_by_side: bool,
    /// When the last frame was captured of those that were read.
    read_until: Option<Time>,
    /// When all files had ended of which the next began much later, of which nothing was given yet.
    resumes_after: Option<Time>,
    /// The lane that was the last to begin before that: its place, and that of those before it, is the first.
    first: usize,
    /// When the next frame comes of another lane than the one that gave the last.
    next_of_others: Option<Time>,
    chunk: usize,
    /// Files of up to so many bytes are read at once.
    whole: usize,
    filter: Option<Filter>,
    /// When the last frame was captured that was shown to the filter.
    filtered_until: Option<Time>,
    progress: Option<Progress>,
    bytes_read: Arc<AtomicU64>,
    interrupt: Interrupt,
    ahead_by: Vec<i64>,
    /// It was interrupted and said so.
    left: bool,
    /// Frames that were read and not given, for that.
    not_given: u64,
    notes: Vec<String>,
    fractional_digits: u8,
}

impl Files {
    /// Opens all files (`-` is standard input) and reads their headers. What cannot be read is a note, unless it is
    /// everything.
    pub fn open(paths: &[PathBuf], settings: &Settings) -> Result<Files, Error> {
        let filter = settings.filter.as_deref().map(Filter::new).transpose()?;
        let mut files = Files {
            names: paths.iter().map(|path| printable_path(path)).collect(),
            lanes: Vec::new(),
            heads: BinaryHeap::new(),
            pending: None,
            begun: 0,
            side_by_side: false,
            read_until: None,
            resumes_after: None,
            first: 0,
            next_of_others: None,
            chunk: (ALL_CHUNKS / paths.len().max(1)).clamp(SMALLEST_CHUNK, CHUNK),
            whole: ALL_CHUNKS / paths.len().max(1),
            filter,
            filtered_until: None,
            progress: None,
            bytes_read: Arc::new(AtomicU64::new(0)),
            interrupt: settings.interrupt.clone(),
            ahead_by: settings.ahead_by.clone(),
            left: false,
            not_given: 0,
            notes: Vec::new(),
            fractional_digits: 6,
        };
        let (mut readable, mut errors) = (0, Vec::new());
        for (index, path) in paths.iter().enumerate() {
            let state = match files.open_lane(index, path, paths, settings.ahead) {
                Ok(state) => {
                    readable += 1;
                    state
                }
                Err(error) => {
                    // What was left unread is not to blame.
                    errors.extend((!files.interrupt.was_heeded()).then_some(error));
                    State::Done
                }
            };
            files.lanes.push(Lane::new(path.clone(), state));
        }
        if readable == 0 {
            errors.extend(files.interrupt.was_heeded().then_some(Error::Interrupted));
            return Err(match errors.pop() {
                Some(error) if errors.is_empty() => error,
                Some(error) => {
                    errors.push(error);
                    Error::Inputs(errors)
                }
                None => Error::Inputs(Vec::new()),
            });
        }
        files.notes.splice(0..0, errors.iter().flat_map(Error::messages));
        files.progress = settings.progress.then(|| Progress::new(total_size(paths)));
        Ok(files)
    }

    /// Opens one of `paths` for the first time and puts its first frame among the heads.
    fn open_lane(&mut self, index: usize, path: &PathBuf, paths: &[PathBuf], ahead: bool) -> Result<State, Error> {
        let name = || printable_path(path);
        let Ok(input) = u16::try_from(index) else {
            return Err(Error::Input { name: name(), problem: "too many files; give at most 65536".to_owned() });
        };
        if path.as_os_str() == "-" && paths.iter().take(index).any(|earlier| earlier == path) {
            return Err(Error::Input { name: name(), problem: "can be named only once".to_owned() });
        }
        let alone = paths.len() == 1;
        let bytes_read = if alone { Arc::clone(&self.bytes_read) } else { Arc::default() };
        let mut reader = Reader::open(path, input, bytes_read, &self.interrupt)?;
        reader.set_clock(self.ahead_by(index));
        reader.take_whole(self.whole);
        if alone && ahead {
            reader.unpack_ahead();
        }
        let mut batch = FrameBatch::default();
        let found = reader.fill(&mut batch, if alone { self.chunk } else { SMALLEST_CHUNK });
        self.fractional_digits = self.fractional_digits.max(reader.fractional_digits());
        let Some(first) = first_time(&batch).filter(|_| found) else {
            self.keep_note(&mut reader);
            return Ok(State::Done);
        };
        // Standard input, be it a file, goes on where it was left.
        if !alone && reader.is_regular() && path.as_os_str() != "-" {
            self.heads.push(Reverse((first - EARLIER, index)));
            return Ok(State::Waiting);
        }
        self.heads.push(Reverse((first, index)));
        Ok(State::Open(Running::new(reader, batch)))
    }

    fn ahead_by(&self, index: usize) -> i64 {
        self.ahead_by.get(index).copied().unwrap_or(0)
    }

    /// Opens the file of a waiting lane again, when its time has come.
    fn reopen(&mut self, index: usize) {
        let ahead_by = self.ahead_by(index);
        let Some(lane) = self.lanes.get_mut(index) else { return };
        match Reader::open(&lane.path, index as u16, Arc::clone(&self.bytes_read), &self.interrupt) {
            Ok(mut reader) => {
                reader.set_clock(ahead_by);
                reader.take_whole(self.whole);
                lane.state = State::Open(Running::new(reader, FrameBatch::default()));
                self.advance(index);
            }
            Err(_) if self.interrupt.was_heeded() => lane.state = State::Done,
            Err(error) => {
                lane.state = State::Done;
                self.notes.extend(error.messages());
            }
        }
    }

    /// Gets a lane its next batch and puts its first frame among the heads.
    fn advance(&mut self, index: usize) {
        let Some(Lane { state: State::Open(running), .. }) = self.lanes.get_mut(index) else { return };
        running.next = 0;
        running.reader.fill(&mut running.batch, self.chunk);
        let first = first_time(&running.batch);
        match first {
            Some(first) => self.heads.push(Reverse((first, index))),
            None => self.finish(index),
        }
    }

    /// Closes a lane whose file is at its end.
    fn finish(&mut self, index: usize) {
        let Some(mut running) = self.lanes.get_mut(index).and_then(Lane::close) else { return };
        self.begun -= usize::from(running.has_begun);
        self.keep_note(&mut running.reader);
    }

    /// Tells what ended a file before its end, unless that was an interrupt.
    fn keep_note(&mut self, reader: &mut Reader) {
        if !self.interrupt.was_heeded() {
            self.notes.extend(reader.take_notes());
        }
    }

    /// Ends all lanes, and with them `batch`: one of them may have ended in it before its time.
    fn leave(&mut self, batch: &mut FrameBatch) {
        self.interrupt.heed();
        self.not_given += batch.frames.len() as u64;
        batch.frames.clear();
        self.heads.clear();
        self.pending = None;
        for running in self.lanes.iter_mut().filter_map(Lane::close) {
            self.not_given += running.rest().len() as u64;
        }
    }

    /// Where the frames of this file were captured.
    fn place(&self, input: u16) -> u16 {
        match usize::from(input) {
            at if !self.side_by_side || at == self.first => 0,
            0 => self.first as u16,
            _ => input,
        }
    }

    /// What is read beside the frames of `batch`, which were given last?
    fn others(&self, batch: &FrameBatch) -> Others {
        if self.side_by_side {
            return Others::Beside;
        }
        let soon = batch.frames.last().zip(self.next_of_others).is_some_and(|(last, next)| next <= last.time + SOON);
        if soon { Others::Soon } else { Others::None }
    }

    /// Reads the only file that is left straight into `batch`.
    fn fill_alone(&mut self, index: usize, batch: &mut FrameBatch) -> bool {
        let Some(Lane { state: State::Open(running), .. }) = self.lanes.get_mut(index) else { return false };
        if running.reader.fill(batch, self.chunk) {
            self.pending = Some(index);
            return true;
        }
        self.finish(index);
        false
    }

    /// The next frames of all files, before the filter. Those are in a batch of their own that come before files are read side by
    /// side.
    fn merge(&mut self, batch: &mut FrameBatch) -> bool {
        batch.frames.clear();
        if let Some(index) = self.pending.take() {
            if self.heads.is_empty() {
                return self.fill_alone(index, batch);
            }
            self.advance(index);
        }
        let mut copied = 0;
        while let Some(Reverse((time, index))) = self.heads.pop() {
            let bound = self.heads.peek().map(|Reverse(head)| *head);
            let Some(lane) = self.lanes.get_mut(index) else { continue };
            let running = match &mut lane.state {
                State::Open(running) => running,
                State::Waiting => {
                    self.reopen(index);
                    continue;
                }
                State::Done => continue,
            };
            if !running.has_begun {
                if self.begun > 0 && !self.side_by_side && !batch.frames.is_empty() {
                    self.heads.push(Reverse((time, index)));
                    break;
                }
                running.has_begun = true;
                let gap = self.read_until.filter(|end| self.begun == 0 && time.since(*end) > BETWEEN_FILES);
                self.resumes_after = self.resumes_after.or(gap);
                self.side_by_side |= self.begun > 0;
                self.begun += 1;
                if !self.side_by_side {
                    self.first = index;
                }
            }
            self.next_of_others = bound.map(|(time, _)| time);
            let rest = running.rest();
            let before = |time| bound.is_none_or(|bound| (time, index) < bound);
            let run = rest.iter().take_while(|frame| before(frame.time)).count().max(1);
            if batch.frames.is_empty() && running.next == 0 && run == rest.len() {
                std::mem::swap(batch, &mut running.batch);
                self.pending = Some(index);
                break;
            }
            let run = run.min(MERGED_FRAMES - batch.frames.len());
            for frame in rest.iter().take(run) {
                copied = append(batch, copied, &running.batch, frame);
            }
            running.next += run;
            let Some(head) = running.batch.frames.get(running.next) else {
                self.pending = Some(index);
                break;
            };
            self.heads.push(Reverse((head.time, index)));
            if batch.frames.len() >= MERGED_FRAMES || copied >= CHUNK {
                break;
            }
        }
        !batch.frames.is_empty()
    }
}

/// Copies `frame` and its bytes from one batch to another, which holds `end` bytes so far.
fn append(to: &mut FrameBatch, end: usize, from: &FrameBatch, frame: &super::RawFrame) -> usize {
    let bytes = from.bytes_of(frame);
    let new_end = end + bytes.len();
    if to.bytes.len() < new_end {
        to.bytes.resize(new_end.max(SMALLEST_CHUNK), 0);
    }
    to.bytes[end..new_end].copy_from_slice(bytes);
    to.frames.push(super::RawFrame { offset: end as u32, ..*frame });
    new_end
}

/// The size of all files together, if all are files on disk.
fn total_size(paths: &[PathBuf]) -> Option<u64> {
    let size =
        |path: &PathBuf| path.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
    paths.iter().map(size).sum()
}

impl Source for Files {
    fn fill(&mut self, batch: &mut FrameBatch) -> Result<bool, Error> {
        loop {
            let mut more = self.merge(batch);
            if self.lanes.len() > 1 && self.interrupt.is_asked() {
                self.leave(batch);
                more = false;
            }
            if let Some(progress) = &mut self.progress {
                progress.update(self.bytes_read.load(Ordering::Relaxed));
            }
            if !more && self.pending.is_none() && self.heads.is_empty() {
                self.progress = None;
                if self.interrupt.was_heeded() && !std::mem::replace(&mut self.left, true) {
                    let read = self.frames_read();
                    self.notes.push(format!("interrupted; the report covers the first {read} packets"));
                }
                return Ok(false);
            }
            self.read_until = batch.frames.last().map(|frame| frame.time).max(self.read_until);
            if let Some(filter) = &mut self.filter {
                self.filtered_until = batch.frames.last().map(|frame| frame.time).or(self.filtered_until);
                filter.apply(batch);
                self.notes.extend(filter.take_notes());
            }
            if !batch.frames.is_empty() {
                let inputs = self.names.len();
                if inputs > 1 {
                    for frame in &mut batch.frames {
                        pack(frame, inputs);
                        frame.input = self.place(frame.input);
                    }
                }
                batch.others = self.others(batch);
                batch.resumes_after = self.resumes_after.take();
                return Ok(true);
            }
        }
    }

    fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn input_names(&self) -> &[String] {
        &self.names
    }

    fn frames_read(&self) -> u64 {
        self.lanes.iter().map(Lane::frames).sum::<u64>() - self.not_given
    }

    fn filtered_out(&self) -> u64 {
        self.filter.as_ref().map_or(0, |filter| filter.taken_out)
    }

    fn fractional_digits(&self) -> u8 {
        self.fractional_digits
    }

    fn now(&self) -> Option<Time> {
        self.filtered_until
    }
}
