//! Small captures, made byte by byte: raw IP in a pcap file.

use std::fs;
use std::path::Path;

const SYN: u8 = 0x02;
const RST_ACK: u8 = 0x14;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const FIN_ACK: u8 = 0x11;

/// Frames of one capture.
#[derive(Default)]
pub struct Capture {
    bytes: Vec<u8>,
    microseconds: u32,
}

impl Capture {
    /// Begins with the header of a pcap file of raw IP packets.
    pub fn new() -> Capture {
        let mut bytes = Vec::new();
        bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
        bytes.extend([2, 0, 4, 0]);
        bytes.extend([0; 8]);
        bytes.extend(65535_u32.to_le_bytes());
        bytes.extend(101_u32.to_le_bytes());
        Capture { bytes, microseconds: 0 }
    }

    /// A connection attempt from `port` that port 8080 refuses.
    pub fn refused(mut self, port: u16) -> Capture {
        self.segment(true, port, SYN, 1000, 0);
        self.segment(false, port, RST_ACK, 0, 1001);
        self
    }

    /// A connection from `port` that opens and closes as it should.
    pub fn fine(mut self, port: u16) -> Capture {
        self.segment(true, port, SYN, 1000, 0);
        self.segment(false, port, SYN_ACK, 5000, 1001);
        self.segment(true, port, ACK, 1001, 5001);
        self.segment(true, port, FIN_ACK, 1001, 5001);
        self.segment(false, port, FIN_ACK, 5001, 1002);
        self.segment(true, port, ACK, 1002, 5002);
        self
    }

    /// Writes it to a file.
    pub fn write(&self, path: &Path) {
        fs::write(path, &self.bytes).expect("a capture is written");
    }

    fn segment(&mut self, from_client: bool, port: u16, flags: u8, sequence: u32, acknowledgment: u32) {
        let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (from, to) = if from_client { (client, server) } else { (server, client) };
        let ports = if from_client { [port, 8080] } else { [8080, port] };
        self.microseconds += 1000;
        self.bytes.extend((1_795_328_215 + self.microseconds / 1_000_000).to_le_bytes());
        self.bytes.extend((self.microseconds % 1_000_000).to_le_bytes());
        self.bytes.extend([40_u32.to_le_bytes(), 40_u32.to_le_bytes()].concat());
        self.bytes.extend([0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0]);
        self.bytes.extend([from, to].concat());
        self.bytes.extend(ports.map(u16::to_be_bytes).concat());
        self.bytes.extend([sequence.to_be_bytes(), acknowledgment.to_be_bytes()].concat());
        self.bytes.extend([0x50, flags, 0x72, 0x10, 0, 0, 0, 0]);
    }
}
