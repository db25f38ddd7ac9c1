//! The report for programs: one JSON object a line, in the order and with the names that the contract promises.

use std::sync::OnceLock;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::Inputs;
use super::ids::{community_id, id, id_of};
use super::line::{Line, milliseconds};
use super::remedy::{EndTexts, Template, owner_of, remedy_of};
use crate::causes::{ALL, Cause, Remedy, port_scan, retry_storm};
use crate::context::{Context, Value};
use crate::decode::End;
use crate::diagnose::{EndReport, Finding, ResetKind, Summary};
use crate::episodes::{Backoff, Episode, Folded, Scan};
use crate::short::Short;
use crate::time::Clock;
use crate::track::kernel::{Errno, Kind};

/// Raised when the meaning of a field changes.
pub const SCHEMA: u32 = 1;

/// The line for a finding, with its line end.
pub fn finding_line(finding: &Finding, inputs: &Inputs) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4096);
    write_finding(&mut bytes, finding, inputs);
    bytes
}

/// Adds the line for a finding, with its line end.
pub fn write_finding(bytes: &mut Vec<u8>, finding: &Finding, inputs: &Inputs) {
    let ends = EndTexts::of(finding);
    let (mut line, mut clock) = (Line(bytes), inputs.clock());
    line.raw("{\"type\":").id(Some(if finding.kind.is_some() { "failure" } else { finding.kind_id() }));
    line.raw(",\"schema\":").number(SCHEMA.into());
    line.raw(",\"id\":").short(&id_of(finding, &ends));
    line.raw(",\"ts\":").short(&clock.rfc3339(finding.time));
    line.raw(",\"kind\":").id(finding.kind.map(Kind::id));
    let decided = finding.doubt.is_none();
    line.raw(",\"cause\":").id(decided.then(|| finding.cause_id()));
    line.raw(",\"confidence\":").id(decided.then(|| finding.confidence.id()));
    if let Some(doubt) = finding.doubt {
        line.raw(",\"doubt\":").id(Some(doubt.id()));
    }
    line.raw(",\"ended_by\":").id(Some(finding.ended_by.id()));
    line.raw(",\"reset\":").id(finding.reset.map(ResetKind::id));
    if let Some(reason) = &finding.reset_reason {
        line.raw(",\"reset_reason\":").text(reason);
    }
    line.raw(",\"client\":");
    write_end(&mut line, &finding.client, &ends.client_ip);
    line.raw(",\"server\":");
    write_end(&mut line, &finding.server, &ends.server_ip);
    if let Some(ends) = &finding.translated {
        write_translated(&mut line, ends);
    }
    if !finding.role_known {
        line.raw(",\"role_known\":false");
    }
    line.raw(",\"retry\":{\"verdict\":").id(Some(finding.retry.id()));
    line.raw(",\"why\":").note(&finding.retry_why).raw("},\"community_id\":");
    match community_id(finding) {
        Some(id) => line.short(&id),
        None => line.raw("null"),
    };
    line.raw(",\"summary\":").text(&finding.summary);
    if let Some(context) = &finding.context {
        line.raw(",\"context\":");
        write_context(&mut line, context);
    }
    write_numbers(&mut line, finding);
    write_evidence(&mut line, finding, inputs, &mut clock);
    if let Some(local) = &finding.local {
        line.raw(",\"local\":").value(local);
    }
    write_remedy(&mut line, finding, &ends);
    line.raw("}\n");
}

/// Adds what the applications said last: the protocol, the fields, the sentence.
pub fn write_context(line: &mut Line<'_>, context: &Context) {
    line.raw("{\"protocol\":").id(Some(context.protocol));
    for (key, value) in &context.fields {
        line.raw(",\"").raw(key).raw("\":");
        match value {
            Value::Name(name) => line.id(Some(name)),
            Value::Text(text) => line.text(text),
            Value::Number(number) => line.number(*number),
        };
    }
    line.raw(",\"sentence\":").text(context.sentence()).raw("}");
}

fn write_end(line: &mut Line<'_>, report: &EndReport, ip: &Short) {
    write_address(line, ip, report.end.port);
    line.raw(",\"errno\":").id(report.errno.map(Errno::name));
    line.raw(",\"exception\":").id(report.errno.map(Errno::python)).raw(",\"calls\":");
    match &report.calls {
        Some(calls) => line.text(calls),
        None => line.raw("null"),
    };
    line.raw("}");
}

/// Adds both ends as they are on the server's side of an address translation.
fn write_translated(line: &mut Line<'_>, ends: &[End; 2]) {
    for (before, end) in [",\"translated\":{\"client\":", ",\"server\":"].into_iter().zip(ends) {
        line.raw(before);
        write_address(line, &Short::ip(end.ip), end.port);
        line.raw("}");
    }
    line.raw("}");
}

/// Begins an object with an address and a port.
fn write_address(line: &mut Line<'_>, ip: &Short, port: u16) {
    line.raw("{\"ip\":").short(ip).raw(",\"port\":").number(port.into());
}

fn write_numbers(line: &mut Line<'_>, finding: &Finding) {
    let (timing, traffic) = (&finding.timing, &finding.traffic);
    line.raw(",\"timing\":{\"connect_ms\":").milliseconds_or_null(timing.connect);
    line.raw(",\"rtt_ms\":").milliseconds_or_null(timing.rtt);
    line.raw(",\"idle_before_ms\":").milliseconds_or_null(timing.idle_before);
    line.raw(",\"duration_ms\":").milliseconds(timing.duration);
    line.raw("},\"traffic\":{\"client_packets\":").number(traffic.client_packets);
    line.raw(",\"server_packets\":").number(traffic.server_packets);
    line.raw(",\"client_bytes\":").number(traffic.client_bytes);
    line.raw(",\"server_bytes\":").number(traffic.server_bytes);
    line.raw("}");
}

fn write_evidence(line: &mut Line<'_>, finding: &Finding, inputs: &Inputs, clock: &mut Clock) {
    line.raw(",\"evidence\":[");
    for (at, evidence) in finding.evidence.iter().enumerate() {
        line.raw(if at == 0 { "{\"frame\":" } else { ",{\"frame\":" }).number(evidence.frame);
        let file = if inputs.names.len() > 1 { inputs.name(evidence.input) } else { None };
        if let Some(file) = file {
            line.raw(",\"file\":").text(file);
        }
        line.raw(",\"ts\":").short(&clock.rfc3339(evidence.time));
        line.raw(",\"from\":").id(Some(evidence.from.id()));
        line.raw(",\"packet\":").short(&evidence.packet);
        line.raw(",\"note\":").note(&evidence.note).raw("}");
    }
    line.raw("]");
}

/// The remedy is most of the line, and the same for all findings with one cause but for addresses and ports: those are
/// filled into what was written once.
fn write_remedy(line: &mut Line<'_>, finding: &Finding, ends: &EndTexts) {
    static WRITTEN: OnceLock<Vec<(&Remedy, Template)>> = OnceLock::new();
    let write = |cause: &&'static Cause| (&cause.remedy, written_remedy(&cause.remedy, cause.id));
    let written = WRITTEN.get_or_init(|| ALL.iter().map(write).collect());
    let (remedy, topic) = remedy_of(finding);
    let owner = owner_of(remedy, finding);
    let ends = ends.met_by(owner, finding);
    line.raw(",\"remedy\":{\"owner\":").id(Some(owner.id())).raw(",");
    match written.iter().find(|(other, _)| std::ptr::eq(*other, remedy)) {
        Some((_, remedy)) => remedy.fill_in(line.0, &ends),
        None => written_remedy(remedy, topic).fill_in(line.0, &ends),
    }
}

/// A remedy as JSON without its owner and first bracket, with the placeholders of its texts still in it: JSON leaves
/// their characters as they are.
fn written_remedy(remedy: &Remedy, topic: &str) -> Template {
    let mut bytes = Vec::new();
    Line(&mut bytes).value(&RemedyLine {
        title: remedy.title,
        steps: remedy.steps,
        commands: remedy.commands,
        explain: format!("tcpwhy explain {topic}"),
    });
    let written = String::from_utf8(bytes).unwrap_or_default();
    Template::of(written.get(1..).unwrap_or("}"))
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
        first: inputs.timestamp(episode.first).to_string(),
        last: inputs.timestamp(episode.last).to_string(),
        intervals_ms: episode.intervals.iter().copied().map(milliseconds).collect(),
        backoff: episode.backoff.id(),
        successes_between: episode.successes_between,
        recovered_at: episode.recovered_at.map(|time| inputs.timestamp(time).to_string()),
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
        server: (),
        kind: (),
        targets: scan.targets,
        ports: &scan.ports,
        first: inputs.timestamp(scan.first).to_string(),
        last: inputs.timestamp(scan.last).to_string(),
        count: scan.count,
        intervals_ms: [],
        backoff: Backoff::None.id(),
        successes_between: (),
        recovered_at: (),
        failed_ms: (),
        example: (),
    })
}

/// The last line, with its line end.
pub fn summary_line(summary: &Summary, folded: Folded, inputs: &Inputs) -> Vec<u8> {
    let kinds: Vec<(&str, u64)> = Kind::ALL.iter().map(|kind| kind.id()).zip(summary.failures).collect();
    line(&SummaryLine {
        kind_of_line: "summary",
        schema: SCHEMA,
        inputs: &inputs.names,
        first: summary.first.map(|time| inputs.timestamp(time).to_string()),
        last: summary.last.map(|time| inputs.timestamp(time).to_string()),
        packets: summary.frames,
        segments: summary.segments,
        icmp_errors: summary.icmp_errors,
        duplicates: summary.duplicates,
        connections: summary.connections,
        unseen_bytes: (summary.unseen > 0).then_some(summary.unseen),
        translated: (summary.translated > 0).then_some(summary.translated),
        evicted: (summary.evicted > 0).then_some(summary.evicted),
        unremembered: (summary.unremembered > 0).then_some(summary.unremembered),
        copies_forgotten: (summary.copies_forgotten > 0).then_some(summary.copies_forgotten),
        messages_forgotten: (summary.messages_forgotten > 0).then_some(summary.messages_forgotten),
        failed: summary.failures.iter().sum(),
        failures: Counts(&kinds),
        causes: Counts(&summary.causes),
        benign: Counts(&summary.benign),
        undecided: Counts(&summary.undecided),
        skipped: Counts(&summary.skipped),
        episodes_folded: folded.episodes,
        clients_unwatched: (folded.clients > 0).then_some(folded.clients),
        successes_forgotten: (folded.successes > 0).then_some(folded.successes),
        live: summary.live.map(|live| LiveLine {
            dropped_kernel: live.dropped_kernel,
            dropped_interface: live.dropped_interface,
            output_lost: live.output_lost,
            light: live.light,
        }),
    })
}

fn line<T: Serialize>(object: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    Line(&mut bytes).value(object).raw("\n");
    bytes
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

/// Has all fields of an [`EpisodeLine`], for who reads both: null is what a scan does not have one of.
#[derive(Serialize)]
struct ScanLine<'a> {
    #[serde(rename = "type")]
    kind_of_line: &'static str,
    schema: u32,
    pattern: &'static str,
    cause: &'static str,
    client: EpisodeClient,
    server: (),
    kind: (),
    targets: u64,
    ports: &'a [u16],
    first: String,
    last: String,
    count: u64,
    intervals_ms: [f64; 0],
    backoff: &'static str,
    successes_between: (),
    recovered_at: (),
    failed_ms: (),
    example: (),
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
    unseen_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translated: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evicted: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unremembered: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copies_forgotten: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_forgotten: Option<u64>,
    failed: u64,
    failures: Counts<'a>,
    causes: Counts<'a>,
    benign: Counts<'a>,
    undecided: Counts<'a>,
    skipped: Counts<'a>,
    episodes_folded: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients_unwatched: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successes_forgotten: Option<u64>,
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
