//! Room for millions of records that never move: neither growth nor a new record copies the others.

use std::ops::{Index, IndexMut};

use crate::prefetch::prefetch;

/// Records in a chunk.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 12;

/// Records in chunks, each at the place that [`Slots::add`] told.
pub struct Slots<T> {
    chunks: Vec<Vec<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { chunks: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// The record at `place`.
    #[inline(always)]
    pub fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place >> CHUNK_BITS)?.get(place % CHUNK)
    }

    /// The record at `place`, to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place >> CHUNK_BITS)?.get_mut(place % CHUNK)
    }

    /// Brings near the beginning of the record at `place`.
    #[inline(always)]
    pub fn approach(&self, place: u32) {
        if let Some(record) = self.get(place as usize) {
            prefetch(record);
        }
    }

    /// A place that was given back, to be used again.
    pub fn reuse(&mut self) -> Option<u32> {
        self.free.pop()
    }

    /// Adds a record; `None` when 2³² are there.
    pub fn add(&mut self, record: T) -> Option<u32> {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.chunks.len() - 1;
        let last = self.chunks.last_mut()?;
        let place = u32::try_from(chunk * CHUNK + last.len()).ok()?;
        last.push(record);
        Some(place)
    }

    /// How many records there are, those that were given back too.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// How many records there are that were not given back.
    pub fn in_use(&self) -> usize {
        self.len() - self.free.len()
    }

    /// Gives a place back. The record stays until the place is used again.
    pub fn give_back(&mut self, place: u32) {
        self.free.push(place);
    }

    /// All records by their places, those that were given back too.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
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
