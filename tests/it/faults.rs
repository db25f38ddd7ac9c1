//! When the world fails: full disks, readers that go away, files that may not be read, too little memory.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tcpwhy::time::{SECOND, Time};

use crate::packets::{ACK, Frame, RST, SYN, pcap, refused};
use crate::program::{program, reading};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A capture in a folder of its own.
fn captured(count: u32) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("refused.pcap");
    fs::write(&path, refused(count)).expect("room");
    (directory, path)
}

#[test]
fn a_full_disk_is_told_and_the_status_says_so() {
    let (_directory, path) = captured(2000);
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for format in ["json", "text"] {
        let output = program().args(["--format", format]).arg(&path).stdout(full()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(said(&output).contains("No space left on device"), "{}", said(&output));
        let output = program().args(["--format", format, "-o", "/dev/full"]).arg(&path).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{format} -o");
        assert!(said(&output).contains("/dev/full: No space left on device"), "{}", said(&output));
    }
}

#[test]
fn a_disk_that_fills_up_in_the_middle_is_told() {
    let (directory, path) = captured(500);
    let mount = directory.path().join("small");
    fs::create_dir(&mount).expect("a folder");
    // A file system of 64 KiB of its own: only where the kernel lets us make one.
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" || exit 77; shift; exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(&mount)
        .arg(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["--format", "json", "-o"])
        .arg(mount.join("report.json"))
        .arg(&path)
        .output();
    match output {
        Ok(output) if output.status.code() == Some(2) => {
            assert!(said(&output).contains("report is not complete"), "{}", said(&output));
        }
        Ok(output) if matches!(output.status.code(), Some(1 | 77)) => println!("skipped: {}", said(&output)),
        Ok(output) => panic!("{:?}: {}", output.status, said(&output)),
        Err(error) => println!("skipped: unshare: {error}"),
    }
}

#[test]
fn a_reader_that_is_killed_ends_it_quietly() {
    let (_directory, path) = captured(3000);
    let mut child = program()
        .args(["--format", "json"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut first = [0; 100];
    let mut reader = child.stdout.take().expect("a pipe");
    reader.read_exact(&mut first).expect("some bytes");
    drop(reader);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
}

#[test]
fn a_closed_output_ends_it_without_a_panic() {
    let (_directory, path) = captured(3);
    let output =
        Command::new("sh").args(["-c", "exec \"$0\" \"$1\" >&-", env!("CARGO_BIN_EXE_tcpwhy")]).arg(&path).output();
    let output = output.expect("it runs");
    assert!(matches!(output.status.code(), Some(0 | 2)), "{:?}: {}", output.status, said(&output));
    assert!(!said(&output).contains("panicked"), "{}", said(&output));
}

#[test]
fn a_capture_that_is_still_being_written_is_read_as_far_as_it_goes() {
    let capture = refused(50);
    let (child, mut pipe) = reading(&["--format", "json"]);
    let (begin, rest) = capture.split_at(1001);
    pipe.write_all(begin).expect("it reads");
    std::thread::sleep(Duration::from_millis(50));
    // The writer dies in the middle of a record.
    pipe.write_all(&rest[..2000]).expect("it reads");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("analysed up to there"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"kind\":\"refused\""));
}

#[test]
fn what_is_found_in_a_pipe_can_be_read_while_the_pipe_is_open() {
    for threads in ["1", "2"] {
        let (mut child, mut pipe) = reading(&["--threads", threads, "--format", "json"]);
        // 1.4 seconds, of which no more is left than the pipe holds when the first is found.
        pipe.write_all(&refused(700)).expect("it reads");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line");
        assert!(line.contains("\"kind\":\"refused\""), "{line}");
        drop(pipe);
        lines.read_to_string(&mut line).expect("the rest");
        assert!(child.wait().expect("it ends").success());
        assert!(line.contains("\"failed\":700"), "{threads} threads");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_no_crash() {
    let (_directory, path) = captured(20_000);
    let child = program()
        .args(["--format", "json"])
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let file = fs::OpenOptions::new().write(true).open(&path).expect("the capture");
    file.set_len(100).expect("it is cut");
    let output = child.wait_with_output().expect("it ends");
    assert!(matches!(output.status.code(), Some(0 | 2)), "{:?}: {}", output.status, said(&output));
    assert!(!said(&output).contains("panicked"), "{}", said(&output));
}

#[test]
fn a_file_that_may_not_be_read_is_told_and_the_others_are_read() {
    let (directory, readable) = captured(3);
    let secret = directory.path().join("secret.pcap");
    fs::write(&secret, refused(3)).expect("room");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("its mode");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    let copy = directory.path().join("tcpwhy");
    fs::copy(env!("CARGO_BIN_EXE_tcpwhy"), &copy).expect("room");
    let mut command = match fs::read(&secret) {
        Err(_) => Command::new(&copy),
        Ok(_) => {
            // Root may read anything.
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy);
            command
        }
    };
    let output = match command.args(["--format", "json"]).args([&secret, &readable]).output() {
        Ok(output) if said(&output).contains("setpriv") => return println!("skipped: {}", said(&output)),
        Ok(output) => output,
        Err(error) => return println!("skipped: {error}"),
    };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("secret.pcap: permission denied"), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"kind\":\"refused\""));
}

#[test]
fn too_little_memory_is_an_error_and_no_endless_run() {
    let (_directory, path) = captured(3000);
    // Less hardly holds a debug build itself: its stack could not grow, of which the kernel tells by SIGSEGV.
    for kibibytes in [18_000, 20_000, 40_000] {
        let output = limited(kibibytes, &path);
        // Where the system has no memory, a program of the standard library is ended by SIGABRT, with a line.
        assert!(output.status.success() || !output.stderr.is_empty(), "{kibibytes}: {:?}", output.status);
    }
    let output = limited(400_000, &path);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

fn limited(kibibytes: u64, path: &Path) -> Output {
    Command::new("timeout")
        .args(["60", "sh", "-c", "ulimit -v \"$1\"; exec \"$0\" --threads 1 --max-memory 128M \"$2\""])
        .arg(env!("CARGO_BIN_EXE_tcpwhy"))
        .arg(kibibytes.to_string())
        .arg(path)
        .output()
        .expect("it runs")
}

/// A conversation that ends well: handshake, request, answer, FINs; a millisecond apart.
fn clean() -> Vec<(Time, Vec<u8>)> {
    const FIN: u8 = 1;
    let (client, server) = (|| Frame::v4(1, 2), || Frame::v4(2, 1).swapped());
    let frames = [
        client().tcp(SYN, 1000, 0),
        server().tcp(SYN | ACK, 5000, 1001),
        client().tcp(ACK, 1001, 5001),
        client().payload(b"ask").tcp(ACK, 1001, 5001),
        server().payload(b"answer").tcp(ACK, 5001, 1004),
        client().tcp(ACK, 1004, 5007),
        server().tcp(FIN | ACK, 5007, 1004),
        client().tcp(FIN | ACK, 1004, 5008),
        server().tcp(ACK, 5008, 1005),
    ];
    let start = Time(1_795_328_215 * SECOND);
    (1..).zip(frames).map(|(number, frame)| (start + number * 1_000_000, frame)).collect()
}

/// The same, but from `at` on the clock is off by so many seconds.
fn with_jump(frames: &[(Time, Vec<u8>)], at: usize, seconds: i64) -> Vec<u8> {
    let by = seconds.unsigned_abs() * SECOND;
    let set = |time: Time| if seconds < 0 { time - by } else { time + by };
    pcap(frames.iter().enumerate().map(|(number, (time, frame))| {
        let time = if number < at { *time } else { set(*time) };
        (time, frame.clone())
    }))
}

#[test]
fn a_clock_that_is_set_makes_no_failure_and_hides_none() {
    const DAY: i64 = 86_400;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("jump.pcap");
    let kinds = |capture: Vec<u8>| {
        fs::write(&path, capture).expect("room");
        let output = program().args(["--format", "json"]).arg(&path).output().expect("it runs");
        let words = said(&output);
        assert!(output.status.success() && (words.is_empty() || words.contains(": time goes back by ")), "{words}");
        let report = String::from_utf8(output.stdout).expect("UTF-8");
        let summary = report.lines().last().expect("a summary").to_owned();
        (report.matches("\"type\":\"failure\"").count(), report.matches("\"kind\":\"refused\"").count(), summary)
    };
    let (clean, start) = (clean(), Time(1_795_328_215 * SECOND));
    let refused = [
        (start, Frame::v4(1, 2).tcp(SYN, 1000, 0)),
        (start + 1_000_000, Frame::v4(2, 1).swapped().tcp(RST | ACK, 0, 1001)),
    ];
    for seconds in [-20 * 365 * DAY, -DAY, -3600, -1, 1, 60, 3600, DAY, 20 * 365 * DAY] {
        for at in 1..clean.len() {
            let (failures, _, summary) = kinds(with_jump(&clean, at, seconds));
            assert_eq!(failures, 0, "{seconds} s from frame {at} on: {summary}");
        }
        let (failures, refusals, summary) = kinds(with_jump(&refused, 2, seconds));
        assert_eq!((failures, refusals), (1, 1), "{seconds} s behind the RST: {summary}");
        let (failures, refusals, summary) = kinds(with_jump(&refused, 1, seconds));
        assert_eq!(failures, refusals, "{seconds} s before the RST: {summary}");
    }
}

/// The same capture with no more than `snaplen` bytes of each packet.
fn cut(capture: &[u8], snaplen: usize) -> Vec<u8> {
    let (head, mut rest) = capture.split_at(24);
    let mut kept = head.to_vec();
    while let Some((record, behind)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes([record[8], record[9], record[10], record[11]]) as usize;
        let short = length.min(snaplen);
        kept.extend_from_slice(&record[..8]);
        kept.extend_from_slice(&(short as u32).to_le_bytes());
        kept.extend_from_slice(&record[12..]);
        kept.extend_from_slice(&behind[..short]);
        rest = &behind[length..];
    }
    kept
}

/// What is said in JSON of a capture, object by object.
fn told(capture: &[u8]) -> Vec<serde_json::Value> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cut.pcap");
    fs::write(&path, capture).expect("room");
    let output = program().args(["--format", "json"]).arg(&path).output().expect("it runs");
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn an_icmp_error_that_the_snaplen_cut_leaves_other_hosts_silence_as_it_is() {
    const ROUTER: u32 = 0x0a00_00fe;
    let syn = |to: u32| Frame::v4(9, to).tcp(SYN, 1000, 0);
    let again = |to: u32| Frame::v4(9, to).numbered(2).tcp(SYN, 1000, 0);
    // Both SYNs are repeated in vain; an error about the first of them is cut ahead of its sequence number.
    let error = Frame::v4(ROUTER, 9).icmp(3, 1, &syn(1));
    let frames = [(0, syn(1)), (1, syn(2)), (2, error), (1000, again(1)), (1001, again(2)), (9000, syn(3))];
    let at = |milliseconds: u64| Time(1_795_328_215 * SECOND + milliseconds * 1_000_000);
    let whole = pcap(frames.into_iter().map(|(time, frame)| (at(time), frame)));
    let objects = told(&cut(&whole, 54));
    let [failure, summary] = objects.as_slice() else { panic!("{objects:#?}") };
    assert_eq!((failure["kind"].as_str(), failure["server"]["ip"].as_str()), (Some("timed_out"), Some("0.0.0.2")));
    assert_eq!(summary["undecided"]["cut_short"].as_u64(), Some(1), "{summary}");
}

#[test]
fn session_tickets_of_which_nothing_is_left_are_no_answer_either() {
    let (client, server) = (Frame::v4(1, 2), Frame::v4(2, 1).swapped());
    let hello = [&b"\x16\x03\x01\x02\x00\x01"[..], &[0; 511]].concat();
    let server_hello = [&b"\x16\x03\x03\x00\x7a\x02"[..], &[0; 778]].concat();
    let finished = [&b"\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x61"[..], &[0; 97]].concat();
    let tickets = [&b"\x17\x03\x03\x00\xfa"[..], &[0; 250]].concat();
    let says = |frame: &Frame, number: u16, payload: &[u8]| frame.clone().numbered(number).payload(payload);
    let frames = [
        (0, client.tcp(SYN, 0, 0)),
        (1, server.tcp(SYN | ACK, 0, 1)),
        (2, says(&client, 2, b"").tcp(ACK, 1, 1)),
        (10, says(&client, 3, &hello).tcp(ACK, 1, 1)),
        (13, says(&server, 2, &server_hello).tcp(ACK, 1, 518)),
        (14, says(&client, 4, &finished).tcp(ACK, 518, 785)),
        (15, says(&server, 3, &tickets).tcp(ACK, 785, 626)),
        (16, says(&client, 5, b"").tcp(ACK, 626, 1040)),
        (2030, says(&server, 4, b"").tcp(RST | ACK, 1040, 626)),
    ];
    let at = |milliseconds: u64| Time(1_795_328_215 * SECOND + milliseconds * 1_000_000);
    let whole = pcap(frames.into_iter().map(|(time, frame)| (at(time), frame)));
    for snaplen in [65_535, 40] {
        let objects = told(&cut(&whole, snaplen));
        let retry = objects.first().and_then(|failure| failure["retry"]["verdict"].as_str());
        assert_eq!(retry, Some("maybe_processed"), "{snaplen}: {objects:#?}");
    }
}
