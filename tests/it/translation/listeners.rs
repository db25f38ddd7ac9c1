//! Connections that a listener of the host takes in the name of a service: what Netfilter leads to it, and transparent proxies.

use super::captures::*;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tcpwhy::decode::{End, Flags};
use tcpwhy::notation::{Build, Declaration, Direction, Event, Family, Role, Script, parse};
use tcpwhy::time::Time;

use crate::capture_file::{COOKED, write_link};
use crate::check::{analyse_captures, describe};
use crate::scripts::all;

/// Of these the halves are not joined, or not all: what comes first from the server does not acknowledge the SYN alone, or it was
/// captured out of its order. In the last two, several hosts become one listener.
const NOT_JOINED: [&str; 20] = [
    "rst_behind_payload_of_a_crossing_syn",
    "challenge_ack_to_a_client_whose_old_connection_was_not_seen",
    "port_reused_over_a_challenge_ack",
    "port_reused_over_a_challenge_ack_to_the_second_syn",
    "port_reused_and_the_syn_comes_a_second_later",
    "syn_ack_of_a_cancelled_attempt_comes_late",
    "bare_rst_in_answer_to_the_syn",
    "wrong_rst_in_answer_to_the_syn",
    "fast_open_data_is_refused_with_the_syn",
    "fast_open_answers_do_not_arrive",
    "ack_captured_ahead_of_the_syn_ack",
    "after_a_challenge_ack_to_its_syn",
    "challenge_ack_does_not_reach_the_client",
    "time_wait_that_ignores_the_rst",
    "refusals_that_acknowledge_nothing",
    "syn_ack_captured_behind_the_exchange",
    "wrong_rst_does_not_refuse",
    "old_connection_answered_meanwhile",
    "listener_has_a_ttl_of_its_own",
    "way_of_the_rst_is_longer",
];

/// Is the first packet of each connection a SYN?
fn begins_with_its_syn(script: &Script) -> bool {
    let mut begun = Vec::new();
    script.steps.iter().all(|step| {
        let known = begun.contains(&step.connection);
        begun.push(step.connection);
        let is_syn = matches!(&step.event, Event::Segment(line)
            if line.flags == Flags(Flags::SYN) && line.direction == Direction::ToServer);
        known || is_syn || matches!(step.event, Event::Quiet)
    })
}

/// What a host's own loopback shows where Netfilter leads the client's packets to a listener of the host (REDIRECT in OUTPUT): they
/// have its address, and what comes back has that of the service.
fn led_to_a_listener(script: &Script, build: Build) -> Vec<(Time, Vec<u8>)> {
    let connections = script.steps.iter().map(|step| step.connection).max().unwrap_or(1);
    let declarations = (1..=connections).flat_map(|connection| {
        let (client, server) = build.ends(script, connection);
        let ip =
            if server.ip.is_ipv6() { IpAddr::from(Ipv6Addr::LOCALHOST) } else { IpAddr::from(Ipv4Addr::LOCALHOST) };
        let listener = End { ip, port: 15_001 };
        [(Role::Client, client), (Role::Server, listener)].map(|(role, end)| Declaration { role, connection, end })
    });
    let led = Script { declarations: declarations.collect(), steps: script.steps.clone() };
    let both = build.frames(script).into_iter().zip(build.frames(&led));
    let half = |(event, (back, there))| if direction(event) == Some(Direction::ToServer) { there } else { back };
    script.steps.iter().map(|step| &step.event).zip(both).map(half).collect()
}

#[test]
fn halves_with_different_addresses_are_told_as_one_connection() {
    let mut told = 0;
    for path in all() {
        let text = fs::read_to_string(&path).expect("a readable script");
        let script = parse(&text).expect("a script");
        let name = path.file_stem().expect("a name").to_string_lossy();
        for family in [Family::V4, Family::V6] {
            let build = Build::new(family);
            if !begins_with_its_syn(&script) || NOT_JOINED.contains(&&*name) {
                continue;
            }
            let (alone, _) = analyse_together(build.frames(&script));
            let (found, _) = analyse_together(led_to_a_listener(&script, build));
            assert_eq!(outcomes(&found.findings), outcomes(&alone.findings), "{name} {family:?}");
            told += found.findings.iter().filter(|found| found.translated.is_some()).count();
        }
    }
    assert!(told > 700, "{told}");
}

/// Whose SYN an answer from elsewhere acknowledges is certain on the loopback, and only if no other SYN has its number.
#[test]
fn halves_are_joined_on_the_loopback_alone_and_if_no_others_have_the_number() {
    let build = Build::new(Family::V4);
    let answered = |asked: &[&str]| {
        let half = |server: &str, steps: &str| {
            let port = if steps.contains('>') { 2000 } else { 2001 };
            let script = format!("client 10.0.0.1:{port}\nserver {server}\n{steps}wait 3\n");
            build.frames(&parse(&script).expect("a script"))
        };
        let asked = asked.iter().map(|server| half(server, "+0 > S 0:0(0)\n"));
        let answer = half("10.0.0.3:80", "+.0001 < R. 0:0(0) ack 1\n");
        let (found, _) = analyse_together(asked.chain([answer]).collect::<Vec<_>>().concat());
        assert!(found.findings.iter().all(|found| found.summary.contains("nothing listens behind it on ")));
        found
            .findings
            .iter()
            .map(|found| (found.server.end.port, found.translated.map(|[_, server]| server.port)))
            .collect()
    };
    let joined: Vec<_> = answered(&["127.0.0.1:15001"]);
    assert_eq!(joined, [(80, Some(15_001))]);
    assert_eq!(answered(&["10.0.0.1:15001"]), joined);
    for apart in [&["10.0.0.2:15001"][..], &["127.0.0.1:15001", "127.0.0.1:15002"]] {
        assert_eq!(answered(apart), [], "{apart:?}");
    }
}

/// A gateway with a transparent proxy: that has answered the client in the name of the service, near by and before it asked the
/// service itself. So the service has not been there before, and none else refuses for it.
#[test]
fn what_a_transparent_proxy_answers_tells_nothing_of_the_service() {
    const ACCEPTED: &str = "+0 > S 0:0(0) ttl 63\n+.0001 < S. 0:0(0) ack 1 ttl 64\n+.0001 > . 1:1(0) ack 1 ttl 63\n";
    let accepted = |client: &str| format!("client {client}\nserver 10.0.0.9:80\n{ACCEPTED}");
    let asks = |steps: &str| format!("client 10.0.0.1:3000\nserver 10.0.0.9:80\n{steps}wait 3\n");
    let told = |steps: &str| {
        let clients = ["10.0.0.2:2000", "10.0.0.3:2000"]
            .map(|client| seen_by_a_gateway(&accepted(client), Direction::ToServer, 1));
        let mut frames =
            [&clients[0][..], &seen_by_a_gateway(&asks(steps), Direction::ToClient, 1), &clients[1]].concat();
        frames.sort_by_key(|(time, _)| *time);
        let (found, _) = analyse_link(&frames, COOKED);
        found.findings.iter().map(describe).collect::<Vec<_>>().join("; ")
    };
    let refused = told("+.0005 > S 0:0(0) ttl 64\n+.03 < R. 0:0(0) ack 1 ttl 50\n");
    assert!(refused.contains("cause=no_listener ended_by=server"), "{refused}");
    let again = "+.0005 > S 0:0(0) ttl 64\n+1 > S 0:0(0) ttl 64\n+1 > S 0:0(0) ttl 64\n+1 > S 0:0(0) ttl 64\n";
    let silent = told(again);
    assert!(silent.contains("cause=syn_unanswered"), "{silent}");
}

/// A transparent proxy that keeps the client's address and port, as TPROXY allows: on both of its sides the connections have the
/// same ends.
#[test]
fn a_proxy_that_keeps_the_source_has_two_connections_with_the_same_ends() {
    const ASKED: &str = "\
+0 > S 0:0(0) ttl 63
+.0001 < S. 0:0(0) ack 1
+.0001 > . 1:1(0) ack 1 ttl 63
+.0001 > P. 1:34(33) ack 1 ttl 63
+.0001 < . 1:1(0) ack 34
";
    const OPENED: &str = "+.0003 > S 0:0(0)\n+.001 < S. 0:0(0) ack 1\n+.0001 > . 1:1(0) ack 1\n";
    let told = |front: &str, behind: &str| {
        let front = seen_by_a_gateway(&format!("{ASKED}{front}wait 5\n"), Direction::ToServer, 7000);
        let behind = seen_by_a_gateway(behind, Direction::ToClient, 90_000);
        let mut frames = [front, behind].concat();
        frames.sort_by_key(|(time, _)| *time);
        let (found, _) = analyse_link(&frames, COOKED);
        let errnos = found.findings.iter().map(|found| (found.client.errno, found.server.errno));
        errnos.map(|errnos| format!("{errnos:?}")).collect::<Vec<_>>().join(" ")
    };
    let refused = told("+.1 < R. 1:1(0) ack 34\n", "+.0003 > S 0:0(0)\n+.0002 < R. 0:0(0) ack 1\nwait 3\n");
    assert_eq!(refused, "(Some(ECONNREFUSED), None) (Some(ECONNRESET), None)");
    let request = "+.0001 > P. 1:34(33) ack 1\n+.001 < R. 1:1(0) ack 34\nwait 3\n";
    let reset = told("+.1 < R. 1:1(0) ack 34\n", &format!("{OPENED}{request}"));
    assert_eq!(reset, "(Some(ECONNRESET), None) (Some(ECONNRESET), None)");
    let served = "+.0001 > P. 1:34(33) ack 1\n+.001 < P. 1:53(52) ack 34\n+.0001 > R. 34:34(0) ack 53\nwait 3\n";
    let left = told("+.001 < P. 1:53(52) ack 34\n+.0001 > R. 34:34(0) ack 53\n", &format!("{OPENED}{served}"));
    assert_eq!(left, "(None, Some(ECONNRESET)) (None, Some(ECONNRESET))");
}

/// Client and server were captured by `-i any` each. In the server's capture it is the host itself that answers, and in the client's
/// the same service is another host's: that it answered others tells of its queue.
#[test]
fn what_the_host_of_another_capture_answers_tells_of_the_service() {
    const TRIP: u64 = 50_000;
    const ACCEPTED: &str = "client 10.0.0.1:2000\nserver 10.0.0.9:80\n\
        +0 > S 0:0(0)\n+.0002 < S. 0:0(0) ack 1\n+.0001 > . 1:1(0) ack 1\n";
    const IGNORED: &str = "client 10.0.0.1:2001\nserver 10.0.0.9:80\n\
        +.01 > S 0:0(0)\n+1 > S 0:0(0)\n+1 > S 0:0(0)\n+1 > S 0:0(0)\nwait 9\n";
    let captured = |comes: Direction| {
        let mut frames = [ACCEPTED, IGNORED].map(|text| seen_by_a_gateway(text, comes, 1000)).concat();
        // By one clock: the server sees what comes in a trip later, and what it sends a trip sooner.
        for (time, frame) in frames.iter_mut().filter(|_| comes == Direction::ToServer) {
            *time = if frame[1] == 0 { *time + TRIP } else { Time(time.0 - TRIP) };
        }
        frames.sort_by_key(|(time, _)| *time);
        write_link(&frames, COOKED)
    };
    let (client, server) = (captured(Direction::ToClient), captured(Direction::ToServer));
    for files in [&[&client[..]][..], &[&server], &[&client, &server], &[&server, &client]] {
        let (found, _) = analyse_captures(files, false);
        let told = found.findings.iter().map(describe).collect::<Vec<_>>().join("; ");
        assert!(told.contains("cause=backlog_overflow"), "{} captures: {told}", files.len());
    }
}
