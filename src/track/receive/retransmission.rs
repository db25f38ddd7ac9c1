//! Segments that bring nothing new, what they repeat, and when the wait for an answer ends.

use super::super::connection::{Connection, Half, Mark, other};
use super::super::places::Place;
use super::super::seq;
use super::super::story::{Pending, Repeated, Silence, Story, What};
use super::reset::closed;
use super::window::window_is_closed;
use super::{REORDERED_WITHIN, SHORTEST_PROBE, tell};
use crate::decode::{Flags, Segment, Signs};
use crate::time::{SECOND, Time};

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
    let before_it = half.has(Half::ACKED_UNSEEN) && segment.sequence == half.shown_until();
    let probe = segment.payload_length <= 1
        && !segment.flags.has(Flags::FIN)
        && segment.sequence == half.next.wrapping_sub(1)
        && !before_it
        && connection.established()
        && (segment.payload_length == 0 || acked);
    if probe {
        return on_probe(connection, from, segment);
    }
    if segment.payload_length == 0 {
        return false;
    }
    let end = segment.sequence.wrapping_add(segment.payload_length);
    if peer.has(Half::ACK) && !seq::after(end, peer.ack) {
        // Already acknowledged where the capture was made: sent again in vain, or a copy that came late.
        if segment.time.since(half.data_time) >= SECOND / 10 {
            let story = connection.story();
            let late = story.spurious_retransmission[from].replace(Mark::of(segment));
            // Those of one moment count once, as `repeat` has it.
            let apart = late.is_none_or(|last| segment.time.since(last.time) >= REORDERED_WITHIN);
            story.spurious_retransmissions[from] += u32::from(apart);
        }
        return false;
    }
    if segment.time.since(half.data_time) < REORDERED_WITHIN {
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

/// Takes a probe: of a closed window, or else of a connection that is idle.
fn on_probe(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    let closed = window_is_closed(connection, other(from));
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

/// Notes that `from` sent something again because no answer came. Returns whether it was a repetition at all.
pub(super) fn repeat(connection: &mut Connection, from: usize, segment: &Segment, what: Repeated) -> bool {
    let half = connection.half[from];
    let mark = Mark::of(segment);
    let first = match what {
        Repeated::Syn => Mark::at(connection.start, connection.start_frame.into(), connection.start_input.into()),
        Repeated::Data => half.data_mark(),
        Repeated::KeepAlive | Repeated::WindowProbe | Repeated::Nothing => mark,
    };
    let silence = &mut connection.story().silence[from];
    if silence.what != what {
        let attempts = if first == mark { 1 } else { 2 };
        *silence = Silence {
            what,
            first,
            last: mark,
            interval: segment.time.since(first.time),
            attempts,
            unheard: attempts,
            sequence: segment.sequence,
            until: segment.sequence.wrapping_add(segment.payload_length),
            length: segment.payload_length,
            place: Place::of(segment),
            ..Silence::default()
        };
        return attempts == 1 || silence.interval >= REORDERED_WITHIN;
    }
    let interval = segment.time.since(silence.last.time);
    let probes = matches!(what, Repeated::WindowProbe | Repeated::KeepAlive);
    let closest = if probes { SHORTEST_PROBE } else { REORDERED_WITHIN };
    if interval < closest {
        return false;
    }
    let overdue = silence.overdue();
    // By timer the oldest bytes go again (`tcp_retransmit_timer()`). Where the next ones follow, those were acknowledged, though
    // the capture does not show it, or it was no timer (`tcp_xmit_retransmit_queue()`, `tcp_send_loss_probe()`).
    let goes_on = what == Repeated::Data && !seq::before(segment.sequence, silence.until);
    silence.attempts += u32::from(!goes_on);
    silence.unheard += 1;
    silence.until = segment.sequence.wrapping_add(segment.payload_length);
    silence.interval = silence.interval.max(interval);
    silence.last = mark;
    silence.put_off = 0;
    silence.length = silence.length.max(segment.payload_length);
    // What was overdue has come in the time of grace: the sender goes on, whether or not others' packets had told the time.
    let story = connection.story();
    if matches!(story.pending, Some((Pending::Silence(side), time)) if side == from && time >= overdue) {
        story.pending = None;
    }
    true
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
            silence.put_off = 0;
        }
        Repeated::WindowProbe if !bare && !old && segment.time < silence.overdue() => {
            let seconds = segment.time.since(silence.last.time).div_ceil(SECOND);
            silence.put_off = seconds.try_into().unwrap_or(u16::MAX);
        }
        Repeated::WindowProbe | Repeated::Syn | Repeated::Nothing => {}
    }
}

/// The end that waited was answered after all. If it had lost patience before that, its RST is what ended the connection.
pub(super) fn wait_is_over(story: &mut Story, side: usize) {
    if matches!(story.pending, Some((Pending::Silence(waits), _)) if waits == side) {
        let own = story.reset.filter(|reset| reset.from == side && reset.is_accepted());
        story.pending = own.map(|reset| (Pending::Reset, reset.mark.time));
    }
}

/// A sender that waits in vain ends the connection itself: its silence is decided. `gone` if its RST says that its host has
/// no socket any more: then nobody was there to hear what came meanwhile, and none of it was an answer.
pub(super) fn gives_up(connection: &mut Connection, from: usize, time: Time, gone: bool) -> bool {
    let peer = connection.half[other(from)];
    let round_trip = connection.round_trip();
    let Some(story) = connection.story.as_mut() else {
        return false;
    };
    let silence = &mut story.silence[from];
    if gone {
        silence.answers = 0;
    }
    // Whoever was heard meanwhile may still answer, and so may who was probed less than a round trip ago.
    let heard = silence.answers > 0;
    let young = silence.what == Repeated::KeepAlive && time.since(silence.last.time) <= round_trip;
    let unanswered = Silence { attempts: silence.attempts.saturating_sub(young.into()), ..*silence };
    if heard || !unanswered.convinces(&peer) || story.pending.is_some() {
        return false;
    }
    story.pending = Some((Pending::Silence(from), time));
    true
}
