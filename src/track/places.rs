//! The places at which packets are captured on their way: the captures of both ends read together, or a host that forwards and
//! captures on all of its interfaces.
//!
//! That a RST was seen at one place only means something if the other place was being captured just then. A capture that
//! began later, ended earlier or lost some packets shows nothing by what it does not show.

mod sight;
mod trail;

use super::connection::{Mark, other};
use super::copies::short;
use super::story::{Reset, Story};
use crate::cpu::prefetch;
use crate::decode::{Flags, Segment};
use crate::time::Time;
pub use sight::{Elsewhere, Place, Seen, Sight, Vantage, Way};
pub use trail::{LAST, bit};
use trail::{Trail, microseconds};

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
        let at = |vantage| seen().find(|place| trail.vantage(*place) == vantage).map(|place| (vantage, place));
        let known = [Vantage::Far, Vantage::Near, Vantage::Unknown].into_iter().find_map(at);
        let (vantage, place) = known.unwrap_or((Vantage::Apart, reset.place));
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
        Sight { vantage, elsewhere, way: trail.way(place), alone, in_part }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::syn;
    use super::*;
    use crate::decode::Signs;

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
        assert_eq!(
            [IN, OUT, 0].map(|sign| trail.vantage(place(sign))),
            [Vantage::Near, Vantage::Far, Vantage::Unknown]
        );
        assert_eq!(trail.other(place(OUT)), Some((0, 0)));
        // Of the other end's segments nothing is known.
        assert_eq!(places.trails[3][0].vantage(place(IN)), Vantage::Unknown);
    }

    #[test]
    fn of_two_captures_that_with_the_higher_ttl_is_nearer_to_the_sender() {
        let mut places = Places { several: true, ..Places::default() };
        let first = segment(1, OUT, 63);
        places.first(0, 0, &first);
        let place = |input| Place::of(&segment(input, OUT, 64));
        assert_eq!(
            [0, 1, 2].map(|input| places.trails[0][0].vantage(place(input))),
            [Vantage::Apart, Vantage::Unknown, Vantage::Apart]
        );
        let later = Segment { time: first.time + 3000, ..segment(0, OUT, 64) };
        places.copy(0, 0, &later, seen(&first));
        let trail = &places.trails[0][0];
        assert_eq!([0, 1, 2].map(|input| trail.vantage(place(input))), [Vantage::Near, Vantage::Far, Vantage::Apart]);
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
