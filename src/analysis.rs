//! The way of the data: frames from a source are decoded, tracked and diagnosed, and findings handed on.

use std::net::IpAddr;

use crate::decode::{Decoder, End, Packet, Skip};
use crate::diagnose::{Finding, Summary, diagnose};
use crate::source::{Error, FrameBatch, Source};
use crate::time::{SECOND, Time};
use crate::track::kernel::Kind;
use crate::track::{Benign, Doubt, Ended, Ending, SERVER, Sink, Tracker};

/// Who gets what is found.
pub trait Listener {
    /// A failure, or with `wants_benign` a benign ending. They come in time order.
    fn finding(&mut self, finding: &Finding);

    /// A client reached a service.
    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time);

    /// Something to tell the user that is no finding: a damaged file.
    fn note(&mut self, note: String);

    /// Should benign endings be made into findings?
    fn wants_benign(&self) -> bool;

    /// May findings tell what the applications said last?
    fn wants_payload(&self) -> bool {
        true
    }

    /// Can nothing more be taken, because the reader went away or the disk is full?
    fn is_closed(&self) -> bool;

    /// Is a summary of what was seen so far wanted now? Asked after each batch.
    fn wants_summary(&mut self) -> bool {
        false
    }

    /// The summary of what was seen so far.
    fn summary_so_far(&mut self, _summary: Summary) {}
}

/// Reads a source to its end and tells the listener what it finds.
///
/// # Errors
/// What the source cannot do at all; damage in the middle is a note.
pub fn analyse(source: &mut impl Source, listener: &mut impl Listener) -> Result<Summary, Error> {
    let decoder = Decoder::new(random_seed());
    let mut tracker = Tracker::new(source.input_names().len());
    tracker.expect_light(source.is_light());
    if !listener.wants_payload() {
        tracker = tracker.without_payload();
    }
    let mut judge = Judge { listener, failures: [0; 6], benign: [0; 4], undecided: [0; 5] };
    let mut skipped = [0u64; Skip::COUNT];
    let mut span: Option<(Time, Time)> = None;
    let mut recordings = Recordings::default();
    let mut batch = FrameBatch::default();
    while source.fill(&mut batch)? {
        for note in source.take_notes() {
            judge.listener.note(note);
        }
        for frame in &batch.frames {
            match decoder.decode(&batch.bytes, frame) {
                Ok(packet) => tracker.packet(&packet, &batch.bytes, &mut judge),
                Err(skip) => skipped[skip.index()] += 1,
            }
        }
        span = widen(span, &batch);
        batch.frames.iter().for_each(|frame| recordings.frame(frame.time));
        if let Some(now) = source.now() {
            tracker.tick(now, &mut judge);
        }
        if judge.listener.wants_summary() {
            let mut summary = judge.summary(&tracker, source, &skipped, span);
            summary.recordings = recordings.number;
            judge.listener.summary_so_far(summary);
        }
        if judge.listener.is_closed() {
            break;
        }
    }
    if let Some((_, last)) = span {
        tracker.finish(source.now().map_or(last, |now| now.max(last)), &mut judge);
    }
    for note in source.take_notes() {
        judge.listener.note(note);
    }
    let mut summary = judge.summary(&tracker, source, &skipped, span);
    summary.recordings = recordings.number;
    Ok(summary)
}

/// Analyses packets that are already decoded from `bytes`, for tests and examples.
pub fn analyse_packets<'a>(packets: impl Iterator<Item = (Packet, &'a [u8])>, end: Time, listener: &mut impl Listener) {
    let mut tracker = Tracker::new(1);
    let mut judge = Judge { listener, failures: [0; 6], benign: [0; 4], undecided: [0; 5] };
    for (packet, bytes) in packets {
        tracker.packet(&packet, bytes, &mut judge);
    }
    tracker.finish(end, &mut judge);
}

/// Keeps hash tables safe from captures that are made to fill one bucket. It changes no verdict and no order.
fn random_seed() -> [u64; 2] {
    use std::hash::{BuildHasher, RandomState};
    [RandomState::new().hash_one(1u8), RandomState::new().hash_one(2u8)]
}

/// More silence than this, or a step back by more, and the frames are of another recording.
const DAY: u64 = 86_400 * SECOND;

/// Counts the recordings that a capture was put together from.
#[derive(Default)]
struct Recordings {
    number: u64,
    before: Time,
}

impl Recordings {
    fn frame(&mut self, time: Time) {
        if self.number == 0 || time.since(self.before).max(self.before.since(time)) > DAY {
            self.number += 1;
        }
        self.before = time;
    }
}

fn widen(span: Option<(Time, Time)>, batch: &FrameBatch) -> Option<(Time, Time)> {
    let (Some(first), Some(last)) = (batch.frames.first(), batch.frames.last()) else {
        return span;
    };
    Some(span.map_or((first.time, last.time), |(from, to)| (from.min(first.time), to.max(last.time))))
}

fn named(names: impl Iterator<Item = &'static str>, counts: &[u64]) -> Vec<(&'static str, u64)> {
    names.zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect()
}

const BENIGN: [Benign; 4] = [Benign::Tail, Benign::PortReuse, Benign::IgnoredReset, Benign::HalfClose];

/// Counts endings and makes findings of them.
struct Judge<'a, L> {
    listener: &'a mut L,
    failures: [u64; 6],
    benign: [u64; 4],
    undecided: [u64; 5],
}

impl<L> Judge<'_, L> {
    fn summary(&self, tracker: &Tracker, source: &impl Source, skipped: &[u64], span: Option<(Time, Time)>) -> Summary {
        let counts = tracker.counts();
        Summary {
            frames: source.frames_read(),
            segments: counts.segments,
            duplicates: counts.duplicates,
            icmp_errors: counts.icmp_errors,
            connections: counts.connections,
            failures: self.failures,
            benign: named(BENIGN.iter().map(|benign| benign.id()), &self.benign),
            undecided: named(Doubt::ALL.iter().map(|doubt| doubt.id()), &self.undecided),
            skipped: named(Skip::ALL.iter().map(|skip| skip.id()), skipped),
            first: span.map(|(first, _)| first),
            last: span.map(|(_, last)| last),
            recordings: 0,
            live: None,
        }
    }
}

impl<L: Listener> Sink for Judge<'_, L> {
    fn ended(&mut self, ended: Ended<'_>) {
        match ended.ending {
            Ending::Failure(failure) => {
                count(&mut self.failures, &Kind::ALL, failure.kind);
            }
            Ending::Benign(benign) => {
                count(&mut self.benign, &BENIGN, benign);
                if !self.listener.wants_benign() {
                    return;
                }
            }
            Ending::Undecided(doubt) => {
                count(&mut self.undecided, &Doubt::ALL, doubt);
                return;
            }
            Ending::Quiet => return,
        }
        if let Some(finding) = diagnose(&ended) {
            self.listener.finding(&finding);
        }
    }

    fn connected(&mut self, ends: [End; 2], time: Time) {
        self.listener.success(ends[0].ip, ends[SERVER].ip, ends[SERVER].port, time);
    }
}

fn count<T: PartialEq>(counts: &mut [u64], all: &[T], one: T) {
    let place = all.iter().position(|other| *other == one);
    if let Some(counter) = place.and_then(|place| counts.get_mut(place)) {
        *counter += 1;
    }
}

/// The catalogue holds a page for every benign ending.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_silence_begins_another_recording() {
        let number = |days: &[f64]| {
            let mut recordings = Recordings::default();
            days.iter().for_each(|day| recordings.frame(Time((day * DAY as f64) as u64)));
            recordings.number
        };
        assert_eq!(number(&[]), 0);
        assert_eq!(number(&[1.0, 1.5, 2.4]), 1);
        assert_eq!(number(&[1.0, 2.5, 2.6, 900.0, 1.0]), 4);
    }

    #[test]
    fn every_benign_ending_has_its_page() {
        for benign in BENIGN {
            assert!(crate::causes::find(benign.id()).is_some(), "{} has no page", benign.id());
        }
    }
}
