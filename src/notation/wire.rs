//! Ethernet, IPv4 and IPv6, TCP and ICMP as bytes, with right lengths and checksums.

use std::net::{IpAddr, Ipv6Addr};

use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::packet::icmp::{IcmpCode, IcmpType, MutableIcmpPacket};
use pnet::packet::icmpv6::{Icmpv6Code, Icmpv6Type, MutableIcmpv6Packet};
use pnet::packet::ip::IpNextHeaderProtocol;
use pnet::packet::ipv4::{Ipv4Flags, MutableIpv4Packet};
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::packet::tcp::{MutableTcpPacket, ipv4_checksum, ipv6_checksum};
use pnet::packet::{icmp, icmpv6, ipv4};
use pnet::util::MacAddr;

use crate::decode::{End, Flags};
use crate::notation::{IcmpLine, OptionWord};

/// Those of a Linux SYN without timestamps.
pub(super) const SYN_OPTIONS: [OptionWord; 6] = [
    OptionWord::Mss(1460),
    OptionWord::Nop,
    OptionWord::Nop,
    OptionWord::SackPermitted,
    OptionWord::Nop,
    OptionWord::WindowScale(7),
];

/// A Linux SYN's window; none in a RST; one that a shift of 7 makes 64 KiB.
pub(super) fn usual_window(flags: Flags) -> u16 {
    match flags {
        flags if flags.has(Flags::SYN) => 64_240,
        flags if flags.has(Flags::RST) => 0,
        _ => 502,
    }
}

impl OptionWord {
    /// Its bytes, where `other_isn` is the initial sequence number of the end whose data it acknowledges.
    fn bytes(&self, other_isn: u32) -> Vec<u8> {
        let with_length = |kind: u8, data: &[u8]| [&[kind, data.len() as u8 + 2], data].concat();
        match self {
            OptionWord::Mss(size) => with_length(2, &size.to_be_bytes()),
            OptionWord::WindowScale(shift) => with_length(3, &[*shift]),
            OptionWord::SackPermitted => with_length(4, &[]),
            OptionWord::Timestamps(value, echo) => with_length(8, &[value.to_be_bytes(), echo.to_be_bytes()].concat()),
            OptionWord::FastOpen(cookie) => with_length(34, cookie),
            OptionWord::FastOpenExperimental(cookie) => with_length(254, &[&[0xf9, 0x89], cookie.as_slice()].concat()),
            OptionWord::Md5 => with_length(19, &[0; 16]),
            OptionWord::DataFin => with_length(30, &[0x20, 0x11]),
            OptionWord::Multipath(subtype) => with_length(30, &[subtype << 4, 1]),
            OptionWord::Nop => vec![1],
            OptionWord::End => vec![0],
            OptionWord::Sack(blocks) => {
                let ends = blocks.iter().flat_map(|(from, to)| [from, to]);
                let data: Vec<u8> = ends.flat_map(|end| end.wrapping_add(other_isn).to_be_bytes()).collect();
                with_length(5, &data)
            }
        }
    }

    /// How many bytes it takes in a header.
    pub(super) fn length(&self) -> usize {
        match self {
            OptionWord::FastOpen(cookie) => cookie.len() + 2,
            OptionWord::FastOpenExperimental(cookie) => cookie.len() + 4,
            OptionWord::Sack(blocks) => blocks.len() * 8 + 2,
            other => other.bytes(0).len(),
        }
    }
}

/// Filled with NOPs to whole words.
pub(super) fn option_bytes(options: &[OptionWord], other_isn: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = options.iter().flat_map(|option| option.bytes(other_isn)).collect();
    bytes.resize(bytes.len().next_multiple_of(4), 1);
    bytes
}

/// A segment but for its ports.
pub(super) struct Tcp {
    pub sequence: u32,
    pub acknowledgment: u32,
    pub flags: Flags,
    pub window: u16,
    pub options: Vec<u8>,
    pub payload: Vec<u8>,
}

// The buffers below are made as long as each builder needs, so `new` never refuses them.

impl Tcp {
    pub fn bytes(&self, source: End, destination: End) -> Vec<u8> {
        let header = 20 + self.options.len();
        let mut bytes = vec![0; header];
        bytes.extend(&self.payload);
        if let Some(mut tcp) = MutableTcpPacket::new(&mut bytes) {
            tcp.set_source(source.port);
            tcp.set_destination(destination.port);
            tcp.set_sequence(self.sequence);
            tcp.set_acknowledgement(self.acknowledgment);
            tcp.set_data_offset((header / 4) as u8);
            tcp.set_flags(self.flags.0);
            tcp.set_window(self.window);
            tcp.get_options_raw_mut().copy_from_slice(&self.options);
            let checksum = match (source.ip, destination.ip) {
                (IpAddr::V4(from), IpAddr::V4(to)) => ipv4_checksum(&tcp.to_immutable(), &from, &to),
                (IpAddr::V6(from), IpAddr::V6(to)) => ipv6_checksum(&tcp.to_immutable(), &from, &to),
                _ => 0,
            };
            tcp.set_checksum(checksum);
        }
        bytes
    }
}

/// What an IP header says besides its addresses.
pub(super) struct Ip {
    pub id: u16,
    pub ttl: u8,
    pub dont_fragment: bool,
}

impl Ip {
    pub fn packet(
        &self,
        source: IpAddr,
        destination: IpAddr,
        protocol: IpNextHeaderProtocol,
        payload: &[u8],
    ) -> Vec<u8> {
        match (source, destination) {
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let mut bytes = vec![0; 40];
                bytes.extend(payload);
                if let Some(mut ip) = MutableIpv6Packet::new(&mut bytes) {
                    ip.set_version(6);
                    ip.set_payload_length(payload.len() as u16);
                    ip.set_next_header(protocol);
                    ip.set_hop_limit(self.ttl);
                    ip.set_source(source);
                    ip.set_destination(destination);
                }
                bytes
            }
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let mut bytes = vec![0; 20];
                bytes.extend(payload);
                if let Some(mut ip) = MutableIpv4Packet::new(&mut bytes) {
                    ip.set_version(4);
                    ip.set_header_length(5);
                    ip.set_total_length(20 + payload.len() as u16);
                    ip.set_identification(self.id);
                    ip.set_flags(if self.dont_fragment { Ipv4Flags::DontFragment } else { 0 });
                    ip.set_ttl(self.ttl);
                    ip.set_next_level_protocol(protocol);
                    ip.set_source(source);
                    ip.set_destination(destination);
                    let checksum = ipv4::checksum(&ip.to_immutable());
                    ip.set_checksum(checksum);
                }
                bytes
            }
            // Never: all addresses of a build are of one family.
            _ => Vec::new(),
        }
    }
}

pub(super) fn ethernet(source: IpAddr, packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 14];
    bytes.extend(packet);
    if let Some(mut frame) = MutableEthernetPacket::new(&mut bytes) {
        // The card's address ends as the IP address does, so that a person finds who sent it.
        let last = match source {
            IpAddr::V4(ip) => ip.octets()[3],
            IpAddr::V6(ip) => ip.octets()[15],
        };
        frame.set_source(MacAddr::new(2, 0, 0, 0, 0, last));
        frame.set_destination(MacAddr::new(2, 0, 0, 0, 1, last));
        frame.set_ethertype(if source.is_ipv6() { EtherTypes::Ipv6 } else { EtherTypes::Ipv4 });
    }
    bytes
}

/// A request for 10.255.0.2, padded to the least length of an Ethernet frame.
pub(super) fn arp() -> Vec<u8> {
    let mut bytes = vec![0xff; 6];
    bytes.extend([2, 0, 0, 0, 0, 9, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 255, 0, 1]);
    bytes.extend([0, 0, 0, 0, 0, 0, 10, 255, 0, 2]);
    bytes.resize(60, 0);
    bytes
}

pub(super) fn icmp_message(line: &IcmpLine, quote: &[u8]) -> Vec<u8> {
    let (kind, code) = line.kind.v4();
    let mut bytes = vec![0; 8];
    bytes.extend(quote);
    // RFC 1191, section 4: the MTU is in the second half of the word that other errors leave unused.
    let mtu = line.mtu.unwrap_or(if (kind, code) == (3, 4) { 1400 } else { 0 });
    if let Some(field) = bytes.get_mut(6..8) {
        field.copy_from_slice(&(mtu as u16).to_be_bytes());
    }
    if let Some(mut message) = MutableIcmpPacket::new(&mut bytes) {
        message.set_icmp_type(IcmpType::new(kind));
        message.set_icmp_code(IcmpCode::new(code));
        let checksum = icmp::checksum(&message.to_immutable());
        message.set_checksum(checksum);
    }
    bytes
}

pub(super) fn icmpv6_message(line: &IcmpLine, from: Ipv6Addr, to: Ipv6Addr, quote: &[u8]) -> Vec<u8> {
    let (kind, code) = line.kind.v6();
    let mut bytes = vec![0; 8];
    bytes.extend(quote);
    let mtu = line.mtu.unwrap_or(if kind == 2 { 1400 } else { 0 });
    if let Some(field) = bytes.get_mut(4..8) {
        field.copy_from_slice(&mtu.to_be_bytes());
    }
    if let Some(mut message) = MutableIcmpv6Packet::new(&mut bytes) {
        message.set_icmpv6_type(Icmpv6Type::new(kind));
        message.set_icmpv6_code(Icmpv6Code::new(code));
        let checksum = icmpv6::checksum(&message.to_immutable(), &from, &to);
        message.set_checksum(checksum);
    }
    bytes
}
