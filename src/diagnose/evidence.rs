//! The packets that speak for a verdict.

use super::case::Case;
use super::finding::{EndedBy, Evidence, ResetKind};
use crate::decode::Flags;
use crate::notation::render_segment;
use crate::track::kernel::Kind;
use crate::track::{Acceptance, By, CLIENT, Connection, Event, Half, Mark, SERVER, What, other};

/// The evidence for a case, in time order.
pub fn collect(case: &Case<'_>) -> Vec<Evidence> {
    let mut all: Vec<Evidence> = Vec::new();
    let connection = case.connection();
    let told = &case.story().events;
    if connection.half[CLIENT].has(Half::SYN) && connection.has(Connection::ROLE_KNOWN) {
        let mark = Mark { time: connection.start, frame: connection.start_frame, input: connection.start_input };
        if !told.iter().any(|event| event.mark == mark) && is_syn_first(connection) {
            let packet = render_segment(Flags(Flags::SYN), 0, 0, None);
            all.push(evidence(mark, EndedBy::Client, packet, "client asks for a connection".to_string()));
        }
    }
    for side in [CLIENT, SERVER] {
        if let Some(last) = last_payload(case, side)
            && !told
                .iter()
                .any(|event| u64::from(event.mark.frame) == last.frame && u16::from(event.mark.input) == last.input)
        {
            all.push(last);
        }
    }
    let mut repeated = 0;
    for event in told {
        if matches!(event.what, What::Repeated | What::KeepAlive | What::WindowProbe) {
            repeated += 1;
        }
        let packet = match event.what {
            What::Icmp(kind, code) => format!("icmp {kind}/{code} about {}:{}", event.sequence, event.sequence),
            _ => render_segment(Flags(event.flags), event.sequence, event.length, event.acknowledgment),
        };
        all.push(evidence(event.mark, from(case, event), packet, note(case, event, repeated)));
    }
    all.sort_by_key(|evidence| (evidence.time, evidence.input, evidence.frame));
    all
}

/// The connection's first segment was its SYN.
fn is_syn_first(connection: &Connection) -> bool {
    connection.half[CLIENT].packets > 0
}

fn evidence(mark: Mark, from: EndedBy, packet: String, note: String) -> Evidence {
    Evidence { frame: mark.frame.into(), input: mark.input.into(), time: mark.time, from, packet, note }
}

fn last_payload(case: &Case<'_>, side: usize) -> Option<Evidence> {
    let half = case.half(side);
    if !half.has(Half::DATA) {
        return None;
    }
    let peer = case.half(other(side));
    let flags = Flags(Flags::ACK | if half.has(Half::PUSHED) { Flags::PSH } else { 0 });
    let sequence = half.data_until.wrapping_sub(half.data_length).wrapping_sub(half.isn);
    let acknowledgment = half.data_ack.wrapping_sub(peer.isn);
    let packet = render_segment(flags, sequence, half.data_length, Some(acknowledgment));
    let name = case.name(side);
    let note = match case.lost(side) {
        0 => format!("{name}'s last payload, acknowledged"),
        lost if lost >= half.data_length => format!("{name}'s last payload, never acknowledged"),
        _ => format!("{name}'s last payload, acknowledged in part"),
    };
    let mark = Mark { time: half.data_time, frame: half.data_frame, input: half.data_input };
    Some(evidence(mark, case.side(side), packet, note))
}

fn from(case: &Case<'_>, event: &Event) -> EndedBy {
    match event.what {
        What::Icmp(..) => EndedBy::Middlebox,
        _ => case.side(event.from),
    }
}

/// What a packet means in this case.
fn note(case: &Case<'_>, event: &Event, repeated: usize) -> String {
    let name = case.name(event.from);
    let peer = case.name(other(event.from));
    let flags = Flags(event.flags);
    match event.what {
        What::Handshake if flags.has(Flags::ACK) => "server accepts".to_string(),
        What::Handshake => format!("{name} asks for a connection"),
        What::Repeated if flags.has(Flags::SYN | Flags::ACK) => "server repeats its SYN-ACK".to_string(),
        What::Repeated if flags.has(Flags::SYN) => format!("{name} repeats its SYN"),
        What::Repeated => format!("{name} sends it again, repetition {repeated}"),
        What::KeepAlive => format!("keep-alive probe of the {name}"),
        What::WindowProbe => format!("{name} probes the closed window"),
        What::WindowClosed => format!("{name} closes its window: its application does not read"),
        What::Data => format!("{name} goes on after its RST"),
        What::DataAfterFin => format!("{name} sends to an end that has closed"),
        What::Fin => format!("{name} closed"),
        What::Answer => format!("{name} answers with what it expects"),
        What::Icmp(..) => format!("an ICMP error about this segment of the {name}"),
        What::Reset => reset_note(case, event, name, peer),
    }
}

fn reset_note(case: &Case<'_>, event: &Event, name: &str, peer: &str) -> String {
    let Some(reset) = case.reset().filter(|reset| reset.mark == event.mark) else {
        let bare = !Flags(event.flags).has(Flags::ACK);
        return if bare { format!("{name} has no socket for what came") } else { format!("another RST of the {name}") };
    };
    if case.by() == Some(By::Silence) {
        return format!("{name} gives up");
    }
    match (reset.acceptance, case.reset_kind()) {
        (Acceptance::RefusesSyn, _) => "the SYN is refused".to_string(),
        (Acceptance::EndsHalfOpen, _) => "client ends the handshake".to_string(),
        (Acceptance::InWindow | Acceptance::Ignored | Acceptance::Dropped | Acceptance::Unknown, _) => {
            format!("the {peer} does not accept this RST")
        }
        (Acceptance::Exact, _) if case.kind() == Some(Kind::Aborted) => "client aborts".to_string(),
        (Acceptance::Exact, Some(ResetKind::Abort)) => format!("{name}'s socket aborts; the {peer} must accept it"),
        (Acceptance::Exact, Some(ResetKind::Reply) | None) => {
            format!("{name} has no socket for it; the {peer} must accept this")
        }
    }
}
