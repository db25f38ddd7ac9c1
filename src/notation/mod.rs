//! Packet lines: the one notation of test scripts, of the examples in explanations and of the evidence in reports.
//! A subset of packetdrill's.
//!
//! ```text
//! client 10.0.0.1:34186                    // optional, as is server; [2001:db8::1]:34186 in IPv6
//! server 10.0.0.2:8080
//! +0    > S 0:0(0)                         // after 0 s, client to server, a SYN
//! +.02  < S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK,nop,wscale 7>
//! +0    > . 1:1(0) ack 1
//! +.001 > P. 1:19(18) ack 1 "GET / HTTP/1.1\r\n\r\n"
//! +0    < R. 1:1(0) ack 19 ttl 63 id 0
//! wait 3                                   // the capture goes on for 3 s without a packet of these connections
//! +0    [2] > S 0:0(0)                     // connection 2: the client's next port, unless `client[2]` is declared
//! +.02  [2] < icmp unreachable-port from 10.0.0.254 S 0:0(0)
//! ```
//!
//! A line is the time since the packet before, the connection if it is not the first, the direction, the flags
//! (`F S R P U E W`, and `.` for ACK; `-` for none), `from:to(length)`, and where needed `ack`, `win`, options,
//! `ttl`, `id`, `df` and the payload's text. Sequence numbers count from the sender's SYN: that is 0, the first
//! byte of payload 1; `ack` counts so in the other end's numbers.
//!
//! An ICMP line holds the error (a name, or type/code as `icmp 3/1` or `icmp6 1/4`), who sent it (`from` an address, or
//! `from itself`: the host that gets it; the other end if left out), and the segment that it quotes, which its receiver had sent.

use std::fmt;

use crate::decode::{End, Flags};

mod build;
mod icmp;
mod parse;
mod render;
#[cfg(test)]
mod tests;
mod wire;
mod words;

pub use build::{Build, Family, Filler, batch, frames, write_pcap};
pub use icmp::IcmpKind;
pub use parse::parse;
pub use render::{render, render_segment};

/// A conversation, written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The addresses that the script states.
    pub declarations: Vec<Declaration>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// A line that states an end's address: `client 10.0.0.1:34186`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Which end.
    pub role: Role,
    /// Of which connection, from 1.
    pub connection: u16,
    /// Its address and port.
    pub end: End,
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end that connects.
    Client,
    /// The end that is connected to.
    Server,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Nanoseconds since the step before.
    pub after: u64,
    /// Which connection it belongs to, from 1; 1 too where it belongs to none.
    pub connection: u16,
    /// What it is.
    pub event: Event,
}

/// What happens in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A segment is sent.
    Segment(SegmentLine),
    /// An ICMP error is sent.
    Icmp(IcmpLine),
    /// A packet that has nothing to do with the script's connections: the capture goes on until then.
    Quiet,
}

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `>`
    ToServer,
    /// `<`
    ToClient,
}

/// A segment of a script, in numbers relative to each end's initial sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentLine {
    /// Where it goes.
    pub direction: Direction,
    /// Its flags.
    pub flags: Flags,
    /// Its sequence number, counted from its sender's SYN.
    pub sequence: u32,
    /// Bytes of payload.
    pub length: u32,
    /// Its acknowledgment number, counted from the other end's SYN.
    pub acknowledgment: Option<u32>,
    /// Its window field; a usual one if not stated.
    pub window: Option<u16>,
    /// Its options; if not stated, those of a Linux SYN (without timestamps) on a SYN, and none on others.
    pub options: Option<Vec<OptionWord>>,
    /// TTL or hop limit; 64 if not stated.
    pub ttl: Option<u8>,
    /// IPv4 identification; counted for each direction if not stated.
    pub id: Option<u16>,
    /// IPv4's "don't fragment".
    pub dont_fragment: bool,
    /// How the payload begins; zeros follow.
    pub payload: Vec<u8>,
}

/// A TCP option of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionWord {
    /// `mss 1460`
    Mss(u16),
    /// `wscale 7`
    WindowScale(u8),
    /// `sackOK`
    SackPermitted,
    /// `sack 5:9 20:30`, counted as acknowledgment numbers are.
    Sack(Vec<(u32, u32)>),
    /// `TS val 10 ecr 0`
    Timestamps(u32, u32),
    /// `FO 0102ff`, or `FO` alone to ask for a cookie.
    FastOpen(Vec<u8>),
    /// `FOC 0102ff`: the same under its experimental number, 254.
    FastOpenExperimental(Vec<u8>),
    /// `md5`: a signature, whatever it says.
    Md5,
    /// `mptcp 7`: an option of several paths, with this subtype.
    Multipath(u8),
    /// `mptcp fin`: one that closes such a connection (DATA_FIN).
    DataFin,
    /// `nop`
    Nop,
    /// `eol`
    End,
}

/// An ICMP error of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpLine {
    /// Where it goes: to the end that had sent what it quotes.
    pub direction: Direction,
    /// Which error.
    pub kind: IcmpKind,
    /// The MTU that it states.
    pub mtu: Option<u32>,
    /// Who sent it; the other end of the connection if not stated.
    pub from: Option<Reporter>,
    /// Flags of the segment that it quotes.
    pub flags: Flags,
    /// Sequence number of that segment.
    pub sequence: u32,
    /// Length of that segment.
    pub length: u32,
    /// Acknowledgment number of that segment.
    pub acknowledgment: Option<u32>,
}

/// Who sends an ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// Who has this address.
    Address(std::net::IpAddr),
    /// The host that gets it.
    Itself,
}

/// Why a script cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}
