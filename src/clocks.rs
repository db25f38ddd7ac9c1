//! By how much the clocks of captures differ that are read together: those of two hosts are seldom the same, and packets are put in
//! order by them.
//!
//! Both ends of a connection show the same segments, and no others have the same numbers: a repetition has an identification or a
//! time stamp of its own. Where neither is sent, as by Windows in IPv6, those count that no end repeats in either capture. By the
//! time that segments take on their way clocks seem to differ more in one direction, and less in the other: the middle between both
//! is the difference. But if one is even negative and the other is not, the ways explain both. Only the beginnings of files are
//! looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::decode::{Decoder, Flags, FlowKey, Packets, Segment, Skip, TcpOption, options};
use crate::source::{Files, FrameBatch, Interrupt, Settings, Source, printable_path};
use crate::time::{MILLISECOND, SECOND, Time};
use crate::units::{TIED, duration};

/// Of more files it is a capture that was cut into files.
const FILES: usize = 16;
/// As much is read of all files together.
const BYTES: usize = 16 << 20;
/// A segment that is seen sooner by less where it comes later changes no order that matters.
const LEAST: u64 = 10 * MILLISECOND;
/// Differences that lie no further apart are one, and their ways are not equally long.
const ALIKE: u64 = SECOND;
/// So many segments must be shown by both, one each way: then the random numbers of both ends are the same.
const SHARED: usize = 2;
/// The same where nothing marks them: what is captured in one file may be sent again, and captured in the next one.
const UNMARKED: usize = 4;
/// What comes once more within less is a copy, and no repetition: no timeout is shorter (TCP_RTO_MIN).
const TOGETHER: u64 = 100 * MILLISECOND;

/// How the clocks of some files differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// How much each is ahead of that of the first file that it is compared with, nanoseconds.
    pub ahead: Vec<i64>,
    /// What is to be said of them, a line each.
    pub notes: Vec<String>,
}

/// Compares the clocks of these files.
pub fn compare(paths: &[PathBuf], interrupt: &Interrupt) -> Clocks {
    let mut clocks = Clocks { ahead: vec![0; paths.len()], notes: Vec::new() };
    if paths.len() < 2 || paths.len() > FILES {
        return clocks;
    }
    let samples: Vec<_> = paths.iter().map(|path| Sample::of(path, BYTES / paths.len(), interrupt)).collect();
    for (at, (ahead, first)) in by_the_first(&samples).into_iter().enumerate() {
        if ahead == 0 {
            continue;
        }
        clocks.ahead[at] = ahead;
        let (name, first) = (printable_path(&paths[at]), printable_path(&paths[first]));
        let (by, way) =
            (duration(ahead.unsigned_abs()).replace(TIED, " "), if ahead > 0 { "ahead of" } else { "behind" });
        clocks.notes.push(format!(
            "{name}: its clock is {by} {way} that of {first}, judging by the packets in both; \
                                   all times are those of {first}"
        ));
    }
    clocks
}

/// How much each is ahead of the first of those that it is compared with, be it by way of others: a proxy shows what its client does,
/// and what its server does, which have nothing in common.
fn by_the_first(samples: &[Sample]) -> Vec<(i64, usize)> {
    let mut found: Vec<Option<(i64, usize)>> = vec![None; samples.len()];
    for first in 0..samples.len() {
        if found[first].is_some() {
            continue;
        }
        found[first] = Some((0, first));
        let mut reached = vec![(first, 0_i64)];
        while let Some((from, ahead)) = reached.pop() {
            for (at, sample) in samples.iter().enumerate().filter(|(at, _)| *at > first) {
                if found[at].is_none()
                    && let Some(behind) = samples[from].behind(sample)
                {
                    let ahead = ahead.saturating_add(behind);
                    found[at] = Some((ahead, first));
                    reached.push((at, ahead));
                }
            }
        }
    }
    found.into_iter().flatten().collect()
}

/// What only a copy shares with a segment: its sequence number, its acknowledgment, and a fingerprint of all else.
type Numbers = (u32, u32, u32);

/// A segment as a file shows it.
#[derive(Clone, Copy)]
struct Seen {
    time: Time,
    flow: FlowKey,
    from_first: bool,
    is_marked: bool,
}

/// By how much the clocks seem to differ, of each direction.
type Differences = [Vec<i64>; 2];

/// What the beginning of a file shows.
#[derive(Default)]
struct Sample {
    /// `None` if several connections have such a segment, or it was repeated.
    seen: HashMap<Numbers, Option<Seen>>,
    /// How many there are of each connection, without and with a mark.
    counts: HashMap<FlowKey, [usize; 2]>,
}

impl Sample {
    /// Of what cannot be read twice, or not at all, it is empty.
    fn of(path: &Path, bytes: usize, interrupt: &Interrupt) -> Sample {
        let mut sample = Sample::default();
        let settings = Settings { interrupt: interrupt.clone(), ..Settings::default() };
        if path == Path::new("-") || !path.is_file() {
            return sample;
        }
        let Ok(mut file) = Files::open(&[path.to_path_buf()], &settings) else { return sample };
        let decoder = Decoder::new([1, 2]);
        let (mut batch, mut packets, mut read) = (FrameBatch::default(), Packets::default(), 0);
        while read < bytes && matches!(file.fill(&mut batch), Ok(true)) {
            read += batch.bytes.len();
            packets.clear();
            decoder.decode_all(&batch.bytes, &batch.frames, &mut packets, &mut [0; Skip::COUNT]);
            packets.segments().iter().for_each(|segment| sample.take(segment, &batch.bytes));
        }
        sample
    }

    fn take(&mut self, segment: &Segment, bytes: &[u8]) {
        let stamped = || options(segment.options().of(bytes)).any(|option| matches!(option, TcpOption::Timestamps(..)));
        let is_marked = segment.ip_id != 0 || stamped();
        // A SYN that is sent again is marked anew (`ip_select_ident_segs()`, `tcp_syn_options()`), as all else of a socket is. The RST
        // of a host without one is not, nor is a probe that repeats a byte.
        let asks_or_answers = segment.flags.has(Flags::ACK) || segment.flags.asks();
        let repeats = segment.flags.has(Flags::RST) || segment.payload_length == 1 && segment.flags.0 == Flags::ACK;
        if segment.is_bare() || !asks_or_answers || repeats && !is_marked {
            return;
        }
        let flow = segment.flow();
        let here = Some(Seen { time: segment.time, flow, from_first: segment.from_first(), is_marked });
        self.seen
            .entry((segment.sequence, segment.acknowledgment, segment.print))
            // The same once more is a copy, if it is marked, or comes at once.
            .and_modify(|seen| {
                *seen =
                    seen.filter(|first| first.flow == flow && (is_marked || segment.time.since(first.time) < TOGETHER));
            })
            .or_insert_with(|| {
                self.counts.entry(flow).or_default()[usize::from(is_marked)] += 1;
                here
            });
    }

    /// How much the clock of this file is behind that of the other, nanoseconds; `None` if they do not show the same connections.
    fn behind(&self, other: &Sample) -> Option<i64> {
        let mut flows: HashMap<FlowKey, (FlowKey, [Differences; 2])> = HashMap::new();
        for (numbers, seen) in &other.seen {
            let (Some(there), Some(Some(here))) = (seen, self.seen.get(numbers)) else { continue };
            let (_, both) = flows.entry(here.flow).or_insert((there.flow, Default::default()));
            let differences = &mut both[usize::from(here.is_marked)][usize::from(here.from_first)];
            differences.push(there.time.0.wrapping_sub(here.time.0) as i64);
        }
        let differences = flows.into_iter().filter_map(|(flow, (theirs, [unmarked, mut both]))| {
            // One mark each way is enough; else all count.
            let marked = both.iter().all(|way| !way.is_empty());
            if !marked {
                both.iter_mut().zip(unmarked).for_each(|(way, unmarked)| way.extend(unmarked));
            }
            let shared = both.iter().map(Vec::len).sum::<usize>();
            let of = |[unmarked, counted]: &[usize; 2]| if marked { *counted } else { *unmarked + *counted };
            let least = self.counts.get(&flow).map(of).min(other.counts.get(&theirs).map(of));
            let [back, forth] = both.map(middle);
            let (back, forth) = (back?, forth?);
            let proven = back.unsigned_abs().min(forth.unsigned_abs());
            let differs = (back < 0) == (forth < 0) && proven >= LEAST;
            let difference = if differs { back.midpoint(forth) } else { 0 };
            let sure = marked || shared >= UNMARKED && back.abs_diff(forth) < ALIKE;
            // Where a file ends and the next one begins, some segments are repeated, and most are in one of both.
            (sure && shared * 2 >= least?).then_some((difference, shared))
        });
        let differences: Vec<_> = differences.collect();
        let found = middle(differences.iter().map(|(difference, _)| *difference).collect())?;
        let shared = |alike: bool| {
            let counted = differences.iter().filter(|(difference, _)| !alike || difference.abs_diff(found) < ALIKE);
            counted.map(|(_, shared)| shared).sum::<usize>()
        };
        (shared(true) >= SHARED && shared(true) * 4 >= shared(false) * 3).then_some(found)
    }
}

/// The one in the middle.
fn middle(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}
