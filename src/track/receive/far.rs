//! Numbers far from all that the capture has shown of their sender. It may have missed that much, as where a disk is too slow for a
//! fast link, or a file in the middle is not there; or they are those of another connection on the same ports. The other end knows:
//! it acknowledges what it got, and answers anything else with the number that it expects (RFC 9293, section 3.10.7.4).

use super::super::connection::{CLIENT, Connection, Half, SERVER, other};
use super::super::seq;
use super::super::story::Far;
use super::reach;
use crate::decode::{Flags, Segment};

/// Notes a segment of `from` that lies far away.
pub(super) fn note(connection: &mut Connection, from: usize, segment: &Segment) {
    let by_server = from == SERVER;
    let far = &mut connection.story().far;
    let goes_on = far.filter(|before| (before.until, before.by_server) == (segment.sequence, by_server));
    let begins = goes_on.map_or(segment.sequence, |before| before.from);
    *far = Some(Far { from: begins, until: segment.sequence.wrapping_add(reach(segment)), by_server });
}

/// If `from` acknowledges what came from far away, that was sent by the other end, which is there now.
pub(super) fn confirm(connection: &mut Connection, from: usize, segment: &Segment) {
    let Some(story) = connection.story.as_deref_mut().filter(|_| segment.flags.has(Flags::ACK)) else { return };
    let got =
        |far: &Far| far.by_server == (from == CLIENT) && seq::between(segment.acknowledgment, far.from, far.until);
    let Some(far) = story.far.take_if(|far| got(far)) else { return };
    let sender = &mut connection.half[other(from)];
    sender.advance(far.until);
    sender.set(Half::GAP);
    sender.seen &= !Half::ACKED_UNSEEN;
    connection.half[from].ack = far.from;
}
