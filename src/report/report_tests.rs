use std::path::Path;

use serde_json::Value;

use super::samples::{self, later};
use super::*;
use crate::time::SECOND;

fn written(options: Options) -> String {
    let mut report = Report::new(options, Output::memory());
    report.inputs(Inputs { names: vec!["a.pcap".to_owned()], digits: 6 });
    report.finding(samples::refused_from(1, 8080)).expect("memory has room");
    report.finding(samples::benign()).expect("memory has room");
    report.finding(later(samples::refused_from(1, 8080), SECOND)).expect("memory has room");
    report.finding(later(samples::keepalive_race(), 2 * SECOND)).expect("memory has room");
    assert_eq!(report.failures(), 3);
    let summary =
        Summary { frames: 9, segments: 9, connections: 4, failures: [2, 0, 1, 0, 0, 0], ..Summary::default() };
    report.end(&summary).expect("memory has room");
    String::from_utf8(report.into_output().into_memory()).expect("UTF-8")
}

fn types(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].as_str().expect("a type").to_owned())
        .collect()
}

#[test]
fn json_has_failures_then_episodes_then_the_summary() {
    let json = Options { format: Format::Json, ..Options::default() };
    assert_eq!(types(&written(json)), ["failure", "failure", "failure", "episode", "summary"]);
    let all = Options { all: true, ..json };
    assert_eq!(types(&written(all)), ["failure", "benign", "failure", "failure", "episode", "summary"]);
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    for format in [Format::Json, Format::Text] {
        let options = Options { format, all: true, ..Options::default() };
        assert_eq!(written(options), written(options));
    }
}

#[test]
fn text_has_no_benign_endings_unless_asked() {
    assert!(!written(Options::default()).contains("half_close"));
    assert!(written(Options { all: true, ..Options::default() }).contains("half_close"));
}

#[test]
fn a_disk_that_is_full_is_an_error_in_either_format() {
    for format in [Format::Json, Format::Text] {
        let output = Output::create(Path::new("/dev/full"), &[]).expect("it opens");
        let mut report = Report::new(Options { format, ..Options::default() }, output);
        let mut result = Ok(());
        for _ in 0..100 {
            result = result.and_then(|()| report.finding(samples::keepalive_race()));
        }
        let error = result.and_then(|()| report.end(&Summary::default())).expect_err("nothing fits");
        assert!(error.to_string().starts_with("/dev/full: No space left on device (os error 28); "), "{error}");
    }
}
