//! Verdicts that are due: judged, told to the listener, and what they bring with them.

use super::*;

/// Where a connection is told, and when and how it ended.
type Side = (u32, Time, Ending);

impl Tracker {
    /// Judges what is pending on a connection and reports it: once, where it is captured on both sides of an address
    /// translation and ends alike on both.
    pub(super) fn conclude(&mut self, place: u32, generation: u16, sink: &mut impl Sink) {
        let Some((time, ending)) = self.ending(place, generation) else {
            return;
        };
        let sides = self.other_sides(place, &ending, Tracker::ending);
        self.tell_once((place, time, ending), sides, sink);
    }

    /// Tells of an ending, and of what the other sides of address translations have of it.
    pub(super) fn tell_once(&mut self, this: Side, mut sides: Vec<Side>, sink: &mut impl Sink) {
        let (place, time, ending) = this;
        if sides.is_empty() {
            self.tell(place, time, ending, sink);
            return self.settle(place, ending);
        }
        self.counts.translated += sides.len() as u64;
        sides.push(this);
        // The client's packets pass them in this order.
        sides.sort_by_key(|(place, ..)| translated::order(&self.store.told[*place as usize]));
        if let [near, .., far] = sides[..] {
            let translated = self.ends_of(self.store.told[far.0 as usize].home);
            let ends = self.ends_of(self.store.told[near.0 as usize].home);
            // What reset the server may have come before it answers the client so.
            let began_far = near.2.spares_the_server(&far.2) && far.1 < near.1;
            let (place, time, _) = if began_far { far } else { near };
            let ending = if began_far { far.2.with_errno(CLIENT, &near.2) } else { near.2.with_errno(SERVER, &far.2) };
            self.tell_as(place, time, ending, ends, Some(translated), sink);
        }
        for (place, _, ending) in sides {
            self.settle(place, ending);
        }
    }

    /// How the connection ends by what is pending on it, and when that became a fact; if anything is.
    fn ending(&mut self, place: u32, generation: u16) -> Option<(Time, Ending)> {
        self.look_at_places(place, generation);
        let connection = self.live(place, generation).filter(|connection| !connection.decided)?;
        let (index, story) = (connection.home, connection.story.as_deref()?);
        let time = story.pending.map(|(_, time)| time).or(story.reset.map(|reset| reset.mark.time))?;
        let connection = &self.store.told[place as usize];
        let unreadable = lacks_an_error(connection, self.ends_of(index), &self.services);
        let ending = if unreadable { Ending::Undecided(Doubt::CutShort) } else { verdict::judge(connection) };
        Some((time, ending))
    }

    /// Where the connection at `place`, that ends, is told as it is on other sides of address translations, and when and how it
    /// ended there, by what `ending_of` says of them.
    pub(super) fn other_sides(
        &mut self,
        place: u32,
        ending: &Ending,
        ending_of: impl Fn(&mut Tracker, u32, u16) -> Option<(Time, Ending)>,
    ) -> Vec<Side> {
        let mut sides = Vec::new();
        for (other, generation) in self.sides.like(&self.store.told[place as usize]) {
            let Some(found) = self.store.told.get(other as usize).filter(|found| found.is_in_use(generation)) else {
                continue;
            };
            let connection = &self.store.told[place as usize];
            let is_far = translated::is_behind(found, connection);
            if (is_far || translated::is_behind(connection, found))
                && let Some((time, found)) = ending_of(self, other, generation)
                && if is_far { ending.is_like(&found) } else { found.is_like(ending) }
            {
                sides.push((other, time, found));
            }
        }
        sides
    }

    /// Tells of an ending.
    pub(super) fn tell(&self, place: u32, time: Time, ending: Ending, sink: &mut impl Sink) {
        let index = self.store.told[place as usize].home;
        let own = self.ends_of(index);
        let met = self.halves.ends(index);
        self.tell_as(place, time, ending, met.unwrap_or(own), met.map(|_| own), sink);
    }

    /// Tells of an ending between these ends. `translated`: the same on the server's side of an address translation.
    fn tell_as(
        &self,
        place: u32,
        time: Time,
        ending: Ending,
        ends: [End; 2],
        translated: Option<[End; 2]>,
        sink: &mut impl Sink,
    ) {
        let connection = &self.store.told[place as usize];
        let told = connection.story.as_ref().is_some_and(|story| match After::of(ending, connection) {
            After::GoesOn => story.told_ignored,
            After::Open => story.told_open,
            After::Over => false,
        });
        if told {
            return;
        }
        let (services, payloads, own) = (&self.services, &self.payloads, self.ends_of(connection.home));
        sink.ended(Ended { time, ends, own, translated, ending, connection, services, payloads });
    }

    /// Does to a connection what its ending brings with it.
    fn settle(&mut self, place: u32, ending: Ending) {
        let connection = &self.store.told[place as usize];
        let (index, after) = (connection.home, After::of(ending, connection));
        self.note_failure(place, &ending, self.ends_of(index));
        let connection = &mut self.store.told[place as usize];
        let story = connection.story();
        story.pending = None;
        match after {
            After::Over => {
                connection.decided = true;
                let closed = connection.half.iter().filter(|half| half.has(Half::FIN)).count();
                let spared = ending == Ending::Benign(Benign::Tail) && closed == 1;
                connection.notes |= if spared { Connection::SPARED } else { 0 };
                self.linger(index);
                self.end_story(place);
            }
            After::GoesOn => {
                story.told_ignored = true;
                // The next SYN, which old kernels send a second later, is none for want of an answer.
                let challenged = story.challenged && ending == Ending::Benign(Benign::PortReuse);
                story.forget_resets();
                story.challenged = challenged;
            }
            After::Open => story.told_open |= matches!(ending, Ending::Undecided(_)),
        }
    }

    /// Gives back what is told of a connection whose verdict was given, if nothing asks for it any more: it is most of what a
    /// connection takes, and there may be tens of thousands of them a second.
    pub(super) fn end_story(&mut self, place: u32) {
        let connection = &mut self.store.told[place as usize];
        let before = memory::story_bytes(connection);
        connection.end_story();
        self.memory.changed(before, connection);
    }

    /// Notes what the places tell where packets are captured of the RSTs of a connection whose verdict is due.
    pub(super) fn look_at_places(&mut self, place: u32, generation: u16) {
        let copies = self.copies.is_active();
        let Some(connection) = self.live(place, generation).filter(|_| copies) else {
            return;
        };
        let (index, due) = (connection.home, verdict::due(connection));
        let connection = &mut self.store.told[place as usize];
        if !connection.decided
            && let Some(story) = connection.story.as_deref_mut()
            && let Some(time) = story.reset.map(|reset| reset.mark.time)
        {
            self.copies.places().judge(index, story, due.unwrap_or(time + GRACE));
        }
    }

    /// Remembers who hangs up without a word or after one, and which service does not acknowledge what it gets any more. One that
    /// repeats its SYN-ACK has not taken the connection yet.
    fn note_failure(&mut self, place: u32, ending: &Ending, ends: [End; 2]) {
        let Ending::Failure(failure) = ending else { return };
        let connection = &self.store.told[place as usize];
        let by_client = failure.kind == kernel::Kind::Reset && failure.victim == SERVER;
        if failure.kind == kernel::Kind::Aborted || by_client && connection.is_one_visit() {
            self.services.visited(ends[CLIENT].ip, ends[SERVER], connection.start);
        }
        let in_vain = failure.by == By::Silence && failure.victim == CLIENT;
        let Some(story) = connection.story.as_deref().filter(|_| in_vain) else { return };
        let silence = story.silence[CLIENT];
        if connection.established() && story.syn_ack_retransmissions == 0 {
            self.services.was_silent(ends[SERVER], silence.first.time);
        }
        let is_lost = match silence.what {
            Repeated::Syn => !connection.half[SERVER].has(Half::SYN),
            Repeated::Data | Repeated::WindowProbe => connection.pause() < SHORTEST_IDLE,
            Repeated::KeepAlive | Repeated::Nothing => false,
        };
        if is_lost {
            self.services.was_lost(ends[CLIENT].ip, ends[SERVER], &silence);
        }
    }
}

/// An ICMP error that the snaplen cut may say why nothing is answered, or that the RST did not arrive.
fn lacks_an_error(connection: &Connection, ends: [End; 2], services: &Services) -> bool {
    let Some(story) = connection.story.as_deref() else {
        return false;
    };
    let told = |side: usize, time| services.cut_error_since(ends[side].ip, ends[other(side)].ip, time);
    match story.pending {
        Some((Pending::Silence(side), _)) => told(side, story.silence[side].first.time),
        Some((Pending::Reset, time)) => story.reset.is_some_and(|reset| told(reset.from, time)),
        Some((Pending::Icmp, _)) | None => false,
    }
}

/// What becomes of a connection after a verdict.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It is over.
    Over,
    /// It goes on as if the RST had never come.
    GoesOn,
    /// Nothing is decided, and what came still counts.
    Open,
}

impl After {
    fn of(ending: Ending, connection: &Connection) -> After {
        let accepted =
            || connection.story.as_ref().and_then(|story| story.reset).is_some_and(|reset| reset.is_accepted());
        match ending {
            // Of an odd RST: most likely its receiver dropped it.
            Ending::Benign(Benign::IgnoredReset) | Ending::Undecided(Doubt::OddReset) => After::GoesOn,
            // A RST that the server did not take ended an older connection on the same ports, and none of this one.
            Ending::Benign(Benign::PortReuse) if !(connection.established() && accepted()) => After::GoesOn,
            Ending::Undecided(_) if connection.story.as_ref().is_some_and(|story| story.challenged) => After::Open,
            // The other end may still wait.
            Ending::Quiet | Ending::Undecided(Doubt::Unacknowledged) => After::Open,
            Ending::Failure(_) | Ending::Benign(_) | Ending::Undecided(_) => After::Over,
        }
    }
}
