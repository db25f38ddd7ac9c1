//! Connections, and the shadow of each endpoint's kernel.
//!
//! **Nothing here reads a clock**: time is what the packets carry, so the same packets give the same verdicts, live
//! and offline. A verdict waits for a time of grace ([`GRACE`]), because the end that gets a RST may have sent
//! something before it got it, which the capture shows only then.

mod batch;
mod closing;
mod connection;
mod copies;
mod due;
pub mod kernel;
mod light;
mod lingering;
mod memory;
mod payloads;
mod plain;
mod queues;
mod receive;
mod seq;
mod services;
mod slots;
mod story;
mod table;
mod verdict;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::{HashMap, HashMapExt};

pub use connection::{CLIENT, Connection, Ends6, Half, Mark, SERVER, other};
pub use memory::LEAST as LEAST_MEMORY;
pub use payloads::Payloads;
pub use services::{Service, Services, Visits};
pub use story::{Acceptance, Event, Pending, Probes, Repeated, Reset, Silence, SoftError, Story, What};
pub use verdict::{Benign, By, Doubt, Ending, Failure, foreign, made_on_the_way, probed_to_death};

use crate::decode::{End, Flags, IcmpError, Packet, Segment};
use crate::time::{MILLISECOND, SECOND, Time};
use copies::{Copies, fingerprint};
use lingering::Lingering;
use memory::Memory;
use receive::{Next, Restart};
use slots::Slots;
use table::Table;

/// How long a verdict waits for contradiction, in packet time: longer than a round trip around the world, and than
/// the half second after which Windows repeats a SYN that was refused.
pub const GRACE: u64 = 900 * MILLISECOND;

/// How long a connection is remembered after its end, so that what still comes is not taken for a new one.
const LINGER: u64 = 15 * SECOND;

/// The same after a timeout: the sender may try again, up to two minutes apart.
const LINGER_AFTER_SILENCE: u64 = 150 * SECOND;

/// A connection whose ending was judged.
pub struct Ended<'a> {
    /// When that became a fact.
    pub time: Time,
    /// Client and server.
    pub ends: [End; 2],
    /// What happened.
    pub ending: Ending,
    /// All that is known of the connection.
    pub connection: &'a Connection,
    /// What is known of the services that other connections went to.
    pub services: &'a Services,
    /// The first bytes of the last messages.
    pub payloads: &'a Payloads,
}

/// Who wants to know of endings.
pub trait Sink {
    /// A connection's ending was judged. It is never judged again as a failure.
    fn ended(&mut self, ended: Ended<'_>);

    /// A connection to this service was established.
    fn connected(&mut self, _ends: [End; 2], _time: Time) {}
}

/// Counts of what was tracked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// TCP segments.
    pub segments: u64,
    /// Segments seen a second time and counted once.
    pub duplicates: u64,
    /// ICMP errors about TCP segments.
    pub icmp_errors: u64,
    /// Connections.
    pub connections: u64,
    /// Connections that were forgotten before their end, for want of memory.
    pub evicted: u64,
    /// What connections told of services and hosts that could not be remembered, because too many are.
    pub unremembered: u64,
}

/// Frames of one recording are never further out of order.
const LONG_BACK: u64 = 60 * SECOND;

type Slot = (Time, u32, u16);

/// All connections.
pub struct Tracker {
    table: Table,
    connections: Slots<Connection>,
    seed: [u64; 2],
    ends6: HashMap<u32, Ends6>,
    /// Verdicts that wait for the time of grace: by when it ends, then in the order of their coming.
    waiting: BinaryHeap<Reverse<(Time, u64, u32, u16)>>,
    waits: u64,
    /// When repetitions are overdue.
    overdue: BinaryHeap<Reverse<Slot>>,
    /// Ended connections that are still remembered.
    lingering: Lingering,
    /// Packet time: what the last two segments agree on, so that one wrong time stamp does not end everything.
    clock: Time,
    previous: Time,
    copies: Copies,
    services: Services,
    payloads: Payloads,
    counts: Counts,
    light: bool,
    memory: Memory,
    /// A connection was added, and it may have been one too many.
    crowded: bool,
    /// How many connections went since the queues were last swept.
    gone: usize,
    /// Off only to see that it makes no difference.
    short_way: bool,
}

impl Tracker {
    /// An empty tracker. `inputs` is the number of captures that are read together; `seed` is that of the decoder.
    pub fn new(inputs: usize, seed: [u64; 2]) -> Tracker {
        Tracker {
            table: Table::default(),
            connections: Slots::default(),
            seed,
            ends6: HashMap::new(),
            waiting: BinaryHeap::new(),
            waits: 0,
            overdue: BinaryHeap::new(),
            lingering: Lingering::default(),
            clock: Time(0),
            previous: Time(0),
            copies: Copies::new(inputs > 1),
            services: Services::default(),
            payloads: Payloads::default(),
            counts: Counts::default(),
            light: false,
            memory: Memory::default(),
            crowded: false,
            gone: 0,
            short_way: true,
        }
    }

    /// Says that only the segments are captured that open and close connections.
    pub fn expect_light(&mut self, light: bool) {
        self.light = light;
    }

    /// Forgets what applications say: no context for the findings.
    pub fn without_payload(self) -> Tracker {
        Tracker { payloads: Payloads::off(), ..self }
    }

    /// What was tracked so far.
    pub fn counts(&self) -> Counts {
        Counts { unremembered: self.services.unremembered(), ..self.counts }
    }

    /// Takes the next packet, by time. `bytes` is the batch that it was decoded from.
    pub fn packet(&mut self, packet: &Packet, bytes: &[u8], sink: &mut impl Sink) {
        match packet {
            Packet::Segment(segment) => self.take_segment(None, fingerprint(segment, bytes), segment, bytes, sink),
            Packet::IcmpError(_) | Packet::CutIcmpError(_) => self.take_other(packet, sink),
        }
    }

    #[inline(always)]
    fn take_segment(&mut self, guess: Option<u32>, print: u64, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        self.advance(segment.time, sink);
        self.counts.segments += 1;
        self.segment(guess, print, segment, bytes, sink);
        if self.crowded {
            self.crowded = false;
            self.make_room(sink);
        }
    }

    #[cold]
    fn take_other(&mut self, packet: &Packet, sink: &mut impl Sink) {
        match packet {
            Packet::Segment(_) => {}
            Packet::IcmpError(error) => {
                self.advance(error.time, sink);
                self.counts.icmp_errors += 1;
                self.icmp_error(error);
            }
            Packet::CutIcmpError(error) => {
                self.advance(error.time, sink);
                self.counts.icmp_errors += 1;
                self.services.cut_error(error.receiver, error.time);
            }
        }
    }

    fn live(&mut self, index: u32, generation: u16) -> Option<&mut Connection> {
        self.connections
            .get_mut(index as usize)
            .filter(|connection| connection.generation == generation && connection.has(Connection::LIVE))
    }

    /// Takes a segment with this fingerprint whose connection is probably at `guess`.
    #[inline(always)]
    fn segment(&mut self, guess: Option<u32>, print: u64, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let Some(index) = self.find(guess, segment, bytes) else {
            return;
        };
        let connection = &mut self.connections[index as usize];
        let from = connection.side(segment.from_first);
        if self.copies.is_copy(print, index, from, connection, segment) {
            self.counts.duplicates += 1;
            if segment.flags.has(Flags::SYN | Flags::ACK) {
                let ends6 = self.ends6.get(&index);
                self.services.saw_ttl(connection.ends(ends6)[from].ip, segment.ttl);
            }
            return;
        }
        if self.light {
            light::assume_unseen(connection, from, segment);
        }
        if self.short_way
            && let Some(next) = plain::take(connection, from, segment, bytes)
        {
            connection.last = connection.last.max(segment.time);
            if next.message {
                connection.half[from].first_bytes = self.payloads.keep(segment.payload.of(bytes));
            }
            if next.closed {
                self.linger(index);
            }
            self.memory.closing(next.closing);
            return;
        }
        if connection.story.is_some() {
            self.judge_own_silence(index, segment.time, sink);
        }
        let connection = &mut self.connections[index as usize];
        let before = memory::beside(connection);
        connection.recall();
        let next = receive(connection, from, segment, bytes);
        self.memory.changed(before, connection);
        if let Some(restart) = next.restart {
            self.restart(index, restart, segment, bytes, sink);
            return;
        }
        connection.last = connection.last.max(segment.time);
        if next.message {
            connection.half[from].first_bytes = self.payloads.keep(segment.payload.of(bytes));
        }
        sent(&mut connection.half[from], segment);
        self.after(index, from, segment, next, sink);
    }

    /// Does what a segment asks for.
    fn after(&mut self, index: u32, from: usize, segment: &Segment, next: Next, sink: &mut impl Sink) {
        if next == (Next { message: next.message, ..Next::default() }) {
            return;
        }
        let generation = self.connections[index as usize].generation;
        if next.grace {
            self.wait(segment.time, index, generation);
        }
        let ends6 = if next.answered || next.connected { self.ends6_of(index) } else { None };
        let connection = &mut self.connections[index as usize];
        if next.deadline {
            let story = connection.story();
            if !story.timer && !story.decided {
                story.timer = true;
                let at = story.silence[from].overdue();
                self.overdue.push(Reverse((at, index, generation)));
            }
        }
        if next.answered {
            let ends = connection.ends(ends6.as_ref());
            self.services.answered(ends[SERVER], segment.time);
            self.services.saw_ttl(ends[SERVER].ip, segment.ttl);
        }
        if next.connected {
            sink.connected(connection.ends(ends6.as_ref()), segment.time);
        }
        if next.closed {
            self.linger(index);
        }
    }

    /// The addresses of an IPv6 connection. Others are not looked for: that would be a wait for nothing.
    fn ends6_of(&self, index: u32) -> Option<Ends6> {
        let connection = self.connections.get(index as usize)?;
        if connection.key.is_ipv6() { self.ends6.get(&index).copied() } else { None }
    }

    /// The connection's slot, made if it is new.
    #[inline]
    fn find(&mut self, guess: Option<u32>, segment: &Segment, bytes: &[u8]) -> Option<u32> {
        let is = |index: u32| self.connections.get(index as usize).is_some_and(|found| found.is(segment.flow));
        if let Some(index) = guess
            && is(index)
        {
            return Some(index);
        }
        match self.table.find(segment.flow.hash(self.seed), is) {
            Some(index) => Some(index),
            None => self.open(segment, bytes),
        }
    }

    /// A slot for a new connection.
    fn open(&mut self, segment: &Segment, bytes: &[u8]) -> Option<u32> {
        let connection = opened_by(segment, 0);
        let index = match self.connections.reuse() {
            Some(index) => {
                let slot = self.connections.get_mut(index as usize)?;
                let generation = slot.generation;
                *slot = Connection { generation, ..connection };
                index
            }
            None => self.connections.add(connection)?,
        };
        self.counts.connections += 1;
        self.table.insert(segment.flow.hash(self.seed), index);
        self.crowded = self.is_crowded();
        if segment.ipv6 {
            self.ends6.insert(index, Ends6::of(segment, bytes));
        }
        Some(index)
    }

    /// The connection ends and another one begins on the same 4-tuple.
    fn restart(&mut self, index: u32, restart: Restart, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let generation = self.connections[index as usize].generation;
        self.conclude(index, generation, sink);
        self.counts.connections += 1;
        let connection = &mut self.connections[index as usize];
        let other_syn = connection.story.as_deref().and_then(|story| story.other_syn);
        let generation = connection.generation.wrapping_add(1);
        let mut fresh = Connection { generation, ..opened_by(segment, Connection::REUSED) };
        if let (Restart::AtOtherSyn, Some((mark, isn, from))) = (restart, other_syn) {
            let client_first = (from == CLIENT) == connection.has(Connection::CLIENT_FIRST);
            fresh.flags &= !Connection::CLIENT_FIRST;
            if client_first {
                fresh.flags |= Connection::CLIENT_FIRST;
            }
            fresh.flags |= Connection::ROLE_KNOWN;
            fresh.start = mark.time;
            fresh.start_frame = mark.frame;
            fresh.start_input = mark.input;
            let client = &mut fresh.half[CLIENT];
            client.isn = isn;
            client.next = isn.wrapping_add(1);
            client.packets = 1;
            client.set(Half::ANY | Half::SEQUENCE | Half::SYN);
        }
        let before = memory::beside(connection);
        *connection = fresh;
        self.one_gone();
        let connection = &mut self.connections[index as usize];
        let from = connection.side(segment.from_first);
        let next = receive(connection, from, segment, bytes);
        self.memory.changed(before, connection);
        if next.message {
            connection.half[from].first_bytes = self.payloads.keep(segment.payload.of(bytes));
        }
        sent(&mut connection.half[from], segment);
        self.after(index, from, segment, Next { restart: None, ..next }, sink);
    }

    fn icmp_error(&mut self, error: &IcmpError) {
        let is = |index: u32| self.connections.get(index as usize).is_some_and(|found| found.is(error.flow));
        let Some(index) = self.table.find(error.flow.hash(self.seed), is) else {
            return;
        };
        let connection = &mut self.connections[index as usize];
        let generation = connection.generation;
        let before = memory::beside(connection);
        connection.recall();
        let decides = receive::on_icmp_error(connection, error);
        self.memory.changed(before, connection);
        if decides {
            self.wait(error.time, index, generation);
        }
    }
}

fn receive(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let flags = segment.flags;
    if flags.has(Flags::RST) {
        receive::on_reset(connection, from, segment)
    } else if flags.has(Flags::SYN | Flags::ACK) {
        receive::on_syn_ack(connection, from, segment, bytes)
    } else if flags.has(Flags::SYN) {
        receive::on_syn(connection, from, segment, bytes)
    } else {
        receive::on_segment(connection, from, segment, bytes)
    }
}

/// Notes that an end sent a segment.
fn sent(half: &mut Half, segment: &Segment) {
    if !half.has(Half::ANY) {
        half.ttl_low = segment.ttl;
        half.ttl_high = segment.ttl;
    }
    half.packets = half.packets.saturating_add(1);
    if segment.flags.has(Flags::RST) {
        return;
    }
    half.set(Half::ANY);
    half.ttl_low = half.ttl_low.min(segment.ttl);
    half.ttl_high = half.ttl_high.max(segment.ttl);
    half.window = segment.window;
    half.ip_id = segment.ip_id;
}

/// A connection that begins with `segment`.
fn opened_by(segment: &Segment, flags: u8) -> Connection {
    let syn = segment.flags.has(Flags::SYN);
    let sender_is_client = if syn {
        !segment.flags.has(Flags::ACK)
    } else {
        !looks_like_a_server(segment.source_port, segment.destination_port)
    };
    let mut flags = flags | Connection::LIVE;
    if sender_is_client == segment.from_first {
        flags |= Connection::CLIENT_FIRST;
    }
    if syn {
        flags |= Connection::ROLE_KNOWN;
    }
    if segment.ipv6 {
        flags |= Connection::IPV6;
    }
    let mark = Mark::of(segment);
    Connection {
        key: segment.flow,
        half: [Half::default(); 2],
        start: segment.time,
        last: segment.time,
        start_frame: mark.frame,
        gap: 0,
        syn_ack_after: 0,
        ack_after: 0,
        turns: 0,
        generation: 0,
        start_input: mark.input,
        flags,
        story: None,
        closing: None,
    }
}

/// With no SYN seen, the end with the lower port is the likelier server: services listen on low ports, clients get
/// high ones.
fn looks_like_a_server(source_port: u16, destination_port: u16) -> bool {
    source_port < destination_port
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod plain_tests;
