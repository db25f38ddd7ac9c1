//! `port_reuse`: A new SYN met the remains of an old connection.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;

/// Signs: SYN on a 4-tuple used before (or with an unknown entry at the peer), answered by a bare ACK whose ack
/// number does not acknowledge it (challenge ACK), reply-RST from the client with that number, SYN again (11 ms
/// later on Linux 6.18, 1 s on older kernels), SYN-ACK. Certain. Without the second SYN or when the RST is eaten on
/// the way: `syn_unanswered`.
pub static CAUSE: Cause = Cause {
    id: "port_reuse",
    group: Group::Benign,
    kinds: &[],
    title: "A new SYN reused the ports of an old connection",
    seen: "\
        A SYN is answered by a bare ACK with unrelated numbers. The client answers with a RST and retransmits its SYN, \
        and now the handshake succeeds. This costs some milliseconds, with older kernels a second.",
    why: "\
        The client, or a NAT in front of it, chose a source port that the server still remembers: there, an old \
        connection with the same 4-tuple is in ESTABLISHED or TIME_WAIT. tcp_validate_incoming() answers a SYN in a \
        live connection with a challenge ACK (RFC 5961), the client's kernel replies with a RST that carries exactly \
        the right number, the old connection dies, and the retransmitted SYN is accepted.\n\n\
        It becomes a failure only if a firewall drops that ACK or the RST; then connect() times out.",
    is_not: "\
        Not an attack, and not a broken server.\n\n\
        Not `peer_forgot_connection`: here the server remembers too well.",
    example: r#"// the server still holds an old connection of this port
+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < . 5001:5001(0) ack 7001 win 501
+0 > R 7001:7001(0) win 0
+.011 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
+.01 < P. 1:201(200) ack 101 win 65060
+0 > . 101:101(0) ack 201 win 64040
+.1 > F. 101:101(0) ack 201 win 64040
+.02 < F. 201:201(0) ack 102 win 65059
+0 > . 102:102(0) ack 202 win 64039
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "If it is frequent, reuse connections, or give the client more ports",
        steps: &[
            "Keep connections open and reuse them instead of opening one for each request.",
            "\
            Widen the range of ephemeral ports on the client; add addresses to a SNAT pool, and let it choose \
            ports at random (--random-fully).",
            "Leave TCP timestamps on: they let the server accept a new SYN in TIME_WAIT at once.",
            "If it ends in timeouts, find the firewall that drops the challenge ACK or the RST.",
        ],
        commands: &[
            "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_timestamps net.ipv4.tcp_tw_reuse",
            "ss -tan state time-wait | wc -l",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.ip_local_port_range",
            default: "32768 60999",
            advice: "1024 65535 if nothing listens in between",
        },
        Setting { program: "sysctl", name: "net.ipv4.tcp_timestamps", default: "1", advice: "" },
        Setting { program: "iptables", name: "-j MASQUERADE --random-fully", default: "", advice: "spreads the ports" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let text = format!("The client reused the ports of an older connection to {}.", case.server());
    Some(Match::likely(text))
}
