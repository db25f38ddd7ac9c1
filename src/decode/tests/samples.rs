//! One frame for every link type and tunnel, put together from layers that are written out as bytes. All of them end
//! in the same segment.

/// A frame and its link type.
pub struct Sample {
    pub name: &'static str,
    pub link: u16,
    pub frame: Vec<u8>,
    pub ipv6: bool,
}

/// 10.0.0.1 and 10.0.0.2.
pub const IPV4_ENDS: [u8; 8] = [10, 0, 0, 1, 10, 0, 0, 2];
/// 2001:db8::1 and 2001:db8::2.
pub const IPV6_ENDS: [u8; 32] =
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// The bytes in hexadecimal; spaces do not count.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub fn join(head: &str, rest: &[u8]) -> Vec<u8> {
    [hex(head).as_slice(), rest].concat()
}

/// Port 34186 to 8080, sequence 1000001, acknowledgment 9000001, PSH and ACK, window 502, timestamps, "hello".
pub fn tcp() -> Vec<u8> {
    join("858a 1f90 000f4241 00895441 80 18 01f6 0000 0000 0101 080a 0000000a 00000014", b"hello")
}

pub fn ipv4_with(protocol: u8, flags: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header = 20 + options.len();
    let mut bytes = vec![0x40 | (header / 4) as u8, 0];
    bytes.extend(((header + payload.len()) as u16).to_be_bytes());
    bytes.extend([0x12, 0x34]);
    bytes.extend(flags.to_be_bytes());
    bytes.extend([61, protocol, 0, 0]);
    bytes.extend(IPV4_ENDS);
    bytes.extend(options);
    bytes.extend(payload);
    bytes
}

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(protocol, 0x4000, &[], payload)
}

pub fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = hex("60 00 00 00");
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next, 61]);
    bytes.extend(IPV6_ENDS);
    bytes.extend(payload);
    bytes
}

pub fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    [hex("020000000102 020000000001").as_slice(), &kind.to_be_bytes(), payload].concat()
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc0, 0];
    bytes.extend(port.to_be_bytes());
    bytes.extend((payload.len() as u16 + 8).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

pub fn over_udp(port: u16, head: &str, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(17, &udp(port, &join(head, payload))))
}

fn over_gre(head: &str, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(47, &join(head, payload)))
}

/// Every sample; each decodes to the segment of [`tcp`].
pub fn all() -> Vec<Sample> {
    let four = ipv4(6, &tcp());
    let six = ipv6(6, &tcp());
    let inner = ethernet(0x0800, &four);
    let ipv4_frames = [
        ("ethernet", 1, inner.clone()),
        ("802.1Q", 1, ethernet(0x8100, &join("000a 0800", &four))),
        ("802.1ad", 1, ethernet(0x88a8, &join("0064 8100 000a 0800", &four))),
        ("QinQ of old", 1, ethernet(0x9100, &join("0064 8100 000a 8100 000b 0800", &four))),
        ("802.1ah", 1, ethernet(0x88e7, &join("00000064", &inner))),
        ("MACsec", 1, ethernet(0x88e5, &join("0000 00000001 0800", &four))),
        ("MACsec with its channel", 1, ethernet(0x88e5, &join("2000 00000001 0200000000010001 0800", &four))),
        ("VN-Tag", 1, ethernet(0x8926, &join("80010002 0800", &four))),
        ("HSR", 1, ethernet(0x892f, &join("00350001 0800", &four))),
        ("TrustSec", 1, ethernet(0x8909, &join("01010001000a 0800", &four))),
        ("FabricPath", 1, ethernet(0x8903, &join("4020", &inner))),
        ("MPLS, two labels", 1, ethernet(0x8847, &join("00010040 00011140", &four))),
        ("MPLS multicast", 1, ethernet(0x8848, &join("00011140", &four))),
        ("MPLS pseudo-wire", 1, ethernet(0x8847, &join("00011140", &inner))),
        ("MPLS pseudo-wire with control word", 1, ethernet(0x8847, &join("00011140 00000000", &inner))),
        ("PPPoE", 1, ethernet(0x8864, &join("1100 0011 004d 0021", &four))),
        ("PPPoE in 802.1Q", 1, ethernet(0x8100, &join("0007 8864 1100 0011 004d 0021", &four))),
        ("802.3 with SNAP", 1, ethernet(0x0052, &join("aaaa03 000000 0800", &four))),
        ("Linux cooked", 113, join("0000 0001 0006 020000000001 0000 0800", &four)),
        ("Linux cooked with 802.1Q", 113, join("0000 0001 0006 020000000001 0000 8100 000a 0800", &four)),
        ("Linux cooked v2", 276, join("0800 0000 00000002 0001 00 06 020000000001 0000", &four)),
        ("raw 101", 101, four.clone()),
        ("raw 12", 12, four.clone()),
        ("raw 14", 14, four.clone()),
        ("raw 228", 228, four.clone()),
        ("BSD null, little-endian", 0, join("02000000", &four)),
        ("BSD null, big-endian", 0, join("00000002", &four)),
        ("BSD loop", 108, join("00000002", &four)),
        ("PPP", 9, join("0021", &four)),
        ("PPP with address and control", 9, join("ff03 0021", &four)),
        ("PPP with a compressed protocol", 9, join("21", &four)),
        ("PPP, both", 50, join("ff03 21", &four)),
        ("PPP over MPLS", 9, join("0281 00011140", &four)),
        ("PPP serial with Cisco HDLC", 50, join("0f00 0800", &four)),
        ("PPPoE by itself", 51, join("1100 0011 004d 0021", &four)),
        ("Cisco HDLC captured as PPP", 9, join("8f00 0800", &four)),
        ("Cisco HDLC", 104, join("0f00 0800", &four)),
        ("PPP with its direction", 204, join("01 ff03 0021", &four)),
        ("Frame Relay of Cisco", 107, join("48e1 0800", &four)),
        ("Frame Relay", 107, join("4801 03cc", &four)),
        ("Frame Relay with SNAP", 107, join("4801 0300 80000000 0800", &four)),
        ("Frame Relay with SNAP and a long address", 107, join("480001 0380 000000 0800", &four)),
        ("IPsec of a BSD", 109, join("02000000 000003e9 00000c00", &four)),
        ("Juniper", 178, join("4d4743 01", &inner)),
        ("Juniper with extensions", 178, join("4d4743 81 0006 04030000b5 01", &inner)),
        ("Juniper without a frame", 178, join("4d4743 03 00000002", &four)),
        ("IP over InfiniBand", 242, join(&format!("{} 0800 0000", "00".repeat(40)), &four)),
        ("tag of a Broadcom switch", 281, join("020000000102 020000000001 00000003 0800", &four)),
        ("tag of a Broadcom switch in front", 282, join("00000003", &inner)),
        ("tag of a Marvell switch", 284, join("020000000102 020000000001 c0180001 0800", &four)),
        ("tag of a Marvell switch with a type", 285, join("020000000102 020000000001 dada 0000 c0180001 0800", &four)),
        ("pflog", 117, join(&format!("3d 02 {}", "00".repeat(62)), &four)),
        ("nflog", 239, join("02 00 0064 0800 0100 0800 0300 0500 0a00 00 000000 4d00 0900", &four)),
        ("pktap", 258, join(&format!("6c000000 01000000 01000000 {}", "00".repeat(96)), &inner)),
        ("pktap of a tunnel", 258, join(&format!("6c000000 01000000 00000000 {} 02000000", "00".repeat(96)), &four)),
        ("IPv4 options", 1, ethernet(0x0800, &ipv4_with(6, 0, &hex("94040000 01010101"), &tcp()))),
        (
            "IPv4 with AH",
            1,
            ethernet(0x0800, &ipv4(51, &join("0604 0000 00000001 00000002 00112233 44556677 8899aabb", &tcp()))),
        ),
        ("IP in IP", 1, ethernet(0x0800, &ipv4(4, &four))),
        ("IPv4 in IPv6", 1, ethernet(0x86dd, &ipv6(4, &four))),
        ("GRE", 1, over_gre("0000 0800", &four)),
        ("GRE with checksum, key and sequence", 1, over_gre("b000 0800 00000000 00000001 00000002", &four)),
        ("GRE of PPTP", 1, over_gre("3081 880b 0055 0001 00000002 00000001 ff03 0021", &four)),
        ("GRE of PPTP without acknowledgment", 1, over_gre("3001 880b 0055 0001 00000002 21", &four)),
        ("NVGRE", 1, over_gre("2000 6558 00001200", &inner)),
        ("ERSPAN I", 1, over_gre("0000 88be", &inner)),
        ("ERSPAN II", 1, over_gre("1000 88be 00000001 1001 0002 00000003", &inner)),
        ("ERSPAN III", 1, over_gre("1000 22eb 00000001 2001 0002 00000003 0000 0000", &inner)),
        (
            "ERSPAN III with a sub-header",
            1,
            over_gre("1000 22eb 00000001 2001 0002 00000003 0000 0001 0011223344556677", &inner),
        ),
        ("ERSPAN III without Ethernet", 1, over_gre("1000 22eb 00000001 2001 0002 00000003 0000 0800", &four)),
        ("VXLAN", 1, over_udp(4789, "08000000 00012300", &inner)),
        ("VXLAN of Linux", 1, over_udp(8472, "08000000 00012300", &inner)),
        (
            "VXLAN with 802.1Q inside",
            1,
            over_udp(4789, "08000000 00012300", &ethernet(0x8100, &join("000a 0800", &four))),
        ),
        ("Geneve", 1, over_udp(6081, "0000 6558 00012300", &inner)),
        ("Geneve with options and IP", 1, over_udp(6081, "0200 0800 00012300 0102 8001 00112233", &four)),
        ("GTP-U", 1, over_udp(2152, "30 ff 004d 00000001", &four)),
        ("GTP-U with a sequence number", 1, over_udp(2152, "32 ff 0051 00000001 0001 00 00", &four)),
        (
            "GTP-U with extension headers",
            1,
            over_udp(2152, "34 ff 0059 00000001 0000 00 85 01 1000 85 01 1000 00", &four),
        ),
    ];
    let ipv4_frames = ipv4_frames.into_iter().chain(super::wireless::frames(&four));
    let hop_by_hop = join("3c00 0104 00000000 0600 0104 00000000", &tcp());
    let ipv6_frames = [
        ("IPv6", 1, ethernet(0x86dd, &six)),
        ("hop-by-hop and destination options", 1, ethernet(0x86dd, &ipv6(0, &hop_by_hop))),
        (
            "routing header",
            1,
            ethernet(0x86dd, &ipv6(43, &join("0602 0400 00000000 20010db8000000000000000000000002", &tcp()))),
        ),
        ("mobility header", 1, ethernet(0x86dd, &ipv6(135, &join("0600 0000 00000000", &tcp())))),
        ("AH", 1, ethernet(0x86dd, &ipv6(51, &join("0604 0000 00000001 00000002 00112233 44556677 8899aabb", &tcp())))),
        ("first fragment", 1, ethernet(0x86dd, &ipv6(44, &join("0600 0001 00000007", &tcp())))),
        ("6in4", 1, ethernet(0x0800, &ipv4(41, &six))),
        ("IPv6 in IPv6", 1, ethernet(0x86dd, &ipv6(41, &six))),
        ("IPv6 over GRE over IPv6", 1, ethernet(0x86dd, &ipv6(47, &join("0000 86dd", &six)))),
        ("IPv6 over PPP", 9, join("0057", &six)),
        ("IPv6 raw", 229, six.clone()),
        ("IPv6 in Linux cooked", 113, join("0000 0001 0006 020000000001 0000 86dd", &six)),
        ("BSD loop 24", 108, join("00000018", &six)),
        ("BSD null 28", 0, join("1c000000", &six)),
        ("BSD null 30", 0, join("1e000000", &six)),
        ("BSD null 10", 0, join("0a000000", &six)),
        ("Teredo", 1, over_udp(3544, "", &six)),
        ("Teredo with an origin", 1, over_udp(3544, "0000 1234 01020304", &six)),
        (
            "Teredo with authentication and an origin",
            1,
            over_udp(3544, "0001 03 05 636c69 0102030405 0102030405060708 00 0000 1234 01020304", &six),
        ),
        (
            "CAPWAP over UDP-Lite",
            1,
            ethernet(0x86dd, &ipv6(136, &udp(5247, &join("00104200 0000 0000", &ethernet(0x86dd, &six))))),
        ),
        ("IPv6 in nflog", 239, join("0a 00 0064 0500 0a00 00 000000 6100 0900", &six)),
    ];
    let sample = |ipv6| move |(name, link, frame)| Sample { name, link, frame, ipv6 };
    ipv4_frames.map(sample(false)).chain(ipv6_frames.into_iter().map(sample(true))).collect()
}
