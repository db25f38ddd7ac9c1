//! Points in time and the spans between them, in the nanoseconds that captures count in.

use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;
/// Nanoseconds in a millisecond.
pub const MILLISECOND: u64 = 1_000_000;

/// A point in time: nanoseconds since 1970-01-01 UTC, as the capture recorded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// RFC 3339 in UTC with `digits` (0, 3, 6 or 9; others round up) fractional digits.
    pub fn to_rfc3339(self, digits: u8) -> String {
        // humantime formats years up to 9999; a hostile time stamp beyond that is shown as that last second.
        const LAST: u64 = 253_402_300_799;
        let since = Duration::from_nanos(self.0).min(Duration::from_secs(LAST));
        let at: SystemTime = UNIX_EPOCH + since;
        match digits {
            0 => humantime::format_rfc3339_seconds(at).to_string(),
            1..=3 => humantime::format_rfc3339_millis(at).to_string(),
            4..=6 => humantime::format_rfc3339_micros(at).to_string(),
            _ => humantime::format_rfc3339_nanos(at).to_string(),
        }
    }

    /// Nanoseconds from `earlier` to this; 0 when `earlier` is later (captures go back in time).
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
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
        assert_eq!(at.to_rfc3339(9), "2026-09-22T06:16:55.359084123Z");
        assert_eq!(at.to_rfc3339(6), "2026-09-22T06:16:55.359084Z");
        assert_eq!(Time(u64::MAX).to_rfc3339(9), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn spans_never_wrap() {
        assert_eq!(Time(5).since(Time(9)), 0);
        assert_eq!((Time(u64::MAX) + 1).0, u64::MAX);
    }
}
