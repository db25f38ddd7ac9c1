//! `port_scan`: one client that fails at many ports or hosts.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::HashMap;

use super::Episode;
use super::filter::Filter;
use crate::diagnose::Finding;
use crate::time::{SECOND, Time};
use crate::track::kernel::Kind;

/// From so many targets within [`WINDOW`] on it is a scan.
const TARGETS: usize = 15;
const WINDOW: u64 = 60 * SECOND;
/// So many targets of the window are remembered for each client.
const REMEMBERED: usize = 64;
/// So many clients are watched.
const CLIENTS: usize = 4096;
/// A scanner tries each target so often at most.
const TRIES: u64 = 3;
/// So many ports are named.
const PORTS: usize = 10;
/// So many targets are remembered in all; a scan of more counts each failure as a target of its own from there on.
const COUNTED: usize = 262_144;

/// An address and port that a client tried.
type Target = (IpAddr, u16);

/// A client that tried many ports or hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Who.
    pub client: IpAddr,
    /// How many different targets failed.
    pub targets: u64,
    /// The first different ports, in the order in which they failed.
    pub ports: Vec<u16>,
    /// When the first failure became a fact.
    pub first: Time,
    /// When the last one did.
    pub last: Time,
    /// All failures in it.
    pub count: u64,
}

impl Scan {
    /// Is this episode a part of the scan? A scanner tries a target a few times at most: whoever keeps trying wants to
    /// be served, and that failure is told for itself.
    pub fn covers(&self, episode: &Episode) -> bool {
        let finding = &episode.example;
        self.client == finding.client.end.ip
            && is_without_payload(finding)
            && episode.count <= TRIES
            && (self.first..=self.last).contains(&episode.first)
            && episode.last <= self.last
    }
}

/// What a client did in the last minute.
#[derive(Debug, Default)]
struct Watched {
    /// One entry for each target, the latest last: when, and how often it failed without payload.
    recent: VecDeque<(Time, Target, u64)>,
    latest: Time,
    scan: Option<Seen>,
}

/// A scan, and how often each of its targets failed.
#[derive(Debug)]
struct Seen {
    scan: Scan,
    tries: HashMap<Target, u64>,
    /// How many targets failed more often than a scanner would have it.
    tried_on: u64,
}

impl Seen {
    fn begin(client: IpAddr, first: Time) -> Seen {
        let scan = Scan { client, targets: 0, ports: Vec::new(), first, last: first, count: 0 };
        Seen { scan, tries: HashMap::default(), tried_on: 0 }
    }

    /// Takes failures of a target into it. Returns how many targets more have to be remembered.
    fn extend(&mut self, time: Time, target: Target, failures: u64, has_room: bool) -> usize {
        let scan = &mut self.scan;
        scan.count += failures;
        scan.first = scan.first.min(time);
        scan.last = scan.last.max(time);
        if scan.ports.len() < PORTS && !scan.ports.contains(&target.1) {
            scan.ports.push(target.1);
        }
        let known = self.tries.get_mut(&target);
        let before = known.as_deref().copied().unwrap_or_default();
        self.tried_on += u64::from(before <= TRIES && before + failures > TRIES);
        if let Some(tries) = known {
            *tries += failures;
            return 0;
        }
        scan.targets += 1;
        if has_room {
            self.tries.insert(target, failures);
        }
        usize::from(has_room)
    }

    /// Who tries most of its targets again and again, as health checks do when the network is down, wants to be served.
    fn is_scan(&self) -> bool {
        self.tried_on * 2 <= self.scan.targets
    }
}

impl Watched {
    fn saw(&mut self, time: Time, target: Target, failures: u64) {
        self.latest = self.latest.max(time);
        // Whoever connects and hangs up at once reaches the target first and fails afterwards.
        // Ports first: they differ most often.
        let known = self.recent.iter().position(|(_, other, _)| other.1 == target.1 && other.0 == target.0);
        let before = known.and_then(|at| self.recent.remove(at)).map_or(0, |(_, _, failures)| failures);
        let latest = self.latest;
        if self.recent.iter().any(|(at, _, _)| latest.since(*at) > WINDOW) {
            self.recent.retain(|(at, _, _)| latest.since(*at) <= WINDOW);
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((time, target, before + failures));
    }

    fn is_scanning(&self) -> bool {
        let failed = self.recent.iter().filter(|(_, _, failures)| *failures > 0).count();
        failed >= TARGETS && failed * 5 >= self.recent.len() * 4
    }
}

/// Watches clients for scans, in memory that is bounded.
///
/// A client scans when 15 different targets (address and port) fail within a minute without a byte of payload: SYNs
/// that nobody answers, refusals, half-open handshakes, connections that it aborts at once. Four of five targets of
/// that minute must fail, so that a program that talks to many peers, some of them gone, is none. Later failures
/// belong to the scan as long as no more than a minute lies between them. Most of its targets it tries a few times at most:
/// else it wants to be served.
#[derive(Debug, Default)]
pub(super) struct Scans {
    clients: HashMap<IpAddr, Watched>,
    /// The hashes of `clients`.
    failed: Filter,
    counted: usize,
    unwatched: u64,
}

impl Scans {
    /// How many clients are no longer watched, because too many are.
    pub(super) fn unwatched(&self) -> u64 {
        self.unwatched
    }

    /// Takes a failure into account.
    pub(super) fn add(&mut self, finding: &Finding) {
        if !is_without_payload(finding) {
            return;
        }
        let (client, end) = (finding.client.end.ip, finding.counted_by());
        let target = (end.ip, end.port);
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            self.forget();
        }
        self.failed.add(self.clients.hasher().hash_one(client));
        let watched = self.clients.entry(client).or_default();
        watched.saw(finding.time, target, 1);
        if let Some(seen) = &mut watched.scan
            && finding.time.since(seen.scan.last) <= WINDOW
        {
            self.counted += seen.extend(finding.time, target, 1, self.counted < COUNTED);
        } else if watched.is_scanning() {
            let mut scan = watched.scan.take().unwrap_or_else(|| Seen::begin(client, finding.time));
            for (time, target, failures) in watched.recent.iter().filter(|(_, _, failures)| *failures > 0) {
                self.counted += scan.extend(*time, *target, *failures, self.counted < COUNTED);
            }
            watched.scan = Some(scan);
        }
    }

    /// A client reached a target. Only of clients that failed somewhere this needs to be known.
    pub(super) fn reached(&mut self, client: IpAddr, target: Target, time: Time) {
        if self.failed.may_have(self.clients.hasher().hash_one(client))
            && let Some(watched) = self.clients.get_mut(&client)
        {
            watched.saw(time, target, 0);
        }
    }

    /// The scans that were found, by their first failure's time.
    pub(super) fn found(&self) -> Vec<Scan> {
        let scans = self.clients.values().filter_map(|watched| watched.scan.as_ref());
        let mut scans: Vec<Scan> = scans.filter(|seen| seen.is_scan()).map(|seen| seen.scan.clone()).collect();
        scans.sort_by_key(|scan| (scan.first, scan.client));
        scans
    }

    /// Stops to watch the half of the clients without a scan that was quiet the longest, or, if all scan, of these.
    fn forget(&mut self) {
        let mut worths: Vec<(bool, Time)> = self.clients.values().map(worth).collect();
        worths.sort_unstable();
        let Some(threshold) = worths.get(worths.len() / 2).copied() else { return };
        let counted = &mut self.counted;
        let before = self.clients.len();
        self.clients.retain(|_, watched| {
            let keep = worth(watched) > threshold;
            if !keep && let Some(seen) = &watched.scan {
                *counted = counted.saturating_sub(seen.tries.len());
            }
            keep
        });
        self.unwatched += (before - self.clients.len()) as u64;
        self.failed.refill(self.clients.keys().map(|client| self.clients.hasher().hash_one(client)));
    }
}

fn worth(watched: &Watched) -> (bool, Time) {
    (watched.scan.is_some(), watched.latest)
}

/// Did it fail, or abort, before a byte of payload went either way?
fn is_without_payload(finding: &Finding) -> bool {
    let silent = finding.traffic.client_bytes + finding.traffic.server_bytes == 0;
    match finding.kind {
        Some(Kind::Aborted) => silent,
        Some(Kind::Refused | Kind::TimedOut | Kind::Unreachable) => silent && finding.timing.connect.is_none(),
        Some(Kind::Reset | Kind::BrokenPipe) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episodes::Episodes;
    use crate::report::samples::{self, DECIDED, later};

    /// One client and the findings of it; `reached` are ports of 10.0.0.2 that it reached meanwhile.
    fn scans(findings: &[Finding], reached: &[u16]) -> Vec<Scan> {
        let mut episodes = Episodes::default();
        let Some(first) = findings.first() else { return Vec::new() };
        for (index, finding) in findings.iter().enumerate() {
            episodes.add(finding.clone());
            if let Some(port) = reached.get(index) {
                episodes.success(first.client.end.ip, first.server.end.ip, *port, finding.time);
            }
        }
        episodes.scans()
    }

    fn refused(ports: std::ops::RangeInclusive<u16>, apart: u64) -> Vec<Finding> {
        ports.zip(0..).map(|(port, index)| later(samples::refused_from(9, port), index * apart)).collect()
    }

    #[test]
    fn fifteen_ports_within_a_minute_are_a_scan() {
        let found = scans(&refused(1..=15, SECOND), &[]);
        let expected = Scan {
            client: IpAddr::from([10, 0, 0, 9]),
            targets: 15,
            ports: (1..=10).collect(),
            first: DECIDED,
            last: DECIDED + 14 * SECOND,
            count: 15,
        };
        assert_eq!(found, [expected]);
        assert_eq!(scans(&refused(1..=14, SECOND), &[]), []);
    }

    #[test]
    fn attempts_before_it_was_known_for_a_scan_count_as_well() {
        let mut findings = refused(1..=10, SECOND);
        findings.extend(refused(1..=15, SECOND).into_iter().map(|finding| later(finding, 20 * SECOND)));
        let found = scans(&findings, &[]);
        assert_eq!((found[0].targets, found[0].count), (15, 25));
    }

    #[test]
    fn ports_at_leisure_are_none() {
        assert_eq!(scans(&refused(1..=40, 5 * SECOND), &[]), [], "thirteen in any minute");
        assert_eq!(scans(&refused(1..=40, 4 * SECOND), &[]).len(), 1, "sixteen in a minute");
    }

    #[test]
    fn many_connections_of_a_browser_to_one_refused_port_are_none() {
        let findings: Vec<Finding> = (0..30).map(|index| later(samples::refused_from(9, 443), index)).collect();
        assert_eq!(scans(&findings, &[]), []);
    }

    #[test]
    fn a_scan_goes_on_and_counts_targets_once() {
        let mut findings = refused(1..=2000, SECOND / 100);
        findings.extend(refused(1..=5, SECOND).into_iter().map(|finding| later(finding, 21 * SECOND)));
        let found = scans(&findings, &[]);
        assert_eq!((found[0].targets, found[0].count), (2000, 2005));
        assert_eq!(found[0].last, DECIDED + 25 * SECOND);
        assert_eq!(found[0].ports, (1..=10).collect::<Vec<u16>>());
    }

    #[test]
    fn health_checks_that_fail_everywhere_are_none() {
        let rounds = |rounds: u64| -> Vec<Finding> {
            let round =
                |at: u64| refused(1..=20, SECOND / 10).into_iter().map(move |finding| later(finding, at * SECOND));
            (0..rounds).flat_map(|number| round(number * 5)).collect()
        };
        assert_eq!(scans(&rounds(4), &[]), [], "each is tried again and again");
        assert_eq!(scans(&rounds(3), &[]).len(), 1, "a scanner tries thrice");
    }

    #[test]
    fn hosts_count_as_well_as_ports_and_aborts_as_well_as_refusals() {
        let sweep: Vec<Finding> = (1..=15)
            .map(|host| {
                let mut finding = later(samples::health_check(), u64::from(host));
                finding.server.end.ip = IpAddr::from([10, 9, 9, host]);
                finding.traffic = Default::default();
                finding
            })
            .collect();
        assert_eq!(scans(&sweep, &[])[0].ports, [80]);
        let with_payload: Vec<Finding> = sweep
            .iter()
            .cloned()
            .map(|mut finding| {
                finding.traffic.client_bytes = 1;
                finding
            })
            .collect();
        assert_eq!(scans(&with_payload, &[]), []);
    }

    #[test]
    fn a_client_that_reaches_many_others_meanwhile_does_not_scan() {
        let findings = refused(1..=30, SECOND);
        let reached: Vec<u16> = (1000..1030).collect();
        assert_eq!(scans(&findings, &reached), []);
        assert_eq!(scans(&findings, &reached[..3]).len(), 1, "a scan finds something open now and then");
    }

    #[test]
    fn connect_and_abort_is_a_failure_though_the_target_was_reached() {
        let mut episodes = Episodes::default();
        for (port, index) in (1..=20).zip(0..) {
            let mut finding = later(samples::health_check(), index * SECOND);
            finding.server.end.port = port;
            finding.traffic = Default::default();
            episodes.success(finding.client.end.ip, finding.server.end.ip, port, finding.time);
            episodes.add(finding.clone());
        }
        assert_eq!(episodes.scans().len(), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let mut scans = Scans::default();
        for client in 0..20_000_u32 {
            let mut finding = later(samples::refused_from(1, 80), u64::from(client) * SECOND);
            finding.client.end.ip = IpAddr::from(client.to_be_bytes());
            scans.add(&finding);
        }
        assert!(scans.clients.len() <= CLIENTS);
        for index in 0..5000 {
            let mut finding = later(samples::refused_from(1, 80), 30_000 * SECOND + index);
            finding.server.end.ip = IpAddr::from((index as u32).to_be_bytes());
            scans.add(&finding);
        }
        assert!(scans.clients.values().all(|watched| watched.recent.len() <= REMEMBERED));
        assert_eq!((scans.found()[0].targets, scans.counted), (5000, 5000));
    }
}
