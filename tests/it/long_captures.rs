//! What a capture that goes on for months brings: numbers that no longer fit, and tables that are full of what is long gone.

use std::fs;

use tcpwhy::analysis::analyse;
use tcpwhy::diagnose::Finding;
use tcpwhy::notation::{Build, Family, parse};
use tcpwhy::source::{Error, Files, FrameBatch, Settings, Source};
use tcpwhy::time::{SECOND, Time};

use crate::capture_file::{Format, write};
use crate::check::{Collector, analyse_as_set, analyse_capture, analyse_captures, describe};
use crate::scripts::all;

/// A capture before which so many frames were captured that their numbers take more than 32 bits.
struct Late(Files);

impl Source for Late {
    fn fill(&mut self, batch: &mut FrameBatch) -> Result<bool, Error> {
        let more = self.0.fill(batch);
        batch.frames.iter_mut().for_each(|frame| frame.number += 1 << 32);
        more
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.0.take_notes()
    }

    fn input_names(&self) -> &[String] {
        self.0.input_names()
    }

    fn frames_read(&self) -> u64 {
        self.0.frames_read()
    }

    fn fractional_digits(&self) -> u8 {
        self.0.fractional_digits()
    }
}

#[test]
fn packets_are_told_apart_when_their_numbers_no_longer_fit() {
    let told = |finding: &Finding| {
        let packets =
            finding.evidence.iter().map(|packet| (packet.time, packet.packet.to_string(), packet.note.clone()));
        (finding.summary.clone(), packets.collect::<Vec<_>>())
    };
    for path in all() {
        let text = fs::read_to_string(&path).expect("a readable script");
        let script = parse(&text).expect("a script");
        let mut frames = Build::new(Family::V4).frames(&script);
        // No two packets come at the same time.
        frames.iter_mut().zip(0..).for_each(|((time, _), at)| time.0 += at);
        let capture = write(&frames, Format::PcapNanoseconds, 65_535);
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(&file, &capture).expect("room for a capture");
        let mut late = Late(Files::open(&[file.path().into()], &Settings::default()).expect("a capture"));
        let mut found = Collector::default();
        analyse(&mut late, &mut found).expect("an analysis");
        let (expected, _) = analyse_capture(&capture);
        let [found, expected] = [&found, &expected].map(|all| all.findings.iter().map(told).collect::<Vec<_>>());
        assert_eq!(found, expected, "{}", path.display());
    }
}

/// More services than are remembered answered before this one, which stops then.
#[test]
fn a_service_is_known_after_all_that_came_before_it() {
    let answered = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        let text = format!(
            "server 10.{}.{b}.{c}:80\nclient 10.0.0.1:{}\n+{:.4} > S 0:0(0)\n+.0001 < S. 0:0(0) ack 1\n",
            a + 1,
            1024 + number % 60_000,
            f64::from(number) / 1000.0
        );
        Build::new(Family::V4).frames(&parse(&text).expect("a script"))
    };
    let mut frames = (0..70_000).map(answered).collect::<Vec<_>>().concat();
    let last = "server 10.9.9.9:80\nclient 10.0.0.1:1000\n+80 > S 0:0(0)\n+.0001 < S. 0:0(0) ack 1\n+0 > . 1:1(0) ack 1\n\
                +0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 2\n+0 > . 2:2(0) ack 2\n\
                +9 [2] > S 0:0(0)\n+.0001 [2] < R. 0:0(0) ack 1\nwait 3\n";
    frames.extend(Build::new(Family::V4).frames(&parse(last).expect("a script")));
    let (found, summary) = analyse_capture(&write(&frames, Format::PcapNanoseconds, 65_535));
    let causes: Vec<_> =
        found.findings.iter().filter(|finding| finding.kind.is_some()).map(Finding::cause_id).collect();
    assert_eq!(causes, ["service_stopped"]);
    assert!(summary.unremembered > 0);
}

/// A capture that begins a new file each minute leaves a thousand a day.
#[test]
fn the_packets_of_very_many_files_are_named_by_their_files() {
    let refused = |minute: u32| {
        let text = format!("client 10.0.0.1:{}\n+{} > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\n", 1000 + minute, minute * 60);
        let frames = Build::new(Family::V4).frames(&parse(&text).expect("a script"));
        write(&frames, Format::PcapNanoseconds, 65_535)
    };
    let files: Vec<_> = (0..600).map(refused).collect();
    let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let (found, _) = analyse_captures(&files, false);
    let places =
        |finding: &Finding| finding.evidence.iter().map(|packet| (packet.input, packet.frame)).collect::<Vec<_>>();
    let expected: Vec<_> = (0..600).map(|file| vec![(file, 1), (file, 2)]).collect();
    assert_eq!(found.findings.iter().map(places).collect::<Vec<_>>(), expected);
}

/// A capture that begins a new file now and then tells the same as one file, loopback and copies included.
#[test]
fn files_of_which_one_begins_where_another_ends_are_one_capture() {
    for path in all() {
        let script = parse(&fs::read_to_string(&path).expect("a readable script")).expect("a script");
        let frames = Build::new(Family::V4).frames(&script);
        let told = |parts: &[&[(Time, Vec<u8>)]]| {
            let files: Vec<_> = parts.iter().map(|part| write(part, Format::PcapNanoseconds, 65_535)).collect();
            let (found, summary) = analyse_captures(&files.iter().map(Vec::as_slice).collect::<Vec<_>>(), false);
            let counts = (summary.segments, summary.duplicates, summary.connections, summary.undecided);
            (found.findings.iter().map(describe).collect::<Vec<_>>(), counts)
        };
        let whole = told(&[&frames]);
        // What an end does while no file is written for minutes is not seen.
        let is_apart = |pair: &[(Time, Vec<u8>)]| pair[1].0.since(pair[0].0) > 130 * SECOND;
        let seen = !frames.windows(2).any(is_apart);
        for length in [1, 3, frames.len().div_ceil(2)] {
            let parts = told(&frames.chunks(length).collect::<Vec<_>>());
            assert!(!seen || parts == whole, "{length} frames, {}", path.display());
        }
    }
}

/// An end that repeats something when a file ends goes on with that, and is not silent until the next file begins.
#[test]
fn what_waits_when_a_file_ends_was_not_seen_to_be_silent_until_the_next_one_begins() {
    const SENDS: &str = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1\n+.01 > P. 1:101(100) ack 1\n\
                         +.2 > P. 1:101(100) ack 1\n+.4 > P. 1:101(100) ack 1\n+.8 > P. 1:101(100) ack 1\n";
    let frames = |text: &str, family: Family, after: u64| {
        let frames = Build::new(family).frames(&parse(text).expect("a script"));
        frames.into_iter().map(move |(time, bytes)| (Time(time.0 + after * SECOND), bytes)).collect::<Vec<_>>()
    };
    let told = |files: &[Vec<(Time, Vec<u8>)>]| {
        let files: Vec<_> = files.iter().map(|frames| write(frames, Format::PcapNanoseconds, 65_535)).collect();
        let files: Vec<_> = files.iter().map(Vec::as_slice).collect();
        let told = |threads| {
            let (found, _) = analyse_captures(&files, threads);
            let doubts = found.undecided.iter().map(|finding| finding.doubt.map(|doubt| doubt.id()));
            (found.findings.iter().map(describe).collect::<Vec<_>>(), doubts.collect::<Vec<_>>())
        };
        assert_eq!(told(false), told(true));
        told(false)
    };
    const PROBES: &str = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1\n+.01 > P. 1:101(100) ack 1\n\
                          +.01 < . 1:1(0) ack 101 win 0\n+.2 > . 100:100(0) ack 1\n+.01 < . 1:1(0) ack 101 win 0\n\
                          +.4 > . 100:100(0) ack 1\n+.01 < . 1:1(0) ack 101 win 0\n+.8 > . 100:100(0) ack 1\n\
                          +.01 < . 1:1(0) ack 101 win 0\n+1.6 > . 100:100(0) ack 1\n+.01 < . 1:1(0) ack 101 win 0\n";
    let probes = frames(PROBES, Family::V4, 0);
    let next =
        frames("+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\n+1 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\n", Family::V6, 600);
    assert_eq!(told(&[probes.clone(), next.clone()]).0.len(), 1);
    assert_eq!(told(&[[probes, next].concat()]).0.len(), 2);
    let first = frames(SENDS, Family::V4, 0);
    let alone = told(std::slice::from_ref(&first));
    assert_eq!((alone.0.len(), alone.1.len()), (0, 1), "{alone:?}");
    for (text, failures) in [
        ("+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1\n", 0),
        ("+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\n", 1),
    ] {
        let next = frames(text, Family::V6, 600);
        let both = told(&[first.clone(), next.clone()]);
        assert_eq!((both.0.len(), &both.1), (failures, &alone.1), "{both:?}");
        assert_eq!(told(&[next.clone(), first.clone()]), both);
        // One capture that goes on all the while shows the silence.
        let as_one = told(&[[first.clone(), next].concat()]);
        assert_eq!(as_one.0.len(), failures + 1, "{as_one:?}");
    }
    // The next file may begin where this one ends.
    let soon = told(&[first, frames(SENDS, Family::V6, 60)]);
    assert_eq!(soon.0.len(), 1, "{soon:?}");
}

/// A file goes on while anything is captured, be it nothing of TCP, or nothing that the filter lets pass.
#[test]
fn a_file_that_goes_on_without_tcp_shows_that_an_end_is_silent() {
    const SENDS: &str = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1\n+.01 > P. 1:101(100) ack 1\n\
                         +.2 > P. 1:101(100) ack 1\n+.4 > P. 1:101(100) ack 1\n+.8 > P. 1:101(100) ack 1\n";
    let script = parse(SENDS).expect("a script");
    let mut first = Build::new(Family::V4).frames(&script);
    let start = first[0].0;
    let later = |seconds: u64| Time(start.0 + seconds * SECOND);
    let arp = [&[0xff; 12][..], &[8, 6], &[0; 28]].concat();
    let next: Vec<_> =
        Build::new(Family::V6).frames(&script).drain(..2).map(|(_, bytes)| (later(600), bytes)).collect();
    let failures = |first: &[(Time, Vec<u8>)], filter: Option<&str>, ahead: bool| {
        let files = [first, &next].map(|frames| write(frames, Format::PcapNanoseconds, 65_535));
        let settings = Settings { ahead, filter: filter.map(str::to_owned), ..Settings::default() };
        analyse_as_set(&files.each_ref().map(Vec::as_slice), &settings).0.findings.len()
    };
    for ahead in [false, true] {
        assert_eq!(failures(&first, None, ahead), 0);
    }
    first.extend([60, 200, 500].map(|seconds| (later(seconds), arp.clone())));
    for (filter, ahead) in [(None, false), (None, true), (Some("tcp"), false), (Some("tcp"), true)] {
        assert_eq!(failures(&first, filter, ahead), 1, "{filter:?}");
    }
}
