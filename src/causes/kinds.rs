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
        title: "The connection attempt was rejected",
        meaning: "\
            The SYN was answered by a RST that acknowledges it, or by an ICMP error that the kernel turns into \
            ECONNREFUSED (port unreachable). This takes one round trip, never a timeout.\n\n\
            Either nothing listens on that address and port, or something in front of it rejects the connection. The \
            network works, and the address exists, or a device answers for it.",
        calls: &[
            Calls { when: "the client connects (blocking)", then: "connect() fails with ECONNREFUSED" },
            Calls {
                when: "the client connects (non-blocking)",
                then: "connect() fails with EINPROGRESS; poll() reports the socket; getsockopt(SO_ERROR) returns \
                       ECONNREFUSED once, then 0",
            },
            Calls { when: "the server", then: "sees nothing: no call returns, so it cannot log anything" },
            Calls {
                when: "an open connection gets ICMP port unreachable while its data is not acknowledged",
                then: "nothing at first; if the silence lasts until the timeout, ECONNREFUSED replaces ETIMEDOUT",
            },
        ],
        again: "\
            Always safe: no connection existed, so nothing was delivered. It helps only while a service is starting, \
            never against a wrong port or a firewall rule: stop after a few seconds and say which address was refused.",
    },
    Page {
        kind: Kind::Reset,
        errno: Errno::ECONNRESET,
        title: "A RST ended the open connection",
        meaning: "\
            A RST arrived in an open connection, with a sequence number that the receiver must accept (RFC 5961). Both \
            directions end at once, and unsent data is lost. tcp_reset() puts ECONNRESET on the socket.\n\n\
            There are two kinds of RST. An abort comes from a live socket that gave up: ACK set, the right sequence \
            number, a live window. A reply comes from a host that has no socket for the segment: a bare RST, window 0, \
            its sequence number copied from that segment's ACK. An abort is caused by an application; a reply means \
            that the host no longer has the connection.",
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
                then: "the socket is readable, with POLLERR and POLLHUP; getsockopt(SO_ERROR) returns the error and \
                       clears it",
            },
            Calls {
                when: "you had called shutdown(SHUT_WR)",
                then: "recv() fails with ECONNRESET, send() with EPIPE because of the shutdown()",
            },
            Calls { when: "the end that sent the RST", then: "gets no error: it had closed, or its program is gone" },
        ],
        again: "\
            Safe when the request is idempotent, or when a report says `not_delivered`: the RST answered the request, \
            for which its host had no socket. A request that was acknowledged but not answered may have been processed; \
            one without an acknowledgment may have arrived as well, if only the ACK was lost. Retry once immediately on a \
            new connection (this handles every race with a closing peer), then with backoff.",
    },
    Page {
        kind: Kind::BrokenPipe,
        errno: Errno::EPIPE,
        title: "A write to an end that had closed",
        meaning: "\
            The other end sent a FIN and closed its socket, but this end still wrote. The first write succeeds, since \
            a FIN closes only the peer's sending direction; the peer's kernel has no reader for the data and answers \
            with a RST. That RST finds this socket in CLOSE_WAIT, where tcp_reset() sets EPIPE in place of ECONNRESET.\n\n\
            So the write that fails is not the one that was lost but a later one. A program that only reads never sees \
            an error, just end of file.",
        calls: &[
            Calls { when: "after the FIN, you read", then: "recv() returns what is queued, then 0 (end of file)" },
            Calls {
                when: "after the FIN, you write",
                then: "the first send() succeeds; the RST comes back; the next send() fails with EPIPE, and raises \
                       SIGPIPE unless that is ignored",
            },
            Calls { when: "after the RST, you read", then: "recv() returns 0, never an error" },
            Calls { when: "after the RST, getsockopt(SO_ERROR)", then: "EPIPE once" },
            Calls { when: "the end that closed", then: "gets no error" },
        ],
        again: "\
            Data written after the FIN was not delivered to any application: sending it again on a new connection is \
            safe. Data written before, and acknowledged, may have been processed.",
    },
    Page {
        kind: Kind::Aborted,
        errno: Errno::ECONNRESET,
        title: "The client left before it sent anything",
        meaning: "\
            The client itself sent a RST before any payload in either direction: a health check, a scan, a spare \
            connection of a browser, a cancelled connect.\n\n\
            On Linux, accept() returns such a connection as if nothing had happened, and the first recv() on it fails \
            with ECONNRESET. Other systems report ECONNABORTED from accept(). After an incomplete handshake the \
            server's application notices nothing, nor does one that lets the kernel wait for the first data \
            (TCP_DEFER_ACCEPT: Apache on Linux by default, nginx and HAProxy if told to).",
        calls: &[
            Calls {
                when: "the server, after a full handshake (Linux)",
                then: "accept() succeeds; the first recv() fails with ECONNRESET",
            },
            Calls { when: "the server, on other systems", then: "accept() may fail with ECONNABORTED: call it again" },
            Calls {
                when: "the server, after an incomplete handshake, or where it waits for data (TCP_DEFER_ACCEPT)",
                then: "accept() does not return",
            },
            Calls { when: "the client", then: "gets no error: it reset the connection itself" },
        ],
        again: "Nothing to retry. A server must keep accepting: such an error must not end its accept loop.",
    },
    Page {
        kind: Kind::TimedOut,
        errno: Errno::ETIMEDOUT,
        title: "Nobody answered",
        meaning: "\
            SYNs, data or keep-alive probes were sent again and again, and nothing came back until the kernel gave up: \
            tcp_write_err() puts ETIMEDOUT on the socket. That takes long: two minutes for a connect \
            (net.ipv4.tcp_syn_retries), a quarter of an hour for data (net.ipv4.tcp_retries2), more than two hours for \
            an idle connection with the default keep-alive.\n\n\
            Most programs have a shorter timeout of their own. Then no errno is involved: the program closes the \
            socket and reports its own timeout (\"timed out\", \"i/o timeout\", \"Read timed out\"). The reason on the \
            wire is the same.",
        calls: &[
            Calls { when: "the client connects", then: "connect() fails with ETIMEDOUT after about 130 s" },
            Calls {
                when: "data is not acknowledged; you read or write",
                then: "send() succeeds while the buffer has room, then blocks; the waiting call fails with ETIMEDOUT, \
                       later reads return 0, later writes fail with EPIPE",
            },
            Calls {
                when: "an ICMP error had come meanwhile",
                then: "its errno (EHOSTUNREACH, ECONNREFUSED) replaces ETIMEDOUT",
            },
            Calls {
                when: "keep-alive probes are not answered",
                then: "the waiting recv() fails with ETIMEDOUT, and a RST is sent",
            },
        ],
        again: "\
            A connect that timed out had no effect: safe. Unacknowledged data may still have arrived, if only its ACK \
            was lost: retry it if it is idempotent. Back off: a timeout often means overload.",
    },
    Page {
        kind: Kind::Unreachable,
        errno: Errno::EHOSTUNREACH,
        title: "A router or firewall reported the destination unreachable",
        meaning: "\
            An ICMP error came back for the SYN. During connect() it is fatal at once, and its type and code determine \
            the errno (icmp_err_convert[] for IPv4): EHOSTUNREACH, ENETUNREACH, in IPv6 EACCES if administratively \
            prohibited, rarely EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EOPNOTSUPP.\n\n\
            The ICMP packet's source address is the best evidence: it names the device that gave up. The text \"No \
            route to host\" is misleading, since many of these errors come from firewalls.",
        calls: &[
            Calls { when: "the client connects", then: "connect() fails with the errno, within a round trip" },
            Calls {
                when: "an open connection",
                then: "no error: ICMP is only a hint, and retransmission goes on; after the timeout, the errno \
                       replaces ETIMEDOUT",
            },
            Calls { when: "the server", then: "sees nothing" },
        ],
        again: "\
            Safe, as nothing was delivered. It rarely helps within seconds: first try another address of the name.",
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
