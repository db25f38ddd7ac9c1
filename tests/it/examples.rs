//! The packets in an explanation yield the cause that they explain.

use tcpwhy::causes::{self, Cause, Group};
use tcpwhy::notation::{Build, Family, parse};

use crate::capture_file::{Format, write};
use crate::check::analyse_capture;

/// The ids of the causes that an example yields.
fn yielded(cause: &Cause, family: Family) -> Result<Vec<&'static str>, String> {
    let script = parse(cause.example).map_err(|error| error.to_string())?;
    let frames = Build::new(family).frames(&script);
    let (collector, _) = analyse_capture(&write(&frames, Format::PcapNanoseconds, 65_535));
    Ok(collector.findings.iter().map(|finding| finding.cause.map_or("unexplained", |cause| cause.id)).collect())
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
