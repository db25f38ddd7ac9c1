//! The one `check`: packets in, verdicts out.
//!
//! A script says in its comments what is expected of it:
//!
//! ```text
//! // expect: reset client=ECONNRESET server=- cause=unread_data ended_by=server reset=abort retry=maybe_processed
//! // expect[2]: benign benign_tail           (of connection 2)
//! // expect: undecided began_late
//! // expect: nothing
//! // says: 3 keep-alive probes              (words of a finding's sentence, of its advice on
//!                                        a retry, of what calls return, or of a packet or
//!                                        the note to it)
//! // cut: reset client=ECONNRESET server=- cause=peer_closed     (when the payload is cut off)
//! // except: ipv4 cut, ipv6 cut              (conditions that take away what the verdict rests on)
//! // only: ipv4                              (a family)
//! ```
//!
//! `-` is null. `EHOSTUNREACH/EACCES` is the one in IPv4, the other in IPv6. Each failure, benign ending and doubt
//! has its line; what a line does not name is not looked at.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;

use tcpwhy::analysis::{Listener, analyse};
use tcpwhy::decode::End;
use tcpwhy::diagnose::{Finding, RetryVerdict, Summary};
use tcpwhy::notation::{Family, parse};
use tcpwhy::source::{Files, Settings};
use tcpwhy::time::Time;
use tcpwhy::track::Doubt;
use tcpwhy::track::kernel::Kind;

use crate::conditions::{self, Condition};

/// Keeps all that an analysis says.
#[derive(Default)]
pub struct Collector {
    /// Failures and benign endings.
    pub findings: Vec<Finding>,
    /// What cannot be told.
    pub undecided: Vec<Finding>,
    /// Notes about the input.
    pub notes: Vec<String>,
}

impl Listener for Collector {
    fn finding(&mut self, finding: Finding) {
        let place = if finding.doubt.is_some() { &mut self.undecided } else { &mut self.findings };
        place.push(finding);
    }

    fn success(&mut self, _client: IpAddr, _server: IpAddr, _port: u16, _time: Time) {}

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn wants_all(&self) -> bool {
        true
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// Analyses a capture through the reader of files.
pub fn analyse_capture(capture: &[u8]) -> (Collector, Summary) {
    analyse_captures(&[capture], false)
}

/// Analyses captures as one, read by a thread of its own or not.
pub fn analyse_captures(captures: &[&[u8]], ahead: bool) -> (Collector, Summary) {
    analyse_as_set(captures, &Settings { ahead, ..Settings::default() })
}

/// The same, read as the settings say.
pub fn analyse_as_set(captures: &[&[u8]], settings: &Settings) -> (Collector, Summary) {
    let file = |capture: &&[u8]| {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(capture).expect("room for a capture");
        file
    };
    let held: Vec<_> = captures.iter().map(file).collect();
    let paths: Vec<_> = held.iter().map(|file| file.path().to_path_buf()).collect();
    let mut files = Files::open(&paths, settings).expect("a capture");
    let mut collector = Collector::default();
    let summary = analyse(&mut files, &mut collector).expect("an analysis");
    (collector, summary)
}

/// One expected finding.
#[derive(Debug)]
struct Expected {
    connection: usize,
    /// A kind, `benign` or `undecided`.
    what: String,
    /// `name=value`, or the id of a benign ending or a doubt.
    words: Vec<String>,
}

/// What a script says about itself.
#[derive(Debug, Default)]
struct Header {
    expected: Vec<Expected>,
    expected_when_cut: Vec<Expected>,
    except: Vec<String>,
    only: Option<String>,
    says: Vec<String>,
    says_nothing: bool,
}

impl Header {
    fn of(text: &str) -> Header {
        let mut header = Header::default();
        for line in text.lines().filter_map(|line| line.strip_prefix("// ")) {
            let Some((key, value)) = line.split_once(": ") else { continue };
            let (key, number) = key.strip_suffix(']').and_then(|key| key.split_once('[')).unwrap_or((key, "1"));
            let connection = || number.parse().expect("the number of a connection");
            match key {
                "expect" if value == "nothing" => header.says_nothing = true,
                "expect" => header.expected.push(expected(connection(), value)),
                "cut" => header.expected_when_cut.push(expected(connection(), value)),
                "except" => header.except.extend(value.split(", ").map(String::from)),
                "says" => header.says.push(value.into()),
                "only" => header.only = Some(value.into()),
                _ => {}
            }
        }
        header
    }

    /// A condition that there is none of would let a script pass unread.
    fn name_unknown(&self) -> Option<&str> {
        let known = |name: &str| conditions::ALL.iter().any(|condition| condition.name == name);
        let family = |name: &str| name == "ipv4" || name == "ipv6";
        let excepted = self.except.iter().map(String::as_str).find(|name| !known(name));
        excepted.or(self.only.as_deref().filter(|name| !family(name)))
    }

    fn suits(&self, condition: &Condition) -> bool {
        let family = if condition.family == Family::V4 { "ipv4" } else { "ipv6" };
        let cut = condition.short && self.except.iter().any(|name| name == "ipv6 cut");
        !cut && !self.except.iter().any(|name| name == condition.name)
            && self.only.as_deref().is_none_or(|only| only == family)
    }

    fn expected(&self, condition: &Condition) -> &[Expected] {
        if condition.cut && !self.expected_when_cut.is_empty() { &self.expected_when_cut } else { &self.expected }
    }
}

fn expected(connection: usize, text: &str) -> Expected {
    let mut words = text.split_whitespace().map(String::from);
    Expected { connection, what: words.next().expect("a kind"), words: words.collect() }
}

/// Runs a script under every condition that suits it; what differs from its expectations comes back, a line for each
/// difference and the conditions that show it.
pub fn check(text: &str) -> Result<(), String> {
    let script = parse(text).map_err(|error| error.to_string())?;
    let header = Header::of(text);
    if header.says_nothing != header.expected.is_empty() {
        return Err("a script expects something, or `nothing`".into());
    }
    if let Some(name) = header.name_unknown() {
        return Err(format!("no condition is called {name:?}"));
    }
    let mut complaints: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut first: Vec<(Family, Vec<String>)> = Vec::new();
    for condition in conditions::ALL.iter().filter(|condition| header.suits(condition) && condition.suits(&script)) {
        let (capture, ends) = condition.capture(&script);
        let (collector, summary) = analyse_capture(&capture);
        if condition.short {
            // Much is missing: it may say less, and nothing else.
            let known = first.iter().filter(|(family, _)| *family == condition.family).flat_map(|(_, seen)| seen);
            let known: Vec<&String> = known.collect();
            let other = |finding: &&Finding| {
                let said = outcome(finding);
                finding.kind.is_some() && !known.iter().any(|seen| seen.starts_with(&said))
            };
            for finding in collector.findings.iter().filter(other) {
                complaints.entry(format!("says {}", describe(finding))).or_default().push(condition.name);
            }
            continue;
        }
        let complaint = compare(header.expected(condition), &collector, &summary, &ends, condition);
        for line in complaint.lines() {
            complaints.entry(line.into()).or_default().push(condition.name);
        }
        if condition.cut {
            continue;
        }
        let said =
            |words: &String| collector.findings.iter().chain(&collector.undecided).any(|finding| says(finding, words));
        for words in header.says.iter().filter(|words| !said(words)) {
            complaints.entry(format!("no finding says \"{words}\"")).or_default().push(condition.name);
        }
        // What the expectation does not name must not depend on the condition either; ICMP has codes of its own in
        // each family, and so errnos.
        let seen: Vec<String> = collector.findings.iter().map(essence).collect();
        match first.iter().find(|(family, _)| *family == condition.family) {
            None => first.push((condition.family, seen)),
            Some((_, first)) if *first != seen => {
                complaints.entry(format!("{seen:#?} differs from {first:#?}")).or_default().push(condition.name);
            }
            Some(_) => {}
        }
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(complaints.iter().map(|(line, conditions)| format!("  {line}\n    ({})\n", conditions.join(", "))).collect())
}

fn compare(
    expected: &[Expected],
    collector: &Collector,
    summary: &Summary,
    ends: &[(End, End)],
    condition: &Condition,
) -> String {
    let mut complaint = String::new();
    let (doubts, expected): (Vec<_>, Vec<_>) = expected.iter().partition(|expected| expected.what == "undecided");
    let wanted: Vec<&str> = doubts.iter().flat_map(|doubt| &doubt.words).map(String::as_str).collect();
    let found: Vec<&str> =
        summary.undecided.iter().flat_map(|(id, count)| std::iter::repeat_n(*id, *count as usize)).collect();
    if wanted != found {
        let _ = writeln!(complaint, "undecided {found:?}, not {wanted:?}");
    }
    complaint.push_str(&not_as_counted(&collector.undecided, summary));
    for note in &collector.notes {
        let _ = writeln!(complaint, "note: {note}");
    }
    let findings = &collector.findings;
    if expected.len() != findings.len() {
        let all: Vec<String> = findings.iter().map(describe).collect();
        let _ = writeln!(complaint, "{} findings, not {}: {}", findings.len(), expected.len(), all.join("; "));
        return complaint;
    }
    for (expected, finding) in expected.iter().zip(findings) {
        let wrong = differences(expected, finding, ends, condition);
        if !wrong.is_empty() {
            let _ = writeln!(complaint, "not {}: {}", wrong.join(", "), describe(finding));
        }
    }
    complaint
}

/// What is listed as undecided is what is counted so, and claims nothing but what became of a request.
fn not_as_counted(undecided: &[Finding], summary: &Summary) -> String {
    let mut complaint = String::new();
    for doubt in Doubt::ALL.into_iter().filter(|doubt| !doubt.is_only_counted()) {
        let listed = undecided.iter().filter(|finding| finding.doubt == Some(doubt)).count() as u64;
        let counted = summary.undecided.iter().find(|(id, _)| *id == doubt.id()).map_or(0, |(_, count)| *count);
        if listed != counted {
            let _ = writeln!(complaint, "{listed} listed as {}, {counted} counted", doubt.id());
        }
    }
    for finding in undecided {
        let known = match finding.doubt {
            Some(Doubt::NoAnswer) => RetryVerdict::MaybeProcessed,
            Some(Doubt::AnswerCut) => RetryVerdict::Answered,
            _ => RetryVerdict::Unknown,
        };
        let claims = finding.kind.is_some()
            || finding.cause.is_some()
            || finding.client.errno.or(finding.server.errno).is_some()
            || finding.retry != known;
        if claims || finding.evidence.is_empty() {
            let _ = writeln!(complaint, "undecided, and says {}", describe(finding));
        }
    }
    complaint
}

/// The words of an expectation that do not hold.
fn differences(expected: &Expected, finding: &Finding, ends: &[(End, End)], condition: &Condition) -> Vec<String> {
    let mut wrong = Vec::new();
    let kind = finding.kind.map_or("benign", |kind| kind.id());
    if kind != expected.what {
        wrong.push(expected.what.clone());
    }
    if ends.get(expected.connection - 1) != Some(&(finding.client.end, finding.server.end)) {
        wrong.push(format!("connection {} with its client and server", expected.connection));
    }
    if !finding.evidence.is_sorted_by(|one, next| (one.input, one.frame) < (next.input, next.frame)) {
        wrong.push("each packet once in the evidence, in order".to_owned());
    }
    let last = finding.evidence.last().map_or(finding.time, |evidence| evidence.time);
    let refused = finding.cause.is_some_and(|cause| cause.id == "no_listener");
    let of_connect = refused || finding.kind == Some(Kind::TimedOut);
    if of_connect && finding.timing.connect.is_none() && last > finding.time {
        wrong.push("a connect judged after its last packet".to_owned());
    }
    for word in &expected.words {
        let Some((name, value)) = word.split_once('=') else {
            if finding.cause.map(|cause| cause.id) != Some(word) {
                wrong.push(word.clone());
            }
            continue;
        };
        let value = match value.split_once('/') {
            Some((ipv4, ipv6)) => {
                if condition.family == Family::V4 {
                    ipv4
                } else {
                    ipv6
                }
            }
            None => value,
        };
        if attribute(finding, name) != value {
            wrong.push(format!("{name}={value}"));
        }
    }
    wrong
}

/// Is that among what a finding tells in words?
fn says(finding: &Finding, words: &str) -> bool {
    let calls = [&finding.client.calls, &finding.server.calls];
    finding.summary.contains(words)
        || finding.retry_why.contains(words)
        || calls.into_iter().flatten().any(|calls| calls.contains(words))
        || finding
            .evidence
            .iter()
            .any(|evidence| evidence.note.contains(words) || evidence.packet.as_str().contains(words))
}

/// What a finding says under the name that JSON has for it.
fn attribute(finding: &Finding, name: &str) -> &'static str {
    match name {
        "client" => finding.client.errno.map_or("-", |errno| errno.name()),
        "server" => finding.server.errno.map_or("-", |errno| errno.name()),
        "cause" => finding.cause.map_or("unexplained", |cause| cause.id),
        "ended_by" => finding.ended_by.id(),
        // Who is the other end to a remedy's {peer}, and cannot reach it.
        "victim" => ["client", "server"][finding.victim],
        "reset" => finding.reset.map_or("-", |reset| reset.id()),
        "retry" => finding.retry.id(),
        "confidence" => finding.confidence.id(),
        "role_known" => {
            if finding.role_known {
                "true"
            } else {
                "false"
            }
        }
        _ => panic!("`{name}` is nothing that a finding has"),
    }
}

const ATTRIBUTES: [&str; 7] = ["client", "server", "cause", "ended_by", "reset", "retry", "confidence"];

pub fn describe(finding: &Finding) -> String {
    let mut text = outcome(finding);
    for name in &ATTRIBUTES[2..] {
        let _ = write!(text, " {name}={}", attribute(finding, name));
    }
    text
}

/// What the applications got.
fn outcome(finding: &Finding) -> String {
    let kind = finding.kind.map_or("benign", |kind| kind.id());
    format!("{kind} client={} server={}", attribute(finding, "client"), attribute(finding, "server"))
}

/// What of a finding must not depend on how it was captured, whether or not a script names it.
fn essence(finding: &Finding) -> String {
    let bytes = (finding.traffic.client_bytes, finding.traffic.server_bytes);
    format!("{} {bytes:?} {:?} {:?}", describe(finding), finding.client.calls, finding.server.calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_expectation_is_found() {
        let packets = "+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\nwait 3\n";
        assert_eq!(check(&format!("// expect: refused client=ECONNREFUSED server=-\n{packets}")), Ok(()));
        assert!(check(&format!("// expect: reset client=ECONNRESET\n{packets}")).is_err());
        assert!(check(&format!("// expect: refused client=EHOSTUNREACH\n{packets}")).is_err());
        assert!(check(&format!("// expect: nothing\n{packets}")).is_err());
        assert!(check(packets).is_err());
    }
}
