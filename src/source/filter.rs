//! A pcap filter for frames that come from files, compiled by libpcap for each link type it meets.

use pcap::{BpfProgram, Capture, Linktype};

use super::{Error, FrameBatch, RawFrame, printable};

/// What expressions are tried on before any frame is seen: one that fits none of them is wrong in itself.
const COMMON_LINKS: [u16; 5] = [1, 101, 113, 105, 127];

/// A filter expression and its programs.
pub struct Filter {
    expression: String,
    programs: Vec<(u16, Option<BpfProgram>)>,
    notes: Vec<String>,
    /// Frames that did not pass.
    pub(super) taken_out: u64,
}

impl Filter {
    /// Checks `expression`; the error is libpcap's.
    pub fn new(expression: &str) -> Result<Filter, Error> {
        let filter =
            Filter { expression: expression.to_owned(), programs: Vec::new(), notes: Vec::new(), taken_out: 0 };
        let mut first_problem = None;
        for link in COMMON_LINKS {
            match filter.compile(link) {
                Ok(_) => return Ok(filter),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        Err(Error::Filter { expression: printable(expression), problem: first_problem.unwrap_or_default() })
    }

    /// Does the filter let this frame pass? None of a link type for which the expression makes no sense.
    pub fn passes(&mut self, frame: &RawFrame, bytes: &[u8]) -> bool {
        let place = match self.programs.iter().position(|(link, _)| *link == frame.link) {
            Some(place) => place,
            None => self.add(frame.link),
        };
        match self.programs.get(place) {
            Some((_, Some(program))) => program.filter(bytes.get(family_before(frame.link)..).unwrap_or_default()),
            _ => false,
        }
    }

    /// Takes out of `batch` the frames that do not pass.
    pub(super) fn apply(&mut self, batch: &mut FrameBatch) {
        let mut frames = std::mem::take(&mut batch.frames);
        let before = frames.len();
        frames.retain(|frame| self.passes(frame, batch.bytes_of(frame)));
        self.taken_out += (before - frames.len()) as u64;
        batch.frames = frames;
    }

    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn add(&mut self, link: u16) -> usize {
        let program = self.compile(link);
        if let Err(problem) = &program {
            let name = Linktype(data_link(link)).get_name().unwrap_or_else(|_| "unknown".to_owned());
            self.notes.push(format!(
                "filter \"{}\" does not fit link type {link} ({name}), none of its frames pass: {problem}",
                printable(&self.expression)
            ));
        }
        self.programs.push((link, program.ok()));
        self.programs.len() - 1
    }

    fn compile(&self, link: u16) -> Result<BpfProgram, String> {
        Capture::dead(Linktype(data_link(link))).and_then(|capture| capture.compile(&self.expression, true)).map_err(
            |error| match error {
                pcap::Error::PcapError(message) => printable(&message),
                other => printable(&other.to_string()),
            },
        )
    }
}

/// How long the number of an address family is that stands before the IP header. Each system has another one for IPv6, in its
/// own byte order; libpcap, which does not know the file here, looks for that of this host. The IP version tells as much.
fn family_before(link: u16) -> usize {
    match link {
        0 | 108 => 4,
        _ => 0,
    }
}

/// The number that libpcap has for a link type in memory, which for some differs from that in files.
fn data_link(link: u16) -> i32 {
    match link {
        _ if family_before(link) > 0 => 12,
        100 => 11,
        101 => 12,
        102 => 15,
        103 => 16,
        106 => 19,
        other => i32::from(other),
    }
}
