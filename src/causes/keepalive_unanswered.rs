//! `keepalive_unanswered`: keep-alive probes were not answered.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Half, Repeated, SERVER, other};

/// Signs: Probes with seq SND.NXT-1 (no payload, or one byte), at constant intervals, none answered, after an idle
/// time; then an abort-RST from the prober, which an application's abort would look like: certain without it, where all
/// payload was acknowledged and nothing is missing from the capture, else likely; possible where the snaplen cut the windows.
pub static CAUSE: Cause = Cause {
    id: "keepalive_unanswered",
    group: Group::Failure,
    kinds: &[Kind::TimedOut],
    title: "Keep-alive probes were not answered",
    seen: "\
        After a silence, one end sends keep-alive probes: empty segments with a sequence number one below the next, at \
        a constant interval. None is answered. After the last one the prober sends a RST and gives up.",
    why: "\
        tcp_keepalive_timer() finds the connection idle for tcp_keepalive_time and probes the other end. After \
        tcp_keepalive_probes unanswered probes it calls tcp_send_active_reset() and tcp_write_err(): the waiting read \
        fails with ETIMEDOUT. (This is the only timeout that sends a RST; giving up on retransmissions sends none.)\n\n\
        The usual reasons: the other host is off, hangs, or was removed; its address moved; the path is broken; a \
        firewall or NAT has dropped its entry and discards the probes. With Linux's defaults it takes two hours and 11 \
        minutes to find out.",
    is_not: "\
        Not the probes' fault: without them the connection would have stayed open and dead.\n\n\
        Not a RST by the other end: the prober sent it itself.\n\n\
        If probes are answered by a RST, the other host lives and has no such connection: `peer_forgot_connection`.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
// TCP_KEEPIDLE 60, TCP_KEEPINTVL 10, TCP_KEEPCNT 3
+60 > . 100:100(0) ack 201 win 64040
+10 > . 100:100(0) ack 201 win 64040
+10 > . 100:100(0) ack 201 win 64040
+10 > R. 101:101(0) ack 201 win 64040
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Find out where the peer went; probe earlier to notice sooner",
        steps: &[
            "Check whether {peer.ip} answers anything now, and since when it has been silent.",
            "\
            If new connections work, a device on the path has forgotten the old one: compare the silence with its idle \
            timer (`tcpwhy explain idle_expired`) and probe earlier than that.",
            "If nothing works, look for a host that is down, an address that moved, or a broken route.",
            "\
            Set shorter times for sockets that matter: TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, or the settings \
            of your database driver.",
            "Reconnect, with backoff and jitter.",
        ],
        commands: &[
            "ping -c 3 {peer.ip}",
            "ip neigh show {peer.ip}",
            "ss -tnoi 'dst {peer.ip} and dport = :{peer.port}'",
            "nstat -az TcpExtTCPKeepAlive TcpExtTCPAbortOnTimeout",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_keepalive_time",
            default: "7200",
            advice: "seconds of silence before the first probe",
        },
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_keepalive_intvl, tcp_keepalive_probes",
            default: "75, 9",
            advice: "",
        },
        Setting {
            program: "libpq",
            name: "keepalives_idle, keepalives_interval, keepalives_count",
            default: "the system's",
            advice: "",
        },
        Setting {
            program: "PostgreSQL",
            name: "tcp_keepalives_idle, _interval, _count",
            default: "the system's",
            advice: "on the server, for its clients",
        },
        Setting { program: "Go", name: "net.Dialer.KeepAlive", default: "15 s", advice: "idle and interval" },
        Setting { program: "Node", name: "socket.setKeepAlive(true, ms)", default: "off", advice: "" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let victim = case.victim();
    let (name, peer) = (case.name(victim), case.name(other(victim)));
    case.waited_for(Repeated::KeepAlive).then(|| {
        let probes = match case.silence().attempts {
            1 => "a keep-alive probe".to_owned(),
            times => format!("{times} keep-alive probes"),
        };
        let text = format!("The {peer} did not answer {probes} of the {name}.");
        // A closed window is probed by the same segments (`tcp_write_wakeup()`).
        if case.silence().windows_cut {
            return Match::possible(format!(
                "{text} They may be zero-window probes instead: the windows were not captured."
            ));
        }
        // It probes only when all is acknowledged (`tcp_keepalive_timer()`): else the capture lost that, and maybe a window that
        // closed, too. One that lost other segments, or began later, may have lost the answers.
        let lossy = |side: usize| case.half(side).seen & (Half::GAP | Half::ACKED_UNSEEN | Half::SYN) != Half::SYN;
        let certain = case.lost(victim) == 0 && !lossy(CLIENT) && !lossy(SERVER);
        // The RST of an application that has had enough is no other than that of the timer (`tcp_send_active_reset()`).
        let aborted = case.reset().is_some_and(|reset| reset.from == victim && reset.acknowledgment.is_some());
        if certain && !aborted { Match::certain(text) } else { Match::likely(text) }
    })
}
