//! Damaged captures by the thousand: cut everywhere, and with bytes changed by a generator of fixed seed.
//!
//! What is damaged is the corpus (`CORPUS`, or ../shared/corpus) where it is there, and else what is shipped. 1,000
//! mutations are tried; with `HOSTILE_MUTATIONS` set it is as many as that says, of all files, and every prefix, or
//! every so many bytes as `HOSTILE_PREFIX_STEP` says.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tcpwhy::analysis::{Listener, analyse};
use tcpwhy::diagnose::{Finding, Summary};
use tcpwhy::report::escape::is_unsafe;
use tcpwhy::report::output::Output;
use tcpwhy::report::{Format, Options, Report};
use tcpwhy::source::{Files, Settings};
use tcpwhy::time::Time;

/// Every prefix of files up to this length is tried.
const SMALL: usize = 8 * 1024;
/// What a file may take of a processor.
const PATIENCE: Duration = Duration::from_secs(2);

struct Collected(Report);

impl Listener for Collected {
    fn finding(&mut self, finding: Finding) {
        self.0.finding(finding).expect("memory");
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.0.success(client, server, port, time);
    }

    fn note(&mut self, note: String) {
        assert!(!note.chars().any(is_unsafe), "{note:?}");
    }

    fn wants_all(&self) -> bool {
        true
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// The report in JSON; empty if nothing can be read.
fn report(path: &Path) -> Vec<u8> {
    let Ok(mut files) = Files::open(&[path.to_path_buf()], &Settings::default()) else { return Vec::new() };
    let options = Options { format: Format::Json, all: true, ..Options::default() };
    let mut collected = Collected(Report::new(options, Output::memory()));
    let summary: Summary = analyse(&mut files, &mut collected).expect("an analysis");
    collected.0.end(&summary).expect("memory");
    collected.0.into_output().into_memory()
}

/// Reads a capture twice, in time and with the same result.
fn read_twice(capture: &[u8], directory: &Path, what: &dyn Fn() -> String) {
    let path = directory.join("capture");
    std::fs::write(&path, capture).expect("room");
    let before = processor_time();
    let once = report(&path);
    let taken = processor_time() - before;
    assert!(taken < PATIENCE, "{}: {taken:?}", what());
    assert!(once == report(&path), "{}: not the same twice", what());
    let text = String::from_utf8(once).expect("UTF-8");
    assert!(!text.chars().any(|character| character != '\n' && is_unsafe(character)), "{}: not escaped", what());
}

/// How long this thread ran, however busy the machine is (proc_pid_schedstat(5)).
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|text| text.parse().ok()).expect("nanoseconds"))
}

/// A random number generator that needs no crate (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) as usize % limit.max(1)
    }
}

/// Changes a few places: a byte, a number with extreme values, a part taken out or repeated.
fn mutate(capture: &mut Vec<u8>, random: &mut Random) {
    const EXTREME: [[u8; 4]; 6] =
        [[0; 4], [0xff; 4], [0, 0, 0, 0x80], [1, 0, 0, 0], [0, 0, 0, 1], [0xfc, 0xff, 0xff, 0x7f]];
    for _ in 0..=random.below(4) {
        let length = capture.len();
        let at = random.below(length);
        match random.below(5) {
            0 | 1 if length > 0 => capture[at] = random.below(256) as u8,
            2 => {
                let value = EXTREME[random.below(EXTREME.len())];
                capture.iter_mut().skip(at).zip(value).for_each(|(byte, value)| *byte = value);
            }
            3 => drop(capture.drain(at..(at + random.below(100)).min(length))),
            _ => {
                let part = capture[at..(at + random.below(200)).min(length)].to_vec();
                let to = random.below(length);
                capture.splice(to..to, part);
            }
        }
    }
}

/// The captures to damage, the small ones first.
fn captures() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = std::env::var_os("CORPUS").map_or_else(|| here.join("../shared/corpus"), PathBuf::from);
    if !corpus.is_dir() {
        println!("skipped: there is no {}; only what is shipped is damaged", corpus.display());
    }
    let mut found: Vec<(u64, PathBuf)> = [corpus, here.join("captures")]
        .iter()
        .filter_map(|folder| folder.read_dir().ok())
        .flatten()
        .filter_map(|entry| entry.ok())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension.to_string_lossy().starts_with("pcap")))
        .filter_map(|path| Some((path.metadata().ok()?.len(), path)))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// A number from the environment.
fn asked_for(name: &str) -> Option<usize> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn damaged_captures_are_read_in_time_and_the_same_twice() {
    let asked = asked_for("HOSTILE_MUTATIONS");
    let whole = asked.is_some();
    let step = asked_for("HOSTILE_PREFIX_STEP").unwrap_or(if whole { 1 } else { 997 });
    let captures = captures();
    assert!(!captures.is_empty(), "nothing to damage");
    let directory = tempfile::tempdir().expect("a directory");
    let (mut prefixes, mut small) = (0, Vec::new());
    for path in &captures {
        let capture = std::fs::read(path).expect("a capture");
        if whole {
            read_twice(&capture, directory.path(), &|| path.display().to_string());
        }
        if capture.len() <= SMALL {
            for length in (0..capture.len()).step_by(step) {
                read_twice(&capture[..length], directory.path(), &|| format!("{} cut to {length}", path.display()));
                prefixes += 1;
            }
        }
        if whole || capture.len() <= SMALL {
            small.push((path, capture));
        }
    }
    let mut random = Random(1);
    let mutations = asked.unwrap_or(1000);
    for number in 0..mutations {
        let (path, capture) = &small[random.below(small.len())];
        let mut capture = capture.clone();
        mutate(&mut capture, &mut random);
        read_twice(&capture, directory.path(), &|| format!("{}, mutation {number}", path.display()));
    }
    println!("{} files, {prefixes} prefixes, {mutations} mutations", captures.len());
}
