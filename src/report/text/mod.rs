//! The report for a person: what is worst first, each problem with its evidence and its fix, and what was seen at all.

mod block;
mod closing;
mod layout;
pub mod live;
mod packets;
mod problem;

use std::net::SocketAddr;

use super::{Inputs, Options};
use crate::decode::End;
use crate::diagnose::Summary;
use crate::episodes::{Episode, Folded, Scan};
use crate::units::{count, counted};
use block::Told;
use layout::{Page, Role};
use problem::{Problem, problems};

/// So many problems are told in full, the others in a line: but one of each kind and cause always is.
const IN_FULL: usize = 10;
/// More kinds and causes than these are not.
const DIFFERENT: usize = 20;
/// No more than so many of one kind and cause.
const ALIKE: usize = 3;
/// So many lines for the others.
const IN_LINES: usize = 30;
/// Noise in so many failures or fewer is told in full.
const FEW: u64 = 2;

/// What was found, gathered.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// All episodes, also those of one finding.
    pub episodes: &'a [Episode],
    /// Clients that tried many ports or hosts.
    pub scans: &'a [Scan],
    /// What was given up for want of room.
    pub folded: Folded,
}

/// The whole report.
pub fn render(found: &Found, summary: &Summary, inputs: &Inputs, options: &Options) -> String {
    let mut page = Page::new(options.width, options.colour);
    closing::headline(&mut page, summary);
    let failed = found.episodes.iter().filter(|episode| episode.example.kind.is_some());
    let failures = problems(failed.filter(|episode| !is_scanned(found, episode)));
    let (noise, trouble): (Vec<&Problem>, Vec<&Problem>) =
        failures.iter().partition(|problem| problem.is_noise() && problem.count > FEW);
    let (in_full, others) = choose(trouble);
    let mut told = Told::new(inputs, found.episodes);
    for problem in in_full {
        page.blank();
        block::in_full(&mut page, &mut told, problem);
    }
    in_lines(&mut page, "Other failures", &[], &others);
    in_lines(&mut page, "Rarely a problem: health checks, scans, cancelled connects", found.scans, &noise);
    if options.all {
        no_failures(&mut page, found.episodes);
    }
    closing::summary(&mut page, summary, found.folded, options.all);
    page.into_text()
}

/// What ended without a failure, and what the capture cannot decide.
fn no_failures(page: &mut Page, episodes: &[Episode]) {
    for (heading, undecided) in [("Benign endings", false), ("Undecided", true)] {
        let is_wanted =
            |episode: &&Episode| episode.example.kind.is_none() && episode.example.doubt.is_some() == undecided;
        let endings = problems(episodes.iter().filter(is_wanted));
        in_lines(page, heading, &[], &endings.iter().collect::<Vec<_>>());
    }
}

/// Is it told as a part of a scan?
fn is_scanned(found: &Found, episode: &Episode) -> bool {
    found.scans.iter().any(|scan| scan.covers(episode))
}

/// Which of these problems, the most important first, are told in full, and which in a line. The first of each kind and
/// cause comes first, so that a thousand of one sort do not hide the only one of another.
fn choose<'a, 'b>(problems: Vec<&'a Problem<'b>>) -> (Vec<&'a Problem<'b>>, Vec<&'a Problem<'b>>) {
    let about = |problem: &Problem| (problem.kind(), problem.cause_id());
    let (mut chosen, mut alike): (Vec<&Problem>, Vec<&Problem>) = (Vec::new(), Vec::new());
    for problem in problems {
        let is_new = chosen.len() < DIFFERENT && !chosen.iter().any(|other| about(other) == about(problem));
        if is_new { chosen.push(problem) } else { alike.push(problem) }
    }
    let mut others = Vec::new();
    for problem in alike {
        let told = chosen.iter().filter(|other| about(other) == about(problem)).count();
        if chosen.len() < IN_FULL && told < ALIKE { chosen.push(problem) } else { others.push(problem) }
    }
    (chosen, others)
}

/// `10.0.0.2:8080`, `[2001:db8::2]:8080`.
fn address(end: End) -> String {
    SocketAddr::new(end.ip, end.port).to_string()
}

/// Problems in a line each, and the rest in a number.
fn in_lines(page: &mut Page, heading: &str, scans: &[Scan], problems: &[&Problem]) {
    if problems.is_empty() && scans.is_empty() {
        return;
    }
    page.blank();
    page.line(&[(Role::Heading, heading)]);
    for scan in scans.iter().take(IN_LINES) {
        block::scan(page, scan);
    }
    let more_scans = scans.len().saturating_sub(IN_LINES);
    if more_scans > 0 {
        page.paragraph("   ", Role::Plain, &format!("and {}", counted(more_scans as u64, "more scan", "more scans")));
    }
    for (index, problem) in problems.iter().take(IN_LINES).enumerate() {
        block::in_a_line(page, problem);
        block::doubt(page, problem, &problems[..index]);
    }
    let rest = problems.get(IN_LINES..).unwrap_or_default();
    if !rest.is_empty() {
        let all: u64 = rest.iter().map(|problem| problem.count).sum();
        let more = format!(
            "and {} more, {} in all; --format json lists them all",
            count(rest.len() as u64),
            counted(all, "connection", "connections")
        );
        page.paragraph("   ", Role::Plain, &more);
    }
}

#[cfg(test)]
#[path = "../text_tests.rs"]
mod tests;
