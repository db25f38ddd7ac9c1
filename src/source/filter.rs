//! A pcap filter for frames that come from files, compiled by libpcap for each link type it meets.

use pcap::{BpfProgram, Capture, Linktype};

use super::{Error, FrameBatch, RawFrame, printable};

/// What expressions are tried on before any frame is seen: one that fits none of them is wrong in itself.
const COMMON_LINKS: [u16; 5] = [1, 101, 113, 105, 127];

/// A filter expression and its programs.
///
/// An ICMP error passes where the packet passes that it is about, too: it has neither the ports nor, if a router sent it, the
/// addresses that one asks for, and the kernel takes a connection's errno from it.
pub struct Filter {
    expression: String,
    programs: Vec<(u16, Option<BpfProgram>)>,
    /// For packets in ICMP errors; none if the expression asks for what only frames have.
    quoted: Option<BpfProgram>,
    notes: Vec<String>,
    /// Frames that did not pass.
    pub(super) taken_out: u64,
}

impl Filter {
    /// Checks `expression`; the error is libpcap's.
    pub fn new(expression: &str) -> Result<Filter, Error> {
        let mut filter = Filter {
            expression: expression.to_owned(),
            programs: Vec::new(),
            quoted: None,
            notes: Vec::new(),
            taken_out: 0,
        };
        filter.quoted = filter.compile(RAW).ok();
        let mut first_problem = None;
        for link in COMMON_LINKS {
            match filter.compile(link) {
                Ok(_) => return Ok(filter),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        Err(Error::Filter { expression: printable(expression), problem: first_problem.unwrap_or_default() })
    }

    /// Does the filter let this frame pass? None of a link type for which the expression makes no sense.
    pub fn passes(&mut self, frame: &RawFrame, bytes: &[u8]) -> bool {
        self.lets_pass(frame.link, bytes, quoted(frame.link, bytes))
    }

    /// Does the filter let this frame of a live capture pass? The kernel has asked it already of all but ICMP errors.
    pub(super) fn wants(&mut self, link: u16, bytes: &[u8]) -> bool {
        let quoted = quoted(link, bytes);
        quoted.is_none() || self.lets_pass(link, bytes, quoted)
    }

    fn lets_pass(&mut self, link: u16, bytes: &[u8], quoted: Option<&[u8]>) -> bool {
        let place = match self.programs.iter().position(|(known, _)| *known == link) {
            Some(place) => place,
            None => self.add(link),
        };
        let Some((_, Some(program))) = self.programs.get(place) else { return false };
        program.filter(bytes.get(family_before(link)..).unwrap_or_default())
            || quoted.zip(self.quoted.as_ref()).is_some_and(|(packet, program)| program.filter(packet))
    }

    /// Takes out of `batch` the frames that do not pass.
    pub(super) fn apply(&mut self, batch: &mut FrameBatch) {
        let mut frames = std::mem::take(&mut batch.frames);
        let before = frames.len();
        frames.retain(|frame| self.passes(frame, batch.bytes_of(frame)));
        self.taken_out += (before - frames.len()) as u64;
        batch.frames = frames;
    }

    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn add(&mut self, link: u16) -> usize {
        let program = self.compile(link);
        if let Err(problem) = &program {
            let name = Linktype(data_link(link)).get_name().unwrap_or_else(|_| "unknown".to_owned());
            self.notes.push(format!(
                "filter \"{}\" does not apply to link type {link} ({name}), so none of its frames pass: {problem}",
                printable(&self.expression)
            ));
        }
        self.programs.push((link, program.ok()));
        self.programs.len() - 1
    }

    fn compile(&self, link: u16) -> Result<BpfProgram, String> {
        Capture::dead(Linktype(data_link(link))).and_then(|capture| capture.compile(&self.expression, true)).map_err(
            |error| match error {
                pcap::Error::PcapError(message) => printable(&message),
                other => printable(&other.to_string()),
            },
        )
    }
}

/// IP packets without anything before them.
const RAW: u16 = 101;

/// Where the IP packet begins, or the VLAN tags before it, behind the EtherType; in frames of these link types it is looked for.
fn network_at(link: u16) -> Option<usize> {
    match link {
        1 => Some(14),
        113 => Some(16),
        276 => Some(20),
        0 | 108 => Some(4),
        12 | RAW | 228 | 229 => Some(0),
        _ => None,
    }
}

/// Are ICMP errors found in frames of this link type?
pub(super) fn quotes_are_known(link: u16) -> bool {
    network_at(link).is_some()
}

/// The packet that an ICMP error is about: the beginning of it, behind the error's own eight bytes (RFC 792, RFC 4443).
fn quoted(link: u16, bytes: &[u8]) -> Option<&[u8]> {
    let mut packet = bytes.get(network_at(link)?..)?;
    if matches!(link, 1 | 113 | 276) {
        // A tag is two bytes of its own and the next EtherType; there are few.
        let kind = if link == 276 { bytes.get(..2) } else { bytes.get(network_at(link)? - 2..network_at(link)?) };
        let mut kind = kind?;
        while let [0x81, 0] | [0x88, 0xa8] | [0x91, 0] = kind {
            (kind, packet) = (packet.get(2..4)?, packet.get(4..)?);
        }
        let ([8, 0] | [0x86, 0xdd]) = kind else { return None };
    }
    let first = *packet.first()?;
    let (header, is_error): (usize, fn(u8) -> bool) = match first >> 4 {
        // Of fragments only the first has the error's type.
        4 if *packet.get(9)? == 1 && packet.get(6)? & 0x1f == 0 && *packet.get(7)? == 0 => {
            (usize::from(first & 15) * 4, |kind| matches!(kind, 3 | 4 | 5 | 11 | 12))
        }
        6 if *packet.get(6)? == 58 => (40, |kind| kind < 128),
        _ => return None,
    };
    let error = packet.get(header..)?;
    error.get(8..).filter(|_| error.first().is_some_and(|kind| is_error(*kind)))
}

/// How long the number of an address family is that stands before the IP header. Each system has another one for IPv6, in its
/// own byte order; libpcap, which does not know the file here, looks for that of this host. The IP version tells as much.
fn family_before(link: u16) -> usize {
    match link {
        0 | 108 => 4,
        _ => 0,
    }
}

/// The number that libpcap has for a link type in memory, which for some differs from that in files.
fn data_link(link: u16) -> i32 {
    match link {
        _ if family_before(link) > 0 => 12,
        100 => 11,
        101 => 12,
        102 => 15,
        103 => 16,
        106 => 19,
        other => i32::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A router's error about a SYN from port 12345 to port 5432.
    fn error(kind: u8) -> Vec<u8> {
        let mut packet =
            vec![0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1, kind, 1, 0, 0, 0, 0, 0, 0];
        packet.extend([0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend([0x30, 0x39, 0x15, 0x38, 0, 0, 0, 1]);
        packet
    }

    fn error_in_ipv6(kind: u8) -> Vec<u8> {
        let header = |next, from, to| [&[0x60, 0, 0, 0, 0, 60, next, 64][..], &[from; 16], &[to; 16]].concat();
        [header(58, 9, 1), vec![kind, 0, 0, 0, 0, 0, 0, 0], header(6, 1, 2), vec![0x30, 0x39, 0x15, 0x38, 0, 0, 0, 1]]
            .concat()
    }

    fn ethernet(between: &[u8], packet: &[u8]) -> Vec<u8> {
        [&[2; 12], between, packet].concat()
    }

    #[test]
    fn an_icmp_error_passes_with_what_it_is_about() {
        let cooked = |length: usize, packet: Vec<u8>| {
            let mut frame = vec![0; length];
            if length == 20 {
                frame[0] = 8
            } else {
                frame[14] = 8
            };
            [frame, packet].concat()
        };
        for (link, frame) in [
            (1, ethernet(&[8, 0], &error(3))),
            (1, ethernet(&[0x81, 0, 0, 7, 8, 0], &error(3))),
            (1, ethernet(&[0x86, 0xdd], &error_in_ipv6(1))),
            (113, cooked(16, error(11))),
            (276, cooked(20, error(3))),
            (101, error(3)),
            (0, [vec![2, 0, 0, 0], error(3)].concat()),
        ] {
            for (expression, expected) in [
                ("tcp port 5432", true),
                ("dst port 5432", true),
                ("tcp port 80", false),
                ("src port 5432", false),
                ("host 10.0.0.2 or host 202:202:202:202:202:202:202:202", true),
                ("host 10.0.0.3", false),
            ] {
                let mut filter = Filter::new(expression).expect("sound");
                assert_eq!(filter.lets_pass(link, &frame, quoted(link, &frame)), expected, "{expression} {link}");
                assert_eq!(filter.wants(link, &frame), expected, "{expression} {link}");
            }
        }
    }

    #[test]
    fn what_is_no_icmp_error_is_asked_for_itself_alone() {
        let mut filter = Filter::new("tcp port 5432").expect("sound");
        for frame in
            [ethernet(&[8, 0], &error(8)), ethernet(&[0x86, 0xdd], &error_in_ipv6(129)), ethernet(&[8, 6], &error(3))]
        {
            assert!(quoted(1, &frame).is_none() && !filter.lets_pass(1, &frame, None));
            // Live, the kernel has let it pass.
            assert!(filter.wants(1, &frame));
        }
        for length in 0..ethernet(&[8, 0], &error(3)).len() {
            let _ = quoted(1, &ethernet(&[8, 0], &error(3))[..length]);
        }
    }
}
