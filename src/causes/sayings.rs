//! What languages, libraries and programs say when a connection fails, in their own words.

use super::languages::Page;
use super::retry::Language;
use crate::track::kernel::Errno;

/// What a language, a library or a program says.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// Who says it.
    pub program: &'static str,
    /// What it says; `{name}`, `{number}`, `{message}` and `{lower}` stand for the errno's name, number, text, and the
    /// text in small letters.
    pub text: &'static str,
    /// What one would look up.
    pub names: &'static [&'static str],
    /// The errnos behind it; more than one where it does not tell them apart, and none where no call failed.
    pub errnos: &'static [Errno],
    /// What else may be behind it, so that no call failed.
    pub instead: Option<Instead>,
    /// What else to know; may be empty.
    pub note: &'static str,
}

/// Why a program says that a connection failed where no call on its socket did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The other end's FIN alone.
    EndOfFile,
    /// The program waited no longer, while its kernel would have.
    OwnTimeout,
}

impl Saying {
    /// The text for this errno.
    pub fn text(&self, page: &Page) -> String {
        let message = page.errno.message();
        self.text
            .replace("{name}", page.errno.name())
            .replace("{number}", &page.number.to_string())
            .replace("{message}", message)
            .replace("{lower}", &message.to_lowercase())
    }

    /// Does the program name this errno though no call may have failed?
    pub fn names_itself(&self, errno: Errno) -> bool {
        self.instead.is_some() && self.text.contains(errno.name())
    }

    /// The language that it belongs to, if there is a code example in it.
    pub fn language(&self) -> Option<Language> {
        match self.program {
            "Python" | "requests" | "urllib3" | "urllib" | "httpx" | "aiohttp" | "websockets" => Some(Language::Python),
            "Go" => Some(Language::Go),
            "Node" => Some(Language::Node),
            "Java" => Some(Language::Java),
            "Rust" => Some(Language::Rust),
            ".NET" => Some(Language::CSharp),
            _ => None,
        }
    }
}

const UNREACHABLE: &[Errno] = &[
    Errno::EHOSTUNREACH,
    Errno::ENETUNREACH,
    Errno::EPROTO,
    Errno::ENOPROTOOPT,
    Errno::EHOSTDOWN,
    Errno::ENONET,
    Errno::EOPNOTSUPP,
];

const ALL: &[Errno] = &[
    Errno::ECONNREFUSED,
    Errno::ECONNRESET,
    Errno::EPIPE,
    Errno::ETIMEDOUT,
    Errno::EHOSTUNREACH,
    Errno::ENETUNREACH,
    Errno::ECONNABORTED,
    Errno::EACCES,
    Errno::EPROTO,
    Errno::ENOPROTOOPT,
    Errno::EHOSTDOWN,
    Errno::ENONET,
    Errno::EOPNOTSUPP,
];

const CONNECT: &[Errno] = &[Errno::ECONNREFUSED, Errno::EHOSTUNREACH, Errno::ENETUNREACH, Errno::EACCES];

/// What connect() fails with where the program does not tell a timeout of its own apart.
const CONNECTING: &[Errno] = &[Errno::ECONNREFUSED, Errno::ETIMEDOUT, Errno::EHOSTUNREACH, Errno::ENETUNREACH];

/// One of them: program, text, names, errnos, what may be behind it instead, note. `own_timeout` in place of errnos: that, and
/// never an errno.
macro_rules! says {
    ($program:literal, $text:literal, $names:tt, $errnos:tt, end_of_file, $note:literal) => {
        says!(@ $program, $text, $names, $errnos, Some(Instead::EndOfFile), $note)
    };
    ($program:literal, $text:literal, $names:tt, $errnos:tt, or_own_timeout, $note:literal) => {
        says!(@ $program, $text, $names, $errnos, Some(Instead::OwnTimeout), $note)
    };
    ($program:literal, $text:literal, $names:tt, own_timeout, $note:literal) => {
        says!(@ $program, $text, $names, [], Some(Instead::OwnTimeout), $note)
    };
    ($program:literal, $text:literal, $names:tt, $errnos:tt, $note:literal) => {
        says!(@ $program, $text, $names, $errnos, None, $note)
    };
    (@ $program:literal, $text:literal, [$($name:literal),*], $errnos:tt, $instead:expr, $note:literal) => {
        Saying {
            program: $program,
            text: $text,
            names: &[$($name),*],
            errnos: says!(@errnos $errnos),
            instead: $instead,
            note: $note,
        }
    };
    (@errnos [$($errno:ident),*]) => { &[$(Errno::$errno),*] };
    (@errnos $errnos:ident) => { $errnos };
}

mod brokers;
mod caches;
mod clients;
mod databases;
mod go;
mod http;
mod libraries;
mod node;
mod programs;
mod proxies;
mod python;
mod runtimes;
mod services;
mod system;
#[cfg(test)]
mod tests;

/// What everybody says, in the order of the documentation.
pub fn all_sayings() -> impl Iterator<Item = &'static Saying> {
    [
        python::PYTHON,
        go::GO,
        node::NODE,
        runtimes::RUNTIMES,
        libraries::LIBRARIES,
        http::HTTP,
        services::SERVICES,
        databases::DATABASES,
        caches::CACHES,
        brokers::BROKERS,
        proxies::PROXIES,
        programs::PROGRAMS,
        clients::CLIENTS,
        system::SYSTEM,
    ]
    .into_iter()
    .flatten()
}
