//! The first bytes of each direction's latest message, for those who want to know what was going on, be they in one segment
//! or in several short ones. Kept in one ring of fixed size, so that healthy connections cost four bytes a direction; what was
//! overwritten is gone.

use super::{CLIENT, SERVER, Sink};

/// Bytes that are kept of a message.
pub const KEPT: usize = 600;
/// The ring: what a busy link says in some seconds.
const RING: usize = 32 << 20;
/// Entries begin at multiples of this.
const GRAIN: usize = 32;
/// Before the bytes of an entry stand their number, whose they are, and the sequence number of the first: the handles begin
/// anew after 128 GiB, and a connection may be silent for longer than that takes.
const HEAD: usize = 10;

/// Whose a message is: an end of the connection with this index.
pub fn owner(index: u32, side: usize) -> u32 {
    index << 1 | side as u32
}

/// Grains that an entry with so many bytes in it takes.
fn grains(length: usize) -> usize {
    (HEAD + length).div_ceil(GRAIN)
}

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

    /// Keeps the first bytes of a message of this owner, which begins at this sequence number. Returns where; 0 is nowhere.
    pub fn keep(&mut self, payload: &[u8], owner: u32, sequence: u32) -> u32 {
        if self.off || payload.is_empty() {
            return 0;
        }
        let payload = &payload[..payload.len().min(KEPT)];
        let (handle, start) = self.take_room(payload.len());
        if let Some((head, bytes)) = self.ring.get_mut(start..).and_then(|entry| entry.split_first_chunk_mut::<HEAD>())
        {
            head[..2].copy_from_slice(&(payload.len() as u16).to_le_bytes());
            head[2..6].copy_from_slice(&owner.to_le_bytes());
            head[6..].copy_from_slice(&sequence.to_le_bytes());
            bytes[..payload.len()].copy_from_slice(payload);
        }
        handle
    }

    /// Takes the next room for an entry with so many bytes in it: its handle, and where it is.
    fn take_room(&mut self, length: usize) -> (u32, usize) {
        let grains = grains(length);
        let mut start = self.place(self.written);
        if start + grains * GRAIN > RING {
            // An entry does not go around the end.
            self.written = self.written.wrapping_add(((RING - start) / GRAIN) as u32);
            start = 0;
        }
        if self.ring.is_empty() {
            // The system gives zeros, page by page as they are written to.
            self.ring = vec![0; RING];
        }
        let handle = self.written.wrapping_add(1);
        self.written = self.written.wrapping_add(grains as u32);
        (handle, start)
    }

    /// Keeps this payload behind what was kept there, if it goes on where that ends and there is room for it. Returns where.
    pub fn extend(&mut self, handle: u32, payload: &[u8], owner: u32, sequence: u32) -> u32 {
        let Some((first, begun)) = self.entry(handle, owner) else { return handle };
        let (before, length) = (begun.len(), begun.len() + payload.len());
        if first.wrapping_add(before as u32) != sequence || length > KEPT || payload.is_empty() {
            return handle;
        }
        let old = self.place(handle.wrapping_sub(1));
        let (handle, start) = if grains(length) == grains(before) { (handle, old) } else { self.take_room(length) };
        if start != old {
            self.ring.copy_within(old..old + HEAD + before, start);
        }
        if let Some(entry) = self.ring.get_mut(start..start + HEAD + length) {
            entry[..2].copy_from_slice(&(length as u16).to_le_bytes());
            entry[HEAD + before..].copy_from_slice(payload);
        }
        handle
    }

    /// Was something of this owner kept there that has been overwritten?
    pub fn is_overwritten(&self, handle: u32, owner: u32) -> bool {
        handle != 0 && self.get(handle, owner).is_empty()
    }

    /// The bytes of this owner kept there, if they have not been overwritten.
    pub fn get(&self, handle: u32, owner: u32) -> &[u8] {
        self.entry(handle, owner).map_or(&[], |(_, bytes)| bytes)
    }

    /// The same, and the sequence number of the first.
    pub fn entry(&self, handle: u32, owner: u32) -> Option<(u32, &[u8])> {
        let grain = handle.wrapping_sub(1);
        if handle == 0 || self.written.wrapping_sub(grain) as usize > RING / GRAIN {
            return None;
        }
        let (&[low, high, a, b, c, d, sequence @ ..], bytes) =
            self.ring.get(self.place(grain)..)?.split_first_chunk::<HEAD>()?;
        let bytes = bytes.get(..usize::from(u16::from_le_bytes([low, high])))?;
        ([a, b, c, d] == owner.to_le_bytes()).then_some((u32::from_le_bytes(sequence), bytes))
    }

    fn place(&self, grain: u32) -> usize {
        (grain as usize % (RING / GRAIN)) * GRAIN
    }
}

/// Is the server's last message on the connection with this index to reach beyond this sequence number, by what it says of itself?
/// `kept` is where the first bytes of the messages of both ends are.
pub fn is_cut(payloads: &Payloads, index: u32, kept: [u32; 2], until: u32, sink: &impl Sink) -> bool {
    let asked = payloads.get(kept[CLIENT], owner(index, CLIENT));
    let answer = payloads.entry(kept[SERVER], owner(index, SERVER));
    answer.is_some_and(|(first, bytes)| sink.is_cut(asked, bytes, until.wrapping_sub(first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_until_it_is_overwritten() {
        let mut payloads = Payloads::default();
        let (client, server) = (owner(5, 0), owner(5, 1));
        let first = payloads.keep(b"GET / HTTP/1.1", client, 1);
        let long = payloads.keep(&[7; 1000], server, 1);
        assert_eq!(payloads.get(first, client), b"GET / HTTP/1.1");
        assert_eq!(payloads.get(long, server), &[7; KEPT]);
        assert_eq!(payloads.get(0, 0), b"");
        for round in 0..(RING / GRAIN) as u32 {
            payloads.keep(&round.to_le_bytes(), 0, 1);
        }
        assert_eq!(payloads.get(first, client), b"");
        assert!(payloads.is_overwritten(first, client) && !payloads.is_overwritten(0, client));
        let last = payloads.keep(b"the end", client, 9);
        assert_eq!(payloads.get(last, client), b"the end");
        assert!(!payloads.is_overwritten(last, client));
    }

    #[test]
    fn a_message_goes_on_where_it_ends() {
        let mut payloads = Payloads::default();
        let client = owner(5, 0);
        let first = payloads.keep(b"one", client, u32::MAX);
        assert_eq!(payloads.extend(first, b"else", client, 3), first);
        assert_eq!(payloads.extend(first, b"else", owner(5, 1), 2), first);
        assert_eq!(payloads.extend(first, &[0; KEPT - 2], client, 2), first);
        let both = payloads.extend(first, b" two", client, 2);
        assert_eq!(payloads.entry(both, client), Some((u32::MAX, &b"one two"[..])));
        assert_eq!(payloads.extend(0, b"two", client, 2), 0);
        let more = payloads.extend(both, &[b'.'; KEPT - 7], client, 6);
        assert!(both != more && payloads.get(more, client).starts_with(b"one two...."));
        assert_eq!(payloads.get(more, client).len(), KEPT);
    }

    #[test]
    fn nobody_gets_what_is_anothers_when_handles_begin_anew() {
        let mut payloads = Payloads::default();
        let old = payloads.keep(b"long ago", owner(1, 0), 1);
        payloads.written = 0;
        assert_eq!(payloads.keep(b"just now", owner(2, 0), 1), old);
        assert_eq!(payloads.get(old, owner(1, 0)), b"");
        assert_eq!(payloads.get(old, owner(2, 0)), b"just now");
    }

    #[test]
    fn nothing_is_kept_when_nobody_wants_it() {
        let mut payloads = Payloads::off();
        assert_eq!(payloads.keep(b"secret", 0, 1), 0);
    }
}
