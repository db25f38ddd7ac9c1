//! One connection as the capture shows it: what each end has sent and acknowledged, and, for those few to which
//! something notable happened, its story.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::closing::Closing;
use super::kernel::Errno;
use super::seq;
use crate::decode::{End, FlowKey, IcmpError, Segment};
use crate::time::{SECOND, Time};

/// Index of an end: the one that sent the first SYN, or the likelier one.
pub const CLIENT: usize = 0;
/// Index of the other end.
pub const SERVER: usize = 1;

/// The other end's index.
pub fn other(side: usize) -> usize {
    1 - side
}

/// Where a frame stands, and when it was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub time: Time,
    /// The frame's number in its file (numbers beyond 32 bits are shown as the last).
    pub frame: u32,
    /// Which input, from 0.
    pub input: u8,
}

impl Mark {
    /// Where `segment` stands.
    pub fn of(segment: &Segment) -> Mark {
        Mark::at(segment.time, segment.frame, segment.input)
    }

    /// A mark from its parts.
    pub fn at(time: Time, frame: u64, input: u16) -> Mark {
        Mark { time, frame: u32::try_from(frame).unwrap_or(u32::MAX), input: u8::try_from(input).unwrap_or(u8::MAX) }
    }
}

/// What is known about one end from the segments that it sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Half {
    /// Its initial sequence number; a stand-in one byte before the first one seen if the SYN was not.
    pub isn: u32,
    /// SND.NXT: one behind the highest sequence number that it sent.
    pub next: u32,
    /// The highest acknowledgment that it sent: its RCV.NXT is at least this.
    pub ack: u32,
    /// Segments that it sent, duplicates left out.
    pub packets: u32,
    /// When it last sent new payload.
    pub data_time: Time,
    /// The frame of that payload.
    pub data_frame: u32,
    /// The length of that payload.
    pub data_length: u32,
    /// The sequence number behind that payload.
    pub data_until: u32,
    /// The acknowledgment that went with it.
    pub data_ack: u32,
    /// Where the first bytes of its last message are kept.
    pub first_bytes: u32,
    /// A fingerprint of its last segment, to tell copies from retransmissions.
    pub print: u32,
    /// The last window that it advertised, unscaled.
    pub window: u16,
    /// IPv4 identification of its last segment.
    pub ip_id: u16,
    /// The longest payload that was acknowledged when the next was sent.
    pub longest_acked: u16,
    /// Flags of what was seen, see the constants.
    pub seen: u16,
    /// The lowest TTL of its segments.
    pub ttl_low: u8,
    /// The highest TTL of its segments.
    pub ttl_high: u8,
    /// The input of its last payload.
    pub data_input: u8,
    /// Window scale, 0 to 14.
    pub scale: u8,
}

impl Half {
    /// A segment of this end was seen.
    pub const ANY: u16 = 1;
    /// Its SYN (or SYN-ACK) was seen.
    pub const SYN: u16 = 2;
    /// Its FIN was seen.
    pub const FIN: u16 = 4;
    /// It has sent an acknowledgment.
    pub const ACK: u16 = 8;
    /// It has sent payload.
    pub const DATA: u16 = 16;
    /// `isn` and `next` are set.
    pub const SEQUENCE: u16 = 32;
    /// It acknowledged new payload that the capture shows: it was reading.
    pub const READ: u16 = 64;
    /// Its SYN offered a window scale.
    pub const SCALE: u16 = 128;
    /// Its SYN offered time stamps.
    pub const STAMPS: u16 = 256;
    /// Its last payload carried PSH.
    pub const PUSHED: u16 = 512;
    /// Its last payload begins like a TLS alert record.
    pub const TLS_ALERT: u16 = 1024;
    /// Some of its segments are missing from the capture.
    pub const GAP: u16 = 2048;
    /// `next` was moved by the other end's acknowledgment: what it sent up to there was not captured, or not yet.
    pub const BY_ACK: u16 = 4096;
    /// It has acknowledged selectively, and nothing in order since: something arrived behind a hole.
    pub const SACKS: u16 = 8192;
    /// Its segments are seen twice on their way.
    pub const COPIED: u16 = 16384;
    /// Its last payload is short, and the snaplen left nothing of it: it may be a TLS alert.
    pub const UNSEEN: u16 = 32768;

    /// Is every flag of `flags` set?
    pub fn has(&self, flags: u16) -> bool {
        self.seen & flags == flags
    }

    /// Sets flags.
    pub fn set(&mut self, flags: u16) {
        self.seen |= flags;
    }

    /// Payload bytes sent, retransmissions once, modulo 4 GiB.
    pub fn bytes(&self) -> u32 {
        if !self.has(Half::SEQUENCE) {
            return 0;
        }
        let fin = u32::from(self.has(Half::FIN));
        self.next.wrapping_sub(self.isn).wrapping_sub(1 + fin)
    }

    /// One behind its last payload byte.
    pub fn data_end(&self) -> u32 {
        self.next.wrapping_sub(u32::from(self.has(Half::FIN)))
    }
}

/// What is known of a connection all the time. Kept small: captures hold millions.
#[derive(Debug)]
pub struct Connection {
    /// Both ends.
    pub key: FlowKey,
    /// Client and server.
    pub half: [Half; 2],
    /// When its first segment was captured.
    pub start: Time,
    /// When its last segment was captured.
    pub last: Time,
    /// The first segment's frame.
    pub start_frame: u32,
    /// Silence before the last exchange, in units of 100 µs.
    pub gap: u32,
    /// From the start to the SYN-ACK, in units of 100 ns; 0 when it was not seen.
    pub syn_ack_after: u32,
    /// From the start to the ACK that ends the handshake, in units of 100 ns; 0 when it was not seen.
    pub ack_after: u32,
    /// How often the direction of payload changed.
    pub turns: u16,
    /// Tells timers whether the slot still holds the connection that they were set for.
    pub generation: u16,
    /// The first segment's input.
    pub start_input: u8,
    /// Flags, see the constants.
    pub flags: u8,
    /// What notable happened to it.
    pub story: Option<Box<Story>>,
    /// In place of a story: nothing but FINs happened.
    pub(super) closing: Option<Box<Closing>>,
}

impl Connection {
    /// The client is the end that stands first in the key.
    pub const CLIENT_FIRST: u8 = 1;
    /// A SYN or SYN-ACK told who the client is.
    pub const ROLE_KNOWN: u8 = 2;
    /// The last payload came from the server.
    pub const SERVER_SPOKE_LAST: u8 = 4;
    /// IPv6.
    pub const IPV6: u8 = 8;
    /// The slot is in use.
    pub const LIVE: u8 = 16;
    /// Its end is already in the queue of the slots to free.
    pub const LINGERS: u8 = 32;
    /// A connection on the same 4-tuple came before it.
    pub const REUSED: u8 = 64;
    /// The last segment came from the server.
    pub const SERVER_SENT_LAST: u8 = 128;

    /// Is every flag of `flags` set?
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Is it in use, and still for the connection that had this generation?
    pub(super) fn is_in_use(&self, generation: u16) -> bool {
        self.generation == generation && self.has(Connection::LIVE)
    }

    /// Is it in use, and for the connection with this key?
    #[inline(always)]
    pub fn is(&self, key: FlowKey) -> bool {
        self.key == key && self.has(Connection::LIVE)
    }

    /// Reads a bit of each of its cache lines, which brings them near; the result is of no meaning.
    #[inline(always)]
    pub(super) fn touch(&self) -> u32 {
        self.key.0 as u32 ^ self.half[CLIENT].next ^ self.half[SERVER].next ^ u32::from(self.flags)
    }

    /// Which end sent a segment.
    pub fn side(&self, from_first: bool) -> usize {
        if from_first == self.has(Connection::CLIENT_FIRST) { CLIENT } else { SERVER }
    }

    /// The story, begun if there is none yet.
    pub fn story(&mut self) -> &mut Story {
        self.story.get_or_insert_default()
    }

    /// The client has acknowledged the server's SYN, or the capture began later than that.
    pub fn established(&self) -> bool {
        let [client, server] = &self.half;
        if server.has(Half::SYN) || client.has(Half::SYN) {
            return client.has(Half::ACK);
        }
        client.has(Half::ANY) && server.has(Half::ANY)
    }

    /// The round trip of the handshake, nanoseconds; 0 when the capture does not show it.
    pub fn round_trip(&self) -> u64 {
        u64::from(self.ack_after.max(self.syn_ack_after)) * 100
    }

    /// Has every payload byte of `side` been acknowledged by the other end?
    pub fn acknowledged(&self, side: usize) -> bool {
        self.unacknowledged(side) == 0
    }

    /// Payload bytes of `side` that the other end did not acknowledge.
    pub fn unacknowledged(&self, side: usize) -> u32 {
        let (sender, receiver) = (&self.half[side], &self.half[other(side)]);
        if !sender.has(Half::SEQUENCE) || !sender.has(Half::DATA) {
            return 0;
        }
        if !receiver.has(Half::ACK) {
            return sender.bytes();
        }
        seq::distance(receiver.ack, sender.data_end())
    }

    /// Has payload gone in either direction?
    pub fn has_payload(&self) -> bool {
        self.half.iter().any(|half| half.has(Half::DATA))
    }

    /// Both ends by their addresses, client first. `addresses6` has the IPv6 addresses in the order of the key.
    pub fn ends(&self, addresses6: Option<&Ends6>) -> [End; 2] {
        let (first, second) = match addresses6 {
            Some(ends) => (ends.first, ends.second),
            None => (end4(self.key.0), end4(self.key.1)),
        };
        if self.has(Connection::CLIENT_FIRST) { [first, second] } else { [second, first] }
    }
}

/// The ends of an IPv6 connection, whose key holds only a fingerprint of them.
#[derive(Clone, Copy, Debug)]
pub struct Ends6 {
    /// The end that stands first in the key.
    pub first: End,
    /// The other one.
    pub second: End,
}

impl Ends6 {
    /// Reads them from the segment that begins a connection.
    pub fn of(segment: &Segment, bytes: &[u8]) -> Ends6 {
        let addresses = segment.addresses.of(bytes);
        let source = End { ip: ip6(addresses.first_chunk()), port: segment.source_port };
        let destination = End { ip: ip6(addresses.last_chunk()), port: segment.destination_port };
        if segment.from_first {
            Ends6 { first: source, second: destination }
        } else {
            Ends6 { first: destination, second: source }
        }
    }
}

fn ip6(octets: Option<&[u8; 16]>) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(octets.copied().unwrap_or_default()))
}

fn end4(half: u64) -> End {
    End { ip: IpAddr::V4(Ipv4Addr::from((half >> 16) as u32)), port: half as u16 }
}

/// How the kernel of the end that gets a RST takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It acknowledges the SYN of an end in SYN_SENT: connection refused.
    RefusesSyn,
    /// It ends a handshake that is half done, in SYN_RECV, of which the application does not know yet.
    EndsHalfOpen,
    /// Its sequence number is the next that the receiver expects.
    Exact,
    /// In the window but not exact: the receiver answers with a challenge ACK (RFC 5961, section 3.2).
    InWindow,
    /// Outside of the window: ignored, if the capture shows all that the receiver knows.
    Ignored,
    /// Not what a host in SYN_SENT or SYN_RECV takes for a RST to its connection: surely dropped.
    Dropped,
    /// The capture does not show what the receiver expects.
    Unknown,
}

/// A RST.
#[derive(Clone, Copy, Debug)]
pub struct Reset {
    /// Where.
    pub mark: Mark,
    /// Who sent it, by its addresses.
    pub from: usize,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number, if it carries one.
    pub acknowledgment: Option<u32>,
    /// How the receiver takes it.
    pub acceptance: Acceptance,
    /// Window, unscaled.
    pub window: u16,
    /// IPv4 identification.
    pub ip_id: u16,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Does it carry TCP time stamps?
    pub stamps: bool,
    /// IP identification of the sender's last segment before it.
    pub ip_id_before: u16,
    /// Had the receiver of the RST sent a FIN when the capture showed the RST?
    pub receiver_closed: bool,
    /// How much of the receiver's payload the RST's sender had not acknowledged when it came.
    pub unacknowledged: u32,
    /// The receiver's last payload had come when the RST came, and it was not answered by payload.
    pub asked: bool,
    /// The sender of the RST had closed its window: its application did not read.
    pub window_closed: bool,
    /// The capture holds the RST a second time.
    pub copied: bool,
    /// A segment that it may answer came within about a round trip before it.
    pub prompted: bool,
}

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
    /// Keep-alive probes: one byte behind SND.NXT, all payload acknowledged.
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
    /// Nanoseconds between the last two.
    pub interval: u64,
    /// How often it was sent, the first time included.
    pub attempts: u32,
    /// Its first sequence number.
    pub sequence: u32,
    /// The length of the longest repetition.
    pub length: u32,
    /// Segments of the other end that came meanwhile and acknowledged nothing of it.
    pub answers: u32,
}

impl Silence {
    /// Is this more than a capture's accident? `peer` is the end that should have answered.
    ///
    /// A repeated SYN is proof enough: a client that had its answer would not repeat it. Payload could have been
    /// acknowledged where the capture does not show it, so it takes a capture that shows the other direction, and a
    /// second timeout; if the other end was heard meanwhile, more.
    pub fn convinces(&self, peer: &Half) -> bool {
        match self.what {
            Repeated::Nothing => false,
            Repeated::Syn => self.attempts >= 2,
            Repeated::Data => peer.has(Half::ANY) && self.attempts >= if self.answers == 0 { 3 } else { 5 },
            Repeated::KeepAlive => peer.has(Half::ANY) && self.attempts >= 2,
            Repeated::WindowProbe => self.attempts >= 3,
        }
    }

    /// When the next repetition is overdue: twice the last interval and a quarter more, for timers that back off
    /// exactly by two, and never less than a second, which no stack's first timeouts exceed by much.
    pub fn overdue(&self) -> Time {
        self.last.time + self.interval.saturating_mul(2).saturating_add(self.interval / 4).max(SECOND)
    }
}

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
    /// The message.
    pub icmp: IcmpError,
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

/// The notable part of a connection's life.
#[derive(Debug, Default)]
pub struct Story {
    /// Notable packets: the first and the last ones.
    pub events: Vec<Event>,
    /// How many were left out between them.
    pub events_left_out: u32,
    /// FIN of each end.
    pub fin: [Option<Mark>; 2],
    /// Which end closed first.
    pub first_fin: Option<usize>,
    /// Silence before the first FIN, nanoseconds.
    pub idle_before_fin: u64,
    /// Had each end acknowledged the other's FIN when it sent its own?
    pub fin_after_fin: [bool; 2],
    /// Did the end that closed first owe an answer when it closed?
    pub asked_before_fin: bool,
    /// Payload sent by an end after the other's FIN was captured.
    pub data_after_fin: [u32; 2],
    /// When the first of that was sent.
    pub data_after_fin_at: [Option<Mark>; 2],
    /// Payload that an end got and acknowledged after its own FIN: it had shut down its sending side only.
    pub read_after_fin: [bool; 2],
    /// Repetitions that nothing answered.
    pub silence: [Silence; 2],
    /// Payload of an end that had long been acknowledged came once more: a very late copy.
    pub late_copy: [Option<Mark>; 2],
    /// Keep-alive probes of each end.
    pub probes: [Probes; 2],
    /// SYN-ACKs seen.
    pub syn_acks: u16,
    /// SYNs seen.
    pub syns: u16,
    /// The RST that decides, or else the last one.
    pub reset: Option<Reset>,
    /// A RST in the other direction.
    pub reset_back: Option<Reset>,
    /// RSTs of each end.
    pub resets: [u16; 2],
    /// The sequence numbers of the RSTs of one end differed.
    pub resets_differ: bool,
    /// Segments that the RST's sender sent after its RST (not RSTs themselves).
    pub sender_lives: Option<Mark>,
    /// Segments that the RST's receiver sent after it, acknowledging what was sent after the RST.
    pub receiver_lives: bool,
    /// The receiver answered the RST with a bare ACK.
    pub challenged: bool,
    /// A SYN-ACK came after the RST that refused the SYN.
    pub syn_ack_after_refusal: Option<Mark>,
    /// A fatal ICMP error.
    pub fatal: Option<SoftError>,
    /// The last ICMP error that is remembered while the connection goes on (`sk_err_soft`).
    pub soft: [Option<SoftError>; 2],
    /// "Fragmentation needed" came: the MTU that it named.
    pub mtu: Option<u32>,
    /// Since when each end's window is closed.
    pub window_closed: [Option<Mark>; 2],
    /// A SYN on the same 4-tuple with another ISN, while this connection lived.
    pub other_syn: Option<(Mark, u32, usize)>,
    /// What waits for the time of grace to pass.
    pub pending: Option<(Pending, Time)>,
    /// The verdict was given: nothing that comes now changes it.
    pub decided: bool,
    /// The client answered a challenge ACK with a RST: it wants the ports for a new connection.
    pub reuses_ports: bool,
    /// A RST that was not accepted has been told of.
    pub told_ignored: bool,
    /// A deadline for silence is in the queue.
    pub timer: bool,
    /// How often it is in the queue for a verdict.
    pub waits: u8,
    /// When it is to be judged once more, for want of another place in that queue.
    pub look_again: Option<Time>,
}

/// How many events a story keeps: the first few, and the last ones.
const FIRST_EVENTS: usize = 8;
const EVENTS: usize = 20;

impl Story {
    /// Keeps a notable packet as evidence.
    pub fn tell(&mut self, event: Event) {
        if self.events.len() >= EVENTS {
            self.events.remove(FIRST_EVENTS);
            self.events_left_out = self.events_left_out.saturating_add(1);
        }
        self.events.push(event);
    }
}
