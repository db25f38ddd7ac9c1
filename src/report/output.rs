//! Where the report goes: standard output or a file, and what happens when it cannot go there.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::escape::escape;

const BUFFER: usize = 64 * 1024;

/// Why the report could not be written.
#[derive(Debug)]
pub enum Error {
    /// Whoever read standard output went away (`| head -1`): no reason to complain.
    Closed,
    /// Writing failed.
    Write {
        /// The file's name, or `standard output`.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The report would overwrite a capture that it is about.
    SameFile {
        /// The file's name.
        name: String,
    },
    /// The file for the report could not be made.
    Create {
        /// The file's name.
        name: String,
        /// What the system said.
        error: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Closed => write!(formatter, "standard output was closed"),
            Error::Write { name, error } => write!(
                formatter,
                "{}: {error}; the report is not complete: make room or choose another place with -o",
                escape(name)
            ),
            Error::SameFile { name } => {
                write!(formatter, "{}: is a capture to be read; choose another file for -o", escape(name))
            }
            Error::Create { name, error } => {
                write!(formatter, "{}: {error}; the report needs a file that can be written", escape(name))
            }
        }
    }
}

impl std::error::Error for Error {}

enum Target {
    Stdout(io::Stdout),
    File(File),
    Memory(Vec<u8>),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::Stdout(stdout) => stdout.write(bytes),
            Target::File(file) => file.write(bytes),
            Target::Memory(memory) => memory.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::Stdout(stdout) => stdout.flush(),
            Target::File(file) => file.flush(),
            Target::Memory(_) => Ok(()),
        }
    }
}

/// The place that a report is written to.
pub struct Output {
    writer: BufWriter<Target>,
    name: String,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Output {
        Output::to(Target::Stdout(io::stdout()), "standard output".to_owned())
    }

    /// Memory, for tests; see [`Output::into_memory`].
    pub fn memory() -> Output {
        Output::to(Target::Memory(Vec::new()), "memory".to_owned())
    }

    /// The file at `path`, made or emptied at once, unless it is one of `inputs`.
    pub fn create(path: &Path, inputs: &[PathBuf]) -> Result<Output, Error> {
        let name = path.to_string_lossy().into_owned();
        let opened = |input: &PathBuf| if input.as_os_str() == "-" { "/dev/stdin".into() } else { input.clone() };
        if let Ok(there) = path.metadata()
            && inputs.iter().filter_map(|input| opened(input).metadata().ok()).any(|input| is_same_file(&there, &input))
        {
            return Err(Error::SameFile { name });
        }
        match File::create(path) {
            Ok(file) => Ok(Output::to(Target::File(file), name)),
            Err(error) => Err(Error::Create { name, error }),
        }
    }

    fn to(target: Target, name: String) -> Output {
        Output { writer: BufWriter::with_capacity(BUFFER, target), name }
    }

    /// Writes all of `bytes`, at the latest at the next [`Output::flush`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|error| self.error(error))
    }

    /// Hands what was written to the system.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.writer.flush().map_err(|error| self.error(error))
    }

    /// Hands everything over and asks a disk whether it has it: some file systems say only then that they are full.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.flush()?;
        let Target::File(file) = self.writer.get_ref() else { return Ok(()) };
        let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if !is_regular {
            return Ok(());
        }
        file.sync_data().map_err(|error| self.error(error))
    }

    /// What was written to memory; empty for other places.
    pub fn into_memory(self) -> Vec<u8> {
        match self.writer.into_inner() {
            Ok(Target::Memory(memory)) => memory,
            Ok(Target::Stdout(_) | Target::File(_)) | Err(_) => Vec::new(),
        }
    }

    fn error(&self, error: io::Error) -> Error {
        let is_stdout = matches!(self.writer.get_ref(), Target::Stdout(_));
        if is_stdout && error.kind() == ErrorKind::BrokenPipe {
            return Error::Closed;
        }
        Error::Write { name: self.name.clone(), error }
    }
}

/// A device such as /dev/null may well be both.
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    one.is_file() && one.dev() == other.dev() && one.ino() == other.ino()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_the_name_and_what_to_do() {
        let mut output = Output::create(Path::new("/dev/full"), &[]).expect("/dev/full can be opened");
        output.write(b"report\n").expect("buffered");
        let error = output.finish().expect_err("a full disk cannot take it");
        assert_eq!(
            error.to_string(),
            "/dev/full: No space left on device (os error 28); the report is not complete: make room or choose \
             another place with -o"
        );
    }

    #[test]
    fn a_capture_is_never_overwritten_by_its_report() {
        let directory = tempfile::tempdir().expect("a directory");
        let capture = directory.path().join("capture.pcap");
        std::fs::write(&capture, b"packets").expect("a file");
        let link = directory.path().join("link.pcap");
        std::os::unix::fs::symlink(&capture, &link).expect("a link");
        assert!(matches!(Output::create(&link, std::slice::from_ref(&capture)), Err(Error::SameFile { .. })));
        assert_eq!(std::fs::read(&capture).expect("still there"), b"packets");
    }

    #[test]
    fn a_hostile_name_cannot_steer_the_terminal() {
        let error = Output::create(Path::new("/nowhere/\x1b[2J\n"), &[]).err().expect("no such directory");
        let line = error.to_string();
        assert!(line.contains("\\x1b[2J\\x0a") && !line.contains('\x1b') && !line.contains('\n'), "{line}");
    }
}
