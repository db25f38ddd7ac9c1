//! What connections to one service tell about the others: did it answer, did it refuse?

use std::net::IpAddr;

use foldhash::HashMap;

use crate::decode::End;
use crate::time::{SECOND, Time};

/// What is known of one address and port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// When it first answered a SYN with a SYN-ACK.
    pub answered_first: Option<Time>,
    /// When it last did.
    pub answered: Option<Time>,
    /// How many SYNs it answered.
    pub answers: u32,
    /// When it last refused a connection.
    pub refused: Option<Time>,
    /// The TTL of its last answer, which is known of its host.
    ttl: Option<u8>,
}

/// How regularly a client connects to a service only to hang up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// How often, the visit at hand left out.
    pub count: u32,
    /// When it last did.
    pub last: Time,
    /// Nanoseconds between the last two visits.
    pub interval: u64,
    /// How many intervals were about as long as the one before them.
    pub regular: u32,
}

impl Visits {
    /// Would a visit at `time` keep the rhythm?
    pub fn keeps_rhythm(&self, time: Time) -> bool {
        let interval = time.since(self.last);
        self.count >= 2
            && interval >= SECOND / 5
            && interval.abs_diff(self.interval) <= (self.interval / 5).max(SECOND / 20)
    }
}

/// The services that were seen, in bounded memory.
#[derive(Debug, Default)]
pub struct Services {
    known: HashMap<End, Service>,
    /// The TTLs of each server's SYN-ACKs: lowest and highest.
    ttls: HashMap<IpAddr, (u8, u8)>,
    /// Clients that connect and hang up without a word.
    visits: HashMap<(IpAddr, End), Visits>,
    /// When a host last got an ICMP error whose quote the snaplen cut.
    cut_errors: HashMap<IpAddr, Time>,
    /// What could not be remembered.
    unremembered: u64,
}

/// More than this many services are not remembered at a time: a scan shows a new one with every packet.
const MOST: usize = 1 << 16;

/// Keeps only what is worth it; tells how much went.
fn forget<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, is_worth: impl Fn(&V) -> bool) -> u64 {
    let before = map.len();
    map.retain(|_, value| is_worth(value));
    (before - map.len()) as u64
}

impl Services {
    /// How often something could not be remembered.
    pub fn unremembered(&self) -> u64 {
        self.unremembered
    }

    /// What is known of this one.
    pub fn get(&self, end: &End) -> Service {
        self.known.get(end).copied().unwrap_or_default()
    }

    /// Has this host got an unreadable ICMP error since `time`? Then its silence may have another errno.
    pub fn cut_error_since(&self, ip: IpAddr, time: Time) -> bool {
        self.cut_errors.get(&ip).is_some_and(|last| *last >= time)
    }

    pub(super) fn cut_error(&mut self, ip: IpAddr, time: Time) {
        if self.cut_errors.len() < MOST || self.cut_errors.contains_key(&ip) {
            self.cut_errors.insert(ip, time);
        } else {
            self.unremembered += 1;
        }
    }

    /// The visits of a client that hung up without a word.
    pub fn visits(&self, client: IpAddr, server: End) -> Visits {
        self.visits.get(&(client, server)).copied().unwrap_or_default()
    }

    pub(super) fn visited(&mut self, client: IpAddr, server: End, time: Time) {
        let key = (client, server);
        if self.visits.len() >= MOST && !self.visits.contains_key(&key) {
            self.unremembered += forget(&mut self.visits, |visits| visits.count > 1);
            if self.visits.len() >= MOST {
                self.unremembered += 1;
                return;
            }
        }
        let visits = self.visits.entry(key).or_default();
        visits.regular += u32::from(visits.keeps_rhythm(time));
        visits.interval = time.since(visits.last);
        visits.last = time;
        visits.count = visits.count.saturating_add(1);
    }

    /// The lowest and the highest TTL of the SYN-ACKs of a host.
    pub fn ttls(&self, ip: IpAddr) -> Option<(u8, u8)> {
        self.ttls.get(&ip).copied()
    }

    /// A SYN-ACK came from this host with this TTL.
    pub(super) fn saw_ttl(&mut self, ip: IpAddr, ttl: u8) {
        if self.ttls.len() >= MOST && !self.ttls.contains_key(&ip) {
            self.unremembered += 1;
            return;
        }
        let (low, high) = self.ttls.entry(ip).or_insert((ttl, ttl));
        *low = (*low).min(ttl);
        *high = (*high).max(ttl);
    }

    /// A service answered a SYN, in a segment with this TTL.
    pub(super) fn answered(&mut self, end: End, time: Time, ttl: u8) {
        let mut known = false;
        if let Some(service) = self.entry(end) {
            service.answered_first.get_or_insert(time);
            service.answered = Some(time);
            service.answers = service.answers.saturating_add(1);
            known = service.ttl == Some(ttl);
            service.ttl = Some(ttl);
        }
        if !known {
            self.saw_ttl(end.ip, ttl);
        }
    }

    pub(super) fn refused(&mut self, end: End, time: Time) {
        if let Some(service) = self.entry(end) {
            service.refused = Some(time);
        }
    }

    fn entry(&mut self, end: End) -> Option<&mut Service> {
        if self.known.len() >= MOST && !self.known.contains_key(&end) {
            // Those that only refused are many in a scan, and the least worth.
            self.unremembered += forget(&mut self.known, |service| service.answered.is_some());
            if self.known.len() >= MOST {
                self.unremembered += 1;
                return None;
            }
        }
        Some(self.known.entry(end).or_default())
    }
}
