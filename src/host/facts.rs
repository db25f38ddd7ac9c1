//! From sockets and counters to a sentence.

use std::net::IpAddr;

use super::counters::{Rises, rise};
use super::local::{Listening, Local, Tracked};
use super::process::Process;
use super::sockets::Socket;
use crate::causes::Confidence;
use crate::context::Side;
use crate::decode::End;
use crate::diagnose::{EndedBy, Finding, ResetKind};
use crate::track::kernel::Kind;
use crate::track::{CLIENT, SERVER};

/// Of so many percent of the connections that may be tracked, it is said.
const NEARLY_FULL: u64 = 95;

/// What was seen on this host about one finding.
pub(super) struct View<'a> {
    /// Which end is here.
    pub side: Side,
    /// The sockets that listen now, at least those on the server's port.
    pub now: &'a [Socket],
    /// Those on other ports as well?
    pub are_all_known: bool,
    /// Those that listened before the connection began, if that was noted.
    pub before: Option<&'a [Socket]>,
    /// Counters that rose meanwhile.
    pub counted: Rises,
    /// They were noted before it began, so that those which are not among them did not rise.
    pub is_counted: bool,
    /// Connections tracked, and how many may be.
    pub conntrack: Option<Tracked>,
    /// Connections can be tracked, without which no address is translated.
    pub may_translate: bool,
    /// Bridges translate addresses (br_netfilter), which does not lower the TTL.
    pub may_be_bridged: bool,
    /// The connection's own socket, if it is still there.
    pub socket: Option<Socket>,
    /// That of the other end, if that is here as well and still there.
    pub peer: Option<Socket>,
    /// Could the tables of sockets be read at all?
    pub is_table_known: bool,
}

/// Which end is looked at; `here` says which ones are on this host.
pub(super) fn side(finding: &Finding, here: [bool; 2]) -> Option<Side> {
    let is_servers = finding.kind == Some(Kind::Refused) || is_about(finding, &["backlog_overflow"]);
    match here {
        [true, true] if !is_servers && finding.ended_by == EndedBy::Client => Some(Side::Client),
        [_, true] => Some(Side::Server),
        [true, false] => Some(Side::Client),
        [false, false] => None,
    }
}

/// Is the socket that was found between the ends of this connection its own? A RST leaves none: who sends it has none any
/// more, and who accepts it frees it at once (`tcp_done()`), without TIME_WAIT. Then it is a later connection's, from the
/// same port, which a busy client takes again within the time for which a verdict waits.
pub(super) fn is_its_own(finding: &Finding, side: Side, socket: &Socket) -> bool {
    let sent_it = match side {
        Side::Client => finding.ended_by == EndedBy::Client && finding.victim == SERVER,
        Side::Server => finding.ended_by == EndedBy::Server && finding.victim == CLIENT,
    };
    finding.reset.is_none() || !(sent_it || socket.waits_in_time_wait())
}

/// Does it build up over the whole connection, and not at its end?
pub(super) fn takes_long(finding: &Finding) -> bool {
    finding.kind == Some(Kind::TimedOut) || is_about(finding, &["backlog_overflow"])
}

/// Puts together what this host knows. `holder` tells which process holds a socket.
pub(super) fn local(finding: &Finding, view: View, holder: &mut dyn FnMut(u64) -> Option<Process>) -> Local {
    let server = finding.taken_at();
    let on_port = |sockets: &[Socket]| -> Vec<Socket> {
        sockets.iter().copied().filter(|socket| socket.local.port == server.port).collect()
    };
    let now = on_port(view.now);
    let listener = if view.side == Side::Server { choose(&now, server.ip) } else { None };
    let listening = listener.map(|socket| Listening {
        address: socket.local.ip,
        port: socket.local.port,
        queue: socket.queue,
        backlog: socket.backlog,
        process: holder(socket.inode),
    });
    let process = view.socket.and_then(|socket| holder(socket.inode));
    let peer = view.peer.and_then(|socket| holder(socket.inode));
    let mut told = Told { facts: Vec::new(), confidence: None };
    if !view.is_table_known {
        told.facts.push("The tables of sockets in /proc/net cannot be read, so who listens is unknown.".to_owned());
    } else if finding.kind == Some(Kind::Refused) && view.side == Side::Server {
        let before = view.before.map(on_port);
        told.refused(finding, &view, listener.zip(listening.as_ref()), &now, before.as_deref());
    } else {
        told.holder(finding, &view, listener.zip(listening.as_ref()), process.as_ref());
        if let Some(peer) = &peer {
            told.facts.push(format!("The {}'s is held by {}.", view.side.other().id(), name(Some(peer))));
        }
    }
    if is_about(finding, &["backlog_overflow"]) && view.side == Side::Server {
        told.overflow(&view, listener);
    }
    if is_about(finding, &["syn_unanswered"]) && view.side == Side::Server && finding.role_known {
        told.unanswered(&view);
    }
    told.abort(finding, &view);
    let is_full = |tracked: &Tracked| tracked.max > 0 && tracked.count.saturating_mul(100) >= tracked.max * NEARLY_FULL;
    if let Some(Tracked { count, max }) = view.conntrack.filter(is_full) {
        told.facts.push(format!(
            "\
            Connection tracking is full or nearly so ({count} of {max}): once it is full, packets of new connections \
            are dropped."
        ));
    }
    Local {
        side: view.side,
        listener: listening,
        process,
        peer,
        counters: view.counted,
        conntrack: view.conntrack,
        fact: told.facts.join(" "),
        confidence: told.confidence,
    }
}

fn is_about(finding: &Finding, causes: &[&str]) -> bool {
    finding.cause.is_some_and(|cause| causes.contains(&cause.id))
}

/// The socket that serves the address; else one that listens on the same port elsewhere.
fn choose(sockets: &[Socket], address: IpAddr) -> Option<Socket> {
    // The exact address comes before all addresses, as in the kernel. Of several that share it (SO_REUSEPORT) it is the
    // one that is full that matters, or where clients wait.
    let rank = |socket: &&Socket| {
        let is_exact = socket.local.ip == address;
        (socket.serves(address), socket.device == 0, is_exact, socket.is_full(), socket.queue)
    };
    sockets.iter().max_by_key(rank).copied()
}

/// Is one that listened where the server is served gone since?
fn listener_was_closed(server: End, view: &View) -> bool {
    let served = view.before.unwrap_or_default().iter().filter(|socket| socket.local.port == server.port);
    let is_gone = |socket: &Socket| view.now.iter().all(|other| other.inode != socket.inode);
    served.filter(|socket| socket.serves(server.ip)).any(is_gone)
}

/// A process, or that it is not known.
fn name(process: Option<&Process>) -> String {
    match process {
        Some(Process { pid, name, unit: Some(unit) }) => format!("{name} (pid {pid}, {unit})"),
        Some(Process { pid, name, unit: None }) => format!("{name} (pid {pid})"),
        None => "a process that tcpwhy may not see".to_owned(),
    }
}

fn place(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}:{port}"),
        IpAddr::V6(address) => format!("[{address}]:{port}"),
    }
}

/// Who listens where, as the beginning of a sentence; a socket that does not serve `address` listens elsewhere only.
fn listens(address: IpAddr, socket: &Socket, listening: &Listening) -> String {
    let who = listening.process.as_ref().map_or("A process that tcpwhy may not see".to_owned(), |it| name(Some(it)));
    let place = place(listening.address, listening.port);
    let is_other_family = socket.local.ip.is_unspecified() && socket.ipv6_only == Some(true);
    let only = match socket.serves(address) {
        true if socket.device != 0 => " of a single interface (SO_BINDTODEVICE)",
        true => "",
        false if is_other_family => " for IPv6 only",
        false => " only",
    };
    format!("{who} listens on {place}{only}")
}

struct Told {
    facts: Vec<String>,
    confidence: Option<Confidence>,
}

impl Told {
    /// Why a SYN was refused. `now` and `before` are the sockets that listen on the port, and those that did before the
    /// connection, if that is known.
    fn refused(
        &mut self,
        finding: &Finding,
        view: &View,
        listener: Option<(Socket, &Listening)>,
        now: &[Socket],
        before: Option<&[Socket]>,
    ) {
        let server = finding.taken_at();
        let Some((listener, listening)) = listener else {
            let ended = if before.is_some_and(|sockets| !sockets.is_empty()) { " any more" } else { "" };
            return self.facts.push(format!("Nothing listens on port {} here{ended}.", server.port));
        };
        let listens = listens(server.ip, &listener, listening);
        if !listener.serves(server.ip) {
            return self.facts.push(format!("{listens}."));
        }
        // One of them served it all the time: a service that was started anew has another socket.
        let served = before.map(|sockets| {
            let stayed = |socket: &Socket| now.iter().any(|other| other.inode == socket.inode);
            sockets.iter().any(|socket| socket.serves(server.ip) && stayed(socket))
        });
        // A container's port that is published here has a listener here too, which the SYN never reaches.
        let led_on = if view.may_translate { ", or NAT redirected it to a port that refuses" } else { "" };
        let came = if listener.device == 0 { "" } else { "it came in on another one, or " };
        let rejected = format!("{listens}: {came}a firewall on this host rejected it{led_on}");
        match served {
            Some(false) => {
                return self.facts.push(format!("{listens} now, but did not a moment before."));
            }
            Some(true) => {
                let is_doubtful = listener.local.ip.is_ipv6() && server.ip.is_ipv4() && listener.ipv6_only.is_none();
                let alternative = if is_doubtful { ", unless it accepts IPv6 only" } else { "" };
                self.facts.push(format!("{rejected}{alternative}."));
            }
            None => self.facts.push(format!("{rejected}, unless it began to listen only later.")),
        }
        if is_about(finding, &["no_listener", "service_stopped"]) {
            self.confidence = Some(Confidence::Possible);
        }
    }

    /// Who has to do with it here. The server has no socket for a client whose handshake was never complete.
    fn holder(
        &mut self,
        finding: &Finding,
        view: &View,
        listener: Option<(Socket, &Listening)>,
        process: Option<&Process>,
    ) {
        let (side, server) = (view.side.id(), finding.taken_at());
        let never_opened = view.side == Side::Server && finding.role_known && finding.timing.connect.is_none();
        let listens = listener.map(|(socket, listening)| listens(server.ip, &socket, listening));
        self.facts.push(match (view.socket, listens) {
            (Some(socket), _) if socket.inode != 0 => format!("The {side}'s socket is held by {}.", name(process)),
            (Some(socket), Some(listens)) if socket.is_unaccepted() => {
                format!("{listens}, and has not accepted the connection.")
            }
            (Some(socket), None) if socket.is_unaccepted() => "No process has accepted the connection.".to_owned(),
            (Some(_), _) => format!("The {side}'s socket is still there, but no process holds it any more."),
            (None, Some(listens)) if never_opened => format!("{listens}."),
            (None, None) if never_opened => format!("Nothing listens on port {} here.", server.port),
            (None, Some(listens)) => format!("The {side}'s socket is gone. {listens}."),
            (None, None) if view.may_be_bridged => format!("The {side}'s socket is gone, or was elsewhere behind NAT."),
            (None, None) => format!("The {side}'s socket is gone, and its process is unknown."),
        });
    }

    /// A full queue leaves traces: connections that wait, and a counter.
    fn overflow(&mut self, view: &View, listener: Option<Socket>) {
        let overflows = rise(&view.counted, "ListenOverflows");
        let queue = listener.map_or(0, |socket| socket.queue);
        if queue > 0 {
            let wait = if queue == 1 { "connection waits" } else { "connections wait" };
            let room = listener.and_then(|socket| socket.backlog);
            let room = room.map_or(String::new(), |backlog| format!("; its backlog is {backlog}"));
            self.facts.push(format!("{queue} {wait} for accept(){room}."));
        }
        let dropped = ["ListenOverflows", "ListenDrops", "TCPReqQFullDrop"].map(|name| rise(&view.counted, name));
        // Who is led on by NAT overflows a queue that is counted elsewhere.
        let is_counted = view.is_counted && (view.socket.is_some() || !view.may_translate);
        if is_counted && dropped == [0; 3] {
            // tcp_v4_syn_recv_sock() and tcp_conn_request() count whatever they drop for want of room.
            self.confidence = Some(Confidence::Possible);
            self.facts.push(
                "But the kernel counted no overflow of its queue (ListenOverflows, ListenDrops): more likely, a \
                 firewall on this host dropped the client's packets."
                    .to_owned(),
            );
        }
        if overflows == 0 {
            return;
        }
        let others = view.now.iter().filter(|socket| socket.queue > 0);
        let is_alone = others.filter(|socket| listener.is_none_or(|own| own.inode != socket.inode)).count() == 0;
        // A queue that has room by now may not be the one that overflowed.
        if view.are_all_known && is_alone && listener.is_some_and(|socket| socket.is_full()) {
            self.confidence = Some(Confidence::Certain);
            self.facts.push(format!("The kernel counted it: ListenOverflows rose by {overflows}."));
        } else {
            self.facts.push(format!("Consistent with that, ListenOverflows rose by {overflows}."));
        }
    }

    /// The kernel answers each SYN that reaches it: tcp_v4_rcv() by a RST where nothing listens, tcp_conn_request() by a SYN-ACK, or
    /// it counts that it had no room.
    fn unanswered(&mut self, view: &View) {
        if ["ListenOverflows", "ListenDrops", "TCPReqQFullDrop"].map(|name| rise(&view.counted, name)) != [0; 3] {
            return;
        }
        let led_on = if view.may_translate { ", or NAT redirects it to where nothing answers" } else { "" };
        self.facts.push(format!(
            "\
            The SYN reached this host, but no SYN-ACK or RST was seen leaving it: a filter here (nftables, rp_filter) \
            may drop it{led_on}."
        ));
    }

    /// A socket that gave up was counted, by the reason.
    fn abort(&mut self, finding: &Finding, view: &View) {
        let ended_here = match view.side {
            Side::Client => finding.ended_by == EndedBy::Client,
            Side::Server => finding.ended_by == EndedBy::Server,
        };
        if !ended_here || finding.reset != Some(ResetKind::Abort) {
            return;
        }
        let reasons = [
            ("TCPAbortOnClose", "it was closed while data had not been read", "unread_data"),
            ("TCPAbortOnData", "it was closed in a way that discards unsent data (SO_LINGER 0)", "abortive_close"),
            ("TCPAbortOnTimeout", "its peer did not answer in time", "keepalive_unanswered"),
            ("TCPAbortOnMemory", "the kernel's memory for TCP was exhausted", ""),
        ];
        let moved = reasons.map(|(name, meaning, cause)| (rise(&view.counted, name), name, meaning, cause));
        let all: u64 = moved.iter().map(|(rise, ..)| rise).sum();
        for (rise, name, meaning, cause) in moved.iter().filter(|(rise, ..)| *rise > 0) {
            if all == 1 {
                self.facts.push(format!("The kernel counted it as {name}: {meaning}."));
                if is_about(finding, &[cause]) {
                    self.confidence = Some(Confidence::Certain);
                }
            } else if is_about(finding, &[cause]) {
                self.facts.push(format!("Consistent with that, {name} rose by {rise}: {meaning}."));
            }
        }
        let missing = moved.iter().find(|(rise, .., cause)| *rise == 0 && is_about(finding, &[cause]));
        let is_another_way = all > 0 || rise(&view.counted, "EstabResets") > 0;
        if let Some((_, name, ..)) = missing.filter(|_| view.is_counted && is_another_way) {
            self.confidence = Some(Confidence::Possible);
            // What was counted once in place of it tells which cause it was.
            let other = moved.iter().find(|(rise, .., cause)| all == 1 && *rise > 0 && !cause.is_empty());
            let rather = other.map_or(String::new(), |(.., cause)| format!(": `tcpwhy explain {cause}` fits better"));
            self.facts.push(format!("But {name}, which counts such endings, did not rise{rather}."));
            if all == 0 && view.side == Side::Server && listener_was_closed(finding.taken_at(), view) {
                // inet_csk_listen_stop() resets what waits in the queue, read or not, and counts nothing.
                self.facts.push(
                    "More likely, the listening socket was closed before the connection was accepted.".to_owned(),
                );
            }
        }
    }
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
