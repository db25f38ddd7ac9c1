//! A capture of a generator that says what happens in it, against what is found: the short ways must miss nothing.
//!
//! Without a C compiler the test says so and does nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Client and server with their ports.
type Pair = (String, u16, String, u16);

/// Compiles the generator of the benchmarks.
fn generator(directory: &Path) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/tcpgen.c");
    let program = directory.join("tcpgen");
    let compiler = Command::new("cc").arg("-O2").arg("-o").arg(&program).arg(source).arg("-lm").output();
    match compiler {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(format!("cc: {error}")),
    }
}

fn report(capture: &Path, threads: &str) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["--format", "json", "--threads", threads])
        .arg(capture)
        .output()
        .expect("tcpwhy starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn end(line: &Value, side: &str) -> (String, u16) {
    let port = line[side]["port"].as_u64().expect("a port");
    (line[side]["ip"].as_str().expect("an address").to_owned(), port as u16)
}

/// The failures in a report: of each pair the kinds and who ended it.
fn failures(report: &[u8]) -> BTreeMap<Pair, Vec<(String, String)>> {
    let mut found: BTreeMap<Pair, Vec<(String, String)>> = BTreeMap::new();
    for line in report.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).expect("JSON");
        if line["type"] != "failure" {
            continue;
        }
        let ((client, client_port), (server, server_port)) = (end(&line, "client"), end(&line, "server"));
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        found.entry((client, client_port, server, server_port)).or_default().push((text("kind"), text("ended_by")));
    }
    found
}

/// What the generator says: the events of each pair.
fn events(text: &str) -> Vec<(String, Pair)> {
    let event = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, _, what, client, client_port, server, server_port] = fields[..] else { panic!("{line}") };
        let port = |text: &str| text.parse().expect("a port");
        (what.to_owned(), (client.to_owned(), port(client_port), server.to_owned(), port(server_port)))
    };
    text.lines().map(event).collect()
}

#[test]
fn every_failure_of_a_generated_capture_is_found_and_no_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = match generator(directory.path()) {
        Ok(program) => program,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let (capture, told) = (directory.path().join("capture.pcap"), directory.path().join("events"));
    let made = Command::new(program)
        .args(["--packets", "300000", "--flows", "8000", "--snaplen", "160", "--vlan", "0.1", "--v6", "0.2", "-o"])
        .arg(&capture)
        .arg("--events")
        .arg(&told)
        .output()
        .expect("the generator starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let one = report(&capture, "1");
    assert!(one == report(&capture, "2"), "two threads find something else than one");
    let found = failures(&one);
    let mut explained: BTreeSet<&Pair> = BTreeSet::new();
    let events = events(&std::fs::read_to_string(&told).expect("events"));
    let mut wrong = Vec::new();
    for (what, pair) in &events {
        let ours = found.get(pair).map(Vec::as_slice).unwrap_or_default();
        let is = |kind: &str, by: &str| ours.iter().any(|(ours, who)| ours == kind && (by.is_empty() || who == by));
        let right = match what.as_str() {
            "refused" => is("refused", "server"),
            "reset_by_client" => is("reset", "client"),
            "reset_by_server" => is("reset", "server"),
            "broken_pipe" => is("broken_pipe", ""),
            // The generator's router may have the address of the server, and in IPv6 it also says "port unreachable".
            "icmp_rejected" => {
                let right = |who| is("unreachable", who) || (pair.2.contains(':') && is("refused", who));
                right("middlebox") || (pair.2.ends_with('1') && (right("server") || right("unknown")))
            }
            "rst_after_close" => ours.is_empty(),
            // Told when the next repetition is overdue, which may be after the end of the capture.
            "stalled" | "syn_timeout" => ours.iter().all(|(kind, _)| kind == "timed_out"),
            other => panic!("the generator tells of {other}"),
        };
        if !right {
            wrong.push(format!("{what} of {pair:?}: found {ours:?}"));
        }
        explained.insert(pair);
    }
    for (pair, ours) in found.iter().filter(|(pair, _)| !explained.contains(pair)) {
        // Nothing but what is still unanswered at the end of the capture may be beside the events.
        if ours.iter().any(|(kind, _)| kind != "timed_out") {
            wrong.push(format!("no event of {pair:?}: found {ours:?}"));
        }
    }
    let count = |what: &str| events.iter().filter(|(event, _)| event == what).count();
    assert!(count("refused") > 100 && count("broken_pipe") > 20, "the generator gives too little to see");
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), events.len(), wrong.join("\n"));
}
