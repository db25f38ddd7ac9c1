//! Why the program could not do its work.

use crate::report::output;
use crate::source;

/// Why the program could not do its work.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// Whoever read standard output went away: the work ends without a word.
    Closed,
    /// A line for each thing that is wrong: what, where, what to do. Safe to print.
    Lines(Vec<String>),
}

impl Error {
    /// One thing is wrong.
    pub fn line(line: impl Into<String>) -> Error {
        Error::Lines(vec![line.into()])
    }
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Error {
        Error::Lines(error.messages())
    }
}

impl From<output::Error> for Error {
    fn from(error: output::Error) -> Error {
        match error {
            output::Error::Closed => Error::Closed,
            output::Error::Write { .. } | output::Error::SameFile { .. } | output::Error::Create { .. } => {
                Error::line(error.to_string())
            }
        }
    }
}
