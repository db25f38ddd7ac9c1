//! A thread that writes, so that a slow reader never stops the capture. What does not fit into the queue before it is
//! counted and given up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::destination::{Destination, stdout_is_closed};
use super::screen::Screen;
use crate::report::output::Error;

/// So many pieces (findings) may wait; each takes about 3 KB.
const QUEUE: u64 = 8192;
/// Pieces are written together until they have so many bytes. A disk that is nearly full takes all of them or none, so they
/// are not many.
const AT_ONCE: usize = 16 << 10;
/// So long pieces may gather before they are handed over: to wake the thread costs more than to word a piece.
const GATHER: Duration = Duration::from_millis(50);
/// So many pieces may gather.
const GATHERED: u64 = 128;
/// How often the thread looks up when nothing is to be written.
const GLANCE: Duration = Duration::from_millis(100);
/// How long the end of the report may wait for a slow reader.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Pieces that are written together.
#[derive(Default)]
struct Parcel {
    bytes: Vec<u8>,
    pieces: u64,
}

impl Parcel {
    fn add(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        self.pieces += 1;
    }
}

/// The near end of the queue.
pub struct Writer {
    sender: Sender<Vec<Parcel>>,
    /// What is not in the queue yet.
    gathered: Vec<Parcel>,
    /// Since when it gathers.
    since: Instant,
    shared: Arc<Shared>,
    is_stdout: bool,
}

/// What both ends of the queue know.
struct Shared {
    /// Pieces that were taken and are not written yet.
    pending: AtomicU64,
    lost: AtomicU64,
    /// Bytes in a pipe that nobody has read.
    unread: AtomicU64,
    closed: AtomicBool,
    /// Nothing comes after what is in the queue.
    ending: AtomicBool,
    reopen: Arc<AtomicBool>,
    /// The last piece was written, or failed like this.
    problem: Mutex<Option<String>>,
}

impl Writer {
    /// Starts the thread. `reopen` asks it to open its file again.
    pub fn start(destination: Destination, screen: Screen, reopen: Arc<AtomicBool>) -> Writer {
        let (sender, receiver) = channel();
        let shared = Arc::new(Shared {
            pending: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            unread: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            reopen,
            problem: Mutex::default(),
        });
        let is_stdout = destination.is_stdout();
        let far = Far { destination, screen, shared: Arc::clone(&shared) };
        std::thread::spawn(move || far.run(&receiver));
        Writer { sender, gathered: Vec::new(), since: Instant::now(), shared, is_stdout }
    }

    /// Takes a piece, which is handed over with the next [`Writer::flush`] at the latest.
    pub fn write(&mut self, piece: &[u8]) {
        if self.gathered.is_empty() {
            self.since = Instant::now();
        }
        match self.gathered.last_mut().filter(|parcel| parcel.bytes.len() < AT_ONCE) {
            Some(parcel) => parcel.add(piece),
            None => {
                let mut parcel = Parcel::default();
                parcel.add(piece);
                self.gathered.push(parcel);
            }
        }
        if self.pieces_gathered() >= GATHERED {
            self.flush();
        }
    }

    fn pieces_gathered(&self) -> u64 {
        self.gathered.iter().map(|parcel| parcel.pieces).sum()
    }

    /// Hands over what has gathered for long enough. To be called often.
    pub fn glance(&mut self) {
        if !self.gathered.is_empty() && self.since.elapsed() >= GATHER {
            self.flush();
        }
    }

    /// Hands over what was written, or counts it as lost.
    pub fn flush(&mut self) {
        let pieces = self.pieces_gathered();
        if pieces == 0 {
            return;
        }
        let parcels = std::mem::take(&mut self.gathered);
        let waiting = self.shared.pending.fetch_add(pieces, Ordering::SeqCst);
        if waiting + pieces > QUEUE || self.sender.send(parcels).is_err() {
            self.shared.pending.fetch_sub(pieces, Ordering::SeqCst);
            self.shared.lost.fetch_add(pieces, Ordering::SeqCst);
        }
    }

    /// Pieces that were lost.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::SeqCst)
    }

    /// Did the reader of standard output go away?
    pub fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::SeqCst) || (self.is_stdout && stdout_is_closed())
    }

    /// Waits until everything is written, for a while.
    pub fn settle(&mut self) {
        self.flush();
        self.settle_until(Instant::now() + LAST_PATIENCE);
    }

    fn settle_until(&self, end: Instant) {
        while self.shared.pending.load(Ordering::SeqCst) > 0 && !self.is_closed() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Hands over the last pieces, waits for a slow reader, and says what became of it all. What is still not written
    /// then counts as lost.
    pub fn finish(mut self, pieces: Vec<Vec<u8>>) -> Finished {
        let end = Instant::now() + LAST_PATIENCE;
        self.flush();
        self.shared.ending.store(true, Ordering::SeqCst);
        for piece in pieces {
            while self.shared.pending.load(Ordering::SeqCst) >= QUEUE && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(2));
            }
            self.write(&piece);
            self.flush();
        }
        self.settle_until(end);
        while self.shared.unread.load(Ordering::SeqCst) > 0 && Instant::now() < end {
            std::thread::sleep(GLANCE);
        }
        Finished {
            lost: self.lost() + self.shared.pending.load(Ordering::SeqCst),
            unread: self.shared.unread.load(Ordering::SeqCst),
            problem: self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            closed: self.is_closed(),
        }
    }
}

/// What became of a report.
#[derive(Debug)]
pub struct Finished {
    /// Pieces that were not written.
    pub lost: u64,
    /// Bytes in a named pipe that nobody has read.
    pub unread: u64,
    /// Why the last piece could not be written.
    pub problem: Option<String>,
    /// The reader of standard output went away.
    pub closed: bool,
}

/// The far end of the queue: the thread.
struct Far {
    destination: Destination,
    screen: Screen,
    shared: Arc<Shared>,
}

impl Far {
    fn run(mut self, receiver: &Receiver<Vec<Parcel>>) {
        loop {
            let parcels = receiver.recv_timeout(GLANCE);
            if self.shared.reopen.swap(false, Ordering::SeqCst)
                && let Err(error) = self.destination.reopen()
            {
                self.screen.note(&format!("{error}; continuing with the file that was open"));
            }
            match parcels {
                Ok(parcels) => parcels.iter().for_each(|parcel| self.write(parcel)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.shared.unread.store(self.destination.unread(), Ordering::SeqCst);
        }
    }

    /// Writes these pieces, or counts them as lost.
    fn write(&mut self, Parcel { bytes, pieces }: &Parcel) {
        let written = if self.destination.is_terminal() {
            let destination = &mut self.destination;
            self.screen.beside(|| destination.write(bytes))
        } else {
            self.destination.write(bytes)
        };
        // Asking a disk after each piece would be slow; it is asked when there is nothing more to write.
        let last = self.shared.ending.load(Ordering::SeqCst) && self.shared.pending.load(Ordering::SeqCst) == *pieces;
        let written = if last { written.and_then(|()| self.destination.finish()) } else { written };
        let mut problem = self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner);
        match written {
            Ok(()) => *problem = None,
            Err(Error::Closed) => self.shared.closed.store(true, Ordering::SeqCst),
            Err(error) => {
                self.shared.lost.fetch_add(*pieces, Ordering::SeqCst);
                let line = error.to_string();
                if problem.as_ref() != Some(&line) {
                    self.screen.note(&line);
                    *problem = Some(line);
                }
            }
        }
        drop(problem);
        self.shared.pending.fetch_sub(*pieces, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::path::Path;

    fn writer(path: &Path) -> Writer {
        let destination = Destination::open(path).expect("it opens");
        Writer::start(destination, Screen::new(false), Arc::default())
    }

    #[test]
    fn what_a_full_disk_cannot_take_is_counted() {
        let mut writer = writer(Path::new("/dev/full"));
        (0..3).for_each(|_| writer.write(b"line\n"));
        let finished = writer.finish(vec![b"end\n".to_vec()]);
        assert_eq!(finished.lost, 4, "{finished:?}");
        assert!(finished.problem.is_some_and(|line| line.contains("No space left on device")));
    }

    #[test]
    fn a_reader_that_does_not_read_stops_nothing_and_every_line_is_accounted_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from(0o600)).expect("a pipe");
        let mut writer = writer(&path);
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        let all = QUEUE + 1000;
        (0..all).for_each(|_| writer.write(&line));
        writer.flush();
        let lost = writer.lost();
        assert!(lost > 0 && lost < all, "{lost}");
        let mut reader = std::fs::File::open(&path).expect("a reader");
        let read = std::thread::spawn(move || {
            let mut bytes = vec![0; 1024];
            let mut lines = 0;
            while lines < all - lost {
                reader.read_exact(&mut bytes).expect("a line");
                lines += 1;
            }
            lines
        });
        let finished = writer.finish(Vec::new());
        assert_eq!(finished.lost, lost);
        assert_eq!(read.join().expect("it read all"), all - lost);
    }
}
