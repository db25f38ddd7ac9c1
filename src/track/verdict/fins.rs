//! Whether a FIN came before a RST, is missing from the capture, or did not arrive.

use super::resets::forged;
use super::*;

/// May a FIN be missing from the capture, so that it does not show in which state the RST found its receiver? What an end sent
/// last was not captured: the other end acknowledged it, or a later segment stands behind it. One number of sequence space is a
/// FIN, or hardly anything else; and a host without a socket (its RST has no acknowledgment) had closed it, or never sent what
/// is missing.
pub(super) fn misses_a_fin(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    // Its receiver has taken nothing behind an exact RST.
    let missing = |side: usize, until: u32| {
        let half = &connection.half[side];
        let all = half.has(Half::FIN) || !half.has(Half::SEQUENCE);
        if all { 0 } else { seq::distance(half.shown_until(), until) }
    };
    let by_sender = missing(reset.from, reset.sequence);
    let by_victim = missing(other(reset.from), connection.half[other(reset.from)].next);
    // The RST may be the first to acknowledge it.
    let victim = &connection.half[other(reset.from)];
    let told_by_reset = !victim.has(Half::FIN) && reset.acknowledgment == Some(victim.next.wrapping_add(1));
    // Or what came before it is missing, too, and was acknowledged by itself.
    let one_more = [CLIENT, SERVER].iter().any(|side| {
        let half = &connection.half[*side];
        !half.has(Half::FIN) && story.one_more[*side] == Some(half.next)
    });
    let closed = one_more || by_sender == 1 || by_victim == 1 || by_sender > 0 && reset.is_bare() || told_by_reset;
    closed && shows_more_than_ends(connection, story)
}

/// Does the capture show payload or bare acknowledgments, or is it one of nothing but SYN, FIN and RST?
fn shows_more_than_ends(connection: &Connection, story: &Story) -> bool {
    let between = |side: usize| {
        let half = &connection.half[side];
        let ends = connection.syns(side) + u32::from(half.has(Half::FIN)) + u32::from(story.resets[side]);
        half.packets > ends
    };
    connection.has_payload() || between(CLIENT) || between(SERVER)
}

/// The FIN of the RST's sender did not reach its receiver, which is in ESTABLISHED still: something that it sent longer than
/// `crossing`, nanoseconds, after the FIN does not acknowledge it.
pub(super) fn did_not_arrive(
    connection: &Connection,
    story: &Story,
    reset: &Reset,
    fin: Option<Mark>,
    crossing: u64,
) -> bool {
    fin.is_some_and(|fin| fin_is_missing(connection, reset, fin, crossing))
        || missed_fin(connection, story, other(reset.from), crossing)
}

/// The other end's FIN did not reach this end: what it sent longer than that after the FIN does not acknowledge it.
fn missed_fin(connection: &Connection, story: &Story, side: usize, crossing: u64) -> bool {
    let (half, peer) = (&connection.half[side], &connection.half[other(side)]);
    let Some(fin) = story.fin[other(side)] else {
        return false;
    };
    !arrived_with_payload(connection, other(side), fin)
        && half.data_time.since(fin.time) > crossing
        && half.ack != peer.next
}

/// The RST came before its sender's FIN, behind which it does not stand. Of a host that had closed, whose reply stands at what
/// was acknowledged, a capture may hold a little earlier what came a little later; an abort stands at SND.NXT, behind the FIN
/// (`tcp_send_active_reset()`).
pub(super) fn comes_before(connection: &Connection, story: &Story, reset: &Reset, fin: Mark) -> bool {
    let ahead = reset.mark.time < fin.time && seq::before(reset.sequence, connection.half[reset.from].next);
    let (sender, receiver) = (&connection.half[reset.from], &connection.half[other(reset.from)]);
    // Or the FIN met no socket any more.
    let answers = |back: Reset| back.is_bare() && back.mark.time > fin.time && back.sequence == sender.ack;
    let met_none = seq::before(receiver.ack, sender.next) && story.reset_back.is_some_and(answers);
    ahead && (!reset.is_bare() || met_none || forged(connection, reset) || fin.time.since(reset.mark.time) > SWAPPED)
}

/// A RST that is accepted stands at RCV.NXT, or one below it after a FIN (`tcp_reset_check()`). Its receiver is in ESTABLISHED
/// still if it stands before the FIN of its sender, which waits behind a hole (`tcp_data_queue_ofo()`), or answers what was
/// sent long after the FIN and does not acknowledge it.
fn fin_is_missing(connection: &Connection, reset: &Reset, fin: Mark, crossing: u64) -> bool {
    // What was sent behind a FIN, after the RST, is of another sender, and says nothing of where the FIN stands (`tcp_fin()`).
    let sender = &connection.half[reset.from];
    let next =
        if fin.time <= reset.mark.time && seq::before(reset.edge, sender.next) { reset.edge } else { sender.next };
    let late = reset.is_bare() && reset.mark.time.since(fin.time) > crossing;
    let at_fin = next.wrapping_sub(1);
    let before = seq::before(reset.sequence, at_fin) || late && reset.sequence == at_fin;
    before
        && seq::before(connection.half[other(reset.from)].ack, next)
        && !arrived_with_payload(connection, reset.from, fin)
}

/// A FIN of `side` that came with payload arrived with it; some stacks acknowledge it later.
fn arrived_with_payload(connection: &Connection, side: usize, fin: Mark) -> bool {
    let (half, peer) = (&connection.half[side], &connection.half[other(side)]);
    let last_payload = half.data_time;
    half.has(Half::DATA) && last_payload == fin.time && !seq::before(peer.ack, half.data_until)
}
