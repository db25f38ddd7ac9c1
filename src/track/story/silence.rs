//! What an end repeats because nothing answers, and when that convinces.

use super::*;

/// What a sender repeats because nothing answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeated {
    /// Nothing.
    #[default]
    Nothing,
    /// Its SYN.
    Syn,
    /// Payload.
    Data,
    /// Keep-alive probes: SEG.SEQ = SND.NXT-1, all payload acknowledged.
    KeepAlive,
    /// Probes of a window that is closed.
    WindowProbe,
}

/// A sender that repeats itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence {
    /// What it repeats.
    pub what: Repeated,
    /// The first sending.
    pub first: Mark,
    /// The last one.
    pub last: Mark,
    /// The longest time between two of them, nanoseconds: timeouts grow, but a capture may show one of them late.
    pub interval: u64,
    /// How often it was sent, the first time included.
    pub attempts: u32,
    /// Its first sequence number.
    pub sequence: u32,
    /// One behind the last byte of the last repetition.
    pub until: u32,
    /// The length of the longest repetition.
    pub length: u32,
    /// The first bytes of the last repetition of payload that began at `sequence`, and how many are known.
    pub begins: [u8; 16],
    /// See there.
    pub shown: u8,
    /// Segments of the other end that came meanwhile and acknowledged nothing of it.
    pub answers: u16,
    /// Until so many seconds after the last probe the other end, whose window is closed, sent payload of its own: `tcp_ack_probe()`
    /// waits anew with each of its segments, so that none is due as long as they come.
    pub put_off: u16,
    /// Attempts since the other end was last heard.
    pub unheard: u32,
    /// The snaplen cut the windows: keep-alive probes may be those of a window that is closed.
    pub windows_cut: bool,
    /// Where the first repetition was seen.
    pub place: Place,
    /// Did the sender end it with a RST when the next attempt would have been due?
    pub gave_up: bool,
}

/// No system repeats a SYN sooner (Windows after 500 ms, Linux and the BSDs after a second): what comes sooner is a copy
/// from a capture whose clock is off.
const SOONEST_SYN: u64 = 400 * MILLISECOND;

impl Silence {
    /// Is this more than a capture's accident? `peer` is the end that should have answered.
    ///
    /// A repeated SYN is proof enough: a client that had its answer would not repeat it. Payload could have been
    /// acknowledged where the capture does not show it, so it takes a capture that shows the other direction, and a
    /// second timeout; if the other end was heard meanwhile, more.
    pub fn convinces(&self, peer: &Half) -> bool {
        match self.what {
            Repeated::Nothing => false,
            Repeated::Syn => self.attempts >= 2 && self.last.time.since(self.first.time) >= SOONEST_SYN,
            Repeated::Data => peer.has(Half::ANY) && self.attempts >= if self.answers == 0 { 3 } else { 5 },
            Repeated::KeepAlive => peer.has(Half::ANY) && self.attempts + u32::from(self.gave_up) >= 2,
            Repeated::WindowProbe => self.attempts >= 3,
        }
    }

    /// Probes of a closed window that are not answered any more, as many as convince: the other end is gone, or the path.
    /// `tcp_probe_timer()` counts those since the last answer (`icsk_probes_out`), and gives up when they are too many.
    pub fn probes_in_vain(&self) -> bool {
        self.what == Repeated::WindowProbe && self.unheard >= 3
    }

    /// Probes of a closed window whose receiver is there, and does not read.
    pub fn reader_stalls(&self) -> bool {
        self.what == Repeated::WindowProbe && !self.probes_in_vain()
    }

    /// When the next repetition is overdue: twice the longest interval and a quarter more, for timers that back off
    /// exactly by two, and never less than a second, which no stack's first timeouts exceed by much. Where the other end is
    /// heard, be it that it answers probes of a closed window or has its own payload to send, one that does not come may be
    /// lost on its way to where the capture was made: then the one after it, which follows after twice as long again, is waited
    /// for too.
    pub fn overdue(&self) -> Time {
        let answered = match self.what {
            Repeated::WindowProbe => !self.probes_in_vain(),
            Repeated::Data => self.answers > 0,
            Repeated::Nothing | Repeated::Syn | Repeated::KeepAlive => false,
        };
        let intervals = if answered { 2 + 4 } else { 2 };
        self.due(intervals)
    }

    /// At `time` this end probes a closed window no more, though the next probe was due: its socket is gone, or one was lost on its
    /// way to where the capture was made.
    pub fn has_stopped_probing(&self, time: Time) -> bool {
        self.what == Repeated::WindowProbe && self.attempts >= 2 && time > self.due(2)
    }

    /// An ICMP error came when the socket would have sent its payload again, and it has not: it had given up before, by
    /// TCP_USER_TIMEOUT for one. Where the error takes one step of the back-off back, what is due by that goes out as soon as it
    /// comes (`tcp_ld_RTO_revert()`, RFC 6069).
    pub fn ended_before(&self, error: &SoftError) -> bool {
        let intervals = if error.reverts_backoff() { 1 } else { 2 };
        self.what == Repeated::Data && error.time > self.due(intervals)
    }

    /// The same of a SYN, which was sent at `start` for the first time: its first timeout is a second (TCP_TIMEOUT_INIT).
    pub fn connect_ended_before(&self, icmp: Time, start: Time) -> bool {
        icmp > self.last_syn(start) + self.timeouts(2).max(2 * SECOND)
    }

    /// When a client whose first SYN was sent at `start` sent its last one.
    pub fn last_syn(&self, start: Time) -> Time {
        if self.what == Repeated::Syn { self.last.time } else { start }
    }

    /// When it is too late for the one that follows after so many times the longest interval, and was perhaps put off.
    fn due(&self, intervals: u64) -> Time {
        self.last.time + u64::from(self.put_off) * SECOND + self.timeouts(intervals)
    }

    /// So many times the longest interval, and what timers may be late.
    fn timeouts(&self, intervals: u64) -> u64 {
        self.interval.saturating_mul(intervals).saturating_add(self.interval / 4).max(SECOND)
    }
}
