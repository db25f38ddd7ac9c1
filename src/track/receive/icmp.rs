//! ICMP errors about a connection.

use super::super::connection::{Connection, Half, Mark, other};
use super::super::kernel::{Errno, tcp_v4_err, tcp_v6_err};
use super::super::seq;
use super::super::story::{Acceptance, Event, Pending, Reset, SoftError, Story, What};
use super::{SWAPPED, waits_for_syn_ack};
use crate::decode::{Flags, IcmpError};

/// Takes an ICMP error about a segment of this connection. Returns whether it may decide something.
///
/// `tcp_v4_err()`, `tcp_v6_err()`: ignored unless the quoted sequence number is in flight; fatal in SYN_SENT; later
/// only remembered (`sk_err_soft`) until an acknowledgment comes.
pub fn on_icmp_error(connection: &mut Connection, error: &IcmpError) -> bool {
    let from = connection.side(error.from_first);
    let half = connection.half[from];
    let peer = connection.half[other(from)];
    if connection.decided {
        return false;
    }
    let connecting = waits_for_syn_ack(connection, from);
    if let Some(story) = connection.story.as_mut().filter(|story| !connecting && story.resets[from] > 0) {
        // Its RST was the last that its socket sent: what is said of what came before is too late. But in SYN_SENT a RST only
        // answers segments of an older connection (`tcp_rcv_synsent_state_process()`).
        take_back_reset(story, from, error);
        return false;
    }
    if error.about.has(Flags::RST) && !connecting {
        // The same of a RST that the capture does not show.
        connection.story().rejected[from] = true;
        return false;
    }
    if !half.has(Half::SEQUENCE) {
        return false;
    }
    let oldest = if peer.has(Half::ACK) { peer.ack } else { half.isn };
    if !seq::between(error.sequence, oldest, half.next) {
        return false;
    }
    let event = Event {
        mark: Mark::at(error.time, error.frame, error.input),
        from,
        what: What::Icmp(error.kind, error.code),
        flags: if connecting { Flags::SYN } else { Flags::ACK },
        sequence: error.sequence.wrapping_sub(half.isn),
        length: 0,
        acknowledgment: None,
    };
    let start = connection.start;
    let story = connection.story();
    let seen = story.events.iter().any(|earlier| {
        earlier.what == event.what
            && earlier.sequence == event.sequence
            && error.time.since(earlier.mark.time) < SWAPPED
    });
    if !seen {
        story.tell(event);
    }
    if error.mtu > 0 || too_big(error) {
        story.mtu = Some(error.mtu);
    }
    let Some(errno) = errno_of(error) else {
        return false;
    };
    let soft = SoftError::of(error, errno);
    let silence = story.silence[from];
    // Whether the socket had given up shows by what it sends next: until then an earlier error stays.
    let ended = match connecting {
        true => silence.connect_ended_before(error.time, start),
        false => silence.ended_before(&soft) && story.soft_error(from).is_some(),
    };
    if ended {
        return false;
    }
    story.soft[from] = Some(soft);
    // Of a SYN that never left its host the next error tells that it was sent again: connect() had held the socket.
    let again = half.packets == 0 && !seen;
    if !connecting || story.outlives_errors || story.pending.is_some() && !again {
        return false;
    }
    story.fatal = Some(soft);
    story.pending = Some((Pending::Icmp, error.time));
    true
}

/// Does this error end the connect() whose SYN came while the connection before it on these ports was not over? The socket that sent
/// it is in SYN_SENT, whatever the other end still has (`tcp_v4_err()`).
pub fn is_about_the_other_syn(connection: &Connection, error: &IcmpError) -> bool {
    let from = connection.side(error.from_first);
    let other_syn = connection.story.as_deref().and_then(|story| story.other_syn);
    let fatal = errno_of(error).is_some() && !connection.decided;
    fatal && other_syn.is_some_and(|(_, isn, who)| who == from && isn == error.sequence)
}

/// What its receiver notes of an error, or gets in SYN_SENT.
fn errno_of(error: &IcmpError) -> Option<Errno> {
    if error.ipv6 { tcp_v6_err(error.kind, error.code) } else { tcp_v4_err(error.kind, error.code) }
}

/// The RST itself brought the error: it did not arrive. An abort and the replies of its host without the socket have the same
/// number; what tells them apart is ACK.
fn take_back_reset(story: &mut Story, from: usize, error: &IcmpError) {
    let known = error.about.has(Flags::RST);
    let quotes = |reset: &&mut Reset| {
        let another = known && error.about.has(Flags::ACK) != reset.acknowledgment.is_some();
        reset.from == from && reset.sequence == error.sequence && !another
    };
    if let Some(reset) = story.reset.as_mut().filter(quotes) {
        reset.acceptance = Acceptance::NotAccepted;
        story.rejected[from] = true;
        if matches!(story.pending, Some((Pending::Reset, _))) {
            story.pending = None;
        }
    }
}

/// "Fragmentation needed", or "packet too big".
pub(super) fn too_big(error: &IcmpError) -> bool {
    if error.ipv6 { error.kind == 2 } else { error.kind == 3 && error.code == 4 }
}
