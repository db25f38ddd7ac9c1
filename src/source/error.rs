//! Why nothing could be read, in one line a person can act on.

use std::fmt;
use std::path::Path;

/// Why a source could not be opened or read at all. What only shortens the reading is a note, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// An input of which nothing could be read.
    Input {
        /// The input's name, safe to print.
        name: String,
        /// What is wrong and what to do about it.
        problem: String,
    },
    /// A capture filter that libpcap does not understand.
    Filter {
        /// The expression, safe to print.
        expression: String,
        /// libpcap's message.
        problem: String,
    },
    /// Several inputs, and nothing could be read of any of them.
    Inputs(Vec<Error>),
    /// Somebody wished to stop before anything could be read.
    Interrupted,
}

impl Error {
    /// One line for each thing that is wrong.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Error::Inputs(errors) => errors.iter().flat_map(Error::messages).collect(),
            Error::Interrupted => vec!["interrupted before anything was read".to_owned()],
            Error::Input { name, problem } => vec![format!("{name}: {problem}")],
            Error::Filter { expression, problem } => {
                vec![format!("filter \"{expression}\": {problem}; see `man pcap-filter`")]
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.messages().join("; "))
    }
}

impl std::error::Error for Error {}

/// `text` with everything escaped that could steer a terminal or reorder what is seen on it.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let steers = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if steers { safe.extend(character.escape_default()) } else { safe.push(character) }
    }
    safe
}

/// The name of a file as it may be shown; `-` is standard input.
pub fn printable_path(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    printable(&path.to_string_lossy())
}
