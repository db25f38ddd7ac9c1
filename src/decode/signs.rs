//! What the tracker asks of a segment's bytes, read once where they are at hand: the thread that tracks need not fetch
//! them again from the one that decoded.

use super::flow::fold;
use super::tcp::BEHIND_WINDOW;
use super::{Flags, Segment, TcpOption, options};
use crate::layers::View;

/// What a segment looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(pub u16);

// Each sign has a bit of its own, and no bit is left: two alike would cancel out.
const _: () = assert!(
    Signs::SACK
        ^ Signs::FAREWELL
        ^ Signs::TLS_NEWS
        ^ Signs::PAYLOAD_CUT
        ^ Signs::SIGNED
        ^ Signs::MULTIPATH
        ^ Signs::JOIN
        ^ Signs::FAST_CLOSE
        ^ Signs::IPV6
        ^ Signs::OPTIONS_CUT
        ^ Signs::FROM_FIRST
        ^ Signs::OPTIONS_HIDDEN
        ^ Signs::CAME_IN
        ^ Signs::DATA_FIN
        ^ Signs::WENT_OUT
        ^ Signs::WINDOW_CUT
        == u16::MAX
);

impl Signs {
    /// It acknowledges selectively (RFC 2018).
    pub const SACK: u16 = 1;
    /// The payload begins like a TLS alert record, or is a goodbye of HTTP/2 or WebSocket: it neither asks nor answers.
    pub const FAREWELL: u16 = 2;
    /// The payload begins like a TLS handshake or alert record.
    pub const TLS_NEWS: u16 = 4;
    /// The payload is short, and the snaplen left nothing of it: it may be a TLS alert.
    pub const PAYLOAD_CUT: u16 = 8;
    /// It is signed (RFC 2385, RFC 5925).
    pub const SIGNED: u16 = 16;
    /// It belongs to a connection of several paths (MPTCP, RFC 8684).
    pub const MULTIPATH: u16 = 32;
    /// It opens or refuses a further path of one (MP_JOIN).
    pub const JOIN: u16 = 64;
    /// It ends all paths of one (MP_FASTCLOSE).
    pub const FAST_CLOSE: u16 = 128;
    /// It is IPv6.
    pub const IPV6: u16 = 256;
    /// The snaplen cut options off.
    pub const OPTIONS_CUT: u16 = 512;
    /// It was sent by the end that stands first in its key.
    pub const FROM_FIRST: u16 = 1024;
    /// The snaplen cut more options off than the usual ones: a signature may be among them, or several paths.
    pub const OPTIONS_HIDDEN: u16 = 2048;
    /// It came in from the network: a host captured it on all of its interfaces, and did not make it.
    pub const CAME_IN: u16 = 4096;
    /// Its sender closes a connection of several paths (DATA_FIN).
    pub const DATA_FIN: u16 = 8192;
    /// It went out to the network, from the host that captured it on all of its interfaces.
    pub const WENT_OUT: u16 = 16384;
    /// The snaplen cut its window.
    pub const WINDOW_CUT: u16 = 32768;

    /// Is every flag of `mask` set?
    #[inline(always)]
    pub fn has(self, mask: u16) -> bool {
        self.0 & mask == mask
    }

    #[inline(always)]
    fn of(flags: Flags, options: &[u8], payload: &[u8], wire: u32) -> Signs {
        let unseen = if is_unseen(payload, wire) { Signs::PAYLOAD_CUT } else { 0 };
        if has_only_stamps(options) && !may_be_news(payload) {
            return Signs(unseen);
        }
        Signs(unseen | of_bytes(flags, options, payload, wire))
    }
}

/// The signs that take a closer look.
#[inline(never)]
fn of_bytes(flags: Flags, options: &[u8], payload: &[u8], wire: u32) -> u16 {
    let said = if may_be_news(payload) { of_news(payload, wire) } else { 0 };
    said | if has_only_stamps(options) { 0 } else { of_options(flags, options) }
}

/// Most segments carry time stamps, padded in front to 12 bytes, and nothing else.
#[inline(always)]
fn has_only_stamps(options: &[u8]) -> bool {
    options.is_empty() || options.len() == 12 && options.starts_with(&[1, 1, 8, 10])
}

fn of_options(flags: Flags, bytes: &[u8]) -> u16 {
    if flags.has(Flags::SYN) && is_usual_syn(bytes) {
        return 0;
    }
    options(bytes).fold(0, |signs, option| match option {
        TcpOption::Sack(_) => signs | Signs::SACK,
        TcpOption::Other(MD5 | AUTHENTICATION, _) => signs | Signs::SIGNED,
        TcpOption::Other(MULTIPATH, data) => signs | Signs::MULTIPATH | of_multipath(data),
        _ => signs,
    })
}

const MD5: u8 = 19;
const AUTHENTICATION: u8 = 29;
const MULTIPATH: u8 = 30;

/// The subtype stands in the upper four bits (RFC 8684, section 3), and DATA_FIN in the byte behind it (section 3.3.3).
fn of_multipath(data: &[u8]) -> u16 {
    match data.first().map(|first| first >> 4) {
        Some(1) => Signs::JOIN,
        Some(2) if data.get(1).is_some_and(|flags| flags & 0x10 != 0) => Signs::DATA_FIN,
        Some(7) => Signs::FAST_CLOSE,
        _ => 0,
    }
}

/// What the options of a usual SYN take: more may hold a signature, or ask for several paths.
const USUAL_SYN: usize = 20;

/// A SYN offers options and has nothing to acknowledge selectively. Beside the MSS a signature or an answer that agrees on several
/// paths takes 12 bytes or more, for which time stamps leave no room.
fn is_usual_syn(bytes: &[u8]) -> bool {
    bytes.len() <= 12 || bytes.len() <= USUAL_SYN && bytes[4..].starts_with(&[4, 2, 8, 10])
}

/// What the options of any other segment take that neither acknowledges selectively nor is signed: the time stamps.
const USUAL: usize = 12;

/// The signs of a header that is cut after `captured` bytes, and whose options take `wire` bytes.
#[cold]
pub(super) fn of_cut(flags: Flags, wire: u32, captured: usize) -> u16 {
    let usual = if flags.has(Flags::SYN) { USUAL_SYN } else { USUAL };
    let window = if captured < BEHIND_WINDOW { Signs::WINDOW_CUT } else { 0 };
    Signs::OPTIONS_CUT | window | if wire as usize > usual { Signs::OPTIONS_HIDDEN } else { 0 }
}

/// The longest TLS alert record in use: 5 bytes of header, 8 of nonce, 2 of alert, 16 of authentication, or with CBC
/// ciphers up to 48 in all.
const LONGEST_ALERT: u32 = 53;

/// Is the payload, of which `wire` bytes were sent, so short that it may be an alert, and cut before its beginning says so?
#[inline(always)]
fn is_unseen(payload: &[u8], wire: u32) -> bool {
    // Without payload there are not less than 0 bytes.
    (wire <= LONGEST_ALERT) & (payload.len() < wire.min(5) as usize)
}

/// Does it begin like a TLS record (the second byte is the upper half of the version), a GOAWAY of HTTP/2, or a close of
/// WebSocket?
#[inline(always)]
fn may_be_news(payload: &[u8]) -> bool {
    matches!(payload, [_, 3, ..] | [0, 0, _, 7, ..] | [0x88, ..])
}

/// In TLS 1.3, which hides its type, an alert is a record with nothing but two bytes: 5 of header, 2 of alert, 1 of type,
/// 16 of authentication (RFC 8446, section 5.2).
fn of_news(payload: &[u8], wire: u32) -> u16 {
    match payload {
        [21, ..] => Signs::FAREWELL | Signs::TLS_NEWS,
        [22, ..] => Signs::TLS_NEWS,
        [23, _, _, 0, 19, ..] if wire == 24 => Signs::FAREWELL,
        // A GOAWAY on stream 0 and nothing behind it (RFC 9113, section 6.8).
        [0, 0, length, 7, 0, 0, 0, 0, 0, ..] if wire == u32::from(*length) + 9 => Signs::FAREWELL,
        // A close with a status code, from a server or masked from a client (RFC 6455, section 5.5.1).
        [0x88, length @ 2..=125, 3 | 4, ..] if wire == u32::from(*length) + 2 => Signs::FAREWELL,
        [0x88, length @ 0x82..=0xfd, ..] if wire == u32::from(*length & 0x7f) + 6 => Signs::FAREWELL,
        _ => 0,
    }
}

impl Segment {
    /// Adds to its signs what is asked of its bytes later, after all else is filled in: `options` and `payload` are its
    /// own.
    #[inline(always)]
    pub fn inspect(&mut self, options: &[u8], payload: &[u8]) {
        self.signs.0 |= Signs::of(self.flags, options, payload, self.payload_length).0;
        self.print = self.fingerprint(options);
    }

    /// A hash of what a copy shares with its original and a retransmission does not: TTL and checksums left out. It is
    /// mixed with numbers that are random in each connection, and need not withstand anybody who makes two segments with
    /// one print: that hides no more than a copy does.
    #[inline(always)]
    fn fingerprint(&self, options: &[u8]) -> u32 {
        let stamp = options.last_chunk::<8>().map_or(0, |last| u64::from_le_bytes(*last));
        let numbers = u64::from(self.sequence) << 32 | u64::from(self.acknowledgment);
        let rest = u64::from(self.window) << 48
            | u64::from(self.ip_id) << 32
            | u64::from(self.payload_length & 0x00ff_ffff) << 8
            | u64::from(self.flags.0);
        let mixed = fold(numbers ^ stamp.rotate_left(17) ^ 0x9e37_79b9_7f4a_7c15, rest ^ 0xd6e8_feb8_6659_fd93);
        (mixed >> 32) as u32 ^ mixed as u32
    }
}

/// Did the frame come in from the network, or go out to it? Linux cooked captures tell it (sll_pkttype of packet(7)).
pub(crate) fn way(link: u16, view: View<'_>) -> Signs {
    const PACKET_OUTGOING: u8 = 4;
    let kind = match link {
        113 => view.u8(1),
        276 => view.u8(10),
        _ => return Signs::default(),
    };
    match kind {
        Ok(kind) if kind < PACKET_OUTGOING => Signs(Signs::CAME_IN),
        Ok(PACKET_OUTGOING) => Signs(Signs::WENT_OUT),
        Ok(_) | Err(_) => Signs::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_read_from_options_and_payload() {
        let stamps = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        let sack = [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(Signs::of(Flags::default(), &stamps, &[], 0), Signs(0));
        assert_eq!(Signs::of(Flags::default(), &sack, &[], 0), Signs(Signs::SACK));
        assert_eq!(Signs::of(Flags::default(), &[1, 1, 19, 4, 1, 2], &[], 0), Signs(Signs::SIGNED));
        assert_eq!(Signs::of(Flags::default(), &[29, 4, 1, 2], &[], 0), Signs(Signs::SIGNED));
        assert_eq!(Signs::of(Flags::default(), &[30, 4, 1, 1], &[], 0), Signs(Signs::MULTIPATH));
        let mut capable = [2, 4, 5, 180, 1, 3, 3, 7, 30, 12, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(Signs::of(Flags(Flags::SYN), &capable, &[], 0), Signs(Signs::MULTIPATH));
        capable[4..].copy_from_slice(&[4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7]);
        assert_eq!(Signs::of(Flags(Flags::SYN), &capable, &[], 0), Signs(0));
        assert_eq!(Signs::of(Flags::default(), &[30, 4, 0x10, 1], &[], 0), Signs(Signs::MULTIPATH | Signs::JOIN));
        assert_eq!(
            Signs::of(Flags::default(), &[30, 4, 0x20, 0x11], &[], 0),
            Signs(Signs::MULTIPATH | Signs::DATA_FIN)
        );
        assert_eq!(
            Signs::of(Flags::default(), &[30, 4, 0x70, 1, 30, 4, 0x80, 0], &[], 0),
            Signs(Signs::MULTIPATH | Signs::FAST_CLOSE)
        );
        // The snaplen cut the closing one behind its flags.
        assert_eq!(
            Signs::of(Flags::default(), &[30, 26, 0x21, 0x11, 9], &[], 0),
            Signs(Signs::MULTIPATH | Signs::DATA_FIN)
        );
        assert_eq!(Signs::of(Flags::default(), &[], &[21, 3, 3, 0, 2], 7), Signs(Signs::FAREWELL | Signs::TLS_NEWS));
        assert_eq!(Signs::of(Flags::default(), &sack, &[22, 3, 1], 500), Signs(Signs::SACK | Signs::TLS_NEWS));
        assert_eq!(Signs::of(Flags::default(), &[], &[23, 3, 3, 0, 19, 9], 24), Signs(Signs::FAREWELL));
        assert_eq!(Signs::of(Flags::default(), &[], &[23, 3, 3, 0, 19, 9], 25), Signs(0));
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        assert_eq!(Signs::of(Flags::default(), &[], &goaway, 17), Signs(Signs::FAREWELL));
        assert_eq!(Signs::of(Flags::default(), &[], &goaway, 40), Signs(0));
        assert_eq!(Signs::of(Flags::default(), &[], &[0x88, 2, 3, 0xe8], 4), Signs(Signs::FAREWELL));
        assert_eq!(Signs::of(Flags::default(), &[], &[0x88, 0x82, 1, 2, 3, 4, 5, 6], 8), Signs(Signs::FAREWELL));
        assert_eq!(Signs::of(Flags::default(), &[], &[0x88, 0x82, 1, 2, 3, 4, 5, 6], 9), Signs(0));
        assert_eq!(Signs::of(Flags::default(), &[], &[], 31), Signs(Signs::PAYLOAD_CUT));
        assert_eq!(Signs::of(Flags::default(), &[], &[21], 31), Signs(Signs::PAYLOAD_CUT));
        assert_eq!(Signs::of(Flags::default(), &[], &[], 54), Signs(0));
        assert_eq!(Signs::of(Flags::default(), &[], b"GET", 3), Signs(0));
        assert!(Signs(Signs::SACK | Signs::PAYLOAD_CUT).has(Signs::PAYLOAD_CUT));
    }

    #[test]
    fn prints_differ_where_segments_do() {
        let segment = Segment { sequence: 5, window: 9, ..Segment::default() };
        let others = [
            Segment { sequence: 6, ..segment },
            Segment { acknowledgment: 1, ..segment },
            Segment { payload_length: 1, ..segment },
            Segment { window: 8, ..segment },
            Segment { ip_id: 1, ..segment },
            Segment { flags: crate::decode::Flags(1), ..segment },
        ];
        assert!(others.iter().all(|other| other.fingerprint(&[]) != segment.fingerprint(&[])));
        assert_ne!(segment.fingerprint(&[1; 8]), segment.fingerprint(&[]));
        assert_eq!(segment.fingerprint(&[]), Segment { ttl: 3, ..segment }.fingerprint(&[]));
    }
}
