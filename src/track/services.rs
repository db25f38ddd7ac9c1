//! What connections to one service tell about the others: did it answer, and from how far away?

use std::net::IpAddr;

use super::lately::Lately;
use super::places::{LAST, Place, bit};
use super::slots::Slots;
use super::story::Silence;
use super::table::Table;
use crate::cpu::prefetch;
use crate::decode::{CutIcmpError, End, Segment};
use crate::time::{SECOND, Time};

/// What is known of one address and port that answered a SYN with a SYN-ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// When it first did.
    pub answered_first: Time,
    /// When it last did.
    pub answered: Time,
    /// When it last answered a SYN that it had ignored before, or repeated its SYN-ACK though that was acknowledged.
    hesitated: Time,
    /// How many SYNs it has answered at once since then.
    at_once: u16,
    /// The lowest and the highest TTL of its answers, which are known of its host.
    ttls: (u8, u8),
    /// The captures that showed it answer.
    inputs: u8,
    /// A relay stands before another with the same address and port: in each capture it is one of its own.
    relayed: bool,
}

impl Service {
    /// Has it hesitated since `time`, and not only once in many times, as where a SYN was lost?
    pub fn hesitates_since(&self, time: Time) -> bool {
        self.hesitated >= time && self.at_once < 10
    }
}

/// How regularly a client connects to a service only to hang up, without a word or after one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// How often, the visit at hand left out.
    pub count: u32,
    /// When it last did.
    pub last: Time,
    /// Nanoseconds between the last two visits.
    pub interval: u64,
    /// How many intervals were about as long as the one before them.
    pub regular: u32,
}

impl Visits {
    /// Would a visit at `time` keep the rhythm?
    pub fn keeps_rhythm(&self, time: Time) -> bool {
        let interval = time.since(self.last);
        self.count >= 2
            && interval >= SECOND / 5
            && interval.abs_diff(self.interval) <= (self.interval / 5).max(SECOND / 20)
    }
}

/// Where a service answers, and if in other captures another may answer there, in which of them. And is it the host that captures
/// that answers there? A transparent proxy does in the name of a service behind it.
type Where = (End, Option<u8>, bool);

/// The services that were seen, in bounded memory.
#[derive(Default)]
pub struct Services {
    /// Where in `known` they are. Every handshake asks for one: it can be brought near before.
    index: Table,
    known: Slots<(Where, Service)>,
    seed: [u64; 2],
    /// The TTLs of each server's SYN-ACKs in each capture, of which the last stands for all others, those apart that the host that
    /// captures has made: lowest and highest.
    ttls: Lately<(IpAddr, u8, bool), Option<(u8, u8)>>,
    /// Clients that connect and hang up.
    visits: Lately<(IpAddr, End), Visits>,
    /// When a host last got an ICMP error whose quote the snaplen cut, and for whom the segment was, if that is known.
    cut_errors: Lately<(IpAddr, Option<IpAddr>), Time>,
    /// When a service last stopped to acknowledge what a client with an open connection sent.
    silences: Lately<End, Time>,
    /// When a client last asked a service in vain, for the first time and for the last: for a connection, or on one that no
    /// device can have forgotten.
    lost: Lately<(IpAddr, End), (Time, Time)>,
    /// Who answered an end, and acknowledged this number, without having been asked by it, and when. What is forgotten of it is not
    /// counted: in a capture of one direction it is all that is answered.
    unasked: Lately<(End, u32), Option<(End, Time)>>,
    /// Where in `known` to look next for one that answered long ago.
    hand: usize,
    /// How many of the known ones were forgotten.
    forgotten: u64,
}

/// No device on the path forgets a connection that was idle for less.
pub const SHORTEST_IDLE: u64 = 50 * SECOND;

/// So many services are remembered at a time: a scan shows a new one with every packet.
const MOST: usize = 1 << 16;
/// How many are looked at to find one that answered long ago.
const LOOKED_AT: usize = 16;

impl Services {
    /// None so far; with a `seed` that nobody knows, addresses cannot be chosen to collide.
    pub(super) fn new(seed: [u64; 2]) -> Services {
        Services { seed, ..Services::default() }
    }

    /// How much was forgotten to make room.
    pub fn forgotten(&self) -> u64 {
        let others = [self.ttls.forgotten(), self.visits.forgotten(), self.cut_errors.forgotten()];
        self.forgotten + others.iter().sum::<u64>() + self.silences.forgotten() + self.lost.forgotten()
    }

    /// What is known of the one that connections in this capture reach there, if it ever answered. `here`: by the host that
    /// captures, unless that has never answered there. Else it may be the host of another capture that answers.
    pub fn get(&self, end: &End, input: u8, here: bool) -> Option<Service> {
        let of = |here| {
            let (_, place) = self.find(*end, input, here, end.hash(self.seed));
            self.known.get(place? as usize).map(|known| known.1)
        };
        let elsewhere = || of(true).filter(|service: &Service| service.inputs & bit(input) == 0);
        if here { of(true).or_else(|| of(false)) } else { of(false).or_else(elsewhere) }
    }

    /// When the host of this capture last answered there itself, if it ever did.
    pub(super) fn answered_here(&self, end: &End, input: u8) -> Option<Time> {
        let (_, place) = self.find(*end, input, true, end.hash(self.seed));
        let service = &self.known.get(place? as usize)?.1;
        (service.inputs & bit(input) != 0).then_some(service.answered)
    }

    fn place(&self, at: Where, hash: u32) -> Option<u32> {
        self.index.find(hash, |place| self.known.get(place as usize).is_some_and(|known| known.0 == at))
    }

    /// Each host has a loopback of its own (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3), and who stands behind a relay may
    /// have the same address: what answers there in another capture may be another.
    fn find(&self, end: End, input: u8, here: bool, hash: u32) -> (Where, Option<u32>) {
        if !end.ip.is_loopback() {
            let place = self.place((end, None, here), hash);
            if place.is_none_or(|place| !self.known[place as usize].1.relayed) {
                return ((end, None, here), place);
            }
        }
        let own = (end, Some(input.min(LAST)), here);
        (own, self.place(own, hash))
    }

    /// Brings near where a service with this hash is found.
    #[inline]
    pub(super) fn approach(&self, hash: u32) {
        self.index.approach(hash);
    }

    /// Brings near what is known of a service with this hash.
    #[inline]
    pub(super) fn approach_known(&self, hash: u32) {
        if let Some((end, service)) = self.index.guess(hash).and_then(|place| self.known.get(place as usize)) {
            prefetch(end);
            prefetch(service);
        }
    }

    /// Has `ip` got an unreadable ICMP error since `time` that may be about what it sent to `peer`? Then its silence may have
    /// another errno.
    pub fn cut_error_since(&self, ip: IpAddr, peer: IpAddr, time: Time) -> bool {
        let since = |about: Option<IpAddr>| self.cut_errors.get(&(ip, about)).is_some_and(|last| *last >= time);
        since(Some(peer)) || since(None)
    }

    pub(super) fn cut_error(&mut self, error: &CutIcmpError) {
        *self.cut_errors.note((error.receiver, error.destination)) = error.time;
    }

    /// Has it left payload or probes of an open connection without an answer since it last answered a SYN?
    pub fn fell_silent(&self, end: &End, service: &Service) -> bool {
        self.silences.get(end).is_some_and(|silence| *silence >= service.answered)
    }

    pub(super) fn was_silent(&mut self, end: End, time: Time) {
        *self.silences.note(end) = time;
    }

    /// Had this client lost this service at `time` or shortly before? Then what it asked on other connections was in vain too.
    pub fn had_lost(&self, client: IpAddr, server: End, input: u8, time: Time) -> bool {
        let lost = self.lost.get(&(client, server));
        lost.is_some_and(|(first, last)| {
            let answered = |here| self.get(&server, input, here).is_some_and(|service| service.answered >= *first);
            time <= *last + 60 * SECOND && !answered(true) && !answered(false)
        })
    }

    pub(super) fn was_lost(&mut self, client: IpAddr, server: End, silence: &Silence) {
        *self.lost.note((client, server)) = (silence.first.time, silence.last.time);
    }

    /// Who answered the client's SYN with this number, first sent at `asked`, in place of the server: a translation that is passed by on
    /// the way back. Numbers that programs choose themselves, such as 0, come again: what was captured long before answers another SYN.
    pub fn answered_instead(&self, [client, server]: [End; 2], isn: u32, asked: Time) -> Option<End> {
        let (end, time) = self.unasked.get(&(client, isn.wrapping_add(1))).copied().flatten()?;
        (end != server && time + SECOND >= asked).then_some(end)
    }

    /// This segment answers a SYN that was not sent to where it comes from, or that the capture does not show before.
    pub(super) fn answered_unasked(&mut self, segment: &Segment, bytes: &[u8]) {
        let (source, destination) = segment.ends(bytes);
        *self.unasked.note((destination, segment.acknowledgment)) = Some((source, segment.time));
    }

    /// The visits of a client that hung up without a word.
    pub fn visits(&self, client: IpAddr, server: End) -> Visits {
        self.visits.get(&(client, server)).copied().unwrap_or_default()
    }

    pub(super) fn visited(&mut self, client: IpAddr, server: End, time: Time) {
        let visits = self.visits.note((client, server));
        visits.regular += u32::from(visits.keeps_rhythm(time));
        visits.interval = time.since(visits.last);
        visits.last = time;
        visits.count = visits.count.saturating_add(1);
    }

    /// The lowest and the highest TTL of the SYN-ACKs of a host: those in this capture, which is one place on the way, else
    /// those in all of them. `here`: those that the host that captures has made, if there are any.
    pub fn ttls(&self, ip: IpAddr, input: u8, here: bool) -> Option<(u8, u8)> {
        let of = |here: bool| {
            let at = |place: u8| self.ttls.get(&(ip, place, here)).copied().flatten();
            at(input.min(LAST))
                .or_else(|| (0..=LAST).filter_map(at).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))))
        };
        if here { of(true).or_else(|| of(false)) } else { of(false) }
    }

    /// A SYN-ACK came from this host with this TTL in this capture. `here`: made by the host that captures.
    pub(super) fn saw_ttl(&mut self, ip: IpAddr, ttl: u8, input: u8, here: bool) {
        let (low, high) = self.ttls.note((ip, input.min(LAST), here)).get_or_insert((ttl, ttl));
        *low = (*low).min(ttl);
        *high = (*high).max(ttl);
    }

    /// A service that has answered hesitates to take a connection.
    pub(super) fn hesitated(&mut self, end: End, segment: &Segment) {
        let here = Place::of(segment).is_made_here();
        if let (_, Some(place)) = self.find(end, segment.input, here, end.hash(self.seed)) {
            let (_, service) = &mut self.known[place as usize];
            (service.hesitated, service.at_once) = (segment.time, 0);
        }
    }

    /// Behind this service stands another with its address and port: it is that of the captures that showed it answer.
    pub(super) fn relayed(&mut self, end: End) {
        let hash = end.hash(self.seed);
        for here in [false, true] {
            let Some(place) = self.place((end, None, here), hash) else { continue };
            let (_, service) = &mut self.known[place as usize];
            let own = *service;
            if !std::mem::replace(&mut service.relayed, true) {
                let shown = (0..=LAST).filter(|input| own.inputs & bit(*input) != 0);
                shown.for_each(|input| self.add((end, Some(input), here), own, hash));
            }
        }
    }

    fn add(&mut self, at: Where, service: Service, hash: u32) {
        let place = if self.known.len() < MOST { self.known.add((at, service)) } else { self.displace(at, service) };
        if let Some(place) = place {
            self.index.insert(hash, place);
        }
    }

    /// Forgets the one of some that answered before all others, and puts another in its place.
    fn displace(&mut self, at: Where, service: Service) -> Option<u32> {
        let some = (self.hand..self.hand + LOOKED_AT).map(|place| place % MOST);
        self.hand = (self.hand + LOOKED_AT) % MOST;
        let place = some.min_by_key(|place| self.known.get(*place).map(|(_, known)| known.answered))?;
        let ((end, ..), _) = std::mem::replace(self.known.get_mut(place)?, (at, service));
        let place = place as u32;
        self.index.remove(end.hash(self.seed), place);
        self.forgotten += 1;
        Some(place)
    }

    /// A service answered a SYN with this segment.
    pub(super) fn answered(&mut self, end: End, segment: &Segment) {
        let (hash, here) = (end.hash(self.seed), Place::of(segment).is_made_here());
        let Segment { time, ttl, input, .. } = *segment;
        let shown = bit(input);
        match self.find(end, input, here, hash) {
            (_, Some(place)) => {
                let (_, service) = &mut self.known[place as usize];
                service.answered = time;
                service.at_once = service.at_once.saturating_add(1);
                service.inputs |= shown;
                let (low, high) = service.ttls;
                if service.inputs == shown && (low..=high).contains(&ttl) {
                    return;
                }
                service.ttls = (low.min(ttl), high.max(ttl));
            }
            (at, None) => {
                let (ttls, inputs) = ((ttl, ttl), shown);
                let service = Service { answered_first: time, answered: time, ttls, inputs, ..Service::default() };
                self.add(at, service, hash);
            }
        }
        self.saw_ttl(end.ip, ttl, input, here);
    }
}
