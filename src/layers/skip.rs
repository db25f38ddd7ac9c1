//! The reasons why a frame is not read. Each is counted and shown: no findings must not mean no sight.

use std::fmt;

/// Why a frame holds nothing for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Skip {
    /// The capture's link type is none that we read.
    LinkType,
    /// A frame of IEEE 802.11 without data: management, control, power saving.
    Wireless,
    /// Neither IPv4 nor IPv6: LLDP, IPX, spanning tree and the like.
    NotIp,
    /// ARP, or its reverse.
    Arp,
    /// The second or a later fragment of an IP packet or of a frame: no TCP header in it.
    LaterFragment,
    /// UDP, and no tunnel that we know.
    Udp,
    /// ICMP without an error.
    Icmp,
    /// An ICMP error about something else than a TCP segment, or that quotes too little of it.
    IcmpAboutOther,
    /// Encrypted: Wi-Fi, MACsec, IPsec, the DTLS of CAPWAP.
    Encrypted,
    /// Another protocol over IP.
    Protocol,
    /// A tunnel whose content we do not read (signalling, another protocol inside).
    TunnelContent,
    /// More tunnels inside each other than we follow.
    TunnelTooDeep,
    /// Cut by the snaplen before the TCP header's flags.
    Truncated,
    /// A header contradicts itself, or the radio received the frame damaged.
    Malformed,
}

impl Skip {
    /// Every reason, each at the place that [`Skip::index`] states.
    pub const ALL: [Skip; 14] = [
        Skip::LinkType,
        Skip::Wireless,
        Skip::NotIp,
        Skip::Arp,
        Skip::LaterFragment,
        Skip::Udp,
        Skip::Icmp,
        Skip::IcmpAboutOther,
        Skip::Encrypted,
        Skip::Protocol,
        Skip::TunnelContent,
        Skip::TunnelTooDeep,
        Skip::Truncated,
        Skip::Malformed,
    ];

    /// The number of reasons, for an array of counters.
    pub const COUNT: usize = Skip::ALL.len();

    /// Where this reason stands in [`Skip::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Skip::LinkType => "link_type",
            Skip::Wireless => "wireless",
            Skip::NotIp => "not_ip",
            Skip::Arp => "arp",
            Skip::LaterFragment => "later_fragment",
            Skip::Udp => "udp",
            Skip::Icmp => "icmp",
            Skip::IcmpAboutOther => "icmp_about_other",
            Skip::Encrypted => "encrypted",
            Skip::Protocol => "protocol",
            Skip::TunnelContent => "tunnel_content",
            Skip::TunnelTooDeep => "tunnel_too_deep",
            Skip::Truncated => "truncated",
            Skip::Malformed => "malformed",
        }
    }

    /// What it was, for a person, behind a number of whatever size.
    pub fn describe(self) -> &'static str {
        match self {
            Skip::LinkType => "of a link type that tcpwhy does not read",
            Skip::Wireless => "of 802.11 without data",
            Skip::NotIp => "neither IPv4 nor IPv6",
            Skip::Arp => "ARP",
            Skip::LaterFragment => "in IP fragments after the first",
            Skip::Udp => "UDP",
            Skip::Icmp => "ICMP other than errors",
            Skip::IcmpAboutOther => "ICMP with an error about something other than TCP",
            Skip::Encrypted => "encrypted (Wi-Fi, MACsec, IPsec, DTLS)",
            Skip::Protocol => "of a protocol other than TCP",
            Skip::TunnelContent => "in a tunnel that carries no IP",
            Skip::TunnelTooDeep => "in more tunnels than are followed",
            Skip::Truncated => "cut by the snaplen before the TCP flags",
            Skip::Malformed => "with damaged headers",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.describe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_at_its_index_with_a_name_of_its_own() {
        for (at, skip) in Skip::ALL.into_iter().enumerate() {
            assert_eq!(skip.index(), at);
            assert_eq!(Skip::ALL.iter().filter(|other| other.id() == skip.id()).count(), 1);
        }
    }
}
