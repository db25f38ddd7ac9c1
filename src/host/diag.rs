//! Sockets asked of the kernel by netlink: sock_diag(7), with the structures of linux/inet_diag.h.
//!
//! It looks up what is asked for. The tables of /proc, in contrast, are read by walking through all connections that
//! there could be, which takes milliseconds on a host with much memory even when there are none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink::SOCK_DIAG, recv, send, socket_with,
};

use super::sockets::Socket;
use crate::decode::End;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
/// A socket that waits for clients (TCP_LISTEN).
const LISTEN: u8 = 10;
/// The type of a request and of what answers it.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_REQUEST: u16 = 1;
/// All that match, not one.
const NLM_F_DUMP: u16 = 0x300;
/// The attribute that tells of a listening socket on IPv6 whether it takes nothing else.
const INET_DIAG_SKV6ONLY: u16 = 11;
/// The lengths of `struct nlmsghdr`, `struct inet_diag_msg` and `struct nlattr`.
const HEADER: usize = 16;
const MESSAGE: usize = 72;
const ATTRIBUTE: usize = 4;
/// The kernel answers in pieces of at most this many bytes to who has room for them.
const PIECE: usize = 32 << 10;
/// So many listening sockets are remembered of each family.
const MOST: usize = 4096;

/// A socket for such questions; it stays in the network namespace in which it was opened.
#[derive(Debug)]
pub struct Diag {
    socket: OwnedFd,
    sequence: u32,
    room: Vec<u8>,
}

impl Diag {
    /// `None` where the kernel does not answer.
    pub fn open() -> Option<Diag> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(SOCK_DIAG)).ok()?;
        let mut diag = Diag { socket, sequence: 0, room: vec![0; PIECE] };
        diag.listening(None).ok()?;
        Some(diag)
    }

    /// The sockets that listen, on any port or one. The second is false if there are more of them.
    pub fn listening(&mut self, port: Option<u16>) -> Result<(Vec<Socket>, bool), Errno> {
        let wanted = Wanted::Listening(port.unwrap_or(0));
        let mut found = self.ask(AF_INET, NLM_F_DUMP, wanted)?;
        // A host may have no IPv6.
        let of_ipv6 = self.ask(AF_INET6, NLM_F_DUMP, wanted).unwrap_or_default();
        let are_all = found.len().max(of_ipv6.len()) < MOST;
        found.extend(of_ipv6);
        Ok((found, are_all))
    }

    /// The socket of the connection between these ends. One that is bound to an interface, as those of link-local
    /// addresses are, is found by the number of that only (`inet_sk_bound_dev_eq()`).
    pub fn connection(&mut self, own: End, other: End, device: u32) -> Option<Socket> {
        let family = if own.ip.is_ipv4() { AF_INET } else { AF_INET6 };
        let found = self.ask(family, 0, Wanted::Connection { own, other, device }).ok()?;
        // Where there is none, the kernel answers with the socket that listens.
        found.into_iter().find(|socket| !socket.listens())
    }

    fn ask(&mut self, family: u8, flags: u16, wanted: Wanted) -> Result<Vec<Socket>, Errno> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.socket, &request(family, flags, self.sequence, wanted), SendFlags::empty())?;
        let mut found = Vec::new();
        loop {
            // The kernel has answered by now, at least in part.
            let (_, length) = recv(&self.socket, self.room.as_mut_slice(), RecvFlags::empty())?;
            let piece = self.room.get(..length).unwrap_or_default();
            if read(piece, self.sequence, &mut found)? || flags & NLM_F_DUMP == 0 {
                return Ok(found);
            }
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Wanted {
    /// What listens on this port, or on any if it is 0.
    Listening(u16),
    /// A connection: this host's end, the other, and the interface that it is bound to, or 0.
    Connection { own: End, other: End, device: u32 },
}

/// A `struct nlmsghdr` and a `struct inet_diag_req_v2`.
fn request(family: u8, flags: u16, sequence: u32, wanted: Wanted) -> Vec<u8> {
    let (states, own_port, ends, device) = match wanted {
        Wanted::Listening(port) => (1 << LISTEN, port, None, 0),
        Wanted::Connection { own, other, device } => (u32::MAX, own.port, Some([own, other]), device),
    };
    let mut bytes = Vec::with_capacity(HEADER + 56);
    bytes.extend(72u32.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | flags).to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend([family, IPPROTO_TCP, 0, 0]);
    bytes.extend(states.to_ne_bytes());
    bytes.extend(own_port.to_be_bytes());
    bytes.extend(ends.map_or(0, |[_, other]| other.port).to_be_bytes());
    bytes.extend(address_bytes(ends.map(|[own, _]| own)));
    bytes.extend(address_bytes(ends.map(|[_, other]| other)));
    bytes.extend(device.to_ne_bytes());
    // INET_DIAG_NOCOOKIE: whichever socket it is.
    bytes.extend([0xff; 8]);
    bytes
}

fn address_bytes(end: Option<End>) -> [u8; 16] {
    match end.map(|end| end.ip) {
        Some(IpAddr::V4(address)) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        Some(IpAddr::V6(address)) => address.octets(),
        None => [0; 16],
    }
}

/// Reads the messages of a piece that answer `sequence`. Was the last of them among them?
fn read(mut piece: &[u8], sequence: u32, found: &mut Vec<Socket>) -> Result<bool, Errno> {
    while let Some(header) = piece.first_chunk::<HEADER>() {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        let answers = u32::from_ne_bytes([header[8], header[9], header[10], header[11]]);
        let Some(body) = piece.get(HEADER..length) else { return Err(Errno::BADMSG) };
        if answers == sequence {
            match kind {
                NLMSG_DONE => return Ok(true),
                NLMSG_ERROR => return Err(refusal(body)),
                SOCK_DIAG_BY_FAMILY if found.len() < MOST => found.extend(socket(body)),
                _ => {}
            }
        }
        piece = piece.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The negative errno of a `struct nlmsgerr`.
fn refusal(body: &[u8]) -> Errno {
    let number = body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
    Errno::from_raw_os_error(number.checked_neg().filter(|number| *number > 0).unwrap_or(libc::EBADMSG))
}

/// A `struct inet_diag_msg` and its attributes.
fn socket(body: &[u8]) -> Option<Socket> {
    let message: &[u8; MESSAGE] = body.first_chunk()?;
    let word = |at: usize| message.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes(*message.get(port..)?.first_chunk()?);
        let octets: [u8; 16] = *message.get(address..)?.first_chunk()?;
        let ip = match message[0] {
            AF_INET => IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3])),
            // The packets of ::ffff:10.0.0.1 are IPv4.
            AF_INET6 => Ipv6Addr::from(octets).to_canonical(),
            _ => return None,
        };
        Some(End { ip, port })
    };
    Some(Socket {
        local: end(4, 8)?,
        remote: end(6, 24)?,
        state: message[1],
        queue: word(56)?,
        backlog: (message[1] == LISTEN).then_some(word(60)?),
        ipv6_only: attribute(body.get(MESSAGE..)?, INET_DIAG_SKV6ONLY).map(|value| value != 0),
        device: word(40)?,
        inode: u64::from(word(68)?),
    })
}

/// The first byte of the attribute of this type.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<u8> {
    loop {
        let header: &[u8; ATTRIBUTE] = bytes.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let value = bytes.get(ATTRIBUTE..length)?;
        if u16::from_ne_bytes([header[2], header[3]]) == wanted {
            return value.first().copied();
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn end(ip: &str, port: u16) -> End {
        End { ip: ip.parse().expect("an address"), port }
    }

    /// A message as the kernel writes it: IPv6, listening on [::]:80 of the third interface, two of at most 128 wait, of user 33.
    fn listener() -> Vec<u8> {
        let mut body = vec![AF_INET6, LISTEN, 0, 0, 0, 80, 0, 0];
        body.extend([0; 32]);
        body.extend(3u32.to_ne_bytes());
        body.extend([0; 12]);
        for word in [2u32, 128, 33, 4711] {
            body.extend(word.to_ne_bytes());
        }
        // INET_DIAG_SHUTDOWN, padded, and INET_DIAG_SKV6ONLY.
        body.extend([5u16.to_ne_bytes(), 8u16.to_ne_bytes()].concat());
        body.extend([0; 4]);
        body.extend([5u16.to_ne_bytes(), INET_DIAG_SKV6ONLY.to_ne_bytes()].concat());
        body.extend([1, 0, 0, 0]);
        body
    }

    fn message(kind: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn an_answer_is_read_up_to_its_end() {
        let mut piece = message(SOCK_DIAG_BY_FAMILY, 6, &listener());
        piece.extend(message(SOCK_DIAG_BY_FAMILY, 7, &listener()));
        let mut found = Vec::new();
        assert_eq!(read(&piece, 7, &mut found), Ok(false));
        let expected = Socket {
            local: end("::", 80),
            remote: end("::", 0),
            state: LISTEN,
            queue: 2,
            backlog: Some(128),
            ipv6_only: Some(true),
            device: 3,
            inode: 4711,
        };
        assert_eq!(found, [expected]);
        assert_eq!(read(&message(NLMSG_DONE, 7, &[0; 4]), 7, &mut found), Ok(true));
        let refused = message(NLMSG_ERROR, 7, &(-libc::ENOENT).to_ne_bytes());
        assert_eq!(read(&refused, 7, &mut found), Err(Errno::NOENT));
    }

    #[test]
    fn what_is_cut_or_wrong_is_no_socket() {
        let whole = message(SOCK_DIAG_BY_FAMILY, 7, &listener());
        for length in 0..whole.len() {
            let mut found = Vec::new();
            // A header that promises more than there is.
            let result = read(&whole[..length], 7, &mut found);
            assert_eq!((result.is_err(), found.len()), (length >= HEADER, 0), "{length}");
        }
        for length in 0..MESSAGE {
            assert_eq!(socket(&listener()[..length]), None);
        }
        assert_eq!(read(&[0; HEADER], 0, &mut Vec::new()), Err(Errno::BADMSG));
        assert_eq!(attribute(&[0; 8], INET_DIAG_SKV6ONLY), None);
    }

    #[test]
    fn this_kernel_knows_our_own_sockets() {
        let Some(mut diag) = Diag::open() else { return };
        let server = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = server.local_addr().expect("bound");
        let client = TcpStream::connect(address).expect("connected");
        let own = end("127.0.0.1", client.local_addr().expect("bound").port());
        let other = end("127.0.0.1", address.port());
        for port in [None, Some(address.port())] {
            let (waits, are_all) = diag.listening(port).expect("an answer");
            assert!(are_all && waits.iter().any(|socket| socket.local == other), "{waits:?}");
            assert!(port.is_none() || waits.iter().all(|socket| socket.local.port == address.port()), "{waits:?}");
        }
        let (waits, _) = diag.listening(None).expect("an answer");
        let waits = waits.iter().find(|socket| socket.local == other).expect("it listens");
        assert!(waits.listens() && waits.inode != 0 && waits.queue == 1, "{waits:?}");
        assert!(waits.backlog.is_some_and(|backlog| backlog > 0), "{waits:?}");
        let socket = diag.connection(own, other, 0).expect("it is connected");
        assert_eq!((socket.local, socket.remote, socket.listens()), (own, other, false));
        assert_ne!(socket.inode, 0);
        assert_eq!(diag.connection(end("127.0.0.1", 1), other, 0), None, "only a socket that listens is there");
    }
}
