//! Frames from scripts.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet::packet::ip::IpNextHeaderProtocols;

use crate::decode::{End, Flags};
use crate::notation::wire::{
    Ip, SYN_OPTIONS, Tcp, arp, ethernet, icmp_message, icmpv6_message, option_bytes, usual_window,
};
use crate::notation::{Direction, Event, IcmpLine, Reporter, Role, Script, SegmentLine};
use crate::source::{FrameBatch, RawFrame};
use crate::time::{SECOND, Time};

/// The address family of the frames. Addresses that a script states in the other family are translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4
    V4,
    /// IPv6
    V6,
}

/// What [`Event::Quiet`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filler {
    /// An ARP request.
    Arp,
    /// A segment without payload of a connection between two other hosts.
    Tcp,
}

/// How frames are made from a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The address family.
    pub family: Family,
    /// The client's initial sequence number; each further connection has one 1,000,000 higher.
    pub client_isn: u32,
    /// The server's.
    pub server_isn: u32,
    /// The time from which the first line counts.
    pub start: Time,
    /// Client and server swap their addresses (not the ports), so that the other one's is lower.
    pub swap_addresses: bool,
    /// What stands for the rest of the network.
    pub filler: Filler,
}

impl Build {
    /// The usual: client 1000000, server 9000000, 2026-01-01.
    pub fn new(family: Family) -> Self {
        Build {
            family,
            client_isn: 1_000_000,
            server_isn: 9_000_000,
            start: Time(1_767_225_600 * SECOND),
            swap_addresses: false,
            filler: Filler::Tcp,
        }
    }

    /// The frames of `script` and their times.
    pub fn frames(&self, script: &Script) -> Vec<(Time, Vec<u8>)> {
        let mut next_ids = HashMap::new();
        let mut time = self.start;
        let mut frames = Vec::with_capacity(script.steps.len());
        for step in &script.steps {
            time = time + step.after;
            let ends = self.ends(script, step.connection);
            let frame = match &step.event {
                Event::Segment(line) => {
                    let next = next_ids.entry((step.connection, line.direction == Direction::ToServer)).or_insert(1u16);
                    let id = line.id.unwrap_or(*next);
                    *next = next.wrapping_add(1);
                    self.segment_frame(line, id, step.connection, ends)
                }
                Event::Icmp(line) => self.icmp_frame(line, step.connection, ends),
                Event::Quiet => self.quiet_frame(),
            };
            frames.push((time, frame));
        }
        frames
    }

    /// Client and server of a connection.
    pub fn ends(&self, script: &Script, connection: u16) -> (End, End) {
        let declared = |role: Role, connection: u16| {
            let mut found = script.declarations.iter().filter(|at| at.role == role && at.connection == connection);
            found.next_back().map(|at| at.end)
        };
        let first =
            |role: Role, ip: [u8; 4], port: u16| declared(role, 1).unwrap_or(End { ip: IpAddr::from(ip), port });
        let client = first(Role::Client, [10, 0, 0, 1], 34186);
        let server = first(Role::Server, [10, 0, 0, 2], 8080);
        let next_port = client.port.wrapping_add(connection).wrapping_sub(1);
        let client = declared(Role::Client, connection).unwrap_or(End { port: next_port, ..client });
        let server = declared(Role::Server, connection).unwrap_or(server);
        let (client_ip, server_ip) = (self.translate(client.ip), self.translate(server.ip));
        let (client_ip, server_ip) = if self.swap_addresses { (server_ip, client_ip) } else { (client_ip, server_ip) };
        (End { ip: client_ip, ..client }, End { ip: server_ip, ..server })
    }

    /// The address in the family of the frames: 10.0.0.1 is 2001:db8::a00:1, and the other way round.
    fn translate(&self, ip: IpAddr) -> IpAddr {
        match (ip, self.family) {
            (IpAddr::V4(ip), Family::V6) => {
                let prefix = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0));
                IpAddr::V6(Ipv6Addr::from(prefix | u128::from(ip.to_bits())))
            }
            (IpAddr::V6(ip), Family::V4) => IpAddr::V4(Ipv4Addr::from(ip.to_bits() as u32)),
            (ip, _) => ip,
        }
    }

    /// Initial sequence numbers of the sender and the receiver of a packet in this direction.
    fn isns(&self, connection: u16, direction: Direction) -> (u32, u32) {
        let shift = u32::from(connection).wrapping_sub(1).wrapping_mul(1_000_000);
        let (client, server) = (self.client_isn.wrapping_add(shift), self.server_isn.wrapping_add(shift));
        match direction {
            Direction::ToServer => (client, server),
            Direction::ToClient => (server, client),
        }
    }

    fn segment_frame(&self, line: &SegmentLine, id: u16, connection: u16, ends: (End, End)) -> Vec<u8> {
        let (source, destination) = toward(line.direction, ends);
        let (own, other) = self.isns(connection, line.direction);
        let options = match &line.options {
            Some(options) => option_bytes(options, other),
            None if line.flags.has(Flags::SYN) => option_bytes(&SYN_OPTIONS, other),
            None => Vec::new(),
        };
        let mut payload = line.payload.clone();
        payload.resize(line.length as usize, 0);
        let tcp = Tcp {
            sequence: line.sequence.wrapping_add(own),
            acknowledgment: line.acknowledgment.map_or(0, |ack| ack.wrapping_add(other)),
            flags: line.flags,
            window: line.window.unwrap_or_else(|| usual_window(line.flags)),
            options,
            payload,
        };
        let ip = Ip { id, ttl: line.ttl.unwrap_or(64), dont_fragment: line.dont_fragment };
        ethernet(
            source.ip,
            &ip.packet(source.ip, destination.ip, IpNextHeaderProtocols::Tcp, &tcp.bytes(source, destination)),
        )
    }

    fn icmp_frame(&self, line: &IcmpLine, connection: u16, ends: (End, End)) -> Vec<u8> {
        // What comes back to an end quotes what that end had sent.
        let (other, receiver) = toward(line.direction, ends);
        let (other_isn, receiver_isn) = self.isns(connection, line.direction);
        let reporter = match line.from {
            Some(Reporter::Address(ip)) => self.translate(ip),
            Some(Reporter::Itself) => receiver.ip,
            None => other.ip,
        };
        let tcp = Tcp {
            sequence: line.sequence.wrapping_add(receiver_isn),
            acknowledgment: line.acknowledgment.map_or(0, |ack| ack.wrapping_add(other_isn)),
            flags: line.flags,
            window: usual_window(line.flags),
            options: if line.flags.has(Flags::SYN) { option_bytes(&SYN_OPTIONS, other_isn) } else { Vec::new() },
            payload: vec![0; line.length as usize],
        };
        let quoted = Ip { id: 1, ttl: 60, dont_fragment: true };
        let segment = tcp.bytes(receiver, other);
        let mut quote = quoted.packet(receiver.ip, other.ip, IpNextHeaderProtocols::Tcp, &segment);
        // RFC 1812, section 4.3.2.3, and RFC 4443, section 2.4: as much as the smallest MTU of the family lets through.
        let (protocol, message) = match (reporter, receiver.ip) {
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                quote.truncate(1280 - 40 - 8);
                (IpNextHeaderProtocols::Icmpv6, icmpv6_message(line, from, to, &quote))
            }
            _ => {
                quote.truncate(576 - 20 - 8);
                (IpNextHeaderProtocols::Icmp, icmp_message(line, &quote))
            }
        };
        let ip = Ip { id: 7, ttl: 64, dont_fragment: false };
        ethernet(reporter, &ip.packet(reporter, receiver.ip, protocol, &message))
    }

    fn quiet_frame(&self) -> Vec<u8> {
        if self.filler == Filler::Arp {
            return arp();
        }
        let source = End { ip: self.translate(IpAddr::from([10, 255, 0, 1])), port: 9 };
        let destination = End { ip: self.translate(IpAddr::from([10, 255, 0, 2])), port: 50009 };
        let tcp = Tcp {
            sequence: 1,
            acknowledgment: 1,
            flags: Flags(Flags::ACK),
            window: 500,
            options: Vec::new(),
            payload: Vec::new(),
        };
        let ip = Ip { id: 1, ttl: 64, dont_fragment: true };
        ethernet(
            source.ip,
            &ip.packet(source.ip, destination.ip, IpNextHeaderProtocols::Tcp, &tcp.bytes(source, destination)),
        )
    }
}

/// The frames of `script` in this family, everything else as usual.
pub fn frames(script: &Script, family: Family) -> Vec<(Time, Vec<u8>)> {
    Build::new(family).frames(script)
}

/// These frames as a source would hand them over, numbered from 1.
pub fn batch(frames: &[(Time, Vec<u8>)], link: u16) -> FrameBatch {
    let mut batch = FrameBatch::default();
    for (number, (time, frame)) in (1..).zip(frames) {
        let (offset, length) = (batch.bytes.len() as u32, frame.len() as u32);
        batch.bytes.extend(frame);
        batch.frames.push(RawFrame { time: *time, number, offset, captured: length, wire: length, link, input: 0 });
    }
    batch
}

/// A pcap file (draft-ietf-opsawg-pcap, section 4) of these frames, with nanoseconds or else microseconds.
pub fn write_pcap(frames: &[(Time, Vec<u8>)], link: u16, nanoseconds: bool) -> Vec<u8> {
    let (magic, unit): (u32, u64) = if nanoseconds { (0xa1b2_3c4d, 1) } else { (0xa1b2_c3d4, 1000) };
    let mut file = Vec::new();
    file.extend(magic.to_le_bytes());
    file.extend([2, 0, 4, 0]);
    for field in [0, 0, 262_144, u32::from(link)] {
        file.extend(field.to_le_bytes());
    }
    for (time, frame) in frames {
        let (seconds, part) = (time.0 / SECOND, time.0 % SECOND / unit);
        for field in [seconds as u32, part as u32, frame.len() as u32, frame.len() as u32] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// Source and destination of a packet in this direction.
fn toward(direction: Direction, (client, server): (End, End)) -> (End, End) {
    match direction {
        Direction::ToServer => (client, server),
        Direction::ToClient => (server, client),
    }
}
