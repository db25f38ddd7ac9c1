//! How the kernel of the receiver takes a RST.

use super::super::connection::{CLIENT, Connection, Half, other};
use super::super::seq;
use super::super::story::Acceptance;
use super::window::window;
use super::{FAR, acknowledges_syn, misses_syn_ack, waits_for_syn_ack};
use crate::decode::{Flags, Segment, Signs};

/// How the kernel of the receiver takes a RST.
///
/// SYN_SENT: `tcp_rcv_synsent_state_process()`. SYN_RECV: `tcp_check_req()`. Else `tcp_validate_incoming()` with
/// `tcp_reset_check()`: exact, or one less after a FIN; in the window it brings a challenge ACK (RFC 5961, 3.2).
pub(super) fn acceptance(connection: &Connection, from: usize, segment: &Segment) -> Acceptance {
    let to = other(from);
    let (sender, receiver) = (&connection.half[from], &connection.half[to]);
    let unsigned = !segment.signs.has(Signs::SIGNED) && !segment.signs.has(Signs::OPTIONS_HIDDEN);
    if let Some(story) = connection.story.as_ref().filter(|_| unsigned) {
        // `tcp_inbound_hash()`: an end that has a key for the other drops what is not signed.
        if story.signed[to] {
            return Acceptance::NotAccepted;
        }
        // A long SYN asks for several paths (MPTCP) more often than it is signed; but no system whose SYN is refused sends it
        // again, but for Windows.
        let ignores = story.syn_retransmissions > 0 && story.resets[from] > 0;
        if story.hidden[to] && (ignores || !waits_for_syn_ack(connection, to)) {
            return Acceptance::OptionsCut;
        }
    }
    if waits_for_syn_ack(connection, to) {
        return if acknowledges_syn(connection, to, segment) {
            Acceptance::RefusesSyn
        } else {
            Acceptance::NotAccepted
        };
    }
    let sequence = segment.sequence;
    if sequence != sender.next && misses_syn_ack(connection, to) && acknowledges_syn(connection, to, segment) {
        return Acceptance::RefusesSyn;
    }
    // Who acknowledges payload of a SYN has made a socket of it, with or without a cookie (`tcp_fastopen_create_child()`), which
    // a RST resets (`tcp_check_req()`).
    let fast_open = seq::after(receiver.ack, sender.isn.wrapping_add(1)) && receiver.has(Half::ACK);
    if from == CLIENT && sender.has(Half::SYN) && !sender.has(Half::ACK) && !fast_open {
        return in_syn_recv(sender, receiver, segment);
    }
    if !sender.has(Half::SEQUENCE) && !receiver.has(Half::ACK) {
        return Acceptance::Unknown;
    }
    let expected = sender.next;
    let after_fin = sender.has(Half::FIN) && sequence == expected.wrapping_sub(1);
    if sender.has(Half::SEQUENCE) && (sequence == expected || after_fin) {
        return Acceptance::Exact;
    }
    let at_edge = connection.is_at_sacked_edge(to, sequence);
    if receiver.has(Half::ACK) && (sequence == receiver.ack || at_edge) {
        return Acceptance::Exact;
    }
    let base = if receiver.has(Half::ACK) { receiver.ack } else { expected };
    match seq::between(sequence, base, base.wrapping_add(window(connection, to))) {
        true => Acceptance::InWindow,
        false => Acceptance::OutOfWindow,
    }
}

/// How a server takes the RST of a client whose acknowledgment of the handshake was not seen (`tcp_check_req()`).
fn in_syn_recv(client: &Half, server: &Half, segment: &Segment) -> Acceptance {
    let first = client.isn.wrapping_add(1);
    let window = u32::from(server.window.max(1));
    // It acknowledges payload of the server, which had a socket then: what opened that is missing.
    let ahead = segment.acknowledgment.wrapping_sub(server.next);
    let opened = segment.flags.has(Flags::ACK) && server.has(Half::SEQUENCE) && (1..=FAR).contains(&ahead);
    if segment.sequence == first {
        return Acceptance::EndsHalfOpen;
    }
    // Behind that the client has sent payload, for which it needs the SYN-ACK: either the capture has a hole, or the server
    // has not got it either, and answers with a challenge ACK (RFC 5961; older kernels drop the handshake).
    match seq::between(segment.sequence, first, first.wrapping_add(window)) {
        true if server.has(Half::SYN) || opened => Acceptance::InWindow,
        false if opened => Acceptance::OutOfWindow,
        true | false => Acceptance::NotAccepted,
    }
}
