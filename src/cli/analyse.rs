//! `tcpwhy FILE...`: captures in, a report out.

use std::net::IpAddr;
use std::path::PathBuf;

use super::{Analyse, Error, Outcome, Surroundings, signals};
use crate::analysis::{Listener, analyse_with};
use crate::clocks;
use crate::diagnose::Finding;
use crate::report::output::{self, Output};
use crate::report::{Inputs, Report};
use crate::source::{Files, Interrupt, Settings, Source};
use crate::time::Time;

/// Opens the captures first, so that a report of before is not lost for one that cannot be read, and then the place for the report,
/// so that nobody waits for an analysis that cannot be written down.
pub fn run(arguments: &Analyse, surroundings: Surroundings) -> Result<Outcome, Error> {
    if let Some(problem) = arguments.misplaced_filter().or_else(|| arguments.misplaced_interface()) {
        return Err(Error::line(problem));
    }
    if let Some(interface) = &arguments.interface {
        return super::live::run(arguments, interface, surroundings);
    }
    let means = arguments.means();
    let (stop, second) = signals::stop()?;
    second.obey()?;
    let interrupt = Interrupt::when(stop);
    let inputs = arguments.inputs();
    let clocks = clocks::compare(&inputs, &interrupt);
    let settings = Settings {
        filter: arguments.filter.clone(),
        progress: true,
        ahead: means.threads > 1,
        interrupt,
        ahead_by: clocks.ahead,
    };
    let mut files = Files::open(&inputs, &settings)?;
    let mut report = report(arguments, &inputs, surroundings)?;
    report.inputs(Inputs { names: files.input_names().to_vec(), digits: files.fractional_digits() });
    let mut writer = Writer { report: &mut report, payload: !arguments.no_payload, problem: None, notes: clocks.notes };
    let done = analyse_with(&mut files, &mut writer, means);
    let Writer { problem, notes, .. } = writer;
    // The progress bar is erased before anything else goes to the terminal.
    drop(files);
    notes.iter().for_each(|line| super::note(line));
    let written = match problem {
        Some(problem) => Err(problem),
        None => report.end(&done?),
    };
    match written {
        // What was found before the reader went away was found.
        Ok(()) | Err(output::Error::Closed) => Ok(Outcome { failures: report.failures() }),
        Err(error) => Err(error.into()),
    }
}

/// A report where it is to go.
fn report(arguments: &Analyse, inputs: &[PathBuf], surroundings: Surroundings) -> Result<Report, Error> {
    let file = arguments.report_file();
    let output = match file {
        Some(path) => Output::create(path, inputs)?,
        None => Output::stdout(),
    };
    Ok(Report::new(surroundings.options(arguments), output))
}

/// Hands findings to the report, until it can take no more.
struct Writer<'a> {
    report: &'a mut Report,
    payload: bool,
    problem: Option<output::Error>,
    notes: Vec<String>,
}

impl Listener for Writer<'_> {
    fn finding(&mut self, finding: Finding) {
        if self.problem.is_none() {
            self.problem = self.report.finding(finding).err();
        }
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.report.success(client, server, port, time);
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Who reads a pipe while it is written wants to see what is found.
    fn pause(&mut self) {
        if self.problem.is_none() {
            self.problem = self.report.flush().err();
        }
    }

    fn wants_all(&self) -> bool {
        self.report.wants_all()
    }

    fn wants_payload(&self) -> bool {
        self.payload
    }

    fn is_closed(&self) -> bool {
        self.problem.is_some()
    }
}
