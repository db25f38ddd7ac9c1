//! From a capture to a report, through the program.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tcpwhy::notation::{Family, frames, parse, write_pcap};

use crate::capture::Capture;

/// A directory with `bad.pcap` (three refused connections, one that works after them) and `good.pcap` (one that works).
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { directory: tempfile::tempdir().expect("a directory") };
        Capture::new().refused(40001).refused(40002).refused(40003).fine(40004).write(&place.file("bad.pcap"));
        Capture::new().fine(40001).write(&place.file("good.pcap"));
        let many = (10_000..14_000).fold(Capture::new(), Capture::refused);
        many.write(&place.file("many.pcap"));
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `tcpwhy` with `arguments`, as a shell reads them, in the directory.
    fn run(&self, arguments: &str) -> Output {
        Command::new("sh")
            .args(["-c", &format!("\"$TCPWHY\" {arguments}")])
            .env("TCPWHY", env!("CARGO_BIN_EXE_tcpwhy"))
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output()
            .expect("a shell starts")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_report_is_on_standard_output_and_nothing_else_is() {
    let output = Place::new().run("bad.pcap");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let report = text(&output.stdout);
    assert!(report.starts_with("3 of 4 connections failed: 3 refused.\n"), "{report}");
    assert!(report.contains("   10.0.0.1 -> 10.0.0.2:8080  "), "{report}");
    assert!(report.contains("   recovered  yes, "), "{report}");
    assert!(!report.contains('\x1b'), "no colours in a pipe");
}

/// What is reported of the packets of a script.
fn report(script: &str, arguments: &str) -> String {
    let place = Place::new();
    let frames = frames(&parse(script).expect("sound"), Family::V4);
    std::fs::write(place.file("one.pcap"), write_pcap(&frames, 1, true)).expect("writable");
    text(&place.run(&format!("{arguments} one.pcap")).stdout)
}

/// The first line of a report in JSON.
fn first_line(script: &str, arguments: &str) -> Value {
    serde_json::from_str(report(script, arguments).lines().next().unwrap_or_default()).expect("JSON")
}

/// Nobody got an errno, and a program failed all the same: the sentence says who closed in place of an answer, and when.
#[test]
fn a_request_without_an_answer_is_no_failure_and_is_counted() {
    let script = r#"
        +0 > S 0:0(0)
        +.05 < S. 0:0(0) ack 1
        +0 > . 1:1(0) ack 1
        +0 > P. 1:29(28) ack 1 "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        +.05 < . 1:1(0) ack 29
        +5 > F. 29:29(0) ack 1
        +.05 < . 1:1(0) ack 30
        wait 3"#;
    let line = first_line(script, "--all --format json");
    assert_eq!((&line["type"], &line["doubt"]), (&"undecided".into(), &"no_answer".into()));
    let summary = "The server acknowledged a request and did not answer it; the client closed its side after 5.0 s.";
    assert_eq!(line["summary"], summary);
    assert_eq!(line["retry"]["verdict"], "maybe_processed");
    assert_eq!(line["context"]["sentence"], "GET /a to h, not answered");
    let report = report(script, "--all");
    assert!(
        report.replace("\n      ", " ").contains("after 5.0 s. The request: GET /a to h, not answered. More: "),
        "{report}"
    );
    let counts = first_line(script, "--format json");
    assert_eq!((&counts["type"], &counts["undecided"]["no_answer"]), (&"summary".into(), &1.into()));
    // Its bytes alone tell that it is a request.
    assert_eq!(first_line(script, "--no-payload --format json")["undecided"], serde_json::json!({}));
}

/// What was not captured may have been sent: of one direction nobody says that it had no answer.
#[test]
fn one_direction_does_not_tell_what_was_answered() {
    let script = r#"
        +0 > S 0:0(0)
        +.05 > . 1:1(0) ack 1
        +0 > P. 1:29(28) ack 1 "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
        +5 > R. 29:29(0) ack 1
        wait 3"#;
    let line = first_line(script, "--all --format json");
    assert_eq!((&line["type"], &line["doubt"]), (&"undecided".into(), &"one_direction".into()));
    assert_eq!(line["evidence"][1]["note"], "client's last payload");
    assert_eq!(line["context"]["sentence"], "GET /a to h");
}

/// An ICMP error has neither the ports nor, from a router, the addresses that a filter asks for; without it this would be no
/// failure, or one with another errno.
#[test]
fn a_filter_keeps_no_icmp_error_back() {
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/rejected_by_policy--icmpv6_prohibited.pcap");
    let place = Place::new();
    let all = text(&place.run(capture).stdout);
    assert!(all.contains("EACCES") && all.starts_with("1 of 1 connection failed"), "{all}");
    assert_eq!(text(&place.run(&format!("-f 'tcp port 8080' {capture}")).stdout), all);
    let none = text(&place.run(&format!("-f 'tcp port 1' {capture}")).stdout);
    assert!(none.starts_with("No TCP packet matches the filter"), "{none}");
}

#[test]
fn json_is_one_object_a_line_and_the_same_each_time() {
    let place = Place::new();
    let output = place.run("--format json bad.pcap");
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types, ["failure", "failure", "failure", "episode", "summary"]);
    assert_eq!(lines[0]["ts"], "2026-11-22T06:16:55.002000Z");
    assert_eq!(lines[3]["count"], 3);
    assert_eq!(lines[4]["failures"]["refused"], 3);
    assert_eq!(output.stdout, place.run("--format json bad.pcap").stdout);
}

#[test]
fn the_exit_status_speaks_of_failures_only_when_asked() {
    let place = Place::new();
    assert_eq!(place.run("bad.pcap").status.code(), Some(0));
    assert_eq!(place.run("--exit-code bad.pcap").status.code(), Some(1));
    assert_eq!(place.run("--exit-code --format json bad.pcap").status.code(), Some(1));
    assert_eq!(place.run("--exit-code good.pcap").status.code(), Some(0));
    assert!(
        text(&place.run("good.pcap").stdout).starts_with("No failed connections among 1 connection (6 packets).\n")
    );
}

#[test]
fn what_the_filter_leaves_out_is_counted_and_the_capture_not_blamed() {
    let place = Place::new();
    let report = text(&place.run("-f 'port 9' many.pcap").stdout);
    assert!(report.starts_with("No TCP packet matches the filter.\n"), "{report}");
    assert!(report.contains("   not read   8,000 left out by the filter\n"), "{report}");
    let output = place.run("--format json -f 'port 10000' many.pcap");
    let last = text(&output.stdout).lines().last().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let summary = last.expect("a summary");
    assert_eq!((&summary["segments"], &summary["packets"]), (&2.into(), &8000.into()));
    assert_eq!(summary["skipped"].to_string(), "{\"filter\":7998}");
}

/// A file that the shell opened cannot be opened once more from its beginning.
#[test]
fn standard_input_among_other_files_is_read_whole() {
    let place = Place::new();
    let expected = place.run("--format json bad.pcap good.pcap").stdout;
    let named = text(&expected).replace("good.pcap", "standard input");
    let output = place.run("--format json bad.pcap - < good.pcap");
    assert_eq!((text(&output.stderr), text(&output.stdout)), (String::new(), named));
    // And nor is it to be overwritten.
    let output = place.run("-o good.pcap - < good.pcap");
    assert_eq!(text(&output.stderr), "tcpwhy: good.pcap: is a capture to be read; choose another file for -o\n");
    assert_eq!(place.run("--format json bad.pcap good.pcap").stdout, expected);
}

#[test]
fn a_report_goes_to_a_file_whole() {
    let place = Place::new();
    let output = place.run("--format json bad.pcap -o report.json");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(std::fs::read(place.file("report.json")).expect("a report"), place.run("--format json bad.pcap").stdout);
    assert_eq!(place.run("bad.pcap -o -").stdout, place.run("bad.pcap").stdout);
}

#[test]
fn a_full_disk_is_one_line_and_2() {
    let place = Place::new();
    for command in ["bad.pcap -o /dev/full", "--format json many.pcap -o /dev/full", "bad.pcap > /dev/full"] {
        let output = place.run(command);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {complaint}");
        assert!(
            complaint.contains(": No space left on device (os error 28); ") && complaint.lines().count() == 1,
            "{complaint}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let place = Place::new();
    for command in ["--format json many.pcap", "many.pcap"] {
        let output = place.run(&format!("{command} | head -1"));
        assert_eq!((text(&output.stdout).lines().count(), text(&output.stderr).as_str()), (1, ""), "{command}");
    }
    // The status of the program itself, whose reader is gone before it writes.
    let output = place.run("good.pcap; { sleep 0.2; \"$TCPWHY\" --format json many.pcap; echo status $? >&2; } | true");
    assert_eq!(text(&output.stderr), "status 0\n");
}

#[test]
fn bad_inputs_are_one_line_and_2() {
    let place = Place::new();
    std::fs::write(place.file("notes.txt"), "no capture\n").expect("a file");
    std::fs::write(place.file("empty.pcap"), "").expect("a file");
    for input in ["missing.pcap", ".", "empty.pcap", "notes.txt", "-f 'tcp prot 80' good.pcap"] {
        let output = place.run(input);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{input}: {complaint}");
        assert!(complaint.starts_with("tcpwhy: ") && complaint.lines().count() == 1, "{input}: {complaint}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_capture_named_like_a_command_can_be_read() {
    let place = Place::new();
    std::fs::copy(place.file("good.pcap"), place.file("explain")).expect("a copy");
    assert!(text(&place.run("./explain").stdout).starts_with("No failed connections"));
}
