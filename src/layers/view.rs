//! What is left of a frame from some layer on, with the loads that every layer uses.

use super::Skip;

/// How many tunnels and link headers may stand inside each other. Real networks stack three or four; a frame
/// made to keep us busy stacks hundreds.
const MAX_LAYERS: u8 = 16;

/// No frame is longer: segmentation offload (Linux's "BIG TCP") stops at half a mebibyte.
const MAX_FRAME: u32 = 1 << 24;

/// The rest of a frame: what was captured of it, where that stands in the batch, and how long it was on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The captured bytes.
    pub data: &'a [u8],
    /// Where `data` begins in the batch.
    pub offset: u32,
    /// How many bytes there were on the wire; never less than `data.len()`.
    pub wire: u32,
    /// How many more layers we are willing to take off.
    layers: u8,
}

impl<'a> View<'a> {
    /// A whole frame of which the capture says that it had `wire` bytes.
    #[inline]
    pub fn new(data: &'a [u8], offset: u32, wire: u32) -> Self {
        // Shorter than what was captured of it (or 0, not known), or longer than any frame: a capture's mistake.
        let captured = data.len() as u32;
        let wire = if wire > MAX_FRAME { captured } else { wire.max(captured) };
        View { data, offset, wire, layers: MAX_LAYERS }
    }

    /// The byte at `at`.
    #[inline]
    pub fn u8(self, at: usize) -> Result<u8, Skip> {
        self.data.get(at).copied().ok_or_else(|| self.missing(at + 1))
    }

    /// The big-endian number of two bytes at `at`.
    #[inline]
    pub fn u16(self, at: usize) -> Result<u16, Skip> {
        self.array::<2>(at).map(u16::from_be_bytes)
    }

    /// The big-endian number of four bytes at `at`.
    pub fn u32(self, at: usize) -> Result<u32, Skip> {
        self.array::<4>(at).map(u32::from_be_bytes)
    }

    /// The `N` bytes at `at`.
    #[inline]
    pub fn array<const N: usize>(self, at: usize) -> Result<[u8; N], Skip> {
        match self.data.get(at..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(bytes) => Ok(*bytes),
            None => Err(self.missing(at + N)),
        }
    }

    /// What follows the first `count` bytes.
    #[inline]
    pub fn skip(self, count: usize) -> Result<Self, Skip> {
        self.behind(count).ok_or_else(|| self.missing(count))
    }

    /// The same, for callers that do not ask why it is not there.
    #[inline]
    pub fn behind(self, count: usize) -> Option<Self> {
        let data = self.data.get(count..)?;
        Some(View { data, offset: self.offset + count as u32, wire: self.wire - count as u32, ..self })
    }

    /// The same, cut to the length that a header states: what follows is padding or a trailer. A header that states
    /// more than the frame had is believed, since programs that cut frames often lose their length on the wire.
    #[inline]
    pub fn limit(self, wire: u32) -> Self {
        let data = self.data.get(..wire as usize).unwrap_or(self.data);
        View { data, wire, ..self }
    }

    /// The same, one layer deeper.
    pub fn deeper(self) -> Result<Self, Skip> {
        match self.layers.checked_sub(1) {
            Some(layers) => Ok(View { layers, ..self }),
            None => Err(Skip::TunnelTooDeep),
        }
    }

    /// Why `needed` bytes are not there: the snaplen cut them, or the frame never had them.
    #[cold]
    pub fn missing(self, needed: usize) -> Skip {
        if needed <= self.wire as usize { Skip::Truncated } else { Skip::Malformed }
    }
}
