//! `health_check`: A health check connects and hangs up.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::track::kernel::Kind;

/// Signs: The client ends with RST (or abort-RST) after the handshake, no payload in either direction, and the same
/// client address does it again at a constant period (three or more, within 10 %), or from a few addresses in turn.
/// Certain as a pattern; benign by default, folded into one line with its period.
pub static CAUSE: Cause = Cause {
    id: "health_check",
    group: Group::Failure,
    kinds: &[Kind::Aborted],
    title: "A health check connects and hangs up",
    seen: "\
        SYN, SYN-ACK, ACK, and at once a RST from the client, without a byte of payload; where it delays its ACK, the \
        RST comes in its place and acknowledges the SYN-ACK. The same source does it again every few seconds, with a \
        constant period.",
    why: "\
        A load balancer or a monitor checks only whether the port accepts connections. After the handshake it knows, \
        and resets the connection because that frees its port without TIME_WAIT (as HAProxy's plain TCP check does).\n\n\
        On Linux the server's accept() still succeeds, and its first read fails with ECONNRESET, unless it lets the \
        kernel wait for the first data (TCP_DEFER_ACCEPT); on other systems accept() itself may report ECONNABORTED. \
        That is what fills logs with \"connection reset by peer\" from one \
        address.",
    is_not: "\
        Not a failing client, and not a scan: one port, one fixed period, few sources.\n\n\
        A check that asks more before it resets the connection is `abortive_close`.\n\n\
        Not proof that the service is healthy: the kernel completes handshakes even if the application hangs.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.001 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > R. 1:1(0) ack 1 win 64240
+2 [2] > S 0:0(0) win 64240 <mss 1460>
+.001 [2] < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 [2] > . 1:1(0) ack 1 win 64240
+0 [2] > R. 1:1(0) ack 1 win 64240
+2 [3] > S 0:0(0) win 64240 <mss 1460>
+.001 [3] < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 [3] > . 1:1(0) ack 1 win 64240
+0 [3] > R. 1:1(0) ack 1 win 64240
+2 [4] > S 0:0(0) win 64240 <mss 1460>
+.001 [4] < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 [4] > . 1:1(0) ack 1 win 64240
+0 [4] > R. 1:1(0) ack 1 win 64240
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Let the check send a request, or do not log such connections",
        steps: &[
            "\
            Make sure that {client.ip} is your load balancer or monitor, and that the period is the configured \
            one.",
            "\
            Prefer a check that sends a request and reads the answer to a bare connect: it proves that the application \
            works.",
            "Or tell the server not to log connections that such a check resets.",
        ],
        commands: &["\
            tcpdump -ni any 'host {client.ip} and tcp port {server.port} and \
            (tcp[tcpflags] & (tcp-syn|tcp-rst) != 0 or ip6[53] & 6 != 0)'"],
    },
    settings: &[
        Setting {
            program: "HAProxy",
            name: "option httpchk, inter",
            default: "off, 2s",
            advice: "an HTTP request instead of a bare connect; every check ends with a RST unless the server closes \
                     first",
        },
        Setting {
            program: "HAProxy",
            name: "option dontlognull",
            default: "off",
            advice: "when HAProxy is the server: no log line for connections without data",
        },
        Setting {
            program: "Kubernetes",
            name: "tcpSocket / httpGet / grpc probes",
            default: "periodSeconds 10",
            advice: "httpGet or grpc ask the application",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let visits = case.visits();
    let server = case.server();
    if visits.keeps_rhythm(case.connection().start) {
        let every = duration(case.connection().start.since(visits.last));
        return Some(Match::likely(format!(
            "\
            The client connects to {server} every {every} and resets the connection without sending anything: a health \
            check."
        )));
    }
    let probed = case.client_had_connected() && !case.connection().has_payload();
    let quick = case.at_once(case.decisive().since(case.opened()));
    (probed && quick).then(|| {
        Match::possible(format!(
            "The client connected to {server} and reset the connection at once, as a health check or a port scan does."
        ))
    })
}
