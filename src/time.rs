//! Points in time and the spans between them, in the nanoseconds that captures count in.

use std::ops::{Add, Sub};

use crate::short::{Short, pair};

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;
/// Nanoseconds in a millisecond.
pub const MILLISECOND: u64 = 1_000_000;

/// A point in time: nanoseconds since 1970-01-01 UTC, as the capture recorded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// No packet is later than the beginning of 2262: what says so is taken for this. Twice what lies between two packets, and
    /// days more, is a number of nanoseconds still.
    pub const LAST: Time = Time(9_214_646_400 * SECOND);

    /// RFC 3339 in UTC with `digits` (0, 3, 6 or 9; others round up) fractional digits.
    pub fn to_rfc3339(self, digits: u8) -> Short {
        Clock::new(digits).rfc3339(self)
    }

    /// Nanoseconds from `earlier` to this; 0 when `earlier` is later (captures go back in time).
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Nanoseconds between both, whichever is the earlier.
    pub fn apart(self, other: Time) -> u64 {
        self.0.abs_diff(other.0)
    }
}

/// Writes times that are near each other: where the second is that of the time before, only the fraction is new.
#[derive(Clone, Debug)]
pub struct Clock {
    digits: u8,
    second: Option<u64>,
    text: [u8; 30],
}

impl Clock {
    /// Writes `digits` (0, 3, 6 or 9; others round up) fractional digits.
    pub fn new(digits: u8) -> Clock {
        Clock { digits, second: None, text: *b"0000-00-00T00:00:00.000000000Z" }
    }

    /// RFC 3339 in UTC.
    pub fn rfc3339(&mut self, time: Time) -> Short {
        let (seconds, fraction) = (time.0 / SECOND, (time.0 % SECOND) as u32);
        if self.second != Some(seconds) {
            self.set_second(seconds);
        }
        let mut text = self.text;
        let mut put = |at: usize, value: u32| [text[at], text[at + 1]] = pair(value as u8);
        put(20, fraction / 10_000_000);
        put(22, fraction / 100_000 % 100);
        put(24, fraction / 1000 % 100);
        put(26, fraction / 10 % 100);
        text[28] = b'0' + (fraction % 10) as u8;
        let length = match self.digits {
            0 => 19,
            1..=3 => 23,
            4..=6 => 26,
            _ => 29,
        };
        text[length] = b'Z';
        Short::ascii(text, length + 1)
    }

    fn set_second(&mut self, seconds: u64) {
        let (year, month, day) = date(seconds / DAY);
        let second = seconds % DAY;
        let text = &mut self.text;
        let mut put = |at: usize, value: u64| [text[at], text[at + 1]] = pair(value as u8);
        put(0, year / 100);
        put(2, year % 100);
        put(5, month);
        put(8, day);
        put(11, second / 3600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        self.second = Some(seconds);
    }
}

/// Seconds in a day: UTC as computers count it has no leap seconds.
const DAY: u64 = 86_400;

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Years are counted from March here,
/// so that the day that leap years add is the last one; 400 years are 146,097 days and then all begins anew.
fn date(days: u64) -> (u64, u64, u64) {
    /// From 0000-03-01 to 1970-01-01.
    const BEFORE: u64 = 719_468;
    let days = days + BEFORE;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March on, and again from August on, have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (400 * era + year + u64::from(is_next_year), month, day)
}

impl Add<u64> for Time {
    type Output = Time;
    /// Adds nanoseconds, saturating at the end of time.
    fn add(self, nanoseconds: u64) -> Time {
        Time(self.0.saturating_add(nanoseconds))
    }
}

impl Sub<u64> for Time {
    type Output = Time;
    /// Takes nanoseconds away, saturating at 1970.
    fn sub(self, nanoseconds: u64) -> Time {
        Time(self.0.saturating_sub(nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_with_the_precision_asked_for() {
        let at = Time(1_790_057_815_359_084_123);
        assert_eq!(at.to_rfc3339(9).as_str(), "2026-09-22T06:16:55.359084123Z");
        assert_eq!(at.to_rfc3339(6).as_str(), "2026-09-22T06:16:55.359084Z");
        assert_eq!(at.to_rfc3339(3).as_str(), "2026-09-22T06:16:55.359Z");
        assert_eq!(at.to_rfc3339(0).as_str(), "2026-09-22T06:16:55Z");
        let mut clock = Clock::new(3);
        for (more, expected) in [(0, "55.359"), (SECOND / 2, "55.859"), (SECOND, "56.359"), (0, "55.359")] {
            assert_eq!(clock.rfc3339(at + more).as_str(), format!("2026-09-22T06:16:{expected}Z"));
        }
        assert_eq!(Time(u64::MAX).to_rfc3339(9).as_str(), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..=u64::MAX / SECOND / DAY {
            assert_eq!(date(days), (year, month, day));
            let last = match month {
                2 => 28 + u64::from(leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == last => (year, month + 1, 1),
                (_, day) => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn spans_never_wrap() {
        assert_eq!(Time(5).since(Time(9)), 0);
        assert_eq!((Time(u64::MAX) + 1).0, u64::MAX);
    }
}
