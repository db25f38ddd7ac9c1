//! The report for a person: what is worst first, each problem with its evidence and its fix, and what was seen at all.

mod block;
mod closing;
mod layout;
mod packets;
mod problem;

use std::net::SocketAddr;

use super::units::{count, counted};
use super::{Inputs, Options};
use crate::decode::End;
use crate::diagnose::Summary;
use crate::episodes::{Episode, Folded};
use crate::track::kernel::Kind;
use layout::{Page, Role};
use problem::{Problem, problems};

/// So many problems are told in full, the others in a line.
const IN_FULL: usize = 10;
/// No more than so many of one kind and cause.
const ALIKE: usize = 3;
/// So many lines for the others.
const IN_LINES: usize = 30;
/// Noise in so many failures or fewer is told in full.
const FEW: u64 = 2;

/// The whole report.
pub fn render(episodes: &[Episode], folded: Folded, summary: &Summary, inputs: &Inputs, options: &Options) -> String {
    let mut page = Page::new(options.width, options.colour);
    closing::headline(&mut page, summary);
    let failures = problems(episodes.iter().filter(|episode| episode.example.kind.is_some()));
    let (noise, trouble): (Vec<&Problem>, Vec<&Problem>) =
        failures.iter().partition(|problem| problem.is_noise() && problem.count > FEW);
    let mut told: Vec<(Option<Kind>, &str)> = Vec::new();
    let mut others = Vec::new();
    for problem in trouble {
        let about = (problem.kind(), problem.cause_id());
        if told.len() >= IN_FULL || told.iter().filter(|other| **other == about).count() >= ALIKE {
            others.push(problem);
            continue;
        }
        let earlier = told.iter().position(|other| *other == about).map(|index| index + 1);
        told.push(about);
        page.blank();
        block::in_full(&mut page, told.len(), earlier, problem, inputs);
    }
    in_lines(&mut page, "Other failures", &others);
    in_lines(&mut page, "Seldom a problem: health checks, scans, cancelled connects", &noise);
    if options.all {
        let benign = problems(episodes.iter().filter(|episode| episode.example.kind.is_none()));
        in_lines(&mut page, "Benign endings", &benign.iter().collect::<Vec<_>>());
    }
    closing::summary(&mut page, summary, folded, options.all);
    page.into_text()
}

/// `10.0.0.2:8080`, `[2001:db8::2]:8080`.
fn address(end: End) -> String {
    SocketAddr::new(end.ip, end.port).to_string()
}

/// Problems in a line each, and the rest in a number.
fn in_lines(page: &mut Page, heading: &str, problems: &[&Problem]) {
    if problems.is_empty() {
        return;
    }
    page.blank();
    page.line(&[(Role::Heading, heading)]);
    for problem in problems.iter().take(IN_LINES) {
        block::in_a_line(page, problem);
    }
    let rest = problems.get(IN_LINES..).unwrap_or_default();
    if !rest.is_empty() {
        let all: u64 = rest.iter().map(|problem| problem.count).sum();
        let more = format!(
            "and {} more, {} in all; --format json tells each of them",
            count(rest.len() as u64),
            counted(all, "connection", "connections")
        );
        page.paragraph("   ", Role::Plain, &more);
    }
}

#[cfg(test)]
#[path = "../text_tests.rs"]
mod tests;
