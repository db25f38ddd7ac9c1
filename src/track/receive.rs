//! What a segment does to the picture of its connection. Each handler changes the picture and says what is to be
//! done next; none of them looks at a clock or gives a verdict.

use super::connection::{
    Acceptance, CLIENT, Connection, Event, Half, Mark, Pending, Repeated, Reset, SERVER, Silence, SoftError, Story,
    What, other,
};
use super::kernel::{tcp_v4_err, tcp_v6_err};
use super::seq;
use crate::decode::{Flags, IcmpError, Segment, TcpOption, options};
use crate::time::{MILLISECOND, SECOND, Time};

/// What the tracker has to do after a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// A verdict may be due: look again when the time of grace has passed.
    pub grace: bool,
    /// Something is repeated: look again when the next repetition is overdue.
    pub deadline: bool,
    /// The connection is over, and a new one begins on its 4-tuple: with this segment, or with the SYN told in
    /// [`super::connection::Story::other_syn`].
    pub restart: Option<Restart>,
    /// Both ends closed and acknowledged.
    pub closed: bool,
    /// The server answered a SYN.
    pub answered: bool,
    /// The client completed the handshake.
    pub connected: bool,
    /// A message begins: its first bytes are worth keeping.
    pub message: bool,
}

/// With what a new connection on a used 4-tuple begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// With the segment at hand.
    Here,
    /// With the SYN seen before.
    AtOtherSyn,
}

/// Segments of one sender that lie closer together than this are reordered or resent at once, not sent again because
/// an answer stayed out: no stack waits less before it retransmits by timer.
const CLOSE: u64 = 10 * MILLISECOND;
/// Two captures of one path, or two queues of a card, may swap segments that lie this close together.
const SWAPPED: u64 = 50 * MILLISECOND;
/// Sequence numbers further ahead than this cannot be explained by segments that the capture lost.
const FAR: u32 = 1 << 26;

/// Does it acknowledge selectively? Most segments carry time stamps, padded in front to 12 bytes, and nothing else.
pub fn has_sack(segment: &Segment, bytes: &[u8]) -> bool {
    match segment.options.of(bytes) {
        [] | [1, 1, 8, 10, _, _, _, _, _, _, _, _] => false,
        some => options(some).any(|option| matches!(option, TcpOption::Sack(_))),
    }
}

/// How far a segment reaches in sequence space.
fn reach(segment: &Segment) -> u32 {
    segment.payload_length + u32::from(segment.flags.has(Flags::SYN)) + u32::from(segment.flags.has(Flags::FIN))
}

/// An event about `segment` with numbers relative to both ISNs.
pub fn event(connection: &Connection, from: usize, segment: &Segment, what: What) -> Event {
    let (sender, receiver) = (&connection.half[from], &connection.half[other(from)]);
    let isn = if sender.has(Half::SEQUENCE) { sender.isn } else { segment.sequence };
    let relative_ack = |ack: u32| if receiver.has(Half::SEQUENCE) { ack.wrapping_sub(receiver.isn) } else { ack };
    Event {
        mark: Mark::of(segment),
        from,
        what,
        flags: segment.flags.0,
        sequence: segment.sequence.wrapping_sub(isn),
        length: segment.payload_length,
        acknowledgment: segment.flags.has(Flags::ACK).then(|| relative_ack(segment.acknowledgment)),
    }
}

fn tell(connection: &mut Connection, from: usize, segment: &Segment, what: What) {
    let event = event(connection, from, segment, what);
    connection.story().tell(event);
}

/// Notes that `from` sent something again because no answer came. Returns whether it was a repetition at all.
fn repeat(connection: &mut Connection, from: usize, segment: &Segment, what: Repeated) -> bool {
    let half = connection.half[from];
    let mark = Mark::of(segment);
    let first = match what {
        Repeated::Syn => Mark::at(connection.start, connection.start_frame.into(), connection.start_input.into()),
        Repeated::Data => Mark { time: half.data_time, frame: half.data_frame, input: half.data_input },
        Repeated::KeepAlive | Repeated::WindowProbe | Repeated::Nothing => mark,
    };
    let silence = &mut connection.story().silence[from];
    if silence.what != what {
        let attempts = if first == mark { 1 } else { 2 };
        *silence = Silence { what, first, last: mark, interval: segment.time.since(first.time), attempts, ..*silence };
        silence.sequence = segment.sequence;
        silence.length = segment.payload_length;
        silence.answers = 0;
        return attempts == 1 || silence.interval >= CLOSE;
    }
    let interval = segment.time.since(silence.last.time);
    if interval < CLOSE {
        return false;
    }
    silence.attempts += 1;
    silence.interval = interval;
    silence.last = mark;
    silence.length = silence.length.max(segment.payload_length);
    true
}

/// Takes a SYN without ACK.
pub fn on_syn(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let half = connection.half[from];
    let decided = connection.story.as_ref().is_some_and(|story| story.decided);
    if !half.has(Half::SEQUENCE) {
        begin(connection, from, segment, bytes);
        return refused_before_it_was_seen(connection, from, segment);
    }
    if segment.sequence == half.isn {
        if !half.has(Half::SYN) {
            begin(connection, from, segment, bytes);
            return refused_before_it_was_seen(connection, from, segment);
        }
        if decided || half.has(Half::ACK) {
            // It has had its answer: this SYN comes late.
            return Next::default();
        }
        return syn_again(connection, from, segment);
    }
    if decided || over(connection) {
        return Next { restart: Some(Restart::Here), ..Next::default() };
    }
    let refused = connection.story.as_ref().is_some_and(|story| {
        matches!(story.pending, Some((Pending::Reset, _)))
            && story.reset.is_some_and(|reset| reset.acceptance == Acceptance::RefusesSyn)
    });
    if refused {
        // Windows sends its SYN again after a RST; its TTL begins at 128.
        if (65..=128).contains(&segment.ttl) {
            connection.half[from].isn = segment.sequence;
            connection.half[from].next = segment.sequence.wrapping_add(1);
            return syn_again(connection, from, segment);
        }
        return Next { restart: Some(Restart::Here), ..Next::default() };
    }
    if connection.half[from].has(Half::SYN) && !connection.half[other(from)].has(Half::ANY) {
        return Next { restart: Some(Restart::Here), ..Next::default() };
    }
    let mark = Mark::of(segment);
    let story = connection.story();
    match story.other_syn {
        Some((_, isn, _)) if isn == segment.sequence => Next { restart: Some(Restart::AtOtherSyn), ..Next::default() },
        _ => {
            story.other_syn = Some((mark, segment.sequence, from));
            tell(connection, from, segment, What::Handshake);
            Next::default()
        }
    }
}

/// Is nothing of this connection left to come but repetitions?
fn over(connection: &Connection) -> bool {
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

fn syn_again(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    // A challenge ACK was answered by a RST: the next SYN is no repetition for want of an answer.
    let answered = connection.story.as_ref().is_some_and(|story| story.challenged && story.resets[from] > 0);
    let story = connection.story();
    // The attempt goes on: what seemed to end it did not, unless both crossed on the way.
    if let Some((Pending::Reset | Pending::Icmp, time)) = story.pending
        && segment.time.since(time) >= SWAPPED
    {
        story.pending = None;
        story.reset = None;
        story.fatal = None;
    }
    story.syns = story.syns.saturating_add(1);
    if answered {
        story.challenged = false;
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
fn begin(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) {
    let half = &mut connection.half[from];
    let late = half.has(Half::SEQUENCE) && seq::after(half.next, segment.sequence.wrapping_add(reach(segment)));
    if !late {
        half.next = segment.sequence.wrapping_add(reach(segment));
    }
    half.isn = segment.sequence;
    half.set(Half::SEQUENCE | Half::SYN);
    if segment.options_cut {
        // Nobody knows; most systems offer both.
        half.set(Half::SCALE | Half::STAMPS);
    }
    for option in options(segment.options.of(bytes)) {
        match option {
            TcpOption::WindowScale(shift) => {
                half.scale = shift.min(14);
                half.set(Half::SCALE);
            }
            TcpOption::Timestamps(..) => half.set(Half::STAMPS),
            _ => {}
        }
    }
    if segment.payload_length > 0 {
        note_data(connection, from, segment, bytes);
    }
}

/// A RST that was captured just before the SYN that it answers.
fn refused_before_it_was_seen(connection: &mut Connection, from: usize, segment: &Segment) -> Next {
    let Some(mut reset) = connection.story.as_ref().and_then(|story| story.reset) else {
        return Next::default();
    };
    let answers = reset.from == other(from)
        && reset.acceptance == Acceptance::Unknown
        && reset.acknowledgment == Some(connection.half[from].next)
        && segment.time.since(reset.mark.time) < SWAPPED;
    if !answers {
        return Next::default();
    }
    reset.acceptance = Acceptance::RefusesSyn;
    let story = connection.story();
    story.reset = Some(reset);
    story.pending = Some((Pending::Reset, reset.mark.time));
    Next { grace: true, ..Next::default() }
}

/// Takes a SYN-ACK.
pub fn on_syn_ack(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let to = other(from);
    let other_syn = connection.story.as_ref().and_then(|story| story.other_syn);
    if let Some((_, isn, who)) = other_syn
        && who == to
        && segment.acknowledgment.wrapping_sub(isn).wrapping_sub(1) <= u16::MAX.into()
    {
        return Next { restart: Some(Restart::AtOtherSyn), ..Next::default() };
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
        tell(connection, from, segment, What::Answer);
        return Next::default();
    }
    let half = connection.half[from];
    if half.has(Half::SEQUENCE) && half.isn != segment.sequence {
        if half.has(Half::SYN) || opener.has(Half::ACK) {
            tell(connection, from, segment, What::Answer);
            return Next::default();
        }
        connection.half[from].seen &= !Half::SEQUENCE;
    }
    if half.has(Half::SEQUENCE | Half::SYN) && half.isn == segment.sequence {
        let story = connection.story();
        story.syn_acks = story.syn_acks.saturating_add(1);
        tell(connection, from, segment, What::Repeated);
    } else {
        begin(connection, from, segment, bytes);
        connection.syn_ack_after = tenth_of_microseconds(segment.time.since(connection.start));
    }
    let mark = Mark::of(segment);
    connection.half[from].ack = segment.acknowledgment;
    connection.half[from].set(Half::ACK);
    if let Some(story) = connection.story.as_mut() {
        // What comes after the first answer counts anew.
        if story.silence[to].what == Repeated::Syn && !half.has(Half::SYN) {
            story.silence[to].attempts = 1;
        }
        let refused = story.reset.is_some_and(|reset| reset.acceptance == Acceptance::RefusesSyn);
        if refused && story.pending.is_some() && story.syn_ack_after_refusal.is_none() {
            story.syn_ack_after_refusal = Some(mark);
            tell(connection, from, segment, What::Handshake);
        }
    }
    Next { answered: true, ..Next::default() }
}

fn tenth_of_microseconds(nanoseconds: u64) -> u32 {
    u32::try_from(nanoseconds / 100).unwrap_or(u32::MAX).max(1)
}

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
    let end = segment.sequence.wrapping_add(reach(segment));
    let half = connection.half[from];
    next.connected = from == CLIENT && !half.has(Half::ACK) && connection.half[SERVER].has(Half::SYN);
    let ahead = end.wrapping_sub(half.next);
    let new = seq::after(end, half.next);
    if new && ahead > FAR {
        return next;
    }
    if let Some(story) = connection.story.as_mut() {
        answers(story, to, segment);
    }
    if segment.flags.has(Flags::ACK) {
        take_acknowledgment(connection, from, segment);
        if has_sack(segment, bytes) {
            connection.half[from].set(Half::SACKS);
        }
    }
    if new {
        if seq::after(segment.sequence, half.next) {
            connection.half[from].set(Half::GAP);
        }
        connection.half[from].next = end;
        connection.half[from].seen &= !Half::BY_ACK;
        if segment.payload_length > 0 {
            next.message = note_data(connection, from, segment, bytes);
        }
    } else if segment.payload_length > 0 && end == half.data_end() && half.has(Half::BY_ACK) {
        connection.half[from].seen &= !Half::BY_ACK;
        next.message = note_data(connection, from, segment, bytes);
    } else {
        next.deadline |= on_old_segment(connection, from, segment);
    }
    next.grace |= on_window(connection, from, segment);
    if segment.flags.has(Flags::FIN) {
        next.grace |= on_fin(connection, from, segment);
    }
    if let Some(story) = connection.story.as_mut()
        && let Some(reset) = story.reset
    {
        next.grace |= after_reset(connection, from, segment, reset);
    }
    next.closed = closed(connection);
    next
}

/// Is this end in SYN_SENT: its SYN was seen, no SYN of the other's, and nothing that it sent after?
fn waits_for_syn_ack(connection: &Connection, side: usize) -> bool {
    let (half, peer) = (&connection.half[side], &connection.half[other(side)]);
    half.has(Half::SYN) && !half.has(Half::ACK) && !peer.has(Half::SYN)
}

fn acknowledges_syn(connection: &Connection, side: usize, segment: &Segment) -> bool {
    let half = &connection.half[side];
    let offset = segment.acknowledgment.wrapping_sub(half.isn);
    segment.flags.has(Flags::ACK) && offset >= 1 && offset <= half.next.wrapping_sub(half.isn)
}

/// Gives both ends a place in sequence space where the capture began in the middle.
fn anchor(connection: &mut Connection, from: usize, segment: &Segment) {
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

/// The other end is alive: that ends some kinds of silence.
fn answers(story: &mut Story, to: usize, segment: &Segment) {
    let silence = &mut story.silence[to];
    match silence.what {
        Repeated::KeepAlive => *silence = Silence::default(),
        Repeated::Data => silence.answers = silence.answers.saturating_add(1),
        Repeated::WindowProbe if segment.window > 0 => *silence = Silence::default(),
        Repeated::WindowProbe | Repeated::Syn | Repeated::Nothing => {}
    }
}

fn take_acknowledgment(connection: &mut Connection, from: usize, segment: &Segment) {
    let to = other(from);
    let ack = segment.acknowledgment;
    let peer = connection.half[to];
    let half = connection.half[from];
    let first = !half.has(Half::ACK);
    if !first && !seq::after(ack, half.ack) {
        return;
    }
    if seq::after(ack, peer.next) {
        if ack.wrapping_sub(peer.next) > FAR {
            return;
        }
        // It acknowledges what the capture has not shown, or not yet.
        connection.half[to].next = ack;
        connection.half[to].set(Half::BY_ACK);
    }
    let read = peer.has(Half::DATA) && !first && seq::after(peer.data_end(), half.ack);
    let half = &mut connection.half[from];
    half.ack = ack;
    half.seen &= !Half::SACKS;
    half.set(Half::ACK);
    if read {
        half.set(Half::READ);
    }
    if first && connection.ack_after == 0 && from == CLIENT {
        connection.ack_after = tenth_of_microseconds(segment.time.since(connection.start));
    }
    let Some(story) = connection.story.as_mut() else {
        return;
    };
    story.soft[to] = None;
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
    if matches!(story.pending, Some((Pending::Silence(side), _)) if side == to && silence.what == Repeated::Data) {
        story.pending = None;
    }
}

/// Notes new payload. Returns whether a message begins with it: the direction has changed, the connection was idle, or
/// it is a TLS handshake or alert record, which says more than the data before it.
pub(super) fn note_data(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> bool {
    let to = other(from);
    let by_server = from == SERVER;
    let turned = connection.has(Connection::SERVER_SPOKE_LAST) != by_server || !connection.has_payload();
    let previous = connection.half.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time).max();
    let opened = connection.start + u64::from(connection.ack_after) * 100;
    let idle = segment.time.since(previous.unwrap_or(opened));
    if turned || idle >= SECOND {
        connection.gap = u32::try_from(idle / 100_000).unwrap_or(u32::MAX);
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
    half.data_frame = u32::try_from(segment.frame).unwrap_or(u32::MAX);
    half.data_input = u8::try_from(segment.input).unwrap_or(u8::MAX);
    half.data_length = segment.payload_length;
    half.data_until = segment.sequence.wrapping_add(reach(segment) - u32::from(segment.flags.has(Flags::FIN)));
    half.data_ack = segment.acknowledgment;
    half.seen &= !(Half::PUSHED | Half::TLS_ALERT | Half::UNSEEN);
    if segment.flags.has(Flags::PSH) {
        half.set(Half::PUSHED);
    }
    if looks_like_tls_alert(segment, bytes) {
        half.set(Half::TLS_ALERT);
    }
    if segment.payload.length < segment.payload_length.min(5) && segment.payload_length <= LONGEST_ALERT {
        half.set(Half::UNSEEN);
    }
    let message = turned || idle >= SECOND || matches!(segment.payload.of(bytes), [21 | 22, 3, ..]);
    let Some(story) = connection.story.as_mut() else {
        return message;
    };
    story.probes = Default::default();
    if story.fin[to].is_some() {
        story.data_after_fin[from] = story.data_after_fin[from].saturating_add(segment.payload_length);
        story.data_after_fin_at[from].get_or_insert(Mark::of(segment));
        tell(connection, from, segment, What::DataAfterFin);
    }
    message
}

/// The longest TLS alert record in use: 5 bytes of header, 8 of nonce, 2 of alert, 16 of authentication, or with CBC
/// ciphers up to 48 in all.
const LONGEST_ALERT: u32 = 53;

/// A TLS alert record, or in TLS 1.3, which hides its type, a record with nothing but two bytes: 5 of header, 2 of
/// alert, 1 of type, 16 of authentication (RFC 8446, section 5.2).
fn looks_like_tls_alert(segment: &Segment, bytes: &[u8]) -> bool {
    match segment.payload.of(bytes) {
        [21, 3, ..] => true,
        [23, 3, _, 0, 19, ..] => segment.payload_length == 24,
        _ => false,
    }
}

/// Takes a segment that brings nothing new: a retransmission, a probe, a pure acknowledgment. Returns whether the
/// next repetition has to be waited for.
fn on_old_segment(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    let to = other(from);
    let (half, peer) = (connection.half[from], connection.half[to]);
    let acked = !peer.has(Half::ACK) || !seq::after(half.next, peer.ack);
    let probe = segment.payload_length <= 1
        && !segment.flags.has(Flags::FIN)
        && segment.sequence == half.next.wrapping_sub(1)
        && connection.established()
        && (segment.payload_length == 0 || acked);
    if probe {
        let closed = connection.story.as_ref().is_some_and(|story| story.window_closed[to].is_some());
        let (what, told) =
            if closed { (Repeated::WindowProbe, What::WindowProbe) } else { (Repeated::KeepAlive, What::KeepAlive) };
        let again = repeat(connection, from, segment, what);
        if again {
            let probes = &mut connection.story().probes[from];
            probes.interval = segment.time.since(probes.last);
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
            connection.story().late_copy[from] = Some(Mark::of(segment));
        }
        return false;
    }
    if segment.time.since(half.data_time) < CLOSE {
        return false;
    }
    let closed = connection.story.as_ref().is_some_and(|story| story.window_closed[to].is_some());
    let what = if closed { Repeated::WindowProbe } else { Repeated::Data };
    let again = repeat(connection, from, segment, what);
    if again {
        tell(connection, from, segment, What::Repeated);
    }
    again
}

/// Notes a window that closes or opens.
fn on_window(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    if !segment.flags.has(Flags::ACK) {
        return false;
    }
    if segment.window == 0 && !segment.flags.has(Flags::FIN) {
        let known = connection.story.as_ref().is_some_and(|story| story.window_closed[from].is_some());
        if !known {
            connection.story().window_closed[from] = Some(Mark::of(segment));
            tell(connection, from, segment, What::WindowClosed);
        }
        return false;
    }
    if let Some(story) = connection.story.as_mut() {
        story.window_closed[from] = None;
    }
    false
}

/// Takes a FIN. Returns whether it may decide something.
fn on_fin(connection: &mut Connection, from: usize, segment: &Segment) -> bool {
    if connection.half[from].has(Half::FIN) {
        return false;
    }
    connection.half[from].set(Half::FIN);
    let to = other(from);
    let mark = Mark::of(segment);
    let previous = connection.half.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time).max();
    let opened = connection.start + u64::from(connection.ack_after) * 100;
    let idle = segment.time.since(previous.unwrap_or(opened));
    let asked = connection.has_payload() && connection.has(Connection::SERVER_SPOKE_LAST) == (to == SERVER);
    let event = event(connection, from, segment, What::Fin);
    let peer = connection.half[to];
    let story = connection.story();
    story.tell(event);
    story.fin[from] = Some(mark);
    story.fin_after_fin[from] = peer.has(Half::FIN) && segment.acknowledgment == peer.next;
    if story.first_fin.is_none() {
        story.first_fin = Some(from);
        story.idle_before_fin = idle;
        story.asked_before_fin = asked;
    }
    gives_up(connection, from, segment.time)
}

/// A sender that waits in vain ends the connection itself: its silence is decided.
pub fn gives_up(connection: &mut Connection, from: usize, time: Time) -> bool {
    let Some(silence) = connection.story.as_ref().map(|story| story.silence[from]) else {
        return false;
    };
    // Whoever was heard meanwhile may still answer.
    let heard = silence.what == Repeated::Data && silence.answers > 0;
    if heard || !silence.convinces(&connection.half[other(from)]) || connection.story().pending.is_some() {
        return false;
    }
    connection.story().pending = Some((Pending::Silence(from), time));
    true
}

/// What a segment tells about a RST that was captured before it.
fn after_reset(connection: &mut Connection, from: usize, segment: &Segment, mut reset: Reset) -> bool {
    let half = connection.half[from];
    let soon = segment.time.since(reset.mark.time) < SWAPPED;
    if from == reset.from {
        let undecided = matches!(reset.acceptance, Acceptance::InWindow | Acceptance::Ignored | Acceptance::Unknown);
        if undecided && soon && half.next == reset.sequence {
            // It was captured ahead of what it follows.
            reset.acceptance = Acceptance::Exact;
            let story = connection.story();
            story.reset = Some(reset);
            story.pending = Some((Pending::Reset, reset.mark.time));
            return true;
        }
        let beyond = seq::after(segment.sequence.wrapping_add(reach(segment)), reset.sequence);
        if beyond || (segment.sequence == reset.sequence && !soon) {
            let mark = Mark::of(segment);
            let event = event(connection, from, segment, What::Data);
            let story = connection.story();
            if story.sender_lives.is_none() {
                story.sender_lives = Some(mark);
                story.tell(event);
            }
        }
        return false;
    }
    let story = connection.story();
    if segment.payload_length == 0 && !segment.flags.has(Flags::FIN) && reset.acceptance != Acceptance::Exact {
        story.challenged = true;
    }
    if story.sender_lives.is_some()
        && segment.flags.has(Flags::ACK)
        && seq::after(segment.acknowledgment, reset.sequence)
    {
        story.receiver_lives = true;
        if matches!(story.pending, Some((Pending::Reset, _))) {
            story.pending = None;
            return true;
        }
    }
    false
}

/// Both ends have sent a FIN, and each has acknowledged the other's.
pub(super) fn closed(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    client.has(Half::FIN | Half::SEQUENCE)
        && server.has(Half::FIN | Half::SEQUENCE)
        && !seq::before(client.ack, server.next)
        && !seq::before(server.ack, client.next)
}

/// Takes a RST.
pub fn on_reset(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let to = other(from);
    let answers_other_syn = connection.story.as_ref().and_then(|story| story.other_syn).is_some_and(|(_, isn, who)| {
        who == to && segment.flags.has(Flags::ACK) && segment.acknowledgment == isn.wrapping_add(1)
    });
    if answers_other_syn {
        return Next { restart: Some(Restart::AtOtherSyn), ..Next::default() };
    }
    let acceptance = acceptance(connection, from, segment);
    if let Acceptance::Exact = acceptance
        && segment.flags.has(Flags::ACK)
        && connection.half[from].has(Half::ACK)
        && seq::between(segment.acknowledgment, connection.half[from].ack, connection.half[to].next)
    {
        // An abort tells what had arrived.
        connection.half[from].ack = segment.acknowledgment;
    }
    let reset = Reset {
        mark: Mark::of(segment),
        from,
        sequence: segment.sequence,
        acknowledgment: segment.flags.has(Flags::ACK).then_some(segment.acknowledgment),
        acceptance,
        window: segment.window,
        ip_id: segment.ip_id,
        ttl: segment.ttl,
        stamps: options(segment.options.of(bytes)).any(|option| matches!(option, TcpOption::Timestamps(..))),
        ip_id_before: connection.half[from].ip_id,
        receiver_closed: connection.half[to].has(Half::FIN),
        unacknowledged: connection.unacknowledged(to),
        asked: connection.has_payload() && connection.has(Connection::SERVER_SPOKE_LAST) == (to == SERVER),
        window_closed: connection.story.as_ref().is_some_and(|story| story.window_closed[from].is_some()),
        copied: false,
        prompted: segment.time.since(connection.last) <= (2 * connection.round_trip()).max(SECOND / 2),
    };
    tell(connection, from, segment, What::Reset);
    let probing = connection.story().silence[from].what == Repeated::WindowProbe;
    let gave_up = !probing && gives_up(connection, from, segment.time);
    let story = connection.story();
    story.reuses_ports |= story.challenged && reset.acceptance == Acceptance::Dropped && from == CLIENT;
    story.resets[from] = story.resets[from].saturating_add(1);
    match story.reset {
        None => story.reset = Some(reset),
        Some(earlier) if earlier.from != from => {
            story.reset_back.get_or_insert(reset);
            if !accepted(earlier.acceptance) && accepted(reset.acceptance) {
                story.reset = Some(reset);
                story.reset_back = Some(earlier);
            }
        }
        Some(earlier) => {
            story.resets_differ |= earlier.sequence != reset.sequence || earlier.acknowledgment != reset.acknowledgment;
            if !accepted(earlier.acceptance) && accepted(reset.acceptance) {
                story.reset = Some(reset);
            }
        }
    }
    let decides = story.reset.filter(|reset| accepted(reset.acceptance)).map(|reset| reset.mark.time);
    if let Some(time) = decides
        && !gave_up
        && story.pending.is_none()
        && !story.decided
    {
        story.pending = Some((Pending::Reset, time));
    }
    Next { grace: true, ..Next::default() }
}

/// Does a RST that is taken like this end the connection?
pub fn accepted(acceptance: Acceptance) -> bool {
    matches!(acceptance, Acceptance::RefusesSyn | Acceptance::EndsHalfOpen | Acceptance::Exact)
}

/// How the kernel of the receiver takes a RST.
///
/// SYN_SENT: `tcp_rcv_synsent_state_process()`. SYN_RECV: `tcp_check_req()`. Else `tcp_validate_incoming()` with
/// `tcp_reset_check()`: exact, or one less after a FIN; in the window it brings a challenge ACK (RFC 5961, 3.2).
fn acceptance(connection: &Connection, from: usize, segment: &Segment) -> Acceptance {
    let to = other(from);
    let (sender, receiver) = (&connection.half[from], &connection.half[to]);
    if waits_for_syn_ack(connection, to) {
        return if acknowledges_syn(connection, to, segment) { Acceptance::RefusesSyn } else { Acceptance::Dropped };
    }
    let sequence = segment.sequence;
    if from == CLIENT && sender.has(Half::SYN) && !sender.has(Half::ACK) {
        let first = sender.isn.wrapping_add(1);
        let window = u32::from(receiver.window.max(1));
        return match seq::between(sequence, first, first.wrapping_add(window)) {
            true => Acceptance::EndsHalfOpen,
            false => Acceptance::Dropped,
        };
    }
    if !sender.has(Half::SEQUENCE) && !receiver.has(Half::ACK) {
        return Acceptance::Unknown;
    }
    let expected = sender.next;
    let after_fin = sender.has(Half::FIN) && sequence == expected.wrapping_sub(1);
    if sender.has(Half::SEQUENCE) && (sequence == expected || after_fin) {
        return Acceptance::Exact;
    }
    if receiver.has(Half::ACK) && sequence == receiver.ack {
        return Acceptance::Exact;
    }
    let base = if receiver.has(Half::ACK) { receiver.ack } else { expected };
    let scaled = sender.has(Half::SCALE) && receiver.has(Half::SCALE);
    let window = u32::from(receiver.window) << if scaled { receiver.scale } else { 0 };
    match seq::between(sequence, base, base.wrapping_add(window)) {
        true => Acceptance::InWindow,
        false => Acceptance::Ignored,
    }
}

/// Takes an ICMP error about a segment of this connection. Returns whether it may decide something.
///
/// `tcp_v4_err()`, `tcp_v6_err()`: ignored unless the quoted sequence number is in flight; fatal in SYN_SENT; later
/// only remembered (`sk_err_soft`) until an acknowledgment comes.
pub fn on_icmp_error(connection: &mut Connection, error: &IcmpError) -> bool {
    let from = connection.side(error.from_first);
    let half = connection.half[from];
    let peer = connection.half[other(from)];
    if !half.has(Half::SEQUENCE) || connection.story.as_ref().is_some_and(|story| story.decided) {
        return false;
    }
    let oldest = if peer.has(Half::ACK) { peer.ack } else { half.isn };
    if !seq::between(error.sequence, oldest, half.next) {
        return false;
    }
    let connecting = waits_for_syn_ack(connection, from);
    let event = Event {
        mark: Mark::at(error.time, error.frame, error.input),
        from,
        what: What::Icmp(error.kind, error.code),
        flags: if connecting { Flags::SYN } else { Flags::ACK },
        sequence: error.sequence.wrapping_sub(half.isn),
        length: 0,
        acknowledgment: None,
    };
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
    let errno = if error.ipv6 { tcp_v6_err(error.kind, error.code) } else { tcp_v4_err(error.kind, error.code) };
    let Some(errno) = errno else {
        return false;
    };
    let soft = SoftError { errno, icmp: *error };
    story.soft[from] = Some(soft);
    if !connecting || story.pending.is_some() {
        return false;
    }
    story.fatal = Some(soft);
    story.pending = Some((Pending::Icmp, error.time));
    true
}

/// "Fragmentation needed", or "packet too big".
fn too_big(error: &IcmpError) -> bool {
    if error.ipv6 { error.kind == 2 } else { error.kind == 3 && error.code == 4 }
}
