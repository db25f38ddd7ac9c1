//! Captures of both ends by clocks that differ.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

use tcpwhy::analysis::analyse;
use tcpwhy::clocks::{Clocks, compare};
use tcpwhy::notation::{Build, Family, parse};
use tcpwhy::source::{Files, Interrupt, Settings};
use tcpwhy::time::{MILLISECOND, SECOND, Time};

use crate::capture_file::{Format, write};
use crate::check::{Collector, describe};
use crate::scripts::all;

const HOUR: i64 = 3600 * SECOND as i64;

type Frames = Vec<(Time, Vec<u8>)>;

/// As one place shows it: with these TTLs of the client and of the server, and so many nanoseconds later.
fn seen(text: &str, client: u8, server: u8, later: i64) -> Frames {
    let text = text.replace("ttl C", &format!("ttl {client}")).replace("ttl S", &format!("ttl {server}"));
    let mut frames = Build::new(Family::V4).frames(&parse(&text).expect("a script"));
    frames.iter_mut().for_each(|(time, _)| time.0 = time.0.saturating_add_signed(later));
    frames
}

/// Captures in a directory of their own.
struct Captures {
    _directory: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

impl Captures {
    fn of(captures: &[Frames]) -> Captures {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |at: usize| directory.path().join(format!("{at}.pcap"));
        for (at, frames) in captures.iter().enumerate() {
            fs::write(path(at), write(frames, Format::PcapNanoseconds, 65_535)).expect("room for a capture");
        }
        Captures { paths: (0..captures.len()).map(path).collect(), _directory: directory }
    }

    fn clocks(&self) -> Clocks {
        compare(&self.paths, &Interrupt::default())
    }

    fn found(&self, ahead_by: Vec<i64>) -> Vec<String> {
        let settings = Settings { ahead_by, ..Settings::default() };
        let mut files = Files::open(&self.paths, &settings).expect("captures");
        let mut found = Collector::default();
        analyse(&mut files, &mut found).expect("an analysis");
        found.findings.iter().map(describe).collect()
    }
}

const TALK: &str = "\
+0 > S 0:0(0) ttl C id 1
+.03 < S. 0:0(0) ack 1 ttl S id 0
+.0001 > . 1:1(0) ack 1 ttl C id 2
+.0001 > P. 1:34(33) ack 1 ttl C id 3
+.05 < P. 1:53(52) ack 34 ttl S id 51
+.0001 > . 34:34(0) ack 53 ttl C id 4
";
const ABORT: &str = "+1 < R. 53:53(0) ack 34 ttl S id 52\nwait 3\n";

#[test]
fn both_ends_are_put_side_by_side_whatever_their_clocks_say() {
    let text = [TALK, ABORT].concat();
    let near = seen(&text, 64, 60, 0);
    let expected = Captures::of(&[near.clone(), seen(&text, 60, 64, 0)]).found(Vec::new());
    assert_eq!(expected.len(), 1);
    for ahead in [-100 * MILLISECOND as i64, SECOND as i64, -20 * SECOND as i64, HOUR, -72 * HOUR, 50 * 365 * 24 * HOUR]
    {
        let captures = Captures::of(&[near.clone(), seen(&text, 60, 64, ahead)]);
        let Clocks { ahead: found, notes } = captures.clocks();
        assert_eq!(found, [0, ahead]);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains(if ahead > 0 { " ahead of " } else { " behind " }), "{notes:?}");
        assert_eq!(captures.found(found), expected, "{ahead}");
    }
}

/// A client that leaves at once says nothing more: its SYN tells by how much the clocks differ.
#[test]
fn handshakes_put_both_ends_side_by_side() {
    let text = "+0 > S 0:0(0) ttl C id 1\n+.0001 < S. 0:0(0) ack 1 ttl S id 7\n+.0001 > R 1:1(0) ttl C id 0\nwait .3\n";
    let near = seen(text, 64, 61, 0);
    let expected = Captures::of(std::slice::from_ref(&near)).found(Vec::new());
    assert!(expected.len() == 1 && expected[0].starts_with("aborted"), "{expected:?}");
    for ahead in [-700 * MILLISECOND as i64, 3 * SECOND as i64, -HOUR] {
        let captures = Captures::of(&[near.clone(), seen(text, 61, 64, ahead)]);
        let ahead_by = captures.clocks().ahead;
        assert_eq!(ahead_by, [0, ahead]);
        assert_eq!(captures.found(ahead_by), expected, "{ahead}");
    }
}

/// No socket sends its SYN again with the identification that it had: what another capture shows later is no repetition, by which
/// a single SYN would have timed out, and a refusal would not have arrived.
#[test]
fn a_syn_that_another_capture_shows_later_is_no_repetition() {
    // Another connection goes on in both captures, before and after.
    let others =
        |ids: Range<u32>| ids.map(|id| format!("+.5 [2] > . 1:1(0) ack 1 ttl C id {id}\n")).collect::<String>();
    for answer in ["", "+.0001 < R. 0:0(0) ack 1 ttl S id 0\n"] {
        let text = [&others(10..26), "+.2 > S 0:0(0) ttl C id 1\n", answer, &others(26..42)].concat();
        let near = seen(&text, 64, 61, 0);
        let expected = Captures::of(std::slice::from_ref(&near)).found(Vec::new());
        assert_eq!(expected.len(), usize::from(!answer.is_empty()));
        for ahead in [-3, -1, 1, 3] {
            let captures = Captures::of(&[near.clone(), seen(&text, 61, 64, ahead * SECOND as i64)]);
            assert_eq!(captures.found(vec![0; 2]), expected, "{text} {ahead}");
        }
    }
}

/// Some systems give no identification, and in IPv6 none does; Windows sends no time stamps either.
#[test]
fn what_nothing_marks_puts_both_ends_side_by_side_if_it_is_not_repeated() {
    let without =
        |text: &str| (0..60).rev().fold(text.to_string(), |text, id| text.replace(&format!("id {id}\n"), "id 0\n"));
    let text = without(&[TALK, ABORT].concat());
    let near = seen(&text, 64, 60, 0);
    let expected = Captures::of(&[near.clone(), seen(&text, 60, 64, 0)]).found(Vec::new());
    assert_eq!(expected.len(), 1);
    for ahead in [700 * MILLISECOND as i64, -3 * SECOND as i64, HOUR] {
        let captures = Captures::of(&[near.clone(), seen(&text, 60, 64, ahead)]);
        let ahead_by = captures.clocks().ahead;
        assert_eq!(ahead_by, [0, ahead]);
        assert_eq!(captures.found(ahead_by), expected, "{ahead}");
    }
    // Of one direction all may be marked.
    let text = [TALK, ABORT]
        .concat()
        .lines()
        .map(|line| if line.contains(" > ") { without(&format!("{line}\n")) } else { format!("{line}\n") })
        .collect::<String>();
    assert_eq!(Captures::of(&[seen(&text, 64, 60, 0), seen(&text, 60, 64, HOUR)]).clocks().ahead, [0, HOUR]);
    // What both ends send again without an answer may be in the next file.
    let both = "+0 > P. 34:67(33) ack 53 ttl C id 0\n+.01 < P. 53:90(37) ack 34 ttl S id 0\n";
    let first = seen(&[&without(TALK), both].concat(), 64, 60, 0);
    let second = seen(&both.replace("+0", "+3"), 64, 60, 0);
    assert_eq!(Captures::of(&[first, second]).clocks().ahead, [0, 0]);
}

/// A proxy shows what its client does and what its server does, which have nothing in common.
#[test]
fn captures_are_compared_by_way_of_another() {
    let other = Build { client_isn: 5, server_isn: 6, ..Build::new(Family::V4) };
    let text = TALK.replace("ttl C", "ttl 64").replace("ttl S", "ttl 60");
    let back = |later: i64| {
        let mut frames = other.frames(&parse(&text).expect("a script"));
        frames.iter_mut().for_each(|(time, _)| time.0 = time.0.saturating_add_signed(later));
        frames
    };
    let proxy = [seen(TALK, 60, 64, -HOUR), back(-HOUR)].concat();
    let captures = Captures::of(&[back(0), seen(TALK, 64, 60, 2 * HOUR), proxy.clone()]);
    assert_eq!(captures.clocks().ahead, [0, 2 * HOUR, -HOUR]);
    // What is compared with none comes first.
    let captures = Captures::of(&[Vec::new(), back(0), proxy]);
    let Clocks { ahead, notes } = captures.clocks();
    assert_eq!(ahead, [0, 0, -HOUR]);
    assert!(notes[0].contains("behind that of") && notes[0].ends_with("1.pcap"), "{notes:?}");
}

#[test]
fn the_program_says_by_which_clock_it_tells() {
    let text = [TALK, ABORT].concat();
    let captures = Captures::of(&[seen(&text, 64, 60, 0), seen(&text, 60, 64, HOUR)]);
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy")).args(["--format", "json"]).args(&captures.paths).output();
    let output = output.expect("it runs");
    let (lines, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(notes.starts_with("tcpwhy: ") && notes.contains("1.pcap: its clock is 1 h ahead of that of "), "{notes}");
    assert_eq!(lines.lines().count(), 2, "{lines}");
}

/// What takes time on its way is no difference of clocks, be it longer in one direction.
#[test]
fn the_way_of_packets_is_no_difference() {
    let talk = TALK.replace("+.0", "+.9");
    let mut far = seen(&talk, 60, 64, 0);
    let way = |line: &str| if line.contains(" > ") { 400 * MILLISECOND as i64 } else { -100 * MILLISECOND as i64 };
    far.iter_mut().zip(talk.lines()).for_each(|((time, _), line)| time.0 = time.0.saturating_add_signed(way(line)));
    let captures = Captures::of(&[seen(&talk, 64, 60, 0), far]);
    assert_eq!(captures.clocks(), Clocks { ahead: vec![0, 0], notes: Vec::new() });
}

/// Nor is what is repeated where a capture begins a new file, or what other connections show.
#[test]
fn a_capture_that_was_cut_into_files_has_one_clock() {
    // Where all comes again by another clock it is told from the other half by nothing but that it is in one file.
    for path in all().into_iter().filter(|path| !path.to_string_lossy().contains("all_comes_again")) {
        let text = fs::read_to_string(&path).expect("a readable script");
        let frames = seen(&text, 64, 60, 0);
        for parts in [2, 3] {
            let length = frames.len().div_ceil(parts).max(1);
            let files: Vec<Frames> = frames.chunks(length).map(<[_]>::to_vec).collect();
            let clocks = Captures::of(&files).clocks();
            assert_eq!(clocks, Clocks { ahead: vec![0; files.len()], notes: Vec::new() }, "{}", path.display());
        }
    }
    let other = Build { client_isn: 5, server_isn: 6, ..Build::new(Family::V4) };
    let other = other.frames(&parse(&TALK.replace(" ttl C", "").replace(" ttl S", "")).expect("a script"));
    let captures = Captures::of(&[seen(TALK, 64, 60, HOUR), other]);
    assert_eq!(captures.clocks().ahead, [0, 0]);
}
