//! `connect_cancelled`: the client connected and left without a word.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::kernel::Kind;

/// Signs: RST by the client before any payload: after the full handshake once, without a rhythm (browser
/// preconnect, Happy Eyeballs loser, cancelled task, pool that shrinks), or a reply-RST to a SYN-ACK that came late
/// (1 s or more after the first SYN, or after a gap that equals a timeout). Likely; the fallback of its kind.
pub static CAUSE: Cause = Cause {
    id: "connect_cancelled",
    group: Group::Failure,
    kinds: &[Kind::Aborted],
    title: "The client connected and left without sending anything",
    seen: "\
        The client opens the connection and resets it before any payload in either direction. Or the SYN-ACK comes \
        late, and the client, having given up, answers it with a RST.",
    why: "\
        The program no longer needs the connection. A browser opens connections in advance and does not use them all; \
        a client that races IPv6 against IPv4 (Happy Eyeballs) drops the loser; a pool shrinks; a connect timeout \
        fires; a user closes the tab; a load test ends.\n\n\
        If the handshake was finished, the server's accept() has returned or will return a socket whose first call \
        fails with ECONNRESET. If not, the server notices nothing. Nor does a server that asked the kernel to wait for \
        the first data (TCP_DEFER_ACCEPT: Apache on Linux by default, nginx with `deferred`, HAProxy with \
        `defer-accept`): the packets are the same. Systems other than Linux report ECONNABORTED from accept().",
    is_not: "\
        Not a failure that a user notices, as long as another connection of the client works.\n\n\
        Not `health_check`: there is no fixed period. Not `half_open_scan`: the SYN is that of an ordinary TCP stack.\n\n\
        If the SYN-ACK was late, ask why: loss of SYNs, or `backlog_overflow`.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+.3 > R. 1:1(0) ack 1 win 64240
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "If it matters at all, find out why the client gave up",
        steps: &[
            "\
            Look for a connection of the same client that succeeded at the same time: if there is one, this one was \
            spare.",
            "If the handshake took long, look for lost SYNs and a full accept queue first.",
            "\
            In the server, treat ECONNRESET before the first byte as a client that left: no stack trace, no alert.",
        ],
        commands: &["nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPTimeouts"],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "status 499, or no line at all",
            default: "",
            advice: "a connection without a request is not in the access log",
        },
        Setting {
            program: "HAProxy",
            name: "option http-ignore-probes, option dontlognull",
            default: "off",
            advice: "connections without data are neither logged nor answered with 408",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let (server, waited) = (case.server(), duration(case.decisive().since(case.connection().start)));
    if case.client_had_connected() {
        let text = format!("The client ended its connection to {server} with a RST before it had sent anything.");
        return Some(Match::possible(text));
    }
    Some(Match::likely(format!(
        "The client gave up connecting to {server} after {waited}, before the handshake was complete."
    )))
}
