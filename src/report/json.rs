//! The report for programs: one JSON object a line, in the order and with the names that the contract promises.

use std::io;
use std::sync::OnceLock;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Formatter;

use super::Inputs;
use super::escape::is_unsafe;
use super::ids::{community_id, id};
use super::remedy::{fill_in, owner_of};
use crate::causes::{ALL, Cause, port_scan, retry_storm, unexplained};
use crate::context::Context;
use crate::diagnose::{EndReport, Evidence, Finding, Summary};
use crate::episodes::{Episode, Folded, Scan};
use crate::host::Local;
use crate::track::kernel::Kind;

/// Raised when the meaning of a field changes.
pub const SCHEMA: u32 = 1;

/// The line for a failure or a benign ending, with its line end.
pub fn finding_line(finding: &Finding, inputs: &Inputs) -> Vec<u8> {
    let end = |report: &EndReport| EndLine {
        ip: report.end.ip.to_string(),
        port: report.end.port,
        errno: report.errno.map(|errno| errno.name()),
        exception: report.errno.map(|errno| errno.python()),
        calls: report.calls.clone(),
    };
    let mut bytes = line(&FindingLine {
        kind_of_line: if finding.kind.is_some() { "failure" } else { "benign" },
        schema: SCHEMA,
        id: id(finding),
        ts: inputs.timestamp(finding.time),
        kind: finding.kind.map(Kind::id),
        cause: finding.cause.map_or("unexplained", |cause| cause.id),
        confidence: finding.confidence.id(),
        ended_by: finding.ended_by.id(),
        reset: finding.reset.map(|reset| reset.id()),
        client: end(&finding.client),
        server: end(&finding.server),
        role_known: (!finding.role_known).then_some(false),
        retry: RetryLine { verdict: finding.retry.id(), why: &finding.retry_why },
        community_id: community_id(finding),
        summary: &finding.summary,
        context: finding.context.as_ref(),
        timing: TimingLine {
            connect_ms: finding.timing.connect.map(milliseconds),
            rtt_ms: finding.timing.rtt.map(milliseconds),
            idle_before_ms: finding.timing.idle_before.map(milliseconds),
            duration_ms: milliseconds(finding.timing.duration),
        },
        traffic: TrafficLine {
            client_packets: finding.traffic.client_packets,
            server_packets: finding.traffic.server_packets,
            client_bytes: finding.traffic.client_bytes,
            server_bytes: finding.traffic.server_bytes,
        },
        evidence: finding.evidence.iter().map(|evidence| evidence_line(evidence, inputs)).collect(),
        local: finding.local.as_deref(),
    });
    with_remedy(&mut bytes, finding);
    bytes
}

/// Puts the remedy at the end of a finding's line. It is most of the line, and the same for all findings with one cause
/// but for addresses and ports: those are filled into what was written once.
fn with_remedy(line: &mut Vec<u8>, finding: &Finding) {
    static WRITTEN: OnceLock<Vec<(&Cause, String)>> = OnceLock::new();
    let written = WRITTEN.get_or_init(|| ALL.iter().map(|cause| (*cause, written_remedy(cause))).collect());
    let cause = finding.cause.unwrap_or(&unexplained::CAUSE);
    let remedy = match written.iter().find(|(other, _)| std::ptr::eq(*other, cause)) {
        Some((_, remedy)) => fill_in(remedy, finding),
        None => fill_in(&written_remedy(cause), finding),
    };
    line.truncate(line.len().saturating_sub("}\n".len()));
    line.extend_from_slice(b",\"remedy\":{\"owner\":\"");
    line.extend_from_slice(owner_of(cause, finding).id().as_bytes());
    line.extend_from_slice(b"\",");
    line.extend_from_slice(remedy.get(1..).unwrap_or("}").as_bytes());
    line.extend_from_slice(b"}\n");
}

/// A remedy as JSON without its owner, with the placeholders of its texts still in it: JSON leaves their characters as they are.
fn written_remedy(cause: &Cause) -> String {
    let mut bytes = line(&RemedyLine {
        title: cause.remedy.title,
        steps: cause.remedy.steps,
        commands: cause.remedy.commands,
        explain: format!("tcpwhy explain {}", cause.id),
    });
    bytes.pop();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The line for failures that repeated, with its line end.
pub fn episode_line(episode: &Episode, inputs: &Inputs) -> Vec<u8> {
    let example = &episode.example;
    line(&EpisodeLine {
        kind_of_line: "episode",
        schema: SCHEMA,
        pattern: episode.is_retry_storm().then_some(retry_storm::CAUSE.id),
        client: EpisodeClient { ip: example.client.end.ip.to_string() },
        server: EpisodeServer { ip: example.server.end.ip.to_string(), port: example.server.end.port },
        kind: example.kind.map(Kind::id),
        cause: episode.cause_id(),
        count: episode.count,
        first: inputs.timestamp(episode.first),
        last: inputs.timestamp(episode.last),
        intervals_ms: episode.intervals.iter().copied().map(milliseconds).collect(),
        backoff: episode.backoff.id(),
        successes_between: episode.successes_between,
        recovered_at: episode.recovered_at.map(|time| inputs.timestamp(time)),
        failed_ms: episode.is_about_connecting().then(|| milliseconds(episode.failed)),
        example: id(example),
    })
}

/// The line for a client that tried many ports or hosts, with its line end.
pub fn scan_line(scan: &Scan, inputs: &Inputs) -> Vec<u8> {
    line(&ScanLine {
        kind_of_line: "episode",
        schema: SCHEMA,
        pattern: port_scan::CAUSE.id,
        cause: port_scan::CAUSE.id,
        client: EpisodeClient { ip: scan.client.to_string() },
        targets: scan.targets,
        ports: &scan.ports,
        first: inputs.timestamp(scan.first),
        last: inputs.timestamp(scan.last),
        count: scan.count,
    })
}

/// The last line, with its line end.
pub fn summary_line(summary: &Summary, folded: Folded, inputs: &Inputs) -> Vec<u8> {
    let kinds: Vec<(&str, u64)> = Kind::ALL.iter().map(|kind| kind.id()).zip(summary.failures).collect();
    line(&SummaryLine {
        kind_of_line: "summary",
        schema: SCHEMA,
        inputs: &inputs.names,
        first: summary.first.map(|time| inputs.timestamp(time)),
        last: summary.last.map(|time| inputs.timestamp(time)),
        packets: summary.frames,
        segments: summary.segments,
        icmp_errors: summary.icmp_errors,
        duplicates: summary.duplicates,
        connections: summary.connections,
        evicted: (summary.evicted > 0).then_some(summary.evicted),
        unremembered: (summary.unremembered > 0).then_some(summary.unremembered),
        failed: summary.failures.iter().sum(),
        failures: Counts(&kinds),
        benign: Counts(&summary.benign),
        undecided: Counts(&summary.undecided),
        skipped: Counts(&summary.skipped),
        episodes_folded: folded.episodes,
        clients_unwatched: (folded.clients > 0).then_some(folded.clients),
        live: summary.live.map(|live| LiveLine {
            dropped_kernel: live.dropped_kernel,
            dropped_interface: live.dropped_interface,
            output_lost: live.output_lost,
            light: live.light,
        }),
    })
}

/// Milliseconds with three decimals: the microseconds that most captures have.
fn milliseconds(nanoseconds: u64) -> f64 {
    (nanoseconds as f64 / 1e3).round() / 1e3
}

fn evidence_line<'a>(evidence: &'a Evidence, inputs: &'a Inputs) -> EvidenceLine<'a> {
    EvidenceLine {
        frame: evidence.frame,
        file: if inputs.names.len() > 1 { inputs.name(evidence.input) } else { None },
        ts: inputs.timestamp(evidence.time),
        from: evidence.from.id(),
        packet: &evidence.packet,
        note: &evidence.note,
    }
}

fn line<T: Serialize>(object: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2048);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Quiet);
    // Serialising strings and numbers into memory cannot fail.
    let written = object.serialize(&mut serializer);
    debug_assert!(written.is_ok(), "{written:?}");
    bytes.push(b'\n');
    bytes
}

/// JSON whose bytes cannot steer a terminal that it is shown on: serde_json escapes the C0 controls; this also escapes
/// the rest of what [`is_unsafe`] knows, as `\u009b`. A program that parses it gets the text as it was.
struct Quiet;

impl Formatter for Quiet {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Nearly all texts are plain, and a plain one is seen to be so at once.
        if fragment.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((start, character)) = rest.char_indices().find(|(_, character)| is_unsafe(*character)) {
            let (before, from) = rest.split_at(start);
            writer.write_all(before.as_bytes())?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Names and numbers as an object, in their order.
struct Counts<'a>(&'a [(&'a str, u64)]);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, count) in self.0 {
            map.serialize_entry(name, count)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct FindingLine<'a> {
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    schema: u32,
    id: String,
    ts: String,
    kind: Option<&'static str>,
    cause: &'static str,
    confidence: &'static str,
    ended_by: &'static str,
    reset: Option<&'static str>,
    client: EndLine,
    server: EndLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_known: Option<bool>,
    retry: RetryLine<'a>,
    community_id: Option<String>,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a Context>,
    timing: TimingLine,
    traffic: TrafficLine,
    evidence: Vec<EvidenceLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<&'a Local>,
}

#[derive(Serialize)]
struct EndLine {
    ip: String,
    port: u16,
    errno: Option<&'static str>,
    exception: Option<&'static str>,
    calls: Option<String>,
}

#[derive(Serialize)]
struct RetryLine<'a> {
    verdict: &'static str,
    why: &'a str,
}

#[derive(Serialize)]
struct TimingLine {
    connect_ms: Option<f64>,
    rtt_ms: Option<f64>,
    idle_before_ms: Option<f64>,
    duration_ms: f64,
}

#[derive(Serialize)]
struct TrafficLine {
    client_packets: u64,
    server_packets: u64,
    client_bytes: u64,
    server_bytes: u64,
}

#[derive(Serialize)]
struct EvidenceLine<'a> {
    frame: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    ts: String,
    from: &'static str,
    packet: &'a str,
    note: &'a str,
}

#[derive(Serialize)]
struct RemedyLine {
    title: &'static str,
    steps: &'static [&'static str],
    commands: &'static [&'static str],
    explain: String,
}

#[derive(Serialize)]
struct EpisodeLine {
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    schema: u32,
    pattern: Option<&'static str>,
    client: EpisodeClient,
    server: EpisodeServer,
    kind: Option<&'static str>,
    cause: &'static str,
    count: u64,
    first: String,
    last: String,
    intervals_ms: Vec<f64>,
    backoff: &'static str,
    successes_between: u64,
    recovered_at: Option<String>,
    failed_ms: Option<f64>,
    example: String,
}

#[derive(Serialize)]
struct ScanLine<'a> {
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    schema: u32,
    pattern: &'static str,
    cause: &'static str,
    client: EpisodeClient,
    targets: u64,
    ports: &'a [u16],
    first: String,
    last: String,
    count: u64,
}

#[derive(Serialize)]
struct EpisodeClient {
    ip: String,
}

#[derive(Serialize)]
struct EpisodeServer {
    ip: String,
    port: u16,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    schema: u32,
    inputs: &'a [String],
    first: Option<String>,
    last: Option<String>,
    packets: u64,
    segments: u64,
    icmp_errors: u64,
    duplicates: u64,
    connections: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    evicted: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unremembered: Option<u64>,
    failed: u64,
    failures: Counts<'a>,
    benign: Counts<'a>,
    undecided: Counts<'a>,
    skipped: Counts<'a>,
    episodes_folded: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients_unwatched: Option<u64>,
    #[serde(flatten)]
    live: Option<LiveLine>,
}

/// Only in the summary of a live capture.
#[derive(Serialize)]
struct LiveLine {
    dropped_kernel: u64,
    dropped_interface: u64,
    output_lost: u64,
    light: bool,
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
