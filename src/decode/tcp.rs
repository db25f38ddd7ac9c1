//! TCP headers (RFC 9293, section 3.1) and their options.

use crate::decode::signs;
use crate::decode::{Flags, Segment, Signs, Skip};
use crate::layers::{Header, View};
use crate::source::RawFrame;

/// The least that makes a segment useful: ports, sequence, acknowledgment, data offset and flags.
const USEFUL: usize = 14;
/// Where the window ends in a header.
pub(super) const BEHIND_WINDOW: usize = 16;

/// Where both addresses begin in an IPv6 header.
const ADDRESSES_IN_IPV6: u32 = 8;

/// The segment that `view` begins with. Checksums are not looked at: offloading makes them wrong in most captures.
///
/// In the first fragment of an IP packet `payload_length` counts what this fragment holds.
#[inline]
pub(super) fn segment(ip: &Header<'_>, view: View<'_>, frame: &RawFrame, seed: [u64; 2]) -> Result<Segment, Skip> {
    let mut padded = [0; 20];
    let head = match view.data.first_chunk::<20>() {
        Some(head) => head,
        None => cut(view, &mut padded)?,
    };
    let header_length = u32::from(head[12] >> 4) * 4;
    if header_length < 20 || header_length > view.wire {
        return Err(Skip::Malformed);
    }
    let source_port = u16::from_be_bytes([head[0], head[1]]);
    let destination_port = u16::from_be_bytes([head[2], head[3]]);
    let (flow, from_first) = ip.flow(source_port, destination_port, seed);
    let captured = view.data.len() as u32;
    let options_end = header_length.min(captured);
    let options_at = view.offset + 20;
    let flags = Flags(head[13]);
    let cut = if options_end < header_length { signs::of_cut(flags, header_length - 20, view.data.len()) } else { 0 };
    // Extension headers that go on for longer than an IPv6 packet can be are none.
    let (addresses_before, ipv6) = match ip.is_ipv6() {
        true => {
            (u16::try_from(options_at - (ip.offset + ADDRESSES_IN_IPV6)).map_err(|_| Skip::Malformed)?, Signs::IPV6)
        }
        false => (0, 0),
    };
    let mut segment = Segment {
        time: frame.time,
        frame: number_of(frame),
        key: flow.packed(),
        hash: flow.hash(seed),
        sequence: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        acknowledgment: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        payload_length: view.wire - header_length,
        window: u16::from_be_bytes([head[14], head[15]]),
        ip_id: ip.id,
        options_at,
        captured: captured - options_end,
        addresses_before,
        options_length: options_end.saturating_sub(20) as u8,
        flags,
        ttl: ip.ttl,
        signs: Signs(cut | ipv6 | if from_first { Signs::FROM_FIRST } else { 0 }),
        input: input_of(frame),
        print: 0,
    };
    let (header, payload) = view.data.split_at_checked(options_end as usize).unwrap_or_default();
    segment.inspect(header.get(20..).unwrap_or_default(), payload);
    Ok(segment)
}

/// The number of a frame in 32 bits.
#[inline(always)]
pub(super) fn number_of(frame: &RawFrame) -> u32 {
    u32::try_from(frame.number).unwrap_or(u32::MAX)
}

/// The input of a frame in 8 bits.
#[inline(always)]
pub(super) fn input_of(frame: &RawFrame) -> u8 {
    frame.input.min(u8::MAX.into()) as u8
}

/// The window of a segment whose window was cut off, as by tcpdump's old snap length of 68 bytes in IPv6: not a closed one.
pub(super) const UNSEEN_WINDOW: u16 = u16::MAX;

/// The captured part of a header that the snaplen cut, with zeros behind it.
#[cold]
fn cut<'p>(view: View<'_>, padded: &'p mut [u8; 20]) -> Result<&'p [u8; 20], Skip> {
    // A segment of less than 20 bytes on the wire is none, whatever was captured of it.
    if view.data.len() < USEFUL || view.wire < 20 {
        return Err(if view.wire < 20 { Skip::Malformed } else { Skip::Truncated });
    }
    for (to, from) in padded.iter_mut().zip(view.data) {
        *to = *from;
    }
    // Half a window is none. A RST without ACK seldom has one.
    if view.data.len() < BEHIND_WINDOW {
        let bare_reset = padded[13] & (Flags::RST | Flags::ACK) == Flags::RST;
        let window = if bare_reset { 0 } else { UNSEEN_WINDOW };
        padded[USEFUL..BEHIND_WINDOW].copy_from_slice(&window.to_be_bytes());
    }
    Ok(padded)
}

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// Maximum segment size (RFC 9293, section 3.7.1).
    Mss(u16),
    /// Window scale (RFC 7323, section 2.2).
    WindowScale(u8),
    /// Selective acknowledgment permitted (RFC 2018, section 2).
    SackPermitted,
    /// Selective acknowledgments (RFC 2018, section 3).
    Sack(SackBlocks<'a>),
    /// Timestamps (RFC 7323, section 3.2): value and echo reply.
    Timestamps(u32, u32),
    /// TCP Fast Open (RFC 7413, section 4.1.1): the cookie, empty where one is asked for.
    FastOpen(&'a [u8]),
    /// Another option: its kind and its data.
    Other(u8, &'a [u8]),
}

/// The blocks of a selective acknowledgment, each from its first sequence number to the one behind its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a>(&'a [u8]);

impl SackBlocks<'_> {
    /// The blocks in their order.
    pub fn iter(self) -> impl Iterator<Item = (u32, u32)> {
        self.0.as_chunks::<8>().0.iter().map(|block| {
            let [a, b, c, d, e, f, g, h] = *block;
            (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
        })
    }
}

/// The options in `bytes` (see [`Segment::options`]), without padding; ends at the
/// first one that is cut or damaged.
pub fn options(bytes: &[u8]) -> Options<'_> {
    Options { rest: bytes }
}

/// Iterates over TCP options. The last one may be cut: then it is [`TcpOption::Other`], with as much of it as there is.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Options<'a> {
    type Item = TcpOption<'a>;

    fn next(&mut self) -> Option<TcpOption<'a>> {
        loop {
            let (&kind, behind) = self.rest.split_first()?;
            match kind {
                0 => self.rest = &[],
                1 => self.rest = behind,
                _ => break,
            }
        }
        let (kind, length) = (*self.rest.first()?, usize::from(*self.rest.get(1)?));
        let (option, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        let is_cut = option.len() < length;
        let data = option.get(2..);
        self.rest = if data.is_some() { rest } else { &[] };
        data.map(|data| if is_cut { TcpOption::Other(kind, data) } else { read(kind, data) })
    }
}

/// An option of a known kind but the wrong length is as unknown as any other.
fn read(kind: u8, data: &[u8]) -> TcpOption<'_> {
    match (kind, data) {
        (2, &[a, b]) => TcpOption::Mss(u16::from_be_bytes([a, b])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) if !blocks.is_empty() && blocks.len() % 8 == 0 => TcpOption::Sack(SackBlocks(blocks)),
        (8, &[a, b, c, d, e, f, g, h]) => {
            TcpOption::Timestamps(u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
        }
        (34, cookie) => TcpOption::FastOpen(cookie),
        // The experimental number that Fast Open used before it got its own (RFC 6994, RFC 7413).
        (254, [0xf9, 0x89, cookie @ ..]) => TcpOption::FastOpen(cookie),
        _ => TcpOption::Other(kind, data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_options_of_a_linux_syn() {
        let bytes = [
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 10, 0, 0, 0, 0, 1, 3, 3, 7, 34, 6, 1, 2, 3, 4, 254, 4, 0xf9, 0x89, 0,
            9,
        ];
        let read: Vec<_> = options(&bytes).collect();
        assert_eq!(
            read,
            [
                TcpOption::Mss(1460),
                TcpOption::SackPermitted,
                TcpOption::Timestamps(10, 0),
                TcpOption::WindowScale(7),
                TcpOption::FastOpen(&[1, 2, 3, 4]),
                TcpOption::FastOpen(&[]),
            ]
        );
    }

    #[test]
    fn reads_selective_acknowledgments() {
        let bytes = [1, 1, 5, 18, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 20, 0, 0, 0, 30];
        let Some(TcpOption::Sack(blocks)) = options(&bytes).next() else { panic!("no SACK") };
        assert_eq!(blocks.iter().collect::<Vec<_>>(), [(5, 9), (20, 30)]);
    }

    #[test]
    fn what_is_cut_is_no_value_but_says_what_it_was() {
        assert_eq!(options(&[2, 4, 5]).collect::<Vec<_>>(), [TcpOption::Other(2, &[5])]);
        assert_eq!(options(&[1, 30, 26, 0x21]).collect::<Vec<_>>(), [TcpOption::Other(30, &[0x21])]);
    }

    #[test]
    fn ends_where_the_list_is_damaged() {
        assert_eq!(options(&[2]).next(), None);
        assert_eq!(options(&[2, 0, 5, 5]).next(), None);
        assert_eq!(options(&[2, 1, 3, 3, 7]).next(), None);
        assert_eq!(options(&[1, 1, 1]).next(), None);
        assert_eq!(options(&[99, 3, 1, 3, 3, 7]).collect::<Vec<_>>().len(), 2);
        assert_eq!(options(&[5, 2]).next(), Some(TcpOption::Other(5, &[])));
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                assert!(options(&[first, second, first, second, second, first]).count() <= 3);
            }
        }
    }
}
