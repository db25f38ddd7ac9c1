//! Connections, and the shadow of each endpoint's kernel.
//!
//! **Nothing here reads a clock**: time is what the packets carry, so the same packets give the same verdicts, live
//! and offline. A verdict waits for a time of grace ([`GRACE`]), because the end that gets a RST may have sent
//! something before it got it, which the capture shows only then.

mod addresses;
mod batch;
mod closing;
mod connection;
mod copies;
mod due;
pub mod kernel;
mod light;
mod lingering;
mod memory;
mod opening;
mod payloads;
mod plain;
mod queues;
mod receive;
mod seq;
mod services;
mod sketch;
mod slots;
mod store;
mod story;
mod table;
mod verdict;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub use connection::{CLIENT, Connection, Ends6, Half, Mark, SERVER, other};
pub use memory::LEAST as LEAST_MEMORY;
pub use payloads::Payloads;
pub use services::{Service, Services, Visits};
pub use story::{Acceptance, Event, Pending, Probes, Repeated, Reset, Silence, SoftError, Story, What};
pub use verdict::{Benign, By, Doubt, Ending, Failure, foreign, made_on_the_way, probed_to_death};

use crate::decode::{End, Flags, IcmpError, Packet, Segment};
use crate::time::{MILLISECOND, SECOND, Time};
use addresses::Addresses;
use copies::Copies;
use lingering::Lingering;
use memory::Memory;
use receive::{Next, Restart};
use sketch::{Link, Sketch};
use store::Store;
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
    store: Store,
    seed: [u64; 2],
    ends6: Addresses,
    /// Verdicts on told connections that wait for the time of grace: by when it ends, then in the order of their coming.
    waiting: BinaryHeap<Reverse<(Time, u64, u32, u16)>>,
    waits: u64,
    /// When repetitions on told connections are overdue.
    overdue: BinaryHeap<Reverse<Slot>>,
    /// Ended connections that are still remembered.
    lingering: Lingering,
    /// Nothing of all that falls due before this.
    due: Time,
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
}

impl Tracker {
    /// An empty tracker. `inputs` is the number of captures that are read together; `seed` is that of the decoder.
    pub fn new(inputs: usize, seed: [u64; 2]) -> Tracker {
        Tracker {
            table: Table::default(),
            store: Store::new(),
            seed,
            ends6: Addresses::default(),
            waiting: BinaryHeap::new(),
            waits: 0,
            overdue: BinaryHeap::new(),
            lingering: Lingering::default(),
            due: Time(u64::MAX),
            clock: Time(0),
            previous: Time(0),
            copies: Copies::new(inputs > 1),
            services: Services::new(seed),
            payloads: Payloads::default(),
            counts: Counts::default(),
            light: false,
            memory: Memory::default(),
            crowded: false,
            gone: 0,
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
            Packet::Segment(segment) => self.take_segment(u32::MAX, segment, bytes, sink),
            Packet::IcmpError(_) | Packet::CutIcmpError(_) => self.take_other(packet, sink),
        }
    }

    #[inline(always)]
    fn take_segment(&mut self, guess: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        self.advance(segment.time, sink);
        self.counts.segments += 1;
        self.segment(guess, segment, bytes, sink);
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

    /// The told connection at `place`, if it is still that of this generation.
    fn live(&mut self, place: u32, generation: u16) -> Option<&mut Connection> {
        self.store.told.get_mut(place as usize).filter(|connection| connection.is_in_use(generation))
    }

    /// Takes a segment whose connection is probably at `guess`.
    #[inline(always)]
    fn segment(&mut self, guess: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        if self.light || self.store.room_of(guess, segment.flow).is_none() {
            return match self.find(guess, segment) {
                Some(index) => self.segment_of_any(index, segment, bytes, sink),
                None => self.open(segment, bytes, sink),
            };
        }
        self.segment_of_open(guess, segment, bytes, sink);
    }

    /// Takes a segment of a connection that is open and sketched.
    #[inline(always)]
    fn segment_of_open(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let Some(mut room) = self.store.room(index) else { return };
        let sketch = &mut *room.sketch;
        let from = sketch.side(segment.from_first);
        if self.copies.is_active() || !plain::is_new(&sketch.end[from], segment) {
            let last = sketch.last_of(from);
            if self.copies.is_copy(index, from, &last, segment, self.counts.segments) {
                sketch.spoke(from, copies::short(segment.print));
                return self.copy(index, from, segment);
            }
        }
        sketch.spoke(from, copies::short(segment.print));
        match plain::take(&mut room, from, segment) {
            Some(taken) => {
                if taken.message {
                    room.said.end[from].first_bytes = self.payloads.keep(segment.payload.of(bytes));
                }
                if taken.closed {
                    self.linger(index);
                }
            }
            None => self.notable(index, from, segment, bytes, sink),
        }
    }

    /// Takes a segment of a connection that is not open, or told, or not where it was thought to be.
    #[inline(never)]
    fn segment_of_any(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let print = copies::short(segment.print);
        let sketch = &mut self.store.sketches[index as usize];
        let from = sketch.side(segment.from_first);
        let last = match sketch.link() {
            Link::Open(_) if !self.light => return self.segment_of_open(index, segment, bytes, sink),
            Link::Early | Link::Open(_) => {
                let last = sketch.last_of(from);
                sketch.spoke(from, print);
                last
            }
            Link::Told(place) => {
                let connection = &mut self.store.told[place as usize];
                let last = connection.last_of(from);
                connection.spoke(from, print);
                last
            }
        };
        if self.copies.is_copy(index, from, &last, segment, self.counts.segments) {
            return self.copy(index, from, segment);
        }
        let sketch = &mut self.store.sketches[index as usize];
        if self.light || sketch.link() != Link::Early {
            return self.notable(index, from, segment, bytes, sink);
        }
        if from == SERVER && opening::answer(sketch, segment, bytes) {
            return self.answered(index, segment);
        }
        let opened = if from == CLIENT { opening::complete(sketch, segment) } else { None };
        match opened {
            Some((said, opened)) => {
                self.store.open(index, said, opened);
                sink.connected(self.ends_of(index), segment.time);
            }
            None => self.notable(index, from, segment, bytes, sink),
        }
    }

    /// The server of a connection answered a SYN.
    fn answered(&mut self, index: u32, segment: &Segment) {
        let server = self.ends_of(index)[SERVER];
        self.services.answered(server, segment.time, segment.ttl);
    }

    /// Notes that a segment came a second time.
    #[cold]
    fn copy(&mut self, index: u32, from: usize, segment: &Segment) {
        self.counts.duplicates += 1;
        if segment.flags.has(Flags::SYN | Flags::ACK) {
            let ends = self.store.sketches[index as usize].ends(self.ends6.get(index));
            self.services.saw_ttl(ends[from].ip, segment.ttl);
        }
        if let Some(place) = self.store.place(index) {
            copies::note(&mut self.store.told[place as usize], from, segment);
        } else if !self.store.room(index).is_some_and(|room| store::knows_copy(&room, from, segment.ttl)) {
            let mut connection = self.store.retell(index);
            copies::note(&mut connection, from, segment);
            self.keep(index, connection);
        }
    }

    /// Keeps a connection that was retold.
    fn keep(&mut self, index: u32, connection: Connection) -> Option<u32> {
        let place = self.store.keep(index, connection);
        if let Some(place) = place {
            self.memory.told(&self.store.told[place as usize]);
        }
        place
    }

    /// Takes a segment that is not plain.
    #[inline(never)]
    fn notable(&mut self, index: u32, from: usize, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let (place, next) = match self.store.place(index) {
            Some(place) => {
                if self.light {
                    light::assume_unseen(&mut self.store.told[place as usize], from, segment);
                }
                self.judge_own_silence(place, segment.time, sink);
                let connection = &mut self.store.told[place as usize];
                let before = memory::beside(connection);
                let next = take(connection, from, segment, bytes, &mut self.payloads);
                self.memory.changed(before, connection);
                (Some(place), next)
            }
            None => {
                let mut connection = self.store.retell(index);
                if self.light {
                    light::assume_unseen(&mut connection, from, segment);
                }
                let next = take(&mut connection, from, segment, bytes, &mut self.payloads);
                (self.keep(index, connection), next)
            }
        };
        match next.restart {
            Some(restart) => self.restart(index, place, restart, segment, bytes, sink),
            None => {
                self.after(index, place, from, segment, next, sink);
                if let Some(place) = place.filter(|_| !self.light && next.is_quiet()) {
                    self.rest(index, place);
                }
            }
        }
    }

    /// Goes on with a sketch of a connection that is told, if that can hold all of it.
    fn rest(&mut self, index: u32, place: u32) {
        if !self.store.can_rest(place) {
            return;
        }
        let connection = &self.store.told[place as usize];
        let timer = connection.story.as_deref().is_some_and(|story| story.timer);
        self.memory.forgotten(connection);
        self.store.rest(index, place);
        if timer {
            self.one_gone();
        }
    }

    /// Does what a segment asks for. `place` is where the connection is told, if it is.
    fn after(
        &mut self,
        index: u32,
        place: Option<u32>,
        from: usize,
        segment: &Segment,
        next: Next,
        sink: &mut impl Sink,
    ) {
        let sketch = &mut self.store.sketches[index as usize];
        sketch.last = sketch.last.max(segment.time);
        if next.is_quiet() {
            return;
        }
        if let Some(place) = place {
            let generation = self.store.told[place as usize].generation;
            if next.grace {
                self.wait(segment.time, place, generation);
            }
            if next.deadline {
                let story = self.store.told[place as usize].story();
                if !story.timer && !story.decided {
                    story.timer = true;
                    let at = story.silence[from].overdue();
                    self.overdue.push(Reverse((at, place, generation)));
                    self.due = self.due.min(at);
                }
            }
        }
        if next.answered {
            self.answered(index, segment);
        }
        if next.connected {
            sink.connected(self.ends_of(index), segment.time);
        }
        if next.closed {
            self.linger(index);
        }
    }

    /// Client and server of a connection. The addresses of an IPv4 connection are in its key: to look for them in a map
    /// would be a wait for nothing.
    fn ends_of(&self, index: u32) -> [End; 2] {
        let sketch = &self.store.sketches[index as usize];
        sketch.ends(if sketch.has(Connection::IPV6) { self.ends6.get(index) } else { None })
    }

    /// The connection's index, if it is known.
    #[inline(always)]
    fn find(&mut self, guess: u32, segment: &Segment) -> Option<u32> {
        let is = |index: u32| self.store.sketches.get(index as usize).is_some_and(|found| found.is(segment.flow));
        if is(guess) { Some(guess) } else { self.table.find(segment.hash, is) }
    }

    /// Takes the first segment of a connection.
    #[inline(never)]
    fn open(&mut self, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let sketch = opening::begin(segment, bytes).filter(|_| self.store.sketching && !self.light);
        let Some(index) = self.store.add(sketch.unwrap_or_else(|| Sketch::of(segment.flow))) else {
            return;
        };
        self.counts.connections += 1;
        self.table.insert(segment.hash, index);
        self.crowded = self.is_crowded();
        if segment.ipv6 {
            self.ends6.insert(index, Ends6::of(segment, bytes));
        }
        if sketch.is_some() {
            return self.copies.remember_first(index, CLIENT, segment);
        }
        let mut connection = opened_by(segment, 0);
        connection.home = index;
        let from = connection.side(segment.from_first);
        connection.spoke(from, copies::short(segment.print));
        self.copies.remember_first(index, from, segment);
        if self.light {
            light::assume_unseen(&mut connection, from, segment);
        }
        let next = take(&mut connection, from, segment, bytes, &mut self.payloads);
        let place = self.keep(index, connection);
        self.after(index, place, from, segment, next, sink);
    }

    /// The connection ends and another one begins on the same 4-tuple.
    fn restart(
        &mut self,
        index: u32,
        place: Option<u32>,
        restart: Restart,
        segment: &Segment,
        bytes: &[u8],
        sink: &mut impl Sink,
    ) {
        let mut other_syn = None;
        let sketch = &self.store.sketches[index as usize];
        let mut client_first = sketch.has(Connection::CLIENT_FIRST);
        if let Some(place) = place {
            let generation = self.store.told[place as usize].generation;
            self.conclude(place, generation, sink);
            let connection = &self.store.told[place as usize];
            other_syn = connection.story.as_deref().and_then(|story| story.other_syn);
            self.memory.forgotten(connection);
        }
        self.counts.connections += 1;
        let mut fresh = opened_by(segment, Connection::REUSED);
        fresh.home = index;
        if let (Restart::AtOtherSyn, Some((mark, isn, from))) = (restart, other_syn) {
            client_first = (from == CLIENT) == client_first;
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
        self.store.drop_rest(index);
        self.store.sketches[index as usize].renew();
        self.one_gone();
        let from = fresh.side(segment.from_first);
        fresh.spoke(from, copies::short(segment.print));
        let next = take(&mut fresh, from, segment, bytes, &mut self.payloads);
        let place = self.keep(index, fresh);
        self.after(index, place, from, segment, Next { restart: None, ..next }, sink);
    }

    fn icmp_error(&mut self, error: &IcmpError) {
        let is = |index: u32| self.store.sketches.get(index as usize).is_some_and(|found| found.is(error.flow));
        let Some(index) = self.table.find(error.flow.hash(self.seed), is) else {
            return;
        };
        let (place, decides) = match self.store.place(index) {
            Some(place) => {
                let connection = &mut self.store.told[place as usize];
                let before = memory::beside(connection);
                let decides = receive::on_icmp_error(connection, error);
                self.memory.changed(before, connection);
                (Some(place), decides)
            }
            None => {
                let mut connection = self.store.retell(index);
                let decides = receive::on_icmp_error(&mut connection, error);
                (self.keep(index, connection), decides)
            }
        };
        if let Some(place) = place.filter(|_| decides) {
            let generation = self.store.told[place as usize].generation;
            self.wait(error.time, place, generation);
        }
    }
}

/// Takes a segment and notes that it was sent, unless a new connection begins with it.
fn take(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8], payloads: &mut Payloads) -> Next {
    let next = receive(connection, from, segment, bytes);
    if next.restart.is_none() {
        connection.last = connection.last.max(segment.time);
        if next.message {
            connection.half[from].first_bytes = payloads.keep(segment.payload.of(bytes));
        }
        sent(&mut connection.half[from], segment);
    }
    next
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
        receive::on_segment(connection, from, segment)
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
        home: 0,
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
