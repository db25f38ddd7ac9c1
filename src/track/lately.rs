//! What was noted lately, in bounded memory: a capture may go on for months, and what was new then matters now.

use std::hash::Hash;

use foldhash::HashMap;

/// How much each of two generations holds.
const GENERATION: usize = 1 << 15;

/// Values by their keys, of which those go first that were not noted for long: when one generation is full, the one before it is
/// forgotten.
#[derive(Debug)]
pub struct Lately<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    forgotten: u64,
}

impl<K, V> Default for Lately<K, V> {
    fn default() -> Self {
        Lately { young: HashMap::default(), old: HashMap::default(), forgotten: 0 }
    }
}

impl<K: Copy + Eq + Hash, V: Default> Lately<K, V> {
    /// The value of `key`, if it was noted lately.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of `key`, to be changed; it counts as noted just now.
    pub fn note(&mut self, key: K) -> &mut V {
        let known = self.old.remove(&key);
        if self.young.len() >= GENERATION && !self.young.contains_key(&key) {
            let gone = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
            self.forgotten += gone.len() as u64;
        }
        self.young.entry(key).or_insert_with(|| known.unwrap_or_default())
    }

    /// How many were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_again_stays_and_what_is_not_goes() {
        let mut lately = Lately::<usize, usize>::default();
        *lately.note(0) = 7;
        *lately.note(1) = 8;
        for key in 2..3 * GENERATION {
            *lately.note(key) += 1;
            assert_eq!(*lately.note(0), 7);
        }
        assert_eq!(lately.get(&1), None);
        assert_eq!(lately.get(&(3 * GENERATION - 1)), Some(&1));
        assert!(lately.young.len() <= GENERATION && lately.old.len() <= GENERATION);
        assert_eq!(lately.forgotten() as usize + lately.young.len() + lately.old.len(), 3 * GENERATION);
    }
}
