//! `tcpwhy explain [TOPIC]`: the catalogue as pages of plain text, 80 columns wide.

use std::fmt;

use crate::causes::kinds::{self, Calls};
use crate::causes::languages::{self, Found, Saying};
use crate::causes::retry::{self, Language};
use crate::causes::{self, Cause, Group, Owner, Setting};
use crate::track::kernel::{Errno, Kind};

const WIDTH: usize = 80;

/// A topic that the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTopic {
    topic: String,
    nearest: Vec<&'static str>,
}

impl fmt::Display for UnknownTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: String = self.topic.chars().take(40).flat_map(char::escape_debug).collect();
        if self.topic.chars().count() > 40 {
            shown.push_str("...");
        }
        write!(f, "nothing is known about `{shown}`")?;
        if !self.nearest.is_empty() {
            write!(f, "; did you mean {}?", self.nearest.join(", "))?;
        }
        write!(f, " (`tcpwhy explain` lists all)")
    }
}

impl std::error::Error for UnknownTopic {}

/// The page on a topic: a cause, a kind, an errno, or a language's name for it; without a topic the list of them.
pub fn explain(topic: Option<&str>) -> Result<String, UnknownTopic> {
    let Some(topic) = topic else { return Ok(list()) };
    if let Some(cause) = causes::find(&topic.trim().to_lowercase().replace(' ', "_")) {
        return Ok(cause_page(cause));
    }
    if let Some(kind) = kinds::find(topic.trim()) {
        return Ok(kind_page(kind));
    }
    match languages::look_up(topic) {
        Some(Found::Errno(page)) => Ok(errno_page(page)),
        Some(Found::Sayings(said)) => Ok(sayings_page(topic.trim(), &said)),
        None => Err(UnknownTopic { topic: topic.to_string(), nearest: nearest(topic) }),
    }
}

// ---- the pages ------------------------------------------------------------------------------------------------------

fn list() -> String {
    let mut page = Text::new();
    page.paragraph(0, "What tcpwhy can explain. Read a page with: tcpwhy explain TOPIC");
    for kind in Kind::ALL {
        page.heading(&format!("{} ({})", kind.id(), kinds::page(kind).errno.name()));
        for cause in kinds::causes(kind).filter(|cause| cause.kinds.len() < Kind::ALL.len()) {
            page.entry(cause.id, cause.title);
        }
    }
    let group = |page: &mut Text, heading: &str, wanted: fn(&Cause) -> bool| {
        page.heading(heading);
        for cause in causes::ALL.iter().filter(|cause| wanted(cause)) {
            page.entry(cause.id, cause.title);
        }
    };
    group(&mut page, "any kind", |cause| cause.kinds.len() == Kind::ALL.len());
    group(&mut page, "patterns, seen over many connections", |cause| cause.group == Group::Pattern);
    group(&mut page, "endings that are no failures", |cause| cause.group == Group::Benign);
    page.heading("errors");
    let errnos: Vec<_> = languages::ERRNOS.iter().map(|page| page.errno.name()).collect();
    page.paragraph(2, &errnos.join(" "));
    page.gap();
    page.paragraph(
        2,
        "Also by the name that your language or program gives it, or by a line of its log: ConnectionResetError, \
         java.net.ConnectException, \"socket hang up\", ErrorKind::BrokenPipe, SocketError.TimedOut, \"curl 56\", 104, \
         \"upstream prematurely closed connection\".",
    );
    page.done()
}

fn cause_page(cause: &Cause) -> String {
    let mut page = Text::new();
    page.title(&format!("{}: {}", cause.id, cause.title));
    page.paragraph(0, &belongs_to(cause));
    page.section("What is seen", &plain(cause.seen));
    if !cause.example.is_empty() {
        page.heading("The packets");
        page.block(cause.example);
        page.gap();
        page.paragraph(2, NOTATION);
    }
    page.section("Why it happens", &plain(cause.why));
    page.section("What it is not", &plain(cause.is_not));
    page.heading(&format!("What to do ({})", act(cause.remedy.owner)));
    page.paragraph(2, &format!("{}.", plain(cause.remedy.title)));
    page.gap();
    for (number, step) in (1..).zip(cause.remedy.steps) {
        page.item(&format!("{number}. "), &plain(step));
    }
    page.commands(cause.remedy.commands);
    page.settings(cause.settings);
    if (1..=2).contains(&cause.kinds.len()) {
        page.heading("What programs say");
        page.words(cause.kinds);
    }
    match (cause.id, cause.kinds) {
        ("retry_storm", _) => page.retries(Kind::Refused, &Language::ALL),
        (id, [kind, ..]) if retry::helps(id) && *kind != Kind::Aborted && cause.kinds.len() <= 2 => {
            page.retries(*kind, &[Language::Python]);
            page.gap();
            page.paragraph(2, &format!("For Go, Node, Java, Rust and C#: tcpwhy explain {}", kind.id()));
        }
        _ => {}
    }
    page.done()
}

fn kind_page(kind: Kind) -> String {
    let about = kinds::page(kind);
    let mut page = Text::new();
    page.title(&format!("{}: {}", kind.id(), about.title));
    page.paragraph(0, &format!("errno: {} ({})", about.errno.name(), about.errno.message()));
    page.section("What it means", about.meaning);
    page.calls(about.calls);
    page.causes(kind);
    page.rest(about.errno, kind);
    page.done()
}

fn errno_page(about: &languages::Page) -> String {
    let kind = kinds::page(about.kind);
    let mut page = Text::new();
    page.title(&format!("{}: {}", about.errno.name(), about.errno.message()));
    page.paragraph(0, &format!("errno {} on Linux; kind: {}", about.number, kind.kind.id()));
    page.section("What it means", about.meaning);
    page.calls(kind.calls);
    page.causes(about.kind);
    page.rest(about.errno, about.kind);
    page.done()
}

fn sayings_page(topic: &str, said: &[&'static Saying]) -> String {
    let mut errnos: Vec<Errno> = Vec::new();
    for errno in said.iter().flat_map(|saying| saying.errnos) {
        if !errnos.contains(errno) {
            errnos.push(*errno);
        }
    }
    let about: Vec<_> = errnos.iter().filter_map(|errno| languages::page(*errno)).collect();
    let mut page = Text::new();
    page.title(&topic.chars().filter(|c| !c.is_control()).take(WIDTH).collect::<String>());
    for saying in said {
        let known = saying.errnos.first().and_then(|errno| languages::page(*errno));
        let text = known.map(|page| if saying.errnos.len() == 1 { saying.text(page) } else { general(saying) });
        page.item(&format!("{}: ", saying.program), &text.unwrap_or_default());
        if !saying.note.is_empty() && !saying.note.contains('{') {
            page.paragraph(4, saying.note);
        }
    }
    page.heading(if about.len() == 1 { "The errno behind it" } else { "The errnos that may be behind it" });
    for errno in &about {
        let number = errno.number;
        page.item(&format!("{} ", errno.errno.name()), &format!("({number}, {}). {}", errno.kind.id(), errno.meaning));
    }
    if let [only] = about.as_slice() {
        page.calls(kinds::page(only.kind).calls);
        page.causes(only.kind);
        page.section("Is it safe to try again?", kinds::page(only.kind).again);
        let mut languages: Vec<_> = said.iter().filter_map(|saying| saying.language()).collect();
        languages.dedup();
        if !languages.is_empty() && only.kind != Kind::Aborted {
            page.retries(only.kind, &languages);
        }
    }
    page.gap();
    let more: Vec<_> = about.iter().map(|errno| format!("tcpwhy explain {}", errno.errno.name())).collect();
    page.paragraph(0, &format!("More: {}", more.join(", ")));
    page.done()
}

// ---- their parts ----------------------------------------------------------------------------------------------------

const NOTATION: &str = "\
    Seconds since the packet before; > client to server, < server to client; flags (S SYN, F FIN, R RST, P PSH, \
    . ACK); first:last(length) and ack counted from the start of the connection; win as in the header.";

/// The programs whose words stand on the page of a cause; the others are on the page of the errno.
const MAIN: [&str; 8] = ["C", "Python", "Go", "Node", "Java", "Rust", ".NET", "curl"];

fn belongs_to(cause: &Cause) -> String {
    match cause.group {
        Group::Benign => "no failure: it is left out of reports unless --all is given".to_string(),
        Group::Pattern => "a pattern over many connections".to_string(),
        Group::Failure if cause.kinds.len() == Kind::ALL.len() => "kind: any".to_string(),
        Group::Failure => {
            let kinds: Vec<_> = cause
                .kinds
                .iter()
                .map(|kind| format!("{} ({}, {})", kind.id(), kinds::page(*kind).errno.name(), python(*kind)))
                .collect();
            format!("kind: {}", kinds.join("; "))
        }
    }
}

fn python(kind: Kind) -> &'static str {
    kinds::page(kind).errno.python()
}

fn act(owner: Owner) -> &'static str {
    match owner {
        Owner::Client => "who runs the client",
        Owner::Server => "who runs the server",
        Owner::Network => "who runs the network",
        Owner::Nobody => "nobody needs to",
        Owner::Ender => "who runs the end that closed, which a report names",
    }
}

/// The placeholders of a report as words that a reader can fill in.
fn plain(text: &str) -> String {
    text.replace("{server.ip}", "SERVER")
        .replace("{server.port}", "PORT")
        .replace("{client.ip}", "CLIENT")
        .replace("{client.port}", "CLIENT_PORT")
}

/// A saying that several errnos share, with their numbers and texts left open.
fn general(saying: &Saying) -> String {
    saying
        .text
        .replace("{name}", "NAME")
        .replace("{number}", "N")
        .replace("{message}", "MESSAGE")
        .replace("{lower}", "MESSAGE")
}

/// Up to three topics whose names are nearest to this one.
fn nearest(topic: &str) -> Vec<&'static str> {
    let wanted: Vec<char> = topic.trim().to_lowercase().replace('-', "_").chars().take(64).collect();
    let known = causes::ALL
        .iter()
        .map(|cause| cause.id)
        .chain(Kind::ALL.into_iter().map(Kind::id))
        .chain(languages::ERRNOS.iter().flat_map(|page| [page.errno.name(), page.errno.message()]))
        .chain(languages::SAYINGS.iter().flat_map(|saying| saying.names.iter().copied()));
    let part: String = wanted.iter().collect();
    let far = |name: &str| {
        let name = name.to_lowercase();
        let within = wanted.len() >= 3 && name.contains(&part);
        if within { 1 } else { distance(&wanted, &name.chars().collect::<Vec<_>>()) }
    };
    let mut found: Vec<(usize, &str)> = known
        .map(|name| (far(name), name))
        .filter(|(distance, name)| *distance <= name.len().min(wanted.len()) / 2)
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

/// Levenshtein's distance: how many letters to put in, take out or change.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right) {
            let here = (diagonal + usize::from(a != b)).min(before + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            before = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

// ---- plain text in 80 columns ---------------------------------------------------------------------------------------

/// A page that is being written.
struct Text {
    out: String,
}

impl Text {
    fn new() -> Self {
        Text { out: String::new() }
    }

    fn done(self) -> String {
        self.out
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// An empty line, unless there is one.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn title(&mut self, title: &str) {
        let lines = wrap(title, WIDTH);
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        for line in lines {
            self.line(&line);
        }
        self.line(&"=".repeat(longest));
    }

    fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(heading);
    }

    fn section(&mut self, heading: &str, text: &str) {
        self.heading(heading);
        for (number, paragraph) in text.split("\n\n").enumerate() {
            if number > 0 {
                self.gap();
            }
            self.paragraph(2, paragraph);
        }
    }

    fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrap(text, WIDTH - indent) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// A paragraph with something in front of its first line.
    fn item(&mut self, mark: &str, text: &str) {
        let mut lines = wrap(&format!("{mark}{text}"), WIDTH - 2).into_iter();
        if let Some(first) = lines.next() {
            self.line(&format!("  {first}"));
        }
        let rest: Vec<_> = lines.collect();
        self.paragraph(5, &rest.join(" "));
    }

    /// A name in its column and what it is beside it.
    fn entry(&mut self, name: &str, text: &str) {
        const COLUMN: usize = 25;
        for (number, line) in wrap(text, WIDTH - COLUMN - 2).into_iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.line(&format!("  {name:<COLUMN$}{line}"));
        }
    }

    /// Lines as they are.
    fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&format!("  {line}"));
        }
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

    fn settings(&mut self, settings: &[Setting]) {
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

    fn calls(&mut self, calls: &[Calls]) {
        self.heading("Which call fails, and in which order");
        for calls in calls {
            self.item(&format!("{}: ", calls.when), calls.then);
        }
    }

    fn causes(&mut self, kind: Kind) {
        self.heading("Causes");
        for cause in kinds::causes(kind) {
            self.entry(cause.id, cause.title);
        }
    }

    /// What the pages of a kind and of an errno end with.
    fn rest(&mut self, errno: Errno, kind: Kind) {
        self.heading("What programs say");
        self.sayings(errno);
        self.section("Is it safe to try again?", kinds::page(kind).again);
        if kind != Kind::Aborted {
            self.retries(kind, &Language::ALL);
        }
    }

    fn sayings(&mut self, errno: Errno) {
        let Some(page) = languages::page(errno) else { return };
        for saying in languages::sayings(errno) {
            self.item(&format!("{}: ", saying.program), &saying.text(page));
            if !saying.note.is_empty() {
                self.paragraph(5, &saying.note.replace("{name}", errno.name()));
            }
        }
    }

    /// What the main languages say, in short, each wording once.
    fn words(&mut self, kinds: &[Kind]) {
        let mut seen: Vec<String> = Vec::new();
        for program in MAIN {
            for errno in kinds.iter().map(|kind| kinds::page(*kind).errno) {
                let Some(page) = languages::page(errno) else { continue };
                for saying in languages::sayings(errno).filter(|saying| saying.program == program) {
                    let text = saying.text(page);
                    if !seen.contains(&text) {
                        self.item(&format!("{program}: "), &text);
                        seen.push(text);
                    }
                }
            }
        }
    }

    fn retries(&mut self, kind: Kind, languages: &[Language]) {
        self.section("A good retry", retry::RULE);
        for language in languages {
            self.gap();
            self.line(&format!("  {}:", language.name()));
            self.gap();
            self.block(&retry::code(*language, kind));
        }
    }
}

/// Lines of at most this many characters, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A command on several lines so that it can still be pasted: the shell needs a backslash before a line break, but not
/// within single quotes, where tcpdump and ss take a line break for a space.
fn fold_command(command: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut quoted = false;
    for word in command.split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > width {
            if !quoted {
                line.push_str(" \\");
            }
            lines.push(std::mem::replace(&mut line, "   ".to_string()));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        quoted ^= word.matches('\'').count() % 2 == 1;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics() -> Vec<&'static str> {
        let mut topics: Vec<&str> = causes::ALL.iter().map(|cause| cause.id).collect();
        topics.extend(Kind::ALL.into_iter().map(Kind::id));
        topics.extend(languages::ERRNOS.iter().map(|page| page.errno.name()));
        topics.extend(languages::SAYINGS.iter().flat_map(|saying| saying.names.iter().copied()));
        topics
    }

    #[test]
    fn every_topic_has_a_page_in_80_columns_without_tabs_or_open_placeholders() {
        let pages = topics().into_iter().map(|topic| (topic, explain(Some(topic)))).chain([("", explain(None))]);
        for (topic, page) in pages {
            let page = page.unwrap_or_else(|error| panic!("{topic}: {error}"));
            assert!(page.len() > 400, "{topic}: {page}");
            assert!(!page.contains('\t'), "{topic}");
            assert!(!page.contains("\n\n\n"), "{topic}");
            for line in page.lines() {
                assert!(line.chars().count() <= WIDTH, "{topic}: {line}");
                assert_eq!(line, line.trim_end(), "{topic}");
            }
            for open in ["{server", "{client", "{name}", "{number}", "{message}", "{lower}"] {
                assert!(!page.contains(open), "{topic}: {open}");
            }
        }
    }

    #[test]
    fn the_list_names_every_cause_and_errno_and_all_resolve() {
        let list = list();
        for cause in causes::ALL {
            assert!(list.contains(cause.id), "{}", cause.id);
        }
        let ids = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let ids: Vec<_> = ids.filter_map(|line| line.split_whitespace().next()).filter(|id| id.contains('_')).collect();
        assert!(ids.len() > 35);
        for id in ids {
            assert!(causes::find(id).is_some(), "{id}");
        }
    }

    #[test]
    fn a_page_has_all_its_parts() {
        let page = explain(Some("no-listener")).unwrap_or_default();
        for part in [
            "no_listener: Nothing listens",
            "kind: refused (ECONNREFUSED, ConnectionRefusedError)",
            "The packets\n  +0 > S 0:0(0) win 64240",
            "Why it happens",
            "What it is not",
            "What to do (who runs the server)",
            "ss -ltnp 'sport = :PORT'",
            "listen_addresses (default localhost)",
            "except ConnectionRefusedError:",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }

    #[test]
    fn topics_are_found_by_many_names() {
        for (topic, title) in [
            ("Keepalive-Race", "keepalive_race: "),
            ("no listener", "no_listener: "),
            ("timed out", "timed_out: "),
            ("broken-pipe", "broken_pipe: "),
            ("econnreset", "ECONNRESET: "),
            ("104", "ECONNRESET: "),
            ("Connection reset by peer", "ECONNRESET: "),
            ("ConnectionResetError", "ConnectionResetError\n===="),
            ("java.net.ConnectException", "java.net.ConnectException\n===="),
            ("socket hang up", "socket hang up\n===="),
            ("curl-56", "curl-56\n===="),
        ] {
            let page = explain(Some(topic)).unwrap_or_default();
            assert!(page.starts_with(title), "{topic}: {page}");
        }
        let page = explain(Some("ConnectionResetError")).unwrap_or_default();
        assert!(page.contains("except ConnectionResetError:") && !page.contains("ThreadLocalRandom"));
    }

    #[test]
    fn an_unknown_topic_suggests_the_nearest_in_one_line() {
        let error = explain(Some("no_listner")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean no_listener"), "{error}");
        let error = explain(Some("EKONNRESET")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean ECONNRESET"), "{error}");
        let error = explain(Some("keepalive")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("keepalive_race"), "{error}");
        let odd = "\u{1b}[31m\n".repeat(100);
        let error = explain(Some(&odd)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!error.contains('\n') && !error.contains('\u{1b}') && error.len() < 400, "{error}");
        assert!(explain(Some("")).is_err());
    }

    #[test]
    fn folded_commands_can_be_pasted() {
        let folded = fold_command("tcpdump -ni any 'host 10.0.0.1 and tcp port 80' -w file", 24);
        assert_eq!(folded, "tcpdump -ni any 'host\n    10.0.0.1 and tcp\n    port 80' -w file");
        let folded = fold_command("iptables -t mangle -A FORWARD -p tcp", 24);
        assert_eq!(folded, "iptables -t mangle -A \\\n    FORWARD -p tcp");
    }

    #[test]
    fn distance_counts_letters() {
        let distance =
            |a: &str, b: &str| super::distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
