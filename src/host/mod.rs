//! What the host itself knows of a connection that has an end here: who listens, which process it is, what the kernel
//! counted. Only live capture asks, when a failure is found; no verdict depends on it.
//!
//! The way to sockets and the counters are opened before rights are given up, in the network namespace of the capture,
//! and asked again later. Which process holds a socket is asked of a helper (see [`helper`]) that keeps the right to see it.
//! Without that right, as with `setcap cap_net_raw=ep`, only the processes of the same user are known.

pub mod counters;
mod diag;
mod facts;
pub mod helper;
mod local;
mod process;
mod sockets;

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use local::{Listening, Local, Tracked};
pub use process::Process;

use crate::context::Side;
use crate::diagnose::Finding;
use crate::time::{SECOND, Time};
use crate::track::kernel::Kind;
use counters::Counters;
use facts::View;
use helper::Helper;
use sockets::{Socket, Sockets};

/// How often the counters are noted.
const EVERY: Duration = Duration::from_secs(1);
/// So many notes of the counters are kept: connecting in vain takes about two minutes.
const NOTES: usize = 150;
/// So many of them know which sockets listened.
const WITH_SOCKETS: usize = 6;
/// So long are listening sockets, their processes and counters believed.
const FRESH: Duration = Duration::from_millis(100);
/// So long are own addresses believed.
const ADDRESSED: Duration = Duration::from_secs(1);
/// So long are the tables of all sockets believed.
const SETTLED: Duration = Duration::from_secs(5);
/// So long is it believed that nobody can be seen to hold a socket.
const UNSEEN: Duration = Duration::from_secs(1);
/// So many holders of sockets are remembered.
const REMEMBERED: usize = 1024;

/// How things stood at some time.
#[derive(Clone, Debug)]
struct Note {
    time: Time,
    counters: Counters,
    /// Sockets that listened; `None` in old notes, and where there were too many.
    listening: Option<Rc<[Socket]>>,
}

/// This host, as far as it may be seen.
#[derive(Debug)]
pub struct Host {
    sockets: Sockets,
    netstat: Option<File>,
    snmp: Option<File>,
    /// The number of tracked connections, and the most there may be.
    conntrack: Option<(File, File)>,
    /// Whether bridges hand what they pass on to the firewall (`br_nf_pre_routing()`).
    bridges: Option<File>,
    helper: Option<Helper>,
    notes: VecDeque<Note>,
    noted: Instant,
    newest: Option<(Instant, Note)>,
    /// The port that was asked for last, where there are too many to note them all, and what listens on it.
    asked: Option<(Instant, u16, Rc<[Socket]>)>,
    /// Own addresses, each with the number of its interface.
    addresses: Option<(Instant, HashMap<IpAddr, u32>)>,
    holders: HashMap<u64, (Instant, Option<Process>)>,
}

impl Host {
    /// Opens what is looked at later, and starts the helper. Also says, in a line, what is possible.
    pub fn open() -> (Host, String) {
        let open = |path: &str| File::open(path).ok();
        let conntrack = |name: &str| open(&format!("/proc/sys/net/netfilter/nf_conntrack_{name}"));
        let (helper, said) = match Helper::start() {
            Ok((helper, in_force)) => (
                Some(helper),
                format!(
                    "a helper finds out which process holds a socket: \
                                                              {in_force}"
                ),
            ),
            Err(error) => (
                None,
                format!(
                    "which process holds a socket stays unknown: the helper did not start: \
                                          {error}"
                ),
            ),
        };
        let mut host = Host {
            sockets: Sockets::open(),
            netstat: open("/proc/thread-self/net/netstat"),
            snmp: open("/proc/thread-self/net/snmp"),
            conntrack: conntrack("count").zip(conntrack("max")),
            bridges: open("/proc/sys/net/bridge/bridge-nf-call-iptables"),
            helper,
            notes: VecDeque::new(),
            noted: Instant::now(),
            newest: None,
            asked: None,
            addresses: None,
            holders: HashMap::new(),
        };
        host.note();
        (host, said)
    }

    /// Notes from time to time how things stand, to compare with later.
    pub fn tick(&mut self) {
        if self.noted.elapsed() >= EVERY {
            self.note();
        }
    }

    /// What this host knows of it; `None` if neither end is here.
    pub fn look(&mut self, finding: &Finding) -> Option<Local> {
        // Of a benign ending nobody asks who it was.
        finding.kind?;
        // Each end's socket has its own address, and of the other's the one that its side of an address translation has.
        let [client, server] = [finding.client.end, finding.server.end];
        let [client_behind, server_behind] = finding.translated.unwrap_or([client, server]);
        let mut sockets = [(client, server), (server_behind, client_behind)];
        let mut devices = sockets.map(|(own, _)| self.device_of(own.ip));
        // Whose packets are forwarded here has an address of this host by NAT only.
        for (device, end) in devices.iter_mut().zip([&finding.client, &finding.server]) {
            *device = device.filter(|_| !end.is_routed);
        }
        let here = devices.map(|device| device.is_some());
        let side = facts::side(finding, here)?;
        if side == Side::Server {
            sockets.reverse();
            devices.reverse();
        }
        let ([own, peer], [own_device, peer_device]) = (sockets, devices.map(Option::unwrap_or_default));
        let now = self.now();
        // What the packets show happened a little after the last note before it.
        let begun = finding.time - finding.timing.duration.min(NOTES as u64 * SECOND);
        let start = if facts::takes_long(finding) { begun } else { finding.time };
        let earlier = self.before(start);
        let counted = earlier.map(|note| now.counters.since(&note.counters)).unwrap_or_default();
        let is_counted = self.netstat.is_some() && earlier.is_some_and(|note| note.time <= start);
        let before = self.before(begun).and_then(|note| note.listening.clone());
        let is_socket_asked = finding.kind != Some(Kind::Refused);
        let socket = if is_socket_asked { self.sockets.connection(own.0, own.1, own_device) } else { None };
        let socket = socket.filter(|socket| facts::is_its_own(finding, side, socket));
        let is_peer_asked = is_socket_asked && here == [true, true];
        let peer = if is_peer_asked { self.sockets.connection(peer.0, peer.1, peer_device) } else { None };
        let peer = peer.filter(|socket| facts::is_its_own(finding, side.other(), socket));
        let is_conntrack_asked = finding.kind == Some(Kind::TimedOut);
        let are_all_known = now.listening.is_some();
        let listening = now.listening.unwrap_or_else(|| self.listening_on(finding.taken_at().port));
        let view = View {
            side,
            now: &listening,
            are_all_known,
            before: before.as_deref(),
            counted,
            is_counted,
            conntrack: if is_conntrack_asked { self.conntrack() } else { None },
            // How many are tracked does not tell: one that is refused is forgotten at once (nf_conntrack_tcp_packet()).
            may_translate: self.conntrack.is_some(),
            // Asked only where the socket is not found.
            may_be_bridged: socket.is_none() && self.bridges.as_mut().is_some_and(|file| read(file, 32).trim() == "1"),
            socket,
            peer,
            is_table_known: self.sockets.is_known(),
        };
        Some(facts::local(finding, view, &mut |inode| self.holder(inode)))
    }

    /// The last note before `time`, or the first one there is.
    fn before(&self, time: Time) -> Option<&Note> {
        self.notes.iter().rev().find(|note| note.time <= time).or(self.notes.front())
    }

    fn note(&mut self) {
        self.noted = Instant::now();
        self.newest = None;
        let note = self.now();
        self.notes.push_back(note);
        while self.notes.len() > NOTES {
            self.notes.pop_front();
        }
        let old = self.notes.len().saturating_sub(WITH_SOCKETS);
        if let Some(note) = old.checked_sub(1).and_then(|last| self.notes.get_mut(last)) {
            note.listening = None;
        }
    }

    /// The sockets that listen on this port, of more than are noted.
    fn listening_on(&mut self, port: u16) -> Rc<[Socket]> {
        if let Some((_, _, known)) = self.asked.as_ref().filter(|(at, of, _)| *of == port && at.elapsed() < FRESH) {
            return known.clone();
        }
        let found: Rc<[Socket]> = self.sockets.listening_on(port).into();
        self.asked = Some((Instant::now(), port, found.clone()));
        found
    }

    /// How things stand now.
    fn now(&mut self) -> Note {
        if let Some((_, note)) = self.newest.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return note.clone();
        }
        let text = |file: &mut Option<File>| file.as_mut().map_or(String::new(), |file| read(file, 64 << 10));
        let counters = Counters::parse(&text(&mut self.netstat), &text(&mut self.snmp));
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = Time(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        let (listening, are_all) = self.sockets.listening();
        let note = Note { time, counters, listening: are_all.then(|| listening.into()) };
        self.newest = Some((Instant::now(), note.clone()));
        note
    }

    fn conntrack(&mut self) -> Option<Tracked> {
        let (count, max) = self.conntrack.as_mut()?;
        let number = |file: &mut File| read(file, 32).trim().parse().ok();
        Some(Tracked { count: number(count)?, max: number(max)? })
    }

    /// The number of the interface that has the address, or 0 for any of them; `None` if none has it.
    fn device_of(&mut self, address: IpAddr) -> Option<u32> {
        if self.addresses.as_ref().is_none_or(|(at, _)| at.elapsed() > ADDRESSED) {
            let interfaces = pnet::datalink::interfaces();
            let own = interfaces.iter().flat_map(|it| it.ips.iter().map(|network| (network.ip(), it.index)));
            self.addresses = Some((Instant::now(), own.collect()));
        }
        let known = self.addresses.as_ref().and_then(|(_, own)| own.get(&address).copied());
        known.or(address.is_loopback().then_some(0))
    }

    fn holder(&mut self, inode: u64) -> Option<Process> {
        if inode == 0 {
            return None;
        }
        let is_believed =
            |at: &Instant, known: &Option<Process>| at.elapsed() < if known.is_some() { FRESH } else { UNSEEN };
        if let Some((_, known)) = self.holders.get(&inode).filter(|(at, known)| is_believed(at, known)) {
            return known.clone();
        }
        if self.holders.len() >= REMEMBERED {
            self.holders.clear();
        }
        let holder = self.helper.as_mut().and_then(|helper| helper.holder(inode));
        self.holders.insert(inode, (Instant::now(), holder.clone()));
        holder
    }
}

/// A file of /proc from its start, as it is now; empty where that fails.
fn read(file: &mut File, most: u64) -> String {
    let mut bytes = Vec::new();
    if file.seek(SeekFrom::Start(0)).is_ok() {
        // What was read before a failure counts.
        let _ = file.take(most).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
