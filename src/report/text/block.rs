//! One problem, in full or in a line.

use super::address;
use super::layout::{Page, Role};
use super::packets;
use super::problem::{Problem, Shape};
use crate::causes::Owner;
use crate::decode::End;
use crate::diagnose::{EndReport, EndedBy, Finding, ResetKind, RetryVerdict};
use crate::episodes::{Backoff, Episode, median};
use crate::report::Inputs;
use crate::report::escape::{escape, escape_and_cut};
use crate::report::remedy::advice;
use crate::report::units::{clock, count, counted, date, duration};
use crate::time::Time;
use crate::track::kernel::Kind;

/// No sentence of a report is longer, whatever a network sends.
const SENTENCE: usize = 600;
/// So many clients of a problem have a line of their own.
const CLIENTS: usize = 8;
/// So many intervals between attempts are shown.
const INTERVALS: usize = 5;

/// Everything that a person needs to know of a problem.
///
/// `told` is the number of an earlier problem with the same cause, whose steps need not be repeated.
pub fn in_full(page: &mut Page, number: usize, told: Option<usize>, problem: &Problem, inputs: &Inputs) {
    let Some(episode) = problem.episodes.first() else { return };
    let finding = &episode.example;
    let cause = problem.cause_id();
    let number = format!("{number}. ");
    let kind = finding.kind.map_or("benign", Kind::id);
    page.edges(
        &[(Role::Plain, &number), (Role::Failure, kind), (Role::Plain, ": "), (Role::Heading, title(finding))],
        &times(problem.count),
    );
    let who = who(problem);
    let sure = finding.cause.map_or(String::new(), |_| format!(" ({})", finding.confidence.id()));
    page.edges(&[(Role::Plain, "   "), (Role::Heading, &who)], &format!("{cause}{sure}"));
    page.blank();
    page.paragraph("   ", Role::Plain, &escape_and_cut(&finding.summary, SENTENCE));
    page.blank();
    facts(page, problem, episode);
    if problem.episodes.len() > 1 {
        members(page, problem);
    }
    packets::table(page, episode, problem.count, inputs);
    fix(page, finding, told);
}

/// A problem in a line or two.
pub fn in_a_line(page: &mut Page, problem: &Problem) {
    let kind = problem.kind().map_or(String::new(), |kind| format!("{}: ", kind.id()));
    let left = format!("{kind}{}, {}", problem.cause_id(), who(problem));
    let mut right = times(problem.count);
    if let [episode] = problem.episodes.as_slice()
        && episode.backoff == Backoff::Fixed
    {
        right = format!("{right}, every {}", duration(median(&episode.intervals)));
    }
    page.edges(&[(Role::Plain, "   "), (Role::Plain, &left)], &right);
}

fn title(finding: &Finding) -> &str {
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

fn facts(page: &mut Page, problem: &Problem, episode: &Episode) {
    let finding = &episode.example;
    application(page, "client", &finding.client);
    application(page, "server", &finding.server);
    page.labelled("ended by", ended_by(finding));
    page.labelled("retry", &retry(finding));
    page.labelled("when", &when(problem));
    if let Some(rhythm) = rhythm(episode) {
        let whose = if problem.episodes.len() == 1 { String::new() } else { format!("{}: ", finding.client.end.ip) };
        page.labelled("attempts", &format!("{whose}{rhythm}"));
    }
    if let Some(recovered) = recovered(problem) {
        page.labelled("recovered", &recovered);
    }
    let which = if problem.count == 1 { "" } else { "of the first: " };
    page.labelled("timing", &format!("{which}{}", timing(finding)));
    if !finding.role_known {
        page.labelled("roles", "guessed: the capture began after the handshake");
    }
}

/// What the application at one end gets to see: the error under its names in logs, and which call fails with it.
fn application(page: &mut Page, label: &str, end: &EndReport) {
    let calls = end.calls.as_deref().map(|calls| escape_and_cut(calls, SENTENCE));
    let Some(errno) = end.errno else {
        return page.labelled(label, calls.as_deref().unwrap_or("gets no error"));
    };
    page.labelled(label, &format!("{} ({}; Python: {})", errno.name(), errno.message(), errno.python()));
    if let Some(calls) = calls {
        page.labelled("", &calls);
    }
}

fn ended_by(finding: &Finding) -> &'static str {
    match (finding.ended_by, finding.reset) {
        (EndedBy::Client, Some(ResetKind::Abort)) => "the client, by a RST: a live socket gave up",
        (EndedBy::Client, Some(ResetKind::Reply)) => "the client's host, by a RST: it had no socket for the packet",
        (EndedBy::Client, None) => "the client",
        (EndedBy::Server, Some(ResetKind::Abort)) => "the server, by a RST: a live socket gave up",
        (EndedBy::Server, Some(ResetKind::Reply)) => "the server's host, by a RST: it had no socket for the packet",
        (EndedBy::Server, None) => "the server",
        (EndedBy::Middlebox, Some(_)) => "a device between them, by a RST in the name of one of them",
        (EndedBy::Middlebox, None) => "a device between them",
        (EndedBy::Network, _) => "nobody: packets got no answer",
        (EndedBy::Unknown, _) => "unknown: the capture cannot tell",
    }
}

fn retry(finding: &Finding) -> String {
    let verdict = match finding.retry {
        RetryVerdict::NotDelivered => "safe",
        RetryVerdict::MaybeProcessed => "only if it may run twice",
        RetryVerdict::Answered => "an answer came, at least in part",
        RetryVerdict::Unknown => "unknown whether it is safe",
    };
    if finding.retry_why.is_empty() {
        return verdict.to_owned();
    }
    format!("{verdict}: {}", escape_and_cut(&finding.retry_why, SENTENCE))
}

/// First and last.
fn when(problem: &Problem) -> String {
    if problem.count == 1 {
        return format!("{} UTC", moment(problem.first));
    }
    let to = if date(problem.first) == date(problem.last) { clock(problem.last, 3) } else { moment(problem.last) };
    format!("{} to {to} UTC ({})", moment(problem.first), duration(problem.last.since(problem.first)))
}

/// Can it be reached again? Of a single failure only a yes is worth a line.
fn recovered(problem: &Problem) -> Option<String> {
    if !problem.episodes.iter().all(|episode| episode.is_about_connecting()) {
        return None;
    }
    let all = problem.episodes.len();
    let times: Vec<Time> = problem.episodes.iter().filter_map(|episode| episode.recovered_at).collect();
    let Some(last) = times.iter().max() else {
        return (problem.count > 1).then(|| "no later connection in this capture".to_owned());
    };
    if times.len() < all {
        return Some(format!("for {} of {}", count(times.len() as u64), count(all as u64)));
    }
    Some(format!("yes, {} after the last failure, at {}", duration(last.since(problem.last)), clock(*last, 3)))
}

fn moment(time: Time) -> String {
    format!("{} {}", date(time), clock(time, 3))
}

/// How the attempts follow each other.
fn rhythm(episode: &Episode) -> Option<String> {
    let shown: Vec<String> = episode.intervals.iter().take(INTERVALS).copied().map(duration).collect();
    let more = if episode.count as usize > shown.len() + 1 { ", ..." } else { "" };
    let rhythm = match episode.backoff {
        Backoff::Exponential => format!("exponential backoff: {}{more} apart", shown.join(", ")),
        Backoff::Fixed => format!("every {}", duration(median(&episode.intervals))),
        Backoff::None if shown.is_empty() => return None,
        Backoff::None if episode.is_hammering() => format!("no backoff: {}{more} apart", shown.join(", ")),
        Backoff::None => format!("{}{more} apart", shown.join(", ")),
    };
    if episode.successes_between == 0 {
        return Some(rhythm);
    }
    let successes = counted(episode.successes_between, "connection made", "connections made");
    Some(format!("{rhythm}; {successes} between them"))
}

fn timing(finding: &Finding) -> String {
    let timing = &finding.timing;
    let traffic = &finding.traffic;
    let mut parts = Vec::new();
    parts.extend(timing.connect.map(|time| format!("connected in {}", duration(time))));
    let rtt = timing.rtt.filter(|rtt| timing.connect != Some(*rtt));
    parts.extend(rtt.map(|time| format!("round trip {}", duration(time))));
    parts.extend(timing.idle_before.map(|time| format!("idle for {} before the end", duration(time))));
    parts.push(format!("ended after {}", duration(timing.duration)));
    if traffic.client_bytes + traffic.server_bytes > 0 {
        let server = counted(traffic.server_bytes, "byte", "bytes");
        parts.push(format!("client sent {} and server {server}", counted(traffic.client_bytes, "byte", "bytes")));
    }
    parts.join(", ")
}

/// Who else was hit: a line for each of the first, a number for the rest.
fn members(page: &mut Page, problem: &Problem) {
    if let Shape::ManyPorts(..) = problem.shape {
        let mut ports: Vec<u16> = problem.episodes.iter().map(|episode| episode.example.server.end.port).collect();
        ports.sort_unstable();
        page.labelled("ports", &list(&ports.iter().map(u16::to_string).collect::<Vec<_>>(), 20));
        return;
    }
    let (name, who): (&str, fn(&Episode) -> String) = match problem.shape {
        Shape::ManyServices(_) => ("services", |episode| address(episode.example.server.end)),
        Shape::ManyServers(..) => ("servers", |episode| episode.example.server.end.ip.to_string()),
        Shape::Service(..) | Shape::ManyPorts(..) => ("clients", |episode| episode.example.client.end.ip.to_string()),
    };
    let shown: Vec<&&Episode> = problem.episodes.iter().take(CLIENTS).collect();
    let width = shown.iter().map(|episode| who(episode).len()).max().unwrap_or_default();
    for (index, episode) in shown.iter().enumerate() {
        let label = if index == 0 { name } else { "" };
        let span = format!("{} to {}", clock(episode.first, 3), clock(episode.last, 3));
        let span = if episode.count == 1 { clock(episode.first, 3) } else { span };
        page.labelled_as_is(label, &format!("{:<width$}  {:>5}x  {span}", who(episode), count(episode.count)));
    }
    let rest = problem.episodes.get(CLIENTS..).unwrap_or_default();
    if !rest.is_empty() {
        let all: u64 = rest.iter().map(|episode| episode.count).sum();
        page.labelled("", &format!("and {} more, {}", count(rest.len() as u64), times(all)));
    }
}

fn list(items: &[String], most: usize) -> String {
    let shown = items.get(..most.min(items.len())).unwrap_or_default().join(", ");
    match items.len().checked_sub(most) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {} more", count(more as u64)),
    }
}

fn fix(page: &mut Page, finding: &Finding, told: Option<usize>) {
    let advice = advice(finding);
    let owner = match advice.owner {
        _ if finding.cause.is_none() => "Next",
        Owner::Client => "Fix at the client",
        Owner::Server => "Fix at the server",
        Owner::Network => "Fix in the network",
        Owner::Nobody => "Nothing to fix",
    };
    page.blank();
    page.edges(&[(Role::Plain, "   "), (Role::Heading, &format!("{owner}: {}", escape(&advice.title)))], "");
    if let Some(number) = told {
        page.line(&[(Role::Plain, &format!("     Steps as in problem {number}, for these addresses:"))]);
    }
    let steps = if told.is_some() { &[] } else { advice.steps.as_slice() };
    for (index, step) in steps.iter().enumerate() {
        page.paragraph(&format!("     {}. ", index + 1), Role::Plain, &escape(step));
    }
    for command in &advice.commands {
        page.command(&escape(command));
    }
    page.line(&[(Role::Plain, "     More: "), (Role::Command, &advice.explain)]);
}
