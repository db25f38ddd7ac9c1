//! The addresses of IPv6 connections, whose keys hold only a fingerprint of them.

use super::connection::Ends6;
use super::slots::Slots;
use super::store::put;

/// No addresses.
const NOWHERE: u32 = u32::MAX;

/// Where the addresses are, by the connection's index.
#[derive(Default)]
pub struct Addresses {
    places: Vec<u32>,
    ends: Slots<Ends6>,
}

impl Addresses {
    /// The ends of the connection, if it has some here.
    pub fn get(&self, index: u32) -> Option<&Ends6> {
        self.ends.get(*self.places.get(index as usize)? as usize)
    }

    /// Remembers the ends of a connection that has none yet.
    pub fn insert(&mut self, index: u32, ends: Ends6) {
        let index = index as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, NOWHERE);
        }
        self.places[index] = put(&mut self.ends, ends).unwrap_or(NOWHERE);
    }

    /// Forgets the ends of a connection.
    pub fn remove(&mut self, index: u32) {
        if let Some(place) = self.places.get_mut(index as usize).filter(|place| **place != NOWHERE) {
            self.ends.give_back(*place);
            *place = NOWHERE;
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Addresses::default();
    }

    /// Bytes that they take.
    pub fn bytes(&self) -> usize {
        self.places.len() * size_of::<u32>() + self.ends.in_use() * size_of::<Ends6>()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;
    use crate::decode::End;

    #[test]
    fn each_connection_has_its_own_ends() {
        let ends = |port| {
            let end = End { ip: IpAddr::V6(Ipv6Addr::LOCALHOST), port };
            Ends6 { first: end, second: end }
        };
        let port = |addresses: &Addresses, index| addresses.get(index).map(|ends| ends.first.port);
        let mut addresses = Addresses::default();
        addresses.insert(5, ends(50));
        addresses.insert(2, ends(20));
        assert_eq!([port(&addresses, 5), port(&addresses, 2), port(&addresses, 3)], [Some(50), Some(20), None]);
        addresses.remove(5);
        addresses.remove(3);
        addresses.insert(9, ends(90));
        assert_eq!([port(&addresses, 5), port(&addresses, 2), port(&addresses, 9)], [None, Some(20), Some(90)]);
        assert_eq!(addresses.ends.in_use(), 2);
    }
}
