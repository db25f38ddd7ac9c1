//! Segments without SYN or RST: what each does, payload, FINs.

use super::super::connection::{CLIENT, Connection, Half, Mark, SERVER, other};
use super::super::seq;
use super::super::story::{Repeated, Silence, What};
use super::acknowledgment::{note_accepted, take_acknowledgment};
use super::far;
use super::reset::after_reset;
use super::retransmission::{answers, on_old_segment, wait_is_over};
use super::window::{on_window, window};
use super::{FAR, Next, acknowledges_syn, closed, event, gives_up, note_options, reach, tell, waits_for_syn_ack};
use crate::decode::{Flags, Segment, Signs};
use crate::time::{SECOND, Time};

/// Takes a segment without SYN or RST.
pub fn on_segment(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let to = other(from);
    let mut next = Next::default();
    if waits_for_syn_ack(connection, to) && !acknowledges_syn(connection, to, segment) {
        // The other host has an older connection on this 4-tuple and says so (RFC 9293, section 3.10.7.4; RFC 5961,
        // section 4): a challenge ACK. The end in SYN_SENT will answer with a RST.
        connection.story().challenged = true;
        tell(connection, from, segment, What::Answer);
        return next;
    }
    anchor(connection, from, segment);
    note_options(connection, from, segment);
    far::confirm(connection, from, segment);
    let end = segment.sequence.wrapping_add(reach(segment));
    if covers_a_fin(connection, from, segment) {
        let shown = connection.half[from].shown_until();
        forget_fin(connection, from, shown);
    }
    let half = connection.half[from];
    next.connected = from == CLIENT && !half.has(Half::ACK) && connection.half[SERVER].has(Half::SYN);
    let ahead = end.wrapping_sub(half.next);
    let dropped = stands_behind_a_fin(connection, from, segment);
    let reaches_on = seq::after(end, half.next);
    let new = reaches_on && !dropped;
    // Nor is what lies that far behind a repetition: no window is so wide, and a number that is as old as that was used since.
    if reaches_on && ahead > FAR || !reaches_on && ahead.wrapping_neg() > FAR {
        far::note(connection, from, segment);
        return next;
    }
    let has_socket = half.has(Half::ACK) || connection.half[to].has(Half::ANY);
    if !segment.flags.has(Flags::ACK) && has_socket {
        // Dropped as a whole, with its payload and its FIN, in the handshake, too (`tcp_rcv_established()`, `tcp_rcv_state_process()`,
        // `tcp_check_req()`).
        return Next::default();
    }
    if new && connection.notes & Connection::SPARED != 0 && segment.payload_length > 0 {
        writes_on(connection, from, segment);
    }
    // What ends before all that was acknowledged is dropped ahead of its acknowledgment (`tcp_validate_incoming()`).
    let old = seq::before(end, connection.half[to].ack) && connection.half[to].has(Half::ACK);
    if let Some(story) = connection.story.as_mut() {
        answers(story, to, segment, old);
    }
    note_accepted(connection, from, segment);
    let edge = half.ack.wrapping_add(window(connection, from));
    if segment.flags.has(Flags::ACK) {
        let shown = connection.half[to];
        take_acknowledgment(connection, from, segment);
        let unseen = connection.half[to].next.wrapping_sub(shown.next);
        // A single number is that of a probe in an idle connection (RFC 9293, section 3.8.4), or of a FIN.
        if unseen > 1 && shown.has(Half::ANY) {
            next.unseen = unseen;
        }
        if segment.signs.has(Signs::SACK) {
            connection.half[from].set(Half::SACKS);
        }
    }
    if new {
        if seq::after(segment.sequence, half.next) {
            connection.half[from].set(Half::GAP);
        }
        connection.half[from].advance(end);
        connection.half[from].seen &= !Half::ACKED_UNSEEN;
        if let Some(story) = connection.story.as_mut() {
            story.one_more[from] = None;
        }
        if segment.payload_length > 0 {
            next.message = note_data(connection, from, segment);
        }
    } else if segment.payload_length > 0 && is_shown_late(&half, segment) {
        next.shown_late = segment.payload_length;
        if end == half.data_end() {
            connection.half[from].seen &= !Half::ACKED_UNSEEN;
        }
        next.message = note_data(connection, from, segment);
    } else if !dropped {
        next.deadline |= on_old_segment(connection, from, segment, bytes);
    }
    on_window(connection, from, segment, edge);
    if segment.flags.has(Flags::FIN) && !dropped {
        next.grace |= on_fin(connection, from, segment);
    } else if segment.signs.has(Signs::DATA_FIN) {
        next.grace |= note_close(connection, from, segment);
    }
    if let Some(story) = connection.story.as_mut()
        && let Some(reset) = story.reset
        && story.keeps_order(&reset, segment.input)
    {
        next.grace |= after_reset(connection, from, segment, reset);
    }
    next.closed = closed(connection);
    next
}

/// Nothing stands behind a FIN: what reaches beyond it is dropped where the FIN was taken, be it payload, another FIN or a bare
/// acknowledgment (`tcp_rcv_state_process()`, in CLOSE_WAIT, CLOSING and LAST_ACK). It was if it is acknowledged, or will be if no hole
/// is before it and nothing comes in its place. But where payload has come there, it is that which is acknowledged.
fn stands_behind_a_fin(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let (half, peer) = (&connection.half[from], &connection.half[other(from)]);
    let in_order = half.shown_until() == half.next.wrapping_sub(1) && !seq::before(segment.sequence, half.next);
    half.has(Half::FIN)
        && seq::after(segment.sequence.wrapping_add(reach(segment)), half.next)
        && peer.has(Half::ACK)
        && half.shown_until() != half.next
        && (peer.ack == half.next || in_order)
}

/// Payload fills the hole before a FIN, and has its number, too: the FIN waited behind the hole, and is dropped with what else the
/// payload covers (`tcp_ofo_queue()`).
fn covers_a_fin(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let (half, peer) = (&connection.half[from], &connection.half[other(from)]);
    let (shown, end) = (half.shown_until(), segment.sequence.wrapping_add(segment.payload_length));
    half.has(Half::FIN)
        && segment.payload_length > 0
        && segment.flags.has(Flags::ACK)
        && seq::before(shown, half.data_end())
        && !seq::after(segment.sequence, shown)
        && !seq::before(end, half.next)
        && peer.has(Half::ACK)
        && seq::before(peer.ack, half.next)
}

/// The FIN of `from` closed nothing: what it sent ends at `next`.
pub(super) fn forget_fin(connection: &mut Connection, from: usize, next: u32) {
    let to = other(from);
    connection.half[from].seen &= !Half::FIN;
    connection.half[from].retreat(next);
    let story = connection.story();
    story.events.retain(|event| event.from != from || event.what != What::Fin);
    story.fin[from] = None;
    story.fin_again[from] = false;
    story.fin_after_fin = [false; 2];
    story.first_fin = story.fin[to].map(|_| to);
    story.read_after_fin[from] = false;
    story.data_after_fin[to] = 0;
    story.data_after_fin_at[to] = None;
}

/// An end that had not closed was spared an error by a RST that no application heard of, and writes all the same: in CLOSE_WAIT, where
/// the RST was lost, or comes only now (`tcp_reset()` leaves no socket). What becomes of that is to be told.
fn writes_on(connection: &mut Connection, from: usize, segment: &Segment) {
    if connection.half[from].has(Half::FIN) {
        return;
    }
    let last = Mark { time: connection.last, ..Mark::of(segment) };
    connection.decided = false;
    connection.notes &= !Connection::SPARED;
    let story = connection.story();
    story.forget_resets();
    story.pending = None;
    story.fin[other(from)].get_or_insert(last);
}

/// Payload that was captured behind the FIN that follows it, or behind its acknowledgment: it is no repetition.
fn is_shown_late(half: &Half, segment: &Segment) -> bool {
    let end = segment.sequence.wrapping_add(segment.payload_length);
    seq::after(end, half.shown_until()) && !seq::after(end, half.data_end())
}

/// Gives both ends a place in sequence space where the capture began in the middle.
pub(super) fn anchor(connection: &mut Connection, from: usize, segment: &Segment) {
    let half = &mut connection.half[from];
    if !half.has(Half::SEQUENCE) {
        half.isn = segment.sequence.wrapping_sub(1);
        half.next = segment.sequence;
        half.set(Half::SEQUENCE);
    } else if half.packets == 0 && !half.has(Half::SYN) && seq::before(segment.sequence, half.next) {
        // Known so far from the other end's acknowledgment only.
        half.isn = segment.sequence.wrapping_sub(1);
    }
    let peer = &mut connection.half[other(from)];
    if segment.flags.has(Flags::ACK) && !peer.has(Half::SEQUENCE) {
        peer.isn = segment.acknowledgment.wrapping_sub(1);
        peer.next = segment.acknowledgment;
        peer.set(Half::SEQUENCE);
    }
}

/// From the last payload of either end, or else the end of the handshake, to `time`: nanoseconds.
fn since_payload(connection: &Connection, time: Time) -> u64 {
    let last = connection.half.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time).max();
    time.since(last.unwrap_or(connection.opened_at()))
}

/// How long it was silent: `idle` is the time since the last payload, `seen` the flags of the end that sent it, `gap` the
/// silence before that. A farewell neither asks nor answers: the goodbye of a server that closes an idle connection does
/// not end the silence.
pub fn quiet(idle: u64, seen: u16, gap: u32) -> u64 {
    idle + if seen & Half::FAREWELL != 0 { u64::from(gap) * 100_000 } else { 0 }
}

/// The same as [`Connection::gap`].
pub fn gap(idle: u64, seen: u16, gap: u32) -> u32 {
    u32::try_from(quiet(idle, seen, gap) / 100_000).unwrap_or(u32::MAX)
}

/// Notes new payload. Returns whether a message begins with it: the direction has changed, the connection was idle, or
/// it is a TLS handshake or alert record, which says more than the data before it.
pub fn note_data(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    let to = other(from);
    let by_server = from == SERVER;
    let turned = connection.has(Connection::SERVER_SPOKE_LAST) != by_server || !connection.has_payload();
    let idle = since_payload(connection, segment.time);
    if turned || idle >= SECOND || segment.signs.has(Signs::FAREWELL) {
        let spoke = if turned { to } else { from };
        connection.gap = gap(idle, connection.half[spoke].seen, connection.gap);
    }
    if turned {
        connection.turns = connection.turns.saturating_add(1);
        connection.flags ^=
            if connection.has(Connection::SERVER_SPOKE_LAST) == by_server { 0 } else { Connection::SERVER_SPOKE_LAST };
    }
    let peer_ack = connection.half[to].ack;
    let half = &mut connection.half[from];
    let before = half.next.wrapping_sub(reach(segment));
    if half.has(Half::DATA) && !seq::after(before, peer_ack) {
        half.longest_acked = half.longest_acked.max(u16::try_from(half.data_length).unwrap_or(u16::MAX));
    }
    half.set(Half::DATA);
    half.data_time = segment.time;
    half.data_frame = segment.frame;
    half.data_input = segment.input;
    half.data_length = segment.payload_length;
    half.data_until = segment.sequence.wrapping_add(reach(segment) - u32::from(segment.flags.has(Flags::FIN)));
    half.data_ack = segment.acknowledgment;
    half.seen &= !(Half::PUSHED | Half::FAREWELL | Half::PAYLOAD_CUT);
    if segment.flags.has(Flags::PSH) {
        half.set(Half::PUSHED);
    }
    if segment.signs.has(Signs::FAREWELL) {
        half.set(Half::FAREWELL);
    }
    if segment.signs.has(Signs::PAYLOAD_CUT) {
        half.set(Half::PAYLOAD_CUT);
    }
    let message = turned || idle >= SECOND || segment.signs.has(Signs::TLS_NEWS);
    let Some(story) = connection.story.as_mut() else {
        return message;
    };
    story.probes = Default::default();
    story.spurious_retransmissions[from] = 0;
    if goes_on(&story.silence[from], segment) && story.resets[from] == 0 {
        story.silence[from] = Silence::default();
        wait_is_over(story, from);
    }
    if story.fin[to].is_some() {
        story.data_after_fin[from] = story.data_after_fin[from].saturating_add(segment.payload_length);
        story.data_after_fin_at[from].get_or_insert(Mark::of(segment));
        tell(connection, from, segment, What::DataAfterFin);
    }
    message
}

/// Does new payload show that its sender goes on, and has had an answer to what it repeated, seen or not?
fn goes_on(silence: &Silence, segment: &Segment) -> bool {
    match silence.what {
        // Who has something to send waits for the acknowledgment of that, and probes no more (`tcp_keepalive_timer()`).
        Repeated::KeepAlive => true,
        // Into a closed window none sends more than a byte of it (RFC 9293, section 3.8.6.1; Linux sends none,
        // `tcp_write_wakeup()`): it has opened.
        Repeated::WindowProbe => segment.payload_length > 1,
        // The first repetition may be a probe for the tail, after which new payload may follow. Behind a second one, which is by
        // timer, the window is one segment until that is acknowledged (`tcp_enter_loss()`). That holds back no FIN, and what was
        // written before it (`tcp_cwnd_test()` before Linux 6.10 lets the last FIN pass whatever the congestion window is),
        // and what begins with the repeated byte repeats it, whatever was added.
        Repeated::Data => {
            let behind = seq::after(segment.sequence, silence.sequence);
            silence.attempts > 2 && behind && !segment.flags.has(Flags::FIN)
        }
        Repeated::Nothing | Repeated::Syn => false,
    }
}

/// Takes a FIN. Returns whether it may decide something.
pub(super) fn on_fin(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    if connection.half[from].has(Half::FIN) {
        connection.story().fin_again[from] = true;
        if comes_first(connection, from, segment) {
            connection.half[from].retreat(fin_number(segment).wrapping_add(1));
            connection.story().fin[from] = Some(Mark::of(segment));
        }
        return false;
    }
    if is_old_fin(connection, from, segment) {
        return false;
    }
    connection.half[from].set(Half::FIN);
    note_close(connection, from, segment)
}

/// The number of a segment's FIN, behind its payload.
fn fin_number(segment: &Segment) -> u32 {
    segment.sequence.wrapping_add(segment.payload_length)
}

/// A FIN that stands where the other end waits, while the one that was seen before it stands behind a hole that nothing has filled:
/// the other end takes this one, and nothing behind it (`tcp_fin()`).
fn comes_first(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let (half, peer) = (&connection.half[from], &connection.half[other(from)]);
    let number = fin_number(segment);
    let end = number.wrapping_add(1);
    // Its acknowledgment may have been captured before it.
    let waits = peer.has(Half::ACK) && (segment.sequence == peer.ack || peer.ack == end);
    // So may payload that came with that one, or before it.
    let begins = half.data_until.wrapping_sub(half.data_length);
    let ahead = half.has(Half::GAP) && seq::after(begins, number);
    let beyond = !seq::after(half.shown_until(), number) || ahead;
    // Behind a RST of its own name it finds no socket.
    let reset = connection.story.as_ref().and_then(|story| story.reset);
    let open = reset.is_none_or(|reset| reset.from != from || !reset.is_accepted());
    waits && seq::before(end, half.next) && beyond && open
}

/// A FIN whose number the other end has taken for something else closes nothing: a receiver drops what brings nothing behind RCV.NXT
/// (`tcp_data_queue()`). Where the FIN itself was acknowledged, and is captured late, its number is the last.
fn is_old_fin(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let number = fin_number(segment);
    let (half, peer) = (&connection.half[from], &connection.half[other(from)]);
    let shown = (half.has(Half::SYN) || half.has(Half::DATA)) && seq::after(half.shown_until(), number);
    let taken = if shown { number } else { number.wrapping_add(1) };
    peer.has(Half::ACK) && seq::after(peer.ack, taken)
}

/// Notes that an end has closed: by a FIN, or of a connection of several paths by a DATA_FIN, long before the FIN of a path
/// (`mptcp_check_data_fin()`).
fn note_close(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    if connection.story().fin[from].is_some() {
        return false;
    }
    let to = other(from);
    let mark = Mark::of(segment);
    let spoke = usize::from(connection.has(Connection::SERVER_SPOKE_LAST));
    let idle = quiet(since_payload(connection, segment.time), connection.half[spoke].seen, connection.gap);
    let event = event(connection, from, segment, What::Fin);
    let peer = connection.half[to];
    let story = connection.story();
    story.tell(event);
    story.fin[from] = Some(mark);
    // Over what was not read close() sends a RST (`__tcp_close()`): only shutdown() sends a FIN.
    story.read_after_fin[from] |= story.window_closed[from].is_some();
    story.fin_after_fin[from] = peer.has(Half::FIN) && segment.acknowledgment == peer.next;
    if story.first_fin.is_none() {
        story.first_fin = Some(from);
        story.idle_before_fin = idle;
    }
    gives_up(connection, from, segment.time, false)
}
