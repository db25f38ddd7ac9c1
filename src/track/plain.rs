//! The short way for what nearly all segments are: the next payload in order, a bare acknowledgment, or a FIN in order,
//! on a connection to which nothing notable has happened.
//!
//! It does to the sketch what [`super::receive::on_segment`] would do to the connection, and leaves everything else to
//! that.

use super::closing::Closing;
use super::connection::{Connection, Half, Mark, SERVER, other};
use super::receive::{has_sack, is_short_alert, looks_like_tls_alert, reach};
use super::seq;
use super::sketch::{NO_CLOSING, Opened, closed};
use super::store::{Room, put};
use super::story::{Event, What};
use crate::decode::{Flags, Segment};
use crate::time::SECOND;

/// Both ends are known, and have acknowledged each other.
const OPEN: u16 = Half::ANY | Half::SEQUENCE | Half::ACK;
/// Flags that make a segment notable, or that it must have.
const NOTABLE: u8 = Flags::SYN | Flags::RST | Flags::ACK;
/// As much payload as a plain segment may have, in one segment that offloading put together.
const LONGEST: u32 = 1 << 20;

/// What a plain segment was.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// A message begins with it.
    pub message: bool,
    /// Both ends have closed.
    pub closed: bool,
}

/// Takes a plain segment. `None` if it is not plain: then nothing has changed.
#[inline]
pub fn take(room: &mut Room<'_>, from: usize, segment: &Segment, bytes: &[u8]) -> Option<Taken> {
    let to = other(from);
    let sketch = &mut *room.sketch;
    let ack = segment.acknowledgment;
    let plain = segment.flags.0 & NOTABLE == Flags::ACK
        && sketch.seen[from] & sketch.seen[to] & OPEN == OPEN
        && segment.sequence == sketch.next[from]
        && segment.payload_length < LONGEST
        && segment.window > 0
        && !seq::after(ack, sketch.next[to]);
    let fin = segment.flags.has(Flags::FIN);
    // Payload after a FIN of either end is notable.
    let ending = (sketch.seen[from] | sketch.seen[to]) & Half::FIN != 0;
    if !plain || (ending && (segment.payload_length > 0 || (fin && sketch.seen[from] & Half::FIN != 0))) {
        return None;
    }
    if seq::after(ack, sketch.ack[from]) {
        let read = sketch.seen[to] & Half::DATA != 0 && seq::after(sketch.data_end(to), sketch.ack[from]);
        sketch.ack[from] = ack;
        sketch.seen[from] &= !Half::SACKS;
        if read {
            sketch.seen[from] |= Half::READ;
        }
    }
    if has_sack(segment, bytes) {
        sketch.seen[from] |= Half::SACKS;
    }
    sketch.last = sketch.last.max(segment.time);
    sketch.window[from] = segment.window;
    sketch.ip_id[from] = segment.ip_id;
    if segment.ttl != sketch.ttl[from] {
        sketch.ttl[from] = sketch.ttl[from].min(segment.ttl);
        room.said.ttl_high[from] = room.said.ttl_high[from].max(segment.ttl);
    }
    sketch.packets[from] = sketch.packets[from].wrapping_add(1);
    if sketch.packets[from] == 0 {
        let high = &mut room.opened[room.place as usize].packets_high[from];
        *high = high.saturating_add(1);
    }
    let length = segment.payload_length + u32::from(fin);
    if length == 0 {
        return Some(Taken { message: false, closed: ending && closed(room.sketch) });
    }
    sketch.next[from] = segment.sequence.wrapping_add(length);
    sketch.seen[from] &= !Half::BY_ACK;
    let message = segment.payload_length > 0 && note_data(room, from, segment, bytes);
    if fin {
        close(room, from, segment);
    }
    Some(Taken { message, closed: (ending || fin) && closed(room.sketch) })
}

/// Notes new payload, as [`super::receive::note_data`] does.
#[inline]
fn note_data(room: &mut Room<'_>, from: usize, segment: &Segment, bytes: &[u8]) -> bool {
    let to = other(from);
    let by_server = from == SERVER;
    let previous = room.said.last_payload(room.sketch);
    let since = previous.unwrap_or_else(|| room.opened().opened());
    let (sketch, said) = (&mut *room.sketch, &mut *room.said);
    let turned = sketch.has(Connection::SERVER_SPOKE_LAST) != by_server || previous.is_none();
    let idle = segment.time.since(since);
    if turned || idle >= SECOND {
        said.gap = u32::try_from(idle / 100_000).unwrap_or(u32::MAX);
    }
    if turned {
        said.turns = said.turns.saturating_add(1);
        sketch.flags &= !Connection::SERVER_SPOKE_LAST;
        if by_server {
            sketch.flags |= Connection::SERVER_SPOKE_LAST;
        }
    }
    let before = sketch.next[from].wrapping_sub(reach(segment));
    if sketch.seen[from] & Half::DATA != 0 && !seq::after(before, sketch.ack[to]) {
        let length = u16::try_from(said.data_length[from]).unwrap_or(u16::MAX);
        said.longest_acked[from] = said.longest_acked[from].max(length);
    }
    said.data_time[from] = segment.time;
    let mark = Mark::of(segment);
    said.data_frame[from] = mark.frame;
    said.data_input[from] = mark.input;
    said.data_length[from] = segment.payload_length;
    said.data_ack[from] = segment.acknowledgment;
    let mut seen = sketch.seen[from] & !(Half::PUSHED | Half::TLS_ALERT | Half::UNSEEN) | Half::DATA;
    if segment.flags.has(Flags::PSH) {
        seen |= Half::PUSHED;
    }
    if looks_like_tls_alert(segment, bytes) {
        seen |= Half::TLS_ALERT;
    }
    if is_short_alert(segment) {
        seen |= Half::UNSEEN;
    }
    sketch.seen[from] = seen;
    turned || idle >= SECOND || matches!(segment.payload.of(bytes), [21 | 22, 3, ..])
}

/// Takes a FIN in order, as [`super::receive`] does with a story.
fn close(room: &mut Room<'_>, from: usize, segment: &Segment) {
    let to = other(from);
    let Opened { isn, closing, .. } = *room.opened();
    let since = room.said.last_payload(room.sketch).unwrap_or_else(|| room.opened().opened());
    let sketch = &mut *room.sketch;
    sketch.seen[from] |= Half::FIN;
    let event = Event {
        mark: Mark::of(segment),
        from,
        what: What::Fin,
        flags: segment.flags.0,
        sequence: segment.sequence.wrapping_sub(isn[from]),
        length: segment.payload_length,
        acknowledgment: Some(segment.acknowledgment.wrapping_sub(isn[to])),
    };
    let after_fin = sketch.seen[to] & Half::FIN != 0 && segment.acknowledgment == sketch.next[to];
    if let Some(closing) = room.closings.get_mut(closing as usize) {
        closing.add(&event, after_fin);
        return;
    }
    let mut closing = Closing::begin(&event, segment.time.since(since));
    closing.add(&event, after_fin);
    room.opened().closing = put(room.closings, closing).unwrap_or(NO_CLOSING);
}
