//! The short way for what nearly all segments are: the next payload in order, a bare acknowledgment, or a FIN in order,
//! on a connection to which nothing notable has happened.
//!
//! It does what [`super::receive::on_segment`] would do, and leaves everything else to that.

use super::connection::{Connection, Half, other};
use super::receive::{closed, event, has_sack, note_data};
use super::seq;
use super::story::What;
use crate::decode::{Flags, Segment};

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
    /// It is the first FIN.
    pub closing: bool,
}

/// Takes a plain segment. `None` if it is not plain: then nothing has changed.
#[inline]
pub fn take(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Option<Taken> {
    let (half, peer) = (&connection.half[from], &connection.half[other(from)]);
    let ack = segment.acknowledgment;
    let plain = connection.story.is_none()
        && segment.flags.0 & NOTABLE == Flags::ACK
        && half.seen & peer.seen & OPEN == OPEN
        && segment.sequence == half.next
        && segment.payload_length < LONGEST
        && segment.window > 0
        && !seq::after(ack, peer.next);
    let fin = segment.flags.has(Flags::FIN);
    // Payload after a FIN of either end is notable.
    let ending = connection.closing.is_some();
    if !plain || (ending && (segment.payload_length > 0 || (fin && half.has(Half::FIN)))) {
        return None;
    }
    if seq::after(ack, half.ack) {
        let read = peer.has(Half::DATA) && seq::after(peer.data_end(), half.ack);
        let half = &mut connection.half[from];
        half.ack = ack;
        half.seen &= !Half::SACKS;
        if read {
            half.set(Half::READ);
        }
    }
    if has_sack(segment, bytes) {
        connection.half[from].set(Half::SACKS);
    }
    let length = segment.payload_length + u32::from(fin);
    let mut message = false;
    if length > 0 {
        let half = &mut connection.half[from];
        half.next = segment.sequence.wrapping_add(length);
        half.seen &= !Half::BY_ACK;
        if segment.payload_length > 0 {
            message = note_data(connection, from, segment, bytes);
        }
        if fin {
            close(connection, from, segment);
        }
    }
    let half = &mut connection.half[from];
    half.packets = half.packets.saturating_add(1);
    half.ttl_low = half.ttl_low.min(segment.ttl);
    half.ttl_high = half.ttl_high.max(segment.ttl);
    half.window = segment.window;
    half.ip_id = segment.ip_id;
    Some(Taken { message, closed: (ending || fin) && closed(connection), closing: fin && !ending })
}

/// Takes a FIN in order, as [`super::receive`] does with a story.
fn close(connection: &mut Connection, from: usize, segment: &Segment) {
    connection.half[from].set(Half::FIN);
    let previous = connection.half.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time).max();
    let opened = connection.start + u64::from(connection.ack_after) * 100;
    let idle = segment.time.since(previous.unwrap_or(opened));
    let event = event(connection, from, segment, What::Fin);
    let peer = &connection.half[other(from)];
    let after_fin = peer.has(Half::FIN) && segment.acknowledgment == peer.next;
    connection.close(&event, after_fin, idle);
}
