//! Connections that begin: with their first segment, or on a 4-tuple that was used before.

use super::receive::Restart;
use super::segments::take;
use super::*;
use crate::decode::{FlowKey, Signs};

impl Tracker {
    /// Takes the first segment of a connection.
    #[inline(never)]
    pub(super) fn open(&mut self, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) -> Option<u32> {
        let sketch = opening::begin(segment, bytes).filter(|_| self.store.sketching);
        let index = self.enter(sketch.unwrap_or_else(|| Sketch::of(segment.flow())), segment.hash)?;
        self.note_relay(index, segment);
        if segment.signs.has(Signs::IPV6) {
            self.ends6.insert(index, Ends6::of(segment, bytes));
        }
        self.halves.begin(index, segment, bytes);
        if sketch.is_some() {
            self.copies.remember_first(index, CLIENT, segment);
            return Some(index);
        }
        if segment.flags.has(Flags::ACK) && (segment.flags.has(Flags::SYN) || segment.flags.has(Flags::RST)) {
            self.services.answered_unasked(segment, bytes);
        }
        let mut connection = opened_by(segment, bytes, 0);
        connection.home = index;
        let from = connection.side(segment.from_first());
        connection.spoke(from, copies::short(segment.print));
        self.copies.remember_first(index, from, segment);
        if self.light {
            light::assume_unseen(&mut connection, from, segment);
        }
        let next = take(&mut connection, from, segment, bytes, &mut self.payloads, self.light);
        let place = self.keep(index, connection);
        self.after(index, place, from, segment, next, sink);
        Some(index)
    }

    /// A place for a connection that begins.
    #[inline]
    fn enter(&mut self, sketch: Sketch, hash: u32) -> Option<u32> {
        let index = self.store.add(sketch)?;
        self.counts.connections += 1;
        self.table.insert(hash, index);
        self.crowded = self.is_crowded();
        Some(index)
    }

    /// A connection of which nothing was seen but that its SYN never left the host that sent it.
    #[cold]
    pub(super) fn open_by_error(&mut self, error: &IcmpError) {
        let Some(index) = self.enter(Sketch::of(error.flow), error.flow.hash(self.seed)) else { return };
        if error.ipv6 {
            let ends = (error.quoted_source, error.quoted_destination);
            self.ends6.insert(index, Ends6::between(ends, error.from_first));
        }
        self.copies.places().begin(index);
        let mut connection = asked_by(error);
        connection.home = index;
        let (place, decides) = self.keep_with_error(index, connection, error);
        self.await_verdict(place.filter(|_| decides), error.time);
    }

    /// The connection ends, and that of its other SYN begins, which this error is about.
    #[cold]
    pub(super) fn restart_by_error(&mut self, index: u32, place: u32, error: &IcmpError, sink: &mut impl Sink) {
        let generation = self.store.told[place as usize].generation;
        self.conclude(place, generation, sink);
        let connection = &self.store.told[place as usize];
        let mut fresh = asked_by(error);
        fresh.flags |= Connection::REUSED;
        fresh.home = index;
        if let Some((mark, ..)) = connection.story.as_deref().and_then(|story| story.other_syn) {
            (fresh.start, fresh.start_frame, fresh.start_input) = (mark.time, mark.frame, mark.input);
            fresh.half[CLIENT].packets = 1;
        }
        self.memory.forgotten(connection);
        self.renew(index);
        self.halves.leave(index);
        let (place, decides) = self.keep_with_error(index, fresh, error);
        self.await_verdict(place.filter(|_| decides), error.time);
    }

    /// Does this SYN come when the connection at `index` would be forgotten, but that no other packet has moved time on? Then
    /// it is no repetition, even if its number is the same: there are scanners that choose it by the ports. From a capture
    /// that has not shown the connection it may be a copy, by a clock that is off.
    #[cold]
    pub(super) fn is_long_over(&mut self, index: u32, segment: &Segment, sink: &mut impl Sink) -> bool {
        let quiet = segment.time.since(self.store.sketches[index as usize].last);
        let elsewhere = self.copies.is_active() && !self.copies.places().has_shown(index, segment.input);
        if quiet < LINGER || elsewhere {
            return false;
        }
        let mut linger = LINGER;
        if let Some(place) = self.store.place(index) {
            self.judge_own(place, segment.time, sink);
            if self.store.told[place as usize].has_asked_again() {
                linger = LINGER_AFTER_SILENCE;
            }
        }
        quiet >= linger && self.store.sketches[index as usize].has(Connection::LINGERS)
    }

    /// Is this the SYN of the client's for another connection than that at `index`, in a capture that has not shown this one?
    pub(super) fn is_another_elsewhere(&mut self, index: u32, segment: &Segment) -> bool {
        let asks = segment.flags.asks() && !segment.flags.has(Flags::RST);
        asks && self.copies.is_active()
            && !self.copies.places().has_shown(index, segment.input)
            && self.store.sketches[index as usize].side(segment.from_first()) == CLIENT
            && self.store.begun_by(index).is_some_and(|(_, isn, _)| isn != segment.sequence)
    }

    /// Takes the SYN of another connection than that at `index`. A relay that keeps the client's address and port, as pasta and
    /// transparent proxies do, connects when it has accepted the client, and a firewall may pass the client's SYN on with numbers
    /// of its own (`modulate state` of pf): what is captured behind it is another connection with the same ends, of which the first
    /// is not seen there. No client begins anew so soon on ports of which its connection is not over.
    #[cold]
    pub(super) fn another_elsewhere(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        if let Some(other) = self.begun_with(segment) {
            self.copies.places().tell_apart(index, other, segment.input);
            return self.segment_of_any(other, segment, bytes, sink);
        }
        let begun = self.store.begun_by(index);
        if begun.is_none_or(|(start, _, is_open)| !is_open || segment.time.since(start) > SECOND) {
            return self.segment_of_any(index, segment, bytes, sink);
        }
        let server = self.ends_of(index)[SERVER];
        self.services.relayed(server);
        if let Some(other) = self.open(segment, bytes, sink) {
            self.copies.places().begin_behind(index, other);
        }
    }

    /// The connection that began with this SYN, in whichever capture.
    pub(super) fn begun_with(&self, segment: &Segment) -> Option<u32> {
        let begins = |index: u32| {
            let same = self.store.sketch_of(index, segment.flow()).is_some();
            same && self.store.begun_by(index).is_some_and(|(_, isn, _)| isn == segment.sequence)
        };
        self.table.find(segment.hash, begins)
    }

    /// The connection at `index` is over, and its place is another one's.
    fn renew(&mut self, index: u32) {
        self.counts.connections += 1;
        self.store.drop_rest(index);
        self.store.sketches[index as usize].renew();
        self.copies.places().begin_again(index);
        self.one_gone();
    }

    /// The connection ends and another one begins on the same 4-tuple.
    pub(super) fn restart(
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
        let mut fresh = opened_by(segment, bytes, Connection::REUSED);
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
        self.renew(index);
        self.halves.begin(index, segment, bytes);
        let from = fresh.side(segment.from_first());
        fresh.spoke(from, copies::short(segment.print));
        let next = take(&mut fresh, from, segment, bytes, &mut self.payloads, self.light);
        let place = self.keep(index, fresh);
        self.after(index, place, from, segment, Next { restart: None, ..next }, sink);
    }
}

/// A connection that begins with `segment`.
fn opened_by(segment: &Segment, bytes: &[u8], flags: u8) -> Connection {
    let syn = segment.flags.has(Flags::SYN);
    let sender_is_client = if syn {
        !segment.flags.has(Flags::ACK)
    } else {
        let (source, destination) = segment.ends(bytes);
        !looks_like_a_server(source.port, destination.port)
    };
    let mut flags = flags | Connection::LIVE;
    if sender_is_client == segment.from_first() {
        flags |= Connection::CLIENT_FIRST;
    }
    if syn {
        flags |= Connection::ROLE_KNOWN;
    }
    if segment.signs.has(Signs::IPV6) {
        flags |= Connection::IPV6;
    }
    begun(segment.flow(), Mark::of(segment), flags)
}

/// A connection that begins there, and of which no more is known.
fn begun(key: FlowKey, at: Mark, flags: u8) -> Connection {
    Connection {
        key,
        start: at.time,
        last: at.time,
        start_frame: at.frame,
        start_input: at.input,
        flags,
        ..Connection::default()
    }
}

/// The connection that the SYN asks for which an ICMP error quotes.
fn asked_by(error: &IcmpError) -> Connection {
    let mark = Mark::at(error.time, error.frame, error.input);
    let client_first = if error.from_first { Connection::CLIENT_FIRST } else { 0 };
    let family = if error.ipv6 { Connection::IPV6 } else { 0 };
    let flags = Connection::LIVE | Connection::ROLE_KNOWN | client_first | family;
    let mut connection = begun(error.flow, mark, flags);
    let client = &mut connection.half[CLIENT];
    (client.isn, client.next) = (error.sequence, error.sequence.wrapping_add(1));
    client.set(Half::ANY | Half::SEQUENCE | Half::SYN);
    connection
}

/// With no SYN seen, the end with the lower port is the likelier server: services listen on low ports, clients get
/// high ones.
fn looks_like_a_server(source_port: u16, destination_port: u16) -> bool {
    source_port < destination_port
}
