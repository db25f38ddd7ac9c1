//! Connections that are captured on both sides of an address translation.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tcpwhy::decode::{End, Flags};
use tcpwhy::diagnose::{Finding, Summary};
use tcpwhy::notation::{Build, Declaration, Direction, Event, Family, OptionWord, Reporter, Role, Script, Step, parse};
use tcpwhy::time::{MILLISECOND, Time};
use tcpwhy::track::Doubt;

use crate::capture_file::{COOKED, Format, cooked, write, write_link};
use crate::check::{Collector, analyse_capture, analyse_captures, describe};
use crate::scripts::all;

/// From one side of the NAT to the other, in nanoseconds.
const PASSAGE: u64 = 10_000;

/// Of these both sides are told: what is over only when the connection is forgotten, what ends with the next SYN or began with
/// one that was answered as if by an older connection, and what a filter of the host that forwards drops, which has copies
/// of its own on each side.
const TOLD_TWICE: [&str; 5] = [
    "next_attempt_on_the_same_ports",
    "syn_on_used_ports_is_unreachable",
    "challenge_ack_does_not_reach_the_client",
    "aborts_do_not_leave_the_host_that_forwards",
    "replies_do_not_arrive",
];

/// Of these the halves are not joined, or not all: what comes first from the server does not acknowledge the SYN alone, or it was
/// captured out of its order. In the last two, several hosts become one listener.
const NOT_JOINED: [&str; 19] = [
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

/// A script with more time between its lines than a NAT takes.
fn slower(mut script: Script) -> Script {
    script.steps.iter_mut().for_each(|step| step.after += 3 * PASSAGE);
    script
}

/// The frames on the client's side: the NAT has lowered the server's TTL.
fn near(script: &Script, build: Build) -> Vec<(Time, Vec<u8>)> {
    let mut frames = build.frames(&routed(script, Direction::ToClient));
    // Both sides see the end of what they wait for.
    let last = frames.last().map(|(time, frame)| (*time + MILLISECOND, frame.clone()));
    frames.extend(last);
    frames
}

/// With a time stamp in each SYN, as most kernels send it.
fn stamped(mut script: Script) -> Script {
    for step in &mut script.steps {
        if let Event::Segment(line) = &mut step.event
            && line.flags == Flags(Flags::SYN)
        {
            use OptionWord::{Mss, SackPermitted, Timestamps, WindowScale};
            let usual = || vec![Mss(1460), SackPermitted, WindowScale(7)];
            line.options.get_or_insert_with(usual).push(Timestamps(4711, 0));
        }
    }
    script
}

/// The same on the server's side, with other addresses and ports.
fn far(script: &Script, build: Build) -> Vec<(Time, Vec<u8>)> {
    let translated = translated(&routed(script, Direction::ToServer), build);
    let frames = build.frames(&translated);
    let passed = |(event, (time, frame)): (&Event, (Time, Vec<u8>))| match direction(event)? {
        Direction::ToServer => Some((time + PASSAGE, frame)),
        Direction::ToClient => Some((time - PASSAGE, frame)),
    };
    script.steps.iter().map(|step| &step.event).zip(frames).filter_map(passed).collect()
}

/// Of a packet that passes the NAT.
fn direction(event: &Event) -> Option<Direction> {
    match event {
        Event::Segment(line) => Some(line.direction),
        Event::Icmp(line) => Some(line.direction),
        Event::Quiet => None,
    }
}

/// What goes this way has passed a router.
fn routed(script: &Script, way: Direction) -> Script {
    let mut script = script.clone();
    for step in &mut script.steps {
        if let Event::Segment(line) = &mut step.event
            && line.direction == way
        {
            line.ttl = Some(line.ttl.unwrap_or(64).saturating_sub(1));
        }
    }
    script
}

fn translated(script: &Script, build: Build) -> Script {
    let connections = script.steps.iter().map(|step| step.connection).max().unwrap_or(1);
    let declarations = (1..=connections).flat_map(|connection| {
        let (client, server) = build.ends(script, connection);
        let moved = |end: End, net: u8| End { ip: IpAddr::from([172, 17, net, host(end.ip)]), port: end.port ^ 0x0101 };
        [(Role::Client, moved(client, 1)), (Role::Server, moved(server, 2))].map(|(role, end)| Declaration {
            role,
            connection,
            end,
        })
    });
    Script { declarations: declarations.collect(), steps: script.steps.clone() }
}

fn host(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(ip) => ip.octets()[15],
    }
}

/// Analyses frames of several places as one capture, in the order of their times.
fn analyse_together(mut frames: Vec<(Time, Vec<u8>)>) -> (Collector, Summary) {
    frames.sort_by_key(|(time, _)| *time);
    analyse_capture(&write(&frames, Format::PcapNanoseconds, 65_535))
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

fn outcomes(findings: &[Finding]) -> Vec<String> {
    let of = |found: &Finding| format!("{:?} {}", found.client.end, describe(found));
    let mut outcomes: Vec<_> = findings.iter().map(of).collect();
    outcomes.sort_unstable();
    outcomes
}

/// The outcomes of an analysis, with what was closed in place of an answer.
fn endings(analysis: &Collector) -> Vec<String> {
    let is_closed = |found: &&Finding| matches!(found.doubt, Some(Doubt::NoAnswer | Doubt::AnswerCut));
    let closed: Vec<_> = analysis.undecided.iter().filter(is_closed).cloned().collect();
    [outcomes(&analysis.findings), outcomes(&closed)].concat()
}

/// An error that a host sends to itself passes no NAT, nor does what it is about.
fn never_leaves_its_host(script: &Script) -> bool {
    let is_own = |step: &Step| matches!(&step.event, Event::Icmp(line) if line.from == Some(Reporter::Itself));
    script.steps.iter().any(is_own)
}

#[test]
fn what_a_nat_passes_on_is_told_once() {
    let mut told = 0;
    for path in all() {
        let text = fs::read_to_string(&path).expect("a readable script");
        let script = slower(parse(&text).expect("a script"));
        if never_leaves_its_host(&script) {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        for family in [Family::V4, Family::V6] {
            let build = Build::new(family);
            let script = if family == Family::V6 { stamped(script.clone()) } else { script.clone() };
            let near = near(&script, build);
            let (found, summary) = analyse_together([near.clone(), far(&script, build)].concat());
            let (alone, _) = analyse_together(near);
            let translated = summary.translated as usize;
            let (alone, found) = (endings(&alone), endings(&found));
            if TOLD_TWICE.contains(&&*name) {
                assert!(alone.iter().all(|outcome| found.contains(outcome)), "{name} {family:?}: {found:#?}");
                continue;
            }
            assert_eq!(found, alone, "{name} {family:?}");
            told += translated;
        }
    }
    assert!(told > 800, "{told}");
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

/// A scanner sends all SYNs with one sequence number from one port, with hop counts at random.
#[test]
fn a_scan_is_not_taken_for_one_connection() {
    for family in [Family::V4, Family::V6] {
        let probe = |number: u32| {
            let (ttl, id) = (37 + number.wrapping_mul(7) % 23, 1 + number.wrapping_mul(40_503) % 65_521);
            let probe = format!(
                "client 10.0.0.1:40000\nserver 10.0.{}.{}:{}\n+{:.6} > S 0:0(0) ttl {ttl} id {id}\n\
                 +.0002 < R. 0:0(0) ack 1 ttl {}\n",
                number % 2,
                2 + number % 3,
                1 + number,
                f64::from(number) / 10_000.0,
                60 + number % 4,
            );
            Build::new(family).frames(&parse(&probe).expect("a script"))
        };
        let mut frames = (0..500).map(probe).collect::<Vec<_>>().concat();
        frames.extend(Build::new(family).frames(&parse("wait 3\n").expect("a script")));
        let (found, summary) = analyse_together(frames);
        assert_eq!((found.findings.len(), summary.translated), (500, 0), "{family:?}");
    }
}

/// What is found where a connection that is opened and served ends so on the sides of the client and of the server. `N` stands for
/// the TTL of the client's packets, `F` for that of the server's.
fn found_on_both_sides(near: &str, far: &str) -> (Collector, Summary) {
    const OPENED: &str = "\
+0 > S 0:0(0) ttl N id 1
+.001 < S. 0:0(0) ack 1 ttl F id 1
+.001 > . 1:1(0) ack 1 ttl N id 2
+.001 > P. 1:34(33) ack 1 ttl N id 3
+.001 < P. 1:53(52) ack 34 ttl F id 2
+.001 > . 34:34(0) ack 53 ttl N id 4
";
    let side = |ends: &str, client: &str, server: &str, end: &str| {
        let opened = OPENED.replace('N', client).replace('F', server);
        let script = parse(&format!("{ends}{opened}{end}wait 3\n")).expect("a script");
        Build::new(Family::V4).frames(&script)
    };
    let near = side("", "63", "63", near);
    let far = side("client 172.17.0.1:2000\nserver 172.17.0.2:80\n", "62", "64", far);
    analyse_together([near, far].concat())
}

/// A firewall that translates rejects what either end sends (nft `reject with tcp reset`): each gets a RST that the other never
/// sees.
#[test]
fn who_is_reset_on_which_side_is_told_together() {
    let build = Build::new(Family::V4);
    let told = |near: &str, far: &str| {
        let (found, summary) = found_on_both_sides(near, far);
        let told: Vec<_> = found.findings.iter().map(describe).collect();
        assert_eq!((told.len(), summary.translated), (1, 1), "{told:#?}");
        let found = &found.findings[0];
        assert_eq!(found.client.end, build.ends(&parse("").expect("a script"), 1).0);
        assert_eq!(found.translated.map(|[_, server]| server.port), Some(80));
        assert!(told[0].starts_with("reset client=ECONNRESET server=ECONNRESET cause=forged_reset"), "{told:#?}");
    };
    told(
        "+1 > P. 34:67(33) ack 53 ttl 63 id 5\n+.0001 < R 53:53(0) ttl 64\n",
        "+1.2 < P. 53:105(52) ack 34 ttl 64 id 3\n+.0001 > R 34:34(0) ttl 64\n",
    );
    // What the server's side alone shows came first: a RST in the client's name. What the client sends then meets no socket.
    told(
        "+1.4 > P. 34:67(33) ack 53 ttl 63 id 5\n+.0003 < R 53:53(0) ttl 63 id 0\n",
        "+1 > R 34:34(0) ttl 62 id 0\n+.4001 > P. 34:67(33) ack 53 ttl 62 id 5\n+.0001 < R 53:53(0) ttl 64 id 0\n",
    );
}

/// The aborts of both ends cross, and each side lacks the other one. Together they would show a failure without an error.
#[test]
fn sides_that_contradict_each_other_are_told_each() {
    let near = "+1 > R. 34:34(0) ack 53 win 502 ttl 63 id 5\n";
    let far = "+1 < R. 53:53(0) ack 34 win 502 ttl 64 id 3\n";
    let (found, summary) = found_on_both_sides(near, far);
    let has_error = |found: &Finding| found.client.errno.is_some() || found.server.errno.is_some();
    assert_eq!((found.findings.len(), summary.translated), (2, 0));
    assert!(found.findings.iter().all(has_error));
}

#[test]
fn of_many_that_fail_at_once_each_is_told_once() {
    const MANY: u32 = 600;
    let attempt = |number: u32| {
        let side = |ends: &str, client: u8, server: u8| {
            let script = format!(
                "{ends}+{:.6} > S 0:0(0) ttl {client} id {number}\n+.0002 < R. 0:0(0) ack 1 ttl {server}\n",
                f64::from(number) / 1000.0
            );
            let client_isn = (number + 1).wrapping_mul(0x85eb_ca6b).rotate_left(13);
            Build { client_isn, ..Build::new(Family::V4) }.frames(&parse(&script).expect("a script"))
        };
        let port = 2000 + number;
        let near = side(&format!("client 10.0.0.1:{port}\nserver 10.0.0.2:80\n"), 64, 62);
        let far = side(&format!("client 192.0.2.1:{port}\nserver 192.0.2.2:80\n"), 63, 63);
        [near, far].concat()
    };
    let mut frames = (1..=MANY).map(attempt).collect::<Vec<_>>().concat();
    frames.extend(Build::new(Family::V4).frames(&parse("wait 3\n").expect("a script")));
    let (found, summary) = analyse_together(frames);
    assert_eq!((found.findings.len(), summary.translated), (MANY as usize, MANY.into()));
}

/// Analyses frames of this kind of link.
fn analyse_link(frames: &[(Time, Vec<u8>)], link: u32) -> (Collector, Summary) {
    analyse_capture(&write_link(frames, link))
}

/// What a gateway sees of a script if what goes this way comes in, and the rest goes out.
fn seen_by_a_gateway(text: &str, comes: Direction, client_isn: u32) -> Vec<(Time, Vec<u8>)> {
    let script = parse(text).expect("a script");
    let frames = Build { client_isn, ..Build::new(Family::V4) }.frames(&script);
    let passes =
        |(step, (time, frame)): (&Event, (Time, Vec<u8>))| (time, cooked(direction(step) == Some(comes), &frame));
    script.steps.iter().map(|step| &step.event).zip(frames).map(passes).collect()
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

/// What a bridge translates (br_netfilter) keeps its TTL: that it came in here and went out there shows that it is the same.
#[test]
fn both_sides_of_a_bridge_are_told_once_where_the_capture_tells_in_from_out() {
    const ENDS: [&str; 3] = ["< R. 1:1(0) ack 34", "> R. 34:34(0) ack 1", "< R 1:1(0)"];
    let build = Build::new(Family::V4);
    for end in ENDS {
        let script = format!(
            "+0 > S 0:0(0) ttl 64 id 1\n+.001 < S. 0:0(0) ack 1 ttl 64\n+.001 > . 1:1(0) ack 1 ttl 64 id 2\n\
             +.001 > P. 1:34(33) ack 1 ttl 64 id 3\n+.001 {end} ttl 64\n+3 [2] > S 0:0(0)\n"
        );
        let script = parse(&script).expect("a script");
        let (near, far) = (build.frames(&script), build.frames(&translated(&script, build)));
        let side = |frames: Vec<(Time, Vec<u8>)>, comes: Direction| {
            let passes = |(step, (time, frame)): (&Event, (Time, Vec<u8>))| {
                let came_in = direction(step) == Some(comes);
                let passed = if came_in { time } else { time + PASSAGE };
                (passed, cooked(came_in, &frame))
            };
            script.steps.iter().map(|step| &step.event).zip(frames).map(passes).collect::<Vec<_>>()
        };
        let mut both = [side(near, Direction::ToServer), side(far, Direction::ToClient)].concat();
        both.sort_by_key(|(time, _)| *time);
        let told = |frames: &[(Time, Vec<u8>)], link: u32| {
            let (found, summary) = analyse_link(frames, link);
            let ends = |finding: &Finding| (finding.client.end, finding.translated.map(|[client, _]| client));
            (found.findings.iter().map(ends).collect::<Vec<_>>(), summary.translated)
        };
        let client = |script: &Script| build.ends(script, 1).0;
        let (client, behind) = (client(&script), client(&translated(&script, build)));
        assert_eq!(told(&both, COOKED), (vec![(client, Some(behind))], 1), "{end}");
        both.iter_mut().for_each(|(_, frame)| frame.drain(..16).for_each(drop));
        assert_eq!(told(&both, 101).1, 0, "{end}: raw IP tells no direction");
    }
}
