//! The short way for a handshake as it should be: SYN, SYN-ACK, ACK, each in its turn, once and without payload.
//!
//! It does to the sketch what the handlers in [`super::receive`] would do to the connection, and leaves everything else
//! to them.

use super::connection::{CLIENT, Connection, Half, Mark, SERVER};
use super::copies::short;
use super::receive::{has_sack, offers, tenth_of_microseconds};
use super::sketch::{NO_CLOSING, Opened, Said, Sketch};
use crate::decode::{Flags, Segment};

/// The flags that tell the steps of a handshake apart.
const STEP: u8 = Flags::SYN | Flags::ACK | Flags::FIN | Flags::RST;

/// The sketch of a connection that begins with a SYN. `None` if this is not plainly one.
#[inline]
pub fn begin(segment: &Segment, print: u64, bytes: &[u8]) -> Option<Sketch> {
    if segment.flags.0 & STEP != Flags::SYN || segment.payload_length > 0 {
        return None;
    }
    let mut sketch = Sketch::of(segment.flow);
    sketch.flags |= Connection::ROLE_KNOWN | if segment.from_first { Connection::CLIENT_FIRST } else { 0 };
    let scale = send(&mut sketch, CLIENT, segment, print, bytes);
    sketch.begin_at(Mark::of(segment), scale);
    Some(sketch)
}

/// Takes the SYN-ACK. False if this is not plainly one: then nothing has changed.
#[inline]
pub fn answer(sketch: &mut Sketch, segment: &Segment, print: u64, bytes: &[u8]) -> bool {
    let delay = segment.time.since(sketch.last);
    let plain = segment.flags.0 & STEP == Flags::SYN | Flags::ACK
        && segment.payload_length == 0
        && sketch.seen[SERVER] == 0
        && segment.acknowledgment == sketch.next[CLIENT]
        && segment.time >= sketch.last
        && delay <= u32::MAX.into();
    if plain {
        let scale = send(sketch, SERVER, segment, print, bytes);
        sketch.seen[SERVER] |= Half::ACK;
        sketch.answer_after(delay as u32, scale);
    }
    plain
}

/// Takes the ACK that ends the handshake. `None` if this is not plainly one: then nothing has changed.
#[inline]
pub fn complete(sketch: &mut Sketch, segment: &Segment, print: u64, bytes: &[u8]) -> Option<(Said, Opened)> {
    let plain = segment.flags.0 & STEP == Flags::ACK
        && segment.payload_length == 0
        && sketch.seen[SERVER] != 0
        && segment.sequence == sketch.next[CLIENT]
        && segment.acknowledgment == sketch.next[SERVER]
        && segment.window > 0
        && !has_sack(segment, bytes);
    if !plain {
        return None;
    }
    let (start, delay) = sketch.began();
    let (mark, scales) = sketch.opened_with();
    sketch.ack = [segment.acknowledgment, sketch.next[CLIENT]];
    sketch.packets[CLIENT] = 2;
    sketch.seen[CLIENT] |= Half::ACK;
    sketch.window[CLIENT] = segment.window;
    sketch.ip_id[CLIENT] = segment.ip_id;
    sketch.last = sketch.last.max(segment.time);
    sketch.spoke(CLIENT, short(print));
    let mut said = Said::nothing(mark.input, scales);
    said.ttl_high = sketch.ttl;
    said.ttl_high[CLIENT] = said.ttl_high[CLIENT].max(segment.ttl);
    sketch.ttl[CLIENT] = sketch.ttl[CLIENT].min(segment.ttl);
    let opened = Opened {
        start,
        isn: sketch.next.map(|next| next.wrapping_sub(1)),
        start_frame: mark.frame,
        syn_ack_after: tenth_of_microseconds(delay.into()),
        ack_after: tenth_of_microseconds(segment.time.since(start)),
        packets_high: [0; 2],
        closing: NO_CLOSING,
    };
    Some((said, opened))
}

/// Notes the first segment of an end, a SYN or a SYN-ACK, but for its acknowledgment; tells the window scale.
#[inline]
fn send(sketch: &mut Sketch, from: usize, segment: &Segment, print: u64, bytes: &[u8]) -> u8 {
    let (offered, scale) = offers(segment, bytes);
    sketch.last = segment.time;
    sketch.next[from] = segment.sequence.wrapping_add(1);
    sketch.window[from] = segment.window;
    sketch.ip_id[from] = segment.ip_id;
    sketch.seen[from] = Half::ANY | Half::SEQUENCE | Half::SYN | offered;
    sketch.packets[from] = 1;
    sketch.ttl[from] = segment.ttl;
    sketch.spoke(from, short(print));
    scale
}
