//! Captures read together that show other connections, or other services, with the same ends.

use tcpwhy::diagnose::Finding;

use crate::check::{analyse_captures, describe};
use crate::places::{NOTHING, capture};

/// A service accepts, and both ends close.
const ACCEPTED: &str = "\
+0 > S 0:0(0)
+.001 < S. 0:0(0) ack 1
+0 > . 1:1(0) ack 1
+.002 < F. 1:1(0) ack 1
+.001 > F. 1:1(0) ack 2
+0 < . 2:2(0) ack 2
";

/// A relay accepts on its host, and finds nobody on the loopback of its guest: each host has one of its own.
#[test]
fn what_answered_on_the_loopback_of_another_host_is_another_service() {
    let causes = |server: &str| {
        let refused = "+.002 > S 0:0(0)\n+.0001 < R. 0:0(0) ack 1\n";
        let captures = [(ACCEPTED, 40000), (refused, 50000)].map(|(lines, port)| {
            let text = format!("client {server}:{port}\nserver {server}:8080\n{lines}");
            capture(&text, "64", "64", &NOTHING)
        });
        let (collector, _) = analyse_captures(&captures.each_ref().map(Vec::as_slice), false);
        collector.findings.iter().map(Finding::cause_id).collect::<Vec<_>>()
    };
    assert_eq!(causes("127.0.0.1"), ["no_listener"]);
    assert_eq!(causes("10.0.0.2"), ["service_stopped"]);
}

/// What two captures show of a loopback is known for each of them.
#[test]
fn what_stopped_on_its_own_loopback_stopped_whatever_others_show() {
    let lines = |port: u16| {
        format!(
            "\
client 127.0.0.1:{port}
server 127.0.0.1:8080
{ACCEPTED}+1 [2] > S 0:0(0)
+.0001 [2] < R. 0:0(0) ack 1
"
        )
    };
    let captures = [40000, 50000].map(|port| capture(&lines(port), "64", "64", &NOTHING));
    let (collector, _) = analyse_captures(&captures.each_ref().map(Vec::as_slice), false);
    let found: Vec<_> = collector.findings.iter().map(Finding::cause_id).collect();
    assert_eq!(found, ["service_stopped", "service_stopped"]);
}

/// pasta accepts, connects to its guest from the client's address and port, and is refused: two connections, whose ends are the
/// same. The second one is captured as `[2]`, which has other sequence numbers, and a port that is one higher.
#[test]
fn behind_a_relay_with_the_clients_address_is_another_connection() {
    let before = "\
client 10.0.0.1:40001
+0 > S 0:0(0) ttl C
+.0001 < S. 0:0(0) ack 1 ttl S
+.0001 > . 1:1(0) ack 1 ttl C
+.01 < F. 1:1(0) ack 1 ttl S
+.0001 > . 1:1(0) ack 2 ttl C
+.3 > P. 1:33(32) ack 2 ttl C
+.0001 < R 2:2(0) win 0 ttl S
";
    let behind = "\
client 10.0.0.1:40000
+.0005 [2] > S 0:0(0) win 65535 <mss 61440,nop,wscale 8> ttl C
+.0001 [2] < R. 0:0(0) ack 1 win 0 ttl S
";
    let [before, behind] =
        [(before, "64"), (behind, "255")].map(|(text, client)| capture(text, client, "64", &NOTHING));
    // Each may be captured at both of its ends.
    let sets: [&[&[u8]]; 4] = [
        &[&before, &behind],
        &[&before, &behind, &behind],
        &[&before, &before, &behind, &behind],
        &[&behind, &before, &behind, &before],
    ];
    for (captures, ahead) in sets.into_iter().flat_map(|captures| [(captures, false), (captures, true)]) {
        let (collector, summary) = analyse_captures(captures, ahead);
        let found: Vec<_> = collector.findings.iter().map(describe).collect();
        assert_eq!((summary.connections, found.len()), (2, 2), "{found:?}");
        assert!(found.iter().any(|found| found.starts_with("broken_pipe client=EPIPE")), "{found:?}");
        assert!(found.iter().any(|found| found.contains("cause=no_listener")), "{found:?}");
    }
}

/// A firewall passes the client's SYN on with a sequence number of its own, and all that follows: of both sides together no more is
/// found than of each.
#[test]
fn behind_a_firewall_with_numbers_of_its_own_the_same_is_found() {
    let unanswered = "+0 > S 0:0(0) ttl C\n+1 > S 0:0(0) ttl C\n+2 > S 0:0(0) ttl C\n+4 > S 0:0(0) ttl C\nwait 20\n";
    let reset = "\
+0 > S 0:0(0) ttl C
+.02 < S. 0:0(0) ack 1 ttl S
+.0001 > . 1:1(0) ack 1 ttl C
+.0002 > P. 1:201(200) ack 1 ttl C
+.01 < . 1:1(0) ack 201 ttl S
+.11 < R. 1:1(0) ack 201 ttl S
wait 3
";
    for (lines, kind) in [(unanswered, "timed_out"), (reset, "reset")] {
        // The second connection of a script has other numbers, and a port that is one higher.
        let before = format!("client 10.0.0.1:40001\n{lines}");
        let behind = format!("client 10.0.0.1:40000\n{}", lines.replace(" > ", " [2] > ").replace(" < ", " [2] < "));
        let behind = behind.replacen("+0", "+.0001", 1);
        let [before, behind] = [(before, "64"), (behind, "63")].map(|(text, ttl)| capture(&text, ttl, "57", &NOTHING));
        for captures in [[&before, &behind], [&behind, &before]] {
            let (collector, _) = analyse_captures(&captures.map(Vec::as_slice), false);
            let found: Vec<_> = collector.findings.iter().map(describe).collect();
            assert!(found.len() == 2 && found.iter().all(|found| found.starts_with(kind)), "{found:?}");
        }
    }
}

/// A capture of which each file holds a part. Ports whose connection is over are used again just behind the first file.
#[test]
fn the_next_connection_on_the_same_ports_begins_in_another_file() {
    let first = "\
client 10.0.0.1:40000
client [2] 10.0.0.1:40000
+0 > S 0:0(0)
+.001 < S. 0:0(0) ack 1
+.001 > . 1:1(0) ack 1
+.001 > R. 1:1(0) ack 1
";
    let second = "\
+.1 [2] > S 1000000:1000000(0)
+.001 [2] < S. 1000000:1000000(0) ack 1000001
+.001 [2] > . 1000001:1000001(0) ack 1000001
+.001 [2] > P. 1000001:1000034(33) ack 1000001
+.2 [2] > P. 1000001:1000034(33) ack 1000001
+.4 [2] > P. 1000001:1000034(33) ack 1000001
+.8 [2] > P. 1000001:1000034(33) ack 1000001
";
    let third = "\
+.1 [2] < . 1000001:1000001(0) ack 1000034
+.1 [2] < F. 1000001:1000001(0) ack 1000034
+.1 [2] > F. 1000034:1000034(0) ack 1000002
+.001 [2] < . 1000002:1000002(0) ack 1000035
wait 9
";
    let ends = [first.to_string(), [first, second].concat(), [first, second, third].concat()];
    let files: Vec<_> =
        ends.iter().zip([0, 4, 11]).map(|(text, before)| capture(text, "64", "64", &(0..before))).collect();
    let (collector, _) = analyse_captures(&files.iter().map(Vec::as_slice).collect::<Vec<_>>(), false);
    let found: Vec<_> = collector.findings.iter().map(describe).collect();
    assert!(matches!(&found[..], [found] if found.starts_with("aborted")), "{found:?}");
}
