//! The parts of pages that several pages have.

use super::layout::{Text, WIDTH, fold_command};
use crate::causes::kinds::{self, Calls};
use crate::causes::languages::{self, Saying};
use crate::causes::retry::{self, Language};
use crate::causes::{Cause, Group, Owner, Remedy, Setting};
use crate::track::kernel::{Errno, Kind};

pub(super) const NOTATION: &str = "\
    Seconds since the previous packet; > client to server, < server to client; flags (S SYN, F FIN, R RST, P PSH, . \
    ACK); first:last(length) and ack counted from the start of the connection; win as in the header, not scaled.";

const FIND_OUT: &str = "\
    The packets show it: run `sudo tcpwhy -i any` on either host until it happens again (`-f 'host ADDRESS'` narrows \
    it down), or `tcpwhy FILE` on a capture of it.";

/// For what a program says when it waited no longer.
const OWN_TIMEOUT: &str = "\
    The program gave up after a time of its own choice. No call on its socket failed: the kernel would have waited \
    longer, about two minutes for a connection, a quarter of an hour for an acknowledgment, and without end for an answer.";

/// What a capture shows of a program that waited no longer, and what that means.
const OWN_TIMEOUTS: [(&str, &str); 5] = [
    (
        "the SYN is repeated",
        "nothing answers it (`tcpwhy explain syn_unanswered`), or the listener's queue is full (`backlog_overflow`)",
    ),
    (
        "the request is acknowledged, no answer comes",
        "the other host is there, and its program is slow or stuck. tcpwhy counts it as `no_answer`, and --all lists it; if \
         the answer comes after all, the server gets an error (`tcpwhy explain client_gave_up`)",
    ),
    (
        "the request is repeated",
        "the other host or the path to it is gone (`tcpwhy explain peer_vanished`), or loses what is large \
         (`mtu_blackhole`)",
    ),
    ("the other end's window is 0", "its program does not read (`tcpwhy explain reader_stalled`)"),
    ("none of these", "the time went elsewhere: looking up the name, waiting for a connection of a pool, in a proxy"),
];

/// The programs whose words stand on the page of a cause; the others are on the page of the errno.
pub(super) const MAIN: [&str; 8] = ["C", "Python", "Go", "Node", "Java", "Rust", ".NET", "curl"];

pub(super) fn belongs_to(cause: &Cause) -> String {
    match cause.group {
        Group::Benign => "not a failure: left out of reports unless --all is given".to_string(),
        Group::Pattern => "a pattern over many connections".to_string(),
        _ if cause.kinds.len() == Kind::ALL.len() => "kind: any".to_string(),
        Group::LastResort | Group::Failure | Group::Foremost => {
            let kinds: Vec<_> = cause
                .kinds
                .iter()
                .map(|kind| format!("{} ({}, {})", kind.id(), errnos(*kind), python(*kind)))
                .collect();
            format!("kind: {}", kinds.join("; "))
        }
    }
}

/// The errno of a kind, or the usual ones of it.
pub(super) fn errnos(kind: Kind) -> &'static str {
    match kind {
        Kind::Unreachable => "EHOSTUNREACH, ENETUNREACH and others",
        _ => kinds::page(kind).errno.name(),
    }
}

pub(super) fn python(kind: Kind) -> &'static str {
    kinds::page(kind).errno.python()
}

/// What the applications get, by the kinds that this cause explains.
pub(super) fn errnos_of(cause: &Cause) -> Vec<(Kind, Errno)> {
    let usual = cause.kinds.iter().map(|kind| (*kind, kinds::page(*kind).errno));
    match cause.id {
        "net_unreachable" => vec![(Kind::Unreachable, Errno::ENETUNREACH)],
        // "Administratively prohibited" in IPv6.
        "rejected_by_policy" => usual.chain([(Kind::Unreachable, Errno::EACCES)]).collect(),
        _ => usual.collect(),
    }
}

/// A server that was left hears its errno from a plain call. Words that stand for more than one errno are those of
/// libraries for clients, but for C's, which stand for all.
pub(super) fn may_be_a_servers(saying: &Saying) -> bool {
    saying.program == "C" || (saying.errnos.len() == 1 && saying.program != "curl")
}

fn act(owner: Owner) -> &'static str {
    match owner {
        Owner::Client => "for whoever runs the client",
        Owner::Server => "for whoever runs the server",
        Owner::Network => "for whoever runs the network",
        Owner::Nobody => "nobody has to act",
        Owner::Capture => "for whoever captures",
        Owner::Ender => "for whoever runs the end that ended it; a report names that end",
    }
}

/// The placeholders of a report as words that a reader can fill in.
pub(super) fn plain(text: &str) -> String {
    text.replace("{server.ip}", "SERVER")
        .replace("{server.port}", "PORT")
        .replace("{peer.ip}", "PEER")
        .replace("{failed.ip}", "FAILED")
        .replace("{peer.port}", "PORT")
        .replace("{client.ip}", "CLIENT")
        .replace("{client.port}", "CLIENT_PORT")
}

/// A saying that several errnos share, with their numbers and texts left open.
pub(super) fn general(saying: &Saying) -> String {
    saying
        .text
        .replace("{name}", "NAME")
        .replace("{number}", "N")
        .replace("{message}", "MESSAGE")
        .replace("{lower}", "MESSAGE")
}

/// The parts of pages that the catalogue fills.
impl Text {
    pub(super) fn remedy(&mut self, remedy: &Remedy) {
        self.heading(&format!("What to do ({})", act(remedy.owner)));
        self.paragraph(2, &format!("{}.", plain(remedy.title)));
        self.gap();
        for (number, step) in (1..).zip(remedy.steps) {
            self.item(&format!("{number}. "), &plain(step));
        }
        self.commands(remedy.commands);
    }

    fn commands(&mut self, commands: &[&str]) {
        if commands.is_empty() {
            return;
        }
        self.heading("Commands");
        for command in commands {
            self.block(&fold_command(&plain(command), WIDTH - 2));
        }
    }

    pub(super) fn settings(&mut self, settings: &[Setting]) {
        if settings.is_empty() {
            return;
        }
        self.heading("Settings");
        for setting in settings {
            let mut about = String::new();
            if !setting.default.is_empty() {
                about.push_str(&format!(" (default {})", setting.default));
            }
            if !setting.advice.is_empty() {
                about.push_str(&format!(": {}", setting.advice));
            }
            self.item(&format!("{}  ", setting.program), &format!("{}{about}", setting.name));
        }
    }

    pub(super) fn calls(&mut self, calls: &[Calls]) {
        self.heading("Which calls fail, in order");
        for calls in calls {
            self.item(&format!("{}: ", calls.when), calls.then);
        }
    }

    pub(super) fn causes(&mut self, kind: Kind) {
        self.heading("Causes");
        for cause in kinds::causes(kind) {
            self.entry(cause.id, cause.title);
        }
        self.find_out();
    }

    /// What is behind it where a program waited no longer.
    pub(super) fn own_timeout(&mut self, heading: &str) {
        self.section(heading, OWN_TIMEOUT);
        self.heading("What a capture shows then");
        for (seen, meaning) in OWN_TIMEOUTS {
            self.item(&format!("{seen}: "), meaning);
        }
    }

    /// How to learn which of several causes it is.
    pub(super) fn find_out(&mut self) {
        self.section("Which cause is it?", FIND_OUT);
    }

    /// What the pages of a kind and of an errno end with.
    pub(super) fn rest(&mut self, errno: Errno, kind: Kind) {
        self.section("Is it safe to try again?", kinds::page(kind).again);
        self.heading("What programs say");
        match kind {
            Kind::Aborted if errno == kinds::page(kind).errno => self.words(&[(kind, errno)]),
            _ => self.sayings(errno),
        }
        if kind != Kind::Aborted {
            self.retries(kind, &Language::ALL);
        }
    }

    pub(super) fn sayings(&mut self, errno: Errno) {
        let Some(page) = languages::page(errno) else { return };
        for saying in languages::sayings(errno) {
            self.item(&format!("{}: ", saying.program), &saying.text(page));
            if !saying.note.is_empty() {
                self.paragraph(5, &saying.note.replace("{name}", errno.name()));
            }
        }
    }

    /// What the main languages say, in short, each wording once.
    pub(super) fn words(&mut self, errnos: &[(Kind, Errno)]) {
        let mut seen: Vec<String> = Vec::new();
        for program in MAIN {
            for (kind, errno) in errnos {
                let Some(page) = languages::page(*errno) else { continue };
                let heard = |saying: &&Saying| *kind != Kind::Aborted || may_be_a_servers(saying);
                let said = languages::sayings(page.errno).filter(|saying| saying.program == program);
                for saying in said.filter(heard) {
                    let text = saying.text(page);
                    if !seen.contains(&text) {
                        self.item(&format!("{program}: "), &text);
                        seen.push(text);
                    }
                }
            }
        }
    }

    pub(super) fn retries(&mut self, kind: Kind, languages: &[Language]) {
        self.section("A good retry", retry::RULE);
        for language in languages {
            self.gap();
            self.line(&format!("  {}:", language.name()));
            self.gap();
            self.block(&retry::code(*language, kind));
        }
    }
}
