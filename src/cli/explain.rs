//! `tcpwhy explain [TOPIC]`: the catalogue as pages of plain text, 80 columns wide.

mod layout;
mod nearest;
mod parts;

use layout::{Text, WIDTH};
pub use nearest::UnknownTopic;
use parts::{NOTATION, belongs_to, errnos, errnos_of, general, plain};

use crate::causes::kinds;
use crate::causes::languages::{self, Found, Instead, Saying};
use crate::causes::retry::{self, Language};
use crate::causes::{self, Cause, Group, doubts};
use crate::track::kernel::{Errno, Kind};

/// The page on a topic: a cause, a doubt, a kind, an errno, or a language's name for it; without a topic the list of them.
pub fn explain(topic: Option<&str>) -> Result<String, UnknownTopic> {
    let Some(topic) = topic else { return Ok(list()) };
    let id = topic.trim().to_lowercase().replace(' ', "_");
    if let Some(cause) = causes::find(&id) {
        return Ok(cause_page(cause));
    }
    if let Some(doubt) = doubts::find(&id) {
        return Ok(doubt_page(doubt));
    }
    if let Some(kind) = kinds::find(topic.trim()) {
        return Ok(kind_page(kind));
    }
    match languages::look_up(topic) {
        Some(Found::Errno(page)) => Ok(errno_page(page)),
        Some(Found::Message(page, said)) => Ok(sayings_page(topic.trim(), &said, Some(page.errno))),
        Some(Found::Sayings(said)) => Ok(sayings_page(topic.trim(), &said, None)),
        None => Err(UnknownTopic::new(topic)),
    }
}

fn list() -> String {
    let mut page = Text::new();
    page.paragraph(0, "What tcpwhy can explain. Read a page with: tcpwhy explain TOPIC");
    for kind in Kind::ALL {
        page.heading(&format!("{} ({})", kind.id(), errnos(kind)));
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
    group(&mut page, "endings that are not failures", |cause| cause.group == Group::Benign);
    page.heading("undecided: why a capture cannot tell");
    for doubt in &doubts::PAGES {
        page.entry(doubt.doubt.id(), doubt.title);
    }
    page.heading("errors");
    let errnos: Vec<_> = languages::ERRNOS.iter().map(|page| page.errno.name()).collect();
    page.paragraph(2, &errnos.join(" "));
    page.gap();
    page.paragraph(
        2,
        "Also by the name that your language or program uses, or by a line from its log: ConnectionResetError, \
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
    page.remedy(&cause.remedy);
    page.settings(cause.settings);
    if (1..=2).contains(&cause.kinds.len()) {
        page.heading("What programs say");
        page.words(&errnos_of(cause));
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

fn doubt_page(about: &doubts::Page) -> String {
    let mut page = Text::new();
    page.title(&format!("{}: {}", about.doubt.id(), about.title));
    page.paragraph(0, "undecided: the capture cannot tell whether an application got an error; --all lists it");
    page.section("What is seen", about.seen);
    page.section("Why it cannot be told", about.why);
    page.remedy(&about.remedy);
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

/// For what programs say without that a call failed.
const NO_ERRNO: &str = "\
    No call on a TCP socket failed: the program ended the connection itself, was told in its own protocol that the \
    other end was ending it, or never opened one. If the connection failed as well and was not encrypted, a tcpwhy \
    report quotes such words under \"last said\".";

/// For what may be an end of file and nothing else.
const END_OF_FILE: &str = "\
    An end of file is not a socket error. If the other end closed with a FIN and nothing was sent after it, no call \
    failed, and tcpwhy reports no failure: the reason is in the log of the other end's program. A request that had no \
    answer is counted as `no_answer`, one whose answer was cut off as `answer_cut`; --all lists them.";

/// When to ask again who was not waited for.
const AFTER_OWN_TIMEOUT: &str = "\
    If there was no connection yet, yes. Otherwise the other end may have done what it was asked to do, or may be \
    doing it still: only what may run twice. Find out first why it took so long: each retry is more work for whoever \
    is slow, and so is a longer timeout for whoever waits.";

/// The page of a message: what is known of it, and of the errno that it names or stands for. One that the program names itself where
/// no call failed, as Node does, decides nothing.
fn sayings_page(topic: &str, said: &[&'static Saying], named: Option<Errno>) -> String {
    let named = named.filter(|errno| !said.iter().any(|saying| saying.names_itself(*errno)));
    let mut errnos: Vec<Errno> = named.into_iter().collect();
    for errno in said.iter().filter(|_| named.is_none()).flat_map(|saying| saying.errnos) {
        if !errnos.contains(errno) {
            errnos.push(*errno);
        }
    }
    let about: Vec<_> = errnos.iter().filter_map(|errno| languages::page(*errno)).collect();
    let mut page = Text::new();
    page.title(&shortened(topic));
    for saying in said {
        let known = saying.errnos.first().filter(|_| saying.errnos.len() == 1).copied().or(named);
        let text = known.and_then(languages::page).map(|page| saying.text(page));
        page.item(&format!("{}: ", saying.program), &text.unwrap_or_else(|| general(saying)));
        if !saying.note.is_empty() && !saying.note.contains('{') {
            page.paragraph(4, saying.note);
        }
    }
    let may_be = |instead: Instead| named.is_none() && said.iter().any(|saying| saying.instead == Some(instead));
    if about.is_empty() {
        if may_be(Instead::OwnTimeout) {
            page.own_timeout("No errno: the program's own timeout");
            page.find_out();
            page.section("Is it safe to try again?", AFTER_OWN_TIMEOUT);
        } else {
            page.section("There is no errno behind it", NO_ERRNO);
        }
        return page.done();
    }
    page.heading(if about.len() == 1 { "The errno behind it" } else { "The errnos that can be behind it" });
    for errno in &about {
        let number = errno.number;
        page.item(&format!("{} ", errno.errno.name()), &format!("({number}, {}). {}", errno.kind.id(), errno.meaning));
    }
    if may_be(Instead::EndOfFile) {
        page.section("Or none", END_OF_FILE);
    }
    if may_be(Instead::OwnTimeout) {
        page.own_timeout("Or none: the program's own timeout");
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
    } else {
        page.find_out();
    }
    page.gap();
    let more: Vec<_> = about.iter().map(|errno| format!("tcpwhy explain {}", errno.errno.name())).collect();
    page.paragraph(0, &format!("More: {}", more.join(", ")));
    page.done()
}

/// A message as a title: one line, and a sign where it went on.
fn shortened(topic: &str) -> String {
    let topic: Vec<char> = topic.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match topic.get(..WIDTH - 3) {
        Some(begin) if topic.len() > WIDTH => begin.iter().chain(&['.'; 3]).collect(),
        _ => topic.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::Doubt;

    fn topics() -> Vec<&'static str> {
        let mut topics: Vec<&str> = causes::ALL.iter().map(|cause| cause.id).collect();
        topics.extend(Doubt::ALL.into_iter().map(Doubt::id));
        topics.extend(Kind::ALL.into_iter().map(Kind::id));
        topics.extend(languages::ERRNOS.iter().map(|page| page.errno.name()));
        topics.extend(languages::all_sayings().flat_map(|saying| saying.names.iter().copied()));
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
            assert!(causes::find(id).is_some() || doubts::find(id).is_some(), "{id}");
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
            "What to do (for whoever runs the server)",
            "ss -ltnp 'sport = :PORT'",
            "listen_addresses (default localhost)",
            "except ConnectionRefusedError:",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }

    /// On Linux accept() succeeds, and the first read says ECONNRESET; ECONNABORTED is other systems' word.
    #[test]
    fn who_was_left_gets_the_errno_of_linux_in_a_servers_words() {
        let page = explain(Some("connect_cancelled")).unwrap_or_default();
        assert!(page.contains("kind: aborted (ECONNRESET, ConnectionResetError)"), "{page}");
        let kind = explain(Some("aborted")).unwrap_or_default();
        for page in [page, kind] {
            assert!(page.contains("Python: ConnectionResetError: [Errno 104]"), "{page}");
            assert!(page.contains("C: ECONNRESET") && !page.contains("curl: "), "{page}");
        }
        assert!(explain(None).unwrap_or_default().contains("\naborted (ECONNRESET)\n"));
        assert!(explain(Some("ECONNABORTED")).unwrap_or_default().contains("kind: aborted"));
    }

    #[test]
    fn who_has_no_route_gets_another_errno_than_who_reaches_no_host() {
        let page = explain(Some("net_unreachable")).unwrap_or_default();
        assert!(page.contains("Python: OSError: [Errno 101] Network is unreachable"), "{page}");
        assert!(!page.contains("[Errno 113]"), "{page}");
        assert!(explain(Some("host_unreachable")).unwrap_or_default().contains("Python: OSError: [Errno 113]"));
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
    fn the_pages_of_an_errno_and_of_a_kind_show_a_good_retry_in_every_language() {
        for topic in ["ECONNRESET", "EPIPE", "refused", "timed_out"] {
            let page = explain(Some(topic)).unwrap_or_default();
            for language in Language::ALL {
                assert!(page.contains(&format!("\n  {}:\n", language.name())), "{topic}: {}", language.name());
            }
        }
    }

    /// Who pastes a line of a log wants to know what to do about it, not what all languages say of its errno.
    #[test]
    fn a_line_of_a_log_has_a_short_page_of_its_own() {
        let line = "*4 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 10.0.0.1";
        let page = explain(Some(line)).unwrap_or_default();
        assert!(
            page.starts_with("*4 recv() failed") && page.lines().next().is_some_and(|title| title.ends_with("..."))
        );
        assert!(page.contains("\n  nginx: recv() failed (104") && page.contains("sudo tcpwhy -i any"), "{page}");
        assert!(!page.contains("Node") && page.lines().count() < 70, "{page}");
    }

    /// The other end's FIN makes no call fail, and no failure in a report.
    #[test]
    fn an_end_of_file_may_have_no_errno() {
        let page = explain(Some("upstream prematurely closed connection")).unwrap_or_default();
        assert!(page.contains("\nOr none\n") && page.contains("tcpwhy reports no failure"), "{page}");
        let hang_up =
            "Error: socket hang up\n    at Socket.socketOnEnd (node:_http_client:524:23) {\n  code: 'ECONNRESET'\n}";
        assert!(explain(Some(hang_up)).unwrap_or_default().contains("\nOr none\n"));
        let read = "Error: read ECONNRESET\n    at TCP.onStreamRead {\n  errno: -104,\n  code: 'ECONNRESET'\n}";
        assert!(!explain(Some(read)).unwrap_or_default().contains("\nOr none\n"));
        let reset = explain(Some("curl: (56) Recv failure: Connection reset by peer")).unwrap_or_default();
        assert!(!reset.contains("\nOr none\n"), "{reset}");
    }

    #[test]
    fn an_unknown_topic_suggests_the_nearest_in_one_line() {
        let error = explain(Some("no_listner")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean no_listener"), "{error}");
        let error = explain(Some("EKONNRESET")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean ECONNRESET"), "{error}");
        let error = explain(Some("keepalive")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("keepalive_race"), "{error}");
        let error = explain(Some("peer")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("did you mean peer_forgot_connection, peer_closed, peer_vanished?"), "{error}");
        let odd = "\u{1b}[31m\n".repeat(100);
        let error = explain(Some(&odd)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!error.contains('\n') && !error.contains('\u{1b}') && error.len() < 400, "{error}");
        assert!(explain(Some("")).is_err());
    }
}
