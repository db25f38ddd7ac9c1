//! What becomes of findings while they come: doubts after a loss, words, the writer, and the line of state on the screen.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::analysis::Listener;
use crate::causes::Confidence;
use crate::cli::screen::Screen;
use crate::cli::signals::Signals;
use crate::cli::writer::{Finished, Writer};
use crate::cli::{Error, Outcome, say};
use crate::diagnose::{Finding, LiveCounts, RetryVerdict, Summary};
use crate::host::Host;
use crate::report::live::LiveReport;
use crate::source::{Gap, Losses};
use crate::time::Time;
use crate::track::kernel::Kind;
use crate::units::{self, TIED};

/// How often the status line changes.
const STATUS: Duration = Duration::from_millis(500);
/// How often losses of packets or output are told, at most.
pub(super) const COMPLAINTS: Duration = Duration::from_secs(10);

/// Takes findings, words them and hands them to the writer.
pub(super) struct Watcher {
    pub(super) report: LiveReport,
    pub(super) writer: Writer,
    pub(super) losses: Losses,
    pub(super) host: Host,
    pub(super) light: bool,
    pub(super) payload: bool,
    pub(super) signals: Signals,
    pub(super) screen: Screen,
    pub(super) next_status: Instant,
    pub(super) next_complaint: Instant,
    /// How much of what was lost has been told.
    pub(super) complained: u64,
}

impl Listener for Watcher {
    fn finding(&mut self, mut finding: Finding) {
        if self.light {
            doubt_without_data(&mut finding);
        }
        let gap = self.losses.between(finding.time - finding.timing.duration, finding.time);
        if let Some(gap) = gap {
            doubt_after(&mut finding, gap);
        }
        finding.local = self.host.look(&finding).map(Box::new);
        if let Some(confidence) = finding.local.as_ref().and_then(|local| local.confidence) {
            finding.confidence = confidence;
        }
        let piece = self.report.finding(finding);
        self.writer.write(&piece);
    }

    fn pause(&mut self) {
        self.writer.glance();
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.report.success(client, server, port, time);
    }

    fn note(&mut self, note: String) {
        self.screen.note(&note);
    }

    fn wants_all(&self) -> bool {
        self.report.wants_all()
    }

    fn wants_payload(&self) -> bool {
        self.payload
    }

    fn is_closed(&self) -> bool {
        self.writer.is_closed()
    }

    fn wants_summary(&mut self) -> bool {
        self.host.tick();
        let now = Instant::now();
        if now >= self.next_complaint {
            self.next_complaint = now + COMPLAINTS;
            self.complain();
        }
        self.signals.summary.load(Ordering::Relaxed) || (self.screen.has_status() && now >= self.next_status)
    }

    fn summary_so_far(&mut self, summary: Summary) {
        self.next_status = Instant::now() + STATUS;
        let summary = self.with_losses(summary);
        if self.signals.summary.swap(false, Ordering::Relaxed) {
            let text = self.report.summary_so_far(&summary);
            self.screen.beside(|| say(&text));
        }
        self.screen.status(&status(&summary));
    }
}

impl Watcher {
    fn with_losses(&self, summary: Summary) -> Summary {
        let lost = self.losses.lost();
        let live = LiveCounts {
            dropped_kernel: lost.kernel,
            dropped_interface: lost.interface,
            output_lost: self.writer.lost(),
            light: self.light,
        };
        Summary { live: Some(live), ..summary }
    }

    /// Tells what was lost since it was told last.
    fn complain(&mut self) {
        let lost = self.losses.lost();
        let output = self.writer.lost();
        let all = lost.total() + output;
        if all == self.complained {
            return;
        }
        self.complained = all;
        let mut parts = Vec::new();
        if lost.kernel > 0 {
            parts.push(format!("the kernel dropped {} (-B enlarges its buffer)", packets(lost.kernel)));
        }
        if lost.interface > 0 {
            parts.push(format!("the interface dropped {}", packets(lost.interface)));
        }
        if output > 0 {
            parts.push(format!("{} of the report could not be written in time", counted(output, "piece", "pieces")));
        }
        self.screen.note(&format!("lost so far: {}", parts.join(", ")));
    }

    /// Writes the end of the report and says what became of it.
    pub(super) fn end(mut self, summary: Summary) -> Result<Outcome, Error> {
        self.writer.settle();
        let summary = self.with_losses(summary);
        let lost_before = self.writer.lost();
        let pieces = self.report.end(&summary);
        let finished = self.writer.finish(pieces);
        self.screen.finish();
        let failures = self.report.failures();
        account(&finished, lost_before).map(|notes| {
            notes.iter().for_each(|line| self.screen.note(line));
            Outcome { failures }
        })
    }
}

/// What is to be said about a report that is over; an error if its end could not be written.
fn account(finished: &Finished, lost_before: u64) -> Result<Vec<String>, Error> {
    if finished.closed {
        return Ok(Vec::new());
    }
    let pieces = counted(finished.lost, "piece", "pieces");
    let lost = format!("{pieces} of the report could not be written: its reader was too slow, or there was no room");
    if let Some(problem) = &finished.problem {
        return Err(Error::Lines(vec![problem.clone(), lost]));
    }
    if finished.lost > lost_before {
        return Err(Error::Lines(vec![lost]));
    }
    let mut notes = Vec::new();
    if finished.lost > 0 {
        notes.push(lost);
    }
    if finished.unread > 0 {
        let bytes = counted(finished.unread, "byte", "bytes");
        notes.push(format!("the last {bytes} of the report went unread in the pipe and are lost"));
    }
    Ok(notes)
}

/// Silence proves little where packets were lost: the answer may have been among them.
fn doubt_after(finding: &mut Finding, gap: Gap) {
    if finding.kind != Some(Kind::TimedOut) || finding.confidence == Confidence::Possible {
        return;
    }
    finding.confidence = Confidence::Possible;
    finding.summary.push_str(&match gap {
        Gap::Dropped(lost) => {
            format!(" The capture lost {} meanwhile, and the answer may have been among them.", packets(lost))
        }
        Gap::Absent => " The interface was gone for part of that time, so an answer may have been missed.".into(),
        Gap::Jumped => " The clock was set meanwhile, or this machine slept, so the wait may have been shorter.".into(),
    });
}

/// With `--light` nothing is known of data: whether a request was answered, and how much was sent.
fn doubt_without_data(finding: &mut Finding) {
    if matches!(finding.kind, Some(Kind::Refused | Kind::Unreachable)) {
        return;
    }
    finding.confidence = Confidence::Possible;
    finding.retry = RetryVerdict::Unknown;
    finding.retry_why = "data is not captured with --light".into();
}

/// `1,234 packets`, where no page keeps it in one line.
fn counted(number: u64, one: &str, many: &str) -> String {
    units::counted(number, one, many).replace(TIED, " ")
}

fn packets(number: u64) -> String {
    counted(number, "packet", "packets")
}

/// How it goes, in a line.
fn status(summary: &Summary) -> String {
    let failures: u64 = summary.failures.iter().sum();
    let live = summary.live.unwrap_or_default();
    let dropped = live.dropped_kernel + live.dropped_interface;
    let mut line = format!(
        "{}, {}, {}, {} dropped",
        packets(summary.frames),
        counted(summary.connections, "connection", "connections"),
        counted(failures, "failure", "failures"),
        dropped
    );
    if live.output_lost > 0 {
        line.push_str(&format!(", {} of the report lost", counted(live.output_lost, "piece", "pieces")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn silence_is_doubted_after_a_loss_and_a_reset_is_not() {
        let mut silence = samples::keepalive_race();
        silence.kind = Some(Kind::TimedOut);
        silence.confidence = Confidence::Certain;
        doubt_after(&mut silence, Gap::Dropped(1));
        assert_eq!(silence.confidence, Confidence::Possible);
        assert!(silence.summary.contains("lost 1 packet meanwhile"), "{}", silence.summary);
        let mut reset = samples::keepalive_race();
        let before = reset.clone();
        doubt_after(&mut reset, Gap::Absent);
        assert_eq!((reset.confidence, reset.summary), (before.confidence, before.summary));
    }

    #[test]
    fn a_report_without_its_end_is_an_error() {
        let finished = |lost, problem: Option<&str>| Finished {
            lost,
            unread: 0,
            problem: problem.map(str::to_owned),
            closed: false,
        };
        assert_eq!(account(&finished(0, None), 0), Ok(Vec::new()));
        assert!(account(&finished(3, None), 3).is_ok_and(|notes| notes.len() == 1));
        assert!(account(&finished(4, None), 3).is_err());
        assert!(account(&finished(1, Some("full")), 1).is_err());
    }
}
