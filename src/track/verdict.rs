//! What each application got: the rules of the kernel, applied to what a connection's story holds.

use super::GRACE;
use super::connection::{CLIENT, Connection, Half, SERVER, other};
use super::kernel::{Errno, Kind};
use super::receive::accepted;
use super::seq;
use super::story::{Acceptance, Pending, Repeated, Reset, Silence, Story};
use crate::time::{MILLISECOND, SECOND, Time};

/// How a connection ended, or why it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// An application got an error.
    Failure(Failure),
    /// Something that looks like one and is none.
    Benign(Benign),
    /// The capture cannot tell.
    Undecided(Doubt),
    /// Nothing worth a word.
    Quiet,
}

/// An error that an application got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub kind: Kind,
    /// What the client's and the server's application got.
    pub errno: [Option<Errno>; 2],
    /// The end that it happened to.
    pub victim: usize,
    /// By what.
    pub by: By,
}

/// What brought a failure about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A RST.
    Reset,
    /// An ICMP error.
    Icmp,
    /// Silence.
    Silence,
}

/// Endings that look like failures and are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benign {
    /// A RST that no application sees: both ends had finished.
    Tail,
    /// A new connection on the ports of an old one.
    PortReuse,
    /// A RST that its receiver did not accept.
    IgnoredReset,
    /// One end had shut down its sending side and went on reading.
    HalfClose,
}

impl Benign {
    /// Its cause id.
    pub fn id(self) -> &'static str {
        match self {
            Benign::Tail => "benign_tail",
            Benign::PortReuse => "port_reuse",
            Benign::IgnoredReset => "ignored_reset",
            Benign::HalfClose => "half_close",
        }
    }
}

/// Why a capture cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The capture began after the connection, and what was before it matters.
    BeganLate,
    /// Only one direction was captured.
    OneDirection,
    /// A RST whose sequence number does not fit what was captured.
    OddReset,
    /// Something was unanswered when the capture ended.
    EndedEarly,
    /// The snaplen cut what would tell.
    CutShort,
    /// Packets are missing from the capture just before the end, a FIN perhaps among them.
    Hole,
    /// One path of several (MPTCP) failed, of which the application need not hear.
    Multipath,
    /// The server repeated its SYN-ACK: whether it had a socket when the client's RST came does not show.
    HalfAccepted,
    /// An end had sent its FIN when the RST came: whether its application had closed the socket, or had only ended its
    /// sending and still read, does not show.
    HalfClosed,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Doubt; 9] = [
        Doubt::BeganLate,
        Doubt::OneDirection,
        Doubt::OddReset,
        Doubt::EndedEarly,
        Doubt::CutShort,
        Doubt::Hole,
        Doubt::Multipath,
        Doubt::HalfAccepted,
        Doubt::HalfClosed,
    ];

    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Doubt::BeganLate => "began_late",
            Doubt::OneDirection => "one_direction",
            Doubt::OddReset => "odd_reset",
            Doubt::EndedEarly => "ended_early",
            Doubt::CutShort => "cut_short",
            Doubt::Hole => "hole",
            Doubt::Multipath => "multipath",
            Doubt::HalfAccepted => "half_accepted",
            Doubt::HalfClosed => "half_closed",
        }
    }
}

/// A client whose SYN-ACKs never come repeats its SYN a second after the last one, or a little later.
const NEXT_SYN: u64 = 1300 * MILLISECOND;
/// No verdict on a handshake waits longer for that.
const LONGEST_GRACE: u64 = 2500 * MILLISECOND;

/// When the verdict on what is pending is due. A RST that ends a handshake may be none of the client's, which shows only
/// when its next SYN comes.
pub fn due(connection: &Connection) -> Option<Time> {
    let story = connection.story.as_deref()?;
    let (pending, time) = story.pending?;
    let awaits_syn = |reset: Reset| match reset.acceptance {
        Acceptance::EndsHalfOpen => reset.from == CLIENT,
        // The client drops the RST if it signs its SYN, which the snaplen may have cut.
        Acceptance::RefusesSyn => story.hidden[CLIENT],
        Acceptance::Exact
        | Acceptance::InWindow
        | Acceptance::Ignored
        | Acceptance::Dropped
        | Acceptance::Unknown
        | Acceptance::Hidden => false,
    };
    if !matches!(pending, Pending::Reset) || !story.reset.is_some_and(awaits_syn) {
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
        None => match story.reset.filter(|reset| !accepted(reset.acceptance) || story.receiver_lives) {
            Some(reset) => judge_reset(connection, story, reset),
            None => Ending::Quiet,
        },
    }
}

fn errno_at(side: usize, errno: Errno) -> [Option<Errno>; 2] {
    let mut both = [None; 2];
    both[side] = Some(errno);
    both
}

fn judge_reset(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let victim = other(reset.from);
    match reset.acceptance {
        Acceptance::RefusesSyn => Ending::Failure(Failure {
            kind: Kind::Refused,
            errno: errno_at(victim, Errno::ECONNREFUSED),
            victim,
            by: By::Reset,
        }),
        Acceptance::EndsHalfOpen => judge_half_open(connection, story),
        Acceptance::Exact if story.receiver_lives && story.pending.is_none() => Ending::Benign(Benign::IgnoredReset),
        Acceptance::Exact => judge_exact(connection, story, reset),
        Acceptance::InWindow | Acceptance::Ignored => {
            let lives = story.challenged || story.receiver_lives || story.sender_lives.is_some();
            if lives { Ending::Benign(Benign::IgnoredReset) } else { Ending::Undecided(Doubt::OddReset) }
        }
        Acceptance::Dropped if story.reuses_ports => Ending::Benign(Benign::PortReuse),
        Acceptance::Dropped => Ending::Benign(Benign::IgnoredReset),
        Acceptance::Unknown => Ending::Undecided(Doubt::BeganLate),
        Acceptance::Hidden => Ending::Undecided(Doubt::CutShort),
    }
}

/// The client's RST before the handshake was complete. No application of the server knows of it. A client that had
/// repeated its SYN in vain before gave up: that is its timeout.
fn judge_half_open(connection: &Connection, story: &Story) -> Ending {
    let silence = &story.silence[CLIENT];
    if story.syn_acks == 0 && silence.what == Repeated::Syn && silence.convinces(&connection.half[SERVER]) {
        let errno = errno_at(CLIENT, Errno::ETIMEDOUT);
        return Ending::Failure(Failure { kind: Kind::TimedOut, errno, victim: CLIENT, by: By::Silence });
    }
    Ending::Failure(Failure { kind: Kind::Aborted, errno: [None; 2], victim: SERVER, by: By::Reset })
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
    if misses_a_fin(connection, &reset) {
        return Ending::Undecided(Doubt::Hole);
    }
    let sender_closed = story.fin[sender].is_some_and(|fin| fin.time <= reset.mark.time || half[sender].has(Half::FIN))
        && !missed_fin(connection, story, victim);
    let victim_closed = half[victim].has(Half::FIN);
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
    if !connection.was_used() && sender == CLIENT && half[CLIENT].has(Half::SYN) {
        // Without an acknowledgment of its own the handshake was never done, also where the SYN was captured last.
        let is_half_open = !half[CLIENT].has(Half::ACK) && half[SERVER].has(Half::SYN);
        return if is_half_open { judge_half_open(connection, story) } else { judge_abort(connection) };
    }
    if !could_send(connection, sender) || !was_open(connection, victim) {
        return Ending::Undecided(Doubt::BeganLate);
    }
    if probed_to_death(connection, story, &reset) {
        let errno = [Some(Errno::ETIMEDOUT), Some(Errno::ECONNRESET)];
        let errno = if sender == CLIENT { errno } else { [errno[1], errno[0]] };
        return Ending::Failure(Failure { kind: Kind::TimedOut, errno, victim: sender, by: By::Silence });
    }
    let mut errno = errno_at(victim, Errno::ECONNRESET);
    if let Some(back) = story.reset_back.filter(|back| accepted(back.acceptance)) {
        // Somebody else sent the RST: the end in whose name it came went on, and was reset in its turn.
        let forged = story.sender_lives.is_some() || [&reset, &back].iter().any(|reset| foreign(connection, reset));
        if forged {
            errno[sender] = Some(Errno::ECONNRESET);
        }
    }
    Ending::Failure(Failure { kind: Kind::Reset, errno, victim, by: By::Reset })
}

/// The client's RST to a server that repeated its SYN-ACK: where no socket was made of the handshake (`tcp_check_req()`)
/// no application hears of it. `None` if one was made.
fn judge_half_accepted(connection: &Connection, story: &Story, reset: &Reset) -> Option<Ending> {
    let waits = story.half_accepted.filter(|_| reset.from == CLIENT)?;
    if !waits.acknowledged {
        let silent = !connection.was_used();
        return Some(if silent { judge_half_open(connection, story) } else { Ending::Undecided(Doubt::HalfAccepted) });
    }
    // It would have been sent again by now, unless the server had given up after so many (`tcp_synack_retries`).
    let overdue = waits.last + waits.interval.saturating_mul(2).saturating_add(waits.interval / 4);
    let accepted = waits.repeated == 1 && reset.mark.time > overdue;
    (!accepted).then_some(Ending::Undecided(Doubt::HalfAccepted))
}

/// May a FIN be missing from the capture, so that it does not show in which state the RST found its receiver? What an end sent
/// last was acknowledged and not captured. One number of sequence space is a FIN, or hardly anything else; and a host
/// without a socket (its RST has no acknowledgment) had closed it, or never sent what is missing.
fn misses_a_fin(connection: &Connection, reset: &Reset) -> bool {
    let missing = |side: usize| {
        let half = &connection.half[side];
        let shown = if half.has(Half::DATA) { half.data_until } else { half.isn.wrapping_add(1) };
        if half.has(Half::BY_ACK) && !half.has(Half::FIN) { half.next.wrapping_sub(shown) } else { 0 }
    };
    let (by_sender, by_victim) = (missing(reset.from), missing(other(reset.from)));
    // The RST may be the first to acknowledge it.
    let victim = &connection.half[other(reset.from)];
    let told_by_reset = !victim.has(Half::FIN) && reset.acknowledgment == Some(victim.next.wrapping_add(1));
    let closed = by_sender == 1 || by_victim == 1 || by_sender > 0 && reset.acknowledgment.is_none() || told_by_reset;
    // Without any payload it is a capture of nothing but SYN, FIN and RST.
    closed && connection.has_payload()
}

/// The other end's FIN did not reach this end, which is in ESTABLISHED still: what it sent longer than a round trip after
/// the FIN does not acknowledge it.
fn missed_fin(connection: &Connection, story: &Story, side: usize) -> bool {
    let (half, peer) = (&connection.half[side], &connection.half[other(side)]);
    let Some(fin) = story.fin[other(side)] else {
        return false;
    };
    let crossing = match connection.round_trip() {
        0 => SECOND,
        round_trip => 2 * round_trip + 50 * MILLISECOND,
    };
    // A FIN that came with payload arrived with it; some stacks acknowledge it later.
    let last_payload = peer.data_time;
    let arrived = peer.has(Half::DATA) && last_payload == fin.time && !seq::before(half.ack, peer.data_until);
    !arrived
        && half.has(Half::DATA)
        && half.data_time.since(fin.time) > crossing
        && half.data_ack != peer.next
        && half.ack != peer.next
}

/// The receiver of the RST sent one itself, before it can have got this one: a live socket's abort, or the answer of a
/// host that had no socket any more. Either way no application is left to get an error.
fn gave_up_too(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    let Some(back) = story.reset_back.filter(|_| story.sender_lives.is_none()) else {
        return false;
    };
    let forged = [reset, &back].iter().any(|reset| foreign(connection, reset) || made_on_the_way(connection, reset));
    // A host without a socket never answers a RST, and nothing else with an acknowledgment (`tcp_v4_send_reset()`).
    let abort = back.acknowledgment.is_some();
    let crossing = back.mark.time.since(reset.mark.time) <= (2 * connection.round_trip()).max(50 * MILLISECOND);
    (abort || crossing) && !forged
}

/// The client's RST after the handshake, before any payload.
fn judge_abort(connection: &Connection) -> Ending {
    if !connection.half[SERVER].has(Half::ANY) {
        return Ending::Undecided(Doubt::OneDirection);
    }
    Ending::Failure(Failure {
        kind: Kind::Aborted,
        errno: errno_at(SERVER, Errno::ECONNRESET),
        victim: SERVER,
        by: By::Reset,
    })
}

/// A RST after both FINs. No application is there to get an error; but a request that crossed the first FIN was lost,
/// and the client, which closed when it saw that FIN, had no other sign of it than the end of the connection.
fn judge_reset_of_both_closed(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let (sender, victim) = (reset.from, other(reset.from));
    let half = &connection.half[victim];
    let crossed = half.data_ack != connection.half[sender].next && story.fin_after_fin[victim];
    let request = victim == CLIENT && !connection.has(Connection::SERVER_SPOKE_LAST);
    let lost = request && connection.unacknowledged(victim) > 0 && crossed;
    if !lost || half.has(Half::TLS_ALERT) || half.has(Half::UNSEEN) {
        return Ending::Benign(Benign::Tail);
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
    Ending::Failure(Failure { kind: Kind::Reset, errno: errno_at(victim, Errno::ECONNRESET), victim, by: By::Reset })
}

/// A RST after a FIN of the same sender: its receiver is in CLOSE_WAIT. If it wrote to the end that was closed, it
/// gets EPIPE; if nothing of it was lost, its next call is a read that returns 0.
fn judge_reset_after_fin(connection: &Connection, story: &Story, reset: Reset) -> Ending {
    let victim = other(reset.from);
    let lost = connection.unacknowledged(victim);
    if lost == 0 && story.data_after_fin[victim] == 0 {
        return Ending::Benign(Benign::Tail);
    }
    let farewell = connection.half[victim].has(Half::TLS_ALERT) && lost <= connection.half[victim].data_length;
    if farewell {
        return Ending::Benign(Benign::Tail);
    }
    if connection.half[victim].has(Half::UNSEEN) && lost <= connection.half[victim].data_length {
        return Ending::Undecided(Doubt::CutShort);
    }
    Ending::Failure(Failure { kind: Kind::BrokenPipe, errno: errno_at(victim, Errno::EPIPE), victim, by: By::Reset })
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
        | Errno::EMSGSIZE
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
        return Ending::Quiet;
    }
    let errno = silence_errno(story, side);
    let mut errnos = errno_at(side, errno);
    let peer = other(side);
    errnos[peer] = match story.reset {
        // Its host had no socket any more when the other end spoke again.
        Some(reset)
            if reset.from == side && reset.acknowledgment.is_none() && reset.acceptance == Acceptance::Exact =>
        {
            Some(Errno::ECONNRESET)
        }
        _ => waits_too(connection, story, peer).then(|| silence_errno(story, peer)),
    };
    Ending::Failure(Failure { kind: kind_of(errno), errno: errnos, victim: side, by: By::Silence })
}

fn silence_errno(story: &Story, side: usize) -> Errno {
    story.soft[side].map_or(Errno::ETIMEDOUT, |error| error.errno)
}

/// Does this end of an open connection wait in vain as well as the other? Its payload may have been acknowledged: if it
/// repeats it all the same, and takes nothing from the other end, the acknowledgments do not reach it.
fn waits_too(connection: &Connection, story: &Story, side: usize) -> bool {
    let silence = &story.silence[side];
    let unanswered = matches!(silence.what, Repeated::Data | Repeated::KeepAlive)
        && silence.convinces(&connection.half[other(side)]);
    (unanswered || story.in_vain[side] >= 3) && !closed_with_its_data(story, side, silence)
}

fn closed_with_its_data(story: &Story, side: usize, silence: &Silence) -> bool {
    story.fin[side].is_some_and(|fin| fin.time.since(silence.first.time) < 150 * MILLISECOND)
}

/// Does a RST carry a TTL that no other packet of its sender has? Then its sender is not the one that it names.
pub fn foreign(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    half.has(Half::ANY) && !(half.ttl_low..=half.ttl_high).contains(&reset.ttl)
}

/// The packets of both ends are seen twice, on their way into the capturing host and out of it, but the RST only on its
/// way out: it was made there. Copies alone are no sign of that: networks and captures double a packet now and then, and
/// where no identification tells, an early retransmission looks like a copy. A host that forwards leaves its mark on each:
/// one hop less.
pub fn made_on_the_way(connection: &Connection, reset: &Reset) -> bool {
    let forwarded = |half: &Half| half.has(Half::COPIED) && half.ttl_low < half.ttl_high;
    connection.half.iter().all(forwarded) && !reset.copied && !was_lost_here(connection, reset)
}

/// The RST came in like all packets of its sender, and did not go out: with the TTL that they have before that hop is taken
/// off, with the window of the live socket (`tcp_send_active_reset()`), and in IPv4 next in the socket's identifications
/// (`ip_select_ident_segs()`). A host that makes one has none of that.
fn was_lost_here(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let step = reset.ip_id.wrapping_sub(half.ip_id);
    let next = connection.has(Connection::IPV6) || reset.ip_id != 0 && (1..=4).contains(&step);
    reset.acknowledgment.is_some() && reset.ttl == half.ttl_high && reset.window == half.window && next
}

/// The RST was seen more than once, but not with all the TTLs that its sender's other packets have on the way. That it
/// ended the connection is sure: what its receiver had sent would have been sent again. So it came from a place between
/// those where the packets were captured, or one of them lost it.
pub fn seen_on_a_part_of_the_way(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let whole = (half.ttl_low, half.ttl_high);
    let travelled = whole.0 < whole.1 && connection.half.iter().all(|half| half.has(Half::COPIED));
    travelled && reset.copied && reset.ttls != whole && connection.unacknowledged(other(reset.from)) > 0
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
