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
    /// Services whose successes were forgotten too early, for want of room.
    forgotten: u64,
}

/// Longer than any verdict waits.
const RECENT: u64 = 2 * SECOND;
const RECENT_TIMES: usize = 4;
const RECENT_SERVICES: usize = 16_384;

impl Recent {
    /// Remembers that the service was reached.
    pub(super) fn add(&mut self, service: Service, time: Time) {
        let is_old = time.since(self.since) > RECENT;
        if is_old || self.newer.len() >= RECENT_SERVICES {
            self.forgotten += if is_old { 0 } else { self.older.len() as u64 };
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

    /// Services whose successes were forgotten too early.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The successes after `time`.
    pub(super) fn after(&self, service: &Service, time: Time) -> impl Iterator<Item = Time> {
        let of = |half: &HashMap<Service, [Time; RECENT_TIMES]>| half.get(service).copied().unwrap_or_default();
        of(&self.older).into_iter().chain(of(&self.newer)).filter(move |success| *success > time)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn what_has_no_room_is_forgotten_and_counted() {
        let service = |number: u32| Service {
            client: IpAddr::V4(Ipv4Addr::from_bits(number)),
            server: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 80,
        };
        let mut recent = Recent::default();
        let all = 3 * RECENT_SERVICES as u32;
        (0..all).for_each(|number| recent.add(service(number), Time(SECOND + u64::from(number))));
        assert_eq!(recent.forgotten(), RECENT_SERVICES as u64);
        let is_known = |number| recent.after(&service(number), Time(0)).next().is_some();
        assert!(!is_known(0) && is_known(RECENT_SERVICES as u32) && is_known(all - 1));
        // What is forgotten because its time is over has had its use.
        recent.add(service(0), Time(10 * SECOND));
        assert_eq!(recent.forgotten(), RECENT_SERVICES as u64);
    }
}
