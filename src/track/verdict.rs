//! What each application got: the rules of the kernel, applied to what a connection's story holds.

mod fins;
mod origin;
mod resets;

use super::GRACE;
use super::connection::{CLIENT, Connection, Half, Mark, SERVER, other};
use super::ending::{Benign, By, Doubt, Ending, Failure};
use super::kernel::{Errno, Kind};
use super::places::{Elsewhere, Vantage, Way};
use super::receive::{RTO_MIN_EARLY, SHORTEST_SYN_TIMEOUT, SWAPPED, may_be_of_windows};
use super::seq;
use super::story::{Acceptance, Pending, Repeated, Reset, Silence, Story};
use crate::time::{MILLISECOND, SECOND, Time};
pub use origin::{
    awaits_copy, foreign, hops, is_from_elsewhere, is_next_of_the_socket, is_the_sockets, made_on_the_way,
    may_be_a_detour, may_have_come_in, seen_on_a_part_of_the_way, tells_no_distance,
};
use origin::{is_first_to_go_out, lost_on_the_way};
use resets::{hears_nothing, judge_reset};

/// A client whose SYN-ACKs never come repeats its SYN a second after the last one, or a little later.
const NEXT_SYN: u64 = 1300 * MILLISECOND;
/// No verdict on a handshake waits longer for that.
const LONGEST_GRACE: u64 = 2500 * MILLISECOND;

/// When the verdict on what is pending is due. A RST that ends a handshake may be none of the client's, one that refuses it may
/// be lost, and an ICMP error may not have ended connect(), which shows only when its next SYN comes.
pub fn due(connection: &Connection) -> Option<Time> {
    let story = connection.story.as_deref()?;
    let (pending, time) = story.pending?;
    let reset_awaits_syn = |reset: Reset| match reset.acceptance {
        Acceptance::EndsHalfOpen => true,
        // The client drops the RST if it signs its SYN, which the snaplen may have cut, and may not get it if it has not got the
        // one before, or if routers are still on its way.
        Acceptance::RefusesSyn => {
            story.hidden[CLIENT] || story.told_ignored || hops(connection.half[CLIENT].ttl_low) > 0
        }
        Acceptance::Exact
        | Acceptance::InWindow
        | Acceptance::OutOfWindow
        | Acceptance::NotAccepted
        | Acceptance::Unknown
        | Acceptance::OptionsCut => false,
    };
    let awaits_syn = match pending {
        Pending::Reset => story.reset.is_some_and(reset_awaits_syn),
        // connect() may have held the socket when the error came, or be none of Linux.
        Pending::Icmp => true,
        // So may be the one by which it seems to give up.
        Pending::Silence(side) => {
            side == CLIENT && story.silence[CLIENT].what == Repeated::Syn && story.resets[CLIENT] > 0
        }
    };
    if !awaits_syn {
        return Some(time + GRACE);
    }
    let silence = &story.silence[CLIENT];
    let first = connection.start + NEXT_SYN;
    let next = if silence.what == Repeated::Syn { silence.overdue().max(silence.last.time + NEXT_SYN) } else { first };
    Some((time + GRACE).max(next.min(time + LONGEST_GRACE)))
}

/// Judges what is pending on a connection, when the time of grace has passed.
pub fn judge(connection: &Connection) -> Ending {
    let Some(story) = connection.story.as_deref() else {
        return Ending::Quiet;
    };
    match judge_pending(connection, story) {
        // The RST answers a challenge ACK: the client wants the ports for a new connection.
        Ending::Benign(Benign::Tail) if story.other_syn.is_some() => Ending::Benign(Benign::PortReuse),
        Ending::Failure(failure) if !reaches_the_application(connection, story, failure) => {
            Ending::Undecided(Doubt::Multipath)
        }
        ending => ending,
    }
}

/// `__mptcp_subflow_error_report()`: of an error of one path of several no application hears, but for that of connect().
/// MP_FASTCLOSE is an error of all of them.
fn reaches_the_application(connection: &Connection, story: &Story, failure: Failure) -> bool {
    let connecting = !connection.established() && failure.victim == CLIENT;
    story.paths.fast_closed || !story.paths.joined && (connecting || !story.paths.agreed)
}

fn judge_pending(connection: &Connection, story: &Story) -> Ending {
    match story.pending {
        Some((Pending::Silence(side), _)) => judge_silence(connection, story, side),
        Some((Pending::Icmp, _)) => judge_icmp(story),
        Some((Pending::Reset, _)) => match story.reset {
            Some(reset) => judge_reset(connection, story, reset),
            None => Ending::Quiet,
        },
        // What was pending was contradicted, or the RST was none that its receiver must accept.
        None => match story.reset.filter(|reset| !reset.is_accepted() || story.receiver_lives) {
            Some(reset) => judge_reset(connection, story, reset),
            None => Ending::Quiet,
        },
    }
}

const fn errno_at(side: usize, errno: Errno) -> [Option<Errno>; 2] {
    let mut both = [None; 2];
    both[side] = Some(errno);
    both
}

/// An ICMP error that is fatal in SYN_SENT (`tcp_v4_err()`, `tcp_v6_err()`).
fn judge_icmp(story: &Story) -> Ending {
    let Some(error) = story.fatal else {
        return Ending::Quiet;
    };
    let kind = kind_of(error.errno);
    Ending::Failure(Failure { kind, errno: errno_at(CLIENT, error.errno), victim: CLIENT, by: By::Icmp })
}

/// The kind that follows from an errno of `tcp_v4_err()`, `tcp_v6_err()` or `tcp_write_err()`.
fn kind_of(errno: Errno) -> Kind {
    match errno {
        Errno::ECONNREFUSED => Kind::Refused,
        Errno::ETIMEDOUT => Kind::TimedOut,
        Errno::ECONNRESET => Kind::Reset,
        Errno::EPIPE => Kind::BrokenPipe,
        Errno::ECONNABORTED => Kind::Aborted,
        Errno::EACCES
        | Errno::EPROTO
        | Errno::ENOPROTOOPT
        | Errno::EOPNOTSUPP
        | Errno::ENETUNREACH
        | Errno::ENONET
        | Errno::EHOSTDOWN
        | Errno::EHOSTUNREACH => Kind::Unreachable,
    }
}

/// Repetitions that nothing answered. `tcp_write_err()` hands over `sk_err_soft` if an ICMP error came, else
/// ETIMEDOUT.
fn judge_silence(connection: &Connection, story: &Story, side: usize) -> Ending {
    let silence: Silence = story.silence[side];
    if !silence.convinces(&connection.half[other(side)]) {
        return Ending::Quiet;
    }
    if silence.what == Repeated::Data && closed_with_its_data(story, side, &silence) {
        // The application had closed the socket before the first timeout: nobody is there to tell.
        return Ending::Undecided(Doubt::Unacknowledged);
    }
    if ends_repetitions(story, side) {
        return Ending::Undecided(Doubt::Hole);
    }
    if repeats_what_was_refused(connection, &silence, side) {
        let shown = connection.half[other(side)].has(Half::ANY) || story.resets[other(side)] > 0;
        return Ending::Undecided(if shown { Doubt::Hole } else { Doubt::OneDirection });
    }
    let errno = silence_errno(story, side);
    let mut errnos = errno_at(side, errno);
    let peer = other(side);
    // An abort stands behind all that was lost: its receiver challenges it (RFC 5961, 3.2), and is reset by the answer to that,
    // unless it has the last of it.
    let at_edge = |reset: Reset| reset.from == side && connection.is_at_sacked_edge(peer, reset.sequence);
    let accepted = story.gone[side] || story.reset.is_some_and(at_edge);
    let open = story.half_accepted.is_none() && !connection.half[peer].has(Half::FIN);
    let unheard = |reset: Reset| {
        let lost = lost_on_the_way(connection, story, &reset) || hears_nothing(connection, story, &reset);
        reset.from == side && lost
    };
    let lost = story.rejected[side] || story.lost_resets[side] > 0 || story.reset.is_some_and(unheard);
    // In CLOSE_WAIT `tcp_reset()` sets EPIPE.
    let has_fin = connection.half[side].has(Half::FIN) && connection.half[peer].ack == connection.half[side].next;
    errnos[peer] = match accepted && open && !lost {
        true => Some(if has_fin { Errno::EPIPE } else { Errno::ECONNRESET }),
        false => waits_too(connection, story, peer).then(|| silence_errno(story, peer)),
    };
    Ending::Failure(Failure { kind: kind_of(errno), errno: errnos, victim: side, by: By::Silence })
}

/// A RST in the window came, and what this end repeated before comes no more: the RST may be exact by what the capture lost.
fn ends_repetitions(story: &Story, side: usize) -> bool {
    let silence = &story.silence[side];
    let ends = |reset: Reset| {
        reset.from != side && reset.acceptance == Acceptance::InWindow && reset.mark.time > silence.last.time
    };
    silence.what == Repeated::Data && !story.went_on() && story.reset.is_some_and(ends)
}

/// Each SYN of Windows came again sooner than by timer, or as soon the second time as the first, half a second and a round trip
/// after the one before: it was refused, though the capture does not show all of the RSTs. A timer backs off (RFC 6298, section 5.5).
fn repeats_what_was_refused(connection: &Connection, silence: &Silence, side: usize) -> bool {
    let windows = may_be_of_windows(connection.half[side].ttl_low);
    let both = silence.last.time.since(silence.first.time);
    let backs_off = silence.attempts != 3 || silence.interval >= 2 * SECOND || both < silence.interval / 4 * 7;
    silence.what == Repeated::Syn && windows && (silence.interval < SHORTEST_SYN_TIMEOUT || !backs_off)
}

fn silence_errno(story: &Story, side: usize) -> Errno {
    story.soft_error(side).map_or(Errno::ETIMEDOUT, |error| error.errno)
}

/// Does this end of an open connection wait in vain as well as the other? Its payload may have been acknowledged: if it
/// repeats it all the same, and takes nothing from the other end, the acknowledgments do not reach it.
fn waits_too(connection: &Connection, story: &Story, side: usize) -> bool {
    let silence = &story.silence[side];
    let unanswered = matches!(silence.what, Repeated::Data | Repeated::KeepAlive)
        && silence.convinces(&connection.half[other(side)]);
    let waits =
        unanswered || story.spurious_retransmissions[side] >= 3 || repeats_its_fast_open(connection, story, side);
    waits && !closed_with_its_data(story, side, silence)
}

/// The server has made a socket of a SYN with payload (`tcp_fastopen_create_child()`), which its SYN-ACK acknowledges, and repeats
/// that in vain: `tcp_fastopen_synack_timer()` gives up by `tcp_write_err()`, of which the application hears that had it from
/// accept().
fn repeats_its_fast_open(connection: &Connection, story: &Story, side: usize) -> bool {
    let [client, server] = &connection.half;
    let took_payload = server.has(Half::SYN | Half::ACK) && seq::after(server.ack, client.isn.wrapping_add(1));
    side == SERVER
        && took_payload
        && !client.has(Half::ACK)
        && story.syn_ack_retransmissions >= 2
        && story.fin[SERVER].is_none()
}

fn closed_with_its_data(story: &Story, side: usize, silence: &Silence) -> bool {
    story.fin[side].is_some_and(|fin| fin.time.since(silence.first.time) < RTO_MIN_EARLY)
}

/// The RST came just when the sender's next keep-alive probe was due, after probes that the capture shows answered:
/// the answers did not reach it, and `tcp_keepalive_timer()` gave up.
pub fn probed_to_death(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    let probes = story.probes[reset.from];
    let due = reset.mark.time.since(probes.last);
    probes.count >= 3
        && reset.acknowledgment.is_some()
        && connection.acknowledged(reset.from)
        && due.abs_diff(probes.interval) <= probes.interval / 10
}
