//! What an ICMP error says, in words.

use std::net::IpAddr;

use crate::track::SoftError;

/// What kind of obstacle an ICMP error reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The host cannot be reached.
    HostUnreachable,
    /// There is no route.
    NetUnreachable,
    /// A rule forbids it.
    Prohibited,
    /// Port unreachable: for TCP the answer of a filter, since hosts answer with a RST.
    PortUnreachable,
    /// Protocol unreachable: for TCP the answer of a filter.
    ProtocolUnreachable,
    /// Something else.
    Other,
}

/// An ICMP error about a connection.
#[derive(Clone, Copy, Debug)]
pub struct IcmpSeen {
    /// Who reports it.
    pub reporter: IpAddr,
    /// Is it ICMPv6?
    pub ipv6: bool,
    kind: u8,
    code: u8,
}

impl IcmpSeen {
    /// What `error` says.
    pub fn of(error: &SoftError) -> IcmpSeen {
        IcmpSeen { reporter: error.reporter, ipv6: error.ipv6, kind: error.kind, code: error.code }
    }

    /// Which obstacle it reports (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3).
    pub fn meaning(&self) -> Meaning {
        match (self.ipv6, self.kind, self.code) {
            (false, 3, 0 | 6 | 11) | (true, 1, 0) => Meaning::NetUnreachable,
            // Code 1 of "time exceeded" comes from the host itself, which waits in vain for the other fragments.
            (false, 3, 1 | 5 | 7 | 8 | 12) | (false, 11, 0) | (true, 1, 2 | 3) | (true, 3, 0) => {
                Meaning::HostUnreachable
            }
            (false, 3, 9 | 10 | 13 | 14 | 15) | (true, 1, 1 | 5 | 6) => Meaning::Prohibited,
            (false, 3, 3) | (true, 1, 4) => Meaning::PortUnreachable,
            (false, 3, 2) => Meaning::ProtocolUnreachable,
            _ => Meaning::Other,
        }
    }

    /// Its name, as in RFC 792, 1812 and 4443.
    pub fn name(&self) -> String {
        let name = match (self.ipv6, self.kind, self.code) {
            (false, 3, 0) => "network unreachable",
            (false, 3, 1) => "host unreachable",
            (false, 3, 2) => "protocol unreachable",
            (false, 3, 3) | (true, 1, 4) => "port unreachable",
            (false, 3, 4) => "fragmentation needed",
            (false, 3, 5) => "source route failed",
            (false, 3, 6) => "destination network unknown",
            (false, 3, 7) => "destination host unknown",
            (false, 3, 8) => "source host isolated",
            (false, 3, 9) => "network administratively prohibited",
            (false, 3, 10) => "host administratively prohibited",
            (false, 3, 11) => "network unreachable for this type of service",
            (false, 3, 12) => "host unreachable for this type of service",
            (false, 3, 13) | (true, 1, 1) => "communication administratively prohibited",
            (false, 3, 14) => "host precedence violation",
            (false, 3, 15) => "precedence cutoff in effect",
            (false, 11, 0) => "time to live exceeded",
            (false, 11, 1) | (true, 3, 1) => "fragment reassembly time exceeded",
            (false, 12, _) | (true, 4, _) => "parameter problem",
            (true, 1, 0) => "no route to destination",
            (true, 1, 2) => "beyond scope of source address",
            (true, 1, 3) => "address unreachable",
            (true, 1, 5) => "source address failed policy",
            (true, 1, 6) => "route rejected",
            (true, 2, _) => "packet too big",
            (true, 3, 0) => "hop limit exceeded",
            _ => return self.numbers(),
        };
        format!("{name} ({})", self.numbers())
    }

    fn numbers(&self) -> String {
        let family = if self.ipv6 { "ICMPv6" } else { "ICMP" };
        format!("{family} type {} code {}", self.kind, self.code)
    }
}
