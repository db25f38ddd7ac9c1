use std::net::Ipv4Addr;

use super::*;
use crate::decode::End;
use crate::report::samples::{self, DECIDED, later};
use crate::time::{MILLISECOND, SECOND};

fn refused_at(milliseconds: &[u64]) -> Vec<Finding> {
    milliseconds.iter().map(|at| later(samples::refused_from(1, 8080), at * MILLISECOND)).collect()
}

fn gathered(findings: &[Finding]) -> Vec<Episode> {
    let mut episodes = Episodes::default();
    findings.iter().for_each(|finding| episodes.add(finding.clone()));
    episodes.finish()
}

fn backoff(milliseconds: &[u64]) -> Backoff {
    gathered(&refused_at(milliseconds))[0].backoff
}

#[test]
fn failures_of_one_sort_are_one_episode() {
    let all = gathered(&refused_at(&[0, 1000, 2500]));
    assert_eq!(all.len(), 1);
    let episode = &all[0];
    assert_eq!((episode.count, episode.first, episode.last), (3, DECIDED, DECIDED + 2500 * MILLISECOND));
    assert_eq!(episode.intervals, [1000 * MILLISECOND, 1500 * MILLISECOND]);
    assert_eq!(episode.example.time, DECIDED);
}

#[test]
fn client_server_port_kind_and_cause_tell_episodes_apart() {
    let race = samples::keepalive_race();
    let mut other_server = race.clone();
    other_server.server.end.ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 77));
    let findings = [
        race.clone(),
        other_server,
        Finding { kind: Some(Kind::Reset), ..race.clone() },
        Finding { cause: None, ..race.clone() },
        samples::refused_from(1, 1),
        samples::refused_from(1, 2),
        samples::refused_from(2, 2),
    ];
    assert_eq!(gathered(&findings).len(), findings.len());
    let mut other_client_port = race.clone();
    other_client_port.client.end.port += 1;
    assert_eq!(gathered(&[race, other_client_port]).len(), 1);
}

#[test]
fn pauses_that_double_are_exponential_also_at_a_ceiling_and_with_jitter() {
    assert_eq!(backoff(&[0, 1000, 3000, 7000, 15000]), Backoff::Exponential);
    assert_eq!(backoff(&[0, 1000, 3000, 7000, 11000, 15000]), Backoff::Exponential);
    assert_eq!(backoff(&[0, 1100, 2900, 7200, 14000]), Backoff::Exponential);
    assert_eq!(backoff(&[0, 100, 250, 475]), Backoff::Exponential);
}

#[test]
fn equal_pauses_are_fixed() {
    assert_eq!(backoff(&[0, 5000, 10000, 15010, 20000]), Backoff::Fixed);
    assert_eq!(backoff(&[0, 110, 220, 340]), Backoff::Fixed);
    assert_eq!(backoff(&[0, 50, 100, 150, 200]), Backoff::Fixed);
    assert_eq!(backoff(&[0, 12, 24, 36]), Backoff::Fixed);
}

#[test]
fn hammering_disorder_and_two_attempts_are_no_backoff() {
    assert_eq!(backoff(&[0, 1, 2, 3, 4]), Backoff::None);
    assert_eq!(backoff(&[0, 9, 18, 27, 36]), Backoff::None, "too short to be a wait");
    assert_eq!(backoff(&[0, 1, 3]), Backoff::None, "too short to be a wait");
    assert_eq!(backoff(&[0, 1000]), Backoff::None);
    assert_eq!(backoff(&[0]), Backoff::None);
    assert_eq!(backoff(&[0, 3000, 3500, 9000, 9100]), Backoff::None);
    assert_eq!(backoff(&[0, 0, 0, 0]), Backoff::None);
    assert_eq!(backoff(&[0, 1000, 60_000]), Backoff::None);
}

#[test]
fn a_client_that_succeeds_in_between_does_not_back_off() {
    let findings = refused_at(&[0, 1000, 3000, 7000]);
    let (client, server) = (findings[0].client.end, findings[0].server.end);
    let mut episodes = Episodes::default();
    for finding in &findings {
        episodes.add(finding.clone());
        episodes.success(client.ip, server.ip, server.port, finding.time + SECOND / 2);
    }
    assert_eq!(episodes.finish()[0].backoff, Backoff::None);
}

#[test]
fn two_pauses_are_a_backoff_only_when_they_double() {
    assert_eq!(backoff(&[0, 1000, 3000]), Backoff::Exponential);
    assert_eq!(backoff(&[0, 1000, 2400]), Backoff::None, "1.4 times");
    assert_eq!(backoff(&[0, 1000, 3600]), Backoff::None, "2.6 times");
    assert_eq!(backoff(&[0, 1000, 2000]), Backoff::Fixed);
}

#[test]
fn ten_quick_attempts_one_after_the_other_are_a_storm() {
    let storm = |milliseconds: &[u64]| gathered(&refused_at(milliseconds))[0].is_retry_storm();
    let every = |step: u64, number: u64| (0..number).map(|at| at * step).collect::<Vec<_>>();
    assert!(storm(&every(10, 10)) && storm(&every(990, 10)));
    assert!(!storm(&every(10, 9)), "nine");
    assert!(!storm(&every(1000, 30)), "a mean of a second");
    assert!(!storm(&every(0, 30)), "a browser's connections side by side");
    assert!(!storm(&[0, 10, 30, 70, 150, 310, 630, 1270, 2550, 5110, 9000]), "backoff from 10 ms on");
    assert!(!storm(&[0, 50, 100, 200, 300, 500, 700, 1000, 1400, 1900, 2500]), "pauses that grow otherwise");
    let late: Vec<u64> = [0, 5000, 60_000].into_iter().chain((0..10).map(|at| 90_000 + at * 100)).collect();
    assert!(storm(&late), "calm at first");
}

#[test]
fn a_success_between_ends_the_row_of_attempts() {
    let findings = refused_at(&(0..30).map(|at| at * 100).collect::<Vec<_>>());
    let (client, server) = (findings[0].client.end, findings[0].server.end);
    let mut episodes = Episodes::default();
    for (index, finding) in findings.iter().enumerate() {
        episodes.add(finding.clone());
        if index % 5 == 4 {
            episodes.success(client.ip, server.ip, server.port, finding.time + 1);
        }
    }
    assert!(!episodes.finish()[0].is_retry_storm());
}

#[test]
fn resets_of_open_connections_are_no_storm() {
    let mut episodes = Episodes::default();
    (0..30).for_each(|at| episodes.add(later(samples::keepalive_race(), at * 2 * SECOND / 10)));
    assert!(!episodes.finish()[0].is_retry_storm());
}

#[test]
fn failed_time_leaves_out_what_lies_around_a_success() {
    let findings = refused_at(&[0, 1000, 5000, 7000]);
    let (client, server) = (findings[0].client.end, findings[0].server.end);
    let mut episodes = Episodes::default();
    findings[..2].iter().for_each(|finding| episodes.add(finding.clone()));
    episodes.success(client.ip, server.ip, server.port, DECIDED + 3 * SECOND);
    findings[2..].iter().for_each(|finding| episodes.add(finding.clone()));
    let all = episodes.finish();
    assert_eq!((all[0].failed, all[0].successes_between), (3 * SECOND, 1));
}

#[test]
fn the_pause_is_counted_from_the_end_of_an_attempt() {
    // connect() gives up after 10 s, and the client waits 1, 2 and 4 s.
    let findings: Vec<Finding> = [10_000, 21_000, 33_000, 47_000]
        .iter()
        .map(|at| {
            let mut finding = later(samples::refused_from(1, 8080), at * MILLISECOND);
            finding.timing.duration = 10 * SECOND;
            finding.evidence.clear();
            finding
        })
        .collect();
    let all = gathered(&findings);
    assert_eq!(all[0].pauses, [1, 2, 4].map(|seconds| seconds * SECOND));
    assert_eq!(all[0].intervals, [11, 12, 14].map(|seconds| seconds * SECOND));
    assert_eq!(all[0].backoff, Backoff::Exponential);
}

#[test]
fn recovery_is_the_first_success_after_the_last_failure() {
    let findings = refused_at(&[0, 1000, 2000]);
    let (client, server) = (findings[0].client.end, findings[0].server.end);
    let mut episodes = Episodes::default();
    episodes.success(client.ip, server.ip, server.port, DECIDED - SECOND);
    episodes.add(findings[0].clone());
    episodes.success(client.ip, server.ip, server.port, DECIDED + SECOND / 2);
    episodes.add(findings[1].clone());
    episodes.add(findings[2].clone());
    episodes.success(client.ip, server.ip, server.port + 1, DECIDED + 3 * SECOND);
    episodes.success(server.ip, client.ip, server.port, DECIDED + 3 * SECOND);
    episodes.success(client.ip, server.ip, server.port, DECIDED + 4 * SECOND);
    episodes.success(client.ip, server.ip, server.port, DECIDED + 5 * SECOND);
    let all = episodes.finish();
    assert_eq!(all[0].recovered_at, Some(DECIDED + 4 * SECOND));
    assert_eq!(all[0].successes_between, 1);
}

#[test]
fn a_failure_may_be_told_after_a_success_that_came_later() {
    let findings = refused_at(&[0, 100, 200]);
    let (client, server) = (findings[0].client.end, findings[0].server.end);
    let success = |episodes: &mut Episodes, after: u64| {
        episodes.success(client.ip, server.ip, server.port, DECIDED + after * MILLISECOND);
    };
    let mut episodes = Episodes::default();
    success(&mut episodes, 50);
    success(&mut episodes, 300);
    findings.iter().for_each(|finding| episodes.add(finding.clone()));
    let all = episodes.finish();
    assert_eq!((all[0].recovered_at, all[0].successes_between), (Some(DECIDED + 300 * MILLISECOND), 1));

    let mut episodes = Episodes::default();
    episodes.add(findings[0].clone());
    success(&mut episodes, 300);
    episodes.add(findings[1].clone());
    let all = episodes.finish();
    assert_eq!((all[0].recovered_at, all[0].successes_between), (Some(DECIDED + 300 * MILLISECOND), 0));
}

#[test]
fn to_reach_a_service_does_not_cure_resets() {
    let race = samples::keepalive_race();
    let mut episodes = Episodes::default();
    episodes.add(race.clone());
    episodes.success(race.client.end.ip, race.server.end.ip, race.server.end.port, race.time + SECOND);
    let all = episodes.finish();
    assert_eq!((all[0].is_about_connecting(), all[0].recovered_at), (false, None));
}

#[test]
fn memory_is_bounded_and_what_is_given_up_is_counted() {
    let mut episodes = Episodes::with_limit(100);
    for attempt in 0..2 {
        episodes.add(later(samples::keepalive_race(), attempt));
    }
    for port in 1..=1000 {
        episodes.add(later(samples::refused_from(1, port), u64::from(port) * SECOND));
    }
    let folded = episodes.folded();
    let all = episodes.finish();
    assert!(all.len() <= 100, "{}", all.len());
    assert_eq!(all.len() as u64 + folded.episodes, 1001);
    assert_eq!(all.iter().map(|episode| episode.count).sum::<u64>() + folded.findings, 1002);
    assert!(all.iter().any(|episode| episode.cause_id() == "keepalive_race"), "what repeats is worth more");
    assert!(all.iter().any(|episode| episode.example.server.end.port == 1000), "the newest are kept");
}

#[test]
fn the_order_does_not_depend_on_chance() {
    let findings: Vec<Finding> = (1..=50).map(|port| samples::refused_from(1, port)).collect();
    let ports = |findings: &[Finding]| -> Vec<u16> {
        gathered(findings).iter().map(|episode| episode.example.server.end.port).collect()
    };
    assert_eq!(ports(&findings), (1..=50).collect::<Vec<u16>>());
}

#[test]
fn intervals_are_few_however_long_it_lasts() {
    let all = gathered(&refused_at(&(0..100).map(|second| second * 1000).collect::<Vec<_>>()));
    assert_eq!((all[0].count, all[0].intervals.len(), all[0].pauses.len()), (100, 16, 16));
}

/// The proxy beside an application asks the same service, and from the same address.
#[test]
fn what_is_led_to_a_proxy_recovers_when_that_answers() {
    let refused = samples::refused_from(1, 8080);
    let client = refused.client.end;
    let proxy = End { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 15_001 };
    let mut episodes = Episodes::default();
    episodes.add(Finding { translated: Some([client, proxy]), ..refused.clone() });
    episodes.add(later(refused, SECOND));
    episodes.success(client.ip, proxy.ip, proxy.port, DECIDED + 3 * SECOND);
    let recovered: Vec<_> = episodes.finish().iter().map(|episode| episode.recovered_at).collect();
    assert_eq!(recovered, [Some(DECIDED + 3 * SECOND), None]);
}
