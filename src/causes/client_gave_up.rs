//! `client_gave_up`: the client gave up before the answer was complete.

use super::clues::check_in_rhythm;
use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::context::Sense;
use crate::diagnose::{Case, bytes, duration, were};
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Half, Mark, SERVER};

/// Signs: The client ends first (FIN, or abort-RST) after its request was acknowledged and before an answer was
/// complete; then, after a FIN, server data meets a reply-RST. Likely when the time since the request is a round
/// number (1, 2, 3, 5, 10, 15, 30, 60 s within 2 %): say "timeout of about N s"; else possible ("cancelled").
/// Server: ECONNRESET after an abort, EPIPE after a FIN.
pub static CAUSE: Cause = Cause {
    id: "client_gave_up",
    group: Group::Failure,
    kinds: &[Kind::Reset, Kind::BrokenPipe],
    title: "The client gave up before the answer was complete",
    seen: "\
        The request was sent and acknowledged. While the server was still working or still sending, the client closed: \
        with a FIN, to which the server's later data is answered by RST, or with an abort-RST that cuts the stream.\n\n\
        The time from request to close tells why: a round number (5, 10, 30, 60 s) is a timeout in the client or a \
        proxy; anything else is a person, a closed tab, a cancelled task.",
    why: "\
        A client that no longer wants the answer closes its socket. The server does not notice until it sends: its \
        first write succeeds, the client's kernel has no reader for it and answers with a RST, and the next write \
        fails. After a FIN the errno is EPIPE, since the server is in CLOSE_WAIT; after an abort, the first call fails \
        with ECONNRESET and later writes with EPIPE.\n\n\
        So the error appears in the server's log, but its cause is an impatient client or a slow server.",
    is_not: "\
        Not a network fault, and not a bug in the server that \"writes to a broken pipe\".\n\n\
        Not `unread_data` by the server: the RST comes from the client.\n\n\
        In logs: nginx writes status 499, HAProxy termination state CD or CH, Node emits 'close' before 'finish'.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:101(100) ack 1 win 64240
+.02 < . 1:1(0) ack 101 win 65060
// five seconds without an answer: the client's timeout
+4.98 > F. 101:101(0) ack 1 win 64240
+.04 < . 1:1(0) ack 102 win 65059
// the answer comes two seconds later, to a closed socket
+2 < P. 1:501(500) ack 102 win 65059
+.001 > R 102:102(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Client,
        title: "Make the server answer within the client's timeout, or raise that timeout",
        steps: &[
            "\
            Take the time from request to close from the report. If it is round, find that timeout in the client or in \
            the proxy at {client.ip}. If it is close to zero, the client did not want the answer (to a QUIT, say); it \
            should read to end of file before it closes. Right after a TLS handshake, check in its log whether it \
            trusts the certificate and the name in it.",
            "\
            Find out from the server's log how long it needs for this request; decide whether the server is slow or \
            the client too impatient.",
            "\
            Give each hop a shorter timeout than the hop in front of it, so that the server times out first and can \
            say so.",
            "\
            Let the server notice: cancel work when the client has gone (request context in Go, req.on('close') in \
            Node).",
            "\
            In the server, treat EPIPE and ECONNRESET on write as the client's decision: log at a low level, do \
            not alert.",
            "\
            A client that retries after its own timeout doubles the load on a slow server: back off, with jitter, \
            and cap the number of tries.",
        ],
        commands: &["tcpdump -ni any 'host {client.ip} and tcp port {server.port}'"],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "proxy_ignore_client_abort",
            default: "off",
            advice: "on: the backend's request is completed even though the client has gone",
        },
        Setting {
            program: "nginx",
            name: "proxy_read_timeout",
            default: "60s",
            advice: "when nginx is the client: between two reads from the backend",
        },
        Setting { program: "HAProxy", name: "timeout server", default: "none", advice: "when HAProxy is the client" },
        Setting { program: "AWS ALB", name: "idle_timeout.timeout_seconds", default: "60", advice: "" },
        Setting {
            program: "Python",
            name: "requests timeout=",
            default: "none",
            advice: "(connect, read) in seconds: always set it",
        },
        Setting { program: "Go", name: "http.Client.Timeout", default: "none", advice: "includes reading the body" },
        Setting {
            program: "Node",
            name: "http.request({ timeout })",
            default: "none",
            advice: "only emits 'timeout': your code must destroy the request",
        },
        Setting { program: "Java", name: "HttpRequest.Builder.timeout", default: "none", advice: "" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if case.client_is_victim() || !case.connection().has_payload() {
        return None;
    }
    if case.kind() == Some(Kind::BrokenPipe) {
        return closed_early(case);
    }
    let reset = case.reset().filter(|reset| reset.from == CLIENT)?;
    if check_in_rhythm(case).is_some() {
        return None;
    }
    if case.fin_was_lost() {
        // It had acknowledged all that the server said, and may have had enough of it.
        let early = if case.lost(SERVER) > 0 { " before it had the whole answer" } else { "" };
        return Some(Match::likely(format!(
            "The client closed the connection{early}, and its FIN did not reach the server."
        )));
    }
    if case.client_waits() {
        return Some(Match::likely(gave_up_waiting(case)));
    }
    if case.asked_last(CLIENT) && case.last_words(CLIENT).is_some_and(|(_, sense)| sense == Sense::Cancel) {
        let later = case.since_payload(CLIENT);
        let later = if case.at_once(later) { String::new() } else { format!(" {} later", duration(later)) };
        return Some(Match::likely(format!(
            "The client cancelled its request, and ended the connection with a RST{later}."
        )));
    }
    let cut = case.answer_is_cut();
    let streaming = case.half(SERVER).has(Half::DATA)
        && (cut || reset.unacknowledged > 0 || case.lost(SERVER) > 0 || case.at_once(case.since_payload(SERVER)));
    let text = match case.lost(SERVER).max(reset.unacknowledged) {
        0 if cut => "The client ended the connection before it had the whole answer.".to_string(),
        0 => "The client reset the connection right after the server's last data.".to_string(),
        lost => format!(
            "The client ended the connection while the server was sending: {} {} lost.",
            bytes(lost),
            were(lost)
        ),
    };
    let kind = case.is_abort() || reset.unacknowledged > 0;
    // All that the server had written has come (it pushed the last of it): the answer may have been complete.
    let complete = case.lost(SERVER).max(reset.unacknowledged) == 0 && case.half(SERVER).has(Half::PUSHED) && !cut;
    let found = if complete { Match::possible } else { Match::likely };
    (streaming && kind).then(|| found(text))
}

/// The client's FIN came first, and what the server wrote after it met a RST.
fn closed_early(case: &Case<'_>) -> Option<Match> {
    if case.mismatch().is_some() {
        return None;
    }
    let first = case.story().first_fin == Some(CLIENT);
    let text = match case.lost(SERVER) {
        _ if closed_after_the_tls_handshake(case) => {
            "The client closed the connection right after the TLS handshake; it may not trust the server's \
             certificate."
                .to_string()
        }
        0 => "The client closed the connection while the server was still sending.".to_string(),
        lost => {
            format!("The client closed the connection before the server was done: {} {} lost.", bytes(lost), were(lost))
        }
    };
    first.then(|| Match::likely(text))
}

/// How the client ended a connection in which it was the server's turn.
fn gave_up_waiting(case: &Case<'_>) -> String {
    let waited = case.waited_for_answer();
    if case.request_went_on() {
        "The client ended the connection after the server had answered an incomplete request.".to_string()
    } else if case.finished_tls_handshake() {
        "The client ended the connection after the TLS handshake, before it had asked for anything.".to_string()
    } else if !case.saw_payload() {
        "The client ended the connection with a RST.".to_string()
    } else if case.at_once(waited) {
        "The client ended the connection without waiting for the answer.".to_string()
    } else {
        format!("The client gave up after waiting {} for the answer.", duration(waited))
    }
}

/// With its part of the handshake the client took its leave, and all that came back may be session tickets.
fn closed_after_the_tls_handshake(case: &Case<'_>) -> bool {
    let at_once = |fin: &Mark| case.at_once(fin.time.since(case.half(CLIENT).data_time));
    let done = case.finished_tls_handshake() || case.may_be_tickets();
    done && case.story().fin[CLIENT].as_ref().is_some_and(at_once)
}
