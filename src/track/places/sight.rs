//! Where a segment was seen on its way, and what that tells of a RST.

use crate::decode::{Segment, Signs};
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

    pub(super) fn input(self) -> u8 {
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
pub enum Vantage {
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
    pub vantage: Vantage,
    /// What is known of the other place.
    pub elsewhere: Elsewhere,
    /// Which way others of its sender were seen to go there.
    pub way: Way,
    /// The TTL of what its receiver sent last, if that was seen at one place only and what its sender sent last was not, else 0.
    pub alone: u8,
    /// Much of what the ends sent was seen once only: so nothing tells that the RST was.
    pub in_part: bool,
}
