//! What a RST does to its receiver, by what both had sent before (`tcp_reset()`).

use super::fins::{comes_before, did_not_arrive, misses_a_fin};
use super::*;

/// The client's RST before the handshake was complete. No application of the server knows of it.
const HALF_OPEN: Ending =
    Ending::Failure(Failure { kind: Kind::Aborted, errno: [None; 2], victim: SERVER, by: By::Reset });

/// The client's RST after the handshake, before any payload. Whether the server's listener waits for payload (TCP_DEFER_ACCEPT), and no
/// application hears of it, the packets do not show.
const ABORT: Ending = Ending::Failure(Failure {
    kind: Kind::Aborted,
    errno: errno_at(SERVER, Errno::ECONNRESET),
    victim: SERVER,
    by: By::Reset,
});

pub(super) fn judge_reset(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let victim = other(reset.from);
    match reset.acceptance {
        Acceptance::RefusesSyn | Acceptance::Exact if story.receiver_lives && story.pending.is_none() => {
            Ending::Benign(Benign::IgnoredReset)
        }
        Acceptance::RefusesSyn if story.resets_are_lost(reset.from) => Ending::Benign(Benign::IgnoredReset),
        Acceptance::RefusesSyn if is_of_an_open_socket(&reset) => Ending::Undecided(Doubt::Hole),
        Acceptance::RefusesSyn => Ending::Failure(Failure {
            kind: Kind::Refused,
            errno: errno_at(victim, Errno::ECONNREFUSED),
            victim,
            by: By::Reset,
        }),
        Acceptance::EndsHalfOpen => HALF_OPEN,
        Acceptance::Exact => match judge_exact(connection, story, reset) {
            Ending::Failure(_) if may_have_been_gone(connection, story, &reset) => Ending::Undecided(Doubt::OddReset),
            // `tcp_probe_timer()` gives up without a word, by TCP_USER_TIMEOUT for one: that is ETIMEDOUT, and the RST found nobody.
            Ending::Failure(failure)
                if failure.victim == victim && story.silence[victim].has_stopped_probing(reset.mark.time) =>
            {
                Ending::Undecided(Doubt::Hole)
            }
            ending => ending,
        },
        Acceptance::InWindow | Acceptance::OutOfWindow => {
            if story.went_on() {
                Ending::Benign(Benign::IgnoredReset)
            } else if ends_repetitions(story, victim) {
                Ending::Undecided(Doubt::Hole)
            } else {
                Ending::Undecided(Doubt::OddReset)
            }
        }
        Acceptance::NotAccepted if story.reuses_ports => Ending::Benign(Benign::PortReuse),
        Acceptance::NotAccepted => Ending::Benign(Benign::IgnoredReset),
        Acceptance::Unknown => Ending::Undecided(Doubt::BeganLate),
        Acceptance::OptionsCut => Ending::Undecided(Doubt::CutShort),
    }
}

/// Where nothing listens the host answers the SYN with sequence number 0 and window 0 (RFC 9293, section 3.10.7.1;
/// `tcp_v4_send_reset()`). A number and a window has the abort of a socket (`tcp_send_active_reset()`): its SYN-ACK is missing.
fn is_of_an_open_socket(reset: &Reset) -> bool {
    reset.sequence != 0 && reset.window > 0
}

/// Could this end have sent a FIN before the capture began? Not if it was seen to open or to send payload.
fn could_send(connection: &Connection, side: usize) -> bool {
    let half = &connection.half[side];
    half.has(Half::SYN) || half.has(Half::DATA)
}

/// Could this end have closed its socket before the capture began? Not if it could still send, or took payload in.
fn was_open(connection: &Connection, side: usize) -> bool {
    could_send(connection, side) || connection.half[side].has(Half::READ)
}

/// A RST with the exact sequence number, in a synchronized state: `tcp_reset()` sets EPIPE in CLOSE_WAIT and
/// ECONNRESET in every other state; whether an application is there to get it is what remains to be told.
fn judge_exact(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let (sender, victim) = (reset.from, other(reset.from));
    let half = &connection.half;
    if !half[victim].has(Half::ANY) {
        return Ending::Undecided(Doubt::OneDirection);
    }
    if victim == CLIENT && half[CLIENT].has(Half::SYN) && !half[CLIENT].has(Half::ACK) {
        // It never acknowledged the SYN-ACK: whether it was connected is not known.
        return Ending::Undecided(Doubt::OneDirection);
    }
    if gave_up_too(connection, story, &reset) {
        return Ending::Benign(Benign::Tail);
    }
    // Who rejects one RST rejects the next, but need not say so each time (RFC 1812, section 4.3.2.8; `icmpv4_xrlim_allow()`).
    if story.rejected[sender]
        || lost_on_the_way(connection, story, &reset)
        || (story.resets_are_lost(sender) || hears_nothing(connection, story, &reset))
            && !is_first_to_go_out(connection, &reset)
    {
        return Ending::Undecided(Doubt::OddReset);
    }
    if misses_a_fin(connection, story, &reset) {
        return Ending::Undecided(Doubt::Hole);
    }
    let fin = story.fin[sender].filter(|fin| !comes_before(connection, story, &reset, *fin));
    let missing = did_not_arrive(connection, story, &reset, fin, connection.crossing());
    // Where no round trip shows, it may have crossed what was sent so long after it, on one of the few paths that take as long.
    if !missing && did_not_arrive(connection, story, &reset, fin, connection.usual_crossing()) {
        return Ending::Undecided(Doubt::BeganLate);
    }
    // A FIN that did not arrive comes again by timer, whoever has closed (RFC 6298, sections 2.4 and 5.4): where none does, who wrote
    // the numbers did not count it.
    let overdue = |fin: Mark| reset.mark.time.since(fin.time) > (2 * connection.round_trip()).max(SECOND);
    if missing && half[sender].has(Half::FIN) && !story.fin_again[sender] && fin.is_some_and(overdue) {
        return Ending::Undecided(Doubt::OddReset);
    }
    let sender_closed = fin.is_some() && !missing;
    let victim_closed = half[victim].has(Half::FIN) || story.fin[victim].is_some();
    // Who has ended only its sending probes still (`tcp_keepalive_timer()`, in FIN_WAIT2).
    if probed_to_death(connection, story, &reset) {
        if hears_no_answer(connection, story, sender) {
            let mut errno = errno_at(sender, Errno::ETIMEDOUT);
            let open = if sender_closed { Errno::EPIPE } else { Errno::ECONNRESET };
            errno[victim] = (!victim_closed).then_some(open);
            return Ending::Failure(Failure { kind: Kind::TimedOut, errno, victim: sender, by: By::Silence });
        }
        if sender_closed || victim_closed {
            return Ending::Undecided(Doubt::HalfClosed);
        }
    }
    if sender_closed && victim_closed {
        return judge_reset_of_both_closed(connection, story, reset);
    }
    if victim_closed {
        return judge_reset_of_closed(connection, story, reset);
    }
    if sender_closed {
        return judge_reset_after_fin(connection, story, reset);
    }
    if let Some(ending) = judge_half_accepted(connection, story, &reset) {
        return ending;
    }
    if !connection.was_used() && sender == CLIENT && half[CLIENT].has(Half::SYN) && !forged(connection, &reset) {
        // Without an acknowledgment of its own the handshake was never done, also where the SYN was captured last.
        let is_half_open = !half[CLIENT].has(Half::ACK) && half[SERVER].has(Half::SYN);
        return if is_half_open { HALF_OPEN } else { ABORT };
    }
    if !could_send(connection, sender) || !was_open(connection, victim) {
        return Ending::Undecided(Doubt::BeganLate);
    }
    // Among options that the snaplen cut there may have been a DATA_FIN of several paths: then it is EPIPE.
    if story.hidden[sender] {
        return Ending::Undecided(Doubt::CutShort);
    }
    failed(connection, story, &reset)
}

/// The receiver of the RST repeats payload again and again that the capture shows acknowledged, and has not got a RST before this
/// one, and the next repetition is not overdue: what the other end sends does not reach it (`tcp_rearm_rto()`).
pub(super) fn hears_nothing(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    let victim = other(reset.from);
    let unheard = story.spurious_retransmissions[victim] + u32::from(story.lost_resets[reset.from]);
    let sent = connection.half[victim].data_time;
    let waits = |last: Mark| reset.mark.time <= last.time + 2 * last.time.since(sent);
    unheard >= 3 && story.spurious_retransmission[victim].is_some_and(waits)
}

/// The probes of `side` come at another interval than that after which the first one came: it has got no answer to them, as
/// after an answer it waits as long as before the first (`tcp_keepalive_timer()`). Where both are the same, an abort may meet
/// the time of the next one, too: an idle time that is a multiple of that interval ends with it, as both begin with the last payload.
fn hears_no_answer(connection: &Connection, story: &Story, side: usize) -> bool {
    let probes = story.probes[side];
    let first = probes.last - probes.interval.saturating_mul(u64::from(probes.count.saturating_sub(1)));
    let payload = connection.half.iter().map(|half| half.data_time);
    let heard = payload.chain(story.fin.iter().flatten().map(|fin| fin.time)).max().unwrap_or_default();
    first.since(heard.max(connection.opened_at())).abs_diff(probes.interval)
        > probes.interval / 8 + connection.crossing()
}

/// ECONNRESET for who got the RST.
fn failed(connection: &Connection, story: &Story, reset: &Reset) -> Ending {
    let victim = other(reset.from);
    let mut errno = errno_at(victim, Errno::ECONNRESET);
    errno[reset.from] = reset_in_turn(connection, story, reset);
    Ending::Failure(Failure { kind: Kind::Reset, errno, victim, by: By::Reset })
}

/// If somebody else sent the RST, the end in whose name it came went on, and may have been reset in its turn: in CLOSE_WAIT that
/// is EPIPE, in FIN_WAIT2, in which it still reads, ECONNRESET.
fn reset_in_turn(connection: &Connection, story: &Story, reset: &Reset) -> Option<Errno> {
    let (sender, victim) = (reset.from, other(reset.from));
    // With SYN cookies a host answers so what has overtaken the first segment behind the SYN-ACK, with which it makes a socket
    // (`cookie_v4_check()`).
    let first = connection.half[victim].isn.wrapping_add(1);
    let accepts = reset.only_opened && reset.is_bare() && seq::after(connection.half[sender].ack, first);
    let another =
        |back: &Reset| story.sender_lives.is_some() || accepts || forged(connection, reset) || forged(connection, back);
    // Who sends payload after a RST, longer than both take to cross, has not got it. What it sends again by timer, it sends after
    // more than a round trip.
    let sent = connection.half[sender].data_time;
    let repeated = story.spurious_retransmission[sender].map_or(story.silence[sender].last.time, |copy| copy.time);
    let crossed = connection.crossing();
    let taken =
        |back: &Reset| sent <= back.mark.time + crossed && repeated <= back.mark.time + crossed.min(RTO_MIN_EARLY);
    // Who aborts had a socket until then, and has none since (`tcp_disconnect()`, `__tcp_close()`): who goes on has not aborted.
    let own = is_next_of_the_socket(connection, reset) || is_the_sockets(connection, reset);
    let aborts = own && story.sender_lives.is_none();
    let arrives = |back: &Reset| !lost_on_the_way(connection, story, back);
    let back = story.reset_back.filter(Reset::is_accepted).filter(another).filter(taken).filter(arrives);
    back.filter(|_| !aborts)?;
    let closed = |side: usize| connection.half[side].has(Half::FIN);
    match (closed(sender), closed(victim)) {
        (false, false) => Some(Errno::ECONNRESET),
        (false, true) => Some(Errno::EPIPE),
        (true, false) => story.read_after_fin[sender].then_some(Errno::ECONNRESET),
        (true, true) => None,
    }
}

/// The client's RST to a server that repeated its SYN-ACK: where no socket was made of the handshake (`tcp_check_req()`)
/// no application hears of it. `None` if one was made.
fn judge_half_accepted(connection: &Connection, story: &Story, reset: &Reset) -> Option<Ending> {
    let waits = story.half_accepted.filter(|_| reset.from == CLIENT)?;
    if !waits.acknowledged {
        let silent = !connection.was_used();
        return Some(if silent { HALF_OPEN } else { Ending::Undecided(Doubt::HalfAccepted) });
    }
    // It would have been sent again by now, unless the server had given up after so many (`tcp_synack_retries`).
    let accepted = waits.repeated == 1 && reset.mark.time > waits.overdue();
    (!accepted).then_some(Ending::Undecided(Doubt::HalfAccepted))
}

/// The receiver of the RST aborted by itself, before it can have got this one: no application is left to get an error.
fn gave_up_too(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    // What ends all paths is answered by RSTs of the socket (`mptcp_check_fastclose()`).
    let Some(back) = story.reset_back.filter(|_| story.sender_lives.is_none() && !reset.is_fast_close) else {
        return false;
    };
    if [reset, &back].iter().any(|reset| forged(connection, reset)) {
        return false;
    }
    // A RST with an acknowledgment is an abort: a host without a socket never answers a RST, and nothing else with one
    // (`tcp_v4_send_reset()`). It carries SND.NXT (`tcp_send_active_reset()`), which is in the window of the other end.
    // Or the end of a window that was closed over what it had sent (`tcp_acceptable_seq()`).
    let at_window = story.window_closed[reset.from].is_some() && back.sequence == connection.half[reset.from].ack;
    !back.is_bare()
        && (at_window || !seq::before(back.sequence, connection.half[back.from].next))
        && back.acceptance != Acceptance::OutOfWindow
}

/// A bare RST came back: was there no socket any more when the RST came, or did it end one, ahead of what it overtook and of
/// copies, which are answered so? What the other end had acknowledged before, or what was captured behind the RST, is no more than
/// that, nor where payload came just before, for no host loses a socket without a word. Payload that was sent before, and never
/// acknowledged, may have met no socket.
fn may_have_been_gone(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    let Some(back) = story.reset_back.filter(|back| back.is_bare() && story.sender_lives.is_none()) else {
        return false;
    };
    let crossing = connection.crossing();
    let crossed = back.mark.time.since(reset.mark.time) <= crossing;
    let (sender, victim) = (&connection.half[reset.from], &connection.half[other(reset.from)]);
    let spoke = victim.has(Half::DATA) && reset.mark.time.since(victim.data_time) <= crossing;
    let overtaken = sender.data_input == reset.mark.input && { sender.data_time } > reset.mark.time;
    let forged = [reset, &back].iter().any(|reset| forged(connection, reset));
    let taken = connection.acknowledged(reset.from) || connection.is_at_sacked_edge(other(reset.from), reset.sequence);
    // Where nothing went before the first RST nothing is there to answer: both ends aborted, or a device let both know.
    let answers = reset.prompted && taken;
    crossed && !overtaken && !spoke && !forged && !answers
}

/// Does the way that the RST came show that another one sent it?
pub(super) fn forged(connection: &Connection, reset: &Reset) -> bool {
    foreign(connection, reset) || made_on_the_way(connection, reset)
}

/// A RST after both FINs. No application is there to get an error; but a request that crossed the first FIN was lost,
/// and the client, which closed when it saw that FIN, had no other sign of it than the end of the connection.
fn judge_reset_of_both_closed(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let (sender, victim) = (reset.from, other(reset.from));
    let half = &connection.half[victim];
    let crossed = half.data_ack != connection.half[sender].next && story.fin_after_fin[victim];
    let request = victim == CLIENT && !connection.has(Connection::SERVER_SPOKE_LAST);
    let lost = request && connection.unacknowledged(victim) > 0 && crossed;
    if !lost || half.has(Half::FAREWELL) || half.has(Half::PAYLOAD_CUT) {
        return Ending::Benign(Benign::Tail);
    }
    // What is missing ahead of a FIN may have been a goodbye, or the answer.
    let shown = |half: &Half| half.shown_until() == half.data_end();
    if !connection.half.iter().all(shown) {
        return Ending::Undecided(Doubt::Hole);
    }
    Ending::Failure(Failure { kind: Kind::BrokenPipe, errno: [None; 2], victim, by: By::Reset })
}

/// A RST into an end that has itself sent a FIN. Its application has closed the socket, so there is nobody to tell,
/// unless it had shut down only its sending side: then it reads ECONNRESET.
fn judge_reset_of_closed(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let (sender, victim) = (reset.from, other(reset.from));
    let complete = connection.acknowledged(victim) && connection.acknowledged(sender);
    if complete && !story.read_after_fin[victim] {
        return Ending::Benign(Benign::Tail);
    }
    if !could_send(connection, sender) {
        return Ending::Undecided(Doubt::BeganLate);
    }
    if !story.read_after_fin[victim] {
        // Some of what it sent was lost, of which it hears if it still reads.
        return Ending::Undecided(Doubt::HalfClosed);
    }
    failed(connection, story, &reset)
}

/// The receiver of an abort behind a FIN sent segment upon segment until then, or about a round trip less: it may have had more,
/// which fails. With more time it would have sent that: all was acknowledged, and the window is open (`tcp_data_snd_check()`).
fn was_sending(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[other(reset.from)];
    !reset.is_bare() && half.uploads() && reset.mark.time.since(half.data_time) <= connection.soon()
}

/// A RST after a FIN of the same sender: its receiver is in CLOSE_WAIT. If it wrote to the end that was closed, it
/// gets EPIPE; if nothing of it was lost, its next call is a read that returns 0.
fn judge_reset_after_fin(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let victim = other(reset.from);
    // Of several paths, `mptcp_worker()` takes what closes all of them ahead of a DATA_FIN that came just before.
    let with_abort = |fin: Mark| reset.mark.time.since(fin.time) < SWAPPED;
    if !connection.half[reset.from].has(Half::FIN) && story.fin[reset.from].is_some_and(with_abort) {
        return Ending::Undecided(Doubt::Multipath);
    }
    let lost = connection.unacknowledged(victim);
    // `tcp_probe_timer()` sends nothing unless there is more to send, and what just fills the window is hardly all of it.
    let waits_to_send =
        story.silence[victim].what == Repeated::WindowProbe || story.window_closed[reset.from].is_some();
    if lost == 0 && story.data_after_fin[victim] == 0 && !waits_to_send {
        // In a capture of nothing but SYN, FIN and RST it does not show what was lost.
        return if connection.was_used() && !connection.has_payload() {
            Ending::Undecided(Doubt::Hole)
        } else if was_sending(connection, &reset) {
            Ending::Undecided(Doubt::MoreToSend)
        } else if story.sender_lives.is_some() {
            // Another one has sent FIN and RST: what the other end went on to send met no socket.
            Ending::Undecided(Doubt::OddReset)
        } else {
            Ending::Benign(Benign::Tail)
        };
    }
    let farewell = connection.half[victim].has(Half::FAREWELL) && lost <= connection.half[victim].data_length;
    if farewell {
        return Ending::Benign(Benign::Tail);
    }
    if connection.half[victim].has(Half::PAYLOAD_CUT) && lost <= connection.half[victim].data_length {
        return Ending::Undecided(Doubt::CutShort);
    }
    let mut errno = errno_at(victim, Errno::EPIPE);
    errno[reset.from] = reset_in_turn(connection, story, &reset);
    Ending::Failure(Failure { kind: Kind::BrokenPipe, errno, victim, by: By::Reset })
}
