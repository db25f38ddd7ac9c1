//! One problem, in full or in a line.

mod facts;

use std::collections::HashMap;
use std::net::IpAddr;

use super::address;
use super::layout::{Page, Role};
use super::packets;
use super::problem::{Problem, Shape};
use crate::causes::{Confidence, Owner, port_scan, retry_storm};
use crate::decode::End;
use crate::diagnose::Finding;
use crate::episodes::{Backoff, Episode, Scan, median};
use crate::report::Inputs;
use crate::report::escape::{escape, escape_and_cut};
use crate::report::remedy::{advice, advice_for};
use crate::time::Time;
use crate::track::Doubt;
use crate::track::kernel::Kind;
use crate::units::{count, duration};
use facts::{facts, members};

/// No sentence of a report is longer, whatever a network sends.
const SENTENCE: usize = 600;
/// So many clients of a problem have a line of their own.
const CLIENTS: usize = 8;
/// So many intervals between attempts are shown.
const INTERVALS: usize = 5;
/// So many ports of a scan are shown.
const SCANNED: usize = 3;
/// What calls fail is told again if it is no longer.
const SHORT: usize = 40;

/// What earlier problems of a report have told already, and what all of them need to know.
#[derive(Debug)]
pub struct Told<'a> {
    inputs: &'a Inputs,
    /// The last failure of each client at each service, whatever it was.
    last: HashMap<(IpAddr, End), Time>,
    /// Kind and cause of each problem, in order.
    about: Vec<(Option<Kind>, &'static str)>,
    /// Which calls fail how, and the number of the problem that says so.
    calls: HashMap<String, usize>,
    storm: bool,
}

impl<'a> Told<'a> {
    /// Nothing was told yet of these episodes.
    pub fn new(inputs: &'a Inputs, episodes: &[Episode]) -> Told<'a> {
        let mut last = HashMap::new();
        for episode in episodes.iter().filter(|episode| episode.example.kind.is_some()) {
            let latest = last.entry(service(episode)).or_insert(episode.last);
            *latest = episode.last.max(*latest);
        }
        Told { inputs, last, about: Vec::new(), calls: HashMap::new(), storm: false }
    }
}

fn service(episode: &Episode) -> (IpAddr, End) {
    (episode.example.client.end.ip, episode.example.server.end)
}

/// The next problem of a report, but for what was told of an earlier one.
pub fn in_full(page: &mut Page, told: &mut Told, problem: &Problem) {
    let about = (problem.kind(), problem.cause_id());
    let earlier = told.about.iter().position(|other| *other == about).map(|index| index + 1);
    told.about.push(about);
    numbered(page, told, told.about.len(), earlier, problem);
}

/// Everything that a person needs to know of a problem. `earlier` is the number of one with the same cause, whose steps
/// need not be repeated.
pub fn numbered(page: &mut Page, told: &mut Told, number: usize, earlier: Option<usize>, problem: &Problem) {
    let Some(episode) = problem.earliest() else { return };
    let finding = &episode.example;
    let cause = problem.cause_id();
    let number = format!("{number}. ");
    let kind = finding.kind_id();
    page.edges(
        &[(Role::Plain, &number), (Role::Failure, kind), (Role::Plain, ": "), (Role::Heading, &title(finding))],
        &times(problem.count),
    );
    let who = who(problem);
    let sure = finding.cause.map_or(String::new(), |_| format!(" ({})", finding.confidence.id()));
    page.edges(&[(Role::Plain, "   "), (Role::Heading, &who)], &format!("{cause}{sure}"));
    page.blank();
    let first = if problem.count == 1 { String::new() } else { format!("The first of {}: ", count(problem.count)) };
    page.paragraph("   ", Role::Plain, &format!("{first}{}", escape_and_cut(&finding.summary, SENTENCE)));
    page.blank();
    facts(page, told, problem, finding);
    if problem.episodes.len() > 1 {
        members(page, problem);
    }
    packets::table(page, episode, problem.count, told.inputs);
    fix(page, finding, earlier);
    if let Some(storm) = problem.episodes.iter().find(|episode| episode.is_retry_storm()) {
        calm(page, &storm.example, std::mem::replace(&mut told.storm, true));
    }
}

/// A problem in a line or two.
pub fn in_a_line(page: &mut Page, problem: &Problem) {
    let kind = problem.kind().map_or(String::new(), |kind| format!("{}: ", kind.id()));
    let left = format!("{kind}{}, {}{}", problem.cause_id(), who(problem), frame(problem));
    let mut right = times(problem.count);
    let [episode] = problem.episodes.as_slice() else {
        return page.edges(&[(Role::Plain, "   "), (Role::Plain, &left)], &right);
    };
    if episode.is_retry_storm() {
        right = format!("{right}, a retry_storm");
    } else if episode.backoff == Backoff::Fixed {
        right = format!("{right}, every {}", duration(median(&episode.intervals)));
    }
    page.edges(&[(Role::Plain, "   "), (Role::Plain, &left)], &right);
    // Of a benign ending nobody asks what was said last.
    if let Some(context) = said(&episode.example).filter(|_| episode.count == 1 && problem.kind().is_some()) {
        page.paragraph("      ", Role::Faint, &context);
    }
}

/// Where it shows that it cannot be told what became of a connection.
fn frame(problem: &Problem) -> String {
    let last = doubtful(problem).and_then(|finding| finding.evidence.last());
    let which = if problem.count == 1 { "frame" } else { "first in frame" };
    last.map_or(String::new(), |last| format!(", {which} {}", last.frame))
}

/// Why it cannot be told, unless one of these problems that were told before has said so.
pub fn doubt(page: &mut Page, problem: &Problem, before: &[&Problem]) {
    let is_told = |finding: &Finding| {
        before.iter().filter_map(|other| doubtful(other)).any(|other| other.summary == finding.summary)
    };
    if let Some(finding) = doubtful(problem).filter(|finding| !is_told(finding)) {
        let why = escape_and_cut(&finding.summary, SENTENCE);
        // Which request that was is most of what there is to say of it.
        let request = said(finding).filter(|_| finding.doubt.is_some_and(Doubt::is_about_a_request));
        let request = request.map(|request| format!(" The request: {request}.")).unwrap_or_default();
        page.paragraph("      ", Role::Faint, &format!("{why}{request} More: tcpwhy explain {}", finding.cause_id()));
    }
}

/// The finding that stands for a problem, if it is undecided.
fn doubtful<'a>(problem: &Problem<'a>) -> Option<&'a Finding> {
    problem.earliest().map(|episode| &episode.example).filter(|finding| finding.doubt.is_some())
}

/// A scan in a line.
pub fn scan(page: &mut Page, scan: &Scan) {
    let ports: Vec<String> = scan.ports.iter().take(SCANNED).map(u16::to_string).collect();
    let more = if scan.ports.len() > SCANNED { ", ..." } else { "" };
    let name = if scan.ports.len() == 1 { "port" } else { "ports" };
    let left = format!(
        "{}, {} -> {} targets, {name} {}{more}",
        port_scan::CAUSE.id,
        scan.client,
        count(scan.targets),
        ports.join(", ")
    );
    page.edges(&[(Role::Plain, "   "), (Role::Plain, &left)], &times(scan.count));
}

/// What the applications said last.
fn said(finding: &Finding) -> Option<String> {
    let sentence = finding.context.as_ref()?.sentence();
    (!sentence.is_empty()).then(|| escape_and_cut(sentence, SENTENCE))
}

/// What happened, as a heading that claims no more than is known.
fn title(finding: &Finding) -> String {
    let title = plain_title(finding);
    let word = match finding.confidence {
        _ if finding.cause.is_none() || finding.kind.is_none() => return title.to_owned(),
        Confidence::Certain => return title.to_owned(),
        Confidence::Likely => "probably",
        Confidence::Possible => "perhaps",
    };
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            format!("{word} {}{}", first.to_lowercase(), letters.as_str())
        }
        _ => format!("{word} {title}"),
    }
}

fn plain_title(finding: &Finding) -> &str {
    if let Some(cause) = finding.cause {
        return cause.title;
    }
    match finding.kind {
        Some(Kind::Refused) => "Connection refused, cause unknown",
        Some(Kind::Reset) => "Connection reset, cause unknown",
        Some(Kind::BrokenPipe) => "Broken pipe, cause unknown",
        Some(Kind::Aborted) => "The client cancelled at once, cause unknown",
        Some(Kind::TimedOut) => "Connection timed out, cause unknown",
        Some(Kind::Unreachable) => "Unreachable, cause unknown",
        None => "A benign ending",
    }
}

fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{} times", count(number)) }
}

/// Who talked to whom: as much as all episodes of the problem have in common.
fn who(problem: &Problem) -> String {
    let members = count(problem.episodes.len() as u64);
    match (problem.shape, problem.episodes.as_slice()) {
        (Shape::Service(..), [episode]) => {
            let Finding { client, server, .. } = &episode.example;
            let client = if episode.count == 1 { address(client.end) } else { client.end.ip.to_string() };
            format!("{client} -> {}", address(server.end))
        }
        (Shape::Service(ip, port), _) => format!("{members} clients -> {}", address(End { ip, port })),
        (Shape::ManyPorts(client, server), _) => format!("{client} -> {members} ports of {server}"),
        (Shape::ManyServers(client, port), _) => format!("{client} -> port {port} of {members} hosts"),
        (Shape::ManyServices(client), _) => format!("{client} -> {members} services"),
    }
}

fn fix(page: &mut Page, finding: &Finding, told: Option<usize>) {
    let advice = advice(finding);
    let owner = match advice.owner {
        _ if finding.cause.is_none() => "Next",
        Owner::Client => "Fix at the client",
        Owner::Server => "Fix at the server",
        Owner::Network => "Fix in the network",
        Owner::Ender => "Fix at the end that ended it",
        Owner::Capture => "Next capture",
        Owner::Nobody => "Nothing to fix",
    };
    page.blank();
    page.edges(&[(Role::Plain, "   "), (Role::Heading, &format!("{owner}: {}", escape(&advice.title)))], "");
    if let Some(number) = told {
        page.line(&[(Role::Plain, &format!("     Steps as in problem {number}, for these addresses:"))]);
    }
    if told.is_none() {
        steps(page, &advice.steps);
    }
    for command in &advice.commands {
        page.command(&escape(command));
    }
    page.line(&[(Role::Plain, "     More: "), (Role::Command, &advice.explain)]);
}

fn steps(page: &mut Page, steps: &[String]) {
    for (index, step) in steps.iter().enumerate() {
        page.paragraph(&format!("     {}. ", index + 1), Role::Plain, &escape(step));
    }
}

/// What to do about a client that hammers, beside the cause of its failures.
fn calm(page: &mut Page, finding: &Finding, told: bool) {
    let advice = advice_for(&retry_storm::CAUSE, finding);
    page.blank();
    let heading = format!("Fix at the client as well: {}", escape(&advice.title));
    page.edges(&[(Role::Plain, "   "), (Role::Heading, &heading)], "");
    if !told {
        steps(page, &advice.steps);
    }
    page.line(&[(Role::Plain, "     More: "), (Role::Command, &advice.explain)]);
}
