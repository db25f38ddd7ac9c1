use unicode_width::UnicodeWidthStr;

use super::*;
use crate::causes::Confidence;
use crate::decode::End;
use crate::diagnose::{EndReport, EndedBy, Finding};
use crate::episodes::Episodes;
use crate::report::samples::{self, DECIDED, later};
use crate::time::SECOND;
use crate::track::kernel::Kind;

const WHOLE: &str = include_str!("text_sample.txt");

fn summary_of(findings: &[Finding]) -> Summary {
    let mut summary = Summary {
        frames: 6123,
        segments: 6100,
        duplicates: 12,
        icmp_errors: 2,
        connections: 120,
        benign: vec![("benign_tail", 12), ("half_close", 3)],
        undecided: vec![("one_direction", 2)],
        skipped: vec![("udp", 20), ("arp", 1)],
        first: Some(DECIDED - 2 * SECOND),
        last: Some(DECIDED + 150 * SECOND),
        ..Summary::default()
    };
    for kind in findings.iter().filter_map(|finding| finding.kind) {
        summary.failures[kind as usize] += 1;
    }
    summary
}

fn rendered(findings: &[Finding], options: Options) -> String {
    let mut episodes = Episodes::default();
    for finding in findings {
        episodes.add(finding.clone());
    }
    let inputs = Inputs { names: vec!["trace.pcap".to_owned()], digits: 6 };
    gathered(&mut episodes, &summary_of(findings), &inputs, &options)
}

fn gathered(episodes: &mut Episodes, summary: &Summary, inputs: &Inputs, options: &Options) -> String {
    let all = episodes.finish();
    let found = Found { episodes: &all, scans: &episodes.scans(), folded: episodes.folded() };
    render(&found, summary, inputs, options)
}

fn plain(findings: &[Finding]) -> String {
    rendered(findings, Options::default())
}

fn assert_fits(text: &str, width: usize) {
    for line in text.lines().filter(|line| !line.trim_start().starts_with("$ ")) {
        assert!(line.width() <= width, "{} columns: {line}", line.width());
        assert_eq!(line, line.trim_end(), "no spaces at the end");
    }
}

fn a_night() -> Vec<Finding> {
    let mut findings = vec![samples::keepalive_race(), samples::refused_ipv6()];
    for second in [0, 1, 3, 7] {
        findings.push(later(samples::refused_from(1, 8080), second * SECOND));
    }
    findings.push(later(samples::refused_from(3, 8080), 2 * SECOND));
    for tick in 0..30 {
        findings.push(later(samples::health_check(), tick * 5 * SECOND));
    }
    findings
}

#[test]
fn a_whole_report() {
    let text = plain(&a_night());
    assert!(text == WHOLE, "the sample in text_sample.txt should be\n{text}");
}

#[test]
fn every_line_fits_whatever_happens() {
    let mut findings = a_night();
    for host in 1..=40 {
        findings.push(samples::refused_from(host, 9000 + u16::from(host)));
    }
    let mut long = samples::refused_ipv6();
    long.client.end.ip = "2001:db8:1111:2222:3333:4444:5555:6666".parse().expect("an address");
    long.server.end.ip = "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".parse().expect("an address");
    long.summary = "x".repeat(2000);
    long.evidence = (0..40)
        .map(|frame| {
            samples::evidence(frame * 1_000_000_000, frame, EndedBy::Middlebox, &"S 0:0(0) ".repeat(9), "a note")
        })
        .collect();
    for _ in 0..50 {
        findings.push(long.clone());
    }
    for width in [60, 80, 100] {
        assert_fits(&rendered(&findings, Options { width, all: true, ..Options::default() }), width);
    }
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let hostile = "SNI \x1b]0;owned\x07\u{202e}evil\u{9b}2J\r\nNo failed connections";
    let mut finding = samples::keepalive_race();
    finding.summary = hostile.to_owned();
    finding.retry_why = hostile.into();
    finding.client.calls = Some(hostile.to_owned());
    for evidence in &mut finding.evidence {
        evidence.note = hostile.to_owned().into();
        evidence.packet = hostile.into();
    }
    let text = plain(&[finding]);
    assert!(text.contains("SNI \\x1b]0;owned\\x07\\u{202e}evil\\x9b2J\\x0d\\x0aNo"), "{text}");
    assert!(!text.chars().any(|character| character != '\n' && crate::report::escape::is_unsafe(character)));
    assert!(!text.lines().any(|line| line.starts_with("No failed")));
}

#[test]
fn colours_change_nothing_but_colour() {
    let findings = a_night();
    let coloured = rendered(&findings, Options { colour: true, ..Options::default() });
    assert!(coloured.contains("\x1b[1m\x1b[31mrefused\x1b[0m"));
    let mut stripped = String::new();
    let mut inside = false;
    for character in coloured.chars() {
        match character {
            '\x1b' => inside = true,
            'm' if inside => inside = false,
            _ if inside => {}
            _ => stripped.push(character),
        }
    }
    assert_eq!(stripped, plain(&findings));
    assert!(!plain(&findings).contains('\x1b'));
}

#[test]
fn nothing_failed_is_said_in_one_honest_line() {
    assert!(plain(&[]).starts_with("No failed connections among 120 connections (6,123 packets).\n"));
    let text = |summary| gathered(&mut Episodes::default(), &summary, &Inputs::default(), &Options::default());
    let lines = |summary: Summary| text(summary).lines().next().map(str::to_owned).unwrap_or_default();
    assert_eq!(lines(Summary::default()), "The capture holds no packets.");
    assert!(text(Summary::default()).contains("   packets    none\n"), "{}", text(Summary::default()));
    let no_tcp = Summary { frames: 7, skipped: vec![("udp", 7)], ..Summary::default() };
    assert_eq!(lines(no_tcp), "No TCP in this capture.");
}

#[test]
fn one_packet_and_no_tcp_are_counted_in_english() {
    let text = |summary| gathered(&mut Episodes::default(), &summary, &Inputs::default(), &Options::default());
    let moment = Some(DECIDED);
    let one = text(Summary { frames: 1, skipped: vec![("udp", 1)], first: moment, last: moment, ..Summary::default() });
    assert!(one.contains("\n1 packet, 2026-11-22 06:16:55 UTC.\n"), "{one}");
    assert!(one.contains("   packets    1 read, not TCP\n"), "{one}");
    let last = Some(DECIDED + 1_000_000);
    let short = text(Summary { frames: 7, first: moment, last, ..Summary::default() });
    assert!(short.contains("\n7 packets, 2026-11-22 06:16:55 UTC (1 ms).\n"), "{short}");
    let some = text(Summary { frames: 7, duplicates: 1, ..Summary::default() });
    assert!(some.contains("   packets    7 read, none of them TCP; 1 seen twice counts once\n"), "{some}");
}

#[test]
fn health_checks_do_not_look_like_an_outage() {
    let checks: Vec<Finding> = (0..30).map(|tick| later(samples::health_check(), tick * SECOND)).collect();
    let text = plain(&checks);
    assert!(text.starts_with("30 of 120 connections were reset by their clients at once"), "{text}");
    assert!(!text.contains("\n1. "), "folded: {text}");
    let single = plain(&checks[..1]);
    assert!(single.contains("\n1. aborted: "), "a single one is told in full: {single}");
}

#[test]
fn a_port_scan_is_a_line() {
    let scan: Vec<Finding> = (1..=1000).map(|port| samples::refused_from(9, port)).collect();
    let text = plain(&scan);
    assert!(text.contains("   port_scan, 10.0.0.9 -> 1,000 targets, ports 1, 2, 3, ..."), "{text}");
    assert!(text.contains("  1,000 times\n") && !text.contains("no_listener"), "{text}");
    assert!(text.lines().count() < 20, "{text}");
}

#[test]
fn many_problems_are_not_all_told_in_full() {
    let mut findings = Vec::new();
    for host in 1..=60 {
        findings.push(samples::refused_from(host, 9000 + u16::from(host)));
    }
    let text = plain(&findings);
    assert!(text.contains("\n3. refused: ") && !text.contains("\n4. "), "alike ones are told three times: {text}");
    assert_eq!(text.matches("Steps as in problem 1").count(), 2);
    assert!(text.contains("Other failures\n   refused: no_listener, 10.0.0.4:50000 -> 10.0.0.2:9004"), "{text}");
    assert!(text.contains("and 27 more, 27 connections in all; --format json lists them all"), "{text}");
}

#[test]
fn one_of_each_kind_and_cause_is_told_before_more_of_the_same() {
    let mut findings = Vec::new();
    // Sixty services with eight clients each, too slow for a scan: sixty problems that outrank all that happened once.
    for port in 1..=60 {
        let at = u64::from(port) * 60 * SECOND;
        findings.extend((1..=8).map(|client| later(samples::refused_from(client, 9000 + port), at)));
    }
    findings.push(samples::keepalive_race());
    findings.push(Finding { kind: Some(Kind::Reset), ..samples::keepalive_race() });
    findings.push(Finding { cause: None, ..samples::keepalive_race() });
    let text = plain(&findings);
    for heading in ["1. refused: ", "2. reset: ", "3. broken_pipe: ", "4. broken_pipe: ", "5. refused: "] {
        assert!(text.contains(&format!("\n{heading}")), "{heading} {text}");
    }
}

#[test]
fn peers_of_one_client_that_fail_alike_are_one_problem() {
    let peer = |host: u8| {
        let mut finding = Finding { kind: Some(Kind::Reset), ..samples::keepalive_race() };
        finding.server.end = End { ip: [10, 7, 7, host].into(), port: 6000 + u16::from(host) };
        finding
    };
    let text = plain(&(1..=5).map(peer).collect::<Vec<_>>());
    assert!(text.contains("   10.0.0.1 -> 5 services "), "{text}");
    assert!(text.contains("   services   10.7.7.1:6001  06:16:55.359\n"), "{text}");
    assert!(text.contains("The first of 5: The server closed"), "{text}");
    assert!(!text.contains("\n2. ") && !text.contains("Other failures"), "{text}");
    let two = plain(&(1..=2).map(peer).collect::<Vec<_>>());
    assert!(two.contains("\n2. "), "two services are two problems: {two}");
}

#[test]
fn what_calls_fail_is_told_in_full_once() {
    let mut other = samples::keepalive_race();
    other.server.end.port = 9090;
    let text = plain(&[samples::keepalive_race(), other]);
    assert_eq!(text.matches("recv returns 0 (EOF), the next send fails with EPIPE").count(), 1, "{text}");
    assert!(text.contains("EPIPE: Broken pipe (Python BrokenPipeError), as in problem 1\n"), "{text}");
}

#[test]
fn ends_that_get_the_same_error_are_told_so_within_one_problem() {
    let mut finding = samples::keepalive_race();
    finding.server = EndReport { end: finding.server.end, ..finding.client.clone() };
    let text = plain(&[finding]);
    assert!(text.contains("(Python BrokenPipeError), like the other end\n"), "{text}");
    assert!(!text.contains("as in problem"), "{text}");
}

#[test]
fn no_pause_is_no_news() {
    let mut finding = samples::keepalive_race();
    finding.timing.idle_before = Some(0);
    assert!(!plain(&[finding]).contains("idle for"));
}

#[test]
fn headings_claim_no_more_than_is_known() {
    assert!(plain(&[samples::keepalive_race()]).contains("1. broken_pipe: probably the request met "));
    let unsure = Finding { confidence: Confidence::Possible, ..samples::keepalive_race() };
    assert!(plain(&[unsure]).contains("1. broken_pipe: perhaps the request met "));
    assert!(plain(&[samples::refused_from(1, 1)]).contains("1. refused: Nothing listens "));
}

#[test]
fn what_was_said_last_is_told_and_escaped() {
    let request = b"GET /item\x1b HTTP/1.1\r\nHost: lab\r\n\r\n";
    let context = crate::context::read(request, b"", crate::context::Side::Client, 80);
    let sentence = context.as_ref().map(|context| context.sentence().to_owned()).expect("HTTP");
    let finding = Finding { context, ..samples::keepalive_race() };
    let text = plain(std::slice::from_ref(&finding));
    assert!(text.contains(&format!("   last said  {}\n", crate::report::escape::escape(&sentence))), "{text}");
    assert!(!text.contains('\x1b'));
    let twice = plain(&[finding.clone(), later(finding, SECOND)]);
    assert!(twice.contains("   last said  of the first: GET /item"), "{twice}");
}

#[test]
fn a_client_that_hammers_is_told_to_wait() {
    let storm: Vec<Finding> = (0..40).map(|at| later(samples::refused_from(1, 8080), at * SECOND / 10)).collect();
    let text = plain(&storm);
    assert!(text.contains("   pattern    retry_storm: 10.0.0.1 tried 40 times, a connect about every"), "{text}");
    assert!(text.contains("\n   Fix at the client as well: Retry with exponential backoff"), "{text}");
    assert!(text.contains("\n     More: tcpwhy explain retry_storm\n"), "{text}");
    let calm: Vec<Finding> = [0, 1, 3, 7, 15, 31, 63, 127, 187, 247, 307, 367]
        .map(|at| later(samples::refused_from(1, 8080), at * SECOND))
        .to_vec();
    assert!(!plain(&calm).contains("retry_storm"));
}

#[test]
fn a_scan_hides_nothing_else() {
    let mut findings: Vec<Finding> = (1..=100).map(|port| samples::refused_from(9, port)).collect();
    findings.push(samples::keepalive_race());
    findings.push(samples::refused_from(3, 5432));
    // Who tries one port over and over wants to be served.
    findings.extend((0..5).map(|at| later(samples::refused_from(9, 7), at * SECOND)));
    let text = plain(&findings);
    assert!(text.contains("keepalive_race") && text.contains("10.0.0.3:50000 -> 10.0.0.2:5432"), "{text}");
    assert!(text.contains("   10.0.0.9 -> 10.0.0.2:7 "), "{text}");
}

#[test]
fn several_recordings_are_said_to_be_several() {
    let text = |recordings| {
        let summary = Summary { recordings, frames: 9, segments: 9, connections: 1, ..Summary::default() };
        gathered(&mut Episodes::default(), &summary, &Inputs::default(), &Options::default())
    };
    assert!(text(2).contains("They are 2 recordings, with more than a day"), "{}", text(2));
    assert!(!text(1).contains("recordings"));
}

#[test]
fn not_to_try_again_is_not_called_a_failure() {
    let refused = samples::refused_from(1, 8080);
    let twice = [refused.clone(), later(refused.clone(), SECOND)];
    assert!(plain(&twice).contains("   recovered  not tried again in this capture\n"));
    let silent = Finding { kind: Some(Kind::TimedOut), ..later(refused, 9 * SECOND) };
    let text = plain(&[twice.to_vec(), vec![silent]].concat());
    assert!(text.contains("   recovered  no: a later attempt failed in another way\n"), "{text}");
}

#[test]
fn of_many_packets_the_middle_is_left_out_and_counted() {
    let mut finding = samples::keepalive_race();
    finding.evidence =
        (1..=20).map(|frame| samples::evidence(frame, frame * SECOND, EndedBy::Client, "S 0:0(0)", "")).collect();
    let text = plain(&[finding]);
    assert!(text.contains("... 10 more\n"), "{text}");
    assert_eq!(text.matches("client > S 0:0(0)").count(), 10);
}

#[test]
fn several_inputs_are_named_beside_the_packets() {
    let mut finding = samples::keepalive_race();
    let inputs = Inputs { names: vec!["client.pcap".to_owned(), "server\x1b.pcap".to_owned()], digits: 6 };
    let text = |finding: &Finding| {
        let mut episodes = Episodes::default();
        episodes.add(finding.clone());
        gathered(&mut episodes, &Summary::default(), &inputs, &Options::default())
    };
    assert!(text(&finding).contains("Packets, from 06:16:54.305984 on, in client.pcap:"), "{}", text(&finding));
    finding.evidence[3].input = 1;
    assert!(text(&finding).contains("[server\\x1b.pcap]"), "{}", text(&finding));
}

#[test]
fn benign_endings_are_listed_when_asked_for() {
    let findings = [samples::benign()];
    assert!(plain(&findings).contains("3 half_close (--all lists them)"));
    let text = rendered(&findings, Options { all: true, ..Options::default() });
    assert!(text.contains("Benign endings\n   half_close, 10.0.0.1:40000 -> 10.0.0.2:80"), "{text}");
    assert!(text.starts_with("No failed connections"), "{text}");
}

#[test]
fn what_cannot_be_told_is_listed_when_asked_for_and_why_is_said_once() {
    let mut other = samples::undecided();
    other.server.end.port = 81;
    let findings = [samples::undecided(), other];
    let text = rendered(&findings, Options { all: true, ..Options::default() });
    for port in [8080, 81] {
        let line = format!("   odd_reset, 10.0.0.1:40000 -> 10.0.0.2:{port}, frame 14 ");
        assert!(text.contains(&line), "{text}");
    }
    assert_eq!(text.matches("\n      The server closed the idle").count(), 1, "{text}");
    assert_eq!(text.matches("More: tcpwhy explain odd_reset").count(), 1, "{text}");
    assert!(text.contains("\nUndecided\n") && !text.contains("Benign endings"), "{text}");
    assert!(text.starts_with("No failed connections") && !plain(&findings).contains("frame 14"), "{text}");
}

#[test]
fn what_is_not_sure_is_not_dressed_up() {
    let unsure =
        Finding { cause: None, role_known: false, confidence: Confidence::Possible, ..samples::keepalive_race() };
    let text = plain(&[unsure]);
    assert!(text.contains("1. broken_pipe: Broken pipe, cause unknown"), "{text}");
    assert!(text.contains(" unexplained\n"), "{text}");
    assert!(text.contains("   roles      guessed: "), "{text}");
}

#[test]
fn recovery_is_told() {
    let findings = a_night();
    let mut episodes = Episodes::default();
    findings.iter().for_each(|finding| episodes.add(finding.clone()));
    for finding in [samples::refused_from(1, 8080), samples::refused_ipv6()] {
        let (client, server) = (finding.client.end, finding.server.end);
        episodes.success(client.ip, server.ip, server.port, DECIDED + 10 * SECOND);
    }
    let text = gathered(&mut episodes, &summary_of(&findings), &Inputs::default(), &Options::default());
    assert!(text.contains("   recovered  for 1 of 2\n"), "{text}");
    assert!(text.contains("   recovered  yes, 10 s after the last failure, at 06:17:05.359\n"), "{text}");
}

#[test]
fn what_is_seldom_is_counted() {
    let folded = Folded { episodes: 7, findings: 9, clients: 1, successes: 2 };
    let found = Found { episodes: &[], scans: &[], folded };
    let summary = Summary {
        frames: 9,
        translated: 2,
        unremembered: 3,
        evicted: 4,
        copies_forgotten: 5,
        messages_forgotten: 6,
        unseen: 7000,
        ..Summary::default()
    };
    let text = render(&found, &summary, &Inputs::default(), &Options::default());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("9 connections in 7 old groups"), "{text}");
    assert!(
        text.contains("NAT 2 connections were also seen on the other side of NAT; each is reported once"),
        "{text}"
    );
    assert!(text.contains("missing 7,000 bytes were acknowledged but never captured"), "{text}");
    assert!(text.contains("forgotten 4 connections before their end"), "{text}");
    assert!(text.contains("3 old records of services and hosts were forgotten"), "{text}");
    assert!(text.contains("; 5 packets were forgotten so soon that a copy would count as a retransmission"), "{text}");
    assert!(text.contains("6 last messages of connections were overwritten"), "{text}");
    assert!(text.contains("1 client was no longer watched for scans"), "{text}");
    assert!(text.contains("2 recent successes were forgotten"), "{text}");
    assert!(text.contains("some causes and recoveries may be missed, but no failures"), "{text}");
}

#[test]
fn the_addresses_behind_a_nat_are_told() {
    let finding = samples::keepalive_race();
    let ends = [finding.client.end, End { port: 80, ..finding.server.end }];
    let text = plain(&[Finding { translated: Some(ends), ..finding }]);
    assert!(text.contains("   behind NAT 10.0.0.1:34186 -> 10.0.0.2:80, the same connection\n"), "{text}");
}
