//! What each errno is called: by the C library, by languages and their HTTP libraries, and in the logs of servers.
//!
//! [`look_up`] goes the other way, from any of those names, or from a pasted message, to the errno.

mod lines;
mod names;
#[cfg(test)]
mod tests;

pub use super::sayings::{Instead, Saying, all_sayings};
use crate::track::kernel::{Errno, Kind};
use names::{exactly, joined_keys, keys, within};

/// What there is to know about an errno.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The errno.
    pub errno: Errno,
    /// Its number on Linux (x86 and ARM; a few architectures count otherwise).
    pub number: u16,
    /// The kind of failure that it belongs to.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

/// A page for each errno that the network can hand to an application, the frequent ones first.
pub static ERRNOS: [Page; 13] = [
    Page {
        errno: Errno::ECONNREFUSED,
        number: 111,
        kind: Kind::Refused,
        meaning: "connect() was answered with RST, or with ICMP port unreachable. Nothing listens there, or a firewall \
                  rejects it. An open connection also gets it if it times out after an ICMP port unreachable.",
    },
    Page {
        errno: Errno::ECONNRESET,
        number: 104,
        kind: Kind::Reset,
        meaning: "A RST ended an open connection. tcp_reset() sets it in every state but SYN_SENT (ECONNREFUSED) and \
                  CLOSE_WAIT (EPIPE). It is delivered once, to whichever call comes first; later reads return 0, \
                  later writes fail with EPIPE.",
    },
    Page {
        errno: Errno::EPIPE,
        number: 32,
        kind: Kind::BrokenPipe,
        meaning: "A write to a connection that can no longer be written to: the peer had sent a FIN and answered an \
                  earlier write with a RST; or this program called shutdown(SHUT_WR) itself; or an earlier call \
                  already reported a reset. Without MSG_NOSIGNAL the process also gets SIGPIPE.",
    },
    Page {
        errno: Errno::ETIMEDOUT,
        number: 110,
        kind: Kind::TimedOut,
        meaning: "The kernel gave up retransmitting SYNs, data or keep-alive probes. Do not confuse it with a \
                  program's own timeout, which has no errno: \"timed out\", \"i/o timeout\", \"Read timed out\".",
    },
    Page {
        errno: Errno::EHOSTUNREACH,
        number: 113,
        kind: Kind::Unreachable,
        meaning: "ICMP host unreachable (3/1), host prohibited (3/10), administratively prohibited (3/13) or time \
                  exceeded, for the SYN; in IPv6 address unreachable (1/3), beyond the scope of the source address \
                  (1/2) or time exceeded. Also without any packet, if the neighbour does not answer ARP, or because of \
                  an `unreachable` route. The text \"No route to host\" often misleads.",
    },
    Page {
        errno: Errno::ENETUNREACH,
        number: 101,
        kind: Kind::Unreachable,
        meaning: "ICMP network unreachable (3/0) or network prohibited (3/9) for the SYN. Most often no packet was \
                  sent at all: this host has no route to the address, typically for IPv6.",
    },
    Page {
        errno: Errno::ECONNABORTED,
        number: 103,
        kind: Kind::Aborted,
        meaning: "A connection ended before accept() returned it. Linux does not report it for TCP: accept() succeeds \
                  and the first read fails with ECONNRESET. Other systems do; on Windows, WSAECONNABORTED means that \
                  this end gave up the connection. On Linux a program gets it when an administrator destroys its \
                  socket with `ss -K` (tcp_abort()); the other end gets ECONNRESET.",
    },
    Page {
        errno: Errno::EACCES,
        number: 13,
        kind: Kind::Unreachable,
        meaning: "In IPv6, ICMP administratively prohibited or a policy for the source address (1/1, 1/5, 1/6). \
                  Without any packet: a `prohibit` route, or a security module such as SELinux that does not let the \
                  program connect.",
    },
    Page {
        errno: Errno::EPROTO,
        number: 71,
        kind: Kind::Unreachable,
        meaning: "ICMP parameter problem for the SYN (in IPv6 also a code that the kernel does not know): a router \
                  rejected the IP header. Rare; look for unusual IP options or IPv6 extension headers, and for the \
                  device that sent the ICMP packet.",
    },
    Page {
        errno: Errno::ENOPROTOOPT,
        number: 92,
        kind: Kind::Unreachable,
        meaning: "ICMP protocol unreachable (3/2) for the SYN: the host says that it does not speak TCP at all. In \
                  practice, a filter sends it.",
    },
    Page {
        errno: Errno::EHOSTDOWN,
        number: 112,
        kind: Kind::Unreachable,
        meaning: "ICMP destination host unknown (3/7) for the SYN. Few routers send it.",
    },
    Page {
        errno: Errno::ENONET,
        number: 64,
        kind: Kind::Unreachable,
        meaning: "ICMP source host isolated (3/8) for the SYN. An obsolete code; find out which device sends it.",
    },
    Page {
        errno: Errno::EOPNOTSUPP,
        number: 95,
        kind: Kind::Unreachable,
        meaning: "ICMP source route failed (3/5) for the SYN. Rare: nobody uses source routes. From listen() or \
                  accept() it means that the socket is of another type.",
    },
];

/// The page of this errno.
pub fn page(errno: Errno) -> Option<&'static Page> {
    ERRNOS.iter().find(|page| page.errno == errno)
}

/// What everybody says about this errno.
pub fn sayings(errno: Errno) -> impl Iterator<Item = &'static Saying> {
    all_sayings().filter(move |saying| saying.errnos.contains(&errno))
}

/// What a name turned out to be.
#[derive(Clone, Debug)]
pub enum Found {
    /// An errno by its own name, number or text.
    Errno(&'static Page),
    /// An errno that a message names, and what is known of the message besides; may be nothing.
    Message(&'static Page, Vec<&'static Saying>),
    /// Something that languages or programs say.
    Sayings(Vec<&'static Saying>),
}

/// Looks up an errno, a number, the name of an exception, an exit code, or a whole message with one of them in it.
pub fn look_up(topic: &str) -> Option<Found> {
    exactly(topic, keys)
        .or_else(|| exactly(topic, joined_keys))
        .or_else(|| lines::look_up(topic))
        .or_else(|| within(topic))
        .or_else(|| topic.trim_end().ends_with(": EOF").then(|| exactly("EOF", keys))?)
}
