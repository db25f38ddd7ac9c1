//! `peer_vanished`: the peer went silent in an open connection.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, bytes};
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Half, Repeated, SERVER, SHORTEST_IDLE, other};

/// Signs: Data retransmitted with doubling intervals, no ACK, nothing else from the peer; the last retransmission
/// stays without a successor and no RST follows (retransmission death is silent). Certain that ACKs stopped; the
/// cause behind it is possible only. Other flows to the peer fine and a long gap before: `idle_expired`. Where the
/// peer is heard meanwhile, only one direction is gone: possible. So it is where the server has acknowledged nothing since its
/// SYN-ACK: with SYN cookies, tcp_v4_syn_recv_sock() drops each ACK without a word while the accept queue is full.
pub static CAUSE: Cause = Cause {
    id: "peer_vanished",
    group: Group::Failure,
    kinds: &[Kind::TimedOut],
    title: "The peer went silent in an open connection",
    seen: "\
        Data is sent and never acknowledged; the kernel retransmits it after 0.2, 0.4, 0.8 s and so on, doubling the \
        pause. Nothing comes back: no ACK, no RST, no ICMP. The connection dies without a last packet.",
    why: "\
        tcp_retransmit_timer() retransmits the first unacknowledged segment until tcp_write_timeout() gives up: after \
        net.ipv4.tcp_retries2 attempts (15, about 924 s and more), or after TCP_USER_TIMEOUT. Then tcp_write_err() \
        sets ETIMEDOUT and drops the socket without telling the peer. If an ICMP error had come meanwhile, its errno \
        (EHOSTUNREACH) replaces ETIMEDOUT.\n\n\
        Most applications give up earlier, with a timeout of their own, and then the errno is never seen.\n\n\
        The usual reasons: the host lost power, panicked or was removed; a link, VPN or tunnel went down; a wireless \
        client left; a virtual machine was paused or moved; a firewall was reloaded and forgot its sessions.",
    is_not: "\
        Not a slow server: its kernel would acknowledge the data at once.\n\n\
        Not a closed connection: that would answer with a RST.\n\n\
        Not a zero window whose probes are answered: `reader_stalled`.\n\n\
        Perhaps `backlog_overflow`, if the server has answered nothing but the SYN: with a full accept queue, a server that \
        uses SYN cookies drops the rest in silence. TcpExtListenOverflows on the server rises then.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+2 > P. 101:201(100) ack 201 win 64040
+.22 > P. 101:201(100) ack 201 win 64040
+.44 > P. 101:201(100) ack 201 win 64040
+.88 > P. 101:201(100) ack 201 win 64040
+1.76 > P. 101:201(100) ack 201 win 64040
+3.52 > P. 101:201(100) ack 201 win 64040
wait 15
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Find out whether the host or the path died, and make clients notice within seconds",
        steps: &[
            "\
            Check whether {peer.ip} answers now, on this port or at all, and whether other flows to it kept working at \
            the time.",
            "\
            If the server answered nothing but the SYN, look there at the accept queue (ss -ltn: full is a Recv-Q above \
            Send-Q) and at TcpExtListenOverflows: see `tcpwhy explain backlog_overflow`.",
            "\
            If the host was alive, check the path: link and tunnel state, firewall reload or failover, route changes \
            at that second.",
            "\
            Set TCP_USER_TIMEOUT on connections that must not hang for 15 minutes (30 s is a common choice), or \
            lower net.ipv4.tcp_retries2 for the whole host (8 is about 100 s).",
            "Give requests a timeout in the application, below that.",
            "\
            Reconnect with backoff and jitter; retry what is idempotent: unacknowledged data may or may not have \
            arrived.",
        ],
        commands: &[
            "ping -c 3 {peer.ip}",
            "ip route get {peer.ip}",
            "ip neigh show {peer.ip}",
            "ss -tnoi 'dst {peer.ip}'",
            "nstat -az TcpExtTCPAbortOnTimeout TcpExtTCPTimeouts",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_retries2",
            default: "15",
            advice: "8 gives up after about 100 s",
        },
        Setting {
            program: "socket option",
            name: "TCP_USER_TIMEOUT",
            default: "0: tcp_retries2 decides",
            advice: "milliseconds",
        },
        Setting { program: "libpq", name: "tcp_user_timeout", default: "0", advice: "milliseconds" },
        Setting {
            program: "PostgreSQL",
            name: "tcp_user_timeout",
            default: "0",
            advice: "on the server, milliseconds",
        },
        Setting { program: "Python", name: "requests timeout=", default: "none", advice: "(connect, read) seconds" },
        Setting { program: "Go", name: "http.Client.Timeout", default: "none", advice: "" },
        Setting {
            program: "HAProxy",
            name: "timeout client, timeout server",
            default: "none",
            advice: "state cD or sD in the log",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let silence = case.silence();
    let victim = case.victim();
    let (name, peer) = (case.name(victim), case.name(other(victim)));
    if case.waited_for(Repeated::WindowProbe) && silence.probes_in_vain() {
        return Some(Match::likely(format!(
            "The {peer} stopped answering: its window was closed, and it did not answer the last {} probes of the {name}.",
            silence.unheard
        )));
    }
    let (sent, times) = (bytes(silence.length), silence.attempts);
    if case.waited_for(Repeated::Data) && case.heard_the_other_end() {
        return Some(Match::possible(format!(
            "The {name} sent the same {sent} {times} times without an acknowledgment, though it kept hearing from the \
             {peer}: its own packets get lost."
        )));
    }
    if case.waited_for(Repeated::Data) && was_never_taken(case) {
        return Some(Match::possible(format!(
            "The server answered the SYN and then nothing: the client sent the same {sent} {times} times. Host or path \
             died, a filter lets only the handshake pass, or the server's accept queue is full and its SYN-ACK was a SYN \
             cookie."
        )));
    }
    let unanswered = case.waited_for(Repeated::Data) && case.story().spurious_retransmissions[victim] == 0;
    // After a long pause a device on the path may as well have forgotten the connection: `idle_expired`.
    let idle = case.unused_before() >= SHORTEST_IDLE && !case.had_lost_the_service();
    let found = if idle { Match::possible } else { Match::likely };
    unanswered.then(|| {
        found(if case.story().resets_are_lost(other(victim)) {
            format!(
                "RSTs with the {peer}'s address answered the {name}, but did not reach it: it sent the same {sent} \
                 {times} times."
            )
        } else {
            format!(
                "The {peer} stopped answering: the {name} sent the same {sent} {times} times without an acknowledgment."
            )
        })
    })
}

/// Has the server, in a handshake that was seen, neither acknowledged a byte of the client nor sent one?
fn was_never_taken(case: &Case<'_>) -> bool {
    let shaken = case.half(CLIENT).has(Half::SYN) && case.half(SERVER).has(Half::SYN);
    case.victim() == CLIENT
        && shaken
        && !case.half(SERVER).has(Half::DATA)
        && u64::from(case.lost(CLIENT)) == case.sent(CLIENT)
}
