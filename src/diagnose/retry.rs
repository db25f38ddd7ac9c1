//! Is it safe to send the request again? Never more than the packets show.

use std::borrow::Cow;

use super::case::Case;
use super::finding::{EndedBy, ResetKind, RetryVerdict};
use super::words::{self, bytes};
use crate::context::{Sense, may_have_more_open};
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Doubt, Half, SERVER};

/// The verdict, and why: a clause without a capital or full stop.
pub fn verdict(case: &Case<'_>, ended_by: EndedBy) -> (RetryVerdict, Cow<'static, str>) {
    match case.doubt() {
        Some(Doubt::NoAnswer) => {
            return (RetryVerdict::MaybeProcessed, "the request was acknowledged, but no answer came".into());
        }
        Some(Doubt::AnswerCut) => return (RetryVerdict::Answered, "the answer had begun".into()),
        Some(_) => return (RetryVerdict::Unknown, "the capture cannot tell whether the connection failed".into()),
        None => {}
    }
    let client = case.half(CLIENT);
    let server = case.half(SERVER);
    // It was, where the server sent payload or acknowledged some, though the capture lost the client's acknowledgment.
    let acknowledged = server.has(Half::ACK) && server.ack != client.isn.wrapping_add(1);
    if !case.connection().established() && !server.has(Half::DATA) && !acknowledged {
        let opening = client.has(Half::SYN) || server.has(Half::SYN);
        let why = "the connection was never established".into();
        return if opening { (RetryVerdict::NotDelivered, why) } else { (RetryVerdict::Unknown, why_late()) };
    }
    if !case.half(SERVER).has(Half::ANY) {
        return (RetryVerdict::Unknown, "the capture does not show the server's packets".into());
    }
    if !client.has(Half::DATA) {
        return without_request(case);
    }
    let unseen = case.connection().unseen_answer(CLIENT);
    if unseen > 0 {
        let why = format!("the client acknowledged {} of an answer that the capture does not show", bytes(unseen));
        return (RetryVerdict::Answered, why.into());
    }
    if server.has(Half::DATA) && !case.asked_last(CLIENT) {
        return answered(case);
    }
    if server.has(Half::DATA)
        && let Some((protocol, _)) = case.last_words(CLIENT).filter(|(_, sense)| !sense.is_work())
    {
        let (last, label) = (bytes(case.connection().said_since(CLIENT)), protocol.label());
        if case.server_never_answered() {
            let why = format!("the {} that came back are no answer in {label}", bytes(case.sent(SERVER) as u32));
            return (RetryVerdict::MaybeProcessed, why.into());
        }
        if may_have_more_open(protocol) {
            let why =
                format!("the client's last {last} are no request in {label}, and an earlier one may be unanswered");
            return (RetryVerdict::Unknown, why.into());
        }
        let why = format!("the client's last {last} are no request in {label}, and all earlier ones were answered");
        return (RetryVerdict::Answered, why.into());
    }
    if server.has(Half::DATA) && !case.upload_was_cut() && case.request_went_on() && case.knew_of_fin(CLIENT) {
        let why = "what was lost may be the rest of the request that was answered, or a new one".into();
        return (RetryVerdict::Unknown, why);
    }
    if server.has(Half::DATA) && (case.upload_was_cut() || case.request_went_on()) {
        let why =
            format!("at least {} came back while the request was still being sent", bytes(case.last_payload(SERVER)));
        return (RetryVerdict::Answered, why.into());
    }
    unanswered(case, ended_by)
}

/// The client sent no payload, as far as the capture shows.
fn without_request(case: &Case<'_>) -> (RetryVerdict, Cow<'static, str>) {
    let client = case.half(CLIENT);
    if !client.has(Half::SYN) {
        return (RetryVerdict::Unknown, why_late());
    }
    // An abort tells what had arrived; the client's FIN need not have.
    let by_reset = case.reset().filter(|reset| reset.from == SERVER).and_then(|reset| reset.acknowledgment);
    let seen = [client.data_end(), client.next];
    if client.bytes() > 0 || by_reset.is_some_and(|acknowledgment| !seen.contains(&acknowledgment)) {
        return (RetryVerdict::Unknown, "the capture does not show what the client sent".into());
    }
    (RetryVerdict::NotDelivered, "the client sent no payload".into())
}

/// The server spoke last: whether that was the answer.
fn answered(case: &Case<'_>) -> (RetryVerdict, Cow<'static, str>) {
    let (client, server) = (case.half(CLIENT), case.half(SERVER));
    // Who had spoken before may speak on without having got what the client said last. Before a late capture it may have.
    let spoke_before = !server.has(Half::SYN) || client.data_ack != server.isn.wrapping_add(1);
    if spoke_before && !case.connection().has_heard(SERVER) && !case.upload_was_cut() {
        let last = bytes(client.data_length);
        let why = format!("what came back was sent before the server's host had the client's last {last}");
        return (RetryVerdict::Unknown, why.into());
    }
    if let Some(protocol) = case.gave_no_answer(SERVER) {
        let came = bytes(case.connection().said_since(SERVER));
        let label = protocol.label();
        // The client may have asked before, and have had an answer.
        if case.last_words(CLIENT).is_some_and(|(_, sense)| !sense.is_work()) && !case.server_never_answered() {
            let why =
                format!("the last {came} that came back are no answer in {label}, and the client had asked for none");
            return (RetryVerdict::Unknown, why.into());
        }
        let why = format!("the {came} that came back are no answer in {label}");
        return (RetryVerdict::MaybeProcessed, why.into());
    }
    if case.may_be_tickets() {
        let why = "what came back may be only TLS session tickets".into();
        return (RetryVerdict::MaybeProcessed, why);
    }
    if client.ack == client.data_ack && case.lost(SERVER) > 0 {
        let why = "the server answered, though the client's host acknowledged none of it".into();
        return (RetryVerdict::Answered, why);
    }
    let why = format!("{} came back after the last request", bytes(case.connection().said_since(SERVER)));
    (RetryVerdict::Answered, why.into())
}

/// No answer came to the last request: whether it arrived.
fn unanswered(case: &Case<'_>, ended_by: EndedBy) -> (RetryVerdict, Cow<'static, str>) {
    let length = case.last_payload(CLIENT);
    let said = case.connection().said_since(CLIENT);
    let (request, were) = (bytes(said), words::were(said));
    let lost = case.lost(CLIENT);
    let by_reset = case.reset().is_some_and(|reset| reset.from == SERVER && !reset.had_all);
    // Whoever forged a RST need not have got the request, nor have stopped it.
    let forged = ended_by.may_be_another();
    if lost == 0 && by_reset && forged {
        let whose = if ended_by == EndedBy::Middlebox { "is not" } else { "may not be" };
        let why = format!("only a RST that {whose} the server's acknowledged the {request} of the request");
        return (RetryVerdict::Unknown, why.into());
    }
    if lost == 0 {
        // They may be several, of which only the last waits for an answer.
        let why = if case.last_words(CLIENT).is_some_and(|(_, sense)| sense == Sense::OneWay) {
            format!("the client's {request} {were} acknowledged, and no answer was expected")
        } else if said == length || case.is_one_message() {
            format!("the {request} of the request {were} acknowledged, but no answer came")
        } else {
            format!("the client's last {request} {were} acknowledged, but no answer came")
        };
        return (RetryVerdict::MaybeProcessed, why.into());
    }
    // Who was answered before waits for an answer before it asks again.
    let is_one = case.half(SERVER).has(Half::DATA) || case.is_one_message();
    if lost < length || lost < said && is_one {
        return (RetryVerdict::MaybeProcessed, "part of the request was acknowledged, but no answer came".into());
    }
    let rejected = matches!(case.kind(), Some(Kind::BrokenPipe | Kind::Reset))
        && case.reset_kind() == Some(ResetKind::Reply)
        && !forged
        && case.reset().is_some_and(|reset| reset.from == SERVER);
    if rejected {
        return (
            RetryVerdict::NotDelivered,
            format!("the {} of the request {} never acknowledged", bytes(lost), words::were(lost)).into(),
        );
    }
    let why = format!(
        "{} of the client {} not acknowledged in this capture, which does not prove that {} did not arrive",
        bytes(lost),
        words::were(lost),
        if lost == 1 { "it" } else { "they" }
    );
    (RetryVerdict::Unknown, why.into())
}

fn why_late() -> Cow<'static, str> {
    "the capture began after the connection".into()
}
