//! The facts of a problem: what each application got, who ended it, when, how often, and who else was hit.

use super::{CLIENTS, INTERVALS, SENTENCE, SHORT, Told, said, service, times};
use crate::causes::retry_storm;
use crate::diagnose::{EndReport, EndedBy, Finding, ResetKind, RetryVerdict};
use crate::episodes::{Backoff, Episode, median};
use crate::report::escape::escape_and_cut;
use crate::report::text::address;
use crate::report::text::layout::Page;
use crate::report::text::problem::{Problem, Shape};
use crate::time::Time;
use crate::track::kernel::Kind;
use crate::units::{clock, count, counted, date, duration};

/// What is known of a problem, a labelled line for each fact.
pub(super) fn facts(page: &mut Page, told: &mut Told, problem: &Problem, finding: &Finding) {
    let which = if problem.count == 1 { "" } else { "of the first: " };
    application(page, told, "client", &finding.client);
    application(page, told, "server", &finding.server);
    if let Some([client, server]) = finding.translated {
        page.labelled("behind NAT", &format!("{which}{} -> {}, the same connection", address(client), address(server)));
    }
    page.labelled("ended by", ended_by(finding));
    page.labelled("retry", &retry(finding, problem.count > 1));
    if let Some(said) = said(finding) {
        page.labelled("last said", &format!("{which}{said}"));
    }
    if let Some(local) = &finding.local {
        page.labelled("this host", &format!("{which}{}", escape_and_cut(&local.fact, SENTENCE)));
    }
    page.labelled("when", &when(problem));
    let most_frequent = problem.episodes.first();
    if let Some((episode, rhythm)) = most_frequent.and_then(|episode| Some((episode, rhythm(episode)?))) {
        let whose = if problem.episodes.len() == 1 { String::new() } else { format!("{}: ", each(problem, episode)) };
        // Who reached the service each time did not try again because it failed.
        let label = if episode.is_about_connecting() { "attempts" } else { "began" };
        page.labelled(label, &format!("{whose}{rhythm}"));
    }
    if let Some(storm) = storm(problem) {
        page.labelled("pattern", &storm);
    }
    if let Some(recovered) = recovered(told, problem) {
        page.labelled("recovered", &recovered);
    }
    page.labelled("timing", &format!("{which}{}", timing(finding)));
    if !finding.role_known {
        page.labelled("roles", "guessed: the capture began after the handshake");
    }
}

/// What the application at one end gets to see: the error under its names in logs, and which call fails with it.
fn application(page: &mut Page, told: &mut Told, label: &str, end: &EndReport) {
    let calls = end.calls.as_deref().map(|calls| escape_and_cut(calls, SENTENCE));
    let Some(errno) = end.errno else {
        return page.labelled(label, calls.as_deref().unwrap_or("gets no error"));
    };
    let errors = format!("{}: {} (Python {})", errno.name(), errno.message(), errno.python());
    let number = told.about.len();
    let Some(calls) = calls else { return page.labelled(label, &errors) };
    // Short sentences read faster than a reference to where they stand.
    let earlier = told.calls.get(&calls).copied().filter(|_| calls.len() > SHORT);
    if earlier == Some(number) {
        return page.labelled(label, &format!("{errors}, like the other end"));
    }
    if let Some(earlier) = earlier {
        return page.labelled(label, &format!("{errors}, as in problem {earlier}"));
    }
    page.labelled(label, &errors);
    page.labelled("", &calls);
    told.calls.insert(calls, number);
}

fn ended_by(finding: &Finding) -> &'static str {
    match (finding.ended_by, finding.reset) {
        (EndedBy::Server, Some(_)) if finding.kind == Some(Kind::Refused) => {
            "the server's host, by a RST that refuses the SYN"
        }
        (EndedBy::Client, Some(ResetKind::Abort)) => "the client, by a RST from a live socket",
        (EndedBy::Client, Some(ResetKind::Reply)) => "the client's host, by a RST: it had no socket for the packet",
        (EndedBy::Client, None) => "the client",
        (EndedBy::Server, Some(ResetKind::Abort)) => "the server, by a RST from a live socket",
        (EndedBy::Server, Some(ResetKind::Reply)) => "the server's host, by a RST: it had no socket for the packet",
        (EndedBy::Server, None) => "the server",
        (EndedBy::Middlebox, Some(_)) => "a device between them, by a RST with the address of one of them",
        (EndedBy::Middlebox, None) => "a device between them",
        (EndedBy::Network, _) => "nobody: packets got no answer",
        (EndedBy::Unknown, _) => "unknown: the capture cannot tell",
    }
}

fn retry(finding: &Finding, is_one_of_several: bool) -> String {
    let verdict = match finding.retry {
        RetryVerdict::NotDelivered => "safe",
        RetryVerdict::MaybeProcessed => "only if it is safe to run twice",
        RetryVerdict::Answered => "an answer came, at least in part",
        RetryVerdict::Unknown => "unknown whether it is safe",
    };
    if finding.retry_why.is_empty() {
        return verdict.to_owned();
    }
    let which = if is_one_of_several { " (the first)" } else { "" };
    format!("{verdict}{which}: {}", escape_and_cut(&finding.retry_why, SENTENCE))
}

/// First and last. A failure by silence has no packet that ends it.
fn when(problem: &Problem) -> String {
    let silence = problem.kind() == Some(Kind::TimedOut);
    if problem.count == 1 {
        let then = if silence { ", when the silence was long enough to tell" } else { "" };
        return format!("{} UTC{then}", moment(problem.first));
    }
    let to = if date(problem.first) == date(problem.last) { clock(problem.last, 3) } else { moment(problem.last) };
    let then = if silence { ", each when its silence was long enough to tell" } else { "" };
    format!("{} to {to} UTC ({}){then}", moment(problem.first), duration(problem.last.since(problem.first)))
}

/// Can it be reached again? Of a single failure only a yes is worth a line.
fn recovered(told: &Told, problem: &Problem) -> Option<String> {
    if !problem.episodes.iter().all(|episode| episode.is_about_connecting()) {
        return None;
    }
    let all = problem.episodes.len();
    let times: Vec<Time> = problem.episodes.iter().filter_map(|episode| episode.recovered_at).collect();
    let Some(last) = times.iter().max() else {
        let is_later = |episode: &&Episode| told.last.get(&service(episode)).is_some_and(|last| *last > episode.last);
        let no = match problem.episodes.iter().copied().find(is_later) {
            Some(_) => "no: a later attempt failed in another way",
            None => "not tried again in this capture",
        };
        return (problem.count > 1).then(|| no.to_owned());
    };
    if times.len() < all {
        return Some(format!("for {} of {}", count(times.len() as u64), count(all as u64)));
    }
    Some(format!("yes, {} after the last failure, at {}", duration(last.since(problem.last)), clock(*last, 3)))
}

fn moment(time: Time) -> String {
    format!("{} {}", date(time), clock(time, 3))
}

/// How the attempts follow each other. Those that began at the same moment have no distance to speak of.
fn rhythm(episode: &Episode) -> Option<String> {
    let shown: Vec<u64> = episode.intervals.iter().take(INTERVALS).copied().collect();
    if shown.is_empty() {
        return None;
    }
    let apart: Vec<String> = shown.iter().copied().filter(|interval| *interval > 0).map(duration).collect();
    let together = shown.len() - apart.len();
    let more = if episode.count as usize > shown.len() + 1 { ", ..." } else { "" };
    let list = match (apart.is_empty(), together) {
        (true, _) => format!("at the same moment{more}"),
        (false, 0) => format!("{}{more} apart", apart.join(", ")),
        (false, _) => format!("{}{more} apart, {together} at the same moment", apart.join(", ")),
    };
    let rhythm = match episode.backoff {
        Backoff::Exponential => format!("exponential backoff, {list}"),
        Backoff::Fixed => format!("every {}", duration(median(&episode.intervals))),
        Backoff::None if episode.is_retry_storm() => format!("no backoff, {list}"),
        Backoff::None => list,
    };
    if episode.successes_between == 0 {
        return Some(rhythm);
    }
    let successes = counted(episode.successes_between, "connection made", "connections made");
    Some(format!("{rhythm}; {successes} between them"))
}

/// Who hammers.
fn storm(problem: &Problem) -> Option<String> {
    let storms: Vec<&&Episode> = problem.episodes.iter().filter(|episode| episode.is_retry_storm()).collect();
    let first = storms.first()?;
    let others = match storms.len() - 1 {
        0 => String::new(),
        more => format!("; {} the same", counted(more as u64, "more does", "more do")),
    };
    Some(format!(
        "{}: {} tried {}, a connect about every {}, without backing off{others}",
        retry_storm::CAUSE.id,
        each(problem, first),
        times(first.count),
        duration(median(&first.intervals))
    ))
}

/// Which one of the problem's episodes this is.
fn each(problem: &Problem, episode: &Episode) -> String {
    match problem.shape {
        Shape::Service(..) => episode.example.client.end.ip.to_string(),
        Shape::ManyPorts(..) => format!("port {}", episode.example.server.end.port),
        Shape::ManyServers(..) => episode.example.server.end.ip.to_string(),
        Shape::ManyServices(_) => address(episode.example.server.end),
    }
}

fn timing(finding: &Finding) -> String {
    let timing = &finding.timing;
    let traffic = &finding.traffic;
    let mut parts = Vec::new();
    parts.extend(timing.connect.map(|time| format!("connected in {}", duration(time))));
    let rtt = timing.rtt.filter(|rtt| timing.connect != Some(*rtt));
    parts.extend(rtt.map(|time| format!("round trip {}", duration(time))));
    let idle = timing.idle_before.filter(|idle| *idle > 0);
    let until = if timing.then_spoke { "last message" } else { "end" };
    parts.extend(idle.map(|time| format!("idle for {} before the {until}", duration(time))));
    // A failure by silence is told when the silence was long enough, not when its last packet came.
    let end = if finding.kind == Some(Kind::TimedOut) { "judged" } else { "ended" };
    parts.push(format!("{end} {} after its first packet", duration(timing.duration)));
    if traffic.client_bytes + traffic.server_bytes > 0 {
        let server = counted(traffic.server_bytes, "byte", "bytes");
        parts.push(format!("client sent {} and server {server}", counted(traffic.client_bytes, "byte", "bytes")));
    }
    parts.join(", ")
}

/// Who else was hit: a line for each of the first, a number for the rest.
pub(super) fn members(page: &mut Page, problem: &Problem) {
    if let Shape::ManyPorts(..) = problem.shape {
        let mut ports: Vec<u16> = problem.episodes.iter().map(|episode| episode.example.server.end.port).collect();
        ports.sort_unstable();
        page.labelled("ports", &list(&ports.iter().map(u16::to_string).collect::<Vec<_>>(), 20));
        return;
    }
    let name = match problem.shape {
        Shape::ManyServices(_) => "services",
        Shape::ManyServers(..) => "servers",
        Shape::Service(..) | Shape::ManyPorts(..) => "clients",
    };
    let shown: Vec<&&Episode> = problem.episodes.iter().take(CLIENTS).collect();
    let who = |episode: &Episode| each(problem, episode);
    let width = shown.iter().map(|episode| who(episode).len()).max().unwrap_or_default();
    let once = shown.iter().all(|episode| episode.count == 1);
    for (index, episode) in shown.iter().enumerate() {
        let label = if index == 0 { name } else { "" };
        let span = format!("{} to {}", clock(episode.first, 3), clock(episode.last, 3));
        let span = if episode.count == 1 { clock(episode.first, 3) } else { span };
        let times = if once { String::new() } else { format!("{:>5}x  ", count(episode.count)) };
        page.labelled_as_is(label, &format!("{:<width$}  {times}{span}", who(episode)));
    }
    let rest = problem.episodes.get(CLIENTS..).unwrap_or_default();
    if !rest.is_empty() {
        let all: u64 = rest.iter().map(|episode| episode.count).sum();
        let all = if once && all == rest.len() as u64 { String::new() } else { format!(", {}", times(all)) };
        page.labelled("", &format!("and {} more{all}", count(rest.len() as u64)));
    }
}

fn list(items: &[String], most: usize) -> String {
    let shown = items.get(..most.min(items.len())).unwrap_or_default().join(", ");
    match items.len().checked_sub(most) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {} more", count(more as u64)),
    }
}
