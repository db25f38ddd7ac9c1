//! One end of a connection as the capture shows it: what it has sent and acknowledged.

use super::connection::Mark;
use crate::time::Time;

/// What is known about one end from the segments that it sent. Packed, so that a whole connection fills three cache lines.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed(4))]
pub struct Half {
    /// Its initial sequence number; a stand-in one byte before the first one seen if the SYN was not.
    pub isn: u32,
    /// SND.NXT: one behind the highest sequence number that it sent.
    pub next: u32,
    /// The highest acknowledgment that it sent: its RCV.NXT is at least this.
    pub ack: u32,
    /// Segments that it sent, duplicates left out.
    pub packets: u32,
    /// When it last sent new payload.
    pub data_time: Time,
    /// The frame of that payload.
    pub data_frame: u32,
    /// The length of that payload.
    pub data_length: u32,
    /// The sequence number behind that payload.
    pub data_until: u32,
    /// The acknowledgment that went with it.
    pub data_ack: u32,
    /// Where the first bytes of its last message are kept.
    pub first_bytes: u32,
    /// The last window that it advertised, unscaled.
    pub window: u16,
    /// IPv4 identification of its last segment.
    pub ip_id: u16,
    /// A fingerprint of its last segment, to tell copies from retransmissions.
    pub print: u16,
    /// The longest payload that was acknowledged when the next was sent.
    pub longest_acked: u16,
    /// Flags of what was seen, see the constants.
    pub seen: u16,
    /// How often `next` has begun anew at 0: after 4 GiB.
    pub wraps: u16,
    /// The lowest TTL of its segments.
    pub ttl_low: u8,
    /// The highest TTL of its segments.
    pub ttl_high: u8,
    /// The input of its last payload.
    pub data_input: u8,
    /// Window scale, 0 to 14.
    pub scale: u8,
}

impl Half {
    /// A segment of this end was seen.
    pub const ANY: u16 = 1;
    /// Its SYN (or SYN-ACK) was seen.
    pub const SYN: u16 = 2;
    /// Its FIN was seen.
    pub const FIN: u16 = 4;
    /// It has sent an acknowledgment.
    pub const ACK: u16 = 8;
    /// It has sent payload.
    pub const DATA: u16 = 16;
    /// `isn` and `next` are set.
    pub const SEQUENCE: u16 = 32;
    /// It acknowledged new payload that the capture shows: it was reading.
    pub const READ: u16 = 64;
    /// Its SYN offered a window scale.
    pub const SCALE: u16 = 128;
    /// Its SYN offered time stamps.
    pub const STAMPS: u16 = 256;
    /// Its last payload carried PSH.
    pub const PUSHED: u16 = 512;
    /// Its last payload neither asks nor answers: a TLS alert, a goodbye of HTTP/2 or WebSocket.
    pub const FAREWELL: u16 = 1024;
    /// Some of its segments are missing from the capture.
    pub const GAP: u16 = 2048;
    /// `next` was moved by the other end's acknowledgment: what it sent up to there was not captured, or not yet.
    pub const ACKED_UNSEEN: u16 = 4096;
    /// It has acknowledged selectively, and nothing in order since: something arrived behind a hole.
    pub const SACKS: u16 = 8192;
    /// Its segments are seen twice on their way.
    pub const COPIED: u16 = 16384;
    /// Its last payload is short, and the snaplen left nothing of it: it may be a TLS alert.
    pub const PAYLOAD_CUT: u16 = 32768;

    /// Is every flag of `flags` set?
    pub fn has(&self, flags: u16) -> bool {
        self.seen & flags == flags
    }

    /// Sets flags.
    pub fn set(&mut self, flags: u16) {
        self.seen |= flags;
    }

    /// Payload bytes sent, retransmissions once.
    pub fn bytes(&self) -> u64 {
        if !self.has(Half::SEQUENCE) {
            return 0;
        }
        let fin = u32::from(self.has(Half::FIN));
        let rest = self.next.wrapping_sub(self.isn).wrapping_sub(1 + fin);
        let rounds = self.wraps.saturating_sub(u16::from(self.next < self.isn));
        u64::from(rounds) << 32 | u64::from(rest)
    }

    /// It has sent up to this number, which lies ahead.
    pub fn advance(&mut self, next: u32) {
        self.wraps = self.wraps.saturating_add(u16::from(next < self.next));
        self.next = next;
    }

    /// What was taken for sent up to a higher number was not: nothing beyond this one counts.
    pub fn retreat(&mut self, next: u32) {
        self.wraps = self.wraps.saturating_sub(u16::from(next > self.next));
        self.next = next;
    }

    /// Where its last payload is.
    pub fn data_mark(&self) -> Mark {
        Mark { time: self.data_time, frame: self.data_frame, input: self.data_input }
    }

    /// Was its last payload captured? Where only what opens and closes connections is, that there was some is known by the
    /// numbers, and no more.
    pub fn saw_data(&self) -> bool {
        self.has(Half::DATA) && { self.data_time } > Time(0)
    }

    /// Its last payload is a full segment of several, or nearly so.
    pub fn uploads(&self) -> bool {
        self.data_length >= 1000 && self.bytes() >= 2 * u64::from(self.data_length)
    }

    /// One behind the last payload byte that the capture shows.
    pub fn shown_until(&self) -> u32 {
        if self.has(Half::DATA) { self.data_until } else { self.isn.wrapping_add(1) }
    }

    /// One behind its last payload byte.
    pub fn data_end(&self) -> u32 {
        self.next.wrapping_sub(u32::from(self.has(Half::FIN)))
    }
}
