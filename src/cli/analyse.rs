//! `tcpwhy FILE...`: captures in, a report out.

use std::path::Path;

use super::{Analyse, Error, Form, Outcome, Surroundings};
use crate::report::output::Output;
use crate::report::{Format, Options, Report};

/// Makes the place for the report first, so that nobody waits for an analysis that cannot be written down.
pub fn run(arguments: &Analyse, surroundings: Surroundings) -> Result<Outcome, Error> {
    if arguments.interface.is_some() {
        return Err(Error::line(
            "live capture with -i is not in this version yet; record with 'tcpdump -w trace.pcap' and read that file",
        ));
    }
    let file = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    let output = match file {
        Some(path) => Output::create(path, &arguments.inputs())?,
        None => Output::stdout(),
    };
    let options = Options {
        format: match arguments.format {
            Form::Text => Format::Text,
            Form::Json => Format::Json,
        },
        all: arguments.all,
        colour: surroundings.colour && file.is_none(),
        width: if file.is_none() { surroundings.width } else { Options::default().width },
    };
    let mut report = Report::new(options, output);
    run_analysis(arguments, &mut report)
}

/// CONNECT HERE: source, decode, track and diagnose, in this order:
///
/// 1. open `arguments.inputs()` with `arguments.filter`,
/// 2. `report.inputs(Inputs { names, digits })`,
/// 3. `report.finding(&finding)?` for each one, in time order, and `report.success(...)` for each connection that
///    went well,
/// 4. `report.end(&summary)?`,
/// 5. `Ok(Outcome { failures: report.failures() })`.
///
/// Notes on the way (a damaged capture) go through `cli::note`.
fn run_analysis(_arguments: &Analyse, _report: &mut Report) -> Result<Outcome, Error> {
    Err(Error::line("captures cannot be analysed in this version yet"))
}
