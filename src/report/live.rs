//! The report on a live capture: each finding is worded as soon as it is known. Where it is written is not decided here.

use std::collections::HashMap;
use std::net::IpAddr;

use super::text::{Found, live as text};
use super::{Format, Inputs, Options, episodes_for, json};
use crate::diagnose::{Finding, Summary};
use crate::episodes::Episodes;
use crate::time::Time;
use crate::track::kernel::Kind;

/// So many problems are remembered as told; after that all is forgotten, and told anew.
const REMEMBERED: usize = 4096;

/// What makes two findings the same for a person: kind, cause, and the service.
type Same = (Option<Kind>, &'static str, IpAddr, u16);

/// Words findings as they come.
pub struct LiveReport {
    options: Options,
    inputs: Inputs,
    episodes: Episodes,
    failures: u64,
    /// Where each problem was told in full, and how often it happened.
    told: HashMap<Same, (usize, u64)>,
    /// Where each cause was told in full.
    causes: HashMap<(Option<Kind>, &'static str), usize>,
    numbers: usize,
}

impl LiveReport {
    /// A report in this form on these inputs.
    pub fn new(options: Options, inputs: Inputs) -> LiveReport {
        LiveReport {
            options,
            inputs,
            episodes: episodes_for(options.format),
            failures: 0,
            told: HashMap::new(),
            causes: HashMap::new(),
            numbers: 0,
        }
    }

    /// Should endings that are no failures be handed over? Others need not be made.
    pub fn wants_all(&self) -> bool {
        self.options.all
    }

    /// Failures so far.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// A client reached a service.
    pub fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.episodes.success(client, server, port, time);
    }

    /// What is to be written about a finding.
    pub fn finding(&mut self, finding: Finding) -> Vec<u8> {
        self.failures += u64::from(finding.kind.is_some());
        let piece = match self.options.format {
            Format::Json => json::finding_line(&finding, &self.inputs),
            Format::Text => self.text(&finding).into_bytes(),
        };
        self.episodes.add(finding);
        piece
    }

    fn text(&mut self, finding: &Finding) -> String {
        let cause = finding.cause_id();
        if finding.kind.is_none() {
            return text::again(finding, None, 1, &self.options);
        }
        let same = (finding.kind, cause, finding.server.end.ip, finding.server.end.port);
        if let Some((number, times)) = self.told.get_mut(&same) {
            *times += 1;
            return text::again(finding, Some(*number), *times, &self.options);
        }
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        self.numbers += 1;
        self.told.insert(same, (self.numbers, 1));
        let earlier = self.causes.get(&(finding.kind, cause)).copied();
        self.causes.entry((finding.kind, cause)).or_insert(self.numbers);
        text::first(finding, self.numbers, earlier, &self.inputs, &self.options)
    }

    /// The summary so far, for whoever asks in between: always text or JSON of its own, never a part of the report.
    pub fn summary_so_far(&mut self, summary: &Summary) -> String {
        let folded = self.episodes.folded();
        match self.options.format {
            Format::Json => String::from_utf8_lossy(&json::summary_line(summary, folded, &self.inputs)).into_owned(),
            Format::Text => {
                let found = Found { episodes: &[], scans: &[], folded };
                text::look_back(&found, summary, &Options { colour: false, ..self.options })
            }
        }
    }

    /// The end of the report: what is to be written, piece by piece.
    pub fn end(&mut self, summary: &Summary) -> Vec<Vec<u8>> {
        let episodes = self.episodes.finish();
        let (scans, folded) = (self.episodes.scans(), self.episodes.folded());
        let found = Found { episodes: &episodes, scans: &scans, folded };
        match self.options.format {
            Format::Text => vec![text::look_back(&found, summary, &self.options).into_bytes()],
            Format::Json => {
                let repeated = episodes.iter().filter(|episode| episode.count > 1 && episode.example.kind.is_some());
                let mut lines: Vec<_> = repeated.map(|episode| json::episode_line(episode, &self.inputs)).collect();
                lines.extend(scans.iter().map(|scan| json::scan_line(scan, &self.inputs)));
                lines.push(json::summary_line(summary, folded, &self.inputs));
                lines
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn what_happens_again_is_told_in_a_line() {
        let mut report = LiveReport::new(Options::default(), Inputs::default());
        let finding = samples::keepalive_race();
        let first = String::from_utf8(report.finding(finding.clone())).expect("text");
        assert!(first.starts_with("1. ") && first.lines().count() > 10, "{first}");
        let again = String::from_utf8(report.finding(finding.clone())).expect("text");
        assert!(again.lines().count() <= 2 && again.contains("as 1, 2 times by now"), "{again}");
        let end = report.end(&Summary { failures: [0, 0, 2, 0, 0, 0], ..Summary::default() }).concat();
        let end = String::from_utf8(end).expect("text");
        assert!(end.contains("2 times") && end.contains("Seen"), "{end}");
    }

    #[test]
    fn lines_for_programs_are_the_same_as_offline() {
        let inputs = || Inputs { names: vec!["eth0".to_owned()], digits: 9 };
        let mut report = LiveReport::new(Options { format: Format::Json, ..Options::default() }, inputs());
        let finding = samples::keepalive_race();
        assert_eq!(report.finding(finding.clone()), json::finding_line(&finding, &inputs()));
        report.finding(finding.clone());
        let end = report.end(&Summary::default());
        assert_eq!(end.len(), 2, "an episode and the summary");
        assert!(end.last().is_some_and(|line| line.starts_with(b"{\"type\":\"summary\"")));
    }
}
