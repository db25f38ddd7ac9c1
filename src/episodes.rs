//! Failures that repeat: what one client, one service, one kind and one cause have in common becomes an episode.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use foldhash::{HashMap, HashMapExt};

use crate::diagnose::Finding;
use crate::time::Time;
use crate::track::kernel::Kind;

mod backoff;
mod filter;
mod recent;
mod scans;
mod storm;

pub use backoff::Backoff;
use filter::Filter;
use recent::Recent;
pub use scans::Scan;
use scans::Scans;
use storm::Pace;

/// How many pauses between attempts an episode remembers: enough to see a backoff reach its ceiling.
const PAUSES: usize = 16;
/// As many successes are taken into account together.
const TOGETHER: usize = 32;
/// How many episodes are kept by default.
pub const MAX_EPISODES: usize = 4096;

/// Failures (or, with `kind` none, benign endings) with one client, server, port, kind and cause.
#[derive(Clone, Debug)]
pub struct Episode {
    /// When the first one became a fact.
    pub first: Time,
    /// When the last one did.
    pub last: Time,
    /// How many they are.
    pub count: u64,
    /// From the beginning of one attempt to the beginning of the next, in nanoseconds: the first sixteen.
    pub intervals: Vec<u64>,
    /// From the end of one attempt to the beginning of the next, in nanoseconds: the first sixteen.
    pub pauses: Vec<u64>,
    /// How the client waited between them.
    pub backoff: Backoff,
    /// How often this client reached this service between the first and the last, where they failed to reach it.
    pub successes_between: u64,
    /// When this client reached this service again after the last one, where they failed to reach it.
    pub recovered_at: Option<Time>,
    /// The time between failures that no success came between, in nanoseconds: how long the service could not be
    /// reached, as far as this client tried. Only where they failed to reach it.
    pub failed: u64,
    /// The first of them.
    pub example: Finding,
    latest: Attempt,
    successes_since: u64,
    pace: Pace,
}

/// When an attempt began and when its last packet came.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    began: Time,
    ended: Time,
}

impl Attempt {
    /// Evidence may begin late in a long connection, and silence is noticed long after the last packet: the earlier
    /// of both beginnings is the true one.
    fn of(finding: &Finding) -> Attempt {
        let by_duration = finding.time - finding.timing.duration;
        let by_evidence = finding.evidence.first().map_or(by_duration, |evidence| evidence.time);
        let began = by_duration.min(by_evidence);
        Attempt { began, ended: (began + finding.timing.duration).min(finding.time) }
    }
}

impl Episode {
    fn new(finding: Finding) -> Episode {
        Episode {
            first: finding.time,
            last: finding.time,
            count: 1,
            intervals: Vec::new(),
            pauses: Vec::new(),
            backoff: Backoff::None,
            successes_between: 0,
            recovered_at: None,
            failed: 0,
            latest: Attempt::of(&finding),
            example: finding,
            successes_since: 0,
            pace: Pace::default(),
        }
    }

    /// `later` are the successes that are known to have come after it.
    fn add(&mut self, finding: &Finding, later: impl FnOnce() -> Vec<Time>) {
        let attempt = Attempt::of(finding);
        let (interval, pause) = (attempt.began.since(self.latest.began), attempt.began.since(self.latest.ended));
        if self.pauses.len() < PAUSES {
            self.intervals.push(interval);
            self.pauses.push(pause);
        }
        self.latest = attempt;
        self.count += 1;
        let since_last = finding.time.since(self.last);
        self.first = self.first.min(finding.time);
        self.last = self.last.max(finding.time);
        if self.recovered_at.is_some_and(|at| at > finding.time) {
            self.failed += since_last;
            self.pace.attempt(interval, pause);
            return;
        }
        let before = std::mem::take(&mut self.successes_since);
        self.recovered_at = None;
        self.successes(later);
        let between = before.saturating_sub(self.successes_since);
        self.successes_between += between;
        if between == 0 {
            self.failed += since_last;
            self.pace.attempt(interval, pause);
        } else {
            self.pace.succeeded();
        }
    }

    /// Did they fail to reach the service? Only then to reach it again is to recover: whoever was reset in the middle
    /// of an answer had reached it as well.
    pub fn is_about_connecting(&self) -> bool {
        let Finding { kind, timing, traffic, .. } = &self.example;
        matches!(kind, Some(Kind::Refused | Kind::Unreachable | Kind::TimedOut))
            && timing.connect.is_none()
            && traffic.client_bytes + traffic.server_bytes == 0
    }

    /// Takes those of `later` into account, if that is of interest.
    fn successes(&mut self, later: impl FnOnce() -> Vec<Time>) {
        if self.is_about_connecting() {
            later().into_iter().for_each(|success| self.success(success));
        }
    }

    fn success(&mut self, time: Time) {
        if time <= self.last || !self.is_about_connecting() {
            return;
        }
        self.successes_since += 1;
        self.recovered_at.get_or_insert(time);
    }

    /// Does the client hammer: ten failed attempts or more, one after the other and without backoff, at a mean
    /// interval below a second? The whole rule stands at `Pace`.
    pub fn is_retry_storm(&self) -> bool {
        self.pace.is_storm() && self.backoff != Backoff::Exponential && self.is_about_connecting()
    }

    /// The cause's id, `unexplained` without one.
    pub fn cause_id(&self) -> &'static str {
        self.example.cause_id()
    }

    fn is_like(&self, finding: &Finding) -> bool {
        self.example.kind == finding.kind
            && self.example.server.end == finding.server.end
            && self.cause_id() == finding.cause_id()
    }

    /// Repeated ones and then late ones are worth the most when memory is short.
    fn worth(&self) -> (bool, Time) {
        (self.count > 1, self.last)
    }

    fn order(&self) -> (Time, IpAddr, IpAddr, u16, Option<Kind>, &'static str) {
        let (client, server) = (self.example.client.end, self.example.server.end);
        (self.first, client.ip, server.ip, server.port, self.example.kind, self.cause_id())
    }
}

/// Takes away what only a person reads. The last packet stays, since it is a part of the finding's id.
fn strip(finding: &mut Finding) {
    finding.summary = String::new();
    finding.retry_why = "".into();
    finding.client.calls = None;
    finding.server.calls = None;
    finding.context = None;
    finding.reset_reason = None;
    finding.local = None;
    finding.evidence.drain(..finding.evidence.len().saturating_sub(1));
}

/// The middle one of some spans.
pub fn median(spans: &[u64]) -> u64 {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// One client's address and one service's address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Service {
    client: IpAddr,
    server: IpAddr,
    port: u16,
}

/// Each connection that is made asks for its service: that takes two words, not every byte.
impl Hash for Service {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match (self.client, self.server) {
            (IpAddr::V4(client), IpAddr::V4(server)) => {
                state.write_u64(u64::from(client.to_bits()) << 32 | u64::from(server.to_bits()));
            }
            (client, server) => [client, server].into_iter().for_each(|ip| match ip {
                IpAddr::V4(ip) => state.write_u32(ip.to_bits()),
                IpAddr::V6(ip) => state.write_u128(ip.to_bits()),
            }),
        }
        state.write_u16(self.port);
    }
}

/// What had to be given up because there were too many episodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Episodes.
    pub episodes: u64,
    /// The findings in them.
    pub findings: u64,
    /// Clients that were no longer watched for scans.
    pub clients: u64,
    /// Successes that were forgotten before a failure could be compared with them.
    pub successes: u64,
}

/// Gathers findings into episodes, in memory that is bounded.
#[derive(Debug)]
pub struct Episodes {
    /// Successes since the last failure, each with the hash of its service.
    reached: Vec<(Service, u64, Time)>,
    recent: Recent,
    scans: Scans,
    /// On the heap one by one: a `Vec` would begin with room for four of them, and most services have one.
    #[expect(clippy::vec_box)]
    services: HashMap<Service, Vec<Box<Episode>>>,
    /// The hashes of `services`.
    failed: Filter,
    held: usize,
    most: usize,
    keeps_texts: bool,
    folded: Folded,
}

impl Default for Episodes {
    fn default() -> Self {
        Episodes::with_limit(MAX_EPISODES)
    }
}

impl Episodes {
    /// Keeps at most `most` episodes.
    pub fn with_limit(most: usize) -> Episodes {
        Episodes {
            reached: Vec::with_capacity(TOGETHER),
            recent: Recent::default(),
            scans: Scans::default(),
            services: HashMap::new(),
            failed: Filter::default(),
            held: 0,
            most: most.max(1),
            keeps_texts: true,
            folded: Folded::default(),
        }
    }

    /// Keeps no texts of the examples, only what tells them apart from others: who needs no more spares the memory.
    pub fn without_texts(self) -> Episodes {
        Episodes { keeps_texts: false, ..self }
    }

    /// Takes a finding into its episode, or begins one.
    pub fn add(&mut self, finding: Finding) {
        self.catch_up();
        self.scans.add(&finding);
        let (client, server) = (finding.client.end, finding.counted_by());
        let service = Service { client: client.ip, server: server.ip, port: server.port };
        let hash = self.services.hasher().hash_one(service);
        if let Some(episode) =
            self.services.get_mut(&service).and_then(|all| all.iter_mut().find(|episode| episode.is_like(&finding)))
        {
            episode.add(&finding, || self.recent.after(hash, finding.time));
            return;
        }
        if self.held >= self.most {
            self.fold();
        }
        let mut episode = Box::new(Episode::new(finding));
        if !self.keeps_texts {
            strip(&mut episode.example);
        }
        let time = episode.last;
        episode.successes(|| self.recent.after(hash, time));
        self.failed.add(hash);
        self.services.entry(service).or_default().push(episode);
        self.held += 1;
    }

    /// This client reached this service at `time`. A failure that happened shortly before may be added later.
    pub fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        let service = Service { client, server, port };
        let hash = self.services.hasher().hash_one(service);
        self.recent.approach(hash);
        self.reached.push((service, hash, time));
        if self.reached.len() >= TOGETHER {
            self.catch_up();
        }
    }

    /// Takes the successes into account that came since the last failure: what each of them needs from memory has been
    /// asked for meanwhile.
    fn catch_up(&mut self) {
        for (service, hash, time) in self.reached.drain(..) {
            self.recent.add(hash, time);
            self.scans.reached(service.client, (service.server, service.port), time);
            if self.failed.may_have(hash) {
                let episodes = self.services.get_mut(&service);
                episodes.into_iter().flatten().for_each(|episode| episode.success(time));
            }
        }
    }

    /// What was given up for want of room.
    pub fn folded(&mut self) -> Folded {
        self.catch_up();
        Folded { clients: self.scans.unwatched(), successes: self.recent.forgotten(), ..self.folded }
    }

    /// The clients that tried many ports or hosts, by the first failure's time.
    pub fn scans(&mut self) -> Vec<Scan> {
        self.catch_up();
        self.scans.found()
    }

    /// All episodes, also those of one finding, by their first finding's time.
    pub fn finish(&mut self) -> Vec<Episode> {
        self.catch_up();
        let mut all: Vec<Box<Episode>> = self.services.drain().flat_map(|(_, episodes)| episodes).collect();
        self.held = 0;
        for episode in &mut all {
            // Who reached the service meanwhile did not wait to try again.
            let tried_again = episode.successes_between == 0 && episode.is_about_connecting();
            episode.backoff = if tried_again { Backoff::of(&episode.pauses) } else { Backoff::None };
        }
        all.sort_by_key(|episode| episode.order());
        all.into_iter().map(|episode| *episode).collect()
    }

    /// Gives up a quarter at once, so that a scan of many ports does not search for the oldest each time.
    fn fold(&mut self) {
        let mut worths: Vec<_> = self.services.values().flatten().map(|episode| episode.worth()).collect();
        let surplus = (worths.len() / 4).max(1);
        if worths.len() < surplus {
            return;
        }
        let (_, threshold, _) = worths.select_nth_unstable(surplus - 1);
        let threshold = *threshold;
        let folded = &mut self.folded;
        self.services.retain(|_, episodes| {
            episodes.retain(|episode| {
                let keep = episode.worth() > threshold;
                if !keep {
                    folded.episodes += 1;
                    folded.findings += episode.count;
                }
                keep
            });
            !episodes.is_empty()
        });
        self.held = self.services.values().map(Vec::len).sum();
        self.failed.refill(self.services.keys().map(|service| self.services.hasher().hash_one(service)));
    }
}

#[cfg(test)]
mod tests;
