//! A RST, and how its receiver takes it.

use super::*;

/// How the kernel of the end that gets a RST takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It acknowledges the SYN of an end in SYN_SENT: connection refused.
    RefusesSyn,
    /// It ends a handshake that is half done, in SYN_RECV, of which the application does not know yet.
    EndsHalfOpen,
    /// Its sequence number is the next that the receiver expects.
    Exact,
    /// In the window but not exact: the receiver answers with a challenge ACK (RFC 5961, section 3.2).
    InWindow,
    /// Outside of the window: ignored, if the capture shows all that the receiver knows.
    OutOfWindow,
    /// Surely dropped: not what a host in SYN_SENT or SYN_RECV takes for a RST to its connection, or unsigned where TCP-MD5 or TCP-AO
    /// is in use, or reported undelivered by ICMP.
    NotAccepted,
    /// The capture does not show what the receiver expects.
    Unknown,
    /// The snaplen cut what would show whether the receiver demands a signature that the RST has not.
    OptionsCut,
}

/// A RST.
#[derive(Clone, Copy, Debug)]
pub struct Reset {
    /// Where.
    pub mark: Mark,
    /// Who sent it, by its addresses.
    pub from: usize,
    /// Sequence number.
    pub sequence: u32,
    /// The highest sequence number of its sender's RSTs: that of a live socket stands behind all that it has sent
    /// (`tcp_send_active_reset()`), a reply where the other end had acknowledged. Or what was captured of its sender before.
    pub edge: u32,
    /// Acknowledgment number, if it carries one.
    pub acknowledgment: Option<u32>,
    /// How the receiver takes it.
    pub acceptance: Acceptance,
    /// Window, unscaled.
    pub window: u16,
    /// IPv4 identification.
    pub ip_id: u16,
    /// TTL or hop limit.
    pub ttl: u8,
    /// The lowest and the highest TTL that it was seen with, where it was seen more than once.
    pub ttls: (u8, u8),
    /// Its sender had acknowledged all of the receiver's payload before.
    pub had_all: bool,
    /// How much of the receiver's payload the RST's sender had not acknowledged, that of an abort included.
    pub unacknowledged: u32,
    /// Its sender had acknowledged no more than the other end's SYN.
    pub only_opened: bool,
    /// The application of its sender did not read: it had closed its window, or the RST announces twice the room of before or more.
    /// That is what close() has emptied the buffer of, as a read that makes so much room announces it at once
    /// (`__tcp_cleanup_rbuf()`).
    pub unread: bool,
    /// The capture holds the RST a second time.
    pub copied: bool,
    /// One of the same sender, which this one took the place of, was seen before and behind a hop.
    pub another_went_out: bool,
    /// Where it was captured first.
    pub place: Place,
    /// Where it was captured last, if more than once.
    pub again: Option<Place>,
    /// What those places and the others tell, when the verdict is due.
    pub sight: Sight,
    /// A segment that it may answer came within about a round trip before it.
    pub prompted: bool,
    /// It answers a segment in the name of a host without a socket, though it carries an acknowledgment.
    pub answers: bool,
    /// It is no RST but an acknowledgment that ends all paths of a connection (MP_FASTCLOSE).
    pub is_fast_close: bool,
    /// Where its payload is kept, which may say why it was sent; 0 is nowhere.
    pub says: u32,
}

impl Reset {
    /// Does its receiver take it for the end of the connection?
    pub fn is_accepted(&self) -> bool {
        matches!(self.acceptance, Acceptance::RefusesSyn | Acceptance::EndsHalfOpen | Acceptance::Exact)
    }

    /// Has it the shape of the answer of a host without a socket? To a segment that has an acknowledgment that is one without
    /// (`tcp_v4_send_reset()`), and without a window on every system. Who gives up without ACK (RFC 9293, section 3.10.5) may
    /// still tell his window: pasta does.
    pub fn is_bare(&self) -> bool {
        self.acknowledgment.is_none() && self.window == 0
    }

    /// Is it the answer of a host without a socket?
    pub fn is_reply(&self) -> bool {
        self.answers || self.is_bare() && self.prompted
    }

    /// Was it seen where this is so?
    pub fn was_seen(&self, there: impl Fn(Place) -> bool) -> bool {
        there(self.place) || self.again.is_some_and(there)
    }

    /// Was it seen before and behind a hop, which takes one off the TTL?
    pub fn went_out(&self) -> bool {
        self.ttls.0 != self.ttls.1
    }

    /// Notes that it was seen once more, there and with this TTL.
    pub fn note_copy(&mut self, place: Place, ttl: u8) {
        self.copied = true;
        self.again = Some(place);
        self.ttls = (self.ttls.0.min(ttl), self.ttls.1.max(ttl));
    }

    /// The same RST at another place was seen there as well, be it later than copies are known by or sent anew.
    pub fn note_elsewhere(&mut self, later: &Reset) {
        let same = |reset: &Reset| (reset.from, reset.sequence, reset.acknowledgment, reset.window);
        if same(self) == same(later) && self.place != later.place {
            self.note_copy(later.place, later.ttl);
        }
    }
}
