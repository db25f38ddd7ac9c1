//! Episodes that are one problem, and which problem matters most.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use crate::causes::Confidence;
use crate::episodes::Episode;
use crate::time::Time;
use crate::track::kernel::Kind;

/// From so many ports, or servers, on they are told as one problem.
const MANY: usize = 3;
/// A service that fails so many clients is one problem, whatever else fails them.
const MANY_CLIENTS: usize = 8;
/// From so many refused ports of one host on it is a scan, be it ever so slow.
const SCAN: usize = 15;

/// What the episodes of a problem have in common, beside kind and cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// One service, whoever its clients are.
    Service(IpAddr, u16),
    /// One client and many ports of one host: a scan, or a host that is gone.
    ManyPorts(IpAddr, IpAddr),
    /// One client and one port on many hosts: a sweep, or a client that is cut off.
    ManyServers(IpAddr, u16),
    /// One client and many services: a client that is cut off.
    ManyServices(IpAddr),
}

/// Episodes that a person would call one problem.
#[derive(Debug)]
pub struct Problem<'a> {
    /// What they have in common.
    pub shape: Shape,
    /// The most frequent one first.
    pub episodes: Vec<&'a Episode>,
    /// All findings in them.
    pub count: u64,
    /// The first finding's time.
    pub first: Time,
    /// The last finding's time.
    pub last: Time,
}

type Signature = (Option<Kind>, &'static str);

impl<'a> Problem<'a> {
    fn new(shape: Shape, mut episodes: Vec<&'a Episode>) -> Problem<'a> {
        episodes.sort_by_key(|episode| (Reverse(episode.count), episode.first));
        let count = episodes.iter().map(|episode| episode.count).sum();
        let first = episodes.iter().map(|episode| episode.first).min().unwrap_or_default();
        let last = episodes.iter().map(|episode| episode.last).max().unwrap_or_default();
        Problem { shape, episodes, count, first, last }
    }

    /// The one that failed first: it stands for the others where one is told in full.
    pub fn earliest(&self) -> Option<&'a Episode> {
        self.episodes.iter().copied().min_by_key(|episode| episode.first)
    }

    /// The failure; none for benign endings.
    pub fn kind(&self) -> Option<Kind> {
        self.episodes.first().and_then(|episode| episode.example.kind)
    }

    /// The cause's id.
    pub fn cause_id(&self) -> &'static str {
        self.episodes.first().map_or("unexplained", |episode| episode.cause_id())
    }

    /// Health checks, scans, cancelled connects: seldom what somebody is called for at night.
    pub fn is_noise(&self) -> bool {
        let is_scan = matches!(self.shape, Shape::ManyPorts(..))
            && self.kind() == Some(Kind::Refused)
            && self.episodes.len() >= SCAN;
        self.kind() == Some(Kind::Aborted) || self.cause_id() == "port_scan" || is_scan
    }

    /// The surest of its causes.
    pub fn confidence(&self) -> Option<Confidence> {
        self.episodes.iter().map(|episode| episode.example.confidence).max()
    }

    /// Did every client that failed get through again?
    pub fn has_recovered(&self) -> bool {
        self.episodes.iter().all(|episode| episode.recovered_at.is_some())
    }

    /// What matters most stands first: real trouble before noise, what still fails before what recovered, many before
    /// few (by powers of two), sure before unsure, recent before old.
    fn rank(&self) -> impl Ord + use<> {
        (
            self.is_noise(),
            self.has_recovered(),
            Reverse(self.count.ilog2()),
            Reverse(self.confidence()),
            Reverse(self.last),
            (self.kind(), self.cause_id(), self.shape),
        )
    }
}

/// The problems behind these episodes, most important first.
pub fn problems<'a>(episodes: impl Iterator<Item = &'a Episode> + Clone) -> Vec<Problem<'a>> {
    let breadth = Breadth::of(episodes.clone());
    let mut gathered: HashMap<(Signature, Shape), Vec<&Episode>> = HashMap::new();
    for episode in episodes {
        gathered.entry((signature(episode), breadth.shape(episode))).or_default().push(episode);
    }
    let mut problems: Vec<Problem> =
        gathered.into_iter().map(|((_, shape), episodes)| Problem::new(shape, episodes)).collect();
    problems.sort_by_cached_key(Problem::rank);
    problems
}

fn signature(episode: &Episode) -> Signature {
    (episode.example.kind, episode.cause_id())
}

/// How widely each client failed in the same way, and how many clients each service failed.
#[derive(Default)]
struct Breadth {
    ports: HashMap<(Signature, IpAddr, IpAddr), BTreeSet<u16>>,
    servers: HashMap<(Signature, IpAddr, u16), BTreeSet<IpAddr>>,
    services: HashMap<(Signature, IpAddr), BTreeSet<(IpAddr, u16)>>,
    clients: HashMap<(Signature, IpAddr, u16), BTreeSet<IpAddr>>,
}

impl Breadth {
    fn of<'a>(episodes: impl Iterator<Item = &'a Episode>) -> Breadth {
        let mut breadth = Breadth::default();
        for episode in episodes {
            let (client, server) = (episode.example.client.end, episode.example.server.end);
            let signature = signature(episode);
            breadth.ports.entry((signature, client.ip, server.ip)).or_default().insert(server.port);
            breadth.servers.entry((signature, client.ip, server.port)).or_default().insert(server.ip);
            breadth.services.entry((signature, client.ip)).or_default().insert((server.ip, server.port));
            breadth.clients.entry((signature, server.ip, server.port)).or_default().insert(client.ip);
        }
        breadth
    }

    /// A service with many clients stays one; else the narrowest description that most episodes of the client share.
    fn shape(&self, episode: &Episode) -> Shape {
        let (client, server) = (episode.example.client.end, episode.example.server.end);
        let signature = signature(episode);
        let ports = self.ports.get(&(signature, client.ip, server.ip)).map_or(0, BTreeSet::len);
        let servers = self.servers.get(&(signature, client.ip, server.port)).map_or(0, BTreeSet::len);
        let services = self.services.get(&(signature, client.ip)).map_or(0, BTreeSet::len);
        let clients = self.clients.get(&(signature, server.ip, server.port)).map_or(0, BTreeSet::len);
        if services < MANY || clients >= MANY_CLIENTS {
            return Shape::Service(server.ip, server.port);
        }
        if ports >= MANY && ports >= servers && ports * 2 > services {
            return Shape::ManyPorts(client.ip, server.ip);
        }
        if servers >= MANY && servers * 2 > services {
            return Shape::ManyServers(client.ip, server.port);
        }
        Shape::ManyServices(client.ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::episodes::Episodes;
    use crate::report::samples;
    use crate::time::SECOND;

    #[test]
    fn clients_of_one_service_are_one_problem() {
        let mut episodes = Episodes::default();
        for host in 1..=5 {
            episodes.add(samples::refused_from(host, 8080));
        }
        let all = episodes.finish();
        let problems = problems(all.iter());
        assert_eq!(problems.len(), 1);
        assert_eq!((problems[0].count, problems[0].episodes.len()), (5, 5));
    }

    #[test]
    fn a_scan_is_one_problem_and_comes_last() {
        let mut episodes = Episodes::default();
        for port in 1..=500 {
            episodes.add(samples::refused_from(9, port));
        }
        episodes.add(samples::keepalive_race());
        let all = episodes.finish();
        let problems = problems(all.iter());
        assert_eq!(problems.iter().map(Problem::cause_id).collect::<Vec<_>>(), ["keepalive_race", "no_listener"]);
        assert!(problems[1].is_noise() && !problems[0].is_noise());
        assert_eq!(problems[1].count, 500);
    }

    #[test]
    fn a_client_that_is_cut_off_is_one_problem_but_a_service_with_many_clients_stays_one() {
        let mut episodes = Episodes::default();
        for port in 1..=10_u16 {
            let mut finding = samples::refused_from(1, port);
            finding.server.end.ip = IpAddr::from([10, 1, 0, port as u8]);
            episodes.add(finding.clone());
        }
        for client in 1..=10 {
            episodes.add(samples::refused_from(client, 443));
        }
        let all = episodes.finish();
        let problems = problems(all.iter());
        let shapes: Vec<(Shape, u64)> = problems.iter().map(|problem| (problem.shape, problem.count)).collect();
        let cut_off = Shape::ManyServices(IpAddr::from([10, 0, 0, 1]));
        let service = Shape::Service(IpAddr::from([10, 0, 0, 2]), 443);
        assert!(shapes.len() == 2 && shapes.contains(&(cut_off, 10)) && shapes.contains(&(service, 10)), "{shapes:?}");
    }

    #[test]
    fn what_still_fails_comes_before_what_recovered_and_many_before_few() {
        let mut episodes = Episodes::default();
        let cured = samples::refused_from(7, 80);
        for _ in 0..100 {
            episodes.add(cured.clone());
        }
        episodes.success(cured.client.end.ip, cured.server.end.ip, cured.server.end.port, cured.time + SECOND);
        episodes.add(samples::refused_from(1, 5432));
        for _ in 0..4 {
            episodes.add(samples::refused_from(1, 5433));
        }
        let all = episodes.finish();
        let counts: Vec<u64> = problems(all.iter()).iter().map(|problem| problem.count).collect();
        assert_eq!(counts, [4, 1, 100]);
    }
}
