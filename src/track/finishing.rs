//! What a capture or a recording leaves behind when it is over: verdicts that are still pending, silences that convince by now,
//! and what it ended too soon to tell.

use std::cmp::Reverse;

use super::*;

impl Tracker {
    /// The capture is over at `end`: judges all that is still pending.
    pub fn finish(&mut self, end: Time, sink: &mut impl Sink) {
        let end = end.max(self.previous).max(self.clock);
        self.fire(end, sink);
        self.judge_pending(end, sink);
        self.counts.unanswered += self.store.asked() as u64;
        let mut closed: Vec<(u32, u32)> = Vec::new();
        for (place, connection) in self.store.told.iter().enumerate() {
            if connection.has(Connection::LIVE) {
                self.counts.unanswered += u64::from(is_but_a_syn(connection));
                self.counts.half_open += u64::from(is_half_open(connection));
                let has_closed = |story: &Story| story.first_fin.is_some();
                if !connection.decided && connection.story.as_deref().is_some_and(has_closed) {
                    closed.push((connection.home, place as u32));
                    self.sides.add(connection, place as u32, connection.generation);
                }
            }
        }
        closed.sort_unstable();
        for (_, place) in closed {
            self.tell_closed(place, sink);
        }
    }

    /// A recording is over at `end`: judges what waits, and the silences that convince by then; the others stay undecided.
    pub(super) fn judge_pending(&mut self, end: Time, sink: &mut impl Sink) {
        while let Some((time, _, place, generation)) = self.waiting.pop() {
            self.look_at_places(place, generation);
            match self.live(place, generation).filter(|connection| verdict::awaits_copy(connection, end)) {
                Some(_) => self.leave_undecided(place, end, sink),
                None => self.conclude(place, generation, sink),
            }
            self.waited(time, place, generation);
        }
        let mut silent: Vec<(Time, u32, usize, u32)> = Vec::new();
        for (place, connection) in self.store.told.iter().enumerate() {
            let last =
                |side: &usize| unanswered(connection, *side).map(|last| (last, connection.home, *side, place as u32));
            silent.extend([CLIENT, SERVER].iter().filter_map(last));
        }
        silent.sort_unstable();
        let (convincing, recent): (Vec<_>, Vec<_>) =
            silent.into_iter().partition(|(last, ..)| end.since(*last) >= SECOND);
        for (_, _, side, place) in &convincing {
            let connection = &mut self.store.told[*place as usize];
            connection.story().pending.get_or_insert((Pending::Silence(*side), end));
            self.sides.add(connection, *place, connection.generation);
        }
        for (_, _, _, place) in convincing {
            let generation = self.store.told[place as usize].generation;
            self.conclude(place, generation, sink);
        }
        for (_, _, _, place) in recent {
            self.leave_undecided(place, end, sink);
        }
    }

    /// All files so far had ended at `end`, and the next begins long after that. What was silent until then was not seen to be silent
    /// after it.
    #[cold]
    pub(super) fn end_files(&mut self, end: Time, sink: &mut impl Sink) {
        let end = end.max(self.previous).max(self.clock);
        self.fire(end, sink);
        self.judge_part(end, sink);
    }

    /// Nothing was captured from `end` on until other frames come: judges what waits. Who probed a window that stays closed was not
    /// seen to stop.
    pub(super) fn judge_part(&mut self, end: Time, sink: &mut impl Sink) {
        self.judge_pending(end, sink);
        for Reverse((_, place, generation)) in &self.overdue {
            let connection = self.store.live(*place, *generation);
            let silences =
                connection.and_then(|connection| connection.story.as_deref_mut()).map(|story| &mut story.silence);
            let stalled = silences.into_iter().flatten().filter(|silence| silence.reader_stalls());
            stalled.for_each(|silence| *silence = Default::default());
        }
    }

    /// Time goes back a long way: another recording begins. What is pending in the one before is judged, and its
    /// connections are forgotten.
    #[cold]
    pub(super) fn begin_recording(&mut self, sink: &mut impl Sink) {
        self.previous = self.clock;
        self.finish(self.clock, sink);
        self.table = Table::default();
        self.store.clear();
        self.ends6.clear();
        self.overdue.clear();
        self.waiting.clear();
        self.sides = Sides::default();
        self.halves = Halves::default();
        self.relays = Relays::default();
        self.lingering.clear();
        self.memory.clear();
        self.clock = Time(0);
        self.previous = Time(0);
    }

    /// Tells of a connection that ended by FINs alone what else is to be said of it when it is over.
    pub(super) fn tell_closed(&mut self, place: u32, sink: &mut impl Sink) {
        let generation = self.store.told[place as usize].generation;
        let Some((time, ending)) = self.ending_by_fins(place, generation, sink) else { return };
        let sides = self
            .other_sides(place, &ending, |tracker, place, generation| tracker.ending_by_fins(place, generation, sink));
        self.tell_once((place, time, ending), sides, sink);
    }

    /// What is to be said of a connection that ended by FINs alone: one end had half closed it, or it was closed in place of an answer.
    fn ending_by_fins(&mut self, place: u32, generation: u16, sink: &impl Sink) -> Option<(Time, Ending)> {
        self.live(place, generation)?;
        let connection = &self.store.told[place as usize];
        let story = connection.story.as_deref()?;
        if connection.decided || story.pending.is_some() {
            return None;
        }
        // Over a closed window the other end was not done yet.
        let half_closed = story.window_closed.iter().all(Option::is_none) && story.read_after_fin != [false; 2];
        let ending = if self.leaves_a_request(connection, story, sink) {
            Ending::Undecided(Doubt::NoAnswer)
        } else if half_closed {
            Ending::Benign(Benign::HalfClose)
        } else if self.cuts_an_answer(connection, story, sink) {
            Ending::Undecided(Doubt::AnswerCut)
        } else {
            return None;
        };
        Some((connection.last, ending))
    }

    /// Did an end close when all that the client had said last was acknowledged, and had no answer? What the capture lacks may be one,
    /// and what the server said when it had some of that is one, though the request may be captured behind it.
    fn leaves_a_request(&self, connection: &Connection, story: &Story, sink: &impl Sink) -> bool {
        let [client, server] = &connection.half;
        let asked = self.payloads.entry(client.first_bytes, owner(connection.home, CLIENT));
        let is_answered = |(first, _): (u32, &[u8])| server.has(Half::DATA) && seq::after(server.data_ack, first);
        connection.established()
            && !connection.has(Connection::SERVER_SPOKE_LAST)
            && !client.has(Half::FAREWELL)
            && (server.has(Half::FIN) || gave_up_waiting(connection, story, self.clock))
            && is_whole(client)
            && is_whole(server)
            && connection.unseen_answer(CLIENT) == 0
            && !seq::before(server.ack, client.data_end())
            && story.reset.is_none()
            && asked.is_some_and(|asked| !is_answered(asked) && sink.asks(asked.1))
    }

    /// Did the server close in the middle of its last words, by the length that these say of themselves? What the capture lacks of
    /// the client may have asked for no more than this length (HEAD).
    fn cuts_an_answer(&self, connection: &Connection, story: &Story, sink: &impl Sink) -> bool {
        let [client, server] = &connection.half;
        server.has(Half::FIN)
            && connection.has(Connection::SERVER_SPOKE_LAST)
            && story.first_fin == Some(SERVER)
            && story.reset.is_none()
            && is_whole(client)
            && is_cut(
                &self.payloads,
                connection.home,
                [client.first_bytes, server.first_bytes],
                server.data_end(),
                sink,
            )
    }

    /// The capture ended too soon to tell, unless something was told of the connection already.
    fn leave_undecided(&mut self, place: u32, time: Time, sink: &mut impl Sink) {
        if !std::mem::replace(&mut self.store.told[place as usize].decided, true) {
            self.tell(place, time, Ending::Undecided(Doubt::EndedEarly), sink);
        }
    }
}

/// Was nothing seen of a live connection but a SYN, not repeated as a kernel does that gets no answer, nor an error that decides?
fn is_but_a_syn(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    let syn_only = client.has(Half::SYN) && !client.has(Half::ACK) && !server.has(Half::ANY);
    syn_only && !connection.decided && unanswered(connection, CLIENT).is_none()
}

/// Did the server of a live connection repeat its SYN-ACK (`reqsk_timer_handler()`), and the client leave it at its SYN?
fn is_half_open(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    let waits = |story: &Story| story.syn_ack_retransmissions > 0 && story.silence[CLIENT].what != Repeated::Syn;
    !connection.decided
        && client.has(Half::SYN)
        && !client.has(Half::ACK)
        && server.has(Half::SYN)
        && connection.story.as_deref().is_some_and(waits)
}

/// Does the capture show all payload that this end sent?
fn is_whole(half: &Half) -> bool {
    !half.has(Half::GAP) && half.shown_until() == half.data_end()
}

/// The server may still answer. A client that closes right behind its request half closes, and waits (`nc -N`); one that waited before
/// does so no more. What the server had sent before it acknowledged the FIN would have come before that.
fn gave_up_waiting(connection: &Connection, story: &Story, clock: Time) -> bool {
    let [client, server] = &connection.half;
    story.fin[CLIENT].is_some_and(|fin| {
        let heard = !seq::before(server.ack, client.next) || clock.since(fin.time) >= SECOND;
        fin.time.since(client.data_time) >= SECOND && heard
    })
}

/// The last unanswered repetition of an end, if it is one that convinces.
fn unanswered(connection: &Connection, side: usize) -> Option<Time> {
    let story = connection.story.as_deref().filter(|_| !connection.decided)?;
    let silence = &story.silence[side];
    let convinces = !silence.reader_stalls() && silence.convinces(&connection.half[other(side)]);
    convinces.then_some(silence.last.time)
}
