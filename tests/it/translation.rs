//! Connections that are captured on both sides of an address translation.

mod captures;
mod listeners;

use std::fs;

use tcpwhy::diagnose::{Finding, Summary};
use tcpwhy::notation::{Build, Direction, Event, Family, Reporter, Script, Step, parse};
use tcpwhy::time::Time;
use tcpwhy::track::Doubt;

use crate::capture_file::{COOKED, cooked};
use crate::check::{Collector, describe};
use crate::scripts::all;

use captures::*;

/// Of these both sides are told: what ends with the next SYN or began with one that was answered as if by an older connection,
/// and what a filter of the host that forwards drops, which has copies of its own on each side.
const TOLD_TWICE: [&str; 5] = [
    "next_attempt_on_the_same_ports",
    "syn_on_used_ports_is_unreachable",
    "challenge_ack_does_not_reach_the_client",
    "aborts_do_not_leave_the_host_that_forwards",
    "replies_do_not_arrive",
];

/// The outcomes of an analysis, with what was closed in place of an answer.
fn endings(analysis: &Collector) -> Vec<String> {
    let is_closed = |found: &&Finding| found.doubt.is_some_and(Doubt::is_about_a_request);
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

/// The answer bypasses the translation: the client's host knows no connection to where it comes from, and its connect() gets ETIMEDOUT
/// (measured where Netfilter does not track what the server sends).
#[test]
fn an_answer_from_another_address_than_the_one_asked() {
    const REPEATS: &str = "> S 0:0(0)\n+1 > S 0:0(0)\n+2 > S 0:0(0)\n+4 > S 0:0(0)\nwait 20\n";
    let frames = |script: &str| Build::new(Family::V4).frames(&parse(script).expect("a script"));
    let (client, server) = Build::new(Family::V4).ends(&parse("").expect("a script"), 1);
    let from = |server: &str| format!("client {}:{}\nserver {server}\n", client.ip, client.port);
    let told_where_it_asks = |after: &str, answers: &str| {
        let (found, _) = analyse_together([frames(&format!("{after} {REPEATS}")), frames(answers)].concat());
        let [found] = &found.findings[..] else { panic!("{:#?}", found.findings) };
        assert!(describe(found).starts_with("timed_out client=ETIMEDOUT server=-"), "{}", describe(found));
        assert_eq!(found.server.end, server);
        (found.cause.map_or("", |cause| cause.id), found.summary.clone())
    };
    let told = |answers: &str| told_where_it_asks("+0", answers);
    let elsewhere = from("192.0.2.7:5000");
    for answer in ["< S. 0:0(0) ack 1\n+.0001 > R 1:1(0) win 0", "< R. 0:0(0) ack 1"] {
        let answers = format!("{elsewhere}+.001 {answer}\n+1 {answer}\n");
        let (cause, summary) = told(&answers);
        assert_eq!(cause, "return_path_lost", "{summary}");
        assert!(summary.contains("192.0.2.7:5000 did, and its answer acknowledges this SYN"), "{summary}");
    }
    // The capture begins with what the server itself answered.
    let itself = from(&format!("{}:{}", server.ip, server.port));
    let (cause, summary) = told_where_it_asks("+.5", &format!("{itself}+0 < R. 0:0(0) ack 1\n"));
    assert_eq!(cause, "syn_unanswered", "{summary}");
    // What came long before answers another SYN of the same number.
    assert_eq!(told_where_it_asks("+2", &format!("{elsewhere}+0 < S. 0:0(0) ack 1\n")).0, "syn_unanswered");
    // What acknowledges another SYN answers another connection.
    assert_eq!(told(&format!("{elsewhere}+.001 < S. 0:0(0) ack 2\n")).0, "syn_unanswered");
    let other_port = format!("client {}:{}\nserver 192.0.2.7:5000\n", client.ip, client.port ^ 1);
    assert_eq!(told(&format!("{other_port}+.001 < S. 0:0(0) ack 1\n")).0, "syn_unanswered");
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
