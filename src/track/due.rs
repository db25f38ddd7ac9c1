//! What falls due as time goes on: verdicts whose time of grace has passed, repetitions that are overdue, connections to
//! forget.

use std::cmp::Reverse;

use super::*;

impl Tracker {
    /// No packet from before `now` is to come any more: does what is due until then. Without it time stands still while
    /// no packets come. It changes no verdict, since packets of any other connection do the same. What is remembered is
    /// forgotten in packet time only, so that the first packet after a pause finds what it finds offline.
    pub fn tick(&mut self, now: Time, sink: &mut impl Sink) {
        if now > self.clock && self.previous > Time(0) {
            self.judge_due(now, sink);
        }
    }

    /// Moves packet time on.
    #[inline(always)]
    pub(super) fn advance(&mut self, time: Time, sink: &mut impl Sink) {
        if time < self.clock {
            if time + LONG_BACK < self.clock {
                self.begin_recording(sink);
            }
            self.previous = time;
            return;
        }
        let agreed = time.min(self.previous);
        self.previous = time;
        if agreed > self.clock {
            let before = std::mem::replace(&mut self.clock, agreed);
            if agreed >= self.due {
                if agreed.since(before) > BETWEEN_RECORDINGS && !self.overdue.is_empty() {
                    self.judge_part(before, sink);
                }
                self.fire(agreed, sink);
                self.look_ahead();
            }
        }
    }

    /// Notes when something falls due next.
    fn look_ahead(&mut self) {
        let overdue = self.overdue.peek().map(|Reverse((time, ..))| *time);
        let next = [overdue, self.waiting.first(), self.lingering.first()].into_iter().flatten().min();
        self.due = next.unwrap_or(Time(u64::MAX));
    }

    /// Does all that is due until `clock`.
    #[inline(never)]
    pub(super) fn fire(&mut self, clock: Time, sink: &mut impl Sink) {
        self.judge_due(clock, sink);
        while let Some((_, index, generation)) = self.lingering.due(self.clock) {
            self.approach();
            if self.store.sketches.get(index as usize).is_some_and(|sketch| sketch.lingers(generation)) {
                self.forget(index, sink);
            }
        }
    }

    /// Judges what is due until `clock`.
    pub(super) fn judge_due(&mut self, clock: Time, sink: &mut impl Sink) {
        self.clock = self.clock.max(clock);
        // In the order of time, also where that jumps: what was to be judged before a repetition was overdue comes first.
        loop {
            let overdue = self.overdue.peek().map(|Reverse((time, ..))| *time);
            let next = [overdue, self.waiting.first()].into_iter().flatten().min();
            if next.is_none_or(|next| next > self.clock) {
                return;
            }
            if next == overdue {
                if let Some(Reverse((time, place, generation))) = self.overdue.pop() {
                    self.check_overdue(time, place, generation);
                }
            } else if let Some((time, _, place, generation)) = self.waiting.pop() {
                // What those need that come next.
                self.waiting.upcoming(3).into_iter().for_each(|next| self.store.approach_told(next));
                self.waiting.upcoming(1).into_iter().for_each(|next| self.store.approach_story(next));
                if !self.puts_off(time, place, generation) {
                    self.conclude(place, generation, sink);
                }
                self.waited(time, place, generation);
            }
        }
    }

    /// Is a verdict that is due at `time` to wait longer? Then it is noted until when.
    fn puts_off(&mut self, time: Time, place: u32, generation: u16) -> bool {
        let Some(connection) = self.live(place, generation) else {
            return false;
        };
        let until = verdict::due(connection).filter(|until| *until > time);
        if let Some(story) = connection.story.as_deref_mut().filter(|_| until.is_some()) {
            story.look_again = story.look_again.max(until);
        }
        until.is_some()
    }

    /// A packet of this connection comes at `time`. If its ending was decided before that, the packet comes too late:
    /// live, where time moves on by itself, the verdict would have been given.
    pub(super) fn judge_own(&mut self, place: u32, time: Time, sink: &mut impl Sink) {
        let connection = &mut self.store.told[place as usize];
        let (half, generation) = (connection.half, connection.generation);
        let Some(story) = connection.story.as_deref().filter(|_| !connection.decided) else {
            return;
        };
        let waits = |reset: &Reset| {
            let lives =
                matches!(reset.acceptance, Acceptance::InWindow | Acceptance::OutOfWindow | Acceptance::NotAccepted);
            story.waits > 0 && (lives || story.receiver_lives || !story.challenged)
        };
        let pending = story.pending.is_some();
        let due = match pending {
            true => verdict::due(connection),
            false => story.reset.filter(waits).map(|reset| reset.mark.time + GRACE),
        };
        if due.is_some_and(|due| due <= time) {
            return self.conclude(place, generation, sink);
        }
        if pending {
            return;
        }
        for side in [CLIENT, SERVER] {
            let silence = story.silence[side];
            if silence.convinces(&half[other(side)]) && silence.overdue() + GRACE <= time {
                connection.story().pending = Some((Pending::Silence(side), silence.overdue()));
                self.conclude(place, generation, sink);
                return;
            }
        }
    }

    /// Is a repetition really overdue by now, or was there another one, or an answer?
    pub(super) fn check_overdue(&mut self, time: Time, place: u32, generation: u16) {
        let Some(connection) = self.live(place, generation) else {
            return;
        };
        let (half, decided) = (connection.half, connection.decided);
        let Some(story) = connection.story.as_deref_mut() else {
            return;
        };
        story.timer = false;
        if decided || story.pending.is_some() {
            return;
        }
        let mut later: Option<Time> = None;
        for side in [CLIENT, SERVER] {
            let silence = story.silence[side];
            if silence.what == Repeated::Nothing || !silence.convinces(&half[other(side)]) {
                continue;
            }
            let overdue = silence.overdue();
            if overdue <= time {
                story.pending = Some((Pending::Silence(side), overdue));
                self.wait(overdue, place, generation);
                return;
            }
            later = Some(later.map_or(overdue, |found| found.min(overdue)));
        }
        if let Some(later) = later {
            story.timer = true;
            self.overdue.push(Reverse((later, place, generation)));
            self.due = self.due.min(later);
        }
    }

    /// Forgets a connection after a while.
    pub(super) fn linger(&mut self, index: u32) {
        let place = self.store.place(index);
        let Some(sketch) = self.store.sketches.get_mut(index as usize) else {
            return;
        };
        if !sketch.has(Connection::LINGERS) {
            sketch.set(Connection::LINGERS);
            let generation = sketch.generation().into();
            let story = place.and_then(|place| self.store.told.get(place as usize)?.story.as_ref());
            let silent = story.is_some_and(|story| story.silence.iter().any(|side| side.attempts > 1));
            let linger = if silent { LINGER_AFTER_SILENCE } else { LINGER };
            self.lingering.add((self.clock + linger, index, generation), silent);
            self.due = self.due.min(self.clock + linger);
        }
    }

    /// Forgets a connection now. What is already known of it is told.
    pub(super) fn forget(&mut self, index: u32, sink: &mut impl Sink) {
        if let Some(place) = self.store.place(index) {
            let generation = self.store.told[place as usize].generation;
            self.conclude(place, generation, sink);
            self.tell_closed(place, sink);
            self.memory.forgotten(&self.store.told[place as usize]);
        }
        self.store.drop_rest(index);
        self.halves.leave(index);
        self.relays.leave(index);
        let sketch = &mut self.store.sketches[index as usize];
        let key = sketch.key();
        sketch.set_flags(0);
        sketch.renew();
        self.table.remove(key.hash(self.seed), index);
        if key.is_ipv6() {
            self.ends6.remove(index);
        }
        self.store.sketches.give_back(index);
        self.one_gone();
    }
}
