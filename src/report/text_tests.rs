use unicode_width::UnicodeWidthStr;

use super::*;
use crate::diagnose::{EndedBy, Finding};
use crate::episodes::Episodes;
use crate::report::samples::{self, DECIDED, later};
use crate::time::{MILLISECOND, SECOND};

fn summary_of(findings: &[Finding]) -> Summary {
    let mut summary = Summary {
        frames: 6123,
        segments: 6100,
        duplicates: 12,
        icmp_errors: 2,
        connections: 120,
        benign: vec![("benign_tail", 12), ("half_close", 3)],
        undecided: vec![("only one direction was captured", 2)],
        skipped: vec![("udp", 20), ("arp", 1)],
        first: Some(DECIDED - 2 * SECOND),
        last: Some(DECIDED + 66 * SECOND),
        ..Summary::default()
    };
    for kind in findings.iter().filter_map(|finding| finding.kind) {
        summary.failures[kind as usize] += 1;
    }
    summary
}

fn rendered(findings: &[Finding], options: Options) -> String {
    let mut episodes = Episodes::default();
    for finding in findings {
        episodes.add(finding);
    }
    let all = episodes.finish();
    let inputs = Inputs { names: vec!["trace.pcap".to_owned()], digits: 6 };
    render(&all, episodes.folded(), &summary_of(findings), &inputs, &options)
}
fn some_findings() -> Vec<Finding> {
    let mut findings = vec![samples::keepalive_race(), samples::refused_ipv6()];
    for second in [0, 1, 3, 7] {
        findings.push(later(samples::refused_from(1, 8080), second * SECOND + 3 * MILLISECOND));
    }
    findings.push(later(samples::refused_from(3, 8080), 2 * SECOND));
    for tick in 0..30 {
        findings.push(later(samples::health_check(), tick * 5 * SECOND));
    }
    findings
}
#[test]
fn show() {
    println!("{}", rendered(&some_findings(), Options::default()));
    println!(
        "{}",
        rendered(
            &[Finding { cause: None, role_known: false, ..samples::keepalive_race() }, samples::benign()],
            Options { all: true, ..Options::default() }
        )
    );
}
