//! The packets in an explanation yield the cause that they explain.

use tcpwhy::causes::{self, Cause, Group};
use tcpwhy::diagnose::{EndedBy, Finding};
use tcpwhy::notation::{Build, Family, parse};
use tcpwhy::track::kernel::Kind;

use crate::capture_file::{Format, write};
use crate::check::analyse_capture;

/// The findings of an example.
fn findings(cause: &Cause, family: Family) -> Result<Vec<Finding>, String> {
    let script = parse(cause.example).map_err(|error| error.to_string())?;
    let frames = Build::new(family).frames(&script);
    Ok(analyse_capture(&write(&frames, Format::PcapNanoseconds, 65_535)).0.findings)
}

/// The ids of the causes that an example yields.
fn yielded(cause: &Cause, family: Family) -> Result<Vec<&'static str>, String> {
    let of = |finding: &Finding| finding.cause.map_or("unexplained", |cause| cause.id);
    Ok(findings(cause, family)?.iter().map(of).collect())
}

#[test]
fn every_example_yields_its_own_cause() {
    let mut complaints = Vec::new();
    let with_packets = |cause: &&&Cause| cause.group != Group::Pattern && !cause.example.is_empty();
    for cause in causes::ALL.iter().filter(with_packets) {
        for family in [Family::V4, Family::V6] {
            let found = yielded(cause, family);
            if !found.as_ref().is_ok_and(|found| found.contains(&cause.id)) {
                complaints.push(format!("{} in {family:?}: {found:?}", cause.id));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_evidence_does_not_lay_a_forged_rst_to_the_end_that_it_names() {
    let mut forged = 0;
    for cause in causes::ALL.iter().filter(|cause| !cause.example.is_empty()) {
        for finding in findings(cause, Family::V4).expect("an example") {
            if finding.ended_by == EndedBy::Middlebox && finding.kind == Some(Kind::Reset) {
                let notes: Vec<_> = finding.evidence.iter().map(|evidence| evidence.note.as_ref()).collect();
                assert!(notes.iter().any(|note| note.ends_with("'s address, which must be accepted")), "{notes:?}");
                assert!(!notes.iter().any(|note| note.contains("socket aborts")), "{notes:?}");
                forged += 1;
            }
        }
    }
    assert!(forged > 0);
}
