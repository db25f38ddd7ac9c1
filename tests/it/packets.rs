//! Frames by the hundred thousand: raw IP packets, put together without looking anything up.

use tcpwhy::time::{SECOND, Time};

/// TCP flags.
pub const SYN: u8 = 0x02;
/// TCP flags.
pub const RST: u8 = 0x04;
/// TCP flags.
pub const ACK: u8 = 0x10;

/// An IP packet to be.
#[derive(Clone)]
pub struct Frame {
    addresses: Vec<u8>,
    ports: [u16; 2],
    identification: u16,
    payload: Vec<u8>,
}

impl Frame {
    /// IPv4, from port 40000 to port 80.
    pub fn v4(source: u32, destination: u32) -> Frame {
        Frame::between([source.to_be_bytes(), destination.to_be_bytes()].concat())
    }

    /// IPv6, from port 40000 to port 80.
    pub fn v6(source: u128, destination: u128) -> Frame {
        Frame::between([source.to_be_bytes(), destination.to_be_bytes()].concat())
    }

    fn between(addresses: Vec<u8>) -> Frame {
        Frame { addresses, ports: [40_000, 80], identification: 1, payload: Vec::new() }
    }

    /// From port 80 to port 40000.
    pub fn swapped(self) -> Frame {
        self.ports(80, 40_000)
    }

    /// Between these ports.
    pub fn ports(self, source: u16, destination: u16) -> Frame {
        Frame { ports: [source, destination], ..self }
    }

    /// With this identification.
    pub fn numbered(self, identification: u16) -> Frame {
        Frame { identification, ..self }
    }

    /// With this payload.
    pub fn payload(self, payload: &[u8]) -> Frame {
        Frame { payload: payload.to_vec(), ..self }
    }

    /// A TCP segment.
    pub fn tcp(&self, flags: u8, sequence: u32, acknowledgment: u32) -> Vec<u8> {
        let mut segment = self.ports.map(u16::to_be_bytes).concat();
        segment.extend(sequence.to_be_bytes());
        segment.extend(acknowledgment.to_be_bytes());
        segment.extend([0x50, flags, 0x72, 0x10, 0, 0, 0, 0]);
        segment.extend(&self.payload);
        self.carrying(6, &segment)
    }

    /// An ICMP error about this packet.
    pub fn icmp(&self, kind: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
        let mut message = vec![kind, code, 0, 0, 0, 0, 5, 0];
        message.extend(&quoted[..28]);
        self.carrying(1, &message)
    }

    /// A packet of this protocol.
    pub fn carrying(&self, protocol: u8, content: &[u8]) -> Vec<u8> {
        let mut packet = if self.addresses.len() == 8 {
            let [high, low] = self.identification.to_be_bytes();
            let [long, short] = (20 + content.len() as u16).to_be_bytes();
            vec![0x45, 0, long, short, high, low, 0, 0, 64, protocol, 0, 0]
        } else {
            let [long, short] = (content.len() as u16).to_be_bytes();
            vec![0x60, 0, 0, 0, long, short, protocol, 64]
        };
        packet.extend(&self.addresses);
        packet.extend(content);
        packet
    }
}

const RAW_IP: u32 = 101;

/// A pcap file of raw IP packets, in microseconds.
pub fn pcap(frames: impl Iterator<Item = (Time, Vec<u8>)>) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0]);
    for field in [0, 0, 262_144, RAW_IP] {
        file.extend(field.to_le_bytes());
    }
    for (time, frame) in frames {
        let length = frame.len() as u32;
        for field in [(time.0 / SECOND) as u32, (time.0 % SECOND / 1000) as u32, length, length] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

/// A capture of so many refused connections, each from another client, a millisecond for each packet.
pub fn refused(count: u32) -> Vec<u8> {
    let frame = |number: u32| match number % 2 {
        0 => Frame::v4(number, 9).tcp(SYN, 1000, 0),
        _ => Frame::v4(9, number - 1).swapped().tcp(RST | ACK, 0, 1001),
    };
    pcap((0..2 * count).map(|number| (Time(1_795_328_215 * SECOND + u64::from(number) * 1_000_000), frame(number))))
}

/// A pcapng section header.
pub fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat())
}

/// A pcapng interface of raw IP packets whose time stamps count in 10 to the power of minus `resolution` seconds.
pub fn interface(resolution: u8) -> Vec<u8> {
    let options = [9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0];
    block(1, &[&RAW_IP.to_le_bytes()[..], &[0; 4], &options].concat())
}

/// A pcapng packet.
pub fn enhanced(interface: u32, stamp: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    let fields = [interface, (stamp >> 32) as u32, stamp as u32, length, length];
    let mut body: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
    body.extend(frame);
    block(6, &body)
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = (12 + padded as u32).to_le_bytes();
    let mut block = kind.to_le_bytes().to_vec();
    block.extend(length);
    block.extend(body);
    block.resize(8 + padded, 0);
    block.extend(length);
    block
}
