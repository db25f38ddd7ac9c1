//! Where a live report goes: standard output, a file that is written on at its end, or a named pipe.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::report::output::Error;

/// Who may read a report that we make: those who may read it know who talks to whom.
const MODE: u32 = 0o640;

/// The place for the lines of a live report.
pub struct Destination {
    place: Place,
    name: String,
    path: Option<PathBuf>,
    /// Was it made by us, not found?
    pub is_new: bool,
}

enum Place {
    Stdout(io::Stdout),
    File(File),
    Fifo(File),
}

impl Destination {
    /// Standard output.
    pub fn stdout() -> Destination {
        Destination {
            place: Place::Stdout(io::stdout()),
            name: "standard output".to_owned(),
            path: None,
            is_new: false,
        }
    }

    /// The file at `path`, made if it is not there.
    pub fn open(path: &Path) -> Result<Destination, Error> {
        let name = path.to_string_lossy().into_owned();
        let is_new = !path.exists();
        match open(path) {
            Ok(place) => Ok(Destination { place, name, path: Some(path.to_owned()), is_new }),
            Err(error) => Err(Error::Create { name, error }),
        }
    }

    /// The file itself, where there is one.
    pub fn file(&self) -> Option<&File> {
        match &self.place {
            Place::Stdout(_) => None,
            Place::File(file) | Place::Fifo(file) => Some(file),
        }
    }

    /// Is it standard output?
    pub fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout(_))
    }

    /// Is it a terminal, where a status line may stand as well?
    pub fn is_terminal(&self) -> bool {
        matches!(&self.place, Place::Stdout(stdout) if stdout.is_terminal())
    }

    /// Opens the path again, where another file may be by now. On failure the old one stays.
    pub fn reopen(&mut self) -> Result<(), Error> {
        let Some(path) = &self.path else { return Ok(()) };
        self.place = open(path).map_err(|error| Error::Create { name: self.name.clone(), error })?;
        Ok(())
    }

    /// Writes a piece and hands it to the system. A file that could not take all of it has none of it afterwards, so
    /// that what follows begins on a line of its own.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = match &mut self.place {
            Place::Stdout(stdout) => stdout.write_all(bytes).and_then(|()| stdout.flush()),
            Place::Fifo(file) => file.write_all(bytes),
            Place::File(file) => {
                let before = file.metadata().ok().filter(|there| there.is_file()).map(|there| there.len());
                file.write_all(bytes).inspect_err(|_| {
                    if let Some(length) = before {
                        // What cannot be taken back stays as a damaged line; there is nobody to tell beyond the error.
                        let _ = file.set_len(length);
                    }
                })
            }
        };
        result.map_err(|error| self.error(error))
    }

    /// Asks a disk whether it has everything.
    pub fn finish(&mut self) -> Result<(), Error> {
        let Place::File(file) = &self.place else { return Ok(()) };
        if !file.metadata().is_ok_and(|there| there.is_file()) {
            return Ok(());
        }
        file.sync_data().map_err(|error| self.error(error))
    }

    /// How many bytes a pipe holds that nobody has read.
    pub fn unread(&self) -> u64 {
        match &self.place {
            Place::Fifo(file) => rustix::io::ioctl_fionread(file).unwrap_or_default(),
            Place::Stdout(_) | Place::File(_) => 0,
        }
    }

    fn error(&self, error: io::Error) -> Error {
        if self.is_stdout() && error.kind() == ErrorKind::BrokenPipe {
            return Error::Closed;
        }
        Error::Write { name: self.name.clone(), error }
    }
}

/// A named pipe is opened for reading as well: then it is not waited for a reader, and the pipe outlives each of them.
fn open(path: &Path) -> io::Result<Place> {
    let is_fifo = path.metadata().is_ok_and(|there| there.file_type().is_fifo());
    let mut options = OpenOptions::new();
    if is_fifo {
        return options.read(true).write(true).open(path).map(Place::Fifo);
    }
    options.append(true).create(true).mode(MODE).open(path).map(Place::File)
}

/// Did the reader of standard output go away? Asked so that nobody waits for the next line to find out.
pub fn stdout_is_closed() -> bool {
    let stdout = io::stdout();
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut descriptors, Some(&now)).is_err() {
        return false;
    }
    let [descriptor] = &descriptors;
    descriptor.revents().intersects(PollFlags::ERR | PollFlags::NVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_on_and_opened_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report");
        let moved = directory.path().join("report.1");
        std::fs::write(&path, b"before\n").expect("a file");
        let mut destination = Destination::open(&path).expect("it opens");
        assert!(!destination.is_new);
        destination.write(b"one\n").expect("it takes it");
        std::fs::rename(&path, &moved).expect("renamed");
        destination.write(b"two\n").expect("it takes it");
        destination.reopen().expect("a new file");
        destination.write(b"three\n").expect("it takes it");
        assert_eq!(std::fs::read_to_string(&moved).expect("the old one"), "before\none\ntwo\n");
        assert_eq!(std::fs::read_to_string(&path).expect("the new one"), "three\n");
    }

    #[test]
    fn a_full_disk_is_an_error_each_time() {
        let mut destination = Destination::open(Path::new("/dev/full")).expect("it opens");
        for _ in 0..2 {
            let error = destination.write(b"line\n").expect_err("it is full");
            assert!(error.to_string().starts_with("/dev/full: No space left on device"), "{error}");
        }
    }
}
