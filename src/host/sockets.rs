//! The tables of sockets in /proc/net/tcp and /proc/net/tcp6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::decode::End;

/// The state of a socket that waits for clients, as the tables write it.
const LISTEN: u8 = 0x0a;

/// A row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its own address and port.
    pub local: End,
    /// The other end's; all zeros for a listening socket.
    pub remote: End,
    /// Does it wait for clients?
    pub listens: bool,
    /// Connections that wait for accept(), for a listening socket.
    pub queue: u32,
    /// The user that owns it.
    pub uid: u32,
    /// What names it in /proc/PID/fd; 0 where no process holds it any more.
    pub inode: u64,
}

impl Socket {
    /// Does it listen where clients of `address` are served? A socket on [::] serves IPv4 as well, unless told otherwise.
    pub fn serves(&self, address: IpAddr) -> bool {
        match (self.local.ip, address) {
            (IpAddr::V4(own), IpAddr::V6(_)) => own == address,
            (own, _) => own.is_unspecified() || own == address,
        }
    }
}

/// The rows of sockets that listen. They come first in a table, so nothing is read behind them.
pub fn listening(table: &str) -> Vec<Socket> {
    table.lines().skip(1).map_while(row).take_while(|socket| socket.listens).collect()
}

/// The row of the connection between these ends.
pub fn connection(table: &str, local: End, remote: End) -> Option<Socket> {
    let mut rows = table.lines().filter_map(row);
    rows.find(|socket| !socket.listens && socket.local == local && socket.remote == remote)
}

/// One row: `sl local remote state tx:rx timer:when retransmits uid timeout inode ...`.
fn row(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = end(fields.next()?)?;
    let remote = end(fields.next()?)?;
    let listens = u8::from_str_radix(fields.next()?, 16).ok()? == LISTEN;
    let (_, queue) = fields.next()?.split_once(':')?;
    let queue = u32::from_str_radix(queue, 16).ok()?;
    let uid = fields.nth(2)?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    Some(Socket { local, remote, listens, queue, uid, inode })
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
        assert_eq!((rows[0].local, rows[0].uid, rows[0].inode), (end("127.0.0.1", 5432), 105, 21433));
        assert_eq!((rows[1].local, rows[1].queue), (end("0.0.0.0", 22), 0x81));
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
        assert_eq!(found.map(|socket| socket.uid), Some(33));
    }

    #[test]
    fn a_socket_serves_its_address_or_all_of_them() {
        let serves = |own: &str, address: &str| {
            let local = end(own, 80);
            let socket = Socket { local, remote: local, listens: true, queue: 0, uid: 0, inode: 1 };
            socket.serves(address.parse().expect("an address"))
        };
        assert!(serves("0.0.0.0", "10.0.0.1") && serves("::", "10.0.0.1") && serves("::", "2001:db8::1"));
        assert!(serves("10.0.0.1", "10.0.0.1"));
        assert!(!serves("127.0.0.1", "10.0.0.1") && !serves("0.0.0.0", "2001:db8::1") && !serves("::1", "10.0.0.1"));
    }

    #[test]
    fn what_is_no_table_has_no_rows() {
        for text in ["", "\n\n", "sl\n0: 0:0", "sl\n 0: é0000000:0050 x", "sl\n0: 0100007F:1538 00000000:0000 0A 1:1"]
        {
            assert!(listening(text).is_empty(), "{text}");
        }
    }
}
