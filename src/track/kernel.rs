//! What the Linux kernel hands to the application: errnos, and the tables by which ICMP errors become errnos.

/// An errno that a socket call can fail with because of what came, or did not come, from the network.
#[allow(missing_docs, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Errno {
    EPIPE,
    EACCES,
    EPROTO,
    ENOPROTOOPT,
    EOPNOTSUPP,
    ENETUNREACH,
    ECONNABORTED,
    ECONNRESET,
    ENONET,
    EHOSTDOWN,
    ETIMEDOUT,
    ECONNREFUSED,
    EHOSTUNREACH,
}

impl Errno {
    /// The name as in errno(3).
    pub fn name(self) -> &'static str {
        match self {
            Errno::EPIPE => "EPIPE",
            Errno::EACCES => "EACCES",
            Errno::EPROTO => "EPROTO",
            Errno::ENOPROTOOPT => "ENOPROTOOPT",
            Errno::EOPNOTSUPP => "EOPNOTSUPP",
            Errno::ENETUNREACH => "ENETUNREACH",
            Errno::ECONNABORTED => "ECONNABORTED",
            Errno::ECONNRESET => "ECONNRESET",
            Errno::ENONET => "ENONET",
            Errno::EHOSTDOWN => "EHOSTDOWN",
            Errno::ETIMEDOUT => "ETIMEDOUT",
            Errno::ECONNREFUSED => "ECONNREFUSED",
            Errno::EHOSTUNREACH => "EHOSTUNREACH",
        }
    }

    /// What `strerror()` says of it in the C locale of glibc.
    pub fn message(self) -> &'static str {
        match self {
            Errno::EPIPE => "Broken pipe",
            Errno::EACCES => "Permission denied",
            Errno::EPROTO => "Protocol error",
            Errno::ENOPROTOOPT => "Protocol not available",
            Errno::EOPNOTSUPP => "Operation not supported",
            Errno::ENETUNREACH => "Network is unreachable",
            Errno::ECONNABORTED => "Software caused connection abort",
            Errno::ECONNRESET => "Connection reset by peer",
            Errno::ENONET => "Machine is not on the network",
            Errno::EHOSTDOWN => "Host is down",
            Errno::ETIMEDOUT => "Connection timed out",
            Errno::ECONNREFUSED => "Connection refused",
            Errno::EHOSTUNREACH => "No route to host",
        }
    }

    /// The exception that Python raises for it (PEP 3151).
    pub fn python(self) -> &'static str {
        match self {
            Errno::EPIPE => "BrokenPipeError",
            Errno::EACCES => "PermissionError",
            Errno::ECONNABORTED => "ConnectionAbortedError",
            Errno::ECONNRESET => "ConnectionResetError",
            Errno::ETIMEDOUT => "TimeoutError",
            Errno::ECONNREFUSED => "ConnectionRefusedError",
            Errno::EPROTO
            | Errno::ENOPROTOOPT
            | Errno::EOPNOTSUPP
            | Errno::ENETUNREACH
            | Errno::ENONET
            | Errno::EHOSTDOWN
            | Errno::EHOSTUNREACH => "OSError",
        }
    }
}

/// How a connection failed, after the errno that an application got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// connect() failed with ECONNREFUSED.
    Refused,
    /// ECONNRESET in an open connection.
    Reset,
    /// EPIPE: a write to an end that was closed.
    BrokenPipe,
    /// The client itself sent a RST before any payload.
    Aborted,
    /// ETIMEDOUT: nothing answered.
    TimedOut,
    /// connect() failed by an ICMP error (or the timeout of an open connection was explained by one).
    Unreachable,
}

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Kind; 6] =
        [Kind::Refused, Kind::Reset, Kind::BrokenPipe, Kind::Aborted, Kind::TimedOut, Kind::Unreachable];

    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Reset => "reset",
            Kind::BrokenPipe => "broken_pipe",
            Kind::Aborted => "aborted",
            Kind::TimedOut => "timed_out",
            Kind::Unreachable => "unreachable",
        }
    }
}

const ICMP_DEST_UNREACH: u8 = 3;
const ICMP_TIME_EXCEEDED: u8 = 11;
const ICMP_PARAMETERPROB: u8 = 12;
const ICMP_FRAG_NEEDED: u8 = 4;
const ICMP_EXC_FRAGTIME: u8 = 1;

/// The errno that `tcp_v4_err()` makes of an ICMP error, by `icmp_err_convert[]`; `None` where it sets none
/// (source quench and redirects are ignored, "fragmentation needed" lowers the path MTU).
pub fn tcp_v4_err(kind: u8, code: u8) -> Option<Errno> {
    match kind {
        ICMP_DEST_UNREACH => match code {
            0 | 6 | 9 | 11 => Some(Errno::ENETUNREACH),
            1 | 10 | 12 | 13 | 14 | 15 => Some(Errno::EHOSTUNREACH),
            2 => Some(Errno::ENOPROTOOPT),
            3 => Some(Errno::ECONNREFUSED),
            ICMP_FRAG_NEEDED => None,
            5 => Some(Errno::EOPNOTSUPP),
            7 => Some(Errno::EHOSTDOWN),
            8 => Some(Errno::ENONET),
            // "if (code > NR_ICMP_UNREACH) goto out"
            16.. => None,
        },
        // Fragments that did not all arrive end nothing (`icmp_unreach()`: "if (icmph->code == ICMP_EXC_FRAGTIME) goto out").
        ICMP_TIME_EXCEEDED if code == ICMP_EXC_FRAGTIME => None,
        ICMP_TIME_EXCEEDED => Some(Errno::EHOSTUNREACH),
        ICMP_PARAMETERPROB => Some(Errno::EPROTO),
        _ => None,
    }
}

const ICMPV6_DEST_UNREACH: u8 = 1;
const ICMPV6_TIME_EXCEED: u8 = 3;
const ICMPV6_PARAMPROB: u8 = 4;

/// The errno that `tcp_v6_err()` makes of an ICMPv6 error, by `icmpv6_err_convert()`; `None` where it sets none
/// ("packet too big" lowers the path MTU).
pub fn tcp_v6_err(kind: u8, code: u8) -> Option<Errno> {
    match kind {
        ICMPV6_DEST_UNREACH => Some(match code {
            0 => Errno::ENETUNREACH,
            1 | 5 | 6 => Errno::EACCES,
            2 | 3 => Errno::EHOSTUNREACH,
            4 => Errno::ECONNREFUSED,
            7.. => Errno::EPROTO,
        }),
        ICMPV6_TIME_EXCEED => Some(Errno::EHOSTUNREACH),
        ICMPV6_PARAMPROB => Some(Errno::EPROTO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icmp_errors_become_the_errnos_of_the_kernels_tables() {
        assert_eq!(tcp_v4_err(3, 0), Some(Errno::ENETUNREACH));
        assert_eq!(tcp_v4_err(3, 1), Some(Errno::EHOSTUNREACH));
        assert_eq!(tcp_v4_err(3, 3), Some(Errno::ECONNREFUSED));
        assert_eq!(tcp_v4_err(3, 4), None);
        assert_eq!(tcp_v4_err(3, 13), Some(Errno::EHOSTUNREACH));
        assert_eq!(tcp_v4_err(3, 16), None);
        assert_eq!(tcp_v4_err(4, 0), None);
        assert_eq!(tcp_v4_err(5, 1), None);
        assert_eq!(tcp_v4_err(11, 0), Some(Errno::EHOSTUNREACH));
        assert_eq!(tcp_v4_err(11, 1), None);
        assert_eq!(tcp_v4_err(11, 2), Some(Errno::EHOSTUNREACH));
        assert_eq!(tcp_v6_err(1, 1), Some(Errno::EACCES));
        assert_eq!(tcp_v6_err(1, 4), Some(Errno::ECONNREFUSED));
        assert_eq!(tcp_v6_err(2, 0), None);
        assert_eq!(tcp_v6_err(3, 1), Some(Errno::EHOSTUNREACH));
        assert_eq!(tcp_v6_err(4, 1), Some(Errno::EPROTO));
    }
}
