//! The bytes of a capture, pcap or pcapng, through the whole program: the same twice, and sound output.
#![no_main]

mod report;

use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use tcpwhy::analysis::analyse;
use tcpwhy::source::{Files, Settings};

fuzz_target!(|bytes: &[u8]| {
    let once = run(bytes);
    assert_eq!(once, run(bytes), "not the same twice");
    report::check(&once);
});

fn run(bytes: &[u8]) -> Vec<u8> {
    let mut file = tempfile::tempfile_in("/dev/shm").or_else(|_| tempfile::tempfile()).expect("a file");
    file.write_all(bytes).expect("room");
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let Ok(mut files) = Files::open(&[path], &Settings::default()) else { return Vec::new() };
    let mut reporter = report::Reporter::new();
    let summary = analyse(&mut files, &mut reporter).expect("files have no errors once they are open");
    reporter.end(&summary)
}
