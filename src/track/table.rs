//! Where the connections are: an index from hashes to places, made for captures with millions of connections.
//!
//! A bucket is one cache line of eight (tag, place) pairs, so that a search costs one miss here and one in the
//! connection itself, whose key decides. The top bits of the tag choose the bucket: growth copies buckets in order and
//! never looks at a connection.

use crate::cpu::{find, prefetch};

/// How many pairs a cache line of 64 bytes holds.
const PAIRS: usize = 8;
/// Buckets of an empty table.
const SMALLEST: u32 = 5;
/// Tags have 32 bits, of which the lowest is always set; a few must be left to tell the pairs of a bucket apart.
const LARGEST: u32 = 27;

/// One cache line. Its pairs stand without holes from the first on; no tag is 0.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    tags: [u32; PAIRS],
    places: [u32; PAIRS],
}

const EMPTY: Bucket = Bucket { tags: [0; PAIRS], places: [0; PAIRS] };

impl Bucket {
    /// A bit for each pair with this tag.
    #[inline(always)]
    fn matches(&self, tag: u32) -> u32 {
        find(&self.tags, tag)
    }

    /// The place of the first pair with this tag.
    #[inline(always)]
    fn first(&self, tag: u32) -> Option<u32> {
        let bits = self.matches(tag);
        if bits == 0 { None } else { Some(self.places[bits.trailing_zeros() as usize & (PAIRS - 1)]) }
    }

    fn is_full(&self) -> bool {
        self.tags[PAIRS - 1] != 0
    }

    fn length(&self) -> usize {
        (find(&self.tags, 0).trailing_zeros() as usize).min(PAIRS)
    }
}

/// The part of a hash that the table keeps.
#[inline(always)]
fn tag_of(hash: u32) -> u32 {
    hash | 1
}

/// An index from hashes to places. Several places may have one hash.
pub struct Table {
    buckets: Vec<Bucket>,
    /// The buckets' number is two to this power.
    bits: u32,
    length: usize,
}

impl Default for Table {
    fn default() -> Self {
        Table { buckets: vec![EMPTY; 1 << SMALLEST], bits: SMALLEST, length: 0 }
    }
}

impl Table {
    #[inline(always)]
    fn home(&self, tag: u32) -> usize {
        (tag >> (32 - self.bits)) as usize
    }

    fn last(&self) -> usize {
        self.buckets.len() - 1
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Brings the bucket of `hash` into the cache.
    #[inline(always)]
    pub fn approach(&self, hash: u32) {
        if let Some(bucket) = self.buckets.get(self.home(tag_of(hash))) {
            prefetch(bucket);
        }
    }

    /// A place that probably is that of `hash`: the first with its tag. Looks next door at most.
    #[inline(always)]
    pub fn guess(&self, hash: u32) -> Option<u32> {
        let tag = tag_of(hash);
        let home = self.home(tag);
        let bucket = self.buckets.get(home)?;
        let found = bucket.first(tag);
        if found.is_none() && bucket.is_full() { self.buckets.get(home + 1)?.first(tag) } else { found }
    }

    /// The place with this hash that `is` accepts.
    #[inline]
    pub fn find(&self, hash: u32, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = tag_of(hash);
        let mut at = self.home(tag);
        loop {
            let bucket = self.buckets.get(at)?;
            let mut bits = bucket.matches(tag);
            while bits != 0 {
                let place = bucket.places[bits.trailing_zeros() as usize & (PAIRS - 1)];
                if is(place) {
                    return Some(place);
                }
                bits &= bits - 1;
            }
            if !bucket.is_full() {
                return None;
            }
            at = (at + 1) & self.last();
        }
    }

    /// Adds a place. Whether it is there already is not looked at.
    pub fn insert(&mut self, hash: u32, place: u32) {
        // Thirteen sixteenths: beyond it too many buckets are full and send their pairs next door.
        if self.length >= self.buckets.len() / 2 * 13 && self.bits < LARGEST {
            self.grow();
        }
        self.put(tag_of(hash), place);
        self.length += 1;
    }

    fn put(&mut self, tag: u32, place: u32) {
        let mut at = self.home(tag);
        while self.buckets[at].is_full() {
            at = (at + 1) & self.last();
        }
        let bucket = &mut self.buckets[at];
        let free = bucket.length();
        bucket.tags[free] = tag;
        bucket.places[free] = place;
    }

    /// The pairs of each bucket go to the two that it becomes. Those that had to go next door come after, when they find how
    /// full that is.
    #[cold]
    fn grow(&mut self) {
        self.bits += 1;
        let mut strays = Vec::new();
        let mut fresh = Vec::with_capacity(1 << self.bits);
        for (at, bucket) in std::mem::take(&mut self.buckets).iter().enumerate() {
            let (mut two, mut lengths) = ([EMPTY; 2], [0; 2]);
            for (tag, place) in bucket.tags.into_iter().zip(bucket.places).take_while(|(tag, _)| *tag != 0) {
                let which = self.home(tag).wrapping_sub(2 * at);
                if let (Some(bucket), Some(length)) = (two.get_mut(which), lengths.get_mut(which)) {
                    bucket.tags[*length] = tag;
                    bucket.places[*length] = place;
                    *length += 1;
                } else {
                    strays.push((tag, place));
                }
            }
            fresh.extend(two);
        }
        self.buckets = fresh;
        strays.into_iter().for_each(|(tag, place)| self.put(tag, place));
    }

    /// Takes a place out. False if it is not there under this hash.
    pub fn remove(&mut self, hash: u32, place: u32) -> bool {
        let tag = tag_of(hash);
        let mut at = self.home(tag);
        loop {
            let bucket = &self.buckets[at];
            let pairs = bucket.matches(tag) & find(&bucket.places, place);
            if pairs != 0 {
                self.take(at, pairs.trailing_zeros() as usize);
                self.length -= 1;
                return true;
            }
            if !bucket.is_full() {
                return false;
            }
            at = (at + 1) & self.last();
        }
    }

    /// Empties a pair. A search ends at the first bucket that is not full, so a full one that gets room must call back
    /// a pair that had to go further because of it.
    fn take(&mut self, mut at: usize, mut pair: usize) {
        loop {
            let bucket = &mut self.buckets[at];
            let was_full = bucket.is_full();
            let last = bucket.length() - 1;
            bucket.tags[pair] = bucket.tags[last];
            bucket.places[pair] = bucket.places[last];
            bucket.tags[last] = 0;
            if !was_full {
                return;
            }
            let Some((from, which)) = self.pushed_past(at) else {
                return;
            };
            let (tag, place) = (self.buckets[from].tags[which], self.buckets[from].places[which]);
            let bucket = &mut self.buckets[at];
            bucket.tags[PAIRS - 1] = tag;
            bucket.places[PAIRS - 1] = place;
            (at, pair) = (from, which);
        }
    }

    /// The first pair behind the bucket `hole` whose home is there or before it.
    fn pushed_past(&self, hole: usize) -> Option<(usize, usize)> {
        let mut at = hole;
        loop {
            at = (at + 1) & self.last();
            if at == hole {
                return None;
            }
            let bucket = &self.buckets[at];
            let distance = at.wrapping_sub(hole) & self.last();
            let pushed = |tag: &u32| *tag != 0 && at.wrapping_sub(self.home(*tag)) & self.last() >= distance;
            if let Some(which) = bucket.tags.iter().position(pushed) {
                return Some((at, which));
            }
            if !bucket.is_full() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A random number generator that needs no crate (splitmix64).
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Inserts and removes at random; `narrow` clears hash bits, so that many share a bucket and a tag.
    fn against_a_map(narrow: u64, rounds: usize) {
        let mut state = narrow ^ 7;
        let mut table = Table::default();
        let mut map: HashMap<u32, u32> = HashMap::new();
        for round in 0..rounds {
            let place = (next(&mut state) % 3000) as u32;
            match map.get(&place).copied() {
                Some(hash) if !next(&mut state).is_multiple_of(3) => {
                    assert!(table.remove(hash, place));
                    map.remove(&place);
                }
                Some(hash) => assert_eq!(table.find(hash, |found| found == place), Some(place)),
                None => {
                    let hash = (next(&mut state) & narrow) as u32;
                    assert_eq!(table.find(hash, |found| found == place), None);
                    table.insert(hash, place);
                    map.insert(place, hash);
                }
            }
            assert_eq!(table.len(), map.len());
            if round % 1000 == 0 {
                for (&place, &hash) in &map {
                    assert_eq!(table.find(hash, |found| found == place), Some(place));
                }
            }
        }
    }

    #[test]
    fn it_holds_what_a_map_holds() {
        against_a_map(u64::MAX, 60_000);
    }

    #[test]
    fn crowded_buckets_lose_nothing() {
        against_a_map(0xf0f0_0000, 20_000);
        against_a_map(0xffff_ffff & !(0xf << 26), 20_000);
        against_a_map(0, 3_000);
    }

    #[test]
    fn a_guess_is_the_place_unless_its_bucket_is_crowded() {
        let mut table = Table::default();
        let mut state = 1;
        let hashes: Vec<u32> = (0..100_000).map(|_| next(&mut state) as u32).collect();
        hashes.iter().zip(0..).for_each(|(hash, place)| table.insert(*hash, place));
        let right = hashes.iter().zip(0..).filter(|(hash, place)| table.guess(**hash) == Some(*place)).count();
        assert!(right > 90_000, "{right}");
    }
}
