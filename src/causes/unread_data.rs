//! `unread_data`: it closed the socket without reading all that had arrived.

use super::{Cause, Group, MAX_STARTUPS, MIGRATE_REQUESTS, Match, Owner, Remedy, Setting};
use crate::diagnose::Case;
use crate::track::Half;
use crate::track::SERVER;
use crate::track::kernel::Kind;

/// Signs: An abort-RST (RST+ACK, seq SND.NXT, live window, timestamps if negotiated, IP ID going on) from an end
/// that has data of the peer acknowledged by its kernel and no answer that covers it: unfinished request, or its
/// own last bytes directly before the RST, more data from the peer in flight; or a RST whose window is twice that from
/// before, of the buffer that close() has emptied. Likely; certain with TCPAbortOnClose of that host. Say how many bytes
/// were at stake.
pub static CAUSE: Cause = Cause {
    id: "unread_data",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "One end closed its socket with unread data",
    seen: "\
        One end's kernel acknowledges data, and then that end sends a RST with ACK, the right sequence number and a \
        live window: a socket that was alive until this moment. Often its last message comes directly before the RST: \
        an error page, a 413, a TLS alert.\n\n\
        The other end typically was still sending, an upload or a second request, and reports \"connection reset\" or \
        \"broken pipe\" instead of the answer that was already on its way.",
    why: "\
        tcp_close() looks into the receive buffer. If the application never read some bytes, a FIN would be a lie (it \
        would say that all was received), so as RFC 2525 advises, __tcp_close() calls tcp_send_active_reset() and \
        counts TCPAbortOnClose. At the other end, data in the receive queue can still be read first; then ECONNRESET \
        comes once, then end of file.\n\n\
        The usual reasons: a server that refuses an upload early (too large, not authorised) and closes without \
        reading the body; a handler that answers without reading the request's body; a process that is killed with \
        requests in its buffers; a listener that is closed, as in a restart, while connections wait in its accept \
        queue; a server that does not read the first bytes at all, because it expects the PROXY protocol before them; \
        a relay that accepted first and then could not connect (a published container port, a tunnel); a protocol \
        error after which the rest is ignored; a client that has read enough.",
    is_not: "\
        Not a crash and not the network. The end that reset the connection simply called close().\n\n\
        Not `abortive_close`: there nothing was left unread, and the RST was intended, as with SO_LINGER.\n\n\
        Not `peer_closed`: there a FIN comes first, and the RST only answers later data.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
// an upload begins
+0 > . 1:1461(1460) ack 1 win 64240
+0 > . 1461:2921(1460) ack 1 win 64240
+.02 < . 1:1(0) ack 2921 win 62240
// the server has read the headers only, answers 413 and closes
+.001 < P. 1:181(180) ack 2921 win 62240
+0 < R. 181:181(0) ack 2921 win 62240
"#,
    remedy: Remedy {
        owner: Owner::Ender,
        title: "Read everything that has arrived before closing",
        steps: &[
            "\
            Find the bytes that were not read: the report says how many were acknowledged and which answer, if \
            any, preceded the RST.",
            "\
            If an error answer preceded it (413, 401, 400), that is the real error: fix its cause, for example the \
            limit on the body's size.",
            "\
            If no answer preceded it: did the server restart just then? Does the port speak a different protocol from \
            the client (no TLS, for example)? Does it expect the PROXY protocol (accept-proxy of HAProxy, \
            proxy_protocol of nginx) before the request? Is {server.ip} port {server.port} a relay (docker-proxy, \
            pasta, slirp4netns, ssh -L, socat)? Then its own connection failed: capture behind it.",
            "\
            If the server closed: drain the body before closing, within a limit; or send the answer, call \
            shutdown(SHUT_WR), read until end of file, then close.",
            "\
            If the client closed: read the answer to its end, or accept that the server gets an error because the \
            client stopped reading.",
            "\
            A client that was reset while sending should still read: the answer may already be there. It should send \
            `Expect: 100-continue` before large bodies.",
            "\
            Confirm it on the host that sent the RST: TcpExtTCPAbortOnClose rises by one each time. If \
            TcpExtTCPAbortOnData rises instead, the program had read the data and asked for the RST (SO_LINGER, \
            resetAndDestroy, a proxy that passes a reset on): see `tcpwhy explain abortive_close`. If neither rises, a \
            listener was closed with the connection in its accept queue.",
        ],
        commands: &[
            "nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData",
            "ss -tn '( sport = :{server.port} or dport = :{server.port} )'",
        ],
    },
    settings: &[
        Setting { program: "nginx", name: "client_max_body_size", default: "1m", advice: "the usual reason for a 413" },
        Setting {
            program: "nginx",
            name: "lingering_close, lingering_time, lingering_timeout",
            default: "on, 30s, 5s",
            advice: "`always` keeps reading before every close",
        },
        Setting {
            program: "nginx",
            name: "reset_timedout_connection",
            default: "off",
            advice: "on: status 444 resets a client whose request was read",
        },
        MAX_STARTUPS,
        Setting {
            program: "HAProxy",
            name: "accept-proxy (bind)",
            default: "off",
            advice: "resets a client that does not begin with the PROXY protocol",
        },
        Setting {
            program: "MySQL, MariaDB",
            name: "max_allowed_packet",
            default: "64 MiB, 16 MiB",
            advice: "a larger statement is answered with error 1153, and the rest of it is not read",
        },
        MIGRATE_REQUESTS,
        Setting { program: "Node", name: "req.resume()", default: "", advice: "drains a body that you do not want" },
        Setting {
            program: "Go",
            name: "net/http server",
            default: "",
            advice: "reads up to 256 KiB that the handler left unread, then closes",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let reset = case.reset().filter(|_| case.is_abort() || case.closed_with_more_to_send())?;
    let victim = case.victim();
    // A client that has its answer and aborts may as well have read it: that is an abortive close.
    let asked = case.may_be_unread() && (reset.from == SERVER || reset.unacknowledged > 0);
    let unread = asked || case.upload_was_cut() || reset.unacknowledged > 0 || reset.unread || case.lost(victim) > 0;
    if !unread || !case.half(victim).has(Half::DATA) {
        return None;
    }
    let (sender, peer) = (case.name(reset.from), case.name(victim));
    Some(Match::likely(format!(
        "The {sender} reset the connection while data from the {peer} was unanswered or still in flight: most likely it \
         closed its socket without reading all of it."
    )))
}
