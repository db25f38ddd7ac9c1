//! What notable happened to a connection: RSTs, silence, evidence.

mod reset;
mod silence;

use std::net::IpAddr;

use super::connection::{Half, Mark};
use super::kernel::Errno;
use super::places::{Place, Sight, bit};
use crate::decode::IcmpError;
use crate::time::{MILLISECOND, SECOND, Time};

pub use reset::{Acceptance, Reset};
pub use silence::{Repeated, Silence};

/// What an event in a story was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A segment of the handshake, seen for the first time.
    Handshake,
    /// A segment sent again.
    Repeated,
    /// A keep-alive probe.
    KeepAlive,
    /// A probe of a closed window.
    WindowProbe,
    /// The window was closed.
    WindowClosed,
    /// Payload.
    Data,
    /// Payload after the other end's FIN.
    DataAfterFin,
    /// A FIN.
    Fin,
    /// A RST.
    Reset,
    /// A bare ACK that answers something out of order: duplicate or challenge.
    Answer,
    /// An ICMP error about this connection: type and code.
    Icmp(u8, u8),
}

/// A notable packet, kept as evidence.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Where.
    pub mark: Mark,
    /// Who sent it (for ICMP errors: whose segment they quote).
    pub from: usize,
    /// What it was.
    pub what: What,
    /// TCP flags.
    pub flags: u8,
    /// Sequence number relative to the sender's ISN.
    pub sequence: u32,
    /// Payload length.
    pub length: u32,
    /// Acknowledgment relative to the other end's ISN.
    pub acknowledgment: Option<u32>,
}

/// An ICMP error that the kernel takes note of.
#[derive(Clone, Copy, Debug)]
pub struct SoftError {
    /// What it becomes.
    pub errno: Errno,
    /// When its frame was captured.
    pub time: Time,
    /// Sequence number of the quoted segment.
    pub sequence: u32,
    /// Who sent the message.
    pub reporter: IpAddr,
    /// Is it ICMPv6?
    pub ipv6: bool,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// The peer retransmitted something that clears `sk_err_soft`; if the socket still exists, it answers next.
    pub outdated: bool,
}

impl SoftError {
    /// What is to be remembered of a message that becomes `errno`: less than all of it, for a story has room for three.
    pub fn of(error: &IcmpError, errno: Errno) -> SoftError {
        let IcmpError { time, sequence, reporter, ipv6, kind, code, .. } = *error;
        SoftError { errno, time, sequence, reporter, ipv6, kind, code, outdated: false }
    }

    /// Does it take back a step of the back-off? `tcp_v4_err()`: network and host unreachable. `tcp_v6_err()`: no route.
    pub fn reverts_backoff(&self) -> bool {
        if self.ipv6 { (self.kind, self.code) == (1, 0) } else { self.kind == 3 && self.code <= 1 }
    }
}

/// What may become a verdict when the time of grace passes without contradiction.
#[derive(Clone, Copy, Debug)]
pub enum Pending {
    /// The RST in [`Story::reset`] was accepted.
    Reset,
    /// The ICMP error in [`Story::fatal`] ended the connect().
    Icmp,
    /// This end waits in vain.
    Silence(usize),
}

/// What is known of several paths (MPTCP): what happens to one of them is no error of the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Both ends have agreed on them.
    pub agreed: bool,
    /// This is a further path, which the kernel opened by itself.
    pub joined: bool,
    /// One end closed all of them at once.
    pub fast_closed: bool,
}

/// Keep-alive probes of one end since payload last went, whether or not they were answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probes {
    /// How many.
    pub count: u32,
    /// When the last was sent.
    pub last: Time,
    /// Nanoseconds between the last two.
    pub interval: u64,
}

/// A server that repeats its SYN-ACK though the client has acknowledged it: the ACK was lost, or the accept queue is full
/// (`tcp_conn_request()` made the request, `tcp_v4_syn_recv_sock()` makes no socket of it, and `reqsk_timer_handler()` sends
/// the SYN-ACK again). Until a later ACK is taken no application knows of the connection.
#[derive(Clone, Copy, Debug)]
pub struct HalfAccepted {
    /// When the SYN-ACK was last sent.
    pub last: Time,
    /// Nanoseconds between the last two.
    pub interval: u64,
    /// How often it was sent after the client's ACK.
    pub repeated: u16,
    /// The client has acknowledged the last one too.
    pub acknowledged: bool,
}

impl HalfAccepted {
    /// When it is too late for the SYN-ACK to be sent once more (`reqsk_timer_handler()` backs off by two).
    pub fn overdue(&self) -> Time {
        self.last + self.interval.saturating_mul(2).saturating_add(self.interval / 4)
    }
}

/// Segments of an end, one behind the other, that lie far from all that the capture has shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Far {
    /// Where they begin.
    pub from: u32,
    /// One behind their last number.
    pub until: u32,
    /// The server sent them.
    pub by_server: bool,
}

/// The notable part of a connection's life.
#[derive(Debug, Default)]
pub struct Story {
    /// Notable packets: the first and the last ones.
    pub events: Vec<Event>,
    /// How many were left out between them.
    pub events_left_out: u32,
    /// FIN of each end.
    pub fin: [Option<Mark>; 2],
    /// The FIN of each end was sent again.
    pub fin_again: [bool; 2],
    /// Which end closed first.
    pub first_fin: Option<usize>,
    /// Silence before the first FIN, nanoseconds.
    pub idle_before_fin: u64,
    /// Had each end acknowledged the other's FIN when it sent its own?
    pub fin_after_fin: [bool; 2],
    /// Payload sent by an end after the other's FIN was captured.
    pub data_after_fin: [u32; 2],
    /// When the first of that was sent.
    pub data_after_fin_at: [Option<Mark>; 2],
    /// Has each end shut down its sending side only? It acknowledged payload after its own FIN, or its window was closed then.
    pub read_after_fin: [bool; 2],
    /// Repetitions that nothing answered.
    pub silence: [Silence; 2],
    /// The last spurious retransmission of each end: payload that had long been acknowledged came once more.
    pub spurious_retransmission: [Option<Mark>; 2],
    /// How often an end has sent payload again that was acknowledged where the capture was made, with nothing new since.
    pub spurious_retransmissions: [u32; 2],
    /// Keep-alive probes of each end.
    pub probes: [Probes; 2],
    /// When a keep-alive probe of either end was last answered.
    pub kept_alive: Option<Time>,
    /// Retransmitted SYN-ACKs.
    pub syn_ack_retransmissions: u16,
    /// The server repeats its SYN-ACK, and nothing yet shows that a socket was made of the handshake.
    pub half_accepted: Option<HalfAccepted>,
    /// Retransmitted SYNs.
    pub syn_retransmissions: u16,
    /// The RST that decides, or else the first one.
    pub reset: Option<Reset>,
    /// A RST in the other direction.
    pub reset_back: Option<Reset>,
    /// RSTs of each end.
    pub resets: [u16; 2],
    /// How many of them came once more: they were seen at more than one place on their way.
    pub resets_again: [u16; 2],
    /// An exact RST without acknowledgment came from each end: its host had no socket any more when the other end spoke.
    pub gone: [bool; 2],
    /// RSTs of each end that the other has not got: its socket went on.
    pub lost_resets: [u16; 2],
    /// The last segment that the RST's sender sent after its RST (not RSTs themselves).
    pub sender_lives: Option<Mark>,
    /// The RST's receiver did not take it: it acknowledged what was sent after the RST, or sent its payload again by timer.
    pub receiver_lives: bool,
    /// The SYN came once more behind the handshake: all of it comes a second time, and what comes behind a RST tells nothing of what
    /// came after it.
    pub told_twice: bool,
    /// The captures that told it so, where another one showed it first: they tell of a RST in another one what came when by
    /// another clock.
    pub told_elsewhere: u8,
    /// What was acknowledged last of each end, where the capture shows neither that nor what came before, and it is one number.
    pub one_more: [Option<u32>; 2],
    /// What came last from far away, and was not acknowledged yet.
    pub far: Option<Far>,
    /// A challenge ACK was seen: to a RST, or to this connection's SYN.
    pub challenged: bool,
    /// A SYN-ACK came after the RST that refused the SYN.
    pub syn_ack_after_refusal: Option<Mark>,
    /// A fatal ICMP error.
    pub fatal: Option<SoftError>,
    /// The client has repeated its SYN after such an error, which for it is none.
    pub outlives_errors: bool,
    /// The last ICMP error that is remembered while the connection goes on (`sk_err_soft`).
    pub soft: [Option<SoftError>; 2],
    /// An ICMP error told that a RST of this end was rejected on its way.
    pub rejected: [bool; 2],
    /// "Fragmentation needed" came: the MTU that it named.
    pub mtu: Option<u32>,
    /// Since when each end's window is closed.
    pub window_closed: [Option<Mark>; 2],
    /// Does each end sign its segments? Then it drops what is not signed.
    pub signed: [bool; 2],
    /// The snaplen cut options of each segment of an end that may hold a signature.
    pub hidden: [bool; 2],
    /// What is known of several paths (MPTCP).
    pub paths: Paths,
    /// A SYN on the same 4-tuple with another ISN, while this connection lived.
    pub other_syn: Option<(Mark, u32, usize)>,
    /// What waits for the time of grace to pass.
    pub pending: Option<(Pending, Time)>,
    /// The client answered a challenge ACK with a RST: it wants the ports for a new connection.
    pub reuses_ports: bool,
    /// A RST that was not accepted has been told of.
    pub told_ignored: bool,
    /// That a RST cannot be judged has been told of, though it is open what becomes of the connection.
    pub told_open: bool,
    /// A deadline for silence is in the queue.
    pub timer: bool,
    /// How often it is in the queue for a verdict.
    pub waits: u8,
    /// When it is to be judged once more, for want of another place in that queue.
    pub look_again: Option<Time>,
}

// What takes no more than a kilobyte comes from the short lists of the allocator.
const _: () = assert!(size_of::<Story>() <= 1024);

/// How many events a story keeps: the first few, and the last ones.
const FIRST_EVENTS: usize = 8;
const EVENTS: usize = 20;

impl Story {
    /// The connection went on after a RST: either end was heard in a way that shows it.
    pub fn went_on(&self) -> bool {
        self.challenged || self.receiver_lives || self.sender_lives.is_some()
    }

    /// The RST that decides, and that of the other end.
    pub fn both_resets(&mut self) -> impl Iterator<Item = &mut Reset> {
        [self.reset.as_mut(), self.reset_back.as_mut()].into_iter().flatten()
    }

    /// RSTs of this end do not reach the other one. That one did not may be chance.
    pub fn resets_are_lost(&self, side: usize) -> bool {
        self.lost_resets[side] > 1
    }

    /// The RSTs that came changed nothing: the next is looked at as the first.
    pub fn forget_resets(&mut self) {
        self.reset = None;
        self.reset_back = None;
        self.gone = [false; 2];
        self.sender_lives = None;
        self.receiver_lives = false;
        self.challenged = false;
    }

    /// Did what this capture shows behind a RST come behind it?
    pub fn keeps_order(&self, reset: &Reset, input: u8) -> bool {
        let same_clock = self.told_elsewhere & (bit(input) | bit(reset.mark.input)) == 0;
        !self.told_twice && (same_clock || input == reset.mark.input)
    }

    /// The error that this end gets when it gives up, but for one that came when it had given up: what an error takes back of
    /// the back-off is sent right behind it.
    pub fn soft_error(&self, side: usize) -> Option<SoftError> {
        self.soft[side].filter(|error| !self.silence[side].ended_before(error))
    }

    /// Is all of it past? Then it is neither changed nor asked for by payload and acknowledgments that come in order.
    pub fn rests(&self) -> bool {
        let quiet = |side: usize| {
            self.silence[side].what == Repeated::Nothing
                && self.probes[side].count == 0
                && self.spurious_retransmissions[side] == 0
                && self.fin[side].is_none()
                && self.soft[side].is_none()
                && self.window_closed[side].is_none()
        };
        let waits = self.waits > 0 || self.pending.is_some() || self.look_again.is_some();
        let reset = self.reset.is_some() || self.reset_back.is_some() || self.challenged;
        let other = self.signed != [false; 2]
            || self.hidden != [false; 2]
            || self.paths != Paths::default()
            || self.rejected != [false; 2]
            || self.fatal.is_some()
            || self.half_accepted.is_some()
            || self.other_syn.is_some()
            || self.told_twice
            || self.told_elsewhere != 0
            || self.one_more != [None; 2]
            || self.far.is_some()
            || self.syn_ack_after_refusal.is_some();
        !waits && !reset && !other && quiet(super::CLIENT) && quiet(super::SERVER)
    }

    /// Keeps a notable packet as evidence.
    pub fn tell(&mut self, event: Event) {
        if self.events.len() >= EVENTS {
            self.events.remove(FIRST_EVENTS);
            self.events_left_out = self.events_left_out.saturating_add(1);
        }
        self.events.push(event);
    }
}
