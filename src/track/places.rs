//! The places at which packets are captured on their way: the captures of both ends read together, or a host that forwards and
//! captures on all of its interfaces.
//!
//! That a RST was seen at one place only means something if the other place was being captured just then. A capture that
//! began later, ended earlier or lost some packets shows nothing by what it does not show.

use super::connection::{Mark, other};
use super::copies::short;
use super::story::{Reset, Story};
use crate::cpu::prefetch;
use crate::decode::{Flags, Segment, Signs};
use crate::time::Time;

/// Where a segment was captured: the input, and whether it came in or went out, where that tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(u16);

impl Place {
    /// How many bits one takes.
    pub const BITS: u32 = 10;

    /// Where this segment was captured.
    #[inline]
    pub fn of(segment: &Segment) -> Place {
        let (came_in, went_out) = (segment.signs.has(Signs::CAME_IN), segment.signs.has(Signs::WENT_OUT));
        Place(u16::from(segment.input) << 2 | u16::from(went_out) << 1 | u16::from(came_in))
    }

    /// One of [`Place::bits`].
    pub fn from_bits(bits: u64) -> Place {
        Place((bits & ((1 << Place::BITS) - 1)) as u16)
    }

    /// All of it.
    #[inline]
    pub fn bits(self) -> u64 {
        self.0.into()
    }

    fn input(self) -> u8 {
        (self.0 >> 2) as u8
    }

    /// Did it come in there?
    pub fn came_in(self) -> bool {
        self.0 & 1 != 0
    }

    /// Did the host that captures make it, if it was seen here first? What a host passes on comes in before.
    pub fn is_made_here(self) -> bool {
        self.went_out() && !self.came_in()
    }

    /// Did it go out there?
    pub fn went_out(self) -> bool {
        self.0 & 2 != 0
    }
}

/// A segment that was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// When.
    pub time: Time,
    /// Where.
    pub place: Place,
    /// With which TTL.
    pub ttl: u8,
}

/// Which of the places on its way that is where a packet was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Nothing tells.
    #[default]
    Unknown,
    /// That nearer to its sender.
    Near,
    /// That nearer to its receiver.
    Far,
    /// In a capture that shows nothing else of its sender: what TTL that has there is not known.
    Apart,
}

/// Was the other place captured when a packet passed this one?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Elsewhere {
    /// It may have been.
    #[default]
    Unsure,
    /// It shows what came just before on the connection, of both ends, and goes on behind that.
    Captured,
    /// It shows neither what came just before, nor anything afterwards.
    Ended,
}

/// Which way a packet goes through the host that captures it, beside others of its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// None of them was seen there, or nothing tells.
    #[default]
    Unknown,
    /// The same.
    Usual,
    /// It comes in; they were seen only as they went out: where the host forwards them, a hop was taken off.
    AheadOfTheHop,
    /// It goes out; they were seen only as they came in.
    BehindTheHop,
}

/// What the places tell of a RST that was seen at one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Where it was seen; the far side of both.
    pub side: Side,
    /// What is known of the other place.
    pub elsewhere: Elsewhere,
    /// Which way others of its sender were seen to go there.
    pub way: Way,
    /// The TTL of what its receiver sent last, if that was seen at one place only and what its sender sent last was not, else 0.
    pub alone: u8,
    /// Much of what the ends sent was seen once only: so nothing tells that the RST was.
    pub in_part: bool,
}

/// The way of an end's segments.
#[derive(Clone, Copy, Debug, Default)]
struct Trail {
    /// In which captures they have the higher TTL, and in which the lower; nothing is known if both are one.
    near: u8,
    far: u8,
    /// Microseconds from the near place to the far one, by the clocks of both captures.
    lag: i32,
    /// A fingerprint of the last one.
    print: u16,
    /// The captures that showed one coming in, one going out, and one of which nothing tells; the last bit stands for all
    /// others. What both comes in and goes out is forwarded there.
    came_in: u8,
    went_out: u8,
    untold: u8,
    /// The TTL of the last one if it was seen once so far, else 0.
    alone: u8,
    /// A RST came: what comes behind it is not looked at.
    closed: bool,
    /// The captures that show another connection on the same ports; in the trail of the client alone.
    apart: u8,
    /// How many of the last ones there were, and how many of those came once more.
    firsts: u8,
    copies: u8,
}

const _: () = assert!(size_of::<Trail>() == 16);

impl Trail {
    fn passes(&mut self, place: Place) {
        let at = match (place.came_in(), place.went_out()) {
            (true, _) => &mut self.came_in,
            (false, true) => &mut self.went_out,
            (false, false) => &mut self.untold,
        };
        *at |= bit(place.input());
    }

    fn count(&mut self) {
        if self.firsts == u8::MAX {
            self.firsts /= 2;
            self.copies /= 2;
        }
        self.firsts += 1;
    }

    /// Did more than a third come once only? The last one is not counted, which may have been held up. Then copies are the exception:
    /// a mirror port that doubles some packets, or one that loses many.
    fn is_copied_in_part(&self) -> bool {
        u16::from(self.copies) * 3 < u16::from(self.firsts.saturating_sub(1)) * 2
    }

    /// On which side of its way a segment was seen there.
    fn side(&self, place: Place) -> Side {
        let (input, bit) = (place.input(), bit(place.input()));
        if self.came_in & self.went_out & bit != 0 && input < LAST {
            return match (place.came_in(), place.went_out()) {
                (true, _) => Side::Near,
                (false, true) => Side::Far,
                // A file that was merged from several, of which the others do not tell.
                (false, false) => Side::Unknown,
            };
        }
        let shown = self.came_in | self.went_out | self.untold;
        match input {
            // What came before the first copies was not looked at.
            _ if shown == 0 => Side::Unknown,
            _ if shown & bit == 0 => Side::Apart,
            _ if self.near == self.far => Side::Unknown,
            input if input == self.near => Side::Near,
            input if input == self.far => Side::Far,
            _ => Side::Unknown,
        }
    }

    /// Which way others were seen to go where this one was.
    fn way(&self, place: Place) -> Way {
        let shown = |inputs: u8| inputs & bit(place.input()) != 0;
        let (came_in, went_out) = (shown(self.came_in), shown(self.went_out));
        match (place.came_in(), place.went_out()) {
            (true, _) if came_in => Way::Usual,
            (true, _) if went_out => Way::AheadOfTheHop,
            (false, true) if went_out => Way::Usual,
            (false, true) if came_in => Way::BehindTheHop,
            _ => Way::Unknown,
        }
    }

    /// The capture in which what was seen there is to be found as well, and how much later, in microseconds.
    fn other(&self, place: Place) -> Option<(u8, i32)> {
        let forwarded = self.came_in & self.went_out & bit(place.input()) != 0 && place.input() < LAST;
        match place.input() {
            input if forwarded => Some((input, 0)),
            input if self.near != self.far && input == self.near => Some((self.far, self.lag)),
            input if self.near != self.far && input == self.far => Some((self.near, -self.lag)),
            _ => None,
        }
    }
}

/// The bit of an input in a set of them, as in [`Trail::came_in`].
pub fn bit(input: u8) -> u8 {
    1 << input.min(LAST)
}

/// A lag as a time; none if the other capture is ahead.
fn microseconds(lag: i32) -> u64 {
    u64::try_from(lag).unwrap_or(0) * 1000
}

/// The bit of all others.
pub const LAST: u8 = 7;

/// What is known of places. Nothing is kept as long as there are no copies.
#[derive(Debug, Default)]
pub struct Places {
    /// There are several inputs side by side.
    several: bool,
    /// Of both ends of each connection.
    trails: Vec<[Trail; 2]>,
    /// The times of the last two segments of each input.
    heard: Vec<[Time; 2]>,
}

impl Places {
    /// What a connection takes here.
    pub const EACH: usize = size_of::<[Trail; 2]>();

    /// Several captures of the same time are read together.
    pub fn expect_several(&mut self) {
        self.several = true;
    }

    /// Brings near what is known of a connection.
    #[inline]
    pub fn approach(&self, index: u32) {
        if let Some(trails) = self.trails.get(index as usize) {
            prefetch(trails);
        }
    }

    /// Another connection begins at `index`.
    pub fn begin(&mut self, index: u32) {
        if let Some(trails) = self.trails.get_mut(index as usize) {
            *trails = Default::default();
        }
    }

    /// Forgets all that was noted of connections.
    pub fn forget(&mut self) {
        self.trails = Vec::new();
    }

    /// Another connection begins at `index` on the same ports.
    pub fn begin_again(&mut self, index: u32) {
        if let Some([client, server]) = self.trails.get_mut(index as usize) {
            *client = Trail { apart: client.apart, ..Trail::default() };
            *server = Trail::default();
        }
    }

    /// Do segments of the connection's ports that come from this capture belong to it?
    #[inline]
    pub fn shows(&self, index: u32, input: u8) -> bool {
        self.trails.get(index as usize).is_none_or(|[client, _]| client.apart & bit(input) == 0)
    }

    /// The captures that have shown one so far.
    fn shown(&self, index: u32) -> Option<u8> {
        let trails = self.trails.get(index as usize)?;
        Some(trails.iter().fold(0, |shown, trail| shown | trail.came_in | trail.went_out | trail.untold))
    }

    /// Has a capture shown one so far? What is not told apart may have, and so may each before there was a sign of copies.
    pub fn has_shown(&self, index: u32, input: u8) -> bool {
        input >= LAST || self.shown(index).is_none_or(|shown| shown == 0 || shown & bit(input) != 0)
    }

    /// Behind the connection at `index` that at `other` begins on the same ports: what has not shown the first shows the second.
    pub fn begin_behind(&mut self, index: u32, other: u32) {
        let shown = self.shown(index).unwrap_or(0);
        let before = self.trails.get(index as usize).map_or(0, |[client, _]| client.apart);
        for (index, apart) in [(index, !shown), (other, before | shown)] {
            if let Some([client, _]) = self.trails.get_mut(index as usize) {
                client.apart |= apart;
            }
        }
    }

    /// What this capture shows of the ports of both belongs to the connection at `other`, not to that at `index`.
    pub fn tell_apart(&mut self, index: u32, other: u32, input: u8) {
        if let Some([client, _]) = self.trails.get_mut(index as usize) {
            client.apart |= bit(input);
        }
        self.show(other, input);
    }

    /// Has this capture shown segments of the connection come in and go out again?
    pub fn forwards(&self, index: u32, input: u8) -> bool {
        let trails = self.trails.get(index as usize);
        trails.is_some_and(|trails| trails.iter().any(|trail| trail.came_in & trail.went_out & bit(input) != 0))
    }

    /// What this capture shows may belong to the connection at `index`.
    pub fn show(&mut self, index: u32, input: u8) {
        if let Some([client, _]) = self.trails.get_mut(index as usize) {
            client.apart &= !bit(input);
        }
    }

    /// A segment comes for the first time.
    #[inline]
    pub fn first(&mut self, index: u32, from: usize, segment: &Segment) {
        self.hear(segment);
        let index = index as usize;
        if index >= self.trails.len() {
            self.trails.resize(index + 1, Default::default());
        }
        let trails = &mut self.trails[index];
        if segment.flags.has(Flags::RST) {
            trails.iter_mut().for_each(|trail| trail.closed = true);
            return;
        }
        let trail = &mut trails[from];
        trail.passes(Place::of(segment));
        if !trail.closed {
            trail.count();
            trail.print = short(segment.print);
            trail.alone = segment.ttl;
        }
    }

    /// A segment comes once more, after it came as `first`.
    #[inline]
    pub fn copy(&mut self, index: u32, from: usize, segment: &Segment, first: Seen) {
        self.hear(segment);
        let Some(trails) = self.trails.get_mut(index as usize) else { return };
        if segment.flags.has(Flags::RST) {
            return;
        }
        let trail = &mut trails[from];
        trail.passes(Place::of(segment));
        trail.copies = trail.copies.saturating_add(1);
        if trail.print == short(segment.print) {
            trail.alone = 0;
        }
        let (first_input, here) = (first.place.input(), segment.input);
        if here == first_input || first.ttl == segment.ttl {
            return;
        }
        let lag = i32::try_from(segment.time.since(first.time) / 1000).unwrap_or(i32::MAX);
        (trail.near, trail.far, trail.lag) =
            if first.ttl > segment.ttl { (first_input, here, lag) } else { (here, first_input, -lag) };
    }

    #[inline]
    fn hear(&mut self, segment: &Segment) {
        let input = usize::from(segment.input);
        if input >= self.heard.len() {
            self.heard.resize(input + 1, Default::default());
        }
        let heard = &mut self.heard[input];
        *heard = [segment.time, heard[0]];
    }

    /// Notes what is known of the RSTs of a connection when its verdict is due, at `until`, and looks at what comes afterwards.
    pub fn judge(&mut self, index: u32, story: &mut Story, until: Time) {
        for reset in story.both_resets() {
            reset.sight = self.sight(index, reset, until);
        }
        let Some(trails) = self.trails.get_mut(index as usize) else { return };
        // What was seen at another place only may by the clock of this one have come sooner by so much: ahead of the RST.
        let lag = trails.iter().map(|trail| microseconds(trail.lag.saturating_abs())).max().unwrap_or(0);
        let sooner = |goes_on: Mark| {
            let elsewhere =
                |reset: Reset| reset.mark.input != goes_on.input && goes_on.time.since(reset.mark.time) <= lag;
            story.reset.is_some_and(elsewhere)
        };
        story.sender_lives = story.sender_lives.filter(|goes_on| !sooner(*goes_on));
        trails.iter_mut().for_each(|trail| trail.closed = false);
    }

    fn sight(&self, index: u32, reset: &Reset, until: Time) -> Sight {
        let Some(trails) = self.trails.get(index as usize) else { return Sight::default() };
        let trail = &trails[reset.from];
        let seen = || [Some(reset.place), reset.again].into_iter().flatten();
        let at = |side: Side| seen().find(|place| trail.side(*place) == side).map(|place| (side, place));
        let known = [Side::Far, Side::Near, Side::Unknown].into_iter().find_map(at);
        let (side, place) = known.unwrap_or((Side::Apart, reset.place));
        let goes_on = match trail.other(place) {
            Some((input, lag)) if input != place.input() => {
                // On what comes when it is due, the verdict must not depend: live, it was given by then.
                let then = reset.mark.time + microseconds(lag)..until;
                self.heard.get(usize::from(input)).is_some_and(|heard| heard.iter().any(|at| then.contains(at)))
            }
            Some(_) => true,
            None => !self.several,
        };
        let elsewhere = match (trails.iter().any(|trail| trail.alone > 0), goes_on) {
            (false, true) => Elsewhere::Captured,
            (true, false) => Elsewhere::Ended,
            (true, true) | (false, false) => Elsewhere::Unsure,
        };
        let in_part = trails.iter().any(Trail::is_copied_in_part);
        let alone = if trail.alone > 0 { 0 } else { trails[other(reset.from)].alone };
        Sight { side, elsewhere, way: trail.way(place), alone, in_part }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::syn;
    use super::*;

    const IN: u16 = Signs::CAME_IN;
    const OUT: u16 = Signs::WENT_OUT;

    /// A segment that this input shows coming in or going out.
    fn segment(input: u8, sign: u16, ttl: u8) -> Segment {
        Segment { input, ttl, signs: Signs(sign), print: 5 << 16, ..syn(1) }
    }

    fn seen(segment: &Segment) -> Seen {
        Seen { time: segment.time, place: Place::of(segment), ttl: segment.ttl }
    }

    #[test]
    fn what_comes_in_and_goes_out_is_nearer_to_its_sender_where_it_comes_in() {
        let mut places = Places::default();
        let came = segment(0, IN, 64);
        places.first(3, 1, &came);
        assert_eq!(places.trails[3][1].alone, 64);
        places.copy(3, 1, &segment(0, OUT, 63), seen(&came));
        let trail = &places.trails[3][1];
        assert_eq!(trail.alone, 0);
        let place = |sign| Place::of(&segment(0, sign, 64));
        assert_eq!([IN, OUT, 0].map(|sign| trail.side(place(sign))), [Side::Near, Side::Far, Side::Unknown]);
        assert_eq!(trail.other(place(OUT)), Some((0, 0)));
        // Of the other end's segments nothing is known.
        assert_eq!(places.trails[3][0].side(place(IN)), Side::Unknown);
    }

    #[test]
    fn of_two_captures_that_with_the_higher_ttl_is_nearer_to_the_sender() {
        let mut places = Places { several: true, ..Places::default() };
        let first = segment(1, OUT, 63);
        places.first(0, 0, &first);
        let place = |input| Place::of(&segment(input, OUT, 64));
        assert_eq!(
            [0, 1, 2].map(|input| places.trails[0][0].side(place(input))),
            [Side::Apart, Side::Unknown, Side::Apart]
        );
        let later = Segment { time: first.time + 3000, ..segment(0, OUT, 64) };
        places.copy(0, 0, &later, seen(&first));
        let trail = &places.trails[0][0];
        assert_eq!([0, 1, 2].map(|input| trail.side(place(input))), [Side::Near, Side::Far, Side::Apart]);
        assert_eq!([0, 1].map(|input| trail.other(place(input))), [Some((1, -3)), Some((0, 3))]);
    }

    #[test]
    fn what_comes_behind_a_rst_is_not_looked_at_until_that_is_judged() {
        let mut places = Places { several: true, ..Places::default() };
        places.first(0, 0, &segment(0, OUT, 64));
        places.copy(0, 0, &segment(1, OUT, 63), seen(&segment(0, OUT, 64)));
        places.first(0, 1, &Segment { flags: Flags(Flags::RST), ..segment(0, OUT, 63) });
        places.first(0, 0, &Segment { print: 9 << 16, ..segment(0, OUT, 64) });
        assert_eq!(places.trails[0][0].alone, 0);
        places.judge(0, &mut Story::default(), Time(9));
        places.first(0, 0, &Segment { print: 9 << 16, ..segment(0, OUT, 64) });
        assert_eq!(places.trails[0][0].alone, 64);
    }
}
