//! Names of ICMP errors, the same in both address families.

/// Which ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpKind {
    /// One of [`IcmpKind::names`], sent as whichever family the frames are built in has it.
    Named(&'static str),
    /// `icmp TYPE/CODE`
    V4(u8, u8),
    /// `icmp6 TYPE/CODE`
    V6(u8, u8),
}

/// A name, its other spelling, type and code in ICMP, type and code in ICMPv6.
type Row = (&'static str, &'static str, (u8, u8), (u8, u8));

/// ICMP after RFC 792, RFC 1122 and RFC 1812; ICMPv6 after RFC 4443.
/// Where a family lacks an error, it has here what a router of that family sends in its place.
#[rustfmt::skip]
const NAMES: &[Row] = &[
    ("unreachable-net",         "net-unreachable",      (3, 0),  (1, 0)),
    ("unreachable-host",        "host-unreachable",     (3, 1),  (1, 3)),
    ("unreachable-port",        "port-unreachable",     (3, 3),  (1, 4)),
    ("unreachable-protocol",    "protocol-unreachable", (3, 2),  (4, 1)),
    ("fragmentation-needed",    "packet-too-big",       (3, 4),  (2, 0)),
    ("admin-prohibited",        "adm-prohibited",       (3, 13), (1, 1)),
    ("host-prohibited",         "prohibited-host",      (3, 10), (1, 1)),
    ("net-prohibited",          "prohibited-net",       (3, 9),  (1, 1)),
    ("source-route-failed",     "",                     (3, 5),  (1, 7)),
    ("net-unknown",             "unknown-net",          (3, 6),  (1, 0)),
    ("host-unknown",            "unknown-host",         (3, 7),  (1, 3)),
    ("policy-failed",           "",                     (3, 13), (1, 5)),
    ("reject-route",            "",                     (3, 13), (1, 6)),
    ("time-exceeded",           "ttl-exceeded",         (11, 0), (3, 0)),
    ("reassembly-timed-out",    "",                     (11, 1), (3, 1)),
    ("parameter-problem",       "",                     (12, 0), (4, 0)),
    ("source-quench",           "",                     (4, 0),  (1, 0)),
];

impl IcmpKind {
    /// The names that a line may use.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|row| row.0)
    }

    /// The error of this name, or of its other spelling.
    pub(super) fn named(name: &str) -> Option<IcmpKind> {
        let row = NAMES.iter().find(|row| row.0 == name || (row.1 == name && !name.is_empty()))?;
        Some(IcmpKind::Named(row.0))
    }

    /// Type and code in ICMP.
    pub fn v4(self) -> (u8, u8) {
        match self {
            IcmpKind::V4(kind, code) => (kind, code),
            // What ICMP has no name for becomes "host unreachable".
            IcmpKind::V6(kind, code) => NAMES.iter().find(|row| row.3 == (kind, code)).map_or((3, 1), |row| row.2),
            IcmpKind::Named(name) => NAMES.iter().find(|row| row.0 == name).map_or((3, 1), |row| row.2),
        }
    }

    /// Type and code in ICMPv6.
    pub fn v6(self) -> (u8, u8) {
        match self {
            IcmpKind::V6(kind, code) => (kind, code),
            // What ICMPv6 has no name for becomes "address unreachable".
            IcmpKind::V4(kind, code) => NAMES.iter().find(|row| row.2 == (kind, code)).map_or((1, 3), |row| row.3),
            IcmpKind::Named(name) => NAMES.iter().find(|row| row.0 == name).map_or((1, 3), |row| row.3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree_in_both_families() {
        let host = IcmpKind::named("host-unreachable").unwrap();
        assert_eq!(host, IcmpKind::Named("unreachable-host"));
        assert_eq!((host.v4(), host.v6()), ((3, 1), (1, 3)));
        assert_eq!(IcmpKind::V4(3, 3).v6(), (1, 4));
        assert_eq!(IcmpKind::V6(1, 1).v4(), (3, 13));
        assert_eq!(IcmpKind::named("nonsense"), None);
        assert_eq!(IcmpKind::named(""), None);
    }
}
