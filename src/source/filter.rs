//! A pcap filter for frames that come from files, compiled by libpcap for each link type it meets.

use pcap::{BpfProgram, Capture, Linktype};

use super::{Error, FrameBatch, printable};
use crate::layers::{self, View, protocol};

/// What expressions are tried on before any frame is seen: one that fits none of them is wrong in itself.
const COMMON_LINKS: [u16; 5] = [1, 101, 113, 105, 127];

/// A filter expression and its programs.
///
/// An ICMP error passes where the packet that it is about would pass in its place, too: the error has neither the ports nor, if
/// a router sent it, the addresses that one asks for, and the kernel takes a connection's errno from it.
pub struct Filter {
    expression: String,
    programs: Vec<(u16, Option<BpfProgram>)>,
    /// The frame of an ICMP error with the packet that it is about in its place.
    replaced: Vec<u8>,
    notes: Vec<String>,
    /// Frames that did not pass.
    pub(super) taken_out: u64,
}

impl Filter {
    /// Checks `expression`; the error is libpcap's.
    pub fn new(expression: &str) -> Result<Filter, Error> {
        let filter = Filter {
            expression: expression.to_owned(),
            programs: Vec::new(),
            replaced: Vec::new(),
            notes: Vec::new(),
            taken_out: 0,
        };
        let mut first_problem = None;
        for link in COMMON_LINKS {
            match filter.compile(link) {
                Ok(_) => return Ok(filter),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        Err(Error::Filter { expression: printable(expression), problem: first_problem.unwrap_or_default() })
    }

    /// Does the filter let a frame of this link type pass? None of one for which the expression makes no sense.
    pub fn passes(&mut self, link: u16, bytes: &[u8]) -> bool {
        let place = match self.programs.iter().position(|(known, _)| *known == link) {
            Some(place) => place,
            None => self.add(link),
        };
        let Some((_, Some(program))) = self.programs.get(place) else { return false };
        let lets_pass = |frame: &[u8]| program.filter(frame.get(family_before(link)..).unwrap_or_default());
        if lets_pass(bytes) {
            return true;
        }
        let Some((layers, quoted)) = icmp_error(link, bytes) else { return false };
        self.replaced.clear();
        self.replaced.extend_from_slice(layers);
        self.replaced.extend_from_slice(quoted);
        lets_pass(&self.replaced)
    }

    /// Does the filter let this frame of a live capture pass? The kernel has asked it already of all but ICMP errors, and tags
    /// did not hinder it there.
    pub(super) fn wants(&mut self, link: u16, bytes: &[u8]) -> bool {
        icmp_error(link, bytes).is_none()
            || self.passes(link, bytes)
            || without_tags(link, bytes).is_some_and(|frame| self.passes(link, &frame))
    }

    /// Takes out of `batch` the frames that do not pass.
    pub(super) fn apply(&mut self, batch: &mut FrameBatch) {
        let mut frames = std::mem::take(&mut batch.frames);
        let before = frames.len();
        frames.retain(|frame| self.passes(frame.link, batch.bytes_of(frame)));
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

/// What stands before the IP packet of an ICMP error, and the packet that it is about: the beginning of it, behind the error's
/// own eight bytes (RFC 792, RFC 4443).
fn icmp_error(link: u16, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let view = View::new(bytes, 0, bytes.len() as u32);
    let (header, error) = layers::icmp(link, view)?;
    let kind = *error.data.first()?;
    let is_error = match header.protocol {
        protocol::ICMP => matches!(kind, 3 | 4 | 5 | 11 | 12),
        protocol::ICMPV6 => kind < 128,
        _ => false,
    };
    let quoted = error.data.get(8..).filter(|_| is_error)?;
    Some((bytes.get(..header.offset as usize)?, quoted))
}

/// The frame without the VLAN tags that stand behind its addresses, if there are any.
fn without_tags(link: u16, bytes: &[u8]) -> Option<Vec<u8>> {
    let begin = match link {
        1 => 12,
        113 => 14,
        _ => return None,
    };
    let (head, mut rest) = bytes.split_at_checked(begin)?;
    while let [0x81, 0, _, _, behind @ ..] | [0x88, 0xa8, _, _, behind @ ..] | [0x91, 0, _, _, behind @ ..] = rest {
        rest = behind;
    }
    (head.len() + rest.len() < bytes.len()).then(|| [head, rest].concat())
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

    /// Frames that hold what follows the bytes of each, by link type.
    const ENCAPSULATIONS: [(&str, u16, &str); 14] = [
        ("ethernet", 1, "020202020202 020202020202 0800"),
        ("tag", 1, "020202020202 020202020202 8100 0007 0800"),
        ("tags", 1, "020202020202 020202020202 88a8 0009 8100 0007 0800"),
        ("cooked", 113, "0000 0001 0006 020202020202 0000 0800"),
        ("cooked 2", 276, "0800 0000 00000001 0001 00 06 0202020202020000"),
        ("raw", 101, ""),
        ("loopback", 0, "02000000"),
        ("ppp", 9, "ff03 0021"),
        ("pppoe", 1, "020202020202 020202020202 8864 11 00 0001 003a 0021"),
        ("mpls", 1, "020202020202 020202020202 8847 00010040 00020140"),
        (
            "radiotap",
            127,
            "0000 0800 00000000 0801 2c00 020202020202 020202020202 020202020202 1000 aaaa03 000000 0800",
        ),
        ("gre", 101, "45000050 00000000 402f0000 0a630001 0a630002 0000 0800"),
        (
            "vxlan",
            101,
            "45000078 00000000 40110000 0a630001 0a630002 c000 12b5 0064 0000 08000000 00000700
                        020202020202 020202020202 0800",
        ),
        (
            "geneve",
            101,
            "45000078 00000000 40110000 0a630001 0a630002 c000 17c1 0064 0000 00006558 00000700
                         020202020202 020202020202 0800",
        ),
    ];

    fn encapsulated(name: &str, packet: &[u8]) -> (u16, Vec<u8>) {
        let (_, link, before) = ENCAPSULATIONS.into_iter().find(|(known, ..)| *known == name).expect("known");
        let digits: Vec<u8> = before.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
        (link, [digits.chunks(2).map(byte).collect(), packet.to_vec()].concat())
    }

    #[test]
    fn an_icmp_error_passes_where_the_packet_would_that_it_is_about() {
        const PLAIN: [&str; 7] = ["ethernet", "cooked", "cooked 2", "raw", "loopback", "ppp", "radiotap"];
        for (expression, expected) in [
            ("tcp port 5432", &PLAIN[..]),
            ("dst port 5432", &PLAIN),
            ("host 10.0.0.2 or host 202:202:202:202:202:202:202:202", &PLAIN),
            ("tcp port 80", &[]),
            ("src port 5432", &[]),
            ("host 10.0.0.3", &[]),
            ("ether host 02:02:02:02:02:02 and tcp port 5432", &["ethernet", "radiotap"]),
            ("vlan and tcp port 5432", &["tag"]),
            ("vlan 7 and tcp port 80", &[]),
            ("vlan 9 and vlan 7 and tcp port 5432", &["tags"]),
            ("pppoes and tcp port 5432", &["pppoe"]),
            ("pppoes and tcp port 80", &[]),
            ("mpls and mpls and tcp port 5432", &["mpls"]),
            ("mpls and mpls and tcp port 80", &[]),
            ("ip proto 47 and ip[24:2] = 0x4500 and ip[46:2] = 5432", &["gre"]),
            ("geneve 7 and tcp port 5432", &["geneve"]),
            ("geneve 8 and tcp port 5432", &[]),
            ("udp port 4789 and udp[52:2] = 5432", &["vxlan"]),
        ] {
            for (name, ..) in ENCAPSULATIONS {
                let mut filter = Filter::new(expression).expect("sound");
                for kind in [3, 11] {
                    let (link, frame) = encapsulated(name, &error(kind));
                    assert_eq!(filter.passes(link, &frame), expected.contains(&name), "{expression}: {name}");
                }
                // As the packet itself, of which not all was quoted.
                let (link, frame) = encapsulated(name, &error(3)[28..]);
                assert_eq!(filter.passes(link, &frame), expected.contains(&name), "{expression}: {name}, TCP");
                let (link, frame) = encapsulated(name, &error(8));
                assert!(!filter.passes(link, &frame) || name == "vxlan", "{expression}: {name}, echo");
            }
        }
        let mut filter = Filter::new("tcp port 5432").expect("sound");
        assert!(filter.passes(1, &ethernet(&[0x86, 0xdd], &error_in_ipv6(1))));
    }

    #[test]
    fn tags_do_not_hinder_a_live_filter() {
        for name in ["ethernet", "tag", "tags", "cooked"] {
            let (link, frame) = encapsulated(name, &error(3));
            assert!(Filter::new("tcp port 5432").expect("sound").wants(link, &frame), "{name}");
            assert!(!Filter::new("tcp port 80").expect("sound").wants(link, &frame), "{name}");
        }
        let (link, frame) = encapsulated("tag", &error(3));
        assert!(Filter::new("vlan 7 and tcp port 5432").expect("sound").wants(link, &frame));
    }

    #[test]
    fn what_is_no_icmp_error_is_asked_for_itself_alone() {
        let mut filter = Filter::new("tcp port 5432").expect("sound");
        for frame in
            [ethernet(&[8, 0], &error(8)), ethernet(&[0x86, 0xdd], &error_in_ipv6(129)), ethernet(&[8, 6], &error(3))]
        {
            assert!(icmp_error(1, &frame).is_none() && !filter.passes(1, &frame));
            // Live, the kernel has let it pass.
            assert!(filter.wants(1, &frame));
        }
        for (name, ..) in ENCAPSULATIONS {
            let (link, frame) = encapsulated(name, &error(3));
            for length in 0..frame.len() {
                let _ = filter.wants(link, &frame[..length]);
            }
        }
    }
}
