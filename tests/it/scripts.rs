//! Every script under tests/scripts, under every condition.

use std::fs;
use std::path::{Path, PathBuf};

use tcpwhy::diagnose::Finding;
use tcpwhy::notation::{Build, Family, parse};
use tcpwhy::source::Settings;
use tcpwhy::time::Time;

use crate::capture_file::{Format, write};
use crate::check::{analyse_as_set, analyse_capture, check, describe};

/// The scripts of a folder and of those in it, by name.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of scripts") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "pkt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

pub fn all() -> Vec<PathBuf> {
    scripts(&folder())
}

#[test]
fn every_script_yields_what_it_expects() {
    let (folder, scripts) = (folder(), all());
    assert!(scripts.len() >= 80, "only {} scripts were found", scripts.len());
    let mut complaints = Vec::new();
    for path in &scripts {
        let text = fs::read_to_string(path).expect("a readable script");
        if let Err(complaint) = check(&text) {
            complaints.push(format!("{}\n{complaint}", path.strip_prefix(&folder).unwrap_or(path).display()));
        }
    }
    assert!(complaints.is_empty(), "{} of {} scripts:\n{}", complaints.len(), scripts.len(), complaints.join("\n"));
}

/// A time stamp of pcapng has room for 584 years, and what is damaged uses it: all but the first packets are at the end.
#[test]
fn every_script_is_read_with_centuries_between_two_packets() {
    for path in all() {
        let text = fs::read_to_string(&path).expect("a readable script");
        let script = parse(&text).expect("a script");
        let frames = Build::new(Family::V4).frames(&script);
        let last = frames.last().map_or(0, |(time, _)| time.0);
        for first in 1..frames.len() {
            let mut stretched = frames.clone();
            let (begin, end) = stretched.split_at_mut(first);
            begin.iter_mut().for_each(|(time, _)| *time = Time(time.0 - frames[0].0.0));
            end.iter_mut().for_each(|(time, _)| *time = Time(u64::MAX - (last - time.0)));
            let (_, summary) = analyse_capture(&write(&stretched, Format::Pcapng, 65_535));
            assert_eq!(summary.frames, frames.len() as u64, "{}, {first}", path.display());
        }
    }
}

/// What a filter takes out was captured all the same, and tells that the capture went on.
#[test]
fn a_filter_changes_nothing_of_what_it_lets_through() {
    let without_others = Settings { filter: Some("not host 10.255.0.1".into()), ..Settings::default() };
    for path in all() {
        let text = fs::read_to_string(&path).expect("a readable script");
        let frames = Build::new(Family::V4).frames(&parse(&text).expect("a script"));
        let capture = write(&frames, Format::PcapNanoseconds, 65_535);
        let (whole, all) = analyse_capture(&capture);
        let (filtered, some) = analyse_as_set(&[&capture], &without_others);
        let said = |findings: &[Finding]| findings.iter().map(describe).collect::<Vec<_>>();
        assert_eq!(said(&whole.findings), said(&filtered.findings), "{}", path.display());
        assert_eq!(all.undecided, some.undecided, "{}", path.display());
    }
}
