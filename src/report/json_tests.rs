use std::collections::HashSet;

use serde_json::Value;

use super::*;
use crate::diagnose::EndedBy;
use crate::episodes::Episodes;
use crate::report::samples::{self, DECIDED, later};
use crate::time::SECOND;

/// The sample of the contract, with what it leaves open filled in.
const CONTRACT: &str = r#"{"type":"failure","schema":1,"id":"ID","ts":"2026-11-22T06:16:55.359084123Z","kind":"broken_pipe","cause":"keepalive_race","confidence":"likely","ended_by":"server","reset":"reply","client":{"ip":"10.0.0.1","port":34186,"errno":"EPIPE","exception":"BrokenPipeError","calls":"recv returns 0 (EOF), the next send fails with EPIPE"},"server":{"ip":"10.0.0.2","port":8080,"errno":null,"exception":null,"calls":null},"retry":{"verdict":"not_delivered","why":"the 33 bytes of the request were never acknowledged"},"community_id":"COMMUNITY","summary":"The server closed the idle connection after 1.003 s, and 0.02 ms later the client sent a request of 33 bytes on it.","timing":{"connect_ms":0.04,"rtt_ms":0.04,"idle_before_ms":1003.1,"duration_ms":1053.1},"traffic":{"client_packets":4,"server_packets":4,"client_bytes":66,"server_bytes":40},"evidence":[{"frame":12,"ts":"2026-11-22T06:16:55.358984123Z","from":"server","packet":"F. 41:41(0) ack 34","note":"server closed"}],"remedy":{"owner":"client","title":"Let the side that reuses connections give them up first","steps":["Set the client's idle timeout below the keep-alive timeout of 10.0.0.2:8080.","Retry once on a new connection when the request is idempotent."],"commands":["curl -sv --keepalive-time 60 http://10.0.0.2:8080/ -o /dev/null"],"explain":"tcpwhy explain keepalive_race"}}"#;

fn one_file(digits: u8) -> Inputs {
    Inputs { names: vec!["a.pcap".to_owned()], digits }
}

fn text(line: Vec<u8>) -> String {
    let text = String::from_utf8(line).expect("UTF-8");
    assert_eq!((text.matches('\n').count(), text.ends_with('\n')), (1, true), "one object, one line");
    text.trim_end().to_owned()
}

fn parsed(line: Vec<u8>) -> Value {
    serde_json::from_str(&text(line)).expect("JSON")
}

#[test]
fn a_failure_has_the_shape_and_order_of_the_contract() {
    let mut finding = samples::keepalive_race();
    finding.evidence = finding.evidence.split_off(1);
    finding.evidence.truncate(1);
    let expected = CONTRACT.replace("\"ID\"", &format!("\"{}\"", id(&finding)));
    let expected = expected.replace("COMMUNITY", "1:s4J2czVFxLASrUXuUEsOPCl8+gk=");
    assert_eq!(text(finding_line(&finding, &one_file(9))), expected);
}

#[test]
fn time_stamps_have_the_precision_of_the_capture() {
    let line = parsed(finding_line(&samples::keepalive_race(), &one_file(6)));
    assert_eq!(line["ts"], "2026-11-22T06:16:55.359084Z");
    assert_eq!(line["evidence"][0]["ts"], "2026-11-22T06:16:54.305984Z");
}

#[test]
fn a_benign_ending_has_another_type_and_no_kind() {
    let line = parsed(finding_line(&samples::benign(), &one_file(6)));
    assert_eq!(line["type"], "benign");
    assert_eq!(line["kind"], Value::Null);
    assert_eq!(line["cause"], "half_close");
    assert_eq!(line["reset"], Value::Null);
    assert_eq!(line["client"]["errno"], Value::Null);
}

#[test]
fn what_cannot_be_told_has_its_doubt_and_claims_nothing() {
    let line = parsed(finding_line(&samples::undecided(), &one_file(6)));
    assert_eq!((&line["type"], &line["doubt"]), (&"undecided".into(), &"odd_reset".into()));
    for field in ["kind", "cause", "confidence"] {
        assert_eq!(line[field], Value::Null, "{field}");
    }
    assert_eq!((&line["client"]["errno"], &line["server"]["errno"]), (&Value::Null, &Value::Null));
    assert_eq!(line["remedy"]["owner"], "capture");
    assert_eq!(line["remedy"]["explain"], "tcpwhy explain odd_reset");
    assert_eq!(line["remedy"]["commands"][0], "ss -tnpi 'dst 10.0.0.2'");
    assert_ne!(line["id"], parsed(finding_line(&samples::benign(), &one_file(6)))["id"]);
}

#[test]
fn what_no_cause_explains_is_unexplained() {
    let line = parsed(finding_line(&Finding { cause: None, ..samples::keepalive_race() }, &one_file(6)));
    assert_eq!(line["cause"], "unexplained");
    assert_eq!(line["remedy"]["explain"], "tcpwhy explain unexplained");
}

#[test]
fn roles_are_only_mentioned_when_they_are_guessed() {
    let known = samples::keepalive_race();
    let guessed = Finding { role_known: false, ..known.clone() };
    assert!(parsed(finding_line(&known, &one_file(6))).get("role_known").is_none());
    assert_eq!(parsed(finding_line(&guessed, &one_file(6)))["role_known"], false);
}

#[test]
fn evidence_names_its_file_only_when_there_are_several() {
    let mut finding = samples::keepalive_race();
    finding.evidence[1].input = 1;
    assert!(parsed(finding_line(&finding, &one_file(6)))["evidence"][0].get("file").is_none());
    let several = Inputs { names: vec!["a.pcap".to_owned(), "b.pcap".to_owned()], digits: 6 };
    let line = parsed(finding_line(&finding, &several));
    assert_eq!((&line["evidence"][0]["file"], &line["evidence"][1]["file"]), (&"a.pcap".into(), &"b.pcap".into()));
}

#[test]
fn the_accepting_side_of_an_aborted_connection_gets_its_exception() {
    let line = parsed(finding_line(&samples::health_check(), &one_file(6)));
    assert_eq!(line["server"]["exception"], "ConnectionResetError");
    assert_eq!(line["client"]["exception"], Value::Null);
}

#[test]
fn ids_are_stable_and_differ_where_anything_that_tells_failures_apart_differs() {
    let finding = samples::keepalive_race();
    assert_eq!(id(&finding), id(&finding.clone()));
    assert_eq!(id(&finding).len(), 16);
    let mut named_second = finding.clone();
    named_second.evidence.last_mut().expect("evidence").input += 1;
    assert_eq!(id(&finding), id(&named_second));
    let mut other_port = finding.clone();
    other_port.client.end.port += 1;
    let mut other_frame = finding.clone();
    other_frame.evidence.last_mut().expect("evidence").frame += 1;
    let other_time = later(finding.clone(), 1);
    let other_kind = Finding { kind: None, ..finding.clone() };
    let all: HashSet<String> =
        [&finding, &other_port, &other_frame, &other_time, &other_kind].into_iter().map(id).collect();
    assert_eq!(all.len(), 5);
}

#[test]
fn the_id_is_a_promise_to_those_who_store_it() {
    assert_eq!(id(&samples::keepalive_race()), "d8071cd9b156e63e");
}

#[test]
fn hostile_text_can_neither_break_a_line_nor_steer_a_terminal() {
    let hostile = "a\"\\\n\x1b[2J\u{9b}31m\u{202e}\u{e0041}é";
    let mut finding = Finding { summary: hostile.to_owned(), ..samples::keepalive_race() };
    finding.evidence[0].note = hostile.to_owned().into();
    let line = text(finding_line(&finding, &one_file(6)));
    assert!(!line.chars().any(crate::report::escape::is_unsafe), "{line}");
    assert!(line.contains("\\u009b31m\\u202e\\udb40\\udc41é"), "{line}");
    let value: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(value["summary"], hostile);
    assert_eq!(value["evidence"][0]["note"], hostile);
}

#[test]
fn an_episode_tells_the_rhythm_and_the_recovery() {
    let mut episodes = Episodes::default();
    for second in [0, 1, 3, 7] {
        episodes.add(later(samples::refused_from(1, 8080), second * SECOND));
    }
    let finding = samples::refused_from(1, 8080);
    episodes.success(finding.client.end.ip, finding.server.end.ip, 8080, DECIDED + 15 * SECOND);
    let all = episodes.finish();
    let expected = format!(
        r#"{{"type":"episode","schema":1,"pattern":null,"client":{{"ip":"10.0.0.1"}},"server":{{"ip":"10.0.0.2","port":8080}},"kind":"refused","cause":"no_listener","count":4,"first":"2026-11-22T06:16:55.359084Z","last":"2026-11-22T06:17:02.359084Z","intervals_ms":[1000.0,2000.0,4000.0],"backoff":"exponential","successes_between":0,"recovered_at":"2026-11-22T06:17:10.359084Z","failed_ms":7000.0,"example":"{}"}}"#,
        id(&finding)
    );
    assert_eq!(text(episode_line(&all[0], &one_file(6))), expected);
}

#[test]
fn a_retry_storm_is_named_on_its_episode() {
    let mut episodes = Episodes::default();
    for attempt in 0..10 {
        episodes.add(later(samples::refused_from(1, 8080), attempt * SECOND / 10));
    }
    let line = parsed(episode_line(&episodes.finish()[0], &one_file(6)));
    assert_eq!((&line["pattern"], &line["cause"]), (&"retry_storm".into(), &"no_listener".into()));
    assert_eq!(line["failed_ms"], 900.0);
}

#[test]
fn failed_time_is_not_told_of_those_who_reached_the_service() {
    let mut episodes = Episodes::default();
    for attempt in 0..2 {
        episodes.add(later(samples::keepalive_race(), attempt * SECOND));
    }
    assert_eq!(parsed(episode_line(&episodes.finish()[0], &one_file(6)))["failed_ms"], Value::Null);
}

#[test]
fn a_scan_has_a_line_of_its_own() {
    let mut episodes = Episodes::default();
    for port in 1..=20 {
        episodes.add(later(samples::refused_from(9, port), u64::from(port) * SECOND));
    }
    assert_eq!(
        text(scan_line(&episodes.scans()[0], &one_file(6))),
        r#"{"type":"episode","schema":1,"pattern":"port_scan","cause":"port_scan","client":{"ip":"10.0.0.9"},"server":null,"kind":null,"targets":20,"ports":[1,2,3,4,5,6,7,8,9,10],"first":"2026-11-22T06:16:56.359084Z","last":"2026-11-22T06:17:15.359084Z","count":20,"intervals_ms":[],"backoff":"none","successes_between":null,"recovered_at":null,"failed_ms":null,"example":null}"#
    );
}

#[test]
fn the_summary_counts_everything_by_name() {
    let summary = Summary {
        frames: 30,
        segments: 20,
        connections: 5,
        failures: [1, 0, 2, 0, 0, 0],
        causes: vec![("peer_closed", 2), ("no_listener", 1)],
        benign: vec![("half_close", 1)],
        skipped: vec![("udp", 9), ("arp", 1)],
        first: Some(DECIDED),
        ..Summary::default()
    };
    assert_eq!(
        text(summary_line(&summary, Folded::default(), &one_file(6))),
        r#"{"type":"summary","schema":1,"inputs":["a.pcap"],"first":"2026-11-22T06:16:55.359084Z","last":null,"packets":30,"segments":20,"icmp_errors":0,"duplicates":0,"connections":5,"failed":3,"failures":{"refused":1,"reset":0,"broken_pipe":2,"aborted":0,"timed_out":0,"unreachable":0},"causes":{"peer_closed":2,"no_listener":1},"benign":{"half_close":1},"undecided":{},"skipped":{"udp":9,"arp":1},"episodes_folded":0}"#
    );
}

#[test]
fn what_is_seldom_is_in_the_summary_where_there_is_such() {
    let summary = Summary {
        translated: 1,
        evicted: 2,
        unremembered: 3,
        copies_forgotten: 4,
        messages_forgotten: 5,
        unseen: 8,
        ..Summary::default()
    };
    let folded = Folded { clients: 6, successes: 7, ..Folded::default() };
    let line = parsed(summary_line(&summary, folded, &one_file(6)));
    let counted = [
        "translated",
        "evicted",
        "unremembered",
        "copies_forgotten",
        "messages_forgotten",
        "clients_unwatched",
        "successes_forgotten",
        "unseen_bytes",
    ];
    for (name, number) in counted.iter().zip(1..) {
        assert_eq!(line[*name], number, "{name}");
    }
    let line = parsed(summary_line(&Summary::default(), Folded::default(), &one_file(6)));
    counted.iter().for_each(|name| assert!(line.get(name).is_none(), "{name}"));
}

#[test]
fn times_are_rounded_to_microseconds() {
    assert_eq!([0, 499, 500, 40_123, 1_053_100_000].map(milliseconds), [0.0, 0.0, 0.001, 0.04, 1053.1]);
}

#[test]
fn evidence_may_come_from_something_between() {
    let mut finding = samples::keepalive_race();
    finding.evidence = vec![samples::evidence(7, 0, EndedBy::Middlebox, "icmp unreachable", "")];
    assert_eq!(parsed(finding_line(&finding, &one_file(6)))["evidence"][0]["from"], "middlebox");
}

#[test]
fn the_other_side_of_a_nat_is_told() {
    let mut finding = samples::keepalive_race();
    assert!(parsed(finding_line(&finding, &one_file(6))).get("translated").is_none());
    let client = End { port: 1024, ..finding.client.end };
    finding.translated = Some([client, End { port: 80, ..finding.server.end }]);
    let line = parsed(finding_line(&finding, &one_file(6)));
    let expected = serde_json::json!({
        "client": {"ip": "10.0.0.1", "port": 1024},
        "server": {"ip": "10.0.0.2", "port": 80},
    });
    assert_eq!(line["translated"], expected);
}
