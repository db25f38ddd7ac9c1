//! Opens an input and looks through its compression. What a file is, its first bytes say, not its name.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Error, Interrupt, printable_path};

/// How much packed data is read at once.
const PACKED_CHUNK: usize = 256 * 1024;
/// Bytes that are needed to tell what a file is.
const MAGIC: usize = 8;
/// How long a pipe is waited for before it is asked again whether to stop.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// Who writes into a pipe mostly got the same Ctrl-C, and writes what it still holds: so long at most.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// An input whose first bytes are known.
pub(super) struct Opened {
    /// Safe to print.
    pub(super) name: String,
    /// The unpacked bytes after `begun`.
    pub(super) stream: Box<dyn Read + Send>,
    /// The first four unpacked bytes.
    pub(super) magic: [u8; 4],
    /// Unpacked bytes that have been read for the magic.
    begun: Vec<u8>,
    /// Is it a file on disk, so that reading never waits for somebody to write?
    pub(super) regular: bool,
    /// How many bytes it takes on disk.
    pub(super) size: u64,
    /// What it was packed with.
    pub(super) packed: Option<&'static str>,
}

/// Opens `path`, where `-` is standard input, and counts the bytes read from it in `bytes_read`. At an interrupt it is at its end.
pub(super) fn open(path: &Path, bytes_read: Arc<AtomicU64>, interrupt: &Interrupt) -> Result<Opened, Error> {
    let name = printable_path(path);
    let fail = |problem: String| Error::Input { name: name.clone(), problem };
    let file = open_file(path).map_err(|error| fail(describe_opening(&error)))?;
    let metadata = file.metadata().map_err(|error| fail(describe_opening(&error)))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(fail("is a folder; name the captures in it".to_owned()));
    }
    let mut counted =
        Counted { inner: file, bytes_read, interrupt: interrupt.clone(), regular: kind.is_file(), until: None };
    let begun = read_up_to(&mut counted, MAGIC).map_err(|error| fail(describe_reading(&error)))?;
    if begun.is_empty() {
        return Err(fail("is empty; was the capture stopped before it wrote anything?".to_owned()));
    }
    let packed = packing(&begun);
    let whole = Cursor::new(begun.clone()).chain(counted);
    let stream: Box<dyn Read + Send> = match packed {
        Some("gzip") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(PACKED_CHUNK, whole))),
        Some(_) => {
            let buffered = BufReader::with_capacity(PACKED_CHUNK, whole);
            Box::new(zstd::stream::read::Decoder::with_buffer(buffered).map_err(|error| fail(error.to_string()))?)
        }
        None => Box::new(whole.into_inner().1),
    };
    let mut opened =
        Opened { name, stream, magic: [0; 4], begun, regular: kind.is_file(), size: metadata.len(), packed };
    if let Some(packed) = packed {
        opened.begun = read_up_to(&mut opened.stream, MAGIC)
            .map_err(|error| opened.error(format!("{} at its beginning", opened.describe(&error))))?;
        if opened.begun.is_empty() {
            return Err(opened.error(format!("holds nothing but an empty {packed} file")));
        }
    }
    opened.magic = opened.begun.first_chunk().copied().unwrap_or_default();
    Ok(opened)
}

impl Opened {
    /// The first bytes of the file; an error where it does not have as many.
    pub(super) fn header<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], Error> {
        let mut header = std::mem::take(&mut self.begun);
        let missing = LENGTH.saturating_sub(header.len());
        let more = read_up_to(&mut self.stream, missing)
            .map_err(|error| self.error(format!("{} in its header", self.describe(&error))))?;
        header.extend(more);
        header.first_chunk().copied().ok_or_else(|| {
            self.error(format!("is cut in its header, after {} bytes; nothing can be read from it", header.len()))
        })
    }

    /// An error about this input.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::Input { name: self.name.clone(), problem: problem.into() }
    }

    /// What this is not, and if possible what it is.
    pub(super) fn unknown_magic(&self) -> Error {
        if let Some((what, remedy)) = other_format(&self.begun) {
            return self.error(format!("is {what}, which tcpwhy does not read; {remedy}"));
        }
        if let Some(packed) = self.packed {
            return self.error(format!("the {packed} file holds no capture (no pcap or pcapng magic inside)"));
        }
        self.error(
            "not a capture file (no pcap, pcapng, gzip or zstd magic); save it with `tcpdump -w` or Wireshark"
                .to_owned(),
        )
    }

    /// What a failed read means.
    pub(super) fn describe(&self, error: &io::Error) -> String {
        match (self.packed, error.kind()) {
            (Some(packed), ErrorKind::UnexpectedEof) => format!("{packed} data cut"),
            // Decoders do not tell their own complaints from those of the file below, which have a number.
            (Some(packed), _) if error.raw_os_error().is_none() => format!("{packed} data damaged ({error})"),
            _ => describe_reading(error),
        }
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    if path.as_os_str() == "-" {
        // Not through `io::stdin()`: its buffer would only copy everything once more.
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    // A named pipe is opened also before somebody writes into it: it is waited for where that can be stopped.
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

fn describe_opening(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied; run it with sudo, or change the file's mode".to_owned(),
        _ => format!("cannot be opened: {error}"),
    }
}

fn describe_reading(error: &io::Error) -> String {
    format!("cannot be read ({error})")
}

fn packing(begun: &[u8]) -> Option<&'static str> {
    match *begun {
        [0x1f, 0x8b, ..] => Some("gzip"),
        // A skippable frame may come first, as pzstd writes it.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some("zstd"),
        _ => None,
    }
}

/// Formats that people have captures in and that we do not read.
fn other_format(begun: &[u8]) -> Option<(&'static str, &'static str)> {
    const CONVERT: &str = "convert it with `editcap -F pcapng IN OUT`";
    Some(match *begun {
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("an xz file", "unpack it first: `xz -dc FILE | tcpwhy -`"),
        [b'B', b'Z', b'h', ..] => ("a bzip2 file", "unpack it first: `bzip2 -dc FILE | tcpwhy -`"),
        [0x04, 0x22, 0x4d, 0x18, ..] => ("an lz4 file", "unpack it first: `lz4 -dc FILE | tcpwhy -`"),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", "unpack it first: `unzip -p FILE | tcpwhy -`"),
        [b's', b'n', b'o', b'o', b'p', 0, ..] => ("a snoop capture", CONVERT),
        [b'G', b'M', b'B', b'U', ..] | [b'R', b'T', b'S', b'S', ..] => ("a Network Monitor capture", CONVERT),
        [0xac | 0xab, 0x01, 0x00, 0x1c, ..] | [0x1c, 0x00, 0x01, 0xac | 0xab, ..] => ("an Ixia capture", CONVERT),
        _ => return None,
    })
}

fn read_up_to(stream: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    stream.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Counts what is read, for those who show how far it is, and ends where it is told to stop.
struct Counted {
    inner: File,
    bytes_read: Arc<AtomicU64>,
    interrupt: Interrupt,
    regular: bool,
    /// Until when a pipe is read that was told to stop.
    until: Option<Instant>,
}

impl Counted {
    /// Waits until there is something to read, or the end. False if it shall stop: a file at once, a pipe when nothing
    /// comes any more.
    fn goes_on(&mut self) -> bool {
        if self.regular {
            return !self.interrupt.is_asked();
        }
        loop {
            let asked = self.interrupt.is_asked();
            if asked && Instant::now() >= *self.until.get_or_insert_with(|| Instant::now() + LAST_WORDS) {
                return false;
            }
            match poll(&mut [PollFd::new(&self.inner, PollFlags::IN)], Some(&PATIENCE)) {
                Ok(0) if asked => return false,
                Ok(0) | Err(Errno::INTR) => {}
                _ => return true,
            }
        }
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.goes_on() {
            self.interrupt.heed();
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
