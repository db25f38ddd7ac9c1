//! RSTs: how their receiver takes them, and what comes after them.

use super::super::connection::{CLIENT, Connection, Half, Mark, other};
use super::super::places::{Place, Sight};
use super::super::seq;
use super::super::story::{Acceptance, Event, Pending, Repeated, Reset, Silence, Story, What};
use super::acceptance::acceptance;
use super::window::window;
use super::{
    FAR, Next, RTO_MIN, Restart, SHORTEST_KEEPALIVE, SWAPPED, event, gives_up, note_options, reach, tell,
    waits_for_syn_ack,
};
use crate::decode::{Flags, Segment};
use crate::time::SECOND;

/// What a segment tells about a RST that was captured before it. Returns whether that may decide something.
pub(super) fn after_reset(connection: &mut Connection, from: usize, segment: &Segment, reset: Reset) -> bool {
    if from == reset.from {
        after_own_reset(connection, from, segment, reset)
    } else {
        after_reset_of_the_other(connection, from, segment, reset)
    }
}

/// The sender of the RST is heard again: the RST was captured ahead of what it follows, or another one sent it.
fn after_own_reset(connection: &mut Connection, from: usize, segment: &Segment, mut reset: Reset) -> bool {
    let half = connection.half[from];
    let since = segment.time.since(reset.mark.time);
    let undecided = matches!(reset.acceptance, Acceptance::InWindow | Acceptance::OutOfWindow | Acceptance::Unknown);
    // Whoever got it ahead of that, too, challenged it.
    let challenged = connection.story.as_ref().is_some_and(|story| story.challenged);
    if undecided && !challenged && since < SWAPPED && half.next == reset.sequence {
        reset.acceptance = Acceptance::Exact;
        let story = connection.story();
        story.reset = Some(reset);
        story.pending = Some((Pending::Reset, reset.mark.time));
        return true;
    }
    // What the socket numbered just before its RST left before it (`ip_select_ident_segs()`), however late it comes.
    let numbered = segment.ip_id != 0 && reset.ip_id != 0;
    if numbered && (1..=256).contains(&reset.ip_id.wrapping_sub(segment.ip_id)) {
        return false;
    }
    // Further ahead than the window is open it did not send (RFC 9293, section 3.8.6): that is the next connection on the ports,
    // whose SYN is captured just behind.
    let within = !seq::after(segment.sequence, reset.sequence.wrapping_add(window(connection, other(from))));
    let ahead = within && seq::after(segment.sequence.wrapping_add(reach(segment)), reset.edge);
    // With MP_FASTCLOSE a socket lives a little longer, and works off the acknowledgments that wait for it (`mptcp_do_fastclose()`).
    let fast_closed = connection.story.as_ref().is_some_and(|story| story.paths.fast_closed);
    let beyond = ahead && !(fast_closed && since < SWAPPED);
    // What left before the RST comes late where it is captured further along the way, and by another clock nobody knows when.
    let here = reset.mark.input == segment.input;
    let late = here && since >= if half.has(Half::COPIED) { SWAPPED.max(connection.round_trip()) } else { SWAPPED };
    // Only a socket acknowledges what came after the RST, by one clock. What the RST acknowledges itself came before it.
    let peer = connection.half[other(from)];
    let takes_more = segment.flags.has(Flags::ACK)
        && reset.acknowledgment.is_none_or(|acknowledged| seq::before(acknowledged, peer.data_until))
        && [reset.mark.input, peer.data_input] == [segment.input; 2]
        && { peer.data_time } > reset.mark.time
        && !seq::before(segment.acknowledgment, peer.data_until);
    // A socket that has sent a RST is closed, and sends no payload again.
    let again = segment.sequence == reset.sequence;
    // Nor does it probe, one below SND.NXT (`tcp_xmit_probe_skb()`).
    let probes = segment.sequence == reset.sequence.wrapping_sub(1);
    if beyond || late && (again || probes || within && segment.payload_length > 0) || takes_more && again {
        let event = event(connection, from, segment, What::Data);
        let story = connection.story();
        if story.sender_lives.replace(Mark::of(segment)).is_none() {
            story.tell(event);
        }
    }
    false
}

/// A copy shows behind a RST of the same end, by the same clock, what was captured elsewhere first.
pub fn note_copy(story: &mut Story, from: usize, segment: &Segment) {
    let Some(reset) = story.reset.filter(|reset| reset.from == from) else { return };
    let here = reset.mark.input == segment.input && segment.time > reset.mark.time;
    let beyond = seq::after(segment.sequence.wrapping_add(reach(segment)), reset.edge);
    if let Some(goes_on) =
        story.sender_lives.as_mut().filter(|goes_on| here && beyond && goes_on.input != segment.input)
    {
        *goes_on = Mark::of(segment);
    }
}

/// The receiver of the RST is heard: it answers a RST that it did not take, or takes what came after it.
fn after_reset_of_the_other(connection: &mut Connection, from: usize, segment: &Segment, reset: Reset) -> bool {
    let sends_on = sends_on(connection, from, segment, &reset);
    let had_more = had_more(connection, segment, &reset);
    let story = connection.story();
    if segment.payload_length == 0 && !segment.flags.has(Flags::FIN) && reset.acceptance != Acceptance::Exact {
        story.challenged = true;
    }
    // Whose connect() failed has no socket any more, and answers the SYN-ACK with a RST: this end has not got that RST.
    let connects = reset.acceptance == Acceptance::RefusesSyn;
    let takes_more = story.sender_lives.is_some() && seq::after(segment.acknowledgment, reset.sequence);
    if sends_on && !story.receiver_lives {
        story.lost_resets[reset.from] = story.lost_resets[reset.from].saturating_add(1);
    }
    if segment.flags.has(Flags::ACK) && (connects || takes_more || sends_on || had_more) {
        story.receiver_lives = true;
        if matches!(story.pending, Some((Pending::Reset, _))) {
            story.pending = None;
            return true;
        }
    }
    false
}

/// The receiver acknowledges payload that was sent before the RST and stands behind it. It got that in the order in which it was
/// sent, and the RST is outside of its window then (`tcp_sequence()`); ahead of it the RST had left no socket that acknowledges
/// (`tcp_reset()`). With several RSTs another one may be the one that counts.
fn had_more(connection: &Connection, segment: &Segment, reset: &Reset) -> bool {
    let sender = &connection.half[reset.from];
    let single = connection.story.as_ref().is_some_and(|story| story.resets[reset.from] == 1);
    reset.acceptance == Acceptance::Exact
        && single
        && sender.has(Half::DATA)
        && seq::after(segment.acknowledgment, reset.sequence)
        && !seq::after(segment.acknowledgment, sender.data_until)
}

/// `tcp_reset()` leaves no socket, and stops its timers (`tcp_done()`): what the receiver of an exact RST sends again by timer
/// a trip after it says that the RST has not reached it. What comes sooner may have waited in a queue.
fn sends_on(connection: &Connection, from: usize, segment: &Segment, reset: &Reset) -> bool {
    let Some(story) = connection.story.as_deref() else {
        return false;
    };
    let (mark, silence) = (Mark::of(segment), &story.silence[from]);
    let by_timer = match silence.what {
        Repeated::Data => silence.interval >= RTO_MIN,
        // `tcp_keepalive_timer()`, `tcp_probe_timer()`.
        Repeated::KeepAlive | Repeated::WindowProbe => true,
        Repeated::Syn | Repeated::Nothing => false,
    };
    let waits = by_timer && silence.last == mark;
    // What the capture shows acknowledged it sends again where the acknowledgments do not reach it. One such may be a late copy.
    let in_vain = story.spurious_retransmission[from] == Some(mark) && story.spurious_retransmissions[from] >= 2;
    let late = segment.time.since(reset.mark.time) > connection.crossing();
    reset.acceptance == Acceptance::Exact && (waits || in_vain) && late
}

/// Both ends have sent a FIN, and each has acknowledged the other's.
pub fn closed(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    client.has(Half::FIN | Half::SEQUENCE)
        && server.has(Half::FIN | Half::SEQUENCE)
        && !seq::before(client.ack, server.next)
        && !seq::before(server.ack, client.next)
}

/// Takes a RST, or an acknowledgment that ends all paths as one does.
pub fn on_reset(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    let to = other(from);
    let answers_other_syn = connection.story.as_ref().and_then(|story| story.other_syn).is_some_and(|(_, isn, who)| {
        who == to && segment.flags.has(Flags::ACK) && segment.acknowledgment == isn.wrapping_add(1)
    });
    if answers_other_syn {
        return Next::restart(Restart::AtOtherSyn);
    }
    let reset = describe(connection, from, segment);
    tell(connection, from, segment, What::Reset);
    note_options(connection, from, segment);
    forget_error_about(connection, from, segment);
    decide(connection, segment, reset);
    Next { grace: true, ..Next::default() }
}

/// Describes a RST, also how its receiver takes it, and notes what it acknowledges.
fn describe(connection: &mut Connection, from: usize, segment: &Segment) -> Reset {
    let to = other(from);
    let is_fast_close = !segment.flags.has(Flags::RST);
    let acceptance = match acceptance(connection, from, segment) {
        // `tcp_data_queue()` looks at the options of what is in the window, in order or not.
        Acceptance::InWindow if is_fast_close => Acceptance::Exact,
        acceptance => acceptance,
    };
    let prompted = segment.time.since(connection.last) <= (2 * connection.round_trip()).max(SECOND / 2);
    let answers = prompted && answers_with_an_acknowledgment(connection, from, segment);
    let had_all = connection.acknowledged(to);
    // An abort tells what had arrived: all that the capture shows, if it acknowledges more than that.
    let peer_next = connection.half[to].next;
    let ahead = segment.acknowledgment.wrapping_sub(peer_next);
    let acknowledged = if ahead <= FAR { peer_next } else { segment.acknowledgment };
    if let Acceptance::Exact = acceptance
        && segment.flags.has(Flags::ACK)
        && connection.half[from].has(Half::ACK)
        && seq::between(acknowledged, connection.half[from].ack, peer_next)
    {
        connection.half[from].ack = acknowledged;
    }
    let sent = connection.half[from];
    // The windows of a SYN and of some FINs are no measure.
    let told_of = !sent.has(Half::FIN) && !connection.has_only_opened(from);
    let behind = sent.has(Half::SEQUENCE) && seq::after(sent.next, segment.sequence);
    Reset {
        mark: Mark::of(segment),
        from,
        sequence: segment.sequence,
        edge: if behind { sent.next } else { segment.sequence },
        acknowledgment: segment.flags.has(Flags::ACK).then_some(segment.acknowledgment),
        acceptance,
        window: segment.window,
        ip_id: segment.ip_id,
        ttl: segment.ttl,
        ttls: (segment.ttl, segment.ttl),
        had_all,
        unacknowledged: connection.unacknowledged(to),
        only_opened: sent.has(Half::SYN | Half::ACK) && sent.ack == connection.half[to].isn.wrapping_add(1),
        unread: connection.has_closed_window(from)
            || told_of && segment.window > 0 && segment.window / 2 >= sent.window && !is_swapped(&sent, segment),
        copied: false,
        another_went_out: false,
        place: Place::of(segment),
        again: None,
        sight: Sight::default(),
        prompted,
        answers,
        is_fast_close,
        says: 0,
    }
}

/// Does the sender of a RST give up by it, and does the RST decide what becomes of its receiver?
fn decide(connection: &mut Connection, segment: &Segment, reset: Reset) {
    let (from, to) = (reset.from, other(reset.from));
    // `tcp_v4_send_reset()` answers a segment that has an acknowledgment with that number, and without ACK.
    let socketless = reset.is_bare() || reset.answers;
    let gone = socketless && connection.half[to].has(Half::ACK) && segment.sequence == connection.half[to].ack;
    if gone {
        had_given_up(connection, from, segment);
    }
    let probing = connection.story().silence[from].what == Repeated::WindowProbe;
    note_last_probe(connection, from, segment);
    // `tcp_rcv_synsent_state_process()`: what acknowledges another SYN is answered, and the socket waits on.
    let waits_on = connection.story().challenged && waits_for_syn_ack(connection, from);
    let gave_up = !probing && !waits_on && gives_up(connection, from, segment.time, gone);
    let receiver = connection.half[to];
    let decided = connection.decided;
    let story = connection.story();
    story.gone[from] |= socketless && reset.acceptance == Acceptance::Exact;
    // Who acknowledges more than the RST before this one stands at had taken more, and did not take that RST.
    let took_more = |earlier: Reset| receiver.has(Half::ACK) && seq::before(earlier.sequence, receiver.ack);
    let passed =
        story.reset.is_some_and(|earlier| earlier.from == from && (story.receiver_lives || took_more(earlier)));
    keep(story, reset, passed);
    if let Some(decisive) = story.reset.filter(Reset::is_accepted)
        && !gave_up
        && story.pending.is_none()
        && !decided
    {
        story.pending = Some((Pending::Reset, decisive.mark.time));
    }
}

/// The host of `from` has no socket for what came. If that end had sent payload again that was acknowledged, until its next
/// repetition was overdue, its kernel had given up by then (`tcp_write_err()` sends nothing), and it has heard nothing since: a
/// socket that is there repeats by timer, whoever has closed it.
fn had_given_up(connection: &mut Connection, from: usize, segment: &Segment) {
    let half = connection.half[from];
    let Some(story) = connection.story.as_mut().filter(|story| story.silence[from].what == Repeated::Nothing) else {
        return;
    };
    if let Some(silence) = in_vain(story, from, &half).filter(|silence| silence.overdue() <= segment.time) {
        story.silence[from] = silence;
    }
}

/// The payload of `side` was acknowledged where the capture was made, and it has sent it again and again all the same: so the
/// acknowledgments do not reach it.
fn in_vain(story: &Story, side: usize, half: &Half) -> Option<Silence> {
    let (first, times) = (half.data_mark(), story.spurious_retransmissions[side]);
    let last = story.spurious_retransmission[side].filter(|_| times >= 3)?;
    Some(Silence {
        what: Repeated::Data,
        first,
        last,
        // Timeouts double: the last one was a little more than half of all the time.
        interval: last.time.since(first.time) / 3 * 2,
        attempts: times + 1,
        unheard: times + 1,
        sequence: half.data_until.wrapping_sub(half.data_length),
        until: half.data_until,
        length: half.data_length,
        ..Silence::default()
    })
}

/// Does a host without a socket answer so? It takes the numbers from what it answers: its own from the acknowledgment there, and what
/// it acknowledges from the end of that (lwIP's `tcp_input()`; RFC 9293, section 3.10.7.1, demands no acknowledgment). A socket
/// acknowledges RCV.NXT, which never goes back: an answer to a keep-alive probe stands below it. And lwIP numbers all its packets by
/// one counter, which begins anew with the host.
fn answers_with_an_acknowledgment(connection: &Connection, from: usize, segment: &Segment) -> bool {
    let (sender, peer) = (&connection.half[from], &connection.half[other(from)]);
    let shown = segment.flags.has(Flags::ACK) && sender.has(Half::ACK) && peer.has(Half::ACK);
    let goes_back =
        seq::before(segment.acknowledgment, sender.ack) && sender.ack.wrapping_sub(segment.acknowledgment) <= FAR;
    let anew = segment.ip_id < sender.ip_id && sender.ip_id - segment.ip_id < 1 << 15 && is_swapped(sender, segment);
    shown && segment.sequence == peer.ack && (goes_back || anew)
}

/// Is this the window of a RST of lwIP? Since 2.1 that is its whole window with its bytes swapped (`tcp_rst()`,
/// `tcp_output_alloc_header_common()`), which says nothing of the room that its socket has. What it announced last was all but the
/// quarter that `tcp_update_rcv_ann_wnd()` may keep to itself.
fn is_swapped(sender: &Half, segment: &Segment) -> bool {
    let whole = segment.window.swap_bytes();
    whole != segment.window && whole >= sender.window && whole - sender.window <= whole / 4
}

/// Of several RSTs the first one counts that its receiver accepts, else the first one. `passed`: the one before was not accepted.
fn keep(story: &mut Story, reset: Reset, passed: bool) {
    let from = reset.from;
    story.reuses_ports |= story.challenged && reset.acceptance == Acceptance::NotAccepted && from == CLIENT;
    story.resets[from] = story.resets[from].saturating_add(1);
    let Some(earlier) = story.reset else {
        story.reset = Some(reset);
        return;
    };
    story.both_resets().for_each(|known| known.note_elsewhere(&reset));
    let outranks = (passed || !earlier.is_accepted()) && reset.is_accepted();
    if let Some(known) = story.reset.as_mut().filter(|earlier| overtook(earlier, &reset)) {
        known.acknowledgment = reset.acknowledgment;
        known.had_all = reset.had_all;
        known.unacknowledged = reset.unacknowledged;
        known.unread = reset.unread;
    }
    // Ahead of what was lost or overtaken an abort brings a challenge ACK, and the host that has no socket any more answers
    // that (RFC 5961, section 3.2): the RST is that of the abort, which tells what had arrived.
    // Of one that was lost the other end hears so, too.
    let lost = story.sender_lives.is_none() && earlier.sequence == reset.sequence;
    let own = if earlier.is_accepted() { lost } else { story.challenged };
    let confirms = outranks && own && reset.is_bare();
    let same_way = earlier.from == from && (earlier.ttls.0..=earlier.ttls.1).contains(&reset.ttl);
    let edge = if earlier.from == from && seq::after(earlier.edge, reset.edge) { earlier.edge } else { reset.edge };
    let another_went_out = earlier.from == from && (earlier.another_went_out || earlier.went_out());
    let reset = Reset { edge, another_went_out, ..reset };
    let reset = match earlier.acknowledgment {
        Some(_) if confirms && same_way => Reset {
            acknowledgment: earlier.acknowledgment,
            had_all: earlier.had_all,
            unacknowledged: earlier.unacknowledged,
            unread: earlier.unread,
            ip_id: earlier.ip_id,
            ..reset
        },
        Some(_) | None => reset,
    };
    if earlier.from != from {
        let back = story.reset_back.filter(|back| back.is_accepted() || !reset.is_accepted()).unwrap_or(reset);
        story.reset_back = Some(if outranks { earlier } else { back });
    }
    if outranks {
        story.reset = Some(reset);
        // Who went on after the other RST says nothing of this one.
        story.receiver_lives = false;
        story.sender_lives = None;
    }
}

/// The host's answer to what met no socket any more came ahead of the RST with which the socket had ended, as several processors
/// send them: who has no socket answers without an acknowledgment (`tcp_v4_send_reset()`), and an end that aborts acknowledges
/// (`tcp_send_active_reset()`). The connection was aborted, and had not been forgotten.
fn overtook(earlier: &Reset, reset: &Reset) -> bool {
    let answer = earlier.is_accepted() && earlier.is_bare() && earlier.prompted;
    let abort = reset.acknowledgment.is_some() && !reset.answers;
    let alike = earlier.from == reset.from && (earlier.ttls.0..=earlier.ttls.1).contains(&reset.ttl);
    let at_once = earlier.mark.input == reset.mark.input && reset.mark.time.since(earlier.mark.time) < SWAPPED;
    answer && abort && alike && at_once && reset.sequence == earlier.sequence
}

/// An ICMP error about this RST was captured just before it: the socket was gone when it came.
fn forget_error_about(connection: &mut Connection, from: usize, segment: &Segment) {
    let story = connection.story();
    let about = |event: &Event| event.from == from && matches!(event.what, What::Icmp(..));
    let others = story.events.iter().filter(|event| about(event)).count() > 1;
    let ahead = story.soft[from]
        .is_some_and(|error| error.sequence == segment.sequence && segment.time.since(error.time) < SWAPPED);
    if ahead && !others {
        story.soft[from] = None;
    }
}

/// `tcp_keepalive_timer()` sends its RST when the next probe would have been due: nobody answered the one before.
fn note_last_probe(connection: &mut Connection, from: usize, segment: &Segment) {
    let silence = &mut connection.story().silence[from];
    let waited = segment.time.since(silence.last.time);
    let due = SHORTEST_KEEPALIVE.max(silence.interval - silence.interval / 10);
    if silence.what == Repeated::KeepAlive && segment.flags.has(Flags::ACK) && waited >= due {
        silence.gave_up = true;
    }
}
