//! A live interface: frames as they come, and the time that passes while none come.
//!
//! The capture never blocks inside libpcap, where neither a signal nor the clock could be heeded: it takes what the ring
//! holds and otherwise waits in a poll of its own. **The clock is read before the ring is emptied**, so that once the
//! ring is empty all frames up to that moment, less [`LAG`], are known to have come, however late we were.

mod clocks;
mod opening;
mod presence;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pcap::{Active, Capture};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::losses::{Losses, Lost};
use super::order::Order;
use super::{Error, FrameBatch, RawFrame, Source, printable};
use crate::time::{MILLISECOND, SECOND, Time};
use clocks::{Clocks, clock};
pub use opening::needs_rights;
use opening::open;

/// How long after a packet's time stamp it is in our hands at the latest: the block's time, and as much again and more
/// for the kernel's own way there.
const LAG: u64 = 50 * MILLISECOND;
/// How long to wait for packets before time is moved on.
const PATIENCE: Duration = Duration::from_millis(40);
/// While packets come, the ring is looked into this often: to be woken for each of its blocks, which are full after a few
/// hundred packets, would cost more than to read them.
const GATHER: Duration = Duration::from_millis(20);
/// The smallest buffer in which packets may gather, in KiB: it holds what 10 Gbit/s bring meanwhile.
const ROOM_TO_GATHER: u32 = 32 << 10;
/// Frames in a batch.
const FRAMES: usize = 2048;
/// How often the counters of losses are asked for.
const ACCOUNTS: Duration = Duration::from_millis(250);
/// How often an interface that is not there is looked for.
const SEARCH: Duration = Duration::from_secs(1);
/// A clock that goes wrong by so much at once was set, or stood still while the machine slept. One that is only corrected
/// does not (adjtimex(2)).
const JUMP: u64 = 500 * MILLISECOND;
/// The interface that stands for all of them.
pub const ANY: &str = "any";

/// What to capture, and how.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// The interface's name, or [`ANY`].
    pub interface: String,
    /// A pcap filter expression.
    pub filter: Option<String>,
    /// How many bytes of a packet are kept.
    pub snaplen: u32,
    /// The size of the kernel's ring in KiB, as in tcpdump.
    pub buffer: u32,
    /// Also packets that are not for this host?
    pub promiscuous: bool,
    /// Only the segments that open or close connections.
    pub light: bool,
    /// Also what tunnels carry.
    pub tunnels: bool,
    /// Stop after so many packets.
    pub packets: Option<u64>,
    /// Stop after so long.
    pub duration: Option<Duration>,
    /// Is the interface of the same name under /sys another one, because we capture in another network namespace?
    pub foreign_namespace: bool,
}

/// Makes a right available for the time of a call that needs it.
pub type Rights = Box<dyn Fn(bool)>;

/// The source of the frames of an interface, as they come.
pub struct Live {
    settings: LiveSettings,
    names: [String; 1],
    capture: Option<Capture<Active>>,
    link: u16,
    nanoseconds: bool,
    /// The user's, for ICMP errors: the kernel lets all of them pass.
    filter: Option<super::Filter>,
    order: Order,
    /// Frames that a later one may still overtake, and their bytes.
    held: FrameBatch,
    number: u64,
    stop: Arc<AtomicBool>,
    /// When the capture is to end, once that is known. What the ring still holds of the time before is read.
    until: Option<Time>,
    ended: bool,
    /// Up to when all frames are known.
    now: Option<Time>,
    losses: Losses,
    /// Both clocks, when they were read last.
    looked: Clocks,
    /// What libpcap's counters said last.
    counted: (u32, u32),
    counted_at: Time,
    next_account: Instant,
    /// Since when the interface is not there, or has been down from the start.
    absent_since: Option<Time>,
    /// Since when it is there but down.
    down_since: Option<Time>,
    next_search: Instant,
    /// Did packets come when the ring was emptied last?
    is_busy: bool,
    rights: Option<Rights>,
    notes: Vec<String>,
}

/// What taking frames out of the ring came to.
enum Taken {
    /// The ring is empty.
    All,
    /// There may be more.
    Some,
    /// The interface is gone.
    Broken(String),
}

impl Live {
    /// Opens the interface. From now on its packets are kept; of one that is down, from when it comes up. `stop` ends the
    /// capture as soon as it is true.
    pub fn open(settings: LiveSettings, stop: Arc<AtomicBool>) -> Result<Live, Error> {
        let filter = settings.filter.as_deref().map(super::Filter::new).transpose()?;
        let opened = open(&settings)?;
        let start = clock();
        let name = printable(&settings.interface);
        let absent_since = opened.is_none().then_some(start);
        let notes = absent_since.map(|_| format!("{name}: is down; waiting for it to come up"));
        let (link, nanoseconds) = opened.as_ref().map_or((0, true), |opened| (opened.link, opened.nanoseconds));
        let until = settings.duration.map(|duration| start + u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        Ok(Live {
            names: [name],
            capture: opened.map(|opened| opened.capture),
            link,
            nanoseconds,
            filter,
            order: Order::default(),
            held: FrameBatch::default(),
            number: 0,
            stop,
            until,
            ended: false,
            now: None,
            losses: Losses::default(),
            looked: Clocks::read(),
            counted: (0, 0),
            counted_at: start,
            next_account: Instant::now(),
            absent_since,
            down_since: None,
            next_search: Instant::now(),
            is_busy: false,
            rights: None,
            notes: notes.into_iter().collect(),
            settings,
        })
    }

    /// The account of losses, which this source goes on to keep.
    pub fn losses(&self) -> Losses {
        self.losses.clone()
    }

    /// Asks `rights` for what opening needs, whenever the interface has to be opened again.
    pub fn reopen_with(&mut self, rights: Rights) {
        self.rights = Some(rights);
    }

    /// Takes what the ring holds, at most a batch.
    fn take(&mut self, batch: &mut FrameBatch) -> Taken {
        let Some(capture) = &mut self.capture else { return Taken::All };
        let unit = if self.nanoseconds { 1 } else { 1000 };
        let (link, number, filter) = (self.link, &mut self.number, &mut self.filter);
        let most = self.settings.packets.map_or(u64::MAX, |packets| packets.saturating_sub(*number));
        let most = batch.frames.len() + usize::try_from(most).unwrap_or(usize::MAX).min(FRAMES);
        while batch.frames.len() < most {
            let taken = capture.dispatch(Some(most - batch.frames.len()), |packet| {
                if filter.as_mut().is_some_and(|filter| !filter.wants(link, packet.data)) {
                    return;
                }
                let seconds = u64::try_from(packet.header.ts.tv_sec).unwrap_or_default();
                let fraction = u64::try_from(packet.header.ts.tv_usec).unwrap_or_default();
                *number += 1;
                batch.frames.push(RawFrame {
                    time: Time(seconds.saturating_mul(SECOND)) + fraction * unit,
                    number: *number,
                    offset: batch.bytes.len() as u32,
                    captured: packet.data.len() as u32,
                    wire: packet.header.len,
                    link,
                    input: 0,
                });
                batch.bytes.extend_from_slice(packet.data);
            });
            match taken {
                Ok(0) => return Taken::All,
                Ok(_) => {}
                Err(pcap::Error::PcapError(problem)) => return Taken::Broken(problem),
                Err(other) => return Taken::Broken(other.to_string()),
            }
        }
        Taken::Some
    }

    /// Waits for packets; returns at once when there are some, or a signal came. While they come one after the other, it
    /// lets them gather.
    fn wait(&mut self) {
        if std::mem::take(&mut self.is_busy) && self.settings.buffer >= ROOM_TO_GATHER {
            return std::thread::sleep(GATHER);
        }
        let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(PATIENCE.subsec_nanos()) };
        let pause = || {
            // A signal ends it early, which is welcome.
            let _ = poll(&mut [], Some(&patience));
        };
        let Some(capture) = &self.capture else { return pause() };
        let mut descriptors = [PollFd::new(capture, PollFlags::IN)];
        let ready = poll(&mut descriptors, Some(&patience));
        let happened = descriptors.map(|descriptor| descriptor.revents())[0];
        if ready.is_err() || happened.is_empty() || happened.contains(PollFlags::IN) {
            return;
        }
        // The socket has nothing but trouble: the interface went down. It might go on to say so without a pause.
        if self.down_since.is_none() {
            self.down_since = Some(clock());
            self.notes.push(format!("{}: is down; waiting for it to come up", self.names[0]));
        }
        pause();
    }

    /// Notes that the clock was set. What is to end after some time ends after that time.
    fn mind_clock(&mut self, clocks: Clocks) {
        let before = std::mem::replace(&mut self.looked, clocks);
        let expected = before.time + u64::try_from((clocks.steady - before.steady).as_nanos()).unwrap_or(u64::MAX);
        let (ahead, behind) = (clocks.time.since(expected), expected.since(clocks.time));
        if ahead.max(behind) < JUMP {
            return;
        }
        if ahead > 0 {
            self.losses.jumped(before.time, clocks.time);
        }
        self.until = self.until.map(|until| until + ahead - behind);
        let (way, by) = if ahead > 0 { ("forward", ahead) } else { ("back", behind) };
        let seconds = by as f64 / SECOND as f64;
        self.notes.push(format!("the clock went {way} by {seconds:.1} s: it was set, or this machine slept"));
    }

    /// Asks the kernel what was lost since it was asked last.
    fn account(&mut self, now: Time) {
        self.next_account = Instant::now() + ACCOUNTS;
        let Some(Ok(stat)) = self.capture.as_mut().map(Capture::stats) else { return };
        let interface = if self.settings.foreign_namespace { 0 } else { stat.if_dropped };
        let more = Lost {
            kernel: u64::from(stat.dropped.wrapping_sub(self.counted.0)),
            interface: u64::from(interface.wrapping_sub(self.counted.1)),
        };
        self.counted = (stat.dropped, interface);
        self.losses.dropped(self.counted_at, now, more);
        self.counted_at = now;
    }

    /// Is it time to end? Then also says up to when.
    fn is_over(&mut self, asked_at: Time, drained: bool) -> bool {
        if self.until.is_none_or(|until| until > asked_at) && self.stop.load(Ordering::Relaxed) {
            self.until = Some(asked_at);
        }
        let enough = self.settings.packets.is_some_and(|packets| self.number >= packets);
        let past = |until: Time| asked_at >= until + LAG || self.capture.is_none();
        enough || self.until.is_some_and(|until| asked_at >= until && drained && past(until))
    }

    /// Leaves in `batch` what no later frame can overtake, and keeps the rest for the next.
    fn hold_back(&mut self, batch: &mut FrameBatch) {
        let mut settled = self.order.settled(&batch.frames);
        if let Some(now) = self.now {
            settled = settled.max(batch.frames.partition_point(|frame| frame.time <= now));
        }
        self.held.clear();
        for frame in batch.frames.get(settled..).unwrap_or_default() {
            let offset = self.held.bytes.len() as u32;
            self.held.bytes.extend_from_slice(batch.bytes_of(frame));
            self.held.frames.push(RawFrame { offset, ..*frame });
        }
        batch.frames.truncate(settled);
    }

    /// Takes out what came after the end.
    fn cut(&mut self, batch: &mut FrameBatch) {
        let Some(until) = self.until else { return };
        if batch.frames.last().is_some_and(|frame| frame.time > until + LAG) {
            // Packets come faster than they can be read to the end: those of the time before it are all here.
            self.ended = true;
        }
        let kept = batch.frames.partition_point(|frame| frame.time <= until);
        self.number -= (batch.frames.len() - kept) as u64;
        batch.frames.truncate(kept);
    }
}

impl Source for Live {
    fn fill(&mut self, batch: &mut FrameBatch) -> Result<bool, Error> {
        batch.clear();
        if self.ended {
            return Ok(false);
        }
        std::mem::swap(batch, &mut self.held);
        let before = batch.frames.len();
        let mut clocks = Clocks::read();
        let mut taken = self.take(batch);
        if batch.frames.len() == before && matches!(taken, Taken::All) {
            self.wait();
            self.search();
            clocks = Clocks::read();
            taken = self.take(batch);
        }
        let asked_at = clocks.time;
        self.mind_clock(clocks);
        if let Taken::Broken(problem) = &taken {
            self.lose(problem);
        }
        self.is_busy |= batch.frames.len() > before;
        self.mind_down(batch.frames.len() > before);
        self.order.mend(&mut batch.frames, before);
        let drained = matches!(taken, Taken::All);
        self.now = drained.then(|| asked_at - LAG);
        if Instant::now() >= self.next_account {
            self.account(asked_at);
        }
        self.ended = self.is_over(asked_at, drained);
        self.cut(batch);
        if !self.ended {
            self.hold_back(batch);
            return Ok(true);
        }
        self.account(asked_at);
        self.now = self.until.or(batch.frames.last().map(|frame| frame.time));
        self.capture = None;
        Ok(!batch.frames.is_empty())
    }

    fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn input_names(&self) -> &[String] {
        &self.names
    }

    fn frames_read(&self) -> u64 {
        self.number
    }

    fn fractional_digits(&self) -> u8 {
        if self.nanoseconds { 9 } else { 6 }
    }

    fn now(&self) -> Option<Time> {
        self.now
    }

    fn is_light(&self) -> bool {
        self.settings.light
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_both_ways_to_get_it() {
        let problem =
            opening::describe(&pcap::Error::PcapError("eth0: You don't have permission to capture".to_owned()));
        assert!(problem.contains("sudo") && problem.contains("setcap cap_net_raw=ep") && !problem.contains('\n'));
        let problem = opening::describe(&pcap::Error::PcapError("eth9: No such device exists".to_owned()));
        assert!(problem.contains("tcpwhy interfaces"), "{problem}");
    }

    #[test]
    fn an_unknown_interface_is_one_line() {
        let settings = LiveSettings {
            interface: "no\x1bsuch".to_owned(),
            filter: None,
            snaplen: 256,
            buffer: 1024,
            promiscuous: false,
            light: false,
            tunnels: false,
            packets: None,
            duration: None,
            foreign_namespace: false,
        };
        let error = Live::open(settings, Arc::default()).err().expect("there is none");
        let messages = error.messages();
        assert!(messages.len() == 1 && !messages.concat().contains(['\x1b', '\n']), "{messages:?}");
    }
}
