//! The shipped captures: real traffic, with what the applications really got beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tcpwhy::diagnose::Finding;
use tcpwhy::track::kernel::Errno;

use crate::check::analyse_capture;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// Name, truth and findings of every shipped capture, by name.
fn captures() -> Vec<(String, Value, Vec<Finding>)> {
    let entries = fs::read_dir(folder()).expect("the shipped captures").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "pcap")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a plain name").to_string();
        let truth = fs::read_to_string(path.with_extension("json")).expect("a truth beside each capture");
        let (collector, _) = analyse_capture(&fs::read(&path).expect("a readable capture"));
        (name, serde_json::from_str(&truth).expect("JSON"), collector.findings)
    };
    paths.into_iter().map(read).collect()
}

fn name(errno: Option<Errno>) -> Option<&'static str> {
    errno.map(Errno::name)
}

#[test]
fn every_shipped_capture_yields_its_truth() {
    let captures = captures();
    assert!(captures.len() >= 6);
    for (capture, truth, findings) in captures {
        assert_eq!(truth["connections"], findings.len(), "{capture}");
        for finding in &findings {
            assert_eq!(truth["kind"].as_str(), finding.kind.map(|kind| kind.id()), "{capture}");
            assert_eq!(truth["client"]["errno"].as_str(), name(finding.client.errno), "{capture}: the client");
            assert_eq!(truth["server"]["errno"].as_str(), name(finding.server.errno), "{capture}: the server");
            assert_eq!(truth["ended_by"], finding.ended_by.id(), "{capture}");
        }
        // A habit shows only when it repeats: the last connection tells.
        let cause = findings.last().and_then(|finding| finding.cause).map(|cause| cause.id);
        assert_eq!(truth["cause"].as_str(), cause, "{capture}");
        assert_eq!(capture.split_once("--").map(|(cause, _)| cause), cause, "{capture} is named after its cause");
    }
}

#[test]
fn the_readme_of_the_captures_tells_how_each_was_made_and_what_the_program_says() {
    let mut table = String::from("| capture | how it was made | what tcpwhy says |\n| --- | --- | --- |\n");
    for (capture, truth, findings) in captures() {
        let summary = &findings.last().expect("a finding").summary;
        let made = truth["made"].as_str().expect("how it was made").replace('|', "\\|");
        let _ = writeln!(table, "| `{capture}.pcap` | {made} | {summary} |");
    }
    let readme = fs::read_to_string(folder().join("README.md")).expect("a README");
    assert!(readme.contains(&table), "captures/README.md wants this table:\n{table}");
}
