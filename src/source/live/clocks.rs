//! The time by which packets are stamped.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::time::Time;

/// The clock that packets are stamped with, and one that nobody sets.
#[derive(Clone, Copy)]
pub struct Clocks {
    /// The first.
    pub time: Time,
    /// The second.
    pub steady: Instant,
}

impl Clocks {
    /// Reads both.
    pub fn read() -> Clocks {
        Clocks { time: clock(), steady: Instant::now() }
    }
}

/// The clock that packets are stamped with.
pub fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
