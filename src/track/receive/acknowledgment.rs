//! What an acknowledgment tells of the other end: what it has got, and which errors it forgets.

use super::super::connection::{CLIENT, Connection, Half, SERVER, other};
use super::super::seq;
use super::super::story::{Pending, Repeated, Silence};
use super::retransmission::wait_is_over;
use super::{FAR, reach, tenth_of_microseconds};
use crate::decode::{Flags, Segment, Signs};

pub(super) fn take_acknowledgment(connection: &mut Connection, from: usize, segment: &Segment) {
    let to = other(from);
    let ack = segment.acknowledgment;
    let peer = connection.half[to];
    let half = connection.half[from];
    let first = !half.has(Half::ACK);
    if let Some(story) = connection.story.as_mut().filter(|story| story.soft[from].is_some_and(|error| error.outdated))
    {
        story.soft[from] = None;
    }
    if !first && !seq::after(ack, half.ack) {
        forget_soft_error(connection, from, segment);
        return;
    }
    if seq::after(ack, peer.next) {
        if ack.wrapping_sub(peer.next) > FAR {
            return;
        }
        // It acknowledges what the capture has not shown, or not yet: that may have answered what this end repeats.
        connection.half[to].advance(ack);
        connection.half[to].set(Half::ACKED_UNSEEN);
        if peer.has(Half::ACKED_UNSEEN) && ack == peer.next.wrapping_add(1) {
            connection.story().one_more[to] = Some(ack);
        }
        if let Some(story) = connection.story.as_mut() {
            let silence = &mut story.silence[from];
            if matches!(silence.what, Repeated::Data | Repeated::KeepAlive) {
                *silence = Silence::default();
            }
        }
    }
    let read = peer.has(Half::DATA) && !first && seq::after(peer.data_end(), half.ack);
    let half = &mut connection.half[from];
    half.ack = ack;
    half.seen &= !Half::SACKS;
    half.set(Half::ACK);
    if read {
        half.set(Half::READ);
    }
    // Where the capture began later, the client's first acknowledgment ends no handshake.
    let opens = first && from == CLIENT && connection.half.iter().any(|half| half.has(Half::SYN));
    if opens && connection.ack_after == 0 {
        connection.ack_after = tenth_of_microseconds(segment.time.since(connection.start));
    }
    let Some(story) = connection.story.as_mut() else {
        return;
    };
    story.soft[to] = None;
    if opens {
        // It took the SYN-ACK, so no error had ended its connect() (`tcp_v4_err()`), and the SYN-ACK's acknowledgment made it
        // forget what was noted meanwhile (`tcp_ack()`).
        story.soft[from] = None;
        if matches!(story.pending, Some((Pending::Icmp, _))) {
            story.pending = None;
            story.fatal = None;
        }
    }
    let silence = story.silence[to];
    if silence.what == Repeated::Data && seq::after(ack, silence.sequence) {
        story.silence[to] = Silence::default();
    }
    if first && story.silence[from].what == Repeated::Syn {
        story.silence[from] = Silence::default();
    }
    if story.fin[from].is_some() && story.data_after_fin[to] > 0 && read {
        story.read_after_fin[from] = true;
    }
    if silence.what == Repeated::Data {
        wait_is_over(story, to);
    }
}

/// `tcp_ack()` forgets `sk_err_soft` (and counts its probes anew) for each acknowledgment that is not old, whether or not it
/// acknowledges anything new. Payload may take the short way past it, and what is not in order is not looked at; but for what is
/// sent again and ends where all was acknowledged (`tcp_sequence()`): its socket answers that, if there still is one.
fn forget_soft_error(connection: &mut Connection, from: usize, segment: &Segment) {
    let (half, to) = (connection.half[from], other(from));
    let bare = segment.payload_length == 0 && !segment.flags.has(Flags::FIN);
    let in_order =
        if bare { segment.sequence == half.next } else { ends_where_all_was_acknowledged(connection, from, segment) };
    let taken = in_order && segment.acknowledgment == half.ack;
    let slow = takes_the_slow_path(connection, from, segment);
    let Some(error) = connection.story.as_mut().filter(|_| taken || slow).map(|story| &mut story.soft[to]) else {
        return;
    };
    match error {
        Some(error) if !bare => error.outdated = true,
        _ => *error = None,
    }
}

/// New payload with another window than the segment before it is none that was predicted, and goes through `tcp_ack()`
/// (`tcp_rcv_established()`); nor is a FIN, whatever its window (TCP_HP_BITS). What a SYN says of the window is not scaled.
fn takes_the_slow_path(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let half = &connection.half[from];
    let spoke = half.packets > connection.syns(from) && !segment.signs.has(Signs::WINDOW_CUT);
    let unpredicted = segment.flags.has(Flags::FIN) || spoke && segment.window != { half.window };
    unpredicted && segment.sequence == half.next && segment.acknowledgment == half.ack
}

/// Does what `from` sends again end where the other end has acknowledged all that it sent?
fn ends_where_all_was_acknowledged(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let next = connection.half[from].next;
    segment.sequence.wrapping_add(reach(segment)) == next && connection.half[other(from)].ack == next
}

/// After a repeated SYN-ACK: the client acknowledges it, or the server speaks, for which it has a socket.
pub(super) fn note_accepted(connection: &mut Connection, from: usize, segment: &Segment) {
    let first = connection.half[CLIENT].isn.wrapping_add(1);
    let Some(story) = connection.story.as_mut() else {
        return;
    };
    // A bare ACK of nothing but the SYN is sent without a socket too (`tcp_check_req()`).
    let speaks = segment.flags.has(Flags::ACK) && seq::after(segment.acknowledgment, first) || reach(segment) > 0;
    if from == SERVER && speaks {
        story.half_accepted = None;
    }
    if let Some(waits) = story.half_accepted.as_mut().filter(|_| from == CLIENT) {
        waits.acknowledged = true;
    }
}
