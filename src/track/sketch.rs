//! A connection to which nothing notable has happened, in little memory: captures hold millions of them, and each cache
//! line more that a packet needs is a wait more.
//!
//! A sketch is one line. While only a SYN, or a SYN and its answer, were seen, that is all; then what applications say
//! takes a second line ([`Said`]), and what is seldom needed a bit of a third ([`Opened`]). All three together hold what a
//! [`Connection`] holds: it can be told again from them at any time, and is, for each segment that is not plain.

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
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Sketch {
    key: [u32; 3],
    /// Where the rest is. As long as there is none, the input of the SYN and both window scales.
    link: u32,
    pub last: Time,
    pub next: [u32; 2],
    /// Until the handshake is complete: the SYN's frame, and how many nanoseconds after it the SYN-ACK came.
    pub ack: [u32; 2],
    pub window: [u16; 2],
    pub ip_id: [u16; 2],
    pub print: [u16; 2],
    pub seen: [u16; 2],
    /// The lower half of the number.
    pub packets: [u16; 2],
    /// The lowest TTL.
    pub ttl: [u8; 2],
    pub generation: u8,
    pub flags: u8,
}

const _: () = assert!(size_of::<Sketch>() == 64);

/// What a packet with payload needs.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Said {
    pub data_time: [Time; 2],
    pub data_frame: [u32; 2],
    pub data_length: [u32; 2],
    pub data_ack: [u32; 2],
    pub first_bytes: [u32; 2],
    pub gap: u32,
    pub longest_acked: [u16; 2],
    pub turns: u16,
    pub data_input: [u8; 2],
    pub ttl_high: [u8; 2],
    start_input: u8,
    /// Four bits for each side.
    scales: u8,
}

const _: () = assert!(size_of::<Said>() == 64);

/// What is needed at the ends of a connection.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub struct Opened {
    pub start: Time,
    pub isn: [u32; 2],
    pub start_frame: u32,
    pub syn_ack_after: u32,
    pub ack_after: u32,
    /// The upper half of the number.
    pub packets_high: [u16; 2],
    /// Where the FINs are, if there are any.
    pub closing: u32,
}

const _: () = assert!(size_of::<Opened>() == 36);

/// No FIN was seen.
pub const NO_CLOSING: u32 = u32::MAX;

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
        Sketch {
            key: key.packed(),
            link: 0,
            last: Time(0),
            next: [0; 2],
            ack: [0; 2],
            window: [0; 2],
            ip_id: [0; 2],
            print: [0; 2],
            seen: [0; 2],
            packets: [0; 2],
            ttl: [0; 2],
            generation: 0,
            flags: Connection::LIVE | if key.is_ipv6() { Connection::IPV6 } else { 0 },
        }
    }

    /// Is every flag of `flags` set?
    #[inline(always)]
    pub fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    /// Is it in use, and for the connection with this key?
    #[inline(always)]
    pub fn is(&self, key: FlowKey) -> bool {
        let kind = if key.is_ipv6() { Connection::IPV6 | Connection::LIVE } else { Connection::LIVE };
        self.key == key.packed() && self.flags & (Connection::IPV6 | Connection::LIVE) == kind
    }

    /// Is it to be forgotten after a while, and still for the connection that had this generation?
    pub fn lingers(&self, generation: u16) -> bool {
        u16::from(self.generation) == generation && self.has(Connection::LIVE | Connection::LINGERS)
    }

    /// Both ends.
    pub fn key(&self) -> FlowKey {
        FlowKey::unpacked(self.key, self.has(Connection::IPV6))
    }

    /// Which end sent a segment.
    #[inline(always)]
    pub fn side(&self, from_first: bool) -> usize {
        if from_first == self.has(Connection::CLIENT_FIRST) { CLIENT } else { SERVER }
    }

    /// Client and server.
    pub fn ends(&self, addresses6: Option<&Ends6>) -> [End; 2] {
        ends(self.key(), self.has(Connection::CLIENT_FIRST), addresses6)
    }

    /// What tells a copy of the last segment of `from`. Not for a connection that is told.
    #[inline(always)]
    pub fn last_of(&self, from: usize) -> Last {
        let early = self.link & (TOLD | OPEN) == 0;
        let sent = self.packets[from] > 0 || !early && self.seen[from] & Half::ANY != 0;
        Last {
            print: sent.then_some(self.print[from]),
            next: self.next[from],
            ack: if early { self.next[other(from)] } else { self.ack[from] },
            window: self.window[from],
            ip_id: self.ip_id[from],
            spoke_last: self.has(Connection::SERVER_SENT_LAST) == (from == SERVER),
            time: self.last,
        }
    }

    /// `from` sends a segment with this fingerprint.
    #[inline(always)]
    pub fn spoke(&mut self, from: usize, print: u16) {
        self.print[from] = print;
        spoke(&mut self.flags, from);
    }

    /// Another connection is in its place from now on.
    pub fn renew(&mut self) {
        self.generation = self.generation.wrapping_add(1);
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
        self.next[side].wrapping_sub(u32::from(self.seen[side] & Half::FIN != 0))
    }

    /// Sketches what both forms have in common.
    fn outline(&mut self, connection: &Connection) {
        self.last = connection.last;
        self.flags = connection.flags;
        for (side, half) in connection.half.iter().enumerate() {
            self.next[side] = half.next;
            self.ack[side] = half.ack;
            self.window[side] = half.window;
            self.ip_id[side] = half.ip_id;
            self.print[side] = half.print;
            self.seen[side] = half.seen;
            self.packets[side] = half.packets as u16;
            self.ttl[side] = half.ttl_low;
        }
    }

    /// Sketches a connection of which only a SYN, or a SYN and its answer, are known. False if it is not so.
    pub fn begin(&mut self, connection: &Connection) -> bool {
        if connection.story.is_some() || !is_early(connection) {
            return false;
        }
        let [client, server] = &connection.half;
        self.outline(connection);
        self.ack[CLIENT] = connection.start_frame;
        self.ack[SERVER] = if server.has(Half::SYN) { connection.last.since(connection.start) as u32 } else { 0 };
        self.link = u32::from(connection.start_input) | u32::from(client.scale) << 8 | u32::from(server.scale) << 12;
        true
    }

    /// Notes where the SYN was and which window scale it offered.
    #[inline(always)]
    pub fn begin_at(&mut self, mark: Mark, scale: u8) {
        self.ack[CLIENT] = mark.frame;
        self.link = u32::from(mark.input) | u32::from(scale) << 8;
    }

    /// Notes how many nanoseconds after the SYN its answer came, and which window scale that offered.
    #[inline(always)]
    pub fn answer_after(&mut self, delay: u32, scale: u8) {
        self.ack[SERVER] = delay;
        self.link |= u32::from(scale) << 12;
    }

    /// When the SYN was, and how many nanoseconds after it the answer: before the handshake is complete.
    #[inline(always)]
    pub fn began(&self) -> (Time, u32) {
        (self.last - u64::from(self.ack[SERVER]), self.ack[SERVER])
    }

    /// Where the SYN was, and both window scales: before the handshake is complete.
    #[inline(always)]
    pub fn opened_with(&self) -> (Mark, u8) {
        (Mark { time: Time(0), frame: self.ack[CLIENT], input: self.link as u8 }, (self.link >> 8) as u8)
    }

    /// Sketches an open connection.
    pub fn open(&mut self, connection: &Connection) {
        self.outline(connection);
    }

    /// The connection that was only begun.
    pub fn begun(&self) -> Connection {
        let answered = self.seen[SERVER] != 0;
        let delay = if answered { u64::from(self.ack[SERVER]) } else { 0 };
        let mut connection = self.told_again(self.last - delay, self.ack[CLIENT], self.link as u8);
        connection.syn_ack_after = if answered { tenth_of_microseconds(delay) } else { 0 };
        let [client, server] = &mut connection.half;
        client.ack = 0;
        client.scale = (self.link >> 8 & 15) as u8;
        server.scale = (self.link >> 12 & 15) as u8;
        server.ack = if answered { client.next } else { 0 };
        for half in connection.half.iter_mut().filter(|half| half.packets > 0) {
            half.isn = half.next.wrapping_sub(1);
        }
        connection
    }

    /// The connection that was open.
    pub fn opened(&self, said: &Said, opened: &Opened) -> Connection {
        let mut connection = self.told_again(opened.start, opened.start_frame, said.start_input);
        connection.gap = said.gap;
        connection.turns = said.turns;
        connection.syn_ack_after = opened.syn_ack_after;
        connection.ack_after = opened.ack_after;
        let (isn, high) = (opened.isn, opened.packets_high);
        for (side, half) in connection.half.iter_mut().enumerate() {
            half.isn = isn[side];
            half.packets |= u32::from(high[side]) << 16;
            half.ttl_high = said.ttl_high[side];
            half.scale = said.scales >> (4 * side) & 15;
            half.first_bytes = said.first_bytes[side];
            half.longest_acked = said.longest_acked[side];
            if half.has(Half::DATA) {
                half.data_time = said.data_time[side];
                half.data_frame = said.data_frame[side];
                half.data_length = said.data_length[side];
                half.data_until = self.data_end(side);
                half.data_ack = said.data_ack[side];
                half.data_input = said.data_input[side];
            }
        }
        connection
    }

    fn told_again(&self, start: Time, start_frame: u32, start_input: u8) -> Connection {
        let half = |side: usize| Half {
            next: self.next[side],
            ack: self.ack[side],
            packets: self.packets[side].into(),
            print: self.print[side],
            window: self.window[side],
            ip_id: self.ip_id[side],
            seen: self.seen[side],
            ttl_low: self.ttl[side],
            ttl_high: self.ttl[side],
            ..Half::default()
        };
        Connection {
            key: self.key(),
            start,
            last: self.last,
            story: None,
            start_frame,
            gap: 0,
            syn_ack_after: 0,
            ack_after: 0,
            half: [half(CLIENT), half(SERVER)],
            turns: 0,
            generation: 0,
            home: 0,
            start_input,
            flags: self.flags,
        }
    }
}

/// Is nothing known of it but a SYN, and perhaps the SYN-ACK, both without payload and seen once?
fn is_early(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    let opens = |half: &Half, seen: u16| {
        half.seen & !(Half::SCALE | Half::STAMPS) == Half::ANY | Half::SEQUENCE | Half::SYN | seen
            && half.packets == 1
            && half.isn.wrapping_add(1) == half.next
            && half.ttl_low == half.ttl_high
    };
    let delay = connection.last.since(connection.start);
    let answered = opens(server, Half::ACK)
        && server.ack == client.next
        && connection.last >= connection.start
        && delay <= u32::MAX.into()
        && connection.syn_ack_after == tenth_of_microseconds(delay);
    let unanswered = server.seen == 0
        && server.packets == 0
        && server.next == 0
        && connection.last == connection.start
        && connection.syn_ack_after == 0;
    opens(client, 0) && connection.ack_after == 0 && (answered || unanswered)
}

/// What is beside the sketch of an open connection, if that can hold all of it.
pub fn beside(connection: &Connection) -> Option<(Said, Opened)> {
    let fits = |half: &Half| !half.has(Half::DATA) || half.data_until == half.data_end();
    if connection.story.is_some() || !connection.half.iter().all(fits) {
        return None;
    }
    let [client, server] = &connection.half;
    let said = Said {
        data_time: [client.data_time, server.data_time],
        data_frame: [client.data_frame, server.data_frame],
        data_length: [client.data_length, server.data_length],
        data_ack: [client.data_ack, server.data_ack],
        first_bytes: [client.first_bytes, server.first_bytes],
        gap: connection.gap,
        longest_acked: [client.longest_acked, server.longest_acked],
        turns: connection.turns,
        data_input: [client.data_input, server.data_input],
        ttl_high: [client.ttl_high, server.ttl_high],
        start_input: connection.start_input,
        scales: client.scale | server.scale << 4,
    };
    let opened = Opened {
        start: connection.start,
        isn: [client.isn, server.isn],
        start_frame: connection.start_frame,
        syn_ack_after: connection.syn_ack_after,
        ack_after: connection.ack_after,
        packets_high: [(client.packets >> 16) as u16, (server.packets >> 16) as u16],
        closing: NO_CLOSING,
    };
    Some((said, opened))
}

impl Said {
    /// Nothing was said yet.
    pub fn nothing(start_input: u8, scales: u8) -> Said {
        Said {
            data_time: [Time(0); 2],
            data_frame: [0; 2],
            data_length: [0; 2],
            data_ack: [0; 2],
            first_bytes: [0; 2],
            gap: 0,
            longest_acked: [0; 2],
            turns: 0,
            data_input: [0; 2],
            ttl_high: [0; 2],
            start_input,
            scales,
        }
    }

    /// When the last payload before now went, if any did.
    #[inline]
    pub fn last_payload(&self, sketch: &Sketch) -> Option<Time> {
        let time = |side: usize| (sketch.seen[side] & Half::DATA != 0).then(|| self.data_time[side]);
        time(CLIENT).max(time(SERVER))
    }
}

impl Opened {
    /// When the handshake ended, as far as that is known.
    pub fn opened(&self) -> Time {
        self.start + u64::from(self.ack_after) * 100
    }
}

/// Do both ends have closed, each acknowledging the other's FIN? As [`super::receive::closed`].
pub fn closed(sketch: &Sketch) -> bool {
    const BOTH: u16 = Half::FIN | Half::SEQUENCE;
    let acknowledged = |side: usize| !super::seq::before(sketch.ack[other(side)], sketch.next[side]);
    sketch.seen[CLIENT] & sketch.seen[SERVER] & BOTH == BOTH && acknowledged(CLIENT) && acknowledged(SERVER)
}
