//! Captures that hold only the segments that open and close connections: what lay between follows from the numbers.

use super::connection::{CLIENT, Connection, Half, SERVER, other};
use super::seq;
use crate::decode::{Flags, Segment};

/// Takes from a closing segment what both ends must have sent before it.
pub fn assume_unseen(connection: &mut Connection, from: usize, segment: &Segment) {
    let opened = [CLIENT, SERVER].iter().all(|side| connection.half[*side].has(Half::SYN | Half::SEQUENCE));
    if !opened || segment.flags.has(Flags::SYN) {
        return;
    }
    let acknowledges = segment.flags.has(Flags::ACK);
    let mut talked = advance(&mut connection.half[from], segment.sequence);
    if acknowledges {
        talked |= advance(&mut connection.half[other(from)], segment.acknowledgment);
    }
    let server_began = connection.half[SERVER].isn.wrapping_add(1);
    let client = &mut connection.half[CLIENT];
    if (talked || (from == CLIENT && acknowledges)) && !client.has(Half::ACK) {
        // The last segment of the handshake carries no flag that would have let it pass.
        client.ack = server_began;
        client.set(Half::ACK);
    }
    let sender = &mut connection.half[from];
    if acknowledges && sender.has(Half::ACK) && seq::after(segment.acknowledgment, sender.ack) {
        sender.ack = segment.acknowledgment;
    }
}

/// This end had sent everything before `next`. Was there something that had not been known?
fn advance(half: &mut Half, next: u32) -> bool {
    if !seq::after(next, half.next) {
        return false;
    }
    half.next = next;
    half.set(Half::DATA | Half::GAP);
    true
}
