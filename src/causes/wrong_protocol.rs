//! `wrong_protocol`: the client speaks another protocol than the server.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::kernel::Kind;

/// Signs: First payloads of the two directions belong to different protocols: an HTTP request line answered by a
/// TLS alert record; a ClientHello answered by "HTTP/1." or by an SSH, SMTP, MySQL banner; PROXY protocol line or
/// HTTP/2 preface answered by an error of HTTP/1; any of them answered by nothing but a RST: possible. With both
/// payloads readable: likely.
pub static CAUSE: Cause = Cause {
    id: "wrong_protocol",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "The client speaks a different protocol from the server",
    seen: "\
        The handshake is fine, the client sends its first bytes, and the server ends the connection at once, often \
        after a few bytes of an answer that does not fit: a TLS alert to an HTTP request, \"HTTP/1.1 400\" to a \
        TLS ClientHello, an SSH or MySQL banner to anything else.",
    why: "\
        The server's parser gets bytes that it cannot parse, answers in its own protocol or not at all, and closes the \
        socket while part of the request is unread, so Linux sends a RST instead of a FIN.\n\n\
        The usual reasons: http:// used for an HTTPS port, or https:// for a plain one; a load balancer that sends the \
        PROXY protocol to a backend that does not expect it, or the other way round; HTTP/2 without TLS to a server \
        that speaks only HTTP/1.1; the port number of another service; a health check of the wrong type.",
    is_not: "\
        Not `peer_closed`: there the client cannot parse the answer and closes, and the server's further writes fail \
        with EPIPE.\n\n\
        Not `tls_failure`: there both ends speak TLS but cannot agree.\n\n\
        Not the network, and not a crash: the server did what it does with invalid input.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:19(18) ack 1 win 64240 "GET / HTTP/1.1\r\n\r\n"
+.02 < . 1:1(0) ack 19 win 65142
// a TLS port answers with an alert: protocol_version (70)
+.001 < P. 1:8(7) ack 19 win 65142 "\x15\x03\x01\x00\x02\x02\x46"
+0 < R. 8:8(0) ack 19 win 65142
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Use the protocol that the port speaks: check scheme, port and PROXY protocol",
        steps: &[
            "Compare the first bytes of both directions in the report's context: they name the two protocols.",
            "Try what the port speaks: a TLS handshake either succeeds or fails at once.",
            "Correct the client's scheme or port, or turn TLS on or off on one end.",
            "\
            Behind a load balancer, compare the PROXY protocol setting of both ends; it must be on at both or at \
            neither.",
            "Do not retry: every attempt ends the same way.",
        ],
        commands: &[
            "openssl s_client -connect {server.ip}:{server.port} </dev/null",
            "curl -sv --max-time 5 telnet://{server.ip}:{server.port} </dev/null",
        ],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "listen ... ssl / proxy_protocol",
            default: "off",
            advice: "proxy_protocol must match what the load balancer sends",
        },
        Setting {
            program: "HAProxy",
            name: "accept-proxy (bind), send-proxy (server)",
            default: "off",
            advice: "one needs the other",
        },
        Setting {
            program: "PostgreSQL",
            name: "sslmode (libpq)",
            default: "prefer",
            advice: "the client first asks whether the server speaks TLS; a plain TLS proxy does not understand that",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let phrase = case.mismatch()?.phrase();
    Some(Match::likely(format!("The two ends speak different protocols on {}: {phrase}.", case.server())))
}
