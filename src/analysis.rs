//! The way of the data: frames from a source are decoded, tracked and diagnosed, and findings handed on.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::context::{Reading, http_answer_lacks};
use crate::decode::{Decoder, End, Packet, Packets, Skip};
use crate::diagnose::{FILTERED, Finding, Summary, diagnose};
use crate::pipeline::{self, Seen, Taker};
use crate::relay::relayed;
use crate::source::{Error, FrameBatch, Source, unpack};
use crate::time::Time;
use crate::track::kernel::Kind;
use crate::track::{Benign, Doubt, Ended, Ending, SERVER, Sink, Tracker};

/// Who gets what is found.
pub trait Listener {
    /// A failure, or with `wants_all` also another ending. They come in time order.
    fn finding(&mut self, finding: Finding);

    /// A client reached a service.
    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time);

    /// Something to tell the user that is no finding: a damaged file.
    fn note(&mut self, note: String);

    /// Should endings that are no failures, or may be none, be made into findings?
    fn wants_all(&self) -> bool;

    /// May findings tell what the applications said last?
    fn wants_payload(&self) -> bool {
        true
    }

    /// Can nothing more be taken, because the reader went away or the disk is full?
    fn is_closed(&self) -> bool;

    /// All packets that are at hand were taken: others may be long in coming.
    fn pause(&mut self) {}

    /// Is a summary of what was seen so far wanted now? Asked after each batch.
    fn wants_summary(&mut self) -> bool {
        false
    }

    /// The summary of what was seen so far.
    fn summary_so_far(&mut self, _summary: Summary) {}
}

/// What an analysis may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// Threads that work: one, or two to read, decode and report beside the rest. It makes no difference to what is found.
    pub threads: usize,
    /// Bytes of memory for what is known of connections. Where that is not enough, those that were idle for longest are
    /// forgotten, and counted.
    pub memory: u64,
}

impl Default for Means {
    fn default() -> Self {
        Means { threads: 1, memory: u64::MAX }
    }
}

/// Reads a source to its end and tells the listener what it finds.
///
/// # Errors
/// What the source cannot do at all; damage in the middle is a note.
pub fn analyse(source: &mut (impl Source + Send), listener: &mut (impl Listener + Send)) -> Result<Summary, Error> {
    analyse_with(source, listener, Means::default())
}

/// The same with the means that the caller allows.
///
/// # Errors
/// As [`analyse`].
pub fn analyse_with(
    source: &mut (impl Source + Send),
    listener: &mut (impl Listener + Send),
    means: Means,
) -> Result<Summary, Error> {
    if means.threads > 1 {
        return relayed(listener, |relay| analyse_on(source, relay, means));
    }
    analyse_on(source, listener, means)
}

/// The same with a listener on this thread.
fn analyse_on(source: &mut (impl Source + Send), listener: &mut impl Listener, means: Means) -> Result<Summary, Error> {
    let seed = random_seed();
    let mut work = Work::new(source, listener, means, seed);
    let seen = pipeline::run(source, Decoder::new(seed), means.threads, &mut work)?;
    let Work { mut tracker, mut judge } = work;
    if seen.span.is_some() {
        tracker.finish(end_of(source, &seen), &mut judge);
    }
    Ok(judge.summary(&tracker, source, &seen))
}

/// Watches a source that is read while it is made: time moves on while nothing comes, and a summary can be had on the way.
///
/// # Errors
/// What the source cannot do.
pub fn watch(source: &mut impl Source, listener: &mut impl Listener, means: Means) -> Result<Summary, Error> {
    let seed = random_seed();
    let decoder = Decoder::new(seed);
    let mut work = Work::new(source, listener, means, seed);
    let mut seen = Seen::default();
    let mut batch = FrameBatch::default();
    let mut packets = Packets::default();
    while source.fill(&mut batch)? {
        for note in source.take_notes() {
            work.note(note);
        }
        pipeline::take(&decoder, &batch, &mut packets, &mut seen, &mut work);
        seen.widen(&batch);
        let Work { tracker, judge } = &mut work;
        if let Some(now) = source.now() {
            tracker.tick(now, judge);
        }
        judge.listener.pause();
        if judge.listener.wants_summary() {
            let summary = judge.summary(tracker, source, &seen);
            judge.listener.summary_so_far(summary);
        }
        if work.is_closed() {
            break;
        }
    }
    let Work { mut tracker, mut judge } = work;
    if seen.span.is_some() {
        tracker.finish(end_of(source, &seen), &mut judge);
    }
    for note in source.take_notes() {
        judge.listener.note(note);
    }
    Ok(judge.summary(&tracker, source, &seen))
}

/// When the capture ended, which may be later than the last frame that was given.
fn end_of(source: &impl Source, seen: &Seen) -> Time {
    source.now().map_or(seen.end, |now| now.max(seen.end))
}

/// The tracker and who listens to it, as what takes packets.
struct Work<'a, L> {
    tracker: Tracker,
    judge: Judge<'a, L>,
}

impl<'a, L: Listener> Work<'a, L> {
    fn new(source: &impl Source, listener: &'a mut L, means: Means, seed: [u64; 2]) -> Self {
        let inputs = source.input_names().len();
        let mut tracker = Tracker::new(seed).within(means.memory);
        tracker.expect_light(source.is_light());
        if !listener.wants_payload() {
            tracker = tracker.without_payload();
        }
        Work { tracker, judge: Judge::new(listener, inputs) }
    }
}

impl<L: Listener> Taker for Work<'_, L> {
    fn packets(&mut self, packets: &Packets, bytes: &[u8]) {
        self.tracker.packets(packets, bytes, &mut self.judge);
    }

    fn pause(&mut self) {
        self.judge.listener.pause();
    }

    fn note(&mut self, note: String) {
        self.judge.listener.note(note);
    }

    fn is_closed(&self) -> bool {
        self.judge.listener.is_closed()
    }
}

/// Analyses packets that are already decoded from `bytes`, for tests and examples.
pub fn analyse_packets<'a>(packets: impl Iterator<Item = (Packet, &'a [u8])>, end: Time, listener: &mut impl Listener) {
    let mut tracker = Tracker::new(random_seed());
    let mut judge = Judge::new(listener, 1);
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

fn named(names: impl Iterator<Item = &'static str>, counts: &[u64]) -> Vec<(&'static str, u64)> {
    names.zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect()
}

/// Counts endings and makes findings of them.
struct Judge<'a, L> {
    listener: &'a mut L,
    /// How many there are.
    inputs: usize,
    failures: [u64; Kind::ALL.len()],
    /// How many failures each cause explains.
    causes: Vec<(&'static str, u64)>,
    benign: [u64; Benign::ALL.len()],
    undecided: [u64; Doubt::ALL.len()],
    messages_forgotten: u64,
}

impl<'a, L> Judge<'a, L> {
    fn new(listener: &'a mut L, inputs: usize) -> Self {
        Judge {
            listener,
            inputs,
            failures: [0; Kind::ALL.len()],
            causes: Vec::new(),
            benign: [0; Benign::ALL.len()],
            undecided: [0; Doubt::ALL.len()],
            messages_forgotten: 0,
        }
    }

    fn summary(&self, tracker: &Tracker, source: &impl Source, seen: &Seen) -> Summary {
        let counts = tracker.counts();
        let at_the_end = |doubt: &Doubt| match doubt {
            Doubt::Unanswered => counts.unanswered,
            Doubt::HalfOpen => counts.half_open,
            _ => 0,
        };
        let undecided: Vec<u64> =
            Doubt::ALL.iter().zip(self.undecided).map(|(doubt, told)| told + at_the_end(doubt)).collect();
        Summary {
            // An aggregate of 802.11 is one frame with several.
            frames: source.frames_read().max(counts.segments),
            segments: counts.segments,
            duplicates: counts.duplicates,
            icmp_errors: counts.icmp_errors,
            connections: counts.connections,
            translated: counts.translated,
            unseen: counts.unseen,
            evicted: counts.evicted,
            unremembered: counts.unremembered,
            copies_forgotten: counts.copies_forgotten,
            messages_forgotten: self.messages_forgotten,
            failures: self.failures,
            causes: self.causes(),
            benign: named(Benign::ALL.iter().map(|benign| benign.id()), &self.benign),
            undecided: named(Doubt::ALL.iter().map(|doubt| doubt.id()), &undecided),
            skipped: named(
                Skip::ALL.iter().map(|skip| skip.id()).chain([FILTERED]),
                &[&seen.skipped[..], &[source.filtered_out()]].concat(),
            ),
            first: seen.span.map(|(first, _)| first),
            last: seen.span.map(|(_, last)| last),
            recordings: seen.recordings,
            live: None,
        }
    }

    /// How many failures each cause explains, the most frequent first.
    fn causes(&self) -> Vec<(&'static str, u64)> {
        let mut causes = self.causes.clone();
        causes.sort_unstable_by_key(|(id, number)| (Reverse(*number), *id));
        causes
    }

    fn count_cause(&mut self, finding: &Finding) {
        let id = finding.cause_id();
        match self.causes.iter_mut().find(|(other, _)| *other == id) {
            Some((_, number)) => *number += 1,
            None => self.causes.push((id, 1)),
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
                count(&mut self.benign, &Benign::ALL, benign);
            }
            Ending::Undecided(doubt) => {
                count(&mut self.undecided, &Doubt::ALL, doubt);
            }
            Ending::Quiet => return,
        }
        if !matches!(ended.ending, Ending::Failure(_)) && !self.listener.wants_all() {
            return;
        }
        self.messages_forgotten += ended.forgotten() as u64;
        if let Some(mut finding) = diagnose(&ended) {
            for packet in &mut finding.evidence {
                (packet.frame, packet.input) = unpack(packet.frame, self.inputs);
            }
            if finding.kind.is_some() {
                self.count_cause(&finding);
            }
            self.listener.finding(finding);
        }
    }

    fn asks(&self, message: &[u8]) -> bool {
        Reading::of(message, &[]).client_asks()
    }

    fn is_cut(&self, asked: &[u8], answer: &[u8], length: u32) -> bool {
        // Sequence numbers do not tell of an answer that takes all of them how much of it came.
        let countable = |lacks: u64| lacks > 0 && lacks <= (u32::MAX - length).into();
        http_answer_lacks(answer, length.into()).is_some_and(countable) && Reading::of(asked, &[]).client_wants_all()
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
    fn every_benign_ending_has_its_page() {
        for benign in Benign::ALL {
            assert!(crate::causes::find(benign.id()).is_some(), "{} has no page", benign.id());
        }
    }
}
