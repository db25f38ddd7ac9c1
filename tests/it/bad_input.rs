//! Input that is damaged, cut, or only partly there: what can be read is analysed, and a line says what could not.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::program::{program, reading};

const CAPTURE: &str = "unread_data--request_unread.pcap";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// The shipped capture, as it is.
fn whole() -> Vec<u8> {
    fs::read(shipped(CAPTURE)).expect("a shipped capture")
}

/// Runs the program on standard input.
fn read(capture: &[u8], arguments: &[&str]) -> Output {
    let (child, mut pipe) = reading(arguments);
    // It may close its input early.
    let _ = pipe.write_all(capture);
    drop(pipe);
    child.wait_with_output().expect("the program ends")
}

/// One line on standard error with these words, a report all the same, and exit status 0.
#[track_caller]
fn assert_noted(output: &Output, words: &str) {
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(notes.starts_with("tcpwhy: ") && notes.lines().count() == 1, "{notes:?}");
    assert!(notes.contains(words), "{notes:?} does not speak of {words:?}");
    assert!(!output.stdout.is_empty(), "no report");
    assert_eq!(output.status.code(), Some(0), "{notes}");
}

/// One line on standard error with these words, no report, and exit status 2.
#[track_caller]
fn assert_refused(output: &Output, words: &str) {
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(notes.starts_with("tcpwhy: ") && notes.lines().count() == 1, "{notes:?}");
    assert!(notes.contains(words), "{notes:?} does not speak of {words:?}");
    assert!(output.stdout.is_empty());
    assert_eq!(output.status.code(), Some(2), "{notes}");
}

#[test]
fn every_cut_is_analysed_up_to_there() {
    let whole = whole();
    for length in 24..whole.len() {
        let output = read(&whole[..length], &[]);
        assert_eq!(output.status.code(), Some(0), "cut to {length} bytes");
        assert!(output.stdout.starts_with(b"No ") || output.stdout.starts_with(b"The "), "cut to {length} bytes");
        assert!(output.stderr.is_empty() || output.stderr.starts_with(b"tcpwhy: "), "cut to {length} bytes");
    }
    assert!(read(&whole, &[]).stdout.starts_with(b"1 of 1 connection failed"));
}

#[test]
fn a_cut_gzip_file_is_analysed_up_to_there() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&whole()).expect("room");
    let packed = packed.finish().expect("the end");
    assert_noted(&read(&packed[..packed.len() * 3 / 4], &[]), "analysed up to there");
    assert!(read(&packed, &[]).stdout.starts_with(b"1 of 1 connection failed"));
}

#[test]
fn a_record_of_four_gigabytes_is_damage() {
    let mut capture = whole();
    let second = 24 + 16 + u32::from_le_bytes(capture[32..36].try_into().expect("four bytes")) as usize;
    capture[second + 8..second + 12].fill(0xff);
    assert_noted(&read(&capture, &[]), "damaged at frame 2");
}

#[test]
fn a_missing_file_among_others_is_told_and_the_others_are_read() {
    let output =
        program().args([shipped(CAPTURE), PathBuf::from("/nowhere/trace.pcap")]).output().expect("the program runs");
    assert_noted(&output, "/nowhere/trace.pcap: no such file");
    assert!(output.stdout.starts_with(b"1 of 1 connection failed"));
}

#[test]
fn nothing_on_standard_input_is_refused() {
    assert_refused(&read(b"", &[]), "standard input: is empty");
    assert_refused(&read(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", &[]), "standard input");
}

#[test]
fn a_wrong_filter_is_refused_before_anything_is_read() {
    assert_refused(&read(&whole(), &["-f", "tcp prot 80"]), "filter \"tcp prot 80\"");
}

#[test]
fn names_with_terminal_codes_are_printed_harmless() {
    let output = program().arg("\x1b[31mred.pcap").output().expect("the program runs");
    assert_refused(&output, "no such file");
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn a_report_of_before_is_not_lost_for_a_capture_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("room");
    let report = folder.path().join("report.txt");
    fs::write(&report, "of before").expect("room");
    let to_report = |arguments: &[&str]| program().arg("-o").arg(&report).args(arguments).output().expect("it runs");
    assert_refused(&to_report(&["/nowhere/trace.pcap"]), "/nowhere/trace.pcap: no such file");
    let capture = shipped(CAPTURE);
    assert_refused(&to_report(&["-f", "tcp prot 80", &capture.to_string_lossy()]), "filter");
    assert_eq!(fs::read_to_string(&report).expect("it is there"), "of before");
    assert_eq!(to_report(&[&capture.to_string_lossy()]).status.code(), Some(0));
    assert!(fs::read_to_string(&report).expect("it is there").starts_with("1 of 1 connection failed"));
}
