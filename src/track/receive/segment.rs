//! Segments without SYN or RST: payload, acknowledgments, probes, FINs.

use super::super::connection::{CLIENT, Connection, Half, Mark, SERVER, other};
use super::super::seq;
use super::super::story::{Pending, Repeated, Silence, Story, What};
use super::far;
use super::reset::{after_reset, window};
use super::{
    CLOSE, FAR, Next, SHORTEST_PROBE, acknowledges_syn, closed, event, gives_up, note_options, reach, repeat, tell,
    tenth_of_microseconds, waits_for_syn_ack,
};
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
    let half = connection.half[from];
    next.connected = from == CLIENT && !half.has(Half::ACK) && connection.half[SERVER].has(Half::SYN);
    let ahead = end.wrapping_sub(half.next);
    let new = seq::after(end, half.next);
    // Nor is what lies that far behind a repetition: no window is so wide, and a number that is as old as that was used since.
    if new && ahead > FAR || !new && ahead.wrapping_neg() > FAR {
        far::note(connection, from, segment);
        return next;
    }
    if new && connection.beside & Connection::SPARED != 0 && segment.payload_length > 0 {
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
        connection.half[from].seen &= !Half::BY_ACK;
        if let Some(story) = connection.story.as_mut() {
            story.one_more[from] = None;
        }
        if segment.payload_length > 0 {
            next.message = note_data(connection, from, segment);
        }
    } else if segment.payload_length > 0 && is_shown_late(&half, segment) {
        next.shown_late = segment.payload_length;
        if end == half.data_end() {
            connection.half[from].seen &= !Half::BY_ACK;
        }
        next.message = note_data(connection, from, segment);
    } else {
        next.deadline |= on_old_segment(connection, from, segment, bytes);
    }
    on_window(connection, from, segment, edge);
    if segment.flags.has(Flags::FIN) {
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

/// An end that had not closed was spared an error by a RST that no application heard of, and writes more than a trip later: it has not
/// got the RST (`tcp_reset()` leaves no socket), and is in CLOSE_WAIT still. What becomes of that is to be told.
fn writes_on(connection: &mut Connection, from: usize, segment: &Segment) {
    let last = Mark { time: connection.last, ..Mark::of(segment) };
    let late = segment.time.since(last.time) > connection.crossing();
    if !late || connection.half[from].has(Half::FIN) {
        return;
    }
    connection.decided = false;
    connection.beside &= !Connection::SPARED;
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

/// After a repeated SYN-ACK: the client acknowledges it, or the server speaks, for which it has a socket.
fn note_accepted(connection: &mut Connection, from: usize, segment: &Segment) {
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

/// The other end is alive: that ends some kinds of silence. An `old` segment, a keep-alive probe for one, is no answer to
/// a probe: `tcp_keepalive_timer()` counts on.
pub(super) fn answers(story: &mut Story, to: usize, segment: &Segment, old: bool) {
    // A socket that gave up by a RST hears no answer any more.
    let gone = story.resets[to] > 0;
    let silence = &mut story.silence[to];
    let asked = std::mem::take(&mut silence.unheard) > 0;
    let bare = segment.payload_length == 0 && !segment.flags.has(Flags::FIN);
    match silence.what {
        // What comes after its last RST comes too late.
        Repeated::KeepAlive if old || silence.gave_up => {}
        Repeated::KeepAlive => {
            *silence = Silence::default();
            story.kept_alive = Some(segment.time);
            wait_is_over(story, to);
        }
        Repeated::Data if gone => {}
        Repeated::Data => silence.answers = silence.answers.saturating_add(1),
        Repeated::WindowProbe if segment.window > 0 => *silence = Silence::default(),
        // It answers a probe that the capture lost.
        Repeated::WindowProbe if !asked && bare => {
            silence.interval = silence.interval.max(segment.time.since(silence.last.time));
            silence.last = Mark::of(segment);
        }
        Repeated::WindowProbe | Repeated::Syn | Repeated::Nothing => {}
    }
}

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
        connection.half[to].set(Half::BY_ACK);
        if peer.has(Half::BY_ACK) && ack == peer.next.wrapping_add(1) {
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

/// The end that waited was answered after all. If it had lost patience before that, its RST is what ended the connection.
fn wait_is_over(story: &mut Story, side: usize) {
    if matches!(story.pending, Some((Pending::Silence(waits), _)) if waits == side) {
        let own = story.reset.filter(|reset| reset.from == side && reset.is_accepted());
        story.pending = own.map(|reset| (Pending::Reset, reset.mark.time));
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
    let Some(error) = connection.story.as_mut().filter(|_| taken).map(|story| &mut story.soft[to]) else {
        return;
    };
    match error {
        Some(error) if !bare => error.outdated = true,
        _ => *error = None,
    }
}

/// Does what `from` sends again end where the other end has acknowledged all that it sent?
fn ends_where_all_was_acknowledged(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let next = connection.half[from].next;
    segment.sequence.wrapping_add(reach(segment)) == next && connection.half[other(from)].ack == next
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
    half.seen &= !(Half::PUSHED | Half::FAREWELL | Half::UNSEEN);
    if segment.flags.has(Flags::PSH) {
        half.set(Half::PUSHED);
    }
    if segment.signs.has(Signs::FAREWELL) {
        half.set(Half::FAREWELL);
    }
    if segment.signs.has(Signs::UNSEEN) {
        half.set(Half::UNSEEN);
    }
    let message = turned || idle >= SECOND || segment.signs.has(Signs::TLS_NEWS);
    let Some(story) = connection.story.as_mut() else {
        return message;
    };
    story.probes = Default::default();
    story.in_vain[from] = 0;
    if story.fin[to].is_some() {
        story.data_after_fin[from] = story.data_after_fin[from].saturating_add(segment.payload_length);
        story.data_after_fin_at[from].get_or_insert(Mark::of(segment));
        tell(connection, from, segment, What::DataAfterFin);
    }
    message
}

/// Takes a segment that brings nothing new: a retransmission, a probe, a pure acknowledgment. Returns whether the
/// next repetition has to be waited for.
pub(super) fn on_old_segment(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> bool {
    let to = other(from);
    // Nobody repeats or probes any more: of both ends no more is left than TIME-WAIT (RFC 9293, section 3.6).
    if closed(connection) {
        return false;
    }
    let (half, peer) = (connection.half[from], connection.half[to]);
    let acked = !peer.has(Half::ACK) || !seq::after(half.next, peer.ack);
    // Who stands where the capture has shown him last may have sent this before the one number that was acknowledged and not
    // captured yet, his FIN as a rule.
    let before_it = half.has(Half::BY_ACK) && segment.sequence == half.shown_until();
    let probe = segment.payload_length <= 1
        && !segment.flags.has(Flags::FIN)
        && segment.sequence == half.next.wrapping_sub(1)
        && !before_it
        && connection.established()
        && (segment.payload_length == 0 || acked);
    if probe {
        let closed = window_is_closed(connection, to);
        let (what, told) =
            if closed { (Repeated::WindowProbe, What::WindowProbe) } else { (Repeated::KeepAlive, What::KeepAlive) };
        let interval = segment.time.since(connection.story().probes[from].last);
        if !closed && interval < SHORTEST_PROBE {
            // A copy that nothing marks as one.
            return false;
        }
        let again = repeat(connection, from, segment, what);
        if again {
            let story = connection.story();
            story.silence[from].windows_cut |= segment.signs.has(Signs::WINDOW_CUT);
            let probes = &mut story.probes[from];
            probes.interval = interval;
            probes.last = segment.time;
            probes.count += 1;
            tell(connection, from, segment, told);
        }
        return again;
    }
    if segment.payload_length == 0 {
        return false;
    }
    let end = segment.sequence.wrapping_add(segment.payload_length);
    if peer.has(Half::ACK) && !seq::after(end, peer.ack) {
        // Already acknowledged where the capture was made: sent again in vain, or a copy that came late.
        if segment.time.since(half.data_time) >= SECOND / 10 {
            let story = connection.story();
            let late = story.late_copy[from].replace(Mark::of(segment));
            // Those of one moment count once, as `repeat` has it.
            let apart = late.is_none_or(|last| segment.time.since(last.time) >= CLOSE);
            story.in_vain[from] += u32::from(apart);
        }
        return false;
    }
    if segment.time.since(half.data_time) < CLOSE {
        return false;
    }
    let what = if window_is_closed(connection, to) { Repeated::WindowProbe } else { Repeated::Data };
    let again = repeat(connection, from, segment, what);
    if again && says_else(connection, from, segment, bytes) {
        connection.story().silence[from] = Silence::default();
        return false;
    }
    if again {
        tell(connection, from, segment, What::Repeated);
    }
    again
}

/// Other bytes with the numbers of those that were sent before are no repetition (RFC 9293, section 3.4): nobody counted what is
/// written by hand. Keeps the first bytes for the next time.
fn says_else(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> bool {
    let silence = &mut connection.story().silence[from];
    if segment.sequence != silence.sequence {
        return false;
    }
    let shown = segment.payload().of(bytes);
    let known = &mut silence.begins;
    let differs = known.iter().zip(shown).take(silence.shown.into()).any(|(known, now)| known != now);
    silence.shown = known.iter_mut().zip(shown).map(|(known, now)| *known = *now).count() as u8;
    differs
}

/// Is the window of this end closed? That of a SYN-ACK, too, as SYN proxies send it until they have asked the server
/// (`synproxy_send_client_synack()`).
fn window_is_closed(connection: &Connection, side: usize) -> bool {
    let half = &connection.half[side];
    // Who has taken payload had room for it, whatever the window says.
    let took = seq::after(half.ack, connection.half[other(side)].isn.wrapping_add(2));
    never_opened(half) && !took || connection.has_closed_window(side)
}

/// Has the window of this end been closed since its SYN?
fn never_opened(half: &Half) -> bool {
    half.has(Half::SYN) && half.window == 0 && !half.has(Half::FIN)
}

/// Notes a window that closes or opens. `edge`: where it ended before.
pub(super) fn on_window(connection: &mut Connection, from: usize, segment: &Segment, edge: u32) {
    if !segment.flags.has(Flags::ACK) {
        return;
    }
    if segment.window == 0 {
        // Some systems announce none with a FIN, whatever room there is. Full is one that has none for another segment.
        let next = segment.acknowledgment.wrapping_add(connection.half[other(from)].data_length);
        let full = connection.half[from].window > 0 && !seq::before(next, edge);
        if segment.flags.has(Flags::FIN) && !full {
            return;
        }
        // One that has not been open since the SYN does not close.
        if !connection.has_closed_window(from) && !never_opened(&connection.half[from]) {
            connection.story().window_closed[from] = Some(Mark::of(segment));
            tell(connection, from, segment, What::WindowClosed);
        }
        return;
    }
    if let Some(story) = connection.story.as_mut() {
        story.window_closed[from] = None;
    }
}

/// Takes a FIN. Returns whether it may decide something.
pub(super) fn on_fin(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    if connection.half[from].has(Half::FIN) {
        connection.story().fin_again[from] = true;
        return false;
    }
    connection.half[from].set(Half::FIN);
    note_close(connection, from, segment)
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
