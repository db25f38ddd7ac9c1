//! From what happened to one connection to a finding: which failure, which cause, with which evidence.

mod case;
mod evidence;
mod finding;
mod icmp;
mod retry;
mod words;

pub use case::Case;
pub use finding::{
    EndReport, EndedBy, Evidence, FILTERED, Finding, LiveCounts, ResetKind, RetryVerdict, Summary, Timing, Traffic,
};
pub use icmp::{IcmpSeen, Meaning};
pub use words::{bytes, duration, were};

use std::sync::OnceLock;

use crate::causes::{self, Cause, Confidence, Match};
use crate::track::kernel::Kind;
use crate::track::{By, CLIENT, Connection, Ended, Ending, SERVER, hops, other};

const FORGED: &Cause = &causes::forged_reset::CAUSE;

/// The finding about a connection's ending; `None` where there is nothing to say.
pub fn diagnose(ended: &Ended<'_>) -> Option<Finding> {
    let case = Case::of(ended)?;
    let (cause, mut found) = match case.doubt() {
        Some(doubt) => (None, Match::possible(words::undecided(&case, doubt))),
        None => explain(&case),
    };
    let reset_reason = case.reset_reason();
    if let Some(reason) = &reset_reason {
        found.yield_to(reason);
    }
    let [client, server] = ended.ends;
    let ended_by = ended_by(&case, cause, found.confidence);
    let (retry, retry_why) = retry::verdict(&case, ended_by);
    let report = |side: usize, end| EndReport {
        end,
        errno: case.errno(side),
        calls: words::calls(&case, side),
        is_routed: case.half(side).packets > 0 && hops(case.half(side).ttl_low) > 0,
    };
    Some(Finding {
        time: ended.time,
        kind: case.kind(),
        doubt: case.doubt(),
        cause: cause.filter(|cause| case.kind().is_none_or(|kind| cause.kinds.contains(&kind))),
        confidence: found.confidence,
        ended_by,
        victim: case.victim(),
        reset: case.reset_kind(),
        reset_reason,
        client: report(CLIENT, client),
        server: report(SERVER, server),
        translated: ended.translated,
        role_known: ended.connection.has(Connection::ROLE_KNOWN),
        retry,
        retry_why,
        summary: found.summary,
        timing: case.timing(),
        traffic: case.traffic(),
        evidence: evidence::collect(&case, ended_by),
        context: case.into_context(),
        local: None,
    })
}

/// The cause that explains the case best: one that is certain, else one that others give way to ([`causes::Group`]), else the
/// surest, and of those that are equal in that the first in the catalogue.
fn explain(case: &Case<'_>) -> (Option<&'static Cause>, Match) {
    // Behind a FIN a forged RST gives EPIPE, of which the catalogue has it for no cause: who ended it is still known.
    if case.kind() == Some(Kind::BrokenPipe)
        && let Some(found) = (FORGED.detect)(case).filter(|found| found.confidence > Confidence::Possible)
    {
        return (Some(FORGED), Match::likely(found.summary));
    }
    let mut best: Option<(&'static Cause, Match)> = None;
    for cause in candidates(case) {
        let Some(found) = (cause.detect)(case) else {
            continue;
        };
        if found.confidence == Confidence::Certain {
            return (Some(cause), found);
        }
        let is_better =
            |(best, other): &(&Cause, Match)| (cause.group, found.confidence) > (best.group, other.confidence);
        if best.as_ref().is_none_or(is_better) {
            best = Some((cause, found));
        }
    }
    match best {
        Some((cause, found)) => (Some(cause), found),
        None => (None, Match { confidence: Confidence::Possible, summary: words::unexplained(case) }),
    }
}

/// The causes that may explain this case, in the order of the catalogue.
fn candidates(case: &Case<'_>) -> &'static [&'static Cause] {
    static OF_KINDS: OnceLock<[Vec<&Cause>; 6]> = OnceLock::new();
    match (case.kind(), case.benign()) {
        (Some(kind), _) => {
            let explain = |kind| causes::ALL.iter().copied().filter(|cause| cause.kinds.contains(&kind)).collect();
            let all = OF_KINDS.get_or_init(|| Kind::ALL.map(explain));
            Kind::ALL.iter().zip(all).find(|(other, _)| **other == kind).map_or(&[], |(_, causes)| causes)
        }
        (None, Some(benign)) => {
            let place = causes::ALL.iter().position(|cause| cause.id == benign.id());
            place.and_then(|place| causes::ALL.get(place..=place)).unwrap_or_default()
        }
        (None, None) => &[],
    }
}

/// Who ended it. A cause that proves that somebody between both ends spoke outranks the addresses in the packets.
fn ended_by(case: &Case<'_>, cause: Option<&'static Cause>, confidence: Confidence) -> EndedBy {
    let by_device = cause.is_some_and(|cause| cause.id == "idle_expired")
        && (case.foreign_ttl().is_some() || case.made_on_the_way() && !case.may_have_come_in());
    let forged = cause.is_some_and(|cause| cause.id == FORGED.id);
    if forged && confidence == Confidence::Possible {
        return EndedBy::Unknown;
    }
    if forged || by_device || case.refusal_is_not_the_servers() {
        return EndedBy::Middlebox;
    }
    if case.doubt().is_some() {
        return EndedBy::Unknown;
    }
    let Ending::Failure(failure) = case.ending() else {
        return case.reset().map_or(EndedBy::Unknown, |reset| case.side(reset.from));
    };
    match failure.by {
        By::Icmp => case.reporter().unwrap_or(EndedBy::Unknown),
        By::Silence if case.reader_stalls() => case.side(other(case.victim())),
        By::Silence => match case.reporter() {
            Some(by @ (EndedBy::Middlebox | EndedBy::Unknown)) => by,
            Some(_) | None => EndedBy::Network,
        },
        By::Reset => {
            let from = case.story().first_fin.filter(|_| case.kind() == Some(Kind::BrokenPipe));
            from.or(case.reset().map(|reset| reset.from)).map_or(EndedBy::Unknown, |side| case.side(side))
        }
    }
}
