//! Room for millions of records that never move: neither growth nor a new record copies the others.

use std::ops::{Index, IndexMut};

use crate::cpu::prefetch;

/// Bytes of the first chunk: room for a million records of a cache line. They are addresses only, until they are written to.
const FIRST: usize = 64 << 20;
/// Records in a further chunk.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 12;

/// Records in chunks, each at the place that [`Slots::add`] told. Nearly all captures do with the first chunk, which is
/// large, so that only its length has to be checked to find a record; the others have a fixed size.
pub struct Slots<T> {
    first: Vec<T>,
    further: Vec<Box<[T; CHUNK]>>,
    length: usize,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { first: Vec::new(), further: Vec::new(), length: 0, free: Vec::new() }
    }
}

impl<T: Default> Slots<T> {
    /// Records in the first chunk, as many as some of the others hold.
    const FIRST: usize = FIRST / size_of::<T>() / CHUNK * CHUNK;

    /// In which of the further chunks `place` is.
    fn chunk_of(place: usize) -> usize {
        place.wrapping_sub(Self::FIRST) >> CHUNK_BITS
    }

    /// The record at `place`.
    #[inline(always)]
    pub fn get(&self, place: usize) -> Option<&T> {
        match self.first.get(place) {
            Some(record) => Some(record),
            None => Self::in_further(&self.further, place),
        }
    }

    /// The record at `place`, to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        match self.first.get_mut(place) {
            Some(record) => Some(record),
            None => Self::in_further_mut(&mut self.further, place),
        }
    }

    #[inline(never)]
    fn in_further(further: &[Box<[T; CHUNK]>], place: usize) -> Option<&T> {
        Some(&further.get(Self::chunk_of(place))?[place % CHUNK])
    }

    #[inline(never)]
    fn in_further_mut(further: &mut [Box<[T; CHUNK]>], place: usize) -> Option<&mut T> {
        Some(&mut further.get_mut(Self::chunk_of(place))?[place % CHUNK])
    }

    /// Brings near the beginning of the record at `place`.
    #[inline(always)]
    pub fn approach(&self, place: u32) {
        if let Some(record) = self.get(place as usize) {
            prefetch(record);
        }
    }

    /// Brings near the places that will be used next.
    #[inline]
    pub fn approach_free(&self, count: usize) {
        let next = self.free.len().saturating_sub(count)..;
        self.free.get(next).unwrap_or_default().iter().for_each(|place| self.approach(*place));
    }

    /// A place that was given back, to be used again.
    pub fn reuse(&mut self) -> Option<u32> {
        self.free.pop()
    }

    /// Adds a record; `None` when 2³² are there.
    pub fn add(&mut self, record: T) -> Option<u32> {
        let place = u32::try_from(self.length).ok()?;
        if self.length < Self::FIRST {
            if self.first.is_empty() {
                // Where that much is not to be had, it grows as it must.
                let _ = self.first.try_reserve_exact(Self::FIRST);
            }
            self.first.push(record);
        } else {
            self.add_further(record)?;
        }
        self.length += 1;
        Some(place)
    }

    fn add_further(&mut self, record: T) -> Option<()> {
        if Self::chunk_of(self.length) == self.further.len() {
            let chunk: Box<[T]> = (0..CHUNK).map(|_| T::default()).collect();
            self.further.push(chunk.try_into().ok()?);
        }
        *self.get_mut(self.length)? = record;
        Some(())
    }

    /// How many records there are, those that were given back too.
    pub fn len(&self) -> usize {
        self.length
    }

    /// How many records there are that were not given back.
    pub fn in_use(&self) -> usize {
        self.length - self.free.len()
    }

    /// Gives a place back. The record stays until the place is used again.
    pub fn give_back(&mut self, place: u32) {
        self.free.push(place);
    }

    /// All records by their places, those that were given back too.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(self.further.iter().flat_map(|chunk| chunk.iter())).take(self.length)
    }
}

impl<T: Default> Index<usize> for Slots<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, place: usize) -> &T {
        match self.first.get(place) {
            Some(record) => record,
            None => &self.further[Self::chunk_of(place)][place % CHUNK],
        }
    }
}

impl<T: Default> IndexMut<usize> for Slots<T> {
    #[inline(always)]
    fn index_mut(&mut self, place: usize) -> &mut T {
        match self.first.get_mut(place) {
            Some(record) => record,
            None => &mut self.further[Self::chunk_of(place)][place % CHUNK],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So large that few fill the first chunk.
    #[derive(Clone, Copy)]
    struct Large([u32; 1024]);

    impl Default for Large {
        fn default() -> Large {
            Large([0; 1024])
        }
    }

    #[test]
    fn records_are_where_they_were_told_to_be_in_each_chunk() {
        let mut slots: Slots<Large> = Slots::default();
        let most = Slots::<Large>::FIRST + CHUNK + 1;
        for number in 0..most {
            assert!(slots.get(number + CHUNK).is_none());
            assert_eq!(slots.add(Large([number as u32; 1024])), Some(number as u32));
        }
        for number in [0, 1, Slots::<Large>::FIRST - 1, Slots::<Large>::FIRST, most - CHUNK, most - 1] {
            assert_eq!(slots[number].0[1023], number as u32);
            slots[number].0[0] = 7;
            assert_eq!(slots.get(number).map(|found| found.0[0]), Some(7));
        }
        assert!(slots.iter().zip(0..).all(|(found, number)| found.0[1] == number));
        assert_eq!((slots.len(), slots.iter().count()), (most, most));
        slots.give_back(3);
        assert_eq!((slots.in_use(), slots.reuse(), slots.reuse()), (most - 1, Some(3), None));
    }
}
