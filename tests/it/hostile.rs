//! Floods and absurd numbers: what is kept stays bounded, whatever comes.
//!
//! The program runs with a bound on its address space, so that what grows beyond its limit fails the test. 100,000
//! packets are sent in each; with `HOSTILE_PACKETS` set it is as many as that says.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tcpwhy::time::{SECOND, Time};

use crate::packets::{ACK, Frame, RST, SYN, enhanced, interface, pcap, section};

/// Address space in KiB: the program, its fixed tables, and the least memory that connections may be given.
const ADDRESS_SPACE: u64 = 640 * 1024;
/// Resident memory in KiB that the program stays below.
const RESIDENT: u64 = 256 * 1024;
/// What a debug build takes of a processor for 100,000 packets at most.
const PATIENCE: Duration = Duration::from_secs(60);

fn packets() -> u32 {
    std::env::var("HOSTILE_PACKETS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

/// The summary of a capture that is read within the bounds, and all lines of the report.
#[track_caller]
fn analysed(capture: &[u8]) -> (Value, Vec<Value>) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("hostile.pcap");
    fs::write(&path, capture).expect("room for a capture");
    let (out, errors) = (directory.path().join("out"), directory.path().join("errors"));
    let create = |path| fs::File::create(path).expect("a file");
    let mut child = bounded(&path).stdout(create(&out)).stderr(create(&errors)).spawn().expect("the program runs");
    let (mut peak, mut taken) = (0, Duration::ZERO);
    let status = loop {
        peak = peak.max(peak_memory(child.id()));
        taken = taken.max(processor_time(child.id()));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0), "{}", fs::read_to_string(&errors).expect("what it said"));
    assert!(packets() > 100_000 || taken < PATIENCE, "{taken:?}");
    assert!(peak < RESIDENT, "{peak} KiB");
    let report = fs::read(&out).expect("a report");
    let lines: Vec<Value> = report
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect();
    let summary = lines.last().cloned().expect("a summary");
    assert_eq!(summary["type"], "summary");
    if std::env::var_os("HOSTILE_PACKETS").is_some() {
        println!(
            "{:.2} s, {} MiB, {} connections, {} forgotten",
            taken.as_secs_f64(),
            peak / 1024,
            summary["connections"],
            summary["evicted"]
        );
    }
    (summary, lines)
}

/// The most resident memory that a process had so far, in KiB; 0 when it is gone.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or_default()
}

/// How long a process ran, in the kernel as well, by its clock of 100 ticks a second (proc_pid_stat(5)); 0 when it is
/// gone.
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    Duration::from_millis(ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// The program with a bound on its address space and the least memory for connections.
fn bounded(path: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh", &ADDRESS_SPACE.to_string()])
        .arg(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["--format", "json", "--all", "--threads", "1", "--max-memory", "128M"])
        .arg(path);
    shell
}

/// `packets()` frames, a microsecond apart.
fn flood(frame: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    pcap((0..packets()).map(|number| (start() + u64::from(number) * 1000, frame(number))))
}

fn start() -> Time {
    Time(1_795_328_215 * SECOND)
}

fn scattered(number: u32) -> u32 {
    number.wrapping_mul(0x9e37_79b9)
}

#[test]
fn a_flood_of_syns_is_forgotten_in_part_and_counted() {
    let (summary, _) = analysed(&flood(|number| Frame::v4(scattered(number), 0x0a00_0001).tcp(SYN, number, 0)));
    assert_eq!(summary["connections"], packets());
}

#[test]
fn a_flood_of_syns_in_ipv6_stays_in_bounds() {
    let (summary, _) = analysed(&flood(|number| Frame::v6(u128::from(number) << 40 | 1, 2).tcp(SYN, number, 0)));
    assert_eq!(summary["connections"], packets());
}

#[test]
fn connections_that_come_to_need_more_stay_in_bounds() {
    // All SYNs, and later all of them again: each connection has a story from then on, and no further one begins.
    let half = packets() / 2;
    let syn = |number| Frame::v4(scattered(number % half), 0x0a00_0001).tcp(SYN, number % half, 0);
    let (summary, _) = analysed(&pcap((0..2 * half).map(|number| {
        let later = if number < half { 0 } else { 3 * SECOND };
        (start() + u64::from(number) * 1000 + later, syn(number))
    })));
    assert!(summary["connections"].as_u64() >= Some(half.into()), "{summary}");
    assert!(summary["evicted"].as_u64() > Some(0), "{summary}");
}

#[test]
fn a_flood_of_acks_finds_nothing() {
    let (summary, lines) = analysed(&flood(|number| Frame::v4(scattered(number), 0x0a00_0001).tcp(ACK, number, 1)));
    assert_eq!((summary["segments"].as_u64(), lines.len()), (Some(packets().into()), 1));
}

#[test]
fn a_flood_of_rsts_on_many_connections_finds_nothing() {
    let (summary, lines) = analysed(&flood(|number| Frame::v4(scattered(number), 0x0a00_0001).tcp(RST, number, 0)));
    // With --all each is told as what it is, and is kept no longer.
    let others = lines.iter().filter(|line| line["type"] != "undecided").count();
    assert_eq!((summary["failed"].as_u64(), others), (Some(0), 1));
    assert_eq!(summary["undecided"]["began_late"].as_u64(), Some(lines.len() as u64 - 1));
}

#[test]
fn a_flood_of_rsts_on_one_connection_tells_of_it_once() {
    let capture = flood(|number| match number {
        0 => Frame::v4(1, 2).tcp(SYN, 1000, 0),
        1 => Frame::v4(2, 1).swapped().tcp(SYN | ACK, 5000, 1001),
        2 => Frame::v4(1, 2).tcp(ACK, 1001, 5001),
        _ => Frame::v4(2, 1).swapped().tcp(RST, scattered(number), 0),
    });
    let (summary, lines) = analysed(&capture);
    assert_eq!(summary["connections"], 1);
    assert!(lines.len() <= 3, "{lines:?}");
}

#[test]
fn connections_on_one_tuple_at_one_instant_stay_in_bounds() {
    let frames = (0..packets() / 10).map(|number| {
        let isn = (number / 2).wrapping_mul(1_000_003);
        let frame = Frame::v4(1, 2);
        (start(), if number % 2 == 0 { frame.tcp(SYN, isn, 0) } else { frame.tcp(RST, isn + 1, 0) })
    });
    let (summary, _) = analysed(&pcap(frames));
    assert!(summary["connections"].as_u64() >= Some(u64::from(packets() / 40)), "{summary}");
}

#[test]
fn a_flood_of_icmp_errors_is_counted() {
    let quoted = Frame::v4(1, 2).tcp(SYN, 1000, 0);
    let capture = flood(|number| match number {
        0 => quoted.clone(),
        // Type 3 with codes that are remembered only.
        _ => Frame::v4(scattered(number), 1).icmp(3, [0, 1, 4, 5][number as usize % 4], &quoted),
    });
    let (summary, lines) = analysed(&capture);
    assert_eq!(summary["icmp_errors"].as_u64(), Some(u64::from(packets()) - 1));
    assert!(lines.len() <= 3, "{lines:?}");
}

#[test]
fn one_connection_with_endless_retransmissions_keeps_few_of_them() {
    let capture = flood(|number| match number {
        0 => Frame::v4(1, 2).tcp(SYN, 1000, 0),
        1 => Frame::v4(2, 1).swapped().tcp(SYN | ACK, 5000, 1001),
        2 => Frame::v4(1, 2).tcp(ACK, 1001, 5001),
        _ => Frame::v4(1, 2).numbered(number as u16).payload(b"once more").tcp(ACK, 1001, 5001),
    });
    let (summary, lines) = analysed(&capture);
    assert_eq!(summary["connections"], 1);
    let evidence = lines[0]["evidence"].as_array().map_or(0, Vec::len);
    assert!(evidence <= 32 && lines.len() <= 3, "{evidence}");
}

#[test]
fn a_capture_that_jumps_through_the_years_is_read_to_its_end() {
    let years = [2026_u64, 1970, 2106, 1999, 2050, 1970, 2106];
    let frames = (0..packets() / 10).map(|number| {
        let year = years[number as usize / 3 % years.len()] - 1970;
        let time = Time((year * 31_556_952 * SECOND).min(u64::from(u32::MAX) * SECOND) + u64::from(number) * 1000);
        let flags = if number % 3 == 2 { RST | ACK } else { SYN };
        (time, Frame::v4(number % 50, 2).tcp(flags, number, number))
    });
    let (summary, _) = analysed(&pcap(frames));
    assert_eq!(summary["packets"], packets() / 10);
}

#[test]
fn time_stamps_at_both_ends_of_the_range_do_not_overflow() {
    let mut capture = [section(), interface(9)].concat();
    for number in 0..packets() / 10 {
        let stamp = [0, u64::MAX, 1, u64::MAX - 1, 1 << 63][number as usize % 5];
        let flags = [SYN, SYN, SYN | ACK, RST | ACK, ACK, RST][number as usize % 6];
        capture.extend(enhanced(0, stamp, &Frame::v4(number % 7, 2).tcp(flags, number % 11, 1)));
    }
    let (summary, _) = analysed(&capture);
    assert_eq!(summary["packets"], packets() / 10);
}

#[test]
fn a_block_of_four_gigabytes_is_damage_and_takes_no_memory() {
    let mut capture = [section(), interface(6), enhanced(0, 1, &Frame::v4(1, 2).tcp(SYN, 1, 0))].concat();
    capture.extend(6_u32.to_le_bytes());
    capture.extend(0xffff_fffc_u32.to_le_bytes());
    capture.resize(capture.len() + 4096, 0);
    let (summary, _) = analysed(&capture);
    assert_eq!(summary["packets"], 1);
}

#[test]
fn more_interfaces_than_a_number_has_room_for_are_damage() {
    let mut capture = [section(), interface(6), enhanced(0, 1, &Frame::v4(1, 2).tcp(SYN, 1, 0))].concat();
    for _ in 0..packets() {
        capture.extend(interface(6));
    }
    capture.extend(enhanced(70_000, 2, &Frame::v4(1, 2).tcp(SYN, 1, 0)));
    let (summary, _) = analysed(&capture);
    assert_eq!(summary["packets"], 1);
}

#[test]
fn nested_tunnels_end_at_the_limit_with_a_word() {
    let capture = flood(|number| {
        let depth = if number == 0 { 1 } else { 64 };
        (0..depth).fold(Frame::v4(1, 2).tcp(SYN, 1, 0), |inner, _| Frame::v4(3, 4).carrying(4, &inner))
    });
    let (summary, _) = analysed(&capture);
    assert_eq!(summary["segments"], 1);
    assert_eq!(summary["skipped"]["tunnel_too_deep"], packets() - 1, "{summary}");
}

#[test]
fn a_segment_from_an_end_to_itself_is_followed_without_harm() {
    let flags = [SYN, SYN | ACK, ACK, RST, ACK | 1, RST | ACK];
    let capture = flood(|number| Frame::v4(1, 1).ports(80, 80).tcp(flags[number as usize % 6], number / 9, number / 5));
    let (summary, _) = analysed(&capture);
    assert_eq!(summary["packets"], packets());
}

#[test]
fn frames_without_bytes_are_counted() {
    let (summary, _) = analysed(&flood(|_| Vec::new()));
    assert_eq!(summary["packets"], packets());
    assert_eq!(summary["segments"], 0);
}

#[test]
fn what_was_said_before_a_flood_of_messages_is_counted_as_forgotten() {
    let last = packets() - 1;
    let (near, far) = (Frame::v4(1, 2), Frame::v4(2, 1).swapped());
    let capture = flood(|number| match number {
        0 => Frame::v4(1, 2).tcp(SYN, 1000, 0),
        1 => far.tcp(SYN | ACK, 5000, 1001),
        2 => near.clone().tcp(ACK, 1001, 5001),
        3 => near.clone().payload(b"GET / HTTP/1.1\r\n\r\n").tcp(ACK, 1001, 5001),
        number if number == last => far.tcp(RST | ACK, 5001, 1019),
        // Question and answer on another connection, in turns.
        number => {
            let (turn, bytes) = (number / 2 * 600, &[b'x'; 600]);
            match number % 2 {
                0 => Frame::v4(3, 2).payload(bytes).tcp(ACK, turn, turn),
                _ => Frame::v4(2, 3).swapped().payload(bytes).tcp(ACK, turn, turn + 600),
            }
        }
    });
    let (summary, lines) = analysed(&capture);
    assert_eq!((lines[0]["kind"].as_str(), &lines[0]["context"]), (Some("reset"), &Value::Null), "{}", lines[0]);
    assert_eq!(summary["messages_forgotten"], 1, "{summary}");
}
