//! A thread that writes, so that a slow reader never stops the capture. What does not fit into the queue before it is
//! counted and given up.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::destination::{Destination, stdout_is_closed};
use super::screen::Screen;
use crate::report::output::Error;

/// So many pieces (findings) may wait; each takes about 3 KB.
const QUEUE: usize = 8192;
/// As many pieces as are there are written at once, until they have so many bytes. A disk that is nearly full takes all of
/// them or none, so they are not many.
const AT_ONCE: usize = 16 << 10;
/// How often the thread looks up when nothing is to be written.
const GLANCE: Duration = Duration::from_millis(100);
/// How long the end of the report may wait for a slow reader.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// The near end of the queue.
pub struct Writer {
    sender: SyncSender<Vec<u8>>,
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
        let (sender, receiver) = sync_channel(QUEUE);
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
        Writer { sender, shared, is_stdout }
    }

    /// Hands over a piece, or counts it as lost.
    pub fn write(&self, piece: Vec<u8>) {
        self.shared.pending.fetch_add(1, Ordering::SeqCst);
        if self.sender.try_send(piece).is_err() {
            self.shared.pending.fetch_sub(1, Ordering::SeqCst);
            self.shared.lost.fetch_add(1, Ordering::SeqCst);
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
    pub fn settle(&self) {
        self.settle_until(Instant::now() + LAST_PATIENCE);
    }

    fn settle_until(&self, end: Instant) {
        while self.shared.pending.load(Ordering::SeqCst) > 0 && !self.is_closed() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Hands over the last pieces, waits for a slow reader, and says what became of it all. What is still not written
    /// then counts as lost.
    pub fn finish(self, pieces: Vec<Vec<u8>>) -> Finished {
        let end = Instant::now() + LAST_PATIENCE;
        self.shared.ending.store(true, Ordering::SeqCst);
        for piece in pieces {
            self.shared.pending.fetch_add(1, Ordering::SeqCst);
            let mut piece = piece;
            while let Err(TrySendError::Full(back)) = self.sender.try_send(piece) {
                if Instant::now() >= end {
                    break;
                }
                piece = back;
                std::thread::sleep(Duration::from_millis(2));
            }
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
    fn run(mut self, receiver: &Receiver<Vec<u8>>) {
        loop {
            let piece = receiver.recv_timeout(GLANCE);
            if self.shared.reopen.swap(false, Ordering::SeqCst)
                && let Err(error) = self.destination.reopen()
            {
                self.screen.note(&format!("{error}; going on with the file that was open"));
            }
            match piece {
                Ok(first) => self.write_all(first, receiver),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.shared.unread.store(self.destination.unread(), Ordering::SeqCst);
        }
    }

    /// Writes this piece, and those that have come after it: a burst of findings is not a burst of system calls.
    fn write_all(&mut self, first: Vec<u8>, receiver: &Receiver<Vec<u8>>) {
        let (mut bytes, mut pieces) = (first, 1);
        while bytes.len() < AT_ONCE
            && let Ok(more) = receiver.try_recv()
        {
            bytes.extend_from_slice(&more);
            pieces += 1;
        }
        self.write(&bytes, pieces);
    }

    /// Writes so many pieces, or counts them as lost.
    fn write(&mut self, bytes: &[u8], pieces: u64) {
        let written = if self.destination.is_stdout() {
            let destination = &mut self.destination;
            self.screen.beside(|| destination.write(bytes))
        } else {
            self.destination.write(bytes)
        };
        // Asking a disk after each piece would be slow; it is asked when there is nothing more to write.
        let last = self.shared.ending.load(Ordering::SeqCst) && self.shared.pending.load(Ordering::SeqCst) == pieces;
        let written = if last { written.and_then(|()| self.destination.finish()) } else { written };
        let mut problem = self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner);
        match written {
            Ok(()) => *problem = None,
            Err(Error::Closed) => self.shared.closed.store(true, Ordering::SeqCst),
            Err(error) => {
                self.shared.lost.fetch_add(pieces, Ordering::SeqCst);
                let line = error.to_string();
                if problem.as_ref() != Some(&line) {
                    self.screen.note(&line);
                    *problem = Some(line);
                }
            }
        }
        drop(problem);
        self.shared.pending.fetch_sub(pieces, Ordering::SeqCst);
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
        let writer = writer(Path::new("/dev/full"));
        (0..3).for_each(|_| writer.write(b"line\n".to_vec()));
        let finished = writer.finish(vec![b"end\n".to_vec()]);
        assert_eq!(finished.lost, 4, "{finished:?}");
        assert!(finished.problem.is_some_and(|line| line.contains("No space left on device")));
    }

    #[test]
    fn a_reader_that_does_not_read_stops_nothing_and_every_line_is_accounted_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from(0o600)).expect("a pipe");
        let writer = writer(&path);
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        let all = QUEUE as u64 + 1000;
        (0..all).for_each(|_| writer.write(line.clone()));
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
