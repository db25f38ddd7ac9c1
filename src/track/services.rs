//! What connections to one service tell about the others: did it answer, did it refuse?

use std::collections::HashMap;

use crate::decode::End;
use crate::time::Time;

/// What is known of one address and port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// When it last answered a SYN with a SYN-ACK.
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
}

/// More than this many services are not remembered at a time: a scan shows a new one with every packet.
const MOST: usize = 1 << 16;

impl Services {
    /// What is known of this one.
    pub fn get(&self, end: &End) -> Service {
        self.known.get(end).copied().unwrap_or_default()
    }

    pub(super) fn answered(&mut self, end: End, time: Time) {
        if let Some(service) = self.entry(end) {
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
