//! Does the catalogue keep its form?

use super::*;
use std::collections::BTreeSet;

const CONTRACT: [&str; 35] = [
    "no_listener",
    "service_stopped",
    "rejected_by_policy",
    "unread_data",
    "abortive_close",
    "keepalive_race",
    "idle_expired",
    "peer_forgot_connection",
    "forged_reset",
    "backlog_overflow",
    "client_gave_up",
    "server_deadline",
    "tls_failure",
    "wrong_protocol",
    "conntrack_invalid",
    "peer_closed",
    "stale_connection",
    "health_check",
    "half_open_scan",
    "connect_cancelled",
    "syn_unanswered",
    "return_path_lost",
    "peer_vanished",
    "keepalive_unanswered",
    "mtu_blackhole",
    "reader_stalled",
    "host_unreachable",
    "net_unreachable",
    "port_scan",
    "retry_storm",
    "benign_tail",
    "port_reuse",
    "ignored_reset",
    "half_close",
    "unexplained",
];

#[test]
fn every_promised_cause_is_there_once() {
    let listed: Vec<&str> = ALL.iter().map(|cause| cause.id).collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), unique.len());
    assert_eq!(unique, BTreeSet::from(CONTRACT));
}

#[test]
fn ids_are_the_names_of_the_files() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/causes");
    for cause in ALL {
        let file = folder.join(cause.id).with_extension("rs");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(text.contains(&format!("id: \"{}\"", cause.id)), "{} is not in {}", cause.id, file.display());
    }
}

/// Every text of a cause, with a word that says which.
fn texts(cause: &Cause) -> Vec<(&'static str, &'static str)> {
    let mut texts = vec![
        ("title", cause.title),
        ("seen", cause.seen),
        ("why", cause.why),
        ("is_not", cause.is_not),
        ("fix", cause.remedy.title),
    ];
    texts.extend(cause.remedy.steps.iter().map(|step| ("step", *step)));
    texts.extend(cause.remedy.commands.iter().map(|command| ("command", *command)));
    texts
}

#[test]
fn no_text_is_empty_or_has_odd_spaces_or_unknown_placeholders() {
    for cause in ALL {
        for (which, text) in texts(cause) {
            assert!(!text.trim().is_empty(), "{} {which}", cause.id);
            assert!(!text.contains('\t') && !text.contains("  "), "{} {which}: {text}", cause.id);
            assert_eq!(text, text.trim(), "{} {which}", cause.id);
            let known = [
                "{server.ip}",
                "{server.port}",
                "{client.ip}",
                "{client.port}",
                "{peer.ip}",
                "{peer.port}",
                "{failed.ip}",
            ];
            let rest = known.iter().fold(text.to_string(), |text, name| text.replace(name, ""));
            // awk, nginx and nft have braces of their own.
            let rest = rest.replace("{print $1}", "").replace("upstream {}", "").replace("({ ", "").replace(" })", "");
            let rest = rest.replace("{ type filter hook forward priority mangle; }", "");
            assert!(!rest.contains(['{', '}']), "{} {which}: {text}", cause.id);
        }
        assert!(!cause.remedy.steps.is_empty(), "{}", cause.id);
        for step in cause.remedy.steps.iter().chain([&cause.seen, &cause.why, &cause.is_not]) {
            assert!(step.ends_with(['.', '?', '!']), "{}: {step}", cause.id);
        }
        for title in [cause.title, cause.remedy.title] {
            assert!(!title.ends_with('.') && !title.contains('\n'), "{}: {title}", cause.id);
        }
    }
}

#[test]
fn settings_have_a_program_and_a_name() {
    for cause in ALL {
        for setting in cause.settings {
            assert!(!setting.program.is_empty() && !setting.name.is_empty(), "{}", cause.id);
            assert!(!setting.default.is_empty() || !setting.advice.is_empty(), "{}: {}", cause.id, setting.name);
        }
    }
}

#[test]
fn only_patterns_and_the_fallback_have_no_packets() {
    for cause in ALL {
        let none = cause.group == Group::Pattern || cause.id == "unexplained";
        assert_eq!(cause.example.is_empty(), none, "{}", cause.id);
        for line in cause.example.lines() {
            assert!(line.len() <= 78, "{}: {line}", cause.id);
            let plain = line.strip_prefix('[').and_then(|line| line.split_once("] ")).map_or(line, |(_, rest)| rest);
            assert!(plain.starts_with(['+', '/', 'w']), "{}: {line}", cause.id);
        }
    }
}

#[test]
fn kinds_agree_with_groups() {
    for cause in ALL {
        assert_eq!(cause.kinds.is_empty(), cause.group <= Group::Pattern, "{}", cause.id);
    }
}

#[test]
fn every_cause_that_a_text_points_to_exists() {
    for cause in ALL {
        for (_, text) in texts(cause) {
            for word in text.split('`').skip(1).step_by(2) {
                let id = word.strip_prefix("tcpwhy explain ").unwrap_or(word);
                let looks_like_one = id.contains('_') && id.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                assert!(!looks_like_one || find(id).is_some(), "{} points to {id}", cause.id);
            }
        }
    }
}
