//! The short way for what nearly all segments are: the next payload in order, a bare acknowledgment, or a FIN in order,
//! on a connection to which nothing notable has happened.
//!
//! It does to the sketch what [`super::receive::on_segment`] would do to the connection, and leaves everything else to
//! that.

use super::closing::Closing;
use super::connection::{Connection, Half, Mark, SERVER, other};
use super::copies::short;
use super::receive::{gap, quiet};
use super::seq;
use super::sketch::{Aside, Brief, Opened, Said, closed};
use super::store::{Room, put};
use super::story::{Event, What};
use crate::decode::{Flags, Segment, Signs};
use crate::time::{SECOND, Time};

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

/// Does it bring payload, a FIN or an acknowledgment that its end has not sent before, in order? Then it is no copy.
#[inline(always)]
pub fn is_new(end: &Brief, segment: &Segment) -> bool {
    segment.flags.0 & NOTABLE == Flags::ACK
        && segment.sequence == end.next
        && (segment.payload_length.wrapping_sub(1) < LONGEST || seq::after(segment.acknowledgment, end.ack))
}

/// Does it go on where its end is, between two ends that have acknowledged each other?
#[inline(always)]
fn is_plain(end: &Brief, peer: &Brief, segment: &Segment) -> bool {
    segment.flags.0 & NOTABLE == Flags::ACK
        && segment.sequence == end.next
        && end.seen & peer.seen & OPEN == OPEN
        && segment.payload_length < LONGEST
        && segment.window > 0
        && !seq::after(segment.acknowledgment, peer.next)
}

/// Takes the segments that come most often: payload or an acknowledgment that the sender has not sent before, in order,
/// while neither end has closed. Tells the side of the sender, and whether a message begins. `None` if it is not one of
/// them: then nothing has changed.
#[inline(always)]
pub fn take_next(room: &mut Room<'_>, segment: &Segment) -> Option<(usize, bool)> {
    let from = room.sketch.side(segment.from_first());
    let (end, peer) = room.sketch.pair(from);
    let fin = (end.seen | peer.seen) & Half::FIN != 0 || segment.flags.has(Flags::FIN);
    // What it acknowledges selectively is noted elsewhere.
    let sacks = segment.signs.has(Signs::SACK);
    if fin || sacks || !is_plain(end, peer, segment) || !is_new(end, segment) {
        return None;
    }
    room.sketch.spoke(from, short(segment.print));
    Some((from, note_all(room, from, segment, segment.payload_length)))
}

/// Takes a plain segment. `None` if it is not plain: then nothing has changed.
#[inline]
pub fn take(room: &mut Room<'_>, from: usize, segment: &Segment) -> Option<Taken> {
    let (end, peer) = room.sketch.pair(from);
    if !is_plain(end, peer, segment) {
        return None;
    }
    let ending = (end.seen | peer.seen) & Half::FIN != 0;
    if ending || segment.flags.has(Flags::FIN) {
        return take_ending(room, from, segment, ending);
    }
    let message = note_all(room, from, segment, segment.payload_length);
    Some(Taken { message, closed: false })
}

/// Takes a plain segment with a FIN, or after one.
#[inline(never)]
fn take_ending(room: &mut Room<'_>, from: usize, segment: &Segment, ending: bool) -> Option<Taken> {
    let fin = segment.flags.has(Flags::FIN);
    let data = segment.payload_length > 0;
    // Payload after a FIN of either end is notable, and so is a FIN where there is more to tell.
    if ending && (data || (fin && room.sketch.end[from].seen & Half::FIN != 0)) {
        return None;
    }
    if fin && matches!(room.opened().aside(), Aside::Story(_)) {
        return None;
    }
    let message = note_all(room, from, segment, segment.payload_length + u32::from(fin));
    if fin {
        close(room, from, segment);
    }
    Some(Taken { message, closed: closed(room.sketch) })
}

/// Notes what a plain segment tells; this one reaches so far in sequence space. Does a message begin with it?
#[inline(always)]
fn note_all(room: &mut Room<'_>, from: usize, segment: &Segment, reach: u32) -> bool {
    let mut flags = room.sketch.flags();
    let (end, peer) = room.sketch.pair(from);
    let mut message = false;
    if segment.payload_length > 0 {
        let opened = || room.opened.get(room.place as usize).map_or(Time(0), Opened::opened);
        message = note_data((end, peer), &mut flags, room.said, opened, from, segment);
    }
    let again = note((end, peer), &mut room.said.end[from].ttl_high, segment, reach);
    room.sketch.set_flags(flags);
    room.sketch.last = room.sketch.last.max(segment.time);
    if again {
        count_on(room, from, reach);
    }
    message
}

/// Notes what every plain segment tells of its sender, the first of the two ends. Is its number of packets or of bytes back at 0?
#[inline(always)]
fn note((end, peer): (&mut Brief, &Brief), ttl_high: &mut u8, segment: &Segment, reach: u32) -> bool {
    let mut seen = end.seen;
    if seq::after(segment.acknowledgment, end.ack) {
        seen &= !Half::SACKS;
        if peer.seen & Half::DATA != 0 && seq::after(peer.data_end(), end.ack) {
            seen |= Half::READ;
        }
        end.ack = segment.acknowledgment;
    }
    if segment.signs.has(Signs::SACK) {
        seen |= Half::SACKS;
    }
    if reach > 0 {
        seen &= !Half::ACKED_UNSEEN;
    }
    end.seen = seen;
    let (next, wraps) = end.next.overflowing_add(reach);
    end.next = next;
    end.window = segment.window;
    end.ip_id = segment.ip_id;
    if segment.ttl != end.ttl {
        end.ttl = end.ttl.min(segment.ttl);
        *ttl_high = (*ttl_high).max(segment.ttl);
    }
    end.packets = end.packets.wrapping_add(1);
    wraps | (end.packets == 0)
}

/// Counts on where the lower half of a number of packets is full, or that of the bytes, of which these are the last.
#[cold]
fn count_on(room: &mut Room<'_>, from: usize, reach: u32) {
    let (packets, bytes) = (room.sketch.end[from].packets == 0, room.sketch.end[from].next < reach);
    let opened = room.opened();
    opened.packets_high[from] = opened.packets_high[from].saturating_add(packets.into());
    opened.wraps[from] = opened.wraps[from].saturating_add(bytes.into());
}

/// Notes new payload, as [`super::receive::note_data`] does. `flags` are those of the connection; `opened` tells when its
/// handshake ended, and has to be waited for.
#[inline(always)]
fn note_data(
    (end, peer): (&mut Brief, &Brief),
    flags: &mut u8,
    said: &mut Said,
    opened: impl FnOnce() -> Time,
    from: usize,
    segment: &Segment,
) -> bool {
    let [client, server] = &said.end;
    // Of an end without payload it is 0.
    let previous = { client.time }.max(server.time);
    let first = (end.seen | peer.seen) & Half::DATA == 0;
    let idle = segment.time.since(if first { opened() } else { previous });
    let turned = first || u8::from(*flags & Connection::SERVER_SPOKE_LAST != 0) != from as u8;
    let begins = turned || idle >= SECOND;
    if begins {
        said.gap = gap(idle, if turned { peer.seen } else { end.seen }, said.gap);
        if turned {
            said.turns = said.turns.saturating_add(1);
            *flags &= !Connection::SERVER_SPOKE_LAST;
            if from == SERVER {
                *flags |= Connection::SERVER_SPOKE_LAST;
            }
        }
    }
    let last = &mut said.end[from];
    if end.seen & Half::DATA != 0 && !seq::after(segment.sequence, peer.ack) {
        last.longest_acked = last.longest_acked.max(u16::try_from(last.length).unwrap_or(u16::MAX));
    }
    let mark = Mark::of(segment);
    last.time = mark.time;
    last.frame = mark.frame;
    last.input = mark.input;
    last.length = segment.payload_length;
    last.ack = segment.acknowledgment;
    let mut seen = end.seen & !(Half::PUSHED | Half::FAREWELL | Half::PAYLOAD_CUT) | Half::DATA;
    if segment.flags.has(Flags::PSH) {
        seen |= Half::PUSHED;
    }
    if segment.signs.has(Signs::FAREWELL) {
        seen |= Half::FAREWELL;
        if !begins {
            said.gap = gap(idle, end.seen, said.gap);
        }
    }
    if segment.signs.has(Signs::PAYLOAD_CUT) {
        seen |= Half::PAYLOAD_CUT;
    }
    end.seen = seen;
    begins || segment.signs.has(Signs::TLS_NEWS)
}

/// Takes a FIN in order, as [`super::receive`] does with a story.
fn close(room: &mut Room<'_>, from: usize, segment: &Segment) {
    let to = other(from);
    let opened = *room.opened();
    let isn = opened.isn;
    let since = room.said.last_payload(room.sketch).unwrap_or_else(|| room.opened().opened());
    let spoke = usize::from(room.sketch.flags() & Connection::SERVER_SPOKE_LAST != 0);
    let idle = quiet(segment.time.since(since), room.sketch.end[spoke].seen, room.said.gap);
    let (end, peer) = room.sketch.pair(from);
    end.seen |= Half::FIN;
    let after_fin = peer.seen & Half::FIN != 0 && segment.acknowledgment == peer.next;
    let event = Event {
        mark: Mark::of(segment),
        from,
        what: What::Fin,
        flags: segment.flags.0,
        sequence: segment.sequence.wrapping_sub(isn[from]),
        length: segment.payload_length,
        acknowledgment: Some(segment.acknowledgment.wrapping_sub(isn[to])),
    };
    if let Aside::Closing(place) = opened.aside()
        && let Some(closing) = room.closings.get_mut(place as usize)
    {
        closing.add(&event, after_fin);
        return;
    }
    let mut closing = Closing::begin(&event, idle);
    closing.add(&event, after_fin);
    room.opened().aside = put(room.closings, closing).map_or(Aside::Nothing, Aside::Closing).packed();
}
