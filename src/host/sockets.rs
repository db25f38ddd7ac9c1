//! This host's sockets: asked of the kernel by netlink, or where it does not answer, read from /proc/net/tcp and tcp6.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use super::diag::Diag;
use super::{SETTLED, read};
use crate::decode::End;

/// States of a socket (net/tcp_states.h): open, a handshake that is not complete, closed by both ends, closed by the other
/// end, waits for clients.
const ESTABLISHED: u8 = 1;
const SYN_RECV: u8 = 3;
const TIME_WAIT: u8 = 6;
const CLOSE_WAIT: u8 = 8;
const LISTEN: u8 = 10;
/// Of a table that lists all connections, no more than this is read; what stands behind is unknown.
const TABLE: u64 = 4 << 20;
/// Room for the listening sockets of a table.
const START_OF_TABLE: u64 = 256 << 10;

/// A socket of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own address and port.
    pub local: End,
    /// The other end's; all zeros for a listening socket.
    pub remote: End,
    /// Its state, by the kernel's number.
    pub state: u8,
    /// Connections that wait for accept(), for a listening socket.
    pub queue: u32,
    /// How many may wait, for a listening socket; /proc does not tell.
    pub backlog: Option<u32>,
    /// Does it leave IPv4 alone, for a listening socket of IPv6? /proc does not tell.
    pub ipv6_only: Option<bool>,
    /// The only interface that it serves (SO_BINDTODEVICE), by its number, or 0; /proc does not tell.
    pub device: u32,
    /// What names it in /proc/PID/fd; 0 where no process holds it.
    pub inode: u64,
}

impl Socket {
    /// Does it wait for clients?
    pub fn listens(&self) -> bool {
        self.state == LISTEN
    }

    /// Is it a client's that accept() has not handed out? A socket that was closed is not without a process in these
    /// states: close() leaves them (`new_state` in net/ipv4/tcp.c).
    pub fn is_unaccepted(&self) -> bool {
        self.inode == 0 && [ESTABLISHED, SYN_RECV, CLOSE_WAIT].contains(&self.state)
    }

    /// Is it what remains of a connection that both ends have closed?
    pub fn waits_in_time_wait(&self) -> bool {
        self.state == TIME_WAIT
    }

    /// Can its queue take no more? (`sk_acceptq_is_full()`)
    pub fn is_full(&self) -> bool {
        self.backlog.is_some_and(|backlog| self.queue > backlog)
    }

    /// Does it listen where clients of `address` are served? A socket on `[::]` serves IPv4 as well, unless told otherwise.
    pub fn serves(&self, address: IpAddr) -> bool {
        match (self.local.ip, address) {
            (IpAddr::V4(own), IpAddr::V6(_)) => own == address,
            (IpAddr::V6(_), IpAddr::V4(_)) if self.ipv6_only == Some(true) => false,
            (own, _) => own.is_unspecified() || own == address,
        }
    }
}

/// Where sockets are looked up.
#[derive(Debug)]
pub enum Sockets {
    /// Asked one by one.
    Diag(Diag),
    /// /proc/net/tcp and /proc/net/tcp6, and what they held when they were last read to their end.
    Tables { files: Vec<File>, connections: Option<(Instant, Vec<String>)> },
}

impl Sockets {
    /// Opens what is looked at later, in the network namespace of this thread.
    pub fn open() -> Sockets {
        if let Some(diag) = Diag::open() {
            return Sockets::Diag(diag);
        }
        let files = ["tcp", "tcp6"].iter().filter_map(|name| File::open(format!("/proc/thread-self/net/{name}")).ok());
        Sockets::Tables { files: files.collect(), connections: None }
    }

    /// Can anything be known of sockets?
    pub fn is_known(&self) -> bool {
        !matches!(self, Sockets::Tables { files, .. } if files.is_empty())
    }

    /// The sockets that listen. The second is false if there are more of them.
    pub fn listening(&mut self) -> (Vec<Socket>, bool) {
        match self {
            Sockets::Diag(diag) => diag.listening(None).unwrap_or_default(),
            Sockets::Tables { files, .. } => {
                let (mut found, mut are_all) = (Vec::new(), true);
                for file in files {
                    let mut table = read(file, START_OF_TABLE);
                    if table.len() as u64 >= START_OF_TABLE && !ends_listening(&table) {
                        table = read(file, TABLE);
                        are_all &= (table.len() as u64) < TABLE || ends_listening(&table);
                    }
                    found.extend(listening(&table));
                }
                (found, are_all)
            }
        }
    }

    /// Those that listen on this port, where there are too many of all.
    pub fn listening_on(&mut self, port: u16) -> Vec<Socket> {
        let mut found = match self {
            Sockets::Diag(diag) => diag.listening(Some(port)).unwrap_or_default().0,
            Sockets::Tables { files, .. } => files.iter_mut().flat_map(|file| listening(&read(file, TABLE))).collect(),
        };
        found.retain(|socket| socket.local.port == port);
        found
    }

    /// The socket of the connection between these ends, if it is still there. `device` has the own address.
    pub fn connection(&mut self, own: End, other: End, device: u32) -> Option<Socket> {
        match self {
            Sockets::Diag(diag) => diag.connection(own, other, 0).or_else(|| diag.connection(own, other, device)),
            Sockets::Tables { files, connections } => {
                if connections.as_ref().is_none_or(|(at, _)| at.elapsed() > SETTLED) {
                    *connections = Some((Instant::now(), files.iter_mut().map(|file| read(file, TABLE)).collect()));
                }
                let (_, tables) = connections.as_ref()?;
                tables.iter().find_map(|table| connection(table, own, other))
            }
        }
    }
}

/// The rows of sockets that listen. They come first in a table, so nothing is read behind them.
fn listening(table: &str) -> Vec<Socket> {
    table.lines().skip(1).map_while(row).take_while(Socket::listens).collect()
}

/// Is there a socket that does not listen, behind which there is none that does?
fn ends_listening(table: &str) -> bool {
    table.lines().skip(1).filter_map(row).any(|socket| !socket.listens())
}

/// The row of the connection between these ends.
fn connection(table: &str, local: End, remote: End) -> Option<Socket> {
    let mut rows = table.lines().filter_map(row);
    rows.find(|socket| !socket.listens() && socket.local == local && socket.remote == remote)
}

/// One row: `sl local remote state tx:rx timer:when retransmits uid timeout inode ...`.
fn row(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = end(fields.next()?)?;
    let remote = end(fields.next()?)?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    let (_, queue) = fields.next()?.split_once(':')?;
    let queue = u32::from_str_radix(queue, 16).ok()?;
    let inode = fields.nth(4)?.parse().ok()?;
    Some(Socket { local, remote, state, queue, backlog: None, ipv6_only: None, device: 0, inode })
}

/// An address as words of 32 bits in the order of this machine, and a port.
fn end(text: &str) -> Option<End> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let digits = address.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut octets = [0; 16];
            for (at, chunk) in octets.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            // The packets of ::ffff:10.0.0.1 are IPv4.
            Ipv6Addr::from(octets).to_canonical()
        }
        _ => return None,
    };
    Some(End { ip, port })
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 21433 1 0000000000000000 100 0 0 10 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000081 00:00000000 00000000     0        0 18321 1 0000000000000000 100 0 0 10 0
   2: 02004D0A:0016 01004D0A:D431 01 00000000:00000000 02:000A7D3C 00000000     0        0 30001 2 0000000000000000 20 4 29 10 -1
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 777 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF000002004D0A:0050 0000000000000000FFFF000001004D0A:D432 01 00000000:00000000 00:00000000 00000000    33        0 778 1 0000000000000000 20 4 29 10 -1
";

    fn end(ip: &str, port: u16) -> End {
        End { ip: ip.parse().expect("an address"), port }
    }

    #[test]
    fn listening_sockets_are_read_up_to_the_first_connection() {
        let rows = listening(TCP);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].local, rows[0].inode), (end("127.0.0.1", 5432), 21433));
        assert_eq!((rows[1].local, rows[1].queue), (end("0.0.0.0", 22), 0x81));
        assert!(ends_listening(TCP));
        let (cut, _) = TCP.split_at(TCP.len() - 120);
        assert!(!ends_listening(cut), "those that listen may go on");
        let rows = listening(TCP6);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].local, rows[0].queue, rows[0].inode), (end("::", 80), 2, 777));
    }

    #[test]
    fn connections_are_found_by_both_ends_also_ipv4_in_the_table_of_ipv6() {
        let (server, client) = (end("10.77.0.2", 22), end("10.77.0.1", 54321));
        assert_eq!(connection(TCP, server, client).map(|socket| socket.inode), Some(30001));
        assert_eq!(connection(TCP, client, server), None);
        let found = connection(TCP6, end("10.77.0.2", 80), end("10.77.0.1", 54322));
        assert_eq!(found.map(|socket| socket.inode), Some(778));
    }

    #[test]
    fn a_socket_serves_its_address_or_all_of_them() {
        let socket = |own: &str, ipv6_only| {
            let local = end(own, 80);
            Socket { local, remote: local, state: LISTEN, queue: 0, backlog: None, ipv6_only, device: 0, inode: 1 }
        };
        let address = |text: &str| text.parse().expect("an address");
        let serves = |own: &str, other: &str| socket(own, None).serves(address(other));
        assert!(serves("0.0.0.0", "10.0.0.1") && serves("::", "10.0.0.1") && serves("::", "2001:db8::1"));
        assert!(serves("10.0.0.1", "10.0.0.1"));
        assert!(!serves("127.0.0.1", "10.0.0.1") && !serves("0.0.0.0", "2001:db8::1") && !serves("::1", "10.0.0.1"));
        assert!(socket("::", Some(false)).serves(address("10.0.0.1")));
        let strict = socket("::", Some(true));
        assert!(!strict.serves(address("10.0.0.1")) && strict.serves(address("2001:db8::1")));
    }

    #[test]
    fn what_is_no_table_has_no_rows() {
        for text in ["", "\n\n", "sl\n0: 0:0", "sl\n 0: é0000000:0050 x", "sl\n0: 0100007F:1538 00000000:0000 0A 1:1"]
        {
            assert!(listening(text).is_empty(), "{text}");
        }
    }
}
