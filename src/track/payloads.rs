//! The first bytes of each direction's latest message, for those who want to know what was going on. Kept in one
//! ring of fixed size, so that healthy connections cost four bytes a direction; what was overwritten is gone.

/// Bytes that are kept of a message.
pub const KEPT: usize = 600;
/// The ring: what a busy link says in some seconds.
const RING: usize = 32 << 20;
/// Entries begin at multiples of this.
const GRAIN: usize = 32;

/// The ring of first bytes.
#[derive(Debug, Default)]
pub struct Payloads {
    ring: Vec<u8>,
    /// Grains written since the beginning, wrapping.
    written: u32,
    off: bool,
}

impl Payloads {
    /// A ring that keeps nothing.
    pub fn off() -> Payloads {
        Payloads { off: true, ..Payloads::default() }
    }

    /// Keeps the first bytes of a message. Returns where; 0 is nowhere.
    pub fn keep(&mut self, payload: &[u8]) -> u32 {
        if self.off || payload.is_empty() {
            return 0;
        }
        let payload = &payload[..payload.len().min(KEPT)];
        let grains = (2 + payload.len()).div_ceil(GRAIN);
        let mut start = self.place(self.written);
        if start + grains * GRAIN > RING {
            // An entry does not go around the end.
            self.written = self.written.wrapping_add(((RING - start) / GRAIN) as u32);
            start = 0;
        }
        let end = start + grains * GRAIN;
        if self.ring.len() < end {
            self.ring.resize(end, 0);
        }
        let handle = self.written.wrapping_add(1);
        self.written = self.written.wrapping_add(grains as u32);
        if let Some(entry) = self.ring.get_mut(start..end) {
            let (length, bytes) = entry.split_at_mut(2);
            length.copy_from_slice(&(payload.len() as u16).to_le_bytes());
            bytes[..payload.len()].copy_from_slice(payload);
        }
        handle
    }

    /// Was something kept there that has been overwritten?
    pub fn is_overwritten(&self, handle: u32) -> bool {
        handle != 0 && self.written.wrapping_sub(handle.wrapping_sub(1)) as usize > RING / GRAIN
    }

    /// The bytes kept there, if they have not been overwritten.
    pub fn get(&self, handle: u32) -> &[u8] {
        if handle == 0 || self.is_overwritten(handle) {
            return &[];
        }
        let grain = handle.wrapping_sub(1);
        let start = self.place(grain);
        let Some(&[low, high]) = self.ring.get(start..).and_then(|rest| rest.first_chunk::<2>()) else {
            return &[];
        };
        let length = usize::from(u16::from_le_bytes([low, high]));
        self.ring.get(start + 2..start + 2 + length).unwrap_or_default()
    }

    fn place(&self, grain: u32) -> usize {
        (grain as usize % (RING / GRAIN)) * GRAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_until_it_is_overwritten() {
        let mut payloads = Payloads::default();
        let first = payloads.keep(b"GET / HTTP/1.1");
        let long = payloads.keep(&[7; 1000]);
        assert_eq!(payloads.get(first), b"GET / HTTP/1.1");
        assert_eq!(payloads.get(long), &[7; KEPT]);
        assert_eq!(payloads.get(0), b"");
        for round in 0..(RING / GRAIN) as u32 {
            payloads.keep(&round.to_le_bytes());
        }
        assert_eq!(payloads.get(first), b"");
        assert!(payloads.is_overwritten(first) && !payloads.is_overwritten(0));
        let last = payloads.keep(b"the end");
        assert_eq!(payloads.get(last), b"the end");
        assert!(!payloads.is_overwritten(last));
    }

    #[test]
    fn nothing_is_kept_when_nobody_wants_it() {
        let mut payloads = Payloads::off();
        assert_eq!(payloads.keep(b"secret"), 0);
    }
}
