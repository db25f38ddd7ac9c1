//! Connections within a host of which each half is captured with other addresses: Netfilter leads the client's packets
//! to a listener of the same host (REDIRECT or DNAT in OUTPUT), as to the proxy beside an application in a service mesh.
//!
//! `nf_nat_packet()` changes the destination of the client's packets in OUTPUT, and the source of the answers back in
//! POSTROUTING, both ahead of the loopback. So what is captured there is client -> listener one way, and service -> client
//! the other way, and what the application asked for is nowhere to be seen. The client's port differs as well if it has
//! connections to several servers from one port, which to the listener would be one (`get_unique_tuple()`). The numbers join
//! them: what comes to the client acknowledges its SYN, of which nobody else can know. Nothing but the loopback shows halves:
//! elsewhere, an answer from another address than that asked is one that the client does not take.

use std::net::IpAddr;

use foldhash::HashMap;

use super::*;
use crate::decode::{FlowKey, Signs};

/// The connections of which the server's half has other addresses than the client's.
#[derive(Default)]
pub struct Halves {
    /// The latest that began between addresses of one host: the client's first sequence number, and the index. Empty until
    /// there is one.
    begun: Vec<(u32, u32)>,
    /// How many there were.
    count: usize,
    /// The connections by the ends of the server's half.
    wholes: HashMap<FlowKey, u32>,
    /// The server's half, by connection: its ends as a key, and client and server.
    backs: HashMap<u32, (FlowKey, [End; 2])>,
}

/// An answer follows its SYN on the loopback within microseconds, unless a listener's queue is full.
const LATEST: usize = 64;

impl Halves {
    /// A connection begins at `index`. By this segment the client asks for it, unless the capture began later.
    #[inline(always)]
    pub fn begin(&mut self, index: u32, segment: &Segment, bytes: &[u8]) {
        if segment.flags.asks() && segment.is_within_a_host(bytes) {
            self.begin_within(index, segment.sequence);
        }
    }

    #[inline(never)]
    fn begin_within(&mut self, index: u32, isn: u32) {
        self.leave(index);
        self.begun.resize(LATEST, (0, u32::MAX));
        self.begun[self.count % LATEST] = (isn, index);
        self.count = self.count.wrapping_add(1);
    }

    /// May a segment of no known connection be of a server's half?
    #[inline(always)]
    pub fn may_have(&self, segment: &Segment) -> bool {
        !self.begun.is_empty() && (answers_a_syn(segment) || !self.wholes.is_empty())
    }

    /// Client and server of the connection at `index` as the client has them, if its packets are led to another server.
    pub fn ends(&self, index: u32) -> Option<[End; 2]> {
        self.backs.get(&index).map(|(_, ends)| *ends)
    }

    /// Forgets what is known of the connection at `index`.
    pub fn leave(&mut self, index: u32) {
        if let Some((flow, _)) = self.backs.remove(&index)
            && self.wholes.get(&flow) == Some(&index)
        {
            self.wholes.remove(&flow);
        }
    }

    /// What they take.
    pub fn bytes(&self) -> usize {
        let each = size_of::<(FlowKey, u32)>() + size_of::<(u32, (FlowKey, [End; 2]))>();
        2 * each * self.backs.len()
    }

    /// The connection of which this server speaks in the half with these ends.
    fn whole(&self, flow: FlowKey, server: End) -> Option<u32> {
        self.wholes.get(&flow).copied().filter(|index| self.ends(*index).is_some_and(|ends| ends[SERVER] == server))
    }

    fn join(&mut self, index: u32, flow: FlowKey, ends: [End; 2]) {
        self.leave(index);
        self.wholes.insert(flow, index);
        self.backs.insert(index, (flow, ends));
    }
}

/// May this be the first answer to a SYN?
#[inline(always)]
fn answers_a_syn(segment: &Segment) -> bool {
    segment.flags.has(Flags::ACK) && segment.flags.0 & (Flags::SYN | Flags::RST) != 0
}

impl Tracker {
    /// Takes a segment that belongs to no known connection, if not as that of a server's half.
    #[inline(never)]
    pub(super) fn segment_of_half(&mut self, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        match self.in_its_whole(segment, bytes) {
            Some((index, segment)) => self.segment_of_any(index, &segment, bytes, sink),
            None => {
                self.open(segment, bytes, sink);
            }
        }
    }

    /// The connection of which this is a segment of the server's half, and the segment as one of that.
    fn in_its_whole(&mut self, segment: &Segment, bytes: &[u8]) -> Option<(u32, Segment)> {
        let (server, client) = segment.ends(bytes);
        let asked = segment.acknowledgment.wrapping_sub(1);
        let joined =
            if answers_a_syn(segment) { self.join_halves(segment.flow(), [client, server], asked) } else { None };
        let index = joined.or_else(|| self.halves.whole(segment.flow(), server))?;
        let sketch = self.store.sketches.get(index as usize)?;
        let from_first = if sketch.has(Connection::CLIENT_FIRST) { 0 } else { Signs::FROM_FIRST };
        let signs = Signs(segment.signs.0 & !Signs::FROM_FIRST | from_first);
        Some((index, Segment { key: sketch.key().packed(), signs, ..*segment }))
    }

    /// The same for an error about a segment of the client's: what it quotes is translated back as the answers are.
    pub(super) fn error_in_its_whole(&mut self, error: &IcmpError) -> Option<(u32, IcmpError)> {
        let ends = [error.quoted_source, error.quoted_destination];
        let joined = self.join_halves(error.flow, ends, error.sequence);
        let index = joined.or_else(|| self.halves.whole(error.flow, error.quoted_destination))?;
        let from_first = self.store.sketches.get(index as usize)?.has(Connection::CLIENT_FIRST);
        Some((index, IcmpError { from_first, ..*error }))
    }

    /// Joins to a connection what answers its SYN between other ends, if there is one such connection and no more.
    fn join_halves(&mut self, flow: FlowKey, ends: [End; 2], isn: u32) -> Option<u32> {
        let host = ends[CLIENT].ip;
        let like = self.halves.begun.iter().filter(|(begun, index)| *begun == isn && self.waits(*index, host, isn));
        let mut like = like.map(|(_, index)| *index);
        let index = like.next()?;
        if like.any(|other| other != index) {
            return None;
        }
        self.halves.join(index, flow, ends);
        Some(index)
    }

    /// Has a client with this address sent a SYN with this number for the connection at `index`, and nothing come back so far?
    fn waits(&self, index: u32, host: IpAddr, isn: u32) -> bool {
        let unanswered = match self.store.place(index) {
            Some(place) => !self.store.told[place as usize].half[SERVER].has(Half::ANY),
            None => self.store.sketches.get(index as usize).is_some_and(Sketch::is_but_a_syn),
        };
        unanswered
            && self.store.begun_by(index).is_some_and(|(_, begun, _)| begun == isn)
            && self.ends_of(index)[CLIENT].ip == host
    }
}
