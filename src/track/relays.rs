//! Relays of the host that captures which connect with the client's own address and port (TPROXY and IP_TRANSPARENT, as proxies that
//! keep the source do): two connections have the same ends there, one on each side of the relay.
//!
//! The way tells them apart: what a client sends comes in on the one side and is made here on the other.

use foldhash::HashMap;

use super::places::Place;
use super::*;

/// The connections with a relay of this host at one end that have their ends in common with another.
#[derive(Default)]
pub struct Relays {
    /// Is it the one between client and relay? And in which capture the way tells.
    fronts: HashMap<u32, (bool, u8)>,
}

impl Relays {
    /// Forgets the connection at `index`.
    pub fn leave(&mut self, index: u32) {
        self.fronts.remove(&index);
    }

    /// Does a segment of `from` that was captured so belong to the connection at `index`, if its ends are those?
    #[inline(always)]
    pub fn shows(&self, index: u32, from: usize, segment: &Segment) -> bool {
        self.fronts.is_empty() || self.shows_here(index, from, segment)
    }

    #[cold]
    fn shows_here(&self, index: u32, from: usize, segment: &Segment) -> bool {
        self.fronts.get(&index).is_none_or(|(front, input)| {
            *input != segment.input || *front == ((from == CLIENT) != Place::of(segment).is_made_here())
        })
    }

    /// May an error about what was sent here be about the connection at `index`? To clients errors hardly ever go out.
    pub fn may_have_sent(&self, index: u32) -> bool {
        self.fronts.get(&index).is_none_or(|(front, _)| !front)
    }
}

impl Tracker {
    /// Is this the SYN of a relay of this host for the connection behind that at `index`? The host has answered the client as the
    /// server, and no client begins anew so soon on ports of which its connection is not over.
    #[inline(always)]
    pub(super) fn is_relayed_here(&mut self, index: u32, segment: &Segment) -> bool {
        let may_be = segment.flags.asks() && !segment.flags.has(Flags::RST) && Place::of(segment).is_made_here();
        may_be && self.is_made_by_a_relay(index, segment)
    }

    #[cold]
    fn is_made_by_a_relay(&mut self, index: u32, segment: &Segment) -> bool {
        // What goes through the host may be captured going out before it comes in.
        !self.copies.places().forwards(index, segment.input)
            && self.store.sketches[index as usize].side(segment.from_first()) == CLIENT
            && self.store.begun_by(index).is_some_and(|(start, isn, is_open)| {
                let server = self.ends_of(index)[SERVER];
                is_open
                    && isn != segment.sequence
                    && segment.time.since(start) <= SECOND
                    && self.services.answered_here(&server, segment.input).is_some_and(|answered| answered >= start)
            })
    }

    /// Takes the SYN of a relay for the connection behind that at `index`, which another capture may have shown.
    #[cold]
    pub(super) fn open_behind(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        self.relays.fronts.insert(index, (true, segment.input));
        let Some(other) = self.begun_with(segment) else {
            self.open(segment, bytes, sink);
            return;
        };
        self.relays.fronts.insert(other, (false, segment.input));
        self.copies.places().show(other, segment.input);
        self.segment_of_any(other, segment, bytes, sink);
    }

    /// A connection begins at `index`: is there one with the same ends on the other side of a relay?
    #[inline(always)]
    pub(super) fn note_relay(&mut self, index: u32, segment: &Segment) {
        if !self.relays.fronts.is_empty() {
            self.note_the_other_side(index, segment);
        }
    }

    #[cold]
    fn note_the_other_side(&mut self, index: u32, segment: &Segment) {
        let fronts = &self.relays.fronts;
        let is = |found: u32| {
            let same = self.store.sketch_of(found, segment.flow()).is_some();
            same && found != index && fronts.contains_key(&found)
        };
        if let Some((front, input)) = self.table.find(segment.hash, is).and_then(|found| fronts.get(&found)).copied() {
            self.relays.fronts.insert(index, (!front, input));
        }
    }
}
