//! The first and the last lines of a report: how much failed, and how much was seen.

use super::layout::{Page, Role};
use crate::decode::Skip;
use crate::diagnose::{FILTERED, LiveCounts, Summary};
use crate::episodes::Folded;
use crate::report::escape::escape;
use crate::track::Doubt;
use crate::track::kernel::Kind;
use crate::units::{clock, count, counted, date, duration};

/// The answer in a sentence.
pub fn headline(page: &mut Page, summary: &Summary) {
    let packets = counted(summary.frames, "packet", "packets");
    let connections = counted(summary.connections, "connection", "connections");
    let (failed, aborted) = failed_and_aborted(summary);
    if failed + aborted > 0 {
        let sentence = match (failed, aborted) {
            (_, 0) => format!("{} of {connections} failed: {}.", count(failed), by_kind(summary, Some(Kind::Aborted))),
            (0, 1) => format!("1 of {connections} was reset by its client at once; no other failed."),
            (0, _) => {
                format!("{} of {connections} were reset by their clients at once; no others failed.", count(aborted))
            }
            (_, _) => format!(
                "{} of {connections} failed: {}; {} more {} at once.",
                count(failed),
                by_kind(summary, Some(Kind::Aborted)),
                count(aborted),
                if aborted == 1 { "was reset by its client" } else { "were reset by their clients" }
            ),
        };
        page.paragraph("", Role::Heading, &sentence);
        page.paragraph("", Role::Plain, &format!("{packets}{}.", span(summary)));
        return recordings(page, summary);
    }
    if summary.frames == 0 {
        return page.paragraph("", Role::Heading, "The capture holds no packets.");
    }
    if summary.segments == 0 {
        let filtered = summary.skipped.iter().any(|(id, _)| *id == FILTERED);
        let no_tcp = if filtered { "No TCP packet matches the filter." } else { "No TCP in this capture." };
        page.paragraph("", Role::Heading, no_tcp);
        page.paragraph("", Role::Plain, &format!("{packets}{}.", span(summary)));
        return recordings(page, summary);
    }
    page.paragraph("", Role::Fine, &format!("No failed connections among {connections} ({packets})."));
    if summary.connections == 0 {
        page.paragraph("", Role::Plain, "There is TCP, but no connection whose outcome could be followed.");
    }
    recordings(page, summary);
}

/// Packets of several days in one capture are seldom what somebody expects.
fn recordings(page: &mut Page, summary: &Summary) {
    if summary.recordings > 1 {
        let number = count(summary.recordings);
        let sentence = format!("They are {number} recordings, with more than a day without packets between them.");
        page.paragraph("", Role::Plain, &sentence);
    }
}

/// What was seen, what was left out and why.
pub fn summary(page: &mut Page, summary: &Summary, folded: Folded, all: bool) {
    page.blank();
    page.line(&[(Role::Heading, "Seen")]);
    page.labelled("total", &counted(summary.connections, "connection", "connections"));
    let failed = by_kind(summary, None);
    page.labelled("failed", if failed.is_empty() { "none" } else { &failed });
    // Of one cause the headline and its block say all.
    if summary.causes.len() > 1 {
        page.labelled("causes", &named(&summary.causes));
    }
    let benign = named(&summary.benign);
    if !benign.is_empty() {
        page.labelled("benign", &if all { benign } else { format!("{benign} (--all lists them)") });
    }
    if summary.undecided.iter().any(|(_, number)| *number > 0) {
        let undecided = in_words(&summary.undecided, doubt);
        let can_be_listed = |id: &str| Doubt::ALL.iter().any(|doubt| doubt.id() == id && !doubt.is_only_counted());
        let listed = summary.undecided.iter().any(|(id, number)| *number > 0 && can_be_listed(id));
        let hint = if listed && !all { " (--all lists them)" } else { "" };
        page.labelled("undecided", &format!("{undecided}{hint}"));
    }
    page.labelled("packets", &packets(summary));
    if summary.unseen > 0 {
        let bytes = counted(summary.unseen, "byte was", "bytes were");
        page.labelled("missing", &format!("{bytes} acknowledged but never captured"));
    }
    if let Some(live) = &summary.live {
        page.labelled("lost", &lost(live));
        if live.light {
            page.labelled("light", "only the segments that open and close connections were captured");
        }
    }
    if summary.translated > 0 {
        let number = counted(summary.translated, "connection was", "connections were");
        page.labelled("NAT", &format!("{number} also seen on the other side of NAT; each is reported once"));
    }
    if summary.evicted > 0 {
        let what = format!(
            "{} before their end, for lack of memory: the longest idle ones (--max-memory allows more)",
            counted(summary.evicted, "connection", "connections")
        );
        page.labelled("forgotten", &what);
    }
    if summary.unremembered > 0 || summary.messages_forgotten > 0 || folded.clients > 0 || folded.successes > 0 {
        page.labelled("too many", &too_many(summary, folded));
    }
    let skipped: u64 = summary.skipped.iter().map(|(_, number)| number).sum();
    if skipped > 0 {
        page.labelled("not read", &in_words(&summary.skipped, skip));
    }
    if folded.episodes > 0 {
        let what = format!(
            "{} in {}, too many to list; --format json lists them all",
            counted(folded.findings, "connection", "connections"),
            counted(folded.episodes, "old group", "old groups")
        );
        page.labelled("left out", &what);
    }
}

/// What the packets were, and what was made of copies.
fn packets(summary: &Summary) -> String {
    let tcp = match summary.segments {
        0 => "none".to_owned(),
        all if all == summary.frames => "all".to_owned(),
        some => count(some),
    };
    let mut packets = match summary.frames {
        0 => "none".to_owned(),
        1 => format!("1 read, {}", if summary.segments == 0 { "not TCP" } else { "TCP" }),
        frames => format!("{} read, {tcp} of them TCP", count(frames)),
    };
    if summary.icmp_errors > 0 {
        packets.push_str(&format!(", {}", counted(summary.icmp_errors, "ICMP error", "ICMP errors")));
    }
    if summary.duplicates > 0 {
        let number = counted(summary.duplicates, "seen twice counts", "seen twice count");
        packets.push_str(&format!("; {number} once"));
    }
    if summary.copies_forgotten > 0 {
        let number = counted(summary.copies_forgotten, "packet was", "packets were");
        packets.push_str(&format!("; {number} forgotten so soon that a copy would count as a retransmission"));
    }
    packets
}

/// What had no room in the tables that tell of services, clients and what applications said; the verdicts do not depend
/// on them.
fn too_many(summary: &Summary, folded: Folded) -> String {
    let parts: Vec<String> = [
        (
            summary.unremembered,
            "old record of a service or host was forgotten",
            "old records of services and hosts were forgotten",
        ),
        (
            summary.messages_forgotten,
            "last message of a connection was overwritten",
            "last messages of connections were overwritten",
        ),
        (folded.clients, "client was no longer watched for scans", "clients were no longer watched for scans"),
        (folded.successes, "recent success was forgotten", "recent successes were forgotten"),
    ]
    .iter()
    .filter(|(number, _, _)| *number > 0)
    .map(|(number, one, many)| counted(*number, one, many))
    .collect();
    format!("{}: some causes and recoveries may be missed, but no failures", parts.join(", "))
}

/// What a live capture could not see or tell.
fn lost(live: &LiveCounts) -> String {
    let parts: Vec<String> = [
        (live.dropped_kernel, "packet dropped by the kernel", "packets dropped by the kernel (-B enlarges its buffer)"),
        (live.dropped_interface, "packet by the interface", "packets by the interface"),
        (live.output_lost, "line of this report", "lines of this report: its reader was too slow"),
    ]
    .iter()
    .filter(|(number, _, _)| *number > 0)
    .map(|(number, one, many)| counted(*number, one, many))
    .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// Who cancels a connection of its own, such as a health check, is not what somebody is woken for.
fn failed_and_aborted(summary: &Summary) -> (u64, u64) {
    let sum = |aborted: bool| {
        let kinds = Kind::ALL.iter().zip(summary.failures);
        kinds.filter(|(kind, _)| (**kind == Kind::Aborted) == aborted).map(|(_, number)| number).sum()
    };
    (sum(false), sum(true))
}

fn by_kind(summary: &Summary, without: Option<Kind>) -> String {
    let kinds: Vec<String> = Kind::ALL
        .iter()
        .zip(summary.failures)
        .filter(|(kind, number)| *number > 0 && Some(**kind) != without)
        .map(|(kind, number)| together(number, kind.id()))
        .collect();
    kinds.join(", ")
}

/// `12 no_listener`: no line ends behind the number.
fn together(number: u64, what: &str) -> String {
    counted(number, what, what)
}

fn named(counts: &[(&'static str, u64)]) -> String {
    let parts: Vec<String> = counts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| together(*number, &escape(name)))
        .collect();
    parts.join(", ")
}

/// `20 UDP, 1 ARP`: reasons as their ids, or in words where there are some.
fn in_words(counts: &[(&'static str, u64)], words: fn(&str) -> Option<&'static str>) -> String {
    let seen = counts.iter().filter(|(_, number)| *number > 0);
    let parts: Vec<String> = seen.map(|(id, number)| together(*number, words(id).unwrap_or(id))).collect();
    parts.join(", ")
}

fn skip(id: &str) -> Option<&'static str> {
    if id == FILTERED {
        return Some("left out by the filter");
    }
    Skip::ALL.iter().find(|skip| skip.id() == id).map(|skip| skip.describe())
}

fn doubt(id: &str) -> Option<&'static str> {
    Doubt::ALL.iter().find(|doubt| doubt.id() == id).map(|doubt| match doubt {
        Doubt::BeganLate => "began before the capture",
        Doubt::OneDirection => "seen in one direction only",
        Doubt::OddReset => "ended by a RST that may not have been accepted",
        Doubt::EndedEarly => "still unanswered at the end of the capture",
        Doubt::Unanswered => "with one SYN that got no answer",
        Doubt::HalfOpen => "half open (SYN-ACK retransmitted in vain)",
        Doubt::CutShort => "with the deciding bytes cut off by the snaplen",
        Doubt::Hole => "with packets missing from the capture just before the end",
        Doubt::Multipath => "on one of several paths (MPTCP) whose end the application may not notice",
        Doubt::HalfAccepted => "given up by a client whose handshake the server may not have completed",
        Doubt::HalfClosed => "reset after a FIN whose sender may still have been reading",
        Doubt::MoreToSend => "closed and reset by one end when the other may have had more to send",
        Doubt::NoAnswer => "closed while a request had no answer",
        Doubt::AnswerCut => "closed by the server in the middle of an answer",
        Doubt::Unacknowledged => "closed behind payload that nothing acknowledged",
    })
}

/// `, 2026-11-22 06:16:53 to 06:18:01 UTC (1 min 8 s)`.
fn span(summary: &Summary) -> String {
    let (Some(first), Some(last)) = (summary.first, summary.last) else { return String::new() };
    let of = |time| (date(time), clock(time, 0));
    let ((day, from), (last_day, to)) = (of(first), of(last));
    if first == last {
        return format!(", {day} {from} UTC");
    }
    let end = match (day == last_day, from == to) {
        (true, true) => String::new(),
        (true, false) => format!(" to {to}"),
        (false, _) => format!(" to {last_day} {to}"),
    };
    format!(", {day} {from}{end} UTC ({})", duration(last.since(first)))
}
