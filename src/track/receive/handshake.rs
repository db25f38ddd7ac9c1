//! SYN and SYN-ACK.

use super::super::connection::{Connection, Half, Mark, SERVER, other};
use super::super::places::bit;
use super::super::seq;
use super::super::story::{Acceptance, HalfAccepted, Pending, Repeated, Reset, Silence, Story, What};
use super::{
    Next, REORDERED_WITHIN, Restart, SHORTEST_SYN_TIMEOUT, SWAPPED, gives_up, may_be_of_windows, misses_syn_ack,
    note_data, note_options, reach, repeat, tell, tenth_of_microseconds, waits_for_syn_ack,
};
use crate::decode::{Flags, Segment, Signs};
use crate::time::MILLISECOND;

/// Takes a SYN without ACK.
pub fn on_syn(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let half = connection.half[from];
    if !half.has(Half::SEQUENCE) {
        if segment.time.since(connection.start) >= SWAPPED {
            // What came before, such as a RST to an older connection, is no part of this one.
            return Next::restart(Restart::Here);
        }
        begin(connection, from, segment, bytes);
        return refused_before_it_was_seen(connection, from, segment);
    }
    if segment.sequence != half.isn {
        return on_another_syn(connection, from, segment);
    }
    if !half.has(Half::SYN) {
        begin(connection, from, segment, bytes);
        return refused_before_it_was_seen(connection, from, segment);
    }
    let answered_now = connection.half[other(from)].has(Half::SYN)
        && connection.syn_ack_after != u32::MAX
        && segment.time.since(connection.answered_at()) < SWAPPED;
    if connection.decided || half.has(Half::ACK) || answered_now {
        // It has had its answer: this SYN comes late, or was captured behind it.
        note_retold(connection, from, segment);
        return Next::default();
    }
    let ahead = refused_ahead(connection, from, segment);
    let next = syn_again(connection, from, segment);
    if ahead.is_some() {
        connection.story().reset = ahead;
    }
    let refused = refused_before_it_was_seen(connection, from, segment);
    Next { grace: refused.grace, ..next }
}

/// No host sends the SYN of a socket again that has taken the SYN-ACK: that is another capture of the same, by a clock that is off,
/// or the same once more.
fn note_retold(connection: &mut Connection, from: usize, segment: &Segment) {
    let opened = connection.half[from].has(Half::ACK);
    if opened && !connection.decided && segment.time.since(connection.opened_at()) >= SWAPPED {
        let here = segment.input == connection.start_input;
        let story = connection.story();
        story.told_twice |= here;
        story.told_elsewhere |= if here { 0 } else { bit(segment.input) };
    }
}

/// A SYN with another ISN on a 4-tuple that has a connection: it begins the next one, or will have to be answered first.
fn on_another_syn(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    if connection.decided || over(connection) {
        return Next::restart(Restart::Here);
    }
    let refused = connection.story.as_ref().is_some_and(|story| {
        matches!(story.pending, Some((Pending::Reset, _)))
            && story.reset.is_some_and(|reset| reset.acceptance == Acceptance::RefusesSyn)
    });
    if refused {
        if may_be_of_windows(segment.ttl) {
            connection.half[from].isn = segment.sequence;
            connection.half[from].next = segment.sequence.wrapping_add(1);
            return syn_again(connection, from, segment);
        }
        return Next::restart(Restart::Here);
    }
    let unanswered = connection.half[from].has(Half::SYN) && !connection.half[other(from)].has(Half::ANY);
    if unanswered || waits_for_syn_ack(connection, from) {
        // A socket keeps its ISN: this is another one, and the one before waits no more.
        gives_up(connection, from, segment.time, false);
        return Next::restart(Restart::Here);
    }
    let mark = Mark::of(segment);
    let story = connection.story();
    match story.other_syn {
        // No timer sends it again so soon: a copy.
        Some((first, isn, _))
            if isn == segment.sequence && story.resets[from] == 0 && mark.time.since(first.time) < REORDERED_WITHIN =>
        {
            Next::default()
        }
        Some((_, isn, _)) if isn == segment.sequence => Next::restart(Restart::AtOtherSyn),
        // Its RST, whether or not the other end took it, was the end of the socket before this one.
        _ if story.resets[from] > 0 => Next::restart(Restart::Here),
        _ => {
            story.other_syn = Some((mark, segment.sequence, from));
            tell(connection, from, segment, What::Handshake);
            Next::default()
        }
    }
}

/// While connect() has the socket, which it has as it sends the SYN, `tcp_v4_err()` only notes an error. Who goes on over a later one
/// does so over each (RFC 1122, section 4.2.3.9).
const HELD: u64 = MILLISECOND;

/// Is nothing of this connection left to come but repetitions?
pub(super) fn over(connection: &Connection) -> bool {
    let closed = connection.half.iter().all(|half| half.has(Half::FIN));
    let pending = connection.story.as_ref().is_some_and(|story| match story.pending {
        Some((Pending::Reset, _)) => {
            story.reset.is_some_and(|reset| matches!(reset.acceptance, Acceptance::Exact | Acceptance::EndsHalfOpen))
        }
        Some((Pending::Icmp | Pending::Silence(_), _)) => true,
        None => false,
    });
    closed || pending
}

pub(super) fn syn_again(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    // A challenge ACK was answered by a RST: the next SYN is no repetition for want of an answer.
    let answered = connection.story.as_ref().is_some_and(|story| story.challenged && story.resets[from] > 0);
    let start = connection.start;
    let story = connection.story();
    // The attempt goes on: what seemed to end it did not, unless both crossed on the way.
    if let Some((pending, time)) = story.pending
        && segment.time.since(time) >= SWAPPED
        && (!matches!(pending, Pending::Silence(_)) || story.resets[from] > 0)
    {
        story.outlives_errors |= matches!(pending, Pending::Icmp) && time.since(start) > HELD;
        // Only Windows repeats a SYN that was refused, and sooner: this one comes by timer.
        let by_timer = matches!(pending, Pending::Reset) && segment.time.since(time) >= SHORTEST_SYN_TIMEOUT;
        story.lost_resets[other(from)] = story.lost_resets[other(from)].saturating_add(u16::from(by_timer));
        story.pending = None;
        story.reset = None;
        story.fatal = None;
    }
    story.syn_retransmissions = story.syn_retransmissions.saturating_add(1);
    story.challenged &= !answered;
    // Who answers the next one so, too, has not taken the RST: it never came, or came to a TIME_WAIT that ignores it (RFC 1337).
    if answered && story.resets[from] == 1 {
        let mark = Mark::of(segment);
        story.silence[from] =
            Silence { what: Repeated::Syn, first: mark, last: mark, attempts: 1, ..Silence::default() };
        tell(connection, from, segment, What::Repeated);
        return Next::default();
    }
    let deadline = repeat(connection, from, segment, Repeated::Syn);
    tell(connection, from, segment, What::Repeated);
    Next { deadline, ..Next::default() }
}

/// Starts the picture of one end at its SYN or SYN-ACK.
pub(super) fn begin(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) {
    // An end in SYN_SENT takes nothing of a SYN without ACK but the SYN (`tcp_rcv_synsent_state_process()`: simultaneous open).
    let only_the_syn = !segment.flags.has(Flags::ACK) && waits_for_syn_ack(connection, other(from));
    let end = segment.sequence.wrapping_add(if only_the_syn { 1 } else { reach(segment) });
    let half = &mut connection.half[from];
    let late = half.has(Half::SEQUENCE) && seq::after(half.next, end);
    if !late {
        half.next = end;
    }
    half.isn = segment.sequence;
    half.set(Half::SEQUENCE | Half::SYN);
    note_options(connection, from, segment);
    let half = &mut connection.half[from];
    let (offered, scale) = offers(segment, bytes);
    half.set(offered);
    if offered & Half::SCALE != 0 {
        half.scale = scale;
    }
    if segment.payload_length > 0 && !only_the_syn {
        note_data(connection, from, segment);
    }
}

/// Which of [`Half::SCALE`] and [`Half::STAMPS`] a SYN or SYN-ACK offers, and the window scale.
pub fn offers(segment: &Segment, bytes: &[u8]) -> (u16, u8) {
    // Nobody knows what the snaplen cut; most systems offer both.
    let mut offered = if segment.signs.has(Signs::OPTIONS_CUT) { Half::SCALE | Half::STAMPS } else { 0 };
    let mut scale = 0;
    let mut rest = segment.options().of(bytes);
    // What `options()` reads, without a look at options that do not matter here.
    loop {
        rest = match rest {
            [0, ..] | [] | [_] => break,
            [1, rest @ ..] => rest,
            [3, 3, shift, rest @ ..] => {
                scale = (*shift).min(14);
                offered |= Half::SCALE;
                rest
            }
            [8, 10, _, _, _, _, _, _, _, _, rest @ ..] => {
                offered |= Half::STAMPS;
                rest
            }
            [_, length, ..] => match rest.get((*length).into()..) {
                Some(behind) if *length >= 2 => behind,
                _ => break,
            },
        };
    }
    (offered, scale)
}

/// The RST to a SYN that comes again, captured just before it, where those to the SYNs before are known: it is as they were.
fn refused_ahead(connection: &Connection, from: usize, segment: &Segment) -> Option<Reset> {
    let story = connection.story.as_ref()?;
    let before = story.reset.filter(|reset| reset.from != from && reset.acceptance == Acceptance::RefusesSyn)?;
    let last = story.events.last().filter(|event| event.from != from && matches!(event.what, What::Reset))?;
    let mark = (segment.time.since(last.mark.time) < SWAPPED).then_some(last.mark)?;
    Some(Reset { mark, acceptance: Acceptance::Unknown, ..before })
}

/// A RST that was captured just before the SYN that it answers.
pub(super) fn refused_before_it_was_seen(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    let Some(mut reset) = connection.story.as_ref().and_then(|story| story.reset) else {
        return Next::default();
    };
    let answers = reset.from == other(from)
        && matches!(reset.acceptance, Acceptance::Unknown | Acceptance::OutOfWindow)
        && reset.acknowledgment == Some(connection.half[from].next)
        && segment.time.since(reset.mark.time) < SWAPPED;
    if !answers {
        return Next::default();
    }
    reset.acceptance = Acceptance::RefusesSyn;
    let story = connection.story();
    story.reset = Some(reset);
    story.pending = Some((Pending::Reset, segment.time));
    Next { grace: true, ..Next::default() }
}

/// A RST that acknowledges the SYN, and behind it, in the same capture, the SYN-ACK, which had been seen at another place before: the RST
/// met a client in SYN_SENT (`tcp_rcv_synsent_state_process()`).
pub fn refused_before_its_answer_came(connection: &mut Connection, from: usize, syn_ack: &Segment) {
    let client = connection.half[other(from)];
    let waits = client.has(Half::SYN) && !client.has(Half::ACK) && !connection.decided;
    let Some(story) = connection.story.as_deref_mut().filter(|story| waits && story.pending.is_none()) else {
        return;
    };
    let refuses = |reset: &&mut Reset| {
        reset.from == from
            && matches!(reset.acceptance, Acceptance::InWindow | Acceptance::OutOfWindow)
            && reset.mark.input == syn_ack.input
            && reset.acknowledgment == Some(client.next)
    };
    if let Some(reset) = story.reset.as_mut().filter(refuses) {
        reset.acceptance = Acceptance::RefusesSyn;
        story.pending = Some((Pending::Reset, reset.mark.time));
    }
}

/// The SYN-ACK came by timer, longer than a trip after the client's ACK: the server has not taken that.
fn note_half_accepted(connection: &mut Connection, from: usize, segment: &Segment) {
    let [client, server] = &connection.half;
    // Who has sent payload or acknowledged some has a socket, and this is a copy come late.
    let spoke = server.next != server.isn.wrapping_add(1) || seq::after(server.ack, client.isn.wrapping_add(1));
    if from != SERVER || !client.has(Half::ACK) || spoke {
        return;
    }
    let first = connection.answered_at();
    let acknowledged = connection.opened_at();
    let round_trip = connection.round_trip();
    let story = connection.story();
    let (before, repeated) = story.half_accepted.map_or((first, 0), |waits| (waits.last, waits.repeated));
    let interval = segment.time.since(before);
    if interval >= SHORTEST_SYN_TIMEOUT && segment.time.since(acknowledged) > round_trip {
        let repeated = repeated.saturating_add(1);
        story.half_accepted = Some(HalfAccepted { last: segment.time, interval, repeated, acknowledged: false });
    }
}

/// Takes a SYN-ACK.
pub fn on_syn_ack(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let to = other(from);
    let other_syn = connection.story.as_ref().and_then(|story| story.other_syn);
    if let Some((_, isn, who)) = other_syn
        && who == to
        && segment.acknowledgment.wrapping_sub(isn).wrapping_sub(1) <= u16::MAX.into()
    {
        return Next::restart(Restart::AtOtherSyn);
    }
    let opener = &mut connection.half[to];
    if !opener.has(Half::SEQUENCE) {
        // The SYN was not captured, or comes just behind.
        opener.isn = segment.acknowledgment.wrapping_sub(1);
        opener.next = segment.acknowledgment;
        opener.set(Half::SEQUENCE);
    }
    let opener = connection.half[to];
    let acknowledges_syn = segment.acknowledgment.wrapping_sub(opener.isn).wrapping_sub(1)
        <= opener.next.wrapping_sub(opener.isn).wrapping_sub(1);
    if !acknowledges_syn {
        // Of an older connection on these ports, which the client will answer with a RST, as it does a challenge ACK.
        let connecting = waits_for_syn_ack(connection, to);
        connection.story().challenged |= connecting;
        tell(connection, from, segment, What::Answer);
        return Next::default();
    }
    let half = connection.half[from];
    let answered = half.has(Half::SYN);
    if half.has(Half::SEQUENCE) && half.isn != segment.sequence {
        // The host had forgotten the first SYN, or another answers the second. To the client it is the first answer that comes.
        let anew = misses_syn_ack(connection, to);
        if !anew && (half.has(Half::SYN) || opener.has(Half::ACK)) {
            tell(connection, from, segment, What::Answer);
            return Next::default();
        }
        connection.half[from].seen &= !(Half::SEQUENCE | Half::SYN | Half::ACK);
        if anew {
            forget_end_of_handshake(connection.story());
        }
    }
    let half = connection.half[from];
    if half.has(Half::SEQUENCE | Half::SYN) && half.isn == segment.sequence {
        let story = connection.story();
        story.syn_ack_retransmissions = story.syn_ack_retransmissions.saturating_add(1);
        note_half_accepted(connection, from, segment);
        tell(connection, from, segment, What::Repeated);
    } else {
        begin(connection, from, segment, bytes);
        connection.syn_ack_after = tenth_of_microseconds(segment.time.since(connection.start));
    }
    // One that comes late takes nothing back.
    let same = half.has(Half::SEQUENCE | Half::ACK) && half.isn == segment.sequence;
    let late = same && seq::before(segment.acknowledgment, half.ack);
    if !late {
        connection.half[from].ack = segment.acknowledgment;
        connection.half[from].set(Half::ACK);
    }
    note_answer(connection, from, segment, !answered);
    Next { answered: true, ..Next::default() }
}

/// The RST that ended the handshake before (`tcp_check_req()`) is none to the one that begins now.
fn forget_end_of_handshake(story: &mut Story) {
    let ended = story.reset.is_some_and(|reset| reset.acceptance == Acceptance::EndsHalfOpen);
    if ended && matches!(story.pending, Some((Pending::Reset, _))) {
        story.pending = None;
        story.forget_resets();
    }
}

/// What a SYN-ACK, the `first` or a later one, tells about what came before it.
fn note_answer(connection: &mut Connection, from: usize, segment: &Segment, first: bool) {
    let to = other(from);
    let Some(story) = connection.story.as_mut() else {
        return;
    };
    // What comes after the first answer counts anew.
    if story.silence[to].what == Repeated::Syn && first {
        story.silence[to].attempts = 1;
        // A RST that was taken for the end of waiting was the reply to this, captured ahead of it.
        let reply = story.reset.filter(|reset| reset.from == to && segment.time.since(reset.mark.time) < SWAPPED);
        if let (Some(reset), Some((Pending::Silence(side), _))) = (reply, story.pending)
            && side == to
        {
            story.pending = Some((Pending::Reset, reset.mark.time));
        }
    }
    let refused = story.reset.is_some_and(|reset| reset.acceptance == Acceptance::RefusesSyn);
    if refused && story.pending.is_some() && story.syn_ack_after_refusal.is_none() {
        story.syn_ack_after_refusal = Some(Mark::of(segment));
        tell(connection, from, segment, What::Handshake);
    }
}
