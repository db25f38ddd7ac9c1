//! Who has failed, at a glance.

/// Two to this power many bits: a few thousand services and clients leave nearly all of them clear.
const BITS: u32 = 16;

/// Tells of most hashes that they were not added, with one look: every connection that is made asks.
#[derive(Debug, Default)]
pub(super) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// Adds a hash.
    pub(super) fn add(&mut self, hash: u64) {
        self.words.resize(1 << (BITS - 6), 0);
        self.words[word(hash)] |= 1 << (hash % 64);
    }

    /// False if it was not added.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.words.get(word(hash)).is_some_and(|bits| bits >> (hash % 64) & 1 != 0)
    }

    /// Forgets all but these.
    pub(super) fn refill(&mut self, hashes: impl Iterator<Item = u64>) {
        self.words.clear();
        hashes.for_each(|hash| self.add(hash));
    }
}

fn word(hash: u64) -> usize {
    (hash >> 6) as usize % (1 << (BITS - 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_most_else_is_not() {
        let mut filter = Filter::default();
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        assert!(!filter.may_have(hash(1)));
        (0..1000).for_each(|number| filter.add(hash(number)));
        assert!((0..1000).all(|number| filter.may_have(hash(number))));
        assert!((1000..2000).filter(|number| filter.may_have(hash(*number))).count() < 50);
        filter.refill([hash(2)].into_iter());
        assert!(!filter.may_have(hash(1)) && filter.may_have(hash(2)));
    }
}
