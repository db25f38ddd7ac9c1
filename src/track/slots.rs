//! Room for millions of records that never move: neither growth nor a new record copies the others.

use std::ops::{Index, IndexMut};

use crate::cpu::prefetch;

/// Records in a chunk.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 12;

/// Records in chunks, each at the place that [`Slots::add`] told. A chunk has a fixed size, so that only its own number has
/// to be checked to find a record.
pub struct Slots<T> {
    chunks: Vec<Box<[T; CHUNK]>>,
    length: usize,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { chunks: Vec::new(), length: 0, free: Vec::new() }
    }
}

impl<T: Default> Slots<T> {
    /// The record at `place`.
    #[inline(always)]
    pub fn get(&self, place: usize) -> Option<&T> {
        Some(&self.chunks.get(place >> CHUNK_BITS)?[place % CHUNK])
    }

    /// The record at `place`, to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        Some(&mut self.chunks.get_mut(place >> CHUNK_BITS)?[place % CHUNK])
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
        if self.length >> CHUNK_BITS == self.chunks.len() {
            let chunk: Box<[T]> = (0..CHUNK).map(|_| T::default()).collect();
            self.chunks.push(chunk.try_into().ok()?);
        }
        *self.get_mut(self.length)? = record;
        self.length += 1;
        Some(place)
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
        self.chunks.iter().flat_map(|chunk| chunk.iter()).take(self.length)
    }
}

impl<T> Index<usize> for Slots<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, place: usize) -> &T {
        &self.chunks[place >> CHUNK_BITS][place % CHUNK]
    }
}

impl<T> IndexMut<usize> for Slots<T> {
    #[inline(always)]
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.chunks[place >> CHUNK_BITS][place % CHUNK]
    }
}
