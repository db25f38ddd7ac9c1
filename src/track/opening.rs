//! The short way for a handshake as it should be: SYN, SYN-ACK, ACK, each in its turn, once and without payload.
//!
//! It does to the sketch what the handlers in [`super::receive`] would do to the connection, and leaves everything else
//! to them.

use super::connection::{CLIENT, Connection, Half, Mark, SERVER};
use super::copies::short;
use super::receive::{offers, tenth_of_microseconds};
use super::sketch::{Aside, Opened, Said, Sketch};
use crate::decode::{Flags, Segment, Signs};

/// The flags that tell the steps of a handshake apart.
const STEP: u8 = Flags::SYN | Flags::ACK | Flags::FIN | Flags::RST;

/// The sketch of a connection that begins with a SYN. `None` if this is not plainly one.
#[inline]
pub fn begin(segment: &Segment, bytes: &[u8]) -> Option<Sketch> {
    if segment.flags.0 & STEP != Flags::SYN || segment.payload_length > 0 {
        return None;
    }
    if segment.signs.0 & (Signs::SIGNED | Signs::JOIN | Signs::OPTIONS_HIDDEN) != 0 {
        return None;
    }
    let mut sketch = Sketch::of(segment.flow());
    sketch.set(Connection::ROLE_KNOWN | if segment.from_first() { Connection::CLIENT_FIRST } else { 0 });
    let scale = send(&mut sketch, CLIENT, segment, bytes);
    sketch.begin_at(Mark::of(segment), scale);
    Some(sketch)
}

/// Takes the SYN-ACK. False if this is not plainly one: then nothing has changed.
#[inline]
pub fn answer(sketch: &mut Sketch, segment: &Segment, bytes: &[u8]) -> bool {
    let delay = segment.time.since(sketch.last);
    let plain = segment.flags.0 & STEP == Flags::SYN | Flags::ACK
        && segment.payload_length == 0
        && segment.signs.0 & (Signs::SIGNED | Signs::MULTIPATH | Signs::OPTIONS_HIDDEN) == 0
        && sketch.end[SERVER].seen == 0
        && segment.acknowledgment == sketch.end[CLIENT].next
        && segment.time >= sketch.last
        && delay <= u32::MAX.into();
    if plain {
        let scale = send(sketch, SERVER, segment, bytes);
        sketch.end[SERVER].seen |= Half::ACK;
        sketch.answer_after(delay as u32, scale);
    }
    plain
}

/// Takes the ACK that ends the handshake. `None` if this is not plainly one: then nothing has changed.
#[inline]
pub fn complete(sketch: &mut Sketch, segment: &Segment) -> Option<(Said, Opened)> {
    let [client, server] = &sketch.end;
    let plain = segment.flags.0 & STEP == Flags::ACK
        && segment.payload_length == 0
        && server.seen != 0
        && segment.sequence == client.next
        && segment.acknowledgment == server.next
        && segment.window > 0
        && segment.signs.0 & (Signs::SACK | Signs::OPTIONS_HIDDEN) == 0;
    if !plain {
        return None;
    }
    let (mut said, mut opened) = open(sketch);
    opened.ack_after = tenth_of_microseconds(segment.time.since(opened.start));
    sketch.last = sketch.last.max(segment.time);
    let client = &mut sketch.end[CLIENT];
    client.ack = segment.acknowledgment;
    client.packets = 2;
    client.seen |= Half::ACK;
    client.window = segment.window;
    client.ip_id = segment.ip_id;
    said.end[CLIENT].ttl_high = client.ttl.max(segment.ttl);
    client.ttl = client.ttl.min(segment.ttl);
    sketch.spoke(CLIENT, short(segment.print));
    Some((said, opened))
}

/// What the sketch of a connection of which both SYNs were seen needs beside it once it is open, before the ACK that ends
/// the handshake, if that is seen at all.
#[inline]
pub fn open(sketch: &mut Sketch) -> (Said, Opened) {
    let (start, delay) = sketch.began();
    let (mark, scales) = sketch.opened_with();
    let [client, server] = &mut sketch.end;
    server.ack = client.next;
    client.ack = 0;
    let mut said = Said::nothing(mark.input, scales);
    said.end[CLIENT].ttl_high = client.ttl;
    said.end[SERVER].ttl_high = server.ttl;
    let opened = Opened {
        start,
        isn: [client.next.wrapping_sub(1), server.next.wrapping_sub(1)],
        start_frame: mark.frame,
        syn_ack_after: tenth_of_microseconds(delay.into()),
        ack_after: 0,
        sacked: 0,
        packets_high: [0; 2],
        wraps: [0; 2],
        aside: Aside::Nothing.packed(),
    };
    (said, opened)
}

/// Notes the first segment of an end, a SYN or a SYN-ACK, but for its acknowledgment; tells the window scale.
#[inline]
fn send(sketch: &mut Sketch, from: usize, segment: &Segment, bytes: &[u8]) -> u8 {
    let (offered, scale) = offers(segment, bytes);
    sketch.last = segment.time;
    let (end, _) = sketch.pair(from);
    end.next = segment.sequence.wrapping_add(1);
    end.window = segment.window;
    end.ip_id = segment.ip_id;
    end.seen = Half::ANY | Half::SEQUENCE | Half::SYN | offered;
    end.packets = 1;
    end.ttl = segment.ttl;
    sketch.spoke(from, short(segment.print));
    scale
}
