//! Successes of the last moments.

use crate::cpu::prefetch;
use crate::time::{SECOND, Time};

/// Longer than any verdict waits.
const RECENT: u64 = 2 * SECOND;
/// So many are remembered.
const MOST: usize = 1 << 16;
/// So many lists lead to them.
const LISTS: usize = 1 << 14;
/// So many of one service are told at most.
const TOLD: usize = 1024;
/// What will be overwritten after so many more is brought near.
const SOON: u32 = 8;
/// Where a list ends.
const NONE: u32 = u32::MAX;

/// Successes of the last moments: a verdict waits for a while, so that a failure may be told after a success that came
/// later than it.
///
/// Every connection that is made is noted, and hardly one is ever asked for: they are written one behind the other into
/// a ring, each with the number of the one before it of the same list.
#[derive(Debug, Default)]
pub(super) struct Recent {
    ring: Vec<Success>,
    lists: Vec<u32>,
    /// How many were noted, modulo 2³².
    noted: u32,
    forgotten: u64,
}

#[derive(Clone, Copy, Debug)]
struct Success {
    time: Time,
    /// The upper half of the hash of its service.
    service: u32,
    before: u32,
}

impl Recent {
    /// Remembers that the service with this hash was reached.
    pub(super) fn add(&mut self, service: u64, time: Time) {
        if self.lists.is_empty() {
            self.lists = vec![NONE; LISTS];
            self.ring = vec![Success { time, service: 0, before: NONE }; MOST];
        }
        // The number that says that there is none is left out.
        if self.noted == NONE {
            *self = Recent { forgotten: self.forgotten, ..Recent::default() };
            return self.add(service, time);
        }
        let list = &mut self.lists[list_of(service)];
        let success = Success { time, service: upper(service), before: *list };
        let oldest = std::mem::replace(&mut self.ring[place(self.noted)], success);
        if self.noted >= MOST as u32 && time.since(oldest.time) <= RECENT {
            self.forgotten += 1;
        }
        *list = self.noted;
        self.noted += 1;
        prefetch(&self.ring[place(self.noted.wrapping_add(SOON))]);
    }

    /// Brings near the list that leads to the successes of this service.
    pub(super) fn approach(&self, service: u64) {
        if let Some(list) = self.lists.get(list_of(service)) {
            prefetch(list);
        }
    }

    /// How many were forgotten before their time was over.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The successes of the service with this hash after `time`, by time; of very many the last ones.
    pub(super) fn after(&self, service: u64, time: Time) -> Vec<Time> {
        let mut found = Vec::new();
        let mut next = self.lists.get(list_of(service)).copied().unwrap_or(NONE);
        let mut latest = Time(0);
        while next != NONE && self.noted - next <= MOST as u32 && found.len() < TOLD {
            let success = self.ring[place(next)];
            latest = latest.max(success.time);
            if latest.since(success.time) > RECENT {
                break;
            }
            if success.service == upper(service) && success.time > time {
                found.push(success.time);
            }
            next = success.before;
        }
        found.sort_unstable();
        found
    }
}

fn place(number: u32) -> usize {
    number as usize % MOST
}

fn list_of(service: u64) -> usize {
    service as usize % LISTS
}

fn upper(service: u64) -> u32 {
    (service >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: u64 = 7 << 32 | 5;
    const SERVICE: u64 = 8 << 32 | 5;

    #[test]
    fn successes_of_one_service_come_by_time() {
        let mut recent = Recent::default();
        assert_eq!(recent.after(SERVICE, Time(0)), []);
        for (service, time) in [(SERVICE, 10), (OTHER, 20), (SERVICE, 40), (SERVICE, 30)] {
            recent.add(service, Time(time));
        }
        assert_eq!(recent.after(SERVICE, Time(10)), [Time(30), Time(40)]);
        assert_eq!(recent.after(OTHER, Time(0)), [Time(20)]);
    }

    #[test]
    fn what_was_overwritten_is_gone() {
        let mut recent = Recent::default();
        recent.add(SERVICE, Time(10));
        for _ in 1..MOST {
            recent.add(OTHER + 1, Time(11));
        }
        assert_eq!(recent.after(SERVICE, Time(0)), [Time(10)]);
        assert_eq!(recent.forgotten(), 0);
        recent.add(OTHER + 1, Time(11));
        assert_eq!(recent.forgotten(), 1);
        assert_eq!(recent.after(SERVICE, Time(0)), []);
        recent.add(SERVICE, Time(12));
        assert_eq!(recent.after(SERVICE, Time(0)), [Time(12)]);
        // What is forgotten because its time is over has had its use.
        recent.add(SERVICE, Time(10 * SECOND));
        assert_eq!(recent.forgotten(), 2);
    }

    #[test]
    fn numbers_begin_anew_before_the_last_one() {
        let mut recent = Recent::default();
        recent.add(SERVICE, Time(10));
        recent.noted = NONE;
        recent.add(SERVICE, Time(20));
        assert_eq!(recent.after(SERVICE, Time(0)), [Time(20)]);
    }
}
