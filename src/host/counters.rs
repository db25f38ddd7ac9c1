//! The kernel's counters that tell of failures, in /proc/net/netstat and /proc/net/snmp.

/// The counters that are followed. They count for a whole network namespace.
pub const NAMES: [&str; 10] = [
    "ListenOverflows",
    "ListenDrops",
    "TCPReqQFullDrop",
    "TCPAbortOnClose",
    "TCPAbortOnData",
    "TCPAbortOnTimeout",
    "TCPAbortOnMemory",
    "OutRsts",
    "AttemptFails",
    "EstabResets",
];

/// What they stood at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters([u64; NAMES.len()]);

/// By how much counters rose, by name; those that did not are left out.
pub type Rises = Vec<(&'static str, u64)>;

impl Counters {
    /// Reads the texts of both files: lines of names, each followed by a line of values.
    pub fn parse(netstat: &str, snmp: &str) -> Counters {
        let mut counters = Counters::default();
        for (text, section) in [(netstat, "TcpExt:"), (snmp, "Tcp:")] {
            let mut lines = text.lines().filter(|line| line.split_ascii_whitespace().next() == Some(section));
            let (Some(names), Some(values)) = (lines.next(), lines.next()) else { continue };
            for (name, value) in names.split_ascii_whitespace().zip(values.split_ascii_whitespace()) {
                let place = NAMES.iter().position(|known| *known == name);
                if let Some(counter) = place.and_then(|place| counters.0.get_mut(place)) {
                    *counter = value.parse().unwrap_or(0);
                }
            }
        }
        counters
    }

    /// What rose since `earlier`.
    pub fn since(&self, earlier: &Counters) -> Rises {
        let rises =
            NAMES.iter().zip(self.0.iter().zip(earlier.0)).map(|(name, (now, then))| (*name, now.saturating_sub(then)));
        rises.filter(|(_, rise)| *rise > 0).collect()
    }
}

/// By how much this one rose.
pub fn rise(rises: &Rises, name: &str) -> u64 {
    rises.iter().find(|(other, _)| *other == name).map_or(0, |(_, rise)| *rise)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETSTAT: &str = "\
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPAbortOnData TCPAbortOnClose TCPReqQFullDrop
TcpExt: 0 17 18 5 9 0
IpExt: InNoRoutes ListenOverflows
IpExt: 0 99
";
    const SNMP: &str = "\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn AttemptFails EstabResets OutRsts
Tcp: 1 -1 28 40 77
";

    #[test]
    fn counters_are_read_by_name_and_compared() {
        let before = Counters::parse(NETSTAT, SNMP);
        let after = Counters::parse(&NETSTAT.replace(" 17 18 ", " 19 20 "), &SNMP.replace(" 77", " 78"));
        let rises = after.since(&before);
        assert_eq!(rises, [("ListenOverflows", 2), ("ListenDrops", 2), ("OutRsts", 1)]);
        assert_eq!((rise(&rises, "ListenDrops"), rise(&rises, "EstabResets")), (2, 0));
        assert_eq!(before.since(&after), []);
    }

    #[test]
    fn what_is_missing_counts_nothing() {
        assert_eq!(Counters::parse("", "Tcp: OutRsts"), Counters::default());
        assert_eq!(Counters::parse("TcpExt: ListenDrops\nTcpExt: x\n", ""), Counters::default());
    }
}
