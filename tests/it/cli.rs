//! The program from outside: exit codes and messages for bad days.

use std::fs;
use std::process::{Command, Output, Stdio};

fn tcpwhy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(arguments)
        .stdin(Stdio::null())
        .env("TERM", "xterm")
        .output()
        .expect("tcpwhy starts")
}

/// A capture that can be read.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/unread_data--request_unread.pcap");

/// One line on standard error that begins with the program's name, nothing on standard output, exit status 2.
fn assert_one_complaint(output: &Output, about: &str) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.starts_with("tcpwhy: ") && complaint.lines().count() == 1, "{complaint:?}");
    assert!(complaint.contains(about), "{complaint:?} does not speak of {about:?}");
    assert!(output.stdout.is_empty());
}

#[test]
fn no_arguments_give_a_short_usage_and_2() {
    let output = tcpwhy(&[]);
    let usage = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(usage.starts_with("tcpwhy: no capture given\nUsage: tcpwhy [OPTIONS] FILE..."), "{usage}");
    assert!(usage.contains("sudo tcpwhy -i any"), "{usage}");
    assert!(output.stdout.is_empty());
}

#[test]
fn bad_arguments_are_one_line_and_2() {
    assert_one_complaint(&tcpwhy(&["--fromat", "json", "a.pcap"]), "--format");
    assert_one_complaint(&tcpwhy(&["--format", "xml", "a.pcap"]), "[possible values: text, json]");
    assert_one_complaint(&tcpwhy(&["a.pcap", "-f"]), "--filter");
    assert_one_complaint(&tcpwhy(&["-i", "eth0", "a.pcap"]), "cannot be used with");
    assert_one_complaint(&tcpwhy(&["a.pcap", "-o", "x", "-o", "y"]), "cannot be used multiple times");
}

#[test]
fn an_interface_that_is_not_there_is_told_before_anything_else() {
    assert_one_complaint(&tcpwhy(&["-i", "no-such-thing"]), "no-such-thing: ");
    assert_one_complaint(&tcpwhy(&["-i", "lo", "-f", "tcp prot 80"]), "filter \"tcp prot 80\"");
    assert_one_complaint(&tcpwhy(&["a.pcap", "--duration", "3"]), "cannot be used with");
    assert_one_complaint(&tcpwhy(&["--light"]), "-i <IFACE>");
}

#[test]
fn a_report_that_cannot_be_made_is_told_before_the_work() {
    assert_one_complaint(&tcpwhy(&[SHIPPED, "-o", "/nowhere/report"]), "/nowhere/report: No such file or directory");
    assert_one_complaint(&tcpwhy(&[SHIPPED, "-o", "/"]), "Is a directory");
}

#[test]
fn a_capture_is_not_overwritten_by_its_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let capture = directory.path().join("a.pcap");
    fs::copy(SHIPPED, &capture).expect("a file");
    let name = capture.to_str().expect("a plain name");
    assert_one_complaint(&tcpwhy(&[name, "-o", name]), "is a capture to be read");
    assert_eq!(fs::read(&capture).expect("still there"), fs::read(SHIPPED).expect("a shipped capture"));
}

#[test]
fn help_and_version_go_to_standard_output() {
    let help = tcpwhy(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout);
    assert_eq!(help.status.code(), Some(0));
    assert!(text.contains("Examples:") && text.contains("--exit-code"), "{text}");
    assert!(!text.contains('\x1b'), "no colours in a pipe");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let version = tcpwhy(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("tcpwhy ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn interfaces_are_listed_with_loopback_among_them() {
    let output = tcpwhy(&["interfaces"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(text.starts_with("NAME"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("lo ") && line.contains("loopback")), "{text}");
    let notes = String::from_utf8_lossy(&output.stderr);
    let may = effective_capabilities() & (1 << 13) != 0;
    assert_eq!(notes.contains("sudo setcap cap_net_raw=ep"), !may, "{notes}");
}

/// The capabilities in effect, of which CAP_NET_RAW is number 13.
fn effective_capabilities() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).expect("capabilities");
    u64::from_str_radix(line.trim(), 16).expect("a number")
}

/// What a shell does with the streams.
fn shell(script: &str) -> Output {
    Command::new("sh")
        .args(["-c", script])
        .env("TCPWHY", env!("CARGO_BIN_EXE_tcpwhy"))
        .stdin(Stdio::null())
        .output()
        .expect("a shell starts")
}

#[test]
fn a_closed_standard_output_ends_it_quietly() {
    for command in ["interfaces", "--help", "--version"] {
        // The pipe's reader is gone before the program starts.
        let output = shell(&format!("{{ sleep 0.2; \"$TCPWHY\" {command}; echo status $? >&2; }} | true"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "status 0\n", "{command}");
    }
}

#[test]
fn a_failure_counts_also_when_nobody_reads_of_it() {
    let capture = "captures/no_listener--closed_port.pcap";
    for (format, options, status) in [("text", "", 0), ("text", "--exit-code", 1), ("json", "--exit-code", 1)] {
        let command = format!("\"$TCPWHY\" --format {format} {options} {capture}");
        let output = shell(&format!("{{ sleep 0.2; {command}; echo status $? >&2; }} | true"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("status {status}\n"), "{command}");
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_2() {
    for command in ["interfaces", "--help"] {
        let output = shell(&format!("\"$TCPWHY\" {command} > /dev/full"));
        assert_one_complaint(&output, "No space left on device (os error 28)");
    }
}

#[test]
fn closed_streams_do_no_harm() {
    assert_eq!(shell("\"$TCPWHY\" interfaces 2>&-").status.code(), Some(0));
    assert_eq!(shell("\"$TCPWHY\" --nonsense 2>&-").status.code(), Some(2));
}
