//! `keepalive_race`: A kept-alive connection was reused while the server closed it.

use super::clues::{is_timer, timer_hint};
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, duration};
use crate::time::SECOND;
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Repeated, SERVER};

/// Signs: At least one finished exchange before; then a gap; then a request, and within about one round trip of it
/// the server's FIN (which does not acknowledge the request) with a reply-RST after it, or an abort-RST that
/// acknowledges the request; no byte of an answer. Likely; name the timer when the gap matches one within 2 % or 1
/// s. If the FIN was acknowledged well before the request: `stale_connection`; less than half a second before it, and
/// after a pause as long as a timer, the client's own timing was as close.
pub static CAUSE: Cause = Cause {
    id: "keepalive_race",
    group: Group::Failure,
    kinds: &[Kind::Reset, Kind::BrokenPipe],
    title: "A kept-alive connection was reused while the server closed it",
    seen: "\
        Earlier requests on the connection were answered. After a pause the client sends the next one, and within \
        about one round trip the server's FIN crosses it. The server's kernel then answers the request with a RST, \
        because the socket is closed. No byte of a response comes.\n\n\
        In the other variant the request reached the server's kernel just before the close: the RST acknowledges it, \
        but no application has read it.\n\n\
        The pause before the request matches an idle timer: 5 s (older Node, Apache httpd), 60 s (nginx upstream, AWS \
        ALB), 65 s (newer Node), 75 s (nginx).",
    why: "\
        Both ends keep an idle connection for reuse, each with a timer of its own. When the server's timer fires \
        first, it sends a FIN; until the FIN arrives the client cannot know, and if it reuses the connection at that \
        moment, the request is lost. The server application has closed its socket, so tcp_v4_rcv() finds it gone or \
        shut down for receiving, and a RST goes back.\n\n\
        The client is in CLOSE_WAIT when the RST comes, so tcp_reset() sets EPIPE; if the RST came without a FIN \
        before it, ECONNRESET. A client that reads first sees end of file: \"socket hang up\", \"Empty reply from \
        server\", RemoteDisconnected.\n\n\
        The rate falls when traffic rises, since busy connections are never idle long enough. That distinguishes it \
        from overload.",
    is_not: "\
        Not a server crash: the server's log shows nothing, because nothing happened there.\n\n\
        Not the network: packets can cross on any path.\n\n\
        Not `stale_connection`: there the FIN had arrived half a second before or more, and the client should have \
        known.\n\n\
        Not every RST that answers the request after a pause: a server that closes because of that request, without \
        reading it, looks the same. Where the pause equals no known timer, `unread_data` is named instead.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:34(33) ack 1 win 64240
+.02 < . 1:1(0) ack 34 win 65127
+.003 < P. 1:41(40) ack 34 win 65127
+0 > . 34:34(0) ack 41 win 64200
// five seconds of silence, then the next request ...
+5 > P. 34:67(33) ack 41 win 64200
// ... crosses the server's FIN, which does not acknowledge it
+.005 < F. 41:41(0) ack 34 win 65127
+.0001 > . 67:67(0) ack 42 win 64199
+.015 < R 41:41(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Let the side that reuses connections time out first",
        steps: &[
            "\
            Take the pause before the request from the report, and find the idle timer that matches: the server's, or \
            that of a load balancer in front of it.",
            "\
            If you run the server, raise its keep-alive timeout above that of every proxy and client in front of it \
            (ALB 60 s: use 65 to 75 s; Google's load balancers 600 s: use 620 s).",
            "If you run the client, set its idle timeout a few seconds below the server's.",
            "\
            Retry once, immediately, on a new connection, if the request is idempotent or the report says the retry is \
            safe. A RST that does not acknowledge the request proves that no application saw it.",
            "Do not turn keep-alive off: it hides the race and costs a handshake for every request.",
        ],
        commands: &["\
            tcpdump -ni any 'host {client.ip} and tcp port {server.port} and \
            (tcp[tcpflags] & (tcp-fin|tcp-rst) != 0 or ip6[53] & 5 != 0)'"],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "keepalive_timeout",
            default: "75s",
            advice: "for clients; above that of the proxy in front",
        },
        Setting {
            program: "nginx",
            name: "keepalive_timeout in upstream {}",
            default: "60s",
            advice: "for backends; below the backend's",
        },
        Setting {
            program: "Apache httpd",
            name: "KeepAliveTimeout, MaxKeepAliveRequests",
            default: "5 s, 100",
            advice: "it reads on for 2 s after its FIN: the client gets an end of file in place of the RST",
        },
        Setting {
            program: "nginx",
            name: "keepalive_requests",
            default: "1000, before 1.19.10 100",
            advice: "the last answer says Connection: close, and what was pipelined behind it is lost",
        },
        Setting {
            program: "Node",
            name: "server.keepAliveTimeout",
            default: "5000 ms, in the newest releases 65000",
            advice: "above the proxy's; before 18.2 headersTimeout had to be higher still",
        },
        Setting {
            program: "gunicorn",
            name: "keepalive",
            default: "2 s",
            advice: "65 to 75 behind a load balancer; the sync worker has none",
        },
        Setting {
            program: "HAProxy",
            name: "timeout http-keep-alive",
            default: "timeout http-request, else timeout client",
            advice: "for clients",
        },
        Setting {
            program: "HAProxy",
            name: "pool-purge-delay, http-reuse",
            default: "5s, safe",
            advice: "safe never sends the first request of a session over a used connection",
        },
        Setting {
            program: "HAProxy",
            name: "retry-on",
            default: "conn-failure",
            advice: "add empty-response only for requests that may be repeated",
        },
        Setting {
            program: "Go",
            name: "http.Transport.IdleConnTimeout",
            default: "90 s in DefaultTransport, else none",
            advice: "below the server's",
        },
        Setting { program: "Go", name: "http.Server.IdleTimeout", default: "ReadTimeout", advice: "above the proxy's" },
        Setting {
            program: "Java",
            name: "jdk.httpclient.keepalive.timeout",
            default: "30 s (1200 s before JDK 20)",
            advice: "below the server's",
        },
        Setting {
            program: ".NET",
            name: "SocketsHttpHandler.PooledConnectionIdleTimeout",
            default: "1 min",
            advice: "below the server's",
        },
        Setting {
            program: "Python",
            name: "urllib3 Retry(allowed_methods=...)",
            default: "GET, HEAD, PUT, DELETE, OPTIONS, TRACE",
            advice: "urllib3 has no idle limit: it needs retries",
        },
        Setting {
            program: "AWS ALB",
            name: "idle_timeout.timeout_seconds",
            default: "60",
            advice: "the target's keep-alive must be longer",
        },
        Setting {
            program: "Google Cloud",
            name: "backend keep-alive of the application load balancer",
            default: "600 s, fixed",
            advice: "620 s at the backend",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let reused = case.client_is_victim() && case.answers() >= 1 && case.client_asks() && !case.is_session();
    // A server that refuses an upload while it comes closes because of it: what comes behind the answer is no next request.
    if !reused || case.request_went_on() || case.upload_was_cut() && !case.client_began_anew() {
        return None;
    }
    let pause = match case.story().first_fin {
        // The request was captured before the FIN that it crossed.
        Some(_) if case.story().data_after_fin_at[CLIENT].is_none() => case.idle_before() + case.idle_before_fin(),
        Some(_) => case.idle_before_fin(),
        None => case.idle_before(),
    };
    let idle = format!("{}{}", Case::idle_words(case.idle_before()), timer_hint(case, pause));
    if case.kind() == Some(Kind::BrokenPipe) {
        if let Some(later) = request_just_after_the_timer(case) {
            return Some(Match::likely(format!(
                "The server closed the idle connection {} before the client's next request{}{}.",
                duration(later),
                Case::idle_words(pause),
                timer_hint(case, pause)
            )));
        }
        // Over a closed window waits what the client has sent the first part of: the connection is not idle.
        let crossed = !case.knew_of_fin(CLIENT) && case.story().silence[CLIENT].what != Repeated::WindowProbe;
        let connection = if pause.max(case.idle_before()) < SECOND / 2 { "connection" } else { "idle connection" };
        return crossed.then(|| {
            Match::likely(format!(
                "The server closed the {connection} while the client's next request was on its way{idle}."
            ))
        });
    }
    let fresh = case.idle_before() >= SECOND && case.at_once(case.since_payload(CLIENT));
    let raced = case.is_abort() && case.reset_by(SERVER) && fresh && case.request_is_one_segment();
    // A server that closes because of the request, without reading it, looks the same, but for the time of day.
    let found = if is_timer(case.idle_before() + case.since_payload(CLIENT)) { Match::likely } else { Match::possible };
    raced.then(|| {
        found(format!("The server closed the idle connection just as the client's next request arrived{idle}."))
    })
}

/// The client knew of the FIN, but not for long: how long, if the server's timer fired when the client was about to ask. A
/// client that looks at its idle connections from time to time, or never, does not see that in time.
fn request_just_after_the_timer(case: &Case<'_>) -> Option<u64> {
    let fin = case.story().fin[SERVER]?;
    let later = case.story().data_after_fin_at[CLIENT]?.time.since(fin.time);
    // Else the client was not done with what it had begun before the FIN.
    let server_spoke_last = fin.time.since(case.half(SERVER).data_time) <= case.idle_before_fin();
    let idle = server_spoke_last && !case.story().read_after_fin[SERVER] && is_timer(case.idle_before_fin());
    (case.knew_of_fin(CLIENT) && later < SECOND / 2 && idle).then_some(later)
}
