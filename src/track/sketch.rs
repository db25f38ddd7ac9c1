//! A connection to which nothing notable has happened, in little memory: captures hold millions of them, and each cache
//! line more that a packet needs is a wait more.
//!
//! A sketch is one line. While only a SYN, or a SYN and its answer, were seen, that is all; then what applications say
//! takes a second line ([`Said`]), and what is seldom needed a bit of a third ([`Opened`]). All three together hold what a
//! [`Connection`] holds: it can be told again from them at any time, and is, for each segment that is not plain.

mod retelling;

pub use retelling::{beside, fits};

use super::connection::{CLIENT, Connection, Ends6, Half, Mark, SERVER, ends, other, spoke};
use super::copies::Last;
use super::receive::tenth_of_microseconds;
use crate::decode::{End, FlowKey};
use crate::time::Time;

/// The link leads to a [`Connection`].
const TOLD: u32 = 1 << 31;
/// The link leads to a [`Said`] and an [`Opened`].
const OPEN: u32 = 1 << 30;
/// The place in a link.
const PLACE: u32 = OPEN - 1;
/// As many places as a link can tell.
pub const PLACES: usize = PLACE as usize;

/// What a packet of any kind needs. The sides are those of [`CLIENT`] and [`SERVER`]; for what the fields mean see
/// [`Connection`] and [`Half`].
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Sketch {
    key: [u32; 3],
    /// Where the rest is. As long as there is none, the input of the SYN and both window scales.
    link: u32,
    pub last: Time,
    pub end: [Brief; 2],
}

const _: () = assert!(size_of::<Sketch>() == 64);

/// One end in a sketch.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Brief {
    pub next: u32,
    /// Until the handshake is complete, of the client the SYN's frame, of the server how many nanoseconds after that the
    /// SYN-ACK came.
    pub ack: u32,
    pub window: u16,
    pub ip_id: u16,
    pub print: u16,
    pub seen: u16,
    /// The lower half of the number.
    pub packets: u16,
    /// The lowest TTL.
    pub ttl: u8,
    /// A byte of the whole connection, where there is room for it: of the client the flags, of the server the generation.
    whole: u8,
}

/// What a packet with payload needs.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Said {
    pub end: [LastData; 2],
    pub gap: u32,
    pub turns: u16,
    start_input: u8,
    /// Four bits for each side.
    scales: u8,
}

const _: () = assert!(size_of::<Said>() == 64);

/// The last payload of an end.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed(4))]
pub struct LastData {
    pub time: Time,
    pub frame: u32,
    pub length: u32,
    pub ack: u32,
    pub first_bytes: u32,
    pub longest_acked: u16,
    pub input: u8,
    pub ttl_high: u8,
}

/// What is needed at the ends of a connection.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, packed(4))]
pub struct Opened {
    pub start: Time,
    pub isn: [u32; 2],
    pub start_frame: u32,
    pub syn_ack_after: u32,
    pub ack_after: u32,
    pub sacked: u32,
    /// The upper half of the number.
    pub packets_high: [u16; 2],
    pub wraps: [u16; 2],
    /// What else there is, as [`Aside::packed`].
    pub aside: u32,
}

const _: () = assert!(size_of::<Opened>() == 44);

/// What else there is of an open connection that is sketched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Nothing.
    Nothing,
    /// FINs.
    Closing(u32),
    /// A story that rests: [`super::story::Story::rests`].
    Story(u32),
}

impl Aside {
    /// In four bytes.
    pub fn packed(self) -> u32 {
        match self {
            Aside::Nothing => u32::MAX,
            Aside::Closing(place) => place,
            Aside::Story(place) => OPEN | place,
        }
    }
}

/// What a sketch is linked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nothing: the connection has only just begun.
    Early,
    /// What was said, and how it opened.
    Open(u32),
    /// All of it: the sketch is none any more.
    Told(u32),
}

impl Sketch {
    /// One with nothing in it but its key.
    pub fn of(key: FlowKey) -> Sketch {
        let mut sketch = Sketch { key: key.packed(), link: 0, last: Time(0), end: [Brief::default(); 2] };
        sketch.set(Connection::LIVE | if key.is_ipv6() { Connection::IPV6 } else { 0 });
        sketch
    }

    /// The flags of the connection, as in [`Connection::flags`].
    #[inline(always)]
    pub fn flags(&self) -> u8 {
        self.end[CLIENT].whole
    }

    /// Was nothing seen but a SYN? Not for a connection that is told.
    pub fn is_but_a_syn(&self) -> bool {
        let [client, server] = &self.end;
        let syn_only = client.seen & (Half::SYN | Half::ACK) == Half::SYN && server.seen & Half::ANY == 0;
        self.has(Connection::LIVE) && self.link & TOLD == 0 && syn_only
    }

    /// Replaces all flags.
    #[inline(always)]
    pub fn set_flags(&mut self, flags: u8) {
        self.end[CLIENT].whole = flags;
    }

    /// Sets some flags.
    #[inline(always)]
    pub fn set(&mut self, flags: u8) {
        self.end[CLIENT].whole |= flags;
    }

    /// How many connections were in this place before, modulo 256.
    #[inline(always)]
    pub fn generation(&self) -> u8 {
        self.end[SERVER].whole
    }

    /// Goes on counting connections from that.
    pub fn count_from(&mut self, generation: u8) {
        self.end[SERVER].whole = generation;
    }

    /// The end `from` and its peer.
    #[inline(always)]
    pub fn pair(&mut self, from: usize) -> (&mut Brief, &mut Brief) {
        let [client, server] = &mut self.end;
        if from == CLIENT { (client, server) } else { (server, client) }
    }

    /// Is every flag of `flags` set?
    #[inline(always)]
    pub fn has(&self, flags: u8) -> bool {
        self.flags() & flags == flags
    }

    /// Is it in use, and for the connection with this key?
    #[inline(always)]
    pub fn is(&self, key: FlowKey) -> bool {
        let kind = Connection::LIVE | if key.is_ipv6() { Connection::IPV6 } else { 0 };
        self.key == key.packed() && self.flags() & (Connection::IPV6 | Connection::LIVE) == kind
    }

    /// Is it to be forgotten after a while, and still for the connection that had this generation?
    pub fn lingers(&self, generation: u16) -> bool {
        u16::from(self.generation()) == generation && self.has(Connection::LIVE | Connection::LINGERS)
    }

    /// Both ends.
    pub fn key(&self) -> FlowKey {
        FlowKey::unpacked(self.key, self.has(Connection::IPV6))
    }

    /// Which end sent a segment.
    #[inline(always)]
    pub fn side(&self, from_first: bool) -> usize {
        usize::from(from_first != self.has(Connection::CLIENT_FIRST))
    }

    /// Client and server.
    pub fn ends(&self, addresses6: Option<&Ends6>) -> [End; 2] {
        ends(self.key(), self.has(Connection::CLIENT_FIRST), addresses6)
    }

    /// What tells a copy of the last segment of `from`. Not for a connection that is told.
    #[inline(always)]
    pub fn last_of(&self, from: usize) -> Last {
        let early = self.link & (TOLD | OPEN) == 0;
        let (end, peer) = (&self.end[from], &self.end[other(from)]);
        let sent = end.packets > 0 || !early && end.seen & Half::ANY != 0;
        Last {
            print: sent.then_some(end.print),
            next: end.next,
            ack: if early { peer.next } else { end.ack },
            window: end.window,
            ip_id: end.ip_id,
            spoke_last: self.has(Connection::SERVER_SENT_LAST) == (from == SERVER),
            time: self.last,
        }
    }

    /// `from` sends a segment with this fingerprint.
    #[inline(always)]
    pub fn spoke(&mut self, from: usize, print: u16) {
        self.end[from].print = print;
        spoke(&mut self.end[CLIENT].whole, from);
    }

    /// Another connection is in its place from now on.
    pub fn renew(&mut self) {
        self.count_from(self.generation().wrapping_add(1));
    }

    /// Where the rest is.
    #[inline(always)]
    pub fn link(&self) -> Link {
        match self.link & (TOLD | OPEN) {
            0 => Link::Early,
            OPEN => Link::Open(self.link & PLACE),
            _ => Link::Told(self.link & PLACE),
        }
    }

    /// Says where the rest is.
    pub fn lead(&mut self, link: Link) {
        self.link = match link {
            Link::Early => 0,
            Link::Open(place) => OPEN | place,
            Link::Told(place) => TOLD | place,
        };
    }

    /// One behind the last payload byte of a side.
    #[inline(always)]
    pub fn data_end(&self, side: usize) -> u32 {
        self.end[side].data_end()
    }

    /// Notes where the SYN was and which window scale it offered.
    #[inline(always)]
    pub fn begin_at(&mut self, mark: Mark, scale: u8) {
        self.end[CLIENT].ack = mark.frame;
        self.link = u32::from(mark.input) | u32::from(scale) << 8;
    }

    /// Notes how many nanoseconds after the SYN its answer came, and which window scale that offered.
    #[inline(always)]
    pub fn answer_after(&mut self, delay: u32, scale: u8) {
        self.end[SERVER].ack = delay;
        self.link |= u32::from(scale) << 12;
    }

    /// When the SYN was, and how many nanoseconds after it the answer: before the handshake is complete.
    #[inline(always)]
    pub fn began(&self) -> (Time, u32) {
        let delay = self.end[SERVER].ack;
        (self.last - u64::from(delay), delay)
    }

    /// Where the SYN was, and both window scales: before the handshake is complete.
    #[inline(always)]
    pub fn opened_with(&self) -> (Mark, u8) {
        (Mark { time: Time(0), frame: self.end[CLIENT].ack, input: self.link as u8 }, (self.link >> 8) as u8)
    }
}

impl Brief {
    /// One behind the last payload byte.
    #[inline(always)]
    pub fn data_end(&self) -> u32 {
        self.next.wrapping_sub(u32::from(self.seen & Half::FIN != 0))
    }
}

impl Said {
    /// Nothing was said yet.
    pub fn nothing(start_input: u8, scales: u8) -> Said {
        Said { end: [LastData::default(); 2], gap: 0, turns: 0, start_input, scales }
    }

    /// When the last payload before now went, if any did.
    #[inline]
    pub fn last_payload(&self, sketch: &Sketch) -> Option<Time> {
        let time = |side: usize| (sketch.end[side].seen & Half::DATA != 0).then(|| self.end[side].time);
        time(CLIENT).max(time(SERVER))
    }
}

impl Opened {
    /// What else there is.
    #[inline(always)]
    pub fn aside(&self) -> Aside {
        match self.aside {
            u32::MAX => Aside::Nothing,
            place if place & OPEN == 0 => Aside::Closing(place),
            place => Aside::Story(place & PLACE),
        }
    }

    /// Where its last bytes are.
    pub fn last_bytes(&self) -> &impl Sized {
        &self.aside
    }

    /// When the handshake ended, as far as that is known.
    pub fn opened(&self) -> Time {
        self.start + u64::from(self.ack_after) * 100
    }
}

/// Have both ends closed, each acknowledging the other's FIN? As `closed` of receive/reset.rs.
pub fn closed(sketch: &Sketch) -> bool {
    const BOTH: u16 = Half::FIN | Half::SEQUENCE;
    let [client, server] = &sketch.end;
    let acknowledged = |end: &Brief, peer: &Brief| !super::seq::before(peer.ack, end.next);
    client.seen & server.seen & BOTH == BOTH && acknowledged(client, server) && acknowledged(server, client)
}
