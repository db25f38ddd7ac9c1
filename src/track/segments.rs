//! Segments on their way to the connection that they belong to: the short way, or by the handlers of [`mod@receive`].

use super::payloads::{KEPT, Payloads, is_cut, owner};
use super::sketch::Link;
use super::store::Room;
use super::*;
use crate::decode::Signs;

impl Tracker {
    /// Takes a segment whose connection is probably at `guess`.
    #[inline(always)]
    pub(super) fn segment(&mut self, guess: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        if !self.light
            && !self.copies.remembers()
            && let Some(mut room) = self.store.room_of(guess, segment.flow())
            && let Some((from, message)) = plain::take_next(&mut room, segment)
        {
            if message {
                room.said.end[from].first_bytes =
                    self.payloads.keep(segment.payload().of(bytes), owner(guess, from), segment.sequence);
            } else if is_short(segment) {
                go_on(&mut room, &mut self.payloads, from, segment, bytes, owner(guess, from));
            }
            return;
        }
        self.segment_by_steps(guess, segment, bytes, sink);
    }

    /// Takes a segment that is not simply the next one.
    #[inline(never)]
    fn segment_by_steps(&mut self, guess: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        match self.find(guess, segment) {
            Some(index) if segment.flags.asks() && self.is_long_over(index, segment, sink) => {
                self.forget(index, sink);
                self.open(segment, bytes, sink);
            }
            Some(index) if self.is_another_elsewhere(index, segment) => {
                self.another_elsewhere(index, segment, bytes, sink);
            }
            Some(index) if self.is_relayed_here(index, segment) => self.open_behind(index, segment, bytes, sink),
            Some(index) => self.segment_of_any(index, segment, bytes, sink),
            None if self.halves.may_have(segment) => self.segment_of_half(segment, bytes, sink),
            None => {
                self.open(segment, bytes, sink);
            }
        }
        if self.crowded {
            self.crowded = false;
            self.make_room(sink);
        }
    }

    /// Takes a segment of a connection that is open and sketched.
    fn segment_of_open(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let Some(mut room) = self.store.room(index) else { return };
        let sketch = &mut *room.sketch;
        let from = sketch.side(segment.from_first());
        if self.copies.remembers() || !plain::is_new(&sketch.end[from], segment) {
            let last = sketch.last_of(from);
            if self.copies.is_copy(index, from, &last, segment, self.counts.segments) {
                sketch.spoke(from, copies::short(segment.print));
                return self.copy(index, from, segment);
            }
        }
        sketch.spoke(from, copies::short(segment.print));
        if segment.flags.has(Flags::FIN) && closes_early(&room, &self.payloads, index, from, segment, bytes, sink) {
            return self.notable(index, from, segment, bytes, sink);
        }
        match plain::take(&mut room, from, segment) {
            Some(taken) => {
                if let Some(edge) = receive::sacked_by(segment, bytes) {
                    room.opened().sacked = edge;
                }
                if taken.message {
                    room.said.end[from].first_bytes =
                        self.payloads.keep(segment.payload().of(bytes), owner(index, from), segment.sequence);
                } else if is_short(segment) {
                    go_on(&mut room, &mut self.payloads, from, segment, bytes, owner(index, from));
                }
                if taken.closed {
                    self.linger(index);
                }
            }
            None => self.notable(index, from, segment, bytes, sink),
        }
    }

    /// Takes a segment of a connection that is known.
    pub(super) fn segment_of_any(&mut self, index: u32, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let print = copies::short(segment.print);
        let sketch = &mut self.store.sketches[index as usize];
        let from = sketch.side(segment.from_first());
        if self.light && light::closes(segment) && self.close_light(index, from, segment) {
            return self.segment_of_open(index, segment, bytes, sink);
        }
        let sketch = &mut self.store.sketches[index as usize];
        let last = match sketch.link() {
            Link::Open(_) if !self.light => return self.segment_of_open(index, segment, bytes, sink),
            Link::Early | Link::Open(_) => {
                let last = sketch.last_of(from);
                sketch.spoke(from, print);
                last
            }
            Link::Told(place) => {
                self.judge_own(place, segment.time, sink);
                let connection = &mut self.store.told[place as usize];
                let last = connection.last_of(from);
                connection.spoke(from, print);
                last
            }
        };
        if self.copies.is_copy(index, from, &last, segment, self.counts.segments) {
            return self.copy(index, from, segment);
        }
        let sketch = &mut self.store.sketches[index as usize];
        if sketch.link() != Link::Early {
            return self.notable(index, from, segment, bytes, sink);
        }
        if from == SERVER && opening::answer(sketch, segment, bytes) {
            self.store.answered();
            // Those that are kept of an IPv6 connection would have to be waited for, but the server's half has others.
            let is_half = self.halves.ends(index).is_some();
            let server = if is_half { self.ends_of(index)[SERVER] } else { segment.ends(bytes).0 };
            return self.answered(index, server, segment, sink);
        }
        let opened = if from == CLIENT && !self.light { opening::complete(sketch, segment) } else { None };
        match opened {
            Some((said, opened)) => {
                self.store.open(index, said, opened);
                sink.connected(self.ends_of(index), segment.time);
            }
            None => self.notable(index, from, segment, bytes, sink),
        }
    }

    /// The connection's index, if it is known.
    #[inline(always)]
    pub(super) fn find(&mut self, guess: u32, segment: &Segment) -> Option<u32> {
        let is = |index: u32| {
            self.store.sketch_of(index, segment.flow()).is_some_and(|found| {
                self.copies.shows(index, segment.input)
                    && self.relays.shows(index, found.side(segment.from_first()), segment)
            })
        };
        if is(guess) { Some(guess) } else { self.table.find(segment.hash, is) }
    }

    /// The server of a connection answered a SYN. More of the handshake is not seen where only what opens and closes is.
    fn answered(&mut self, index: u32, server: End, segment: &Segment, sink: &mut impl Sink) {
        self.services.answered(server, segment);
        if self.light {
            sink.connected(self.ends_of(index), segment.time);
        }
    }

    /// A FIN comes to a connection of which only what opens and closes it is seen: is that sketched as an open one?
    fn close_light(&mut self, index: u32, from: usize, segment: &Segment) -> bool {
        let sketch = &mut self.store.sketches[index as usize];
        if matches!(sketch.link(), Link::Told(_)) || !light::may_close(sketch, from, segment) {
            return false;
        }
        if sketch.link() == Link::Early {
            let (said, opened) = opening::open(sketch);
            self.store.open(index, said, opened);
        }
        let Some(mut room) = self.store.room(index) else { return false };
        light::assume_unseen_of(&mut room, from, segment);
        true
    }

    /// Notes that a segment came a second time.
    #[cold]
    fn copy(&mut self, index: u32, from: usize, segment: &Segment) {
        self.counts.duplicates += 1;
        if segment.flags.has(Flags::SYN | Flags::ACK) {
            let ends = self.store.sketches[index as usize].ends(self.ends6.get(index));
            self.services.saw_ttl(ends[from].ip, segment.ttl, segment.input, false);
        }
        if let Some(place) = self.store.place(index) {
            copies::note(&mut self.store.told[place as usize], from, segment);
        } else if !self.store.room(index).is_some_and(|room| store::knows_copy(&room, from, segment.ttl)) {
            let mut connection = self.store.retell(index);
            copies::note(&mut connection, from, segment);
            self.keep(index, connection);
        }
    }

    /// Keeps a connection that was retold.
    pub(super) fn keep(&mut self, index: u32, connection: Connection) -> Option<u32> {
        let place = self.store.keep(index, connection);
        if let Some(place) = place {
            self.memory.told(&self.store.told[place as usize]);
            self.crowded = true;
        }
        place
    }

    /// Takes a segment that is not plain.
    #[inline(never)]
    fn notable(&mut self, index: u32, from: usize, segment: &Segment, bytes: &[u8], sink: &mut impl Sink) {
        let (place, next) = match self.store.place(index) {
            Some(place) => {
                let connection = &mut self.store.told[place as usize];
                if self.light {
                    light::assume_unseen(connection, from, segment);
                }
                let before = memory::story_bytes(connection);
                let next = take(connection, from, segment, bytes, &mut self.payloads, self.light);
                self.crowded |= self.memory.changed(before, connection);
                (Some(place), next)
            }
            None => {
                let mut connection = self.store.retell(index);
                if self.light {
                    light::assume_unseen(&mut connection, from, segment);
                }
                let next = take(&mut connection, from, segment, bytes, &mut self.payloads, self.light);
                (self.keep(index, connection), next)
            }
        };
        if !self.light {
            let unseen = self.counts.unseen + u64::from(next.unseen);
            self.counts.unseen = unseen.saturating_sub(next.shown_late.into());
        }
        match next.restart {
            Some(restart) => self.restart(index, place, restart, segment, bytes, sink),
            None => {
                self.after(index, place, from, segment, next, sink);
                if let Some(place) = place.filter(|_| !self.light && next.is_quiet()) {
                    self.rest(index, place);
                }
            }
        }
    }

    /// Goes on with a sketch of a connection that is told, if that can hold all of it.
    fn rest(&mut self, index: u32, place: u32) {
        if !self.store.can_rest(place) {
            return;
        }
        let connection = &self.store.told[place as usize];
        let timer = connection.story.as_deref().is_some_and(|story| story.timer);
        self.memory.forgotten(connection);
        self.store.rest(index, place);
        if timer {
            self.one_gone();
        }
    }

    /// Does what a segment asks for. `place` is where the connection is told, if it is.
    pub(super) fn after(
        &mut self,
        index: u32,
        place: Option<u32>,
        from: usize,
        segment: &Segment,
        next: Next,
        sink: &mut impl Sink,
    ) {
        let sketch = &mut self.store.sketches[index as usize];
        sketch.last = sketch.last.max(segment.time);
        if next.is_quiet() {
            return;
        }
        if let Some(place) = place {
            let generation = self.store.told[place as usize].generation;
            if next.grace {
                self.wait(segment.time, place, generation);
            }
            if next.deadline {
                let connection = &mut self.store.told[place as usize];
                let decided = connection.decided;
                let story = connection.story();
                if !story.timer && !decided {
                    story.timer = true;
                    let at = story.silence[from].overdue();
                    self.overdue.push(Reverse((at, place, generation)));
                    self.due = self.due.min(at);
                }
            }
        }
        if next.answered {
            let server = self.ends_of(index)[SERVER];
            self.answered(index, server, segment, sink);
            if place.is_some_and(|place| self.store.told[place as usize].is_taken_late()) {
                self.services.hesitated(server, segment);
            }
        }
        if next.connected {
            sink.connected(self.ends_of(index), segment.time);
        }
        if next.closed {
            if let Some(place) = place {
                let connection = &self.store.told[place as usize];
                self.sides.add(connection, place, connection.generation);
            }
            self.linger(index);
        }
    }
}

/// Takes a segment and notes that it was sent, unless a new connection begins with it. `light`: only what opens and closes
/// connections is captured.
pub(super) fn take(
    connection: &mut Connection,
    from: usize,
    segment: &Segment,
    bytes: &[u8],
    payloads: &mut Payloads,
    light: bool,
) -> Next {
    let next = receive(connection, from, segment, bytes);
    if light && segment.flags.has(Flags::SYN) {
        light::count_anew(connection, from);
    }
    if segment.flags.has(Flags::RST) && segment.payload_length > 0 {
        keep_reason(connection, from, segment, bytes, payloads);
    }
    if next.restart.is_none() {
        connection.last = connection.last.max(segment.time);
        if next.message {
            connection.half[from].first_bytes =
                payloads.keep(segment.payload().of(bytes), owner(connection.home, from), segment.sequence);
        } else if is_short(segment) {
            let (owner, half) = (owner(connection.home, from), &mut connection.half[from]);
            if half.data_until == segment.sequence.wrapping_add(segment.payload_length) {
                half.first_bytes =
                    payloads.extend(half.first_bytes, segment.payload().of(bytes), owner, segment.sequence);
            }
        }
        sent(&mut connection.half[from], segment);
    }
    next
}

/// May its payload have room behind the beginning of its message?
#[inline(always)]
fn is_short(segment: &Segment) -> bool {
    segment.payload_length.wrapping_sub(1) < KEPT as u32 - 1
}

/// Keeps a short payload behind the message that it goes on with, where that began when the other end was heard.
#[inline(never)]
fn go_on(room: &mut Room<'_>, payloads: &mut Payloads, from: usize, segment: &Segment, bytes: &[u8], owner: u32) {
    let to = other(from);
    let began = if room.sketch.end[to].seen & Half::DATA != 0 {
        room.said.end[to].ack
    } else {
        room.opened().isn[from].wrapping_add(1)
    };
    if segment.sequence.wrapping_sub(began) < KEPT as u32 {
        let kept = &mut room.said.end[from].first_bytes;
        *kept = payloads.extend(*kept, segment.payload().of(bytes), owner, segment.sequence);
    }
}

/// A RST may say why it was sent (RFC 9293, section 3.5.3).
fn keep_reason(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8], payloads: &mut Payloads) {
    let owner = owner(connection.home, from);
    let Some(story) = connection.story.as_deref_mut() else { return };
    if let Some(reset) = story.both_resets().find(|reset| reset.from == from && reset.says == 0) {
        reset.says = payloads.keep(segment.payload().of(bytes), owner, segment.sequence);
    }
}

fn receive(connection: &mut Connection, from: usize, segment: &Segment, bytes: &[u8]) -> Next {
    let flags = segment.flags;
    if flags.has(Flags::RST) || closes_all_paths(connection, segment) {
        receive::on_reset(connection, from, segment)
    } else if flags.has(Flags::SYN | Flags::ACK) {
        receive::on_syn_ack(connection, from, segment, bytes)
    } else if flags.has(Flags::SYN) {
        receive::on_syn(connection, from, segment, bytes)
    } else {
        if let Some(edge) = receive::sacked_by(segment, bytes) {
            connection.sacked = edge;
        }
        receive::on_segment(connection, from, segment, bytes)
    }
}

/// MP_FASTCLOSE on an acknowledgment ends all paths as a RST does: the receiver's application gets its errno, and the host answers
/// with RSTs (RFC 8684, section 3.5; `mptcp_check_fastclose()`).
fn closes_all_paths(connection: &Connection, segment: &Segment) -> bool {
    let agreed = || connection.story.as_ref().is_some_and(|story| story.paths.agreed);
    segment.signs.has(Signs::FAST_CLOSE) && segment.is_bare() && agreed()
}

/// Notes that an end sent a segment.
fn sent(half: &mut Half, segment: &Segment) {
    if !half.has(Half::ANY) {
        half.ttl_low = segment.ttl;
        half.ttl_high = segment.ttl;
    }
    half.packets = half.packets.saturating_add(1);
    if segment.flags.has(Flags::RST) {
        return;
    }
    half.set(Half::ANY);
    half.ttl_low = half.ttl_low.min(segment.ttl);
    half.ttl_high = half.ttl_high.max(segment.ttl);
    // Another SYN, or a SYN-ACK whose SYN is captured just behind, belongs to the next connection on the ports: its window is not
    // scaled, and its identification is of another socket.
    if !segment.flags.has(Flags::SYN) || half.isn == segment.sequence {
        half.window = segment.window;
        half.ip_id = segment.ip_id;
    }
}

/// Does a FIN come in place of an answer, or in the middle of one? Then there may be more to tell of the connection when it is over.
fn closes_early(
    room: &Room<'_>,
    payloads: &Payloads,
    index: u32,
    from: usize,
    segment: &Segment,
    bytes: &[u8],
    sink: &impl Sink,
) -> bool {
    let payload = segment.payload().of(bytes);
    let spoke = match payload {
        [] => usize::from(room.sketch.has(Connection::SERVER_SPOKE_LAST)),
        _ => from,
    };
    let kept = [CLIENT, SERVER].map(|side| room.said.end[side].first_bytes);
    let asked = payloads.get(kept[CLIENT], owner(index, CLIENT));
    if spoke == CLIENT {
        let lost = room.sketch.end[CLIENT].seen & (Half::FAREWELL | Half::GAP) != 0;
        return !lost && (sink.asks(asked) || sink.asks(payload));
    }
    let until = segment.sequence.wrapping_add(segment.payload_length);
    let is_cut = || is_cut(payloads, index, kept, until, sink) || sink.is_cut(asked, payload, segment.payload_length);
    from == SERVER && is_cut()
}
