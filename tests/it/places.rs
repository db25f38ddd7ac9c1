//! Captures that do not show everything, mostly those of both ends read together, of which one does not show the RST: what that
//! says, and what not.

use std::ops::Range;

use tcpwhy::diagnose::Finding;
use tcpwhy::notation::{Build, Family, parse};

use crate::capture_file::{COOKED, Format, cooked, write, write_link};
use crate::check::{analyse_captures, describe};

/// `C` stands for the TTL of the client's packets at a place, `S` for that of the server's.
const REQUEST: &str = "\
+0 > S 0:0(0) ttl C id 1
+.001 < S. 0:0(0) ack 1 ttl S id 1
+.001 > . 1:1(0) ack 1 ttl C id 2
+.001 > P. 1:34(33) ack 1 ttl C id 3
+.001 < P. 1:53(52) ack 34 ttl S id 51
+.001 > . 34:34(0) ack 53 ttl C id 4
+2 > P. 34:67(33) ack 53 ttl C id 5
";
/// What both captures show behind that.
const ANOTHER: &str = "\
+.3 [2] > S 0:0(0) ttl C id 9
+.001 [2] < S. 0:0(0) ack 1 ttl S id 9
+.001 [2] > . 1:1(0) ack 1 ttl C id 10
";
/// The server forgot the connection.
const REPLY: &str = "+.001 < R 53:53(0) win 0 ttl S id 7\n";

/// What one place captures, but for these frames.
pub fn capture(text: &str, client: &str, server: &str, lost: &Range<usize>) -> Vec<u8> {
    let text = text.replace("ttl C", &format!("ttl {client}")).replace("ttl S", &format!("ttl {server}"));
    let script = parse(&text).expect("a script");
    let frames = Build::new(Family::V4).frames(&script).into_iter().enumerate();
    let frames: Vec<_> = frames.filter(|(at, _)| !lost.contains(at)).map(|(_, frame)| frame).collect();
    write(&frames, Format::PcapNanoseconds, 65_535)
}

/// What is found where the capture of each place lacks some frames.
fn found(text: &str, lost_by_client: Range<usize>, lost_by_server: Range<usize>) -> String {
    let client = capture(text, "64", "63", &lost_by_client);
    let server = capture(text, "63", "64", &lost_by_server);
    let found = described(&[&client, &server], false);
    assert_eq!(described(&[&client, &server], true), found, "with a second thread");
    assert_eq!(described(&[&server, &client], false), found, "the other way round");
    found
}

/// What is found in captures that are read together, by a thread of its own or not.
fn described(captures: &[impl AsRef<[u8]>], ahead: bool) -> String {
    let captures: Vec<&[u8]> = captures.iter().map(AsRef::as_ref).collect();
    let (collector, _) = analyse_captures(&captures, ahead);
    collector.findings.iter().map(describe).collect::<Vec<_>>().join("; ")
}

pub const NOTHING: Range<usize> = 0..0;
/// The RST alone, and all from the request on that it answers: for good, or until another connection comes.
const RST: Range<usize> = 7..8;
const REST: Range<usize> = 6..99;
const BURST: Range<usize> = 6..8;

fn is_the_servers(found: &str) -> bool {
    found.starts_with("reset client=ECONNRESET server=-") && found.contains("ended_by=server")
}

#[test]
fn a_capture_that_was_over_or_has_a_hole_proves_no_forgery() {
    let text = [REQUEST, REPLY, ANOTHER].concat();
    assert!(is_the_servers(&found(&text, NOTHING, NOTHING)));
    // The server's capture ended before the RST, or lost some packets around it.
    for lost in [REST, 3..99, BURST] {
        assert!(is_the_servers(&found(&text, NOTHING, lost.clone())), "{lost:?}");
    }
    // The client's capture ended before the RST.
    assert!(is_the_servers(&found(&text, REST, NOTHING)));
    // It shows a hole where the RST should be: it may have been lost in the network, too.
    assert_eq!(found(&text, BURST, NOTHING), "");
    // Nothing else was captured at that time.
    let text = [REQUEST, REPLY].concat();
    assert!(is_the_servers(&found(&text, NOTHING, RST)));
}

#[test]
fn a_capture_that_began_later_proves_no_forgery() {
    let text = [REQUEST, REPLY, ANOTHER].concat();
    for lost in [0..8, 0..9] {
        assert!(is_the_servers(&found(&text, NOTHING, lost.clone())), "{lost:?}");
        assert!(is_the_servers(&found(&text, lost.clone(), NOTHING)), "{lost:?}");
    }
}

#[test]
fn what_only_the_server_shows_may_have_been_lost_on_its_way() {
    let text = [REQUEST, REPLY, ANOTHER].concat();
    assert_eq!(found(&text, RST, NOTHING), "");
}

#[test]
fn what_the_servers_capture_does_not_show_was_forged_or_one_packet_was_lost() {
    let text = [REQUEST, REPLY, ANOTHER].concat();
    let one = found(&text, NOTHING, RST);
    assert!(one.contains("cause=forged_reset") && one.contains("ended_by=unknown"), "{one}");
    let again = REPLY.replace("+.001", "+.2").replace("id 7", "id 8");
    let text = [REQUEST, REPLY, &again, ANOTHER].concat();
    let both = found(&text, NOTHING, 7..9);
    assert!(both.contains("cause=forged_reset") && both.contains("ended_by=middlebox"), "{both}");
}

#[test]
fn what_closes_all_paths_at_once_is_seen_at_both_places() {
    let text = "\
+0 > S 0:0(0) ttl C id 1 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7,mptcp 0>
+.01 < S. 0:0(0) ack 1 ttl S id 1 <mss 1460,sackOK,TS val 9 ecr 1,nop,wscale 7,mptcp 0>
+.001 > . 1:1(0) ack 1 ttl C id 2 <nop,nop,TS val 11 ecr 9,mptcp 0>
+.001 > P. 1:19(18) ack 1 ttl C id 3 <nop,nop,TS val 11 ecr 9,mptcp 2>
+.01 < P. 1:41(40) ack 19 ttl S id 2 <nop,nop,TS val 21 ecr 11,mptcp 2>
+.001 > . 19:19(0) ack 41 ttl C id 4 <nop,nop,TS val 21 ecr 21,mptcp 2>
+1 > . 19:19(0) ack 41 ttl C id 5 <nop,nop,TS val 1021 ecr 21,mptcp 7>
+.01 < R. 41:41(0) ack 19 win 502 ttl S id 3 <nop,nop,TS val 1021 ecr 1021,mptcp 2>
";
    for text in [text, &[text, ANOTHER].concat()] {
        let found = found(text, NOTHING, NOTHING);
        assert!(found.starts_with("reset client=- server=ECONNRESET") && found.contains("ended_by=client"), "{found}");
    }
}

#[test]
fn a_rst_from_nearer_than_its_sender_is_forged_whatever_else_was_captured() {
    // At the client it has the TTL that the server's packets have at the server.
    let text = [REQUEST, &REPLY.replace("ttl S", "ttl 64"), ANOTHER].concat();
    for lost in [RST, REST, BURST] {
        let found = found(&text, NOTHING, lost.clone());
        assert!(found.contains("cause=forged_reset") && found.contains("ended_by=middlebox"), "{lost:?} {found}");
    }
}

#[test]
fn what_another_clock_shows_later_was_not_sent_later() {
    let text =
        [REQUEST, "+.001 < . 53:53(0) ack 67 ttl S id 52\n+.001 < R. 53:53(0) ack 67 ttl S id 53\n", ANOTHER].concat();
    // The clock at the server is ahead, and the acknowledgment was captured there only: by its time behind the abort.
    let client = capture(&text, "64", "63", &(7..8));
    let server = capture(&text.replacen("+0", "+.3", 1), "63", "64", &NOTHING);
    let found = described(&[&client, &server], false);
    assert!(is_the_servers(&found), "{found}");
}

#[test]
fn payload_that_another_clock_shows_behind_a_reply_was_sent_ahead_of_it() {
    let answer = "+.001 < P. 53:63(10) ack 67 ttl S id 52\n";
    let reply = "+.0005 > P. 67:70(3) ack 53 ttl C id 6\n+.001 < R 53:53(0) win 0 ttl S id 0\n";
    let text = [REQUEST, answer, reply, ANOTHER].concat();
    // The clock at the server is behind, and the capture there lacks the answer.
    let client = capture(&text.replacen("+0", "+.3", 1), "64", "63", &NOTHING);
    let server = capture(&text, "63", "64", &(7..8));
    let found = described(&[&client, &server], false);
    assert!(is_the_servers(&found), "{found}");
}

#[test]
fn payload_that_the_place_of_the_rst_shows_behind_it_was_sent_by_who_lives() {
    // Somebody on the way resets both ends. When the request leaves the client, the RST in its name has passed the router, which
    // is 5 ms away.
    let client = "\
+0 > S 0:0(0) ttl C id 1
+.01 < S. 0:0(0) ack 1 ttl S id 0
+.0005 > . 1:1(0) ack 1 ttl C id 2
+.0005 > P. 1:34(33) ack 1 ttl C id 3
+.01 < P. 1:53(52) ack 34 ttl S id 51
+.0005 > P. 34:67(33) ack 53 ttl C id 4
+.0005 < R 53:53(0) win 0 ttl S id 0
";
    let router = "\
+.005 > S 0:0(0) ttl C id 1
+.0001 < S. 0:0(0) ack 1 ttl S id 0
+.0104 > . 1:1(0) ack 1 ttl C id 2
+.0005 > P. 1:34(33) ack 1 ttl C id 3
+.0001 < P. 1:53(52) ack 34 ttl S id 51
+.0024 > R 34:34(0) win 0 ttl C id 0
+.008 > P. 34:67(33) ack 53 ttl C id 4
+.0001 < R 53:53(0) win 0 ttl S id 0
";
    let client = capture(&[client, ANOTHER].concat(), "64", "62", &NOTHING);
    let router = capture(&[router, ANOTHER].concat(), "63", "63", &NOTHING);
    let found = described(&[&client, &router], false);
    let expected = "reset client=ECONNRESET server=ECONNRESET cause=forged_reset ended_by=middlebox";
    assert!(found.starts_with(expected) && found.ends_with("confidence=likely"), "{found}");
}

/// Of two captures, the clock of one is late, and nothing marks copies: what each of them shows behind the RST, which the other
/// one does not show, came behind it all the same.
#[test]
fn who_goes_on_in_the_capture_that_shows_the_rst_did_not_send_it() {
    let server = "\
+0 > S 0:0(0) ttl C id 0
+.001 < S. 0:0(0) ack 1 ttl S id 0
+.001 > . 1:1(0) ack 1 ttl C id 0
+.001 > P. 1:34(33) ack 1 ttl C id 0
+.001 < P. 1:53(52) ack 34 ttl S id 0
+.001 > . 34:34(0) ack 53 ttl C id 0
+.6 < P. 53:105(52) ack 34 ttl S id 0
+.001 > R 34:34(0) win 0 ttl C id 0
";
    let client = server.replace("+.6 <", "+.2 < R 53:53(0) win 0 ttl S id 0\n+.4 <");
    let late = |text: &str| text.replacen("+0", "+.3", 1);
    let [client, late_client] = [client.clone(), late(&client)].map(|text| capture(&text, "64", "63", &NOTHING));
    let [server, late_server] = [server.to_owned(), late(server)].map(|text| capture(&text, "63", "64", &NOTHING));
    for captures in
        [vec![&client, &late_server], vec![&client, &server, &late_client], vec![&late_client, &server, &client]]
    {
        let found = described(&captures, false);
        assert!(found.contains("cause=forged_reset"), "{found}");
    }
}

/// A router in front of the host refuses for it: only the capture ahead of the router shows that, where the server's answers have
/// another TTL than at the server.
#[test]
fn a_router_that_refuses_is_known_by_the_ttl_where_it_is_captured() {
    let answered = "\
+0 > S 0:0(0) ttl C
+.001 < S. 0:0(0) ack 1 ttl S
+.001 > . 1:1(0) ack 1 ttl C
";
    let refused = "\
server [2] 10.0.0.2:8081
+1 [2] > S 0:0(0) ttl C
+.001 [2] < R. 0:0(0) ack 1 win 0 ttl 64
";
    let client = capture(&[answered, refused].concat(), "64", "63", &NOTHING);
    let server = capture(answered, "63", "64", &NOTHING);
    for captures in [vec![&client], vec![&client, &server], vec![&server, &client]] {
        let captures: Vec<&[u8]> = captures.into_iter().map(Vec::as_slice).collect();
        let (collector, _) = analyse_captures(&captures, false);
        let found: Vec<_> = collector.findings.iter().map(Finding::cause_id).collect();
        assert_eq!(found, ["rejected_by_policy"]);
    }
}

/// Somebody on the way refuses the SYN in the server's name and lets it pass all the same. The SYN-ACK had left the server before that,
/// and comes to the client behind it.
#[test]
fn a_rst_ahead_of_the_syn_ack_meets_a_client_that_connects() {
    let client = "\
+0 > S 0:0(0) ttl C id 1
+.032 < R. 1000:1000(0) ack 1 win 0 ttl 200 id 0
+.032 < S. 0:0(0) ack 1 ttl S id 0
+.0001 > R 1:1(0) win 0 ttl C id 0
";
    let server = "\
+.03 > S 0:0(0) ttl C id 1
+.0001 < S. 0:0(0) ack 1 ttl S id 0
+.064 > R 1:1(0) win 0 ttl C id 0
";
    let client = capture(&[client, ANOTHER].concat(), "64", "63", &NOTHING);
    let server = capture(&[server, ANOTHER].concat(), "63", "64", &NOTHING);
    for captures in [vec![&client], vec![&client, &server], vec![&server, &client]] {
        let found = described(&captures, false);
        assert!(found.starts_with("refused client=ECONNREFUSED server=- cause=rejected_by_policy"), "{found}");
    }
}

/// Somebody on the way answers the request with a RST in the server's name. The client had aborted by itself before that came.
#[test]
fn who_has_aborted_gets_no_error_by_what_comes_then() {
    let begins = "\
+0 > S 0:0(0) ttl C id 1
+.004 < S. 0:0(0) ack 1 ttl S id 0
+.0001 > . 1:1(0) ack 1 win 502 ttl C id 2
+.0001 > P. 1:34(33) ack 1 win 502 ttl C id 3
+.0004 > R. 34:34(0) ack 1 win 502 ttl C id 4
";
    let answered = "+.001 < R. 1:1(0) ack 34 win 8192 ttl S id 700\n";
    let client = capture(&[begins, answered, ANOTHER].concat(), "64", "63", &NOTHING);
    let server = capture(&[&begins.replacen("+0", "+.002", 1), ANOTHER].concat(), "63", "64", &NOTHING);
    for captures in [[&client, &server], [&server, &client]] {
        let found = described(&captures, false);
        assert!(found.starts_with("reset client=- server=ECONNRESET"), "{found}");
    }
}

/// The server's capture has lost its abort. That its socket made it tells the identification: segments that offloading cuts later
/// take one each.
#[test]
fn what_is_cut_later_takes_identifications_of_its_own() {
    let text = [
        "+0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 ttl S id 0\n+.001 > . 1:1(0) ack 1 ttl C id 2\n",
        "+.001 > P. 1:34(33) ack 1 ttl C id 3\n+.001 < P. 1:6001(6000) ack 34 win 502 ttl S id 51\n",
        "+.001 > . 34:34(0) ack 6001 ttl C id 4\n+.5 < R. 6001:6001(0) ack 34 win 502 ttl S id 62\n",
        ANOTHER,
    ];
    assert!(is_the_servers(&found(&text.concat(), NOTHING, 6..7)), "{}", found(&text.concat(), NOTHING, 6..7));
    let far = text.concat().replace("id 62", "id 70");
    assert!(found(&far, NOTHING, 6..7).contains("cause=forged_reset"));
}

/// What answers a SYN has no identification: that of the abort that follows is none of another sender.
#[test]
fn one_lost_packet_of_a_server_that_only_took_the_connection_accuses_nobody() {
    let text = [
        "+0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 win 65160 ttl S id 0 <mss 1460>\n",
        "+.001 > . 1:1(0) ack 1 ttl C id 2\n+1 < R. 1:1(0) ack 1 win 65160 ttl S id 23293\n",
        ANOTHER,
    ];
    let found = found(&text.concat(), NOTHING, 3..4);
    assert!(found.contains("cause=forged_reset ended_by=unknown") && found.contains("confidence=possible"), "{found}");
}

/// The client aborts and begins anew on its port; its capture has lost the abort, and shows the new SYN sooner than the other one.
#[test]
fn the_identification_of_the_next_connection_is_none_of_the_one_before() {
    let text = "\
        +0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 ttl S id 0\n+.001 > . 1:1(0) ack 1 ttl C id 2\n\
        +.001 > P. 1:34(33) ack 1 win 502 ttl C id 3\n+.001 < P. 1:53(52) ack 34 ttl S id 51\n\
        +.001 > . 34:34(0) ack 53 win 502 ttl C id 4\n";
    let client = format!("{text}+.4970 > S 5000000:5000000(0) ttl C id 900\n{ANOTHER}");
    let server = format!(
        "{text}+.4985 > R. 34:34(0) ack 53 win 502 ttl C id 5\n+.0015 > S 5000000:5000000(0) ttl C id 900\n{ANOTHER}"
    );
    let (client, server) = (capture(&client, "64", "63", &NOTHING), capture(&server, "63", "64", &NOTHING));
    let found = described(&[&client, &server], false);
    assert!(found.starts_with("reset client=- server=ECONNRESET") && found.contains("ended_by=client"), "{found}");
}

/// The client's abort is ahead of what arrived, and its host answers the challenge ACK. Both captures show the abort, and one of them
/// has lost the answer: that is one packet.
#[test]
fn of_two_rsts_the_one_that_both_captures_show_was_not_lost() {
    let text = [
        "+0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 ttl S id 0\n+.001 > . 1:1(0) ack 1 ttl C id 2\n",
        "+.001 > P. 1:34(33) ack 1 win 502 ttl C id 3\n+.001 < P. 1:53(52) ack 34 ttl S id 51\n",
        "+.001 > . 34:34(0) ack 53 win 502 ttl C id 4\n+.5 > R. 134:134(0) ack 53 win 502 ttl C id 6\n",
        "+.001 < . 53:53(0) ack 34 ttl S id 52\n+.001 > R 34:34(0) win 0 ttl C id 0\n",
        ANOTHER,
    ];
    let found = found(&text.concat(), 8..9, NOTHING);
    assert!(found.starts_with("reset client=- server=ECONNRESET cause=abortive_close ended_by=client"), "{found}");
}

/// A host that has no socket any more answers each packet. The captures show one of its RSTs twice, and the last one once.
#[test]
fn of_many_rsts_only_those_count_that_one_capture_does_not_show() {
    let text = [
        "+0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 ttl S id 0\n+.001 > . 1:1(0) ack 1 ttl C id 2\n",
        "+.001 > P. 1:34(33) ack 1 ttl C id 3\n+.001 > P. 34:134(100) ack 1 ttl C id 4\n",
        "+.001 < P. 1:53(52) ack 34 ttl S id 51\n+.001 > R 34:34(0) win 0 ttl C id 0\n",
        "+.001 < . 53:53(0) ack 134 ttl S id 52\n+.001 > R 134:134(0) win 0 ttl C id 0\n",
        ANOTHER,
    ];
    let found = found(&text.concat(), 8..9, NOTHING);
    assert!(found.contains("ended_by=unknown") && found.contains("confidence=possible"), "{found}");
}

/// A router captures on all of its interfaces and loses much of it. Of a client it shows what goes out, a hop less, and then the RST
/// as it comes in: the client's own, with the TTL that all had there.
#[test]
fn a_rst_that_comes_in_has_the_hop_that_was_taken_off_what_went_out() {
    let opened = "\
+0 [2] > S 0:0(0) ttl C id 9
+.001 [2] < S. 0:0(0) ack 1 ttl S id 9
+.001 [2] > . 1:1(0) ack 1 ttl C id 10
+.1 > P. 1:34(33) ack 1 ttl C id 3
+.001 < P. 1:53(52) ack 34 ttl S id 51
+1 > R 34:34(0) win 0 ttl RST id 0
";
    let told = |reset: &str| {
        let text = opened.replace("ttl RST", &format!("ttl {reset}"));
        let side = |came_in: bool, shown: fn(usize) -> bool| {
            let ttl = if came_in { "64" } else { "63" };
            let text = text.replace("ttl C", &format!("ttl {ttl}")).replace("ttl S", &format!("ttl {ttl}"));
            let frames = Build::new(Family::V4).frames(&parse(&text).expect("a script")).into_iter().enumerate();
            let shown = frames.filter(move |(at, _)| shown(*at));
            shown.map(move |(_, (time, frame))| (time, cooked(came_in, &frame))).collect::<Vec<_>>()
        };
        // Of the second connection all is shown on both sides.
        let mut frames = [side(true, |at| at != 3), side(false, |at| at < 4)].concat();
        frames.sort_by_key(|(time, _)| *time);
        described(&[write_link(&frames, COOKED)], false)
    };
    assert!(told("64").contains("ended_by=client"), "{}", told("64"));
    assert!(told("61").contains("forged_reset"), "{}", told("61"));
}
