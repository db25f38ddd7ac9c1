//! What the tracker asks of a segment's options and payload, read once where the bytes are at hand: the thread that tracks
//! need not fetch them again from the one that decoded.

use super::flow::fold;
use super::{Flags, Segment, TcpOption, options};

/// What options and the beginning of the payload look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(pub u8);

impl Signs {
    /// It acknowledges selectively (RFC 2018).
    pub const SACK: u8 = 1;
    /// The payload begins like a TLS alert record.
    pub const TLS_ALERT: u8 = 2;
    /// The payload begins like a TLS handshake or alert record.
    pub const TLS_NEWS: u8 = 4;
    /// The payload is short, and the snaplen left nothing of it: it may be a TLS alert.
    pub const UNSEEN: u8 = 8;
    /// It is signed (RFC 2385, RFC 5925).
    pub const SIGNED: u8 = 16;
    /// It belongs to a connection of several paths (MPTCP, RFC 8684).
    pub const MULTIPATH: u8 = 32;
    /// It opens or refuses a further path of one (MP_JOIN).
    pub const JOIN: u8 = 64;
    /// It ends all paths of one (MP_FASTCLOSE).
    pub const FAST_CLOSE: u8 = 128;

    /// Is every flag of `mask` set?
    #[inline(always)]
    pub fn has(self, mask: u8) -> bool {
        self.0 & mask == mask
    }

    #[inline(always)]
    fn of(options: &[u8], payload: &[u8], wire: u32) -> Signs {
        let said = if wire == 0 { 0 } else { of_payload(payload, wire) };
        Signs(said | if has_only_stamps(options) { 0 } else { of_options(options) })
    }
}

/// Most segments carry time stamps, padded in front to 12 bytes, and nothing else.
#[inline(always)]
fn has_only_stamps(options: &[u8]) -> bool {
    options.is_empty() || options.len() == 12 && options.starts_with(&[1, 1, 8, 10])
}

#[inline(never)]
fn of_options(bytes: &[u8]) -> u8 {
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

/// The subtype stands in the upper four bits (RFC 8684, section 3).
fn of_multipath(data: &[u8]) -> u8 {
    match data.first().map(|first| first >> 4) {
        Some(1) => Signs::JOIN,
        Some(7) => Signs::FAST_CLOSE,
        _ => 0,
    }
}

/// What the options of a usual SYN take: more may hold a signature, or ask for several paths.
const USUAL_SYN: usize = 20;

/// The longest TLS alert record in use: 5 bytes of header, 8 of nonce, 2 of alert, 16 of authentication, or with CBC
/// ciphers up to 48 in all.
const LONGEST_ALERT: u32 = 53;

/// In TLS 1.3, which hides its type, an alert is a record with nothing but two bytes: 5 of header, 2 of alert, 1 of type,
/// 16 of authentication (RFC 8446, section 5.2).
#[inline(always)]
fn of_payload(payload: &[u8], wire: u32) -> u8 {
    let said = match payload {
        [_, 3, ..] => of_record(payload, wire),
        _ => 0,
    };
    let unseen = wire <= LONGEST_ALERT && payload.len() < wire.min(5) as usize;
    if unseen { said | Signs::UNSEEN } else { said }
}

#[inline(never)]
fn of_record(payload: &[u8], wire: u32) -> u8 {
    match payload {
        [21, ..] => Signs::TLS_ALERT | Signs::TLS_NEWS,
        [22, ..] => Signs::TLS_NEWS,
        [23, _, _, 0, 19, ..] if wire == 24 => Signs::TLS_ALERT,
        _ => 0,
    }
}

impl Segment {
    /// Notes what is asked of its bytes later, after all else is filled in: `options` and `payload` are those that its
    /// spans mean.
    #[inline(always)]
    pub fn inspect(&mut self, options: &[u8], payload: &[u8]) {
        // A SYN offers options and has nothing to acknowledge selectively.
        let plain_syn = self.flags.has(Flags::SYN) && options.len() <= USUAL_SYN;
        let options_of_use = if plain_syn { &[] } else { options };
        self.signs = Signs::of(options_of_use, payload, self.payload_length);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_read_from_options_and_payload() {
        let stamps = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        let sack = [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(Signs::of(&stamps, &[], 0), Signs(0));
        assert_eq!(Signs::of(&sack, &[], 0), Signs(Signs::SACK));
        assert_eq!(Signs::of(&[1, 1, 19, 4, 1, 2], &[], 0), Signs(Signs::SIGNED));
        assert_eq!(Signs::of(&[29, 4, 1, 2], &[], 0), Signs(Signs::SIGNED));
        assert_eq!(Signs::of(&[30, 4, 1, 1], &[], 0), Signs(Signs::MULTIPATH));
        assert_eq!(Signs::of(&[30, 4, 0x10, 1], &[], 0), Signs(Signs::MULTIPATH | Signs::JOIN));
        assert_eq!(Signs::of(&[30, 4, 0x70, 1, 30, 4, 0x80, 0], &[], 0), Signs(Signs::MULTIPATH | Signs::FAST_CLOSE));
        assert_eq!(Signs::of(&[], &[21, 3, 3, 0, 2], 7), Signs(Signs::TLS_ALERT | Signs::TLS_NEWS));
        assert_eq!(Signs::of(&sack, &[22, 3, 1], 500), Signs(Signs::SACK | Signs::TLS_NEWS));
        assert_eq!(Signs::of(&[], &[23, 3, 3, 0, 19, 9], 24), Signs(Signs::TLS_ALERT));
        assert_eq!(Signs::of(&[], &[23, 3, 3, 0, 19, 9], 25), Signs(0));
        assert_eq!(Signs::of(&[], &[], 31), Signs(Signs::UNSEEN));
        assert_eq!(Signs::of(&[], &[21], 31), Signs(Signs::UNSEEN));
        assert_eq!(Signs::of(&[], &[], 54), Signs(0));
        assert_eq!(Signs::of(&[], b"GET", 3), Signs(0));
        assert!(Signs(Signs::SACK | Signs::UNSEEN).has(Signs::UNSEEN));
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
