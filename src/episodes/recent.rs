//! Successes of the last moments.

use foldhash::HashMap;

use super::Service;
use crate::time::{SECOND, Time};

/// Successes of the last moments: a verdict waits for a while, so that a failure may be told after a success that came
/// later than it. In two halves, of which the older one is thrown away as a whole.
#[derive(Debug, Default)]
pub(super) struct Recent {
    since: Time,
    newer: HashMap<Service, [Time; RECENT_TIMES]>,
    older: HashMap<Service, [Time; RECENT_TIMES]>,
}

/// Longer than any verdict waits.
const RECENT: u64 = 2 * SECOND;
const RECENT_TIMES: usize = 4;
const RECENT_SERVICES: usize = 16_384;

impl Recent {
    /// Remembers that the service was reached.
    pub(super) fn add(&mut self, service: Service, time: Time) {
        if time.since(self.since) > RECENT || self.newer.len() >= RECENT_SERVICES {
            std::mem::swap(&mut self.older, &mut self.newer);
            self.newer.clear();
            self.since = time;
        }
        let times = self.newer.entry(service).or_default();
        // Of many successes the first ones are kept: the next ones will come soon enough.
        if let Some(free) = times.iter_mut().find(|free| **free == Time(0)) {
            *free = time;
        }
    }

    /// The successes after `time`.
    pub(super) fn after(&self, service: &Service, time: Time) -> impl Iterator<Item = Time> {
        let of = |half: &HashMap<Service, [Time; RECENT_TIMES]>| half.get(service).copied().unwrap_or_default();
        of(&self.older).into_iter().chain(of(&self.newer)).filter(move |success| *success > time)
    }
}
