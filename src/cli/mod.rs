//! The command line: arguments without logic, one file a command, and the one place that reads the environment.

pub mod analyse;
mod arguments;
mod destination;
mod error;
pub mod explain;
mod interfaces;
pub mod live;
mod means;
mod screen;
mod signals;
mod writer;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

pub use arguments::{Analyse, Arguments, Command, Form};
pub use error::Error;

use crate::host::helper;
use crate::privileges;
use crate::report::escape::escape;
use crate::report::output::Output;
use crate::report::{Format, Options};

/// It could not be done.
const FAILED: u8 = 2;
/// With `--exit-code`: a failure was found.
const FOUND: u8 = 1;

const SHORT_USAGE: &str = "\
tcpwhy: no capture given
Usage: tcpwhy [OPTIONS] FILE...     '-' reads a capture from standard input
       sudo tcpwhy -i any           live, on all interfaces, until Ctrl-C
       tcpwhy explain [TOPIC]
       tcpwhy interfaces
Try 'tcpwhy --help'.
";

/// What came of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Failures that were found.
    pub failures: u64,
}

/// What the world around the program says about how to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Are colours welcome on standard output?
    pub colour: bool,
    /// The columns that text on standard output may fill.
    pub width: usize,
}

impl Surroundings {
    /// Asks the environment and the terminal.
    fn look() -> Surroundings {
        let terminal = io::stdout().is_terminal();
        let columns = if terminal { terminal_size::terminal_size().map(|(columns, _)| columns.0) } else { None };
        Surroundings {
            colour: wants_colour(terminal, std::env::var_os("NO_COLOR"), std::env::var_os("TERM")),
            width: columns.map_or(80, |columns| usize::from(columns).clamp(60, 100)),
        }
    }

    /// How the report is to look where it goes.
    fn options(self, arguments: &Analyse) -> Options {
        let is_seen = arguments.report_file().is_none();
        Options {
            format: match arguments.format {
                Form::Text => Format::Text,
                Form::Json => Format::Json,
            },
            all: arguments.all,
            colour: self.colour && is_seen,
            width: if is_seen { self.width } else { Options::default().width },
        }
    }
}

/// Colours on a terminal that can show them, unless somebody said no (<https://no-color.org>).
fn wants_colour(terminal: bool, no_colour: Option<OsString>, term: Option<OsString>) -> bool {
    terminal && no_colour.is_none_or(|value| value.is_empty()) && !is_dumb(term.as_deref())
}

/// Does a terminal of this name (TERM) know nothing but text?
fn is_dumb(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| term == "dumb")
}

/// Runs the program and says how it should exit.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return help_or_complaint(&error),
    };
    let surroundings = Surroundings::look();
    let done = match &arguments.command {
        None if arguments.analyse.is_empty() => {
            say(SHORT_USAGE);
            return ExitCode::from(FAILED);
        }
        None => analyse::run(&arguments.analyse, surroundings),
        Some(Command::Explain { topic }) => explain(topic),
        Some(Command::Interfaces) => interfaces::run(),
        Some(Command::NameSockets) => name_sockets(),
    };
    match done {
        Ok(outcome) if outcome.failures > 0 && arguments.analyse.exit_code => ExitCode::from(FOUND),
        Ok(_) | Err(Error::Closed) => ExitCode::SUCCESS,
        Err(Error::Lines(lines)) => {
            lines.iter().for_each(|line| note(line));
            ExitCode::from(FAILED)
        }
    }
}

/// Writes a page of the catalogue.
fn explain(words: &[String]) -> Result<Outcome, Error> {
    let topic = (!words.is_empty()).then(|| words.join(" "));
    let page = explain::explain(topic.as_deref()).map_err(|unknown| Error::line(unknown.to_string()))?;
    let mut output = Output::stdout();
    output.write(page.as_bytes())?;
    output.finish()?;
    Ok(Outcome { failures: 0 })
}

/// Works for a live capture: tells which processes hold sockets, with no other right than to see that.
fn name_sockets() -> Result<Outcome, Error> {
    let in_force = privileges::give_up_but_looking().map_err(Error::line)?;
    // Who asked is gone when this fails.
    let _ = helper::serve(&in_force);
    Ok(Outcome::default())
}

/// A line on standard error, after the program's name.
pub fn note(line: &str) {
    say(&format!("tcpwhy: {line}\n"));
}

/// Standard error may be closed; that must not stop the report.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// clap takes help and version for errors as well.
fn help_or_complaint(error: &clap::Error) -> ExitCode {
    if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        note(&complaint(&error.to_string()));
        return ExitCode::from(FAILED);
    }
    match error.print().and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            note(&format!("standard output: {error}"));
            ExitCode::from(FAILED)
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

/// clap's message of several paragraphs in one line.
fn complaint(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let before_usage = message.split("\n\nUsage:").next().unwrap_or(message);
    let before_hint = before_usage.split("\n\nFor more information").next().unwrap_or(before_usage);
    let lines: Vec<&str> = before_hint.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("{}; try 'tcpwhy --help'", escape(&lines.join(" ").replace(" tip: ", "; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn colours_need_a_terminal_that_nobody_objects_to() {
        let colour = |terminal, no_colour: Option<&str>, term: Option<&str>| {
            wants_colour(terminal, no_colour.map(OsString::from), term.map(OsString::from))
        };
        assert!(colour(true, None, Some("xterm")) && colour(true, Some(""), None));
        assert!(!colour(false, None, Some("xterm")));
        assert!(!colour(true, Some("1"), Some("xterm")));
        assert!(!colour(true, None, Some("dumb")));
    }

    #[test]
    fn a_complaint_is_one_line_without_terminal_codes() {
        let message = Arguments::try_parse_from(["tcpwhy", "--a\u{202e}b"]).expect_err("no such option").to_string();
        let line = complaint(&message);
        assert!(line.starts_with("unexpected argument '--a\\u{202e}b' found; "), "{line}");
        assert!(line.ends_with("; try 'tcpwhy --help'") && !line.contains('\n'), "{line}");
    }
}
