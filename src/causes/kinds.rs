//! A page for each kind of failure: what it means, and which call fails how and in which order.

use super::{ALL, Cause};
use crate::track::kernel::{Errno, Kind};

/// Which calls fail in one situation, in order.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// What happened, seen from this application.
    pub when: &'static str,
    /// What its calls return, one after the other.
    pub then: &'static str,
}

/// What there is to know about a kind.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The kind.
    pub kind: Kind,
    /// The errno that names it.
    pub errno: Errno,
    /// The kind as a short heading.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Which call fails how.
    pub calls: &'static [Calls],
    /// Whether and when to try again.
    pub again: &'static str,
}

/// A page for each kind, in the order of [`Kind::ALL`].
pub static PAGES: [Page; 6] = [
    Page {
        kind: Kind::Refused,
        errno: Errno::ECONNREFUSED,
        title: "Somebody answered the connect: no",
        meaning: "\
            The SYN got an answer, and the answer was no: a RST that acknowledges the SYN, or an ICMP error that the \
            kernel turns into ECONNREFUSED (port unreachable). It takes one round trip, never a timeout.\n\n\
            Either nothing listens on that address and port, or something in front of it rejects. The network works, \
            and the address exists, or a device answers for it.",
        calls: &[
            Calls { when: "the client connects (blocking)", then: "connect() fails with ECONNREFUSED" },
            Calls {
                when: "the client connects (non-blocking)",
                then: "connect() says EINPROGRESS; poll() reports the socket; getsockopt(SO_ERROR) returns \
                       ECONNREFUSED once, then 0",
            },
            Calls { when: "the server", then: "sees nothing: no call returns, no log line can exist" },
            Calls {
                when: "an open connection gets ICMP port unreachable while its data is not acknowledged",
                then: "nothing at first; if the silence lasts until the timeout, ECONNREFUSED takes the place of \
                       ETIMEDOUT",
            },
        ],
        again: "\
            Always safe: no connection existed, so nothing was delivered. Useful only while a service is starting. \
            Against a wrong port or a rule it never helps, so stop after some seconds and say which address was \
            refused.",
    },
    Page {
        kind: Kind::Reset,
        errno: Errno::ECONNRESET,
        title: "The connection was torn down without goodbye",
        meaning: "\
            A RST arrived in an open connection, with a sequence number that the receiver must believe (RFC 5961). \
            Both directions are dead at once, and what lay in the sender's buffers is lost. tcp_reset() puts \
            ECONNRESET on the socket.\n\n\
            First ask which RST it was. An abort comes from a live socket that gave up: ACK set, the right sequence \
            number, a live window. A reply comes from a host that has no socket for the segment: a bare RST, window \
            0, its sequence number copied from that segment's ACK. An abort is an application's doing; a reply means \
            that somebody forgot the connection.",
        calls: &[
            Calls {
                when: "the other end reset; you read first",
                then: "recv() returns what is queued, then fails with ECONNRESET once, then returns 0",
            },
            Calls {
                when: "the other end reset; you write first",
                then: "send() fails with ECONNRESET once (and no SIGPIPE); every later send() fails with EPIPE",
            },
            Calls {
                when: "you wait in poll() or epoll_wait()",
                then: "the socket is readable with POLLERR and POLLHUP; getsockopt(SO_ERROR) takes the error away",
            },
            Calls {
                when: "you had called shutdown(SHUT_WR)",
                then: "recv() fails with ECONNRESET; send() with EPIPE, your own doing",
            },
            Calls { when: "the end that sent the RST", then: "gets no error: it had closed, or its program is gone" },
        ],
        again: "\
            Safe when the request was not acknowledged, or when it is idempotent. Acknowledged and unanswered means \
            that it may have been processed. Try once at once on a fresh connection (that cures every race with a \
            closing peer), then with backoff.",
    },
    Page {
        kind: Kind::BrokenPipe,
        errno: Errno::EPIPE,
        title: "A write to an end that had closed",
        meaning: "\
            The other end sent FIN: it had finished, and closed its socket. This end wrote all the same. The first \
            write succeeds, since a FIN only closes the other's sending half; the peer's kernel has no reader for the \
            data and answers with RST. That RST finds this socket in CLOSE_WAIT, where tcp_reset() sets EPIPE in \
            place of ECONNRESET.\n\n\
            So the write that fails is not the one that was lost: it is the next one. And whoever only reads never \
            sees an error, just end of file.",
        calls: &[
            Calls { when: "after the FIN, you read", then: "recv() returns what is queued, then 0 (end of file)" },
            Calls {
                when: "after the FIN, you write",
                then: "the first send() succeeds; the RST comes back; the next send() fails with EPIPE, with SIGPIPE \
                       unless that is ignored",
            },
            Calls { when: "after the RST, you read", then: "recv() returns 0, never an error" },
            Calls { when: "after the RST, getsockopt(SO_ERROR)", then: "EPIPE once" },
            Calls { when: "the end that closed", then: "gets no error" },
        ],
        again: "\
            Data that was written after the FIN was not delivered to any application: repeating it on a new \
            connection is safe. What was written before, and acknowledged, may have been processed.",
    },
    Page {
        kind: Kind::Aborted,
        errno: Errno::ECONNRESET,
        title: "The client left before it said anything",
        meaning: "\
            The client itself sent a RST before any payload in either direction: a health check, a scan, a browser \
            that needed one connection less, a connect that was cancelled.\n\n\
            On Linux accept() hands such a connection out as if nothing had happened, and its first call fails with \
            ECONNRESET. Other systems report ECONNABORTED from accept(). After half a handshake the server's \
            application learns nothing at all.",
        calls: &[
            Calls {
                when: "the server, after a full handshake (Linux)",
                then: "accept() succeeds; the first recv() fails with ECONNRESET",
            },
            Calls { when: "the server, on other systems", then: "accept() may fail with ECONNABORTED: call it again" },
            Calls { when: "the server, after half a handshake", then: "accept() does not return" },
            Calls { when: "the client", then: "gets no error: it was its own wish" },
        ],
        again: "Nothing to repeat. A server must go on accepting: leave no accept loop because of one such error.",
    },
    Page {
        kind: Kind::TimedOut,
        errno: Errno::ETIMEDOUT,
        title: "Nobody answered",
        meaning: "\
            SYNs, data or keep-alive probes were sent again and again, and nothing came back until the kernel gave \
            up: tcp_write_err() puts ETIMEDOUT on the socket. That takes long: two minutes for a connect \
            (net.ipv4.tcp_syn_retries), a quarter of an hour for data (net.ipv4.tcp_retries2), more than two hours \
            for an idle connection with the default keep-alive.\n\n\
            Most programs have a shorter timeout of their own. Then no errno is involved: the program closes the \
            socket and reports its own deadline (\"timed out\", \"i/o timeout\", \"Read timed out\"). On the wire the \
            reason is the same.",
        calls: &[
            Calls { when: "the client connects", then: "connect() fails with ETIMEDOUT after about 130 s" },
            Calls {
                when: "data is not acknowledged; you read or write",
                then: "send() succeeds while the buffer has room, then blocks; the call that waits fails with \
                       ETIMEDOUT, later reads return 0, later writes fail with EPIPE",
            },
            Calls {
                when: "an ICMP error had come meanwhile",
                then: "its errno (EHOSTUNREACH, ECONNREFUSED) takes the place of ETIMEDOUT",
            },
            Calls {
                when: "keep-alive probes are not answered",
                then: "the waiting recv() fails with ETIMEDOUT, and a RST goes out",
            },
        ],
        again: "\
            A connect that timed out had no effect: safe. Data that was not acknowledged may still have arrived, \
            only its ACK was lost: repeat it if it is idempotent. Back off: a timeout often means overload.",
    },
    Page {
        kind: Kind::Unreachable,
        errno: Errno::EHOSTUNREACH,
        title: "A router said that there is no way",
        meaning: "\
            An ICMP error came back for the SYN. While connecting it is fatal at once, and its type and code choose \
            the errno by the kernel's table (icmp_err_convert[] for IPv4): EHOSTUNREACH, ENETUNREACH, in IPv6 EACCES \
            for a prohibition, rarely EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EOPNOTSUPP.\n\n\
            The ICMP packet's source address is the best evidence there is: it names the device that gave up. The \
            text \"No route to host\" misleads, since many of these come from firewalls.",
        calls: &[
            Calls { when: "the client connects", then: "connect() fails with the errno, within a round trip" },
            Calls {
                when: "an open connection",
                then: "no error: ICMP is taken as a hint only, and retransmission goes on; after the timeout the \
                       errno takes the place of ETIMEDOUT",
            },
            Calls { when: "the server", then: "sees nothing" },
        ],
        again: "\
            Safe, as nothing was delivered. It seldom helps within seconds: try another address of the name first.",
    },
];

/// The page of this kind.
pub fn page(kind: Kind) -> &'static Page {
    match kind {
        Kind::Refused => &PAGES[0],
        Kind::Reset => &PAGES[1],
        Kind::BrokenPipe => &PAGES[2],
        Kind::Aborted => &PAGES[3],
        Kind::TimedOut => &PAGES[4],
        Kind::Unreachable => &PAGES[5],
    }
}

/// The kind with this id (`-` and a space may stand for `_`).
pub fn find(id: &str) -> Option<Kind> {
    let id = id.to_lowercase().replace(['-', ' '], "_");
    Kind::ALL.into_iter().find(|kind| kind.id() == id)
}

/// The causes that can explain this kind, in the order of the catalogue.
pub fn causes(kind: Kind) -> impl Iterator<Item = &'static Cause> {
    ALL.iter().copied().filter(move |cause| cause.kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_page_and_causes() {
        for kind in Kind::ALL {
            assert_eq!(page(kind).kind, kind);
            assert!(causes(kind).count() >= 2, "{} has no causes but the fallback", kind.id());
            assert_eq!(causes(kind).last().map(|cause| cause.id), Some("unexplained"));
            assert_eq!(find(&kind.id().to_uppercase().replace('_', "-")), Some(kind));
        }
        assert_eq!(find("pipe"), None);
    }
}
