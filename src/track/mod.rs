//! Connections, and the shadow of each endpoint's kernel.
//!
//! **Nothing here reads a clock**: time is what the packets carry, so the same packets give the same verdicts, live
//! and offline. A verdict waits for a time of grace ([`GRACE`]), because the end that gets a RST may have sent
//! something before it got it, which the capture shows only then.

mod addresses;
mod batch;
mod beginning;
mod closing;
mod concluding;
mod connection;
mod copies;
mod due;
mod ending;
mod finishing;
mod half;
mod halves;
pub mod kernel;
mod lately;
mod light;
mod lingering;
mod memory;
mod opening;
mod payloads;
mod places;
mod plain;
mod queues;
mod receive;
mod relays;
mod segments;
mod seq;
mod services;
mod sketch;
mod slots;
mod store;
mod story;
mod table;
mod translated;
mod verdict;
mod waiting;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub use connection::{CLIENT, Connection, Ends6, Half, Mark, SERVER, other};
pub use ending::{Benign, By, Doubt, Ending, Failure};
pub use memory::LEAST as LEAST_MEMORY;
pub use payloads::Payloads;
pub use receive::quiet;
pub use services::{SHORTEST_IDLE, Service, Services, Visits};
pub use story::{Acceptance, Event, Paths, Pending, Probes, Repeated, Reset, Silence, SoftError, Story, What};
pub use verdict::{
    foreign, hops, is_from_elsewhere, is_next_of_the_socket, made_on_the_way, may_be_a_detour, may_have_come_in,
    probed_to_death, seen_on_a_part_of_the_way, tells_no_distance,
};

use crate::decode::{End, Flags, IcmpError, Packet, Segment};
use crate::time::{MILLISECOND, SECOND, Time};
use addresses::Addresses;
use copies::Copies;
use halves::Halves;
use lingering::Lingering;
use memory::Memory;
use payloads::{is_cut, owner};
use receive::Next;
use relays::Relays;
use sketch::Sketch;
use store::Store;
use table::Table;
use translated::Sides;
use waiting::Waiting;

/// How long a verdict waits for contradiction, in packet time: longer than a round trip around the world, and than
/// the half second after which Windows repeats a SYN that was refused. Live, what it takes to read and to write comes to that,
/// and all together is less than a second.
pub const GRACE: u64 = 800 * MILLISECOND;

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
    /// Client and server as in the captured segments (they differ from `ends` under DNAT or REDIRECT); the key into
    /// [`Ended::services`].
    pub own: [End; 2],
    /// The same, as the server's side of an address translation has them, if that was captured as well.
    pub translated: Option<[End; 2]>,
    /// What happened.
    pub ending: Ending,
    /// All that is known of the connection.
    pub connection: &'a Connection,
    /// What is known of the services that other connections went to.
    pub services: &'a Services,
    /// The first bytes of the last messages.
    pub payloads: &'a Payloads,
}

impl<'a> Ended<'a> {
    /// The first bytes of the last message of `side`, if they were captured and are still there.
    pub fn first_bytes(&self, side: usize) -> &'a [u8] {
        let (handle, owner) = self.message(side);
        self.payloads.get(handle, owner)
    }

    /// All that is kept of the last message of `side`, if it is all of it up to the last byte that the capture shows of this end.
    pub fn whole_message(&self, side: usize) -> Option<&'a [u8]> {
        let (handle, owner) = self.message(side);
        let (sequence, bytes) = self.payloads.entry(handle, owner)?;
        let half = &self.connection.half[side];
        let until = sequence.wrapping_add(bytes.len() as u32);
        (until == half.data_until && until == half.data_end()).then_some(bytes)
    }

    /// What this RST of the connection carries, if it was captured and is still there.
    pub fn payload_of(&self, reset: &Reset) -> &'a [u8] {
        let (handle, owner) = self.reason(reset);
        self.payloads.get(handle, owner)
    }

    /// How much was said last, by an end or by the RST, that is not there any more.
    pub fn forgotten(&self) -> usize {
        let reset = self.connection.story.as_deref().and_then(|story| story.reset);
        let reason = reset.map(|reset| self.reason(&reset));
        let messages = [CLIENT, SERVER].map(|side| self.message(side));
        messages.iter().chain(&reason).filter(|(handle, owner)| self.payloads.is_overwritten(*handle, *owner)).count()
    }

    /// Where what a RST carries is kept, and whose it is.
    fn reason(&self, reset: &Reset) -> (u32, u32) {
        (reset.says, owner(self.connection.home, reset.from))
    }

    /// Where the first bytes of the last message of `side` are kept, and whose they are.
    fn message(&self, side: usize) -> (u32, u32) {
        (self.connection.half[side].first_bytes, owner(self.connection.home, side))
    }
}

/// Who wants to know of endings.
pub trait Sink {
    /// A connection's ending was judged. It is never judged again as a failure.
    fn ended(&mut self, ended: Ended<'_>);

    /// Does a client's message with these first bytes ask for an answer?
    fn asks(&self, _message: &[u8]) -> bool {
        false
    }

    /// Does an answer with these first bytes say of itself that it is longer than so many bytes, and a client that said `asked` last
    /// wants all of it?
    fn is_cut(&self, _asked: &[u8], _answer: &[u8], _length: u32) -> bool {
        false
    }

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
    /// Bytes that were acknowledged and that no segment has shown.
    pub unseen: u64,
    /// Connections.
    pub connections: u64,
    /// Connections of which nothing was seen but a SYN; known at the end.
    pub unanswered: u64,
    /// Connections whose client left a repeated SYN-ACK unanswered; known at the end.
    pub half_open: u64,
    /// Connections whose ending was told with that of the other side of an address translation.
    pub translated: u64,
    /// Connections that were forgotten before their end, for want of memory.
    pub evicted: u64,
    /// What connections told of services and hosts that was forgotten, because too many are known.
    pub unremembered: u64,
    /// Packets whose copies could no longer be told from repetitions, because too many are remembered.
    pub copies_forgotten: u64,
}

/// Frames of one recording are never further out of order.
const LONG_BACK: u64 = 60 * SECOND;
/// More silence than this, nanoseconds, or a step back by more, and the frames are of another recording.
pub const BETWEEN_RECORDINGS: u64 = 86_400 * SECOND;

type Slot = (Time, u32, u16);

/// All connections.
pub struct Tracker {
    table: Table,
    store: Store,
    seed: [u64; 2],
    ends6: Addresses,
    /// Verdicts on told connections that wait for the time of grace.
    waiting: Waiting,
    /// The same, by what both sides of an address translation have in common.
    sides: Sides,
    /// Connections within the host whose halves have different addresses.
    halves: Halves,
    /// Connections with the same ends on both sides of a relay of this host.
    relays: Relays,
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
    /// A connection was added or takes more room, and that may have been too much.
    crowded: bool,
    /// How many connections went since the queues were last swept.
    gone: usize,
}

impl Tracker {
    /// An empty tracker; `seed` is that of the decoder.
    pub fn new(seed: [u64; 2]) -> Tracker {
        Tracker {
            table: Table::default(),
            store: Store::new(),
            seed,
            ends6: Addresses::default(),
            waiting: Waiting::default(),
            sides: Sides::default(),
            halves: Halves::default(),
            relays: Relays::default(),
            overdue: BinaryHeap::new(),
            lingering: Lingering::default(),
            due: Time(u64::MAX),
            clock: Time(0),
            previous: Time(0),
            copies: Copies::new(),
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
        Counts { unremembered: self.services.forgotten(), copies_forgotten: self.copies.displaced(), ..self.counts }
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
    }

    #[cold]
    fn take_other(&mut self, packet: &Packet, sink: &mut impl Sink) {
        match packet {
            Packet::Segment(_) => {}
            Packet::IcmpError(error) => {
                self.advance(error.time, sink);
                self.counts.icmp_errors += 1;
                self.icmp_error(error, sink);
            }
            Packet::CutIcmpError(error) => {
                self.advance(error.time, sink);
                self.counts.icmp_errors += 1;
                self.services.cut_error(error);
            }
        }
    }

    /// The told connection at `place`, if it is still that of this generation.
    fn live(&mut self, place: u32, generation: u16) -> Option<&mut Connection> {
        self.store.live(place, generation)
    }

    /// Client and server of a connection. The addresses of an IPv4 connection are in its key: to look for them in a map
    /// would be a wait for nothing.
    fn ends_of(&self, index: u32) -> [End; 2] {
        let sketch = &self.store.sketches[index as usize];
        sketch.ends(if sketch.has(Connection::IPV6) { self.ends6.get(index) } else { None })
    }

    fn icmp_error(&mut self, error: &IcmpError, sink: &mut impl Sink) {
        let input = error.input.min(u16::from(u8::MAX)) as u8;
        let is = |index: u32| {
            let found = self.store.sketch_of(index, error.flow).is_some();
            found && self.copies.shows(index, input) && self.relays.may_have_sent(index)
        };
        let found = self.table.find(error.flow.hash(self.seed), is).map(|index| (index, *error));
        let Some((index, error)) = found.or_else(|| self.error_in_its_whole(error)) else {
            if error.is_about_own_syn() {
                self.open_by_error(error);
            }
            return;
        };
        let error = &error;
        let (place, decides) = match self.store.place(index) {
            Some(place) => {
                self.judge_own(place, error.time, sink);
                let connection = &mut self.store.told[place as usize];
                if receive::is_about_the_other_syn(connection, error) {
                    return self.restart_by_error(index, place, error, sink);
                }
                let before = memory::story_bytes(connection);
                let decides = receive::on_icmp_error(connection, error);
                self.crowded |= self.memory.changed(before, connection);
                (Some(place), decides)
            }
            None => {
                let connection = self.store.retell(index);
                self.keep_with_error(index, connection, error)
            }
        };
        self.await_verdict(place.filter(|_| decides), error.time);
    }

    /// Keeps a connection that was not told, after an ICMP error about it. Tells its place, and whether the error may decide.
    fn keep_with_error(&mut self, index: u32, mut connection: Connection, error: &IcmpError) -> (Option<u32>, bool) {
        let decides = receive::on_icmp_error(&mut connection, error);
        (self.keep(index, connection), decides)
    }

    /// An ICMP error decides what becomes of the connection at this place.
    fn await_verdict(&mut self, place: Option<u32>, time: Time) {
        if let Some(place) = place {
            let generation = self.store.told[place as usize].generation;
            self.wait(time, place, generation);
        }
    }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod plain_tests;
