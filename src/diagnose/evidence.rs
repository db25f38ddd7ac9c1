//! The packets that speak for a verdict.

use std::borrow::Cow;

use super::case::Case;
use super::finding::{EndedBy, Evidence, ResetKind};
use crate::decode::Flags;
use crate::notation::render_segment;
use crate::short::Short;
use crate::track::kernel::Kind;
use crate::track::{Acceptance, By, CLIENT, Connection, Event, Half, Mark, SERVER, What, other};

/// The evidence for a case, in time order. Where something between the ends ended it, the RST is not its sender's.
pub fn collect(case: &Case<'_>, ended_by: EndedBy) -> Vec<Evidence> {
    let connection = case.connection();
    let told = &case.story().events;
    let mut all: Vec<Evidence> = Vec::with_capacity(told.len() + 3);
    if connection.half[CLIENT].has(Half::SYN) && connection.has(Connection::ROLE_KNOWN) {
        let mark = Mark { time: connection.start, frame: connection.start_frame, input: connection.start_input };
        if !told.iter().any(|event| event.mark == mark) && is_syn_first(connection) {
            let half = case.half(CLIENT);
            // TCP Fast Open: the SYN has payload (RFC 7413).
            let length = if half.has(Half::DATA) && half.data_mark() == mark { half.data_length } else { 0 };
            let packet = render_segment(Flags(Flags::SYN), 0, length, None);
            all.push(evidence(mark, EndedBy::Client, packet, "client opens the connection".into()));
        }
    }
    for side in [CLIENT, SERVER] {
        let Some(last) = last_payload(case, side) else { continue };
        // A window says nothing of the payload that it comes with.
        let payload = case.half(side).data_mark();
        let is_told = |event: &Event| (event.mark, event.from) == (payload, side) && event.what != What::WindowClosed;
        if !told.iter().any(is_told) {
            all.push(last);
        }
    }
    let foreign = ended_by.may_be_another();
    for (index, event) in told.iter().enumerate() {
        let again = |earlier: &&Event| {
            earlier.what == What::Repeated && (earlier.from, earlier.sequence) == (event.from, event.sequence)
        };
        let repeated = told[..=index].iter().filter(again).count();
        let packet = match event.what {
            What::Icmp(kind, code) => icmp(kind, code, event.sequence),
            _ => render_segment(Flags(event.flags), event.sequence, event.length, event.acknowledgment),
        };
        all.push(evidence(event.mark, from(case, event), packet, note(case, event, repeated, foreign)));
    }
    all.sort_by_key(|evidence| (evidence.time, evidence.input, evidence.frame));
    // A packet that is notable twice, as data after a FIN that bears a FIN itself, is one line.
    all.dedup_by(|later, earlier| {
        let same = (later.frame, later.input, later.time) == (earlier.frame, earlier.input, earlier.time)
            // Beyond 32 bits all numbers are one.
            && (later.frame < u32::MAX.into() || later.from == earlier.from);
        if same {
            earlier.note = format!("{}; {}", earlier.note, later.note).into();
        }
        same
    });
    all
}

/// The connection's first segment was its SYN.
fn is_syn_first(connection: &Connection) -> bool {
    connection.half[CLIENT].packets > 0
}

fn icmp(kind: u8, code: u8, sequence: u32) -> Short {
    let mut text = Short::from("icmp ");
    text.add_number(kind.into()).add("/").add_number(code.into());
    text.add(" about ").add_number(sequence.into()).add(":").add_number(sequence.into());
    text
}

fn evidence(mark: Mark, from: EndedBy, packet: Short, note: Cow<'static, str>) -> Evidence {
    Evidence { frame: mark.frame.into(), input: mark.input.into(), time: mark.time, from, packet, note }
}

/// A sentence about an end, `client` or `server`, and the other one. There are very many findings, and none of these
/// texts has to be made for each of them.
macro_rules! about {
    ($side:expr, $before:literal, end, $after:literal) => {
        if $side == CLIENT {
            concat!($before, "client", $after).into()
        } else {
            concat!($before, "server", $after).into()
        }
    };
    ($side:expr, end, $between:literal, other, $after:literal) => {
        if $side == CLIENT {
            concat!("client", $between, "server", $after).into()
        } else {
            concat!("server", $between, "client", $after).into()
        }
    };
    ($side:expr, end, $after:literal) => {
        about!($side, "", end, $after)
    };
}

fn last_payload(case: &Case<'_>, side: usize) -> Option<Evidence> {
    let half = case.half(side);
    if !half.saw_data() {
        return None;
    }
    let peer = case.half(other(side));
    let flags = Flags(Flags::ACK | if half.has(Half::PUSHED) { Flags::PSH } else { 0 });
    let sequence = half.data_until.wrapping_sub(half.data_length).wrapping_sub(half.isn);
    let acknowledgment = half.data_ack.wrapping_sub(peer.isn);
    let packet = render_segment(flags, sequence, half.data_length, Some(acknowledgment));
    let note = match case.lost(side) {
        // Its acknowledgment would have been on the way that was not captured.
        _ if !peer.has(Half::ANY) => about!(side, end, "'s last payload"),
        0 => about!(side, end, "'s last payload, acknowledged"),
        lost if lost >= half.data_length => about!(side, end, "'s last payload, never acknowledged"),
        _ => about!(side, end, "'s last payload, acknowledged in part"),
    };
    Some(evidence(half.data_mark(), case.side(side), packet, note))
}

fn from(case: &Case<'_>, event: &Event) -> EndedBy {
    match event.what {
        What::Icmp(..) => EndedBy::Middlebox,
        _ => case.side(event.from),
    }
}

/// What a packet means in this case; `foreign` if the RST that ended it may be somebody else's than its sender's.
fn note(case: &Case<'_>, event: &Event, repeated: usize, foreign: bool) -> Cow<'static, str> {
    let from = event.from;
    let flags = Flags(event.flags);
    match event.what {
        What::Handshake if flags.has(Flags::ACK) => "server accepts".into(),
        What::Handshake => about!(from, end, " opens the connection"),
        What::Repeated if flags.has(Flags::SYN | Flags::ACK) => "server retransmits its SYN-ACK".into(),
        What::Repeated if flags.has(Flags::SYN) => about!(from, end, " retransmits its SYN"),
        What::Repeated => format!("{} sends it again, retransmission {repeated}", case.name(from)).into(),
        What::KeepAlive => about!(from, "keep-alive probe from the ", end, ""),
        What::WindowProbe => about!(from, end, " probes the zero window"),
        What::WindowClosed => about!(from, end, " advertises a zero window: its application does not read"),
        What::Data if foreign => about!(from, end, " keeps sending after the RST with its address"),
        What::Data => about!(from, end, " keeps sending after its RST"),
        What::DataAfterFin => about!(from, end, " sends to an end that has closed"),
        What::Fin => about!(from, end, " closed"),
        What::Answer => about!(from, end, " answers with the sequence number it expects"),
        What::Icmp(..) => about!(from, "an ICMP error about this segment from the ", end, ""),
        What::Reset => reset_note(case, event, foreign),
    }
}

/// Does a bare RST stand where the other end may have acknowledged? The host without a socket takes its number from there
/// (`tcp_v4_send_reset()`).
fn answers(case: &Case<'_>, event: &Event) -> bool {
    let half = case.half(event.from);
    let sent = half.next.wrapping_sub(half.isn);
    sent.wrapping_sub(event.sequence) < 1 << 31
}

fn reset_note(case: &Case<'_>, event: &Event, foreign: bool) -> Cow<'static, str> {
    let from = event.from;
    let Some(reset) = case.reset().filter(|reset| reset.mark == event.mark) else {
        let bare = !Flags(event.flags).has(Flags::ACK);
        let refuses = case.reset().is_some_and(|last| last.acceptance == Acceptance::RefusesSyn && last.from == from);
        // Of the same name as one that is not its sender's, or that its receiver must not believe.
        let alike = case.reset().filter(|last| last.from == from);
        let doubtful = alike.is_some_and(|last| foreign || !last.is_accepted());
        return if refuses && !bare {
            "the SYN is refused".into()
        } else if case.reset().is_some_and(|last| last.is_fast_close && last.from != from) {
            about!(from, end, "'s host confirms it")
        } else if doubtful {
            about!(from, "another RST with the ", end, "'s address")
        } else if bare && answers(case, event) {
            about!(from, end, " has no socket for the packet")
        } else {
            about!(from, "another RST from the ", end, "")
        };
    };
    if case.doubt().is_some() {
        return about!(from, "a RST with the ", end, "'s address");
    }
    if case.by() == Some(By::Silence) {
        return about!(from, end, " gives up");
    }
    // An abort came before it, and its receiver asked.
    let confirms = reset.acknowledgment.is_some() && !Flags(event.flags).has(Flags::ACK);
    match (reset.acceptance, case.reset_kind()) {
        (Acceptance::RefusesSyn, _) => "the SYN is refused".into(),
        (Acceptance::EndsHalfOpen, _) => "client ends the handshake".into(),
        (
            Acceptance::InWindow
            | Acceptance::OutOfWindow
            | Acceptance::NotAccepted
            | Acceptance::Unknown
            | Acceptance::OptionsCut,
            _,
        ) => {
            about!(other(from), "the ", end, " does not accept this RST")
        }
        (Acceptance::Exact, _) if case.kind() == Some(Kind::Aborted) => "client aborts".into(),
        (Acceptance::Exact, _) if foreign => about!(from, "a RST with the ", end, "'s address, which must be accepted"),
        (Acceptance::Exact, _) if reset.is_fast_close => about!(from, end, " closes all paths at once (MP_FASTCLOSE)"),
        (Acceptance::Exact, Some(ResetKind::Abort)) if !confirms => {
            about!(from, end, "'s socket aborts; the ", other, " must accept the RST")
        }
        (Acceptance::Exact, _) => {
            about!(from, end, " has no socket for it; the ", other, " must accept the RST")
        }
    }
}
