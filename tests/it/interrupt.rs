//! Ctrl-C while a capture is read: what was read until then is reported.

use std::fs;
use std::io::Write;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tcpwhy::source::{Files, FrameBatch, Interrupt, Settings, Source};

use crate::packets::refused;
use crate::program::reading;

const JSON: [&str; 2] = ["--format", "json"];

/// The frames that are given and what is noted, if somebody wishes to stop once so many batches have come.
fn interrupted_after(batches: usize, captures: &[Vec<u8>]) -> (usize, Files, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<_> = (0..captures.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (path, capture) in paths.iter().zip(captures) {
        fs::write(path, capture).expect("room");
    }
    let wish = Arc::new(AtomicBool::new(false));
    let settings = Settings { interrupt: Interrupt::when(Arc::clone(&wish)), ..Settings::default() };
    let mut files = Files::open(&paths, &settings).expect("captures");
    let (mut given, mut batch) = (0, FrameBatch::default());
    for _ in 0..batches {
        assert!(files.fill(&mut batch).expect("no error"));
        given += batch.frames.len();
    }
    wish.store(true, Ordering::Relaxed);
    while files.fill(&mut batch).expect("no error") {
        given += batch.frames.len();
    }
    assert!(!files.fill(&mut batch).expect("the end stays the end"));
    let notes = files.take_notes();
    (given, files, notes)
}

#[test]
fn a_file_ends_where_it_was_interrupted() {
    let (given, files, notes) = interrupted_after(0, &[refused(150_000)]);
    assert!((1..300_000).contains(&given), "{given}");
    assert_eq!(files.frames_read(), given as u64);
    assert_eq!(notes, [format!("interrupted; the report covers the first {given} packets")]);
}

#[test]
fn of_several_files_nothing_is_given_that_others_may_lack() {
    for batches in 0..4 {
        let (given, files, notes) = interrupted_after(batches, &[refused(50_000), refused(10_000)]);
        assert_eq!((given > 0, files.frames_read()), (batches > 0, given as u64));
        assert_eq!(notes, [format!("interrupted; the report covers the first {given} packets")]);
    }
}

/// Sends a signal as soon as the program listens to it: /proc/PID/status has a bit for each signal that is caught. SIGTERM is
/// listened to last.
fn interrupt(child: &Child) {
    let caught = || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("signals").trim();
        u64::from_str_radix(line, 16).expect("a number") & 1 << (libc::SIGTERM - 1) != 0
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while !caught() {
        assert!(Instant::now() < patience, "it does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a process");
}

/// The summary and what was said on standard error.
fn ended(child: Child) -> (Value, String) {
    let output = child.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    (serde_json::from_str(report.lines().last().expect("a line")).expect("JSON"), said)
}

#[test]
fn a_pipe_that_stays_open_is_left() {
    let (child, mut pipe) = reading(&JSON);
    let capture = refused(3);
    // The last record is not all there.
    pipe.write_all(&capture[..capture.len() - 7]).expect("it reads");
    interrupt(&child);
    let (summary, said) = ended(child);
    drop(pipe);
    assert_eq!((&summary["packets"], &summary["failed"]), (&5.into(), &2.into()));
    assert_eq!(said, "tcpwhy: interrupted; the report covers the first 5 packets\n");
}

#[test]
fn what_a_program_writes_at_the_same_interrupt_is_read() {
    let (child, mut pipe) = reading(&JSON);
    let capture = refused(3);
    let (begin, end) = capture.split_at(capture.len() - 7);
    pipe.write_all(begin).expect("it reads");
    interrupt(&child);
    pipe.write_all(end).expect("it still reads");
    drop(pipe);
    let (summary, said) = ended(child);
    assert_eq!((&summary["packets"], &summary["failed"]), (&6.into(), &3.into()));
    assert_eq!(said, "");
}

#[test]
fn nothing_that_was_read_is_said_to_be_empty() {
    let (child, pipe) = reading(&JSON);
    interrupt(&child);
    let output = child.wait_with_output().expect("the program ends");
    drop(pipe);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(2), "tcpwhy: interrupted before anything was read\n"));
}

/// timeout(1) sends a signal to the program, and another one to its whole group.
#[test]
fn two_signals_at_once_are_one_wish_but_a_later_one_ends_it() {
    let (child, mut pipe) = reading(&JSON);
    let capture = refused(1000);
    let (begin, rest) = capture.split_at(24);
    pipe.write_all(begin).expect("it reads");
    for _ in 0..20 {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(2));
    }
    // Who writes on is read for a while.
    let begun = Instant::now();
    for piece in rest.chunks(16).take_while(|_| begun.elapsed() < Duration::from_secs(1)) {
        pipe.write_all(piece).expect("it reads");
        std::thread::sleep(Duration::from_millis(10));
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(128 + libc::SIGINT), "{}", String::from_utf8_lossy(&output.stderr));
}
