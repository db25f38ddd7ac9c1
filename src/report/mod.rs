//! Lays findings out for people and programs. Their sentences are made in `causes`, `diagnose` and `host`, too.
//!
//! A [`Report`] takes findings in time order and writes them: JSON at once, one object a line; text at the end, when
//! it is known what matters most.

pub mod escape;
pub mod ids;
pub mod json;
pub mod line;
pub mod live;
pub mod output;
pub mod remedy;
#[cfg(test)]
pub(crate) mod samples;
pub mod text;

use std::net::IpAddr;

use crate::diagnose::{Finding, Summary};
use crate::episodes::Episodes;
use crate::short::Short;
use crate::time::{Clock, Time};
use output::{Error, Output};

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// How a report is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Text or JSON.
    pub format: Format,
    /// Also the endings that are no failures, or may be none?
    pub all: bool,
    /// Colours in text?
    pub colour: bool,
    /// The columns that text may fill.
    pub width: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { format: Format::Text, all: false, colour: false, width: 80 }
    }
}

/// What the report must know of the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Their names, in the order of the command line; `Evidence::input` counts in them.
    pub names: Vec<String>,
    /// Fractional digits of their time stamps: 6 in most captures, 9 in those with nanoseconds.
    pub digits: u8,
}

impl Default for Inputs {
    fn default() -> Self {
        Inputs { names: Vec::new(), digits: 9 }
    }
}

impl Inputs {
    /// The name of an input.
    pub fn name(&self, input: u16) -> Option<&str> {
        self.names.get(usize::from(input)).map(String::as_str)
    }

    /// Writes times in RFC 3339 with the precision of the inputs.
    pub fn clock(&self) -> Clock {
        Clock::new(self.digits)
    }

    /// `time` in RFC 3339 with the precision of the inputs.
    pub fn timestamp(&self, time: Time) -> Short {
        time.to_rfc3339(self.digits)
    }
}

/// Text tells examples in full at the end; JSON has told them by then.
fn episodes_for(format: Format) -> Episodes {
    match format {
        Format::Text => Episodes::default(),
        Format::Json => Episodes::default().without_texts(),
    }
}

/// Takes findings and writes the report.
pub struct Report {
    options: Options,
    inputs: Inputs,
    output: Output,
    episodes: Episodes,
    failures: u64,
    /// The latest line, whose memory is used again.
    line: Vec<u8>,
}

impl Report {
    /// A report that goes to `output`.
    pub fn new(options: Options, output: Output) -> Report {
        let (inputs, episodes) = (Inputs::default(), episodes_for(options.format));
        Report { options, inputs, output, episodes, failures: 0, line: Vec::new() }
    }

    /// Says what is read. To be called once, before the first finding.
    pub fn inputs(&mut self, inputs: Inputs) {
        self.inputs = inputs;
    }

    /// Should endings that are no failures be handed over? Others need not be made.
    pub fn wants_all(&self) -> bool {
        self.options.all
    }

    /// Takes a finding. They come in time order.
    pub fn finding(&mut self, finding: Finding) -> Result<(), Error> {
        if finding.kind.is_none() && !self.options.all {
            return Ok(());
        }
        self.failures += u64::from(finding.kind.is_some());
        let written = match self.options.format {
            Format::Json => {
                self.line.clear();
                json::write_finding(&mut self.line, &finding, &self.inputs);
                self.output.write(&self.line)
            }
            Format::Text => Ok(()),
        };
        self.episodes.add(finding);
        written
    }

    /// This client reached this service at `time`: if it failed to do so before, it has recovered. To be called for
    /// each connection that is made, else the report says that none was.
    pub fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.episodes.success(client, server, port, time);
    }

    /// Failures so far.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Hands what is written to the system, for reports that somebody watches.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.output.flush()
    }

    /// Writes the end of the report. Nothing may follow.
    pub fn end(&mut self, summary: &Summary) -> Result<(), Error> {
        let episodes = self.episodes.finish();
        let scans = self.episodes.scans();
        let found = text::Found { episodes: &episodes, scans: &scans, folded: self.episodes.folded() };
        match self.options.format {
            Format::Text => {
                let text = text::render(&found, summary, &self.inputs, &self.options);
                self.output.write(text.as_bytes())?;
            }
            Format::Json => {
                for episode in episodes.iter().filter(|episode| episode.count > 1 && episode.example.kind.is_some()) {
                    self.output.write(&json::episode_line(episode, &self.inputs))?;
                }
                for scan in &scans {
                    self.output.write(&json::scan_line(scan, &self.inputs))?;
                }
                self.output.write(&json::summary_line(summary, found.folded, &self.inputs))?;
            }
        }
        self.output.finish()
    }

    /// The output, to look at what was written.
    pub fn into_output(self) -> Output {
        self.output
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
