//! `idle_expired`: something on the path forgot the idle connection.

use super::clues::device_timer;
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, ResetKind, duration};
use crate::track::kernel::Kind;
use crate::track::{Half, Repeated, SHORTEST_IDLE, other};

/// Signs: A long gap, then data. Reset: a reply-RST within a round trip, no FIN before, the gap at or a little above a
/// device's timer (350 s, 240 s, 600 s, 3600 s), or a TTL unlike that direction's: likely. Timed out: the data is
/// retransmitted and never acknowledged, and nothing tells that the peer was lost for other connections too: likely
/// where the gap is a little above such a timer, else possible, as a host that went away is silent as well. A gap below
/// 50 s, or keep-alive probes that were answered in it: leave it to `peer_forgot_connection` or `peer_vanished`.
pub static CAUSE: Cause = Cause {
    id: "idle_expired",
    group: Group::Failure,
    kinds: &[Kind::Reset, Kind::TimedOut],
    title: "Something on the path forgot the idle connection",
    seen: "\
        The connection was healthy, then nobody sent anything for minutes. The first data after the gap is never \
        acknowledged and retransmitted with growing intervals, or it is answered by a RST at once. New connections \
        to the same server work.\n\n\
        The gap is a little longer than a round number: 240 s (Azure), 350 s (AWS NLB and NAT gateway), 600 s \
        (Google Cloud), 3600 s (many firewalls). The report names the nearest one, as a hint and not as proof.",
    why: "\
        Every NAT, stateful firewall and layer 4 load balancer keeps an entry for each connection and removes it when \
        it has been idle. Neither end is told; both kernels still have the connection open. The next segment then \
        reaches a device that does not know it. Some drop it silently (Azure's load balancer by default, most \
        firewalls): the sender retransmits until net.ipv4.tcp_retries2 runs out, about 15 minutes, and gets ETIMEDOUT. \
        Some answer with a RST in the peer's name (AWS NAT gateway and NLB): ECONNRESET.\n\n\
        Linux's own keep-alive does not help by default: it is off unless the application sets SO_KEEPALIVE, and then \
        waits 7200 s, longer than almost every device.",
    is_not: "\
        Not a crash of the server: the server still has the connection, or closed it long ago for its own reasons.\n\n\
        Not `keepalive_race`: there the server sends a FIN, which the client sees. Here nothing is sent until there is \
        new data.\n\n\
        Not `peer_forgot_connection`, although the RST can look alike: restarts do not follow the length of the \
        silence.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460> ttl 64
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460> ttl 52
+0 > . 1:1(0) ack 1 win 64240 ttl 64
+0 > P. 1:101(100) ack 1 win 64240 ttl 64
+.02 < . 1:1(0) ack 101 win 65060 ttl 52
+.01 < P. 1:201(200) ack 101 win 65060 ttl 52
+0 > . 101:101(0) ack 201 win 64040 ttl 64
// silence, a little longer than the 350 s of a NAT gateway
+352 > P. 101:201(100) ack 201 win 64040 ttl 64
+.001 < R 201:201(0) win 0 ttl 255
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Send keep-alives, or retire idle connections, before the device's timer expires",
        steps: &[
            "\
            Compare the gap with the idle timers of all devices on the path; the shortest one counts.",
            "\
            Turn TCP keep-alive on in the application or its driver, with a first probe well below that timer (60 s is \
            below all the usual ones). The sysctl alone does nothing for sockets without SO_KEEPALIVE.",
            "\
            Or let the pool drop connections before that: a maximum idle time and a maximum lifetime, plus a test \
            before use if the pool offers one.",
            "\
            Where you own the device, raise its timer or make it answer: Azure's TCP reset on idle turns 15 \
            minutes of silence into an immediate ECONNRESET.",
            "\
            Set TCP_USER_TIMEOUT (or tcp_user_timeout of libpq) so that a dead path is noticed in seconds rather \
            than after 15 minutes.",
            "Retry idempotent work on a new connection. First check what was acknowledged.",
        ],
        commands: &[
            "ss -tnoi 'dst {peer.ip} and dport = :{peer.port}'",
            "\
            sysctl net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes \
            net.ipv4.tcp_retries2",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_keepalive_time, _intvl, _probes",
            default: "7200, 75, 9",
            advice: "60, 10, 3, for sockets with SO_KEEPALIVE that set no times of their own",
        },
        Setting {
            program: "AWS NLB",
            name: "tcp.idle_timeout.seconds",
            default: "350",
            advice: "60 to 6000 for TCP listeners; fixed for TLS listeners",
        },
        Setting {
            program: "AWS NAT gateway",
            name: "idle timeout",
            default: "350 s, fixed",
            advice: "probe before that",
        },
        Setting {
            program: "Azure load balancer",
            name: "idleTimeoutInMinutes, enableTcpReset",
            default: "4, false",
            advice: "4 to 100 minutes; turn the reset on",
        },
        Setting {
            program: "PostgreSQL",
            name: "tcp_keepalives_idle, _interval, _count",
            default: "0: the system's",
            advice: "on the server; libpq has keepalives_idle, keepalives_interval, keepalives_count",
        },
        Setting { program: "libpq", name: "tcp_user_timeout", default: "0: the system's", advice: "milliseconds" },
        Setting {
            program: "MySQL",
            name: "wait_timeout",
            default: "28800 s",
            advice: "the server's own limit for idle sessions: it sends FIN",
        },
        Setting {
            program: "HikariCP",
            name: "maxLifetime, keepaliveTime",
            default: "30 min; see your version",
            advice: "below the shortest timer",
        },
        Setting {
            program: "SQLAlchemy",
            name: "pool_pre_ping, pool_recycle",
            default: "False, -1",
            advice: "True, and seconds below the timer",
        },
        Setting { program: "Go", name: "net.Dialer.KeepAlive", default: "15 s", advice: "on by default" },
        Setting {
            program: "nginx",
            name: "proxy_socket_keepalive",
            default: "off",
            advice: "on: SO_KEEPALIVE towards backends",
        },
        Setting {
            program: "conntrack",
            name: "net.netfilter.nf_conntrack_tcp_timeout_established",
            default: "432000 s",
            advice: "kube-proxy sets 86400",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let victim = case.victim();
    if !case.asked_last(victim) || case.connection().turns == 0 || case.story().first_fin.is_some() {
        return None;
    }
    let idle = case.unused_before();
    let (name, gap) = (case.name(victim), duration(idle));
    // Who hears of what was sent then, if only a part of it, has been forgotten by nobody.
    let heard = case.half(other(victim)).has(Half::SACKS) || case.heard_the_other_end();
    if idle < SHORTEST_IDLE || heard || case.had_lost_the_service() {
        return None;
    }
    if case.waited_for(Repeated::Data) {
        // A host that went away meanwhile is silent as well; only a timer that has just passed speaks for a device.
        let found = if device_timer(idle).is_some() { Match::likely } else { Match::possible };
        return Some(found(format!(
            "After {gap} without traffic, a device on the path had forgotten the connection, or the other end was \
             gone: what the {name} sent next was never acknowledged."
        )));
    }
    let replied = case.reset_kind() == Some(ResetKind::Reply) && case.at_once(case.since_payload(victim));
    let timer = device_timer(idle)?;
    // Who sent the RST is no device on the path where nothing lies between; it may still have such a timer.
    let straight = case.came_straight() && case.foreign_ttl().is_none() && !case.made_on_the_way();
    let found = if straight { Match::possible } else { Match::likely };
    replied.then(|| {
        found(format!(
            "After {gap} without traffic, the {name}'s next segment was answered by a RST; {timer} forgets idle \
             connections after that time."
        ))
    })
}
