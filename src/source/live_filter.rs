//! What the kernel lets through in a live capture: only what is read, so that the rest never costs us anything.

/// ICMP types that report an error about a packet: unreachable, source quench, redirect, time exceeded, parameter
/// problem. In ICMPv6 errors are the types below 128 (RFC 4443, section 2.1).
const ICMP_ERRORS: &str = "(icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)) \
                           or (icmp6 and ip6[40] < 128)";

/// IPv6 extension headers (hop-by-hop, routing, authentication, destination options) and IPv4's authentication header:
/// behind them libpcap does not look for TCP, but we do. Multicast listeners report behind a hop-by-hop header; not to us.
const EXTENSIONS: &str =
    "(ip6 and ((ip6[6] = 0 and ip6[40] != 58) or ip6[6] = 43 or ip6[6] = 51 or ip6[6] = 60)) or (ip proto 51)";

/// Segments that open or close a connection. libpcap's `tcp[13]` looks into IPv4 only.
const TURNING_POINTS: &str = "(tcp[13] & 7 != 0) or (ip6[6] = 6 and ip6[53] & 7 != 0)";

/// GRE, IPv4 and IPv6 in IP, UDP-Lite (of which libpcap knows no ports), and VXLAN, Geneve, GTP-U, Teredo and CAPWAP by their
/// ports; PPPoE and MPLS by their EtherTypes.
const TUNNELS: &str = "(ip proto 47 or ip proto 4 or ip proto 41 or ip6 proto 47 or ip6 proto 4 or ip6 proto 41) \
                       or (ip6 proto 136) or (udp and (port 4789 or port 8472 or port 6081 or port 2152 or \
                       port 3544 or port 5247))";
const LINK_TUNNELS: &str = "(ether proto 0x8864) or (ether proto 0x8847) or (ether proto 0x8848)";

/// Data of 802.11, whatever it is: libpcap does not look behind each header that a frame may have there, such as that of an
/// aggregate, and what is encrypted is to be counted. Of other link types it makes an error of this.
const RADIO_DATA: &str = "type data";

/// Frames that carry one more tag than the kernel takes off.
const STILL_TAGGED: &str = "(ether proto 0x8100) or (ether proto 0x88a8) or (ether proto 0x9100)";

/// The filter for a link type, and simpler ones in case that this one does not fit it.
///
/// A VLAN tag that the kernel has taken off a frame does not hinder the plain filter; one that is still in it does, and
/// `vlan` moves what follows it behind the tag, each time that it stands there.
///
/// A router's ICMP error has neither the ports nor the addresses that the user may ask for. All of them pass, and what each is
/// about has to be looked at later, as [`Filter::wants`](super::Filter::wants) does. Those inside tunnels, PPPoE
/// and MPLS, which libpcap does not find, have to match what the user asks for themselves.
pub(super) fn candidates(user: Option<&str>, light: bool, tunnels: bool) -> Vec<String> {
    let mut wanted = if light { TURNING_POINTS.to_owned() } else { format!("tcp or {EXTENSIONS}") };
    if tunnels {
        wanted.push_str(&format!(" or {TUNNELS}"));
    }
    let with_user = |wanted: &str| match user.filter(|expression| !expression.trim().is_empty()) {
        // `vlan` in the user's expression would move what follows it.
        Some(expression) => format!("{ICMP_ERRORS} or (({wanted}) and ({expression}))"),
        None => format!("{wanted} or {ICMP_ERRORS}"),
    };
    let tagged = |first: &str| {
        let inner = with_user(&wanted);
        format!("({}) or (vlan and ({inner})) or (vlan and ({inner}))", with_user(first))
    };
    let mut candidates = Vec::new();
    if !light {
        candidates.push(with_user(RADIO_DATA));
    }
    if tunnels {
        candidates.push(tagged(&format!("{wanted} or {LINK_TUNNELS}")));
    }
    candidates.push(tagged(&wanted));
    // Cooked frames (`any`) have no `vlan`: what still carries a tag passes whole.
    if tunnels {
        candidates.push(with_user(&format!("{wanted} or {STILL_TAGGED} or {LINK_TUNNELS}")));
    }
    candidates.push(with_user(&format!("{wanted} or {STILL_TAGGED}")));
    candidates.push(with_user(&wanted));
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcap::{BpfProgram, Capture, Linktype};

    fn program(link: i32, expression: &str) -> Result<BpfProgram, pcap::Error> {
        Capture::dead(Linktype(link))?.compile(expression, true)
    }

    fn best(link: i32, user: Option<&str>, light: bool, tunnels: bool) -> BpfProgram {
        let all = candidates(user, light, tunnels);
        all.iter().find_map(|expression| program(link, expression).ok()).expect("one of them fits")
    }

    /// An Ethernet frame: EtherType and what follows it.
    fn frame(parts: &[&[u8]]) -> Vec<u8> {
        let mut frame = vec![2; 12];
        parts.iter().for_each(|part| frame.extend_from_slice(part));
        frame.resize(frame.len().max(200), 0);
        frame
    }

    fn ipv4(protocol: u8, inner: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 60, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        packet.extend_from_slice(inner);
        packet
    }

    fn ipv6(next: u8, inner: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 60, next, 64];
        packet.extend_from_slice(&[0x20; 32]);
        packet.extend_from_slice(inner);
        packet
    }

    fn tcp(flags: u8) -> Vec<u8> {
        let mut segment = vec![0x30, 0x39, 0x15, 0x38];
        segment.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment
    }

    const IP: &[u8] = &[8, 0];
    const IP6: &[u8] = &[0x86, 0xdd];

    #[test]
    fn every_link_type_has_a_filter_that_the_kernel_takes() {
        // Ethernet, raw IP, cooked, cooked 2, PPP, 802.11; the kernel takes at most 4096 instructions.
        for link in [1, 12, 113, 276, 9, 105, 119, 127, 163] {
            for (light, tunnels) in [(false, false), (true, false), (false, true)] {
                for user in [None, Some("tcp port 5432"), Some("host 10.0.0.1 or host 10.0.0.2")] {
                    let program = best(link, user, light, tunnels);
                    assert!(program.get_instructions().len() < 2048, "link type {link}");
                }
            }
        }
    }

    #[test]
    fn tcp_and_errors_pass_and_nothing_else() {
        let filter = best(1, None, false, false);
        let passes = |parts: &[&[u8]]| filter.filter(&frame(parts));
        assert!(passes(&[IP, &ipv4(6, &tcp(0x10))]) && passes(&[IP6, &ipv6(6, &tcp(0x10))]));
        assert!(passes(&[IP6, &ipv6(60, &[6, 0, 0, 0, 0, 0, 0, 0])]), "destination options before TCP");
        assert!(passes(&[IP, &ipv4(1, &[3, 1])]) && passes(&[IP6, &ipv6(58, &[1, 4])]));
        assert!(!passes(&[IP, &ipv4(1, &[8, 0])]) && !passes(&[IP6, &ipv6(58, &[135, 0])]), "echo, neighbours");
        assert!(!passes(&[IP, &ipv4(17, &[0, 53, 0, 53])]) && !passes(&[&[8, 6]]), "UDP, ARP");
        assert!(!passes(&[IP, &ipv4(47, &[0, 0, 8, 0])]), "GRE");
    }

    #[test]
    fn one_or_two_tags_do_not_hide_anything() {
        const TAG: &[u8] = &[0x81, 0, 0, 7];
        for user in [None, Some("tcp port 5432")] {
            let filter = best(1, user, false, false);
            let passes = |parts: &[&[u8]]| filter.filter(&frame(parts));
            assert!(
                passes(&[TAG, IP, &ipv4(6, &tcp(2))]) && passes(&[&[0x88, 0xa8, 0, 9], TAG, IP, &ipv4(6, &tcp(2))])
            );
            assert!(passes(&[TAG, IP6, &ipv6(6, &tcp(2))]));
            assert!(!passes(&[TAG, IP, &ipv4(17, &tcp(2))]));
        }
    }

    #[test]
    fn light_passes_only_what_opens_and_closes() {
        let filter = best(1, None, true, false);
        let passes = |flags| {
            let segment = tcp(flags);
            let both = [frame(&[IP, &ipv4(6, &segment)]), frame(&[IP6, &ipv6(6, &segment)])];
            both.map(|frame| filter.filter(&frame))
        };
        for flags in [0x02, 0x12, 0x11, 0x04, 0x14] {
            assert_eq!(passes(flags), [true, true], "{flags:#x}");
        }
        assert_eq!(passes(0x10), [false, false]);
        assert_eq!(passes(0x18), [false, false]);
        assert!(filter.filter(&frame(&[IP, &ipv4(1, &[3, 3])])));
    }

    #[test]
    fn tunnels_pass_only_when_asked() {
        let vxlan = ipv4(17, &[0xff, 0xff, 0x12, 0xb5]);
        assert!(best(1, None, false, true).filter(&frame(&[IP, &vxlan])));
        assert!(!best(1, None, false, false).filter(&frame(&[IP, &vxlan])));
        for port in [3544_u16, 5247] {
            let packet = ipv4(17, &[&[0xff, 0xff], &port.to_be_bytes()[..]].concat());
            assert!(best(1, None, false, true).filter(&frame(&[IP, &packet])), "{port}");
        }
        assert!(best(1, None, false, true).filter(&frame(&[IP, &ipv4(47, &[0, 0, 8, 0])])));
        assert!(best(1, None, false, true).filter(&frame(&[&[0x88, 0x64], &[0x11, 0]])));
    }

    #[test]
    fn of_802_11_all_data_passes() {
        let radio = |control: [u8; 2], packet: &[u8]| {
            let mut frame = vec![0, 0, 9, 0, 2, 0, 0, 0, 0x10];
            frame.extend_from_slice(&control);
            frame.resize(frame.len() + 22, 0);
            frame.extend_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
            frame.extend_from_slice(packet);
            frame.resize(frame.len() + 100, 0);
            frame
        };
        let (segment, other) = (ipv4(6, &tcp(2)), ipv4(6, &tcp(0x10)));
        let (filter, light) = (best(127, None, false, false), best(127, None, true, false));
        // One with HT control, one that is encrypted, a beacon.
        for (control, data) in [([0x08, 1], true), ([0x88, 0x82], true), ([0x08, 0x41], true), ([0x80, 0], false)] {
            assert_eq!(filter.filter(&radio(control, &other)), data, "{control:x?}");
        }
        assert!(light.filter(&radio([0x08, 1], &segment)) && !light.filter(&radio([0x08, 1], &other)));
        assert!(!best(127, Some("tcp port 80"), false, false).filter(&radio([0x08, 1], &segment)));
    }

    #[test]
    fn the_users_filter_narrows_it() {
        let filter = best(1, Some("tcp port 5432"), false, false);
        assert!(filter.filter(&frame(&[IP, &ipv4(6, &tcp(0x10))])));
        let other = best(1, Some("tcp port 80 or tcp port 81"), false, false);
        assert!(!other.filter(&frame(&[IP, &ipv4(6, &tcp(0x10))])));
    }

    #[test]
    fn the_users_filter_keeps_no_icmp_error_back() {
        for user in ["tcp port 5432", "host 10.9.9.9", "vlan 7 and tcp port 5432"] {
            for light in [false, true] {
                let filter = best(1, Some(user), light, false);
                let passes = |parts: &[&[u8]]| filter.filter(&frame(parts));
                assert!(passes(&[IP, &ipv4(1, &[3, 1])]) && passes(&[IP6, &ipv6(58, &[1, 4])]), "{user}");
                assert!(!passes(&[IP, &ipv4(1, &[8, 0])]), "{user}: echo");
            }
        }
    }
}
