//! What connections to one service tell about the others: did it answer, did it refuse?

use std::collections::HashMap;
use std::net::IpAddr;

use crate::decode::End;
use crate::time::Time;

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
}

/// The services that were seen, in bounded memory.
#[derive(Debug, Default)]
pub struct Services {
    known: HashMap<End, Service>,
    /// The TTLs of each server's SYN-ACKs: lowest and highest.
    ttls: HashMap<IpAddr, (u8, u8)>,
}

/// More than this many services are not remembered at a time: a scan shows a new one with every packet.
const MOST: usize = 1 << 16;

impl Services {
    /// What is known of this one.
    pub fn get(&self, end: &End) -> Service {
        self.known.get(end).copied().unwrap_or_default()
    }

    /// The lowest and the highest TTL of the SYN-ACKs of a host.
    pub fn ttls(&self, ip: IpAddr) -> Option<(u8, u8)> {
        self.ttls.get(&ip).copied()
    }

    /// A SYN-ACK came from this host with this TTL.
    pub(super) fn saw_ttl(&mut self, ip: IpAddr, ttl: u8) {
        if self.ttls.len() >= MOST && !self.ttls.contains_key(&ip) {
            return;
        }
        let (low, high) = self.ttls.entry(ip).or_insert((ttl, ttl));
        *low = (*low).min(ttl);
        *high = (*high).max(ttl);
    }

    pub(super) fn answered(&mut self, end: End, time: Time) {
        if let Some(service) = self.entry(end) {
            service.answered_first.get_or_insert(time);
            service.answered = Some(time);
            service.answers = service.answers.saturating_add(1);
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
            self.known.retain(|_, service| service.answered.is_some());
            if self.known.len() >= MOST {
                return None;
            }
        }
        Some(self.known.entry(end).or_default())
    }
}
