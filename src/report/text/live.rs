//! The report for a person who watches: one finding after the other as they come, and a look back at the end.

use super::block::Told;
use super::layout::{Page, Role};
use super::problem::{Problem, problems};
use super::{Found, address, block, closing, in_lines, is_scanned, no_failures};
use crate::diagnose::{Finding, Summary};
use crate::episodes::Episodes;
use crate::report::{Inputs, Options};
use crate::units::{clock, counted};

/// A finding that is the first of its kind, with everything there is to know. `number` is its place among those that
/// were told like this, `told` that of one with the same cause.
pub fn first(finding: &Finding, number: usize, told: Option<usize>, inputs: &Inputs, options: &Options) -> String {
    let mut episodes = Episodes::default();
    episodes.add(finding.clone());
    let episodes = episodes.finish();
    let mut page = Page::new(options.width, options.colour);
    for problem in &problems(episodes.iter()) {
        block::numbered(&mut page, &mut Told::new(inputs, &episodes), number, told, problem);
        page.blank();
    }
    page.into_text()
}

/// The same again: a line or two. `number` is where it was told in full, `times` how often it happened by now.
pub fn again(finding: &Finding, number: Option<usize>, times: u64, options: &Options) -> String {
    let mut page = Page::new(options.width, options.colour);
    let kind = finding.kind_id();
    let cause = finding.cause_id();
    let (client, server) = (address(finding.client.end), address(finding.server.end));
    let rest = format!(": {cause}, {client} -> {server}");
    let time = clock(finding.time, 3);
    let right = match number {
        Some(number) => format!("as {number}, {} by now", counted(times, "time", "times")),
        None => String::new(),
    };
    let role = match (finding.kind, finding.doubt) {
        (Some(_), _) => Role::Failure,
        (None, Some(_)) => Role::Plain,
        (None, None) => Role::Fine,
    };
    page.edges(&[(Role::Plain, &time), (Role::Plain, " "), (role, kind), (Role::Plain, &rest)], &right);
    page.into_text()
}

/// The end: how much failed, each problem in a line, and what was seen at all.
pub fn look_back(found: &Found, summary: &Summary, options: &Options) -> String {
    let mut page = Page::new(options.width, options.colour);
    page.blank();
    closing::headline(&mut page, summary);
    let failed = found.episodes.iter().filter(|episode| episode.example.kind.is_some());
    let failures = problems(failed.filter(|episode| !is_scanned(found, episode)));
    in_lines(&mut page, "Failures", found.scans, &failures.iter().collect::<Vec<&Problem>>());
    if options.all {
        no_failures(&mut page, found.episodes);
    }
    closing::summary(&mut page, summary, found.folded, options.all);
    page.into_text()
}
