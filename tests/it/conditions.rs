//! Under which conditions the same packets may be captured. None of them may change a verdict.

use tcpwhy::decode::{End, Flags};
use tcpwhy::notation::{Build, Declaration, Event, Family, Role, Script, parse};
use tcpwhy::time::Time;

use crate::capture_file::{Format, write, write_as_radio};

/// One way to capture a script.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// Its name in `// except:` lines and in complaints.
    pub name: &'static str,
    /// The address family.
    pub family: Family,
    /// The server has the lower address.
    swapped: bool,
    /// The client has the lower port.
    low_client_port: bool,
    /// Initial sequence numbers of both ends, if not the usual ones.
    isns: Option<(u32, u32)>,
    /// Every packet is captured twice.
    pub doubled: bool,
    /// The capture stands in the file twice, one behind the other.
    pub pasted: bool,
    /// Packets are cut behind the TCP header.
    pub cut: bool,
    /// Behind its flags, rather: even the windows are missing.
    pub short: bool,
    /// Another connection sends all the time, so that the clock of the packets never stands still, as live.
    busy: bool,
    /// Heard by a radio, between two stations of one access point.
    radio: bool,
    format: Format,
}

const PLAIN: Condition = Condition {
    name: "ipv4",
    family: Family::V4,
    swapped: false,
    low_client_port: false,
    isns: None,
    doubled: false,
    pasted: false,
    cut: false,
    short: false,
    busy: false,
    radio: false,
    format: Format::PcapNanoseconds,
};

/// Sequence numbers that wrap within the first bytes of payload, at different places for each end.
const WRAPS: Option<(u32, u32)> = Some((0xffff_fff0, 0xffff_fffc));

/// All of them; the first is what the others are compared with.
pub const ALL: &[Condition] = &[
    PLAIN,
    Condition { name: "ipv6", family: Family::V6, ..PLAIN },
    Condition { name: "ipv4 swapped", swapped: true, ..PLAIN },
    Condition { name: "ipv6 swapped", family: Family::V6, swapped: true, ..PLAIN },
    Condition { name: "ipv4 low client port", low_client_port: true, ..PLAIN },
    Condition { name: "ipv6 low client port", family: Family::V6, low_client_port: true, swapped: true, ..PLAIN },
    Condition { name: "ipv4 wrap", isns: WRAPS, ..PLAIN },
    Condition { name: "ipv6 wrap", family: Family::V6, isns: WRAPS, swapped: true, ..PLAIN },
    Condition { name: "ipv4 doubled", doubled: true, ..PLAIN },
    Condition { name: "ipv6 doubled", family: Family::V6, doubled: true, ..PLAIN },
    Condition { name: "ipv4 pasted", pasted: true, ..PLAIN },
    Condition { name: "ipv4 busy", busy: true, ..PLAIN },
    Condition { name: "ipv6 busy", family: Family::V6, busy: true, ..PLAIN },
    Condition { name: "ipv4 radio", radio: true, ..PLAIN },
    Condition { name: "ipv6 radio", family: Family::V6, radio: true, ..PLAIN },
    Condition { name: "pcap with microseconds", format: Format::PcapMicroseconds, ..PLAIN },
    Condition { name: "pcapng", format: Format::Pcapng, ..PLAIN },
    Condition { name: "ipv4 cut", cut: true, ..PLAIN },
    Condition { name: "ipv6 cut", family: Family::V6, cut: true, ..PLAIN },
    Condition { name: "ipv6 short", family: Family::V6, cut: true, short: true, ..PLAIN },
];

impl Condition {
    /// Does this condition leave the script what its verdict rests on? Without a SYN, the ports are all that tells
    /// who is the client.
    pub fn suits(&self, script: &Script) -> bool {
        !self.low_client_port
            || script.steps.iter().any(|step| matches!(&step.event, Event::Segment(line) if line.flags.has(Flags::SYN)))
    }

    /// The capture file, and client and server of each connection.
    pub fn capture(&self, script: &Script) -> (Vec<u8>, Vec<(End, End)>) {
        let mut script = script.clone();
        let mut build = Build { swap_addresses: self.swapped, ..Build::new(self.family) };
        if let Some((client, server)) = self.isns {
            (build.client_isn, build.server_isn) = (client, server);
        }
        let connections = script.steps.iter().map(|step| step.connection).max().unwrap_or(1);
        if self.low_client_port {
            for connection in 1..=connections {
                let (client, _) = Build::new(Family::V4).ends(&script, connection);
                let end = End { port: 20 + connection, ..client };
                script.declarations.push(Declaration { role: Role::Client, connection, end });
            }
        }
        let ends = (1..=connections).map(|connection| build.ends(&script, connection)).collect();
        let mut frames = build.frames(&script);
        if self.doubled {
            frames = frames.into_iter().flat_map(|frame| [frame.clone(), frame]).collect();
        }
        if self.pasted {
            frames = [frames.clone(), frames].concat();
        }
        if self.busy {
            frames = among_others(frames);
        }
        if self.radio {
            return (write_as_radio(&frames), ends);
        }
        (write(&frames, self.format, self.snaplen(&script, &frames)), ends)
    }

    /// A cut leaves the headers: Ethernet, IP, TCP without options, or as much of what an ICMP error quotes.
    fn snaplen(&self, script: &Script, frames: &[(Time, Vec<u8>)]) -> usize {
        if !self.cut {
            return frames.iter().map(|(_, frame)| frame.len()).max().unwrap_or(0).max(65_535);
        }
        let ip = if self.family == Family::V4 { 20 } else { 40 };
        let icmp = script.steps.iter().any(|step| matches!(step.event, Event::Icmp(_)));
        // 60 in IPv4, a length that people use; 68 in IPv6, which was tcpdump's own.
        14 + ip + if self.short { 14 } else { 26 } + if icmp { 8 + ip } else { 0 }
    }
}

/// The frames among those of another connection, which come soon and late after each of them.
fn among_others(frames: Vec<(Time, Vec<u8>)>) -> Vec<(Time, Vec<u8>)> {
    let mut times: Vec<Time> = Vec::new();
    for pair in frames.windows(2) {
        let [(from, _), (to, _)] = pair else { continue };
        let after =
            [0.1, 0.5, 0.95, 1.25, 2.0, 2.6, 5.0, 10.0, 20.0, 40.0].map(|seconds| *from + (seconds * 1e9) as u64);
        times.extend(after.into_iter().take_while(|time| time < to));
    }
    let line = |number: usize| format!("+0 > P. {}:{}(10) ack 1\n", 10 * number + 1, 10 * number + 11);
    let lines: String = (0..times.len()).map(line).collect();
    let script = parse(&format!("client 192.0.2.1:5\nserver 192.0.2.2:9\n{lines}")).expect("a script");
    let others = Build::new(Family::V4).frames(&script).into_iter().map(|(_, frame)| frame);
    let mut all: Vec<_> = frames.into_iter().chain(times.into_iter().zip(others)).collect();
    all.sort_by_key(|(time, _)| *time);
    all
}
