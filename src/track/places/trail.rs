//! Where an end's segments are seen: at one place, or at two on their way.

use super::sight::{Place, Vantage, Way};

/// The way of an end's segments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trail {
    /// In which captures they have the higher TTL, and in which the lower; nothing is known if both are one.
    pub near: u8,
    pub far: u8,
    /// Microseconds from the near place to the far one, by the clocks of both captures.
    pub lag: i32,
    /// A fingerprint of the last one.
    pub print: u16,
    /// The captures that showed one coming in, one going out, and one of which nothing tells; the last bit stands for all
    /// others. What both comes in and goes out is forwarded there.
    pub came_in: u8,
    pub went_out: u8,
    pub untold: u8,
    /// The TTL of the last one if it was seen once so far, else 0.
    pub alone: u8,
    /// A RST came: what comes behind it is not looked at.
    pub closed: bool,
    /// The captures that show another connection on the same ports; in the trail of the client alone.
    pub apart: u8,
    /// How many of the last ones there were, and how many of those came once more.
    pub firsts: u8,
    pub copies: u8,
}

const _: () = assert!(size_of::<Trail>() == 16);

impl Trail {
    pub fn passes(&mut self, place: Place) {
        let at = match (place.came_in(), place.went_out()) {
            (true, _) => &mut self.came_in,
            (false, true) => &mut self.went_out,
            (false, false) => &mut self.untold,
        };
        *at |= bit(place.input());
    }

    pub fn count(&mut self) {
        if self.firsts == u8::MAX {
            self.firsts /= 2;
            self.copies /= 2;
        }
        self.firsts += 1;
    }

    /// Did more than a third come once only? The last one is not counted, which may have been held up. Then copies are the exception:
    /// a mirror port that doubles some packets, or one that loses many.
    pub fn is_copied_in_part(&self) -> bool {
        u16::from(self.copies) * 3 < u16::from(self.firsts.saturating_sub(1)) * 2
    }

    /// From which vantage on its way a segment was seen there.
    pub fn vantage(&self, place: Place) -> Vantage {
        let (input, bit) = (place.input(), bit(place.input()));
        if self.came_in & self.went_out & bit != 0 && input < LAST {
            return match (place.came_in(), place.went_out()) {
                (true, _) => Vantage::Near,
                (false, true) => Vantage::Far,
                // A file that was merged from several, of which the others do not tell.
                (false, false) => Vantage::Unknown,
            };
        }
        let shown = self.came_in | self.went_out | self.untold;
        match input {
            // What came before the first copies was not looked at.
            _ if shown == 0 => Vantage::Unknown,
            _ if shown & bit == 0 => Vantage::Apart,
            _ if self.near == self.far => Vantage::Unknown,
            input if input == self.near => Vantage::Near,
            input if input == self.far => Vantage::Far,
            _ => Vantage::Unknown,
        }
    }

    /// Which way others were seen to go where this one was.
    pub fn way(&self, place: Place) -> Way {
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
    pub fn other(&self, place: Place) -> Option<(u8, i32)> {
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
pub(super) fn microseconds(lag: i32) -> u64 {
    u64::try_from(lag).unwrap_or(0) * 1000
}

/// The bit of all others.
pub const LAST: u8 = 7;
