//! Questions about the RST: who sent it, and what it answered.

use super::super::finding::ResetKind;
use super::Case;
use crate::context;
use crate::decode::Flags;
use crate::time::MILLISECOND;
use crate::track::kernel::Kind;
use crate::track::{self, Acceptance, By, CLIENT, Event, Half, Repeated, Reset, SERVER, What, foreign, other};

impl Case<'_> {
    /// Why it was sent, if the RST that ended it says so.
    pub fn reset_reason(&self) -> Option<String> {
        context::reset_reason(self.ended.payload_of(self.reset()?)).map(|reason| reason.sentence())
    }

    /// Did a RST of `side` end it?
    pub fn reset_by(&self, side: usize) -> bool {
        self.by() == Some(By::Reset) && self.reset().is_some_and(|reset| reset.from == side)
    }

    /// Was it sent by a live socket, or by a host without one? Linux's `tcp_send_active_reset()` sets ACK;
    /// `tcp_v4_send_reset()` does so only in the answer to a segment without ACK, which is a SYN. A RST that answers
    /// nothing was sent by somebody who gave up, whatever its flags: other systems abort without ACK.
    pub fn reset_kind(&self) -> Option<ResetKind> {
        let reset = self.reset()?;
        // A RST that the waiting end had to ignore did not end its wait.
        let ignored = self.by() == Some(By::Silence) && reset.from != self.victim() && !reset.is_accepted();
        if ignored {
            return None;
        }
        // What acknowledges the SYN answers it, also where the capture holds it ahead of the SYN.
        let refuses = reset.acceptance == Acceptance::RefusesSyn || self.behind_a_syn_proxy();
        let abort = !refuses && !reset.is_reply();
        Some(if abort { ResetKind::Abort } else { ResetKind::Reply })
    }

    /// A RST of a live socket.
    pub fn is_abort(&self) -> bool {
        self.reset_kind() == Some(ResetKind::Abort)
    }

    /// The client's connect() had succeeded: its ACK was seen, or its RST acknowledges the SYN-ACK, as only a live socket's does
    /// (`tcp_send_active_reset()`; who closes a socket in SYN_SENT sends nothing, or like lwIP a RST that acknowledges 0, and is
    /// without one when the SYN-ACK comes).
    pub fn client_had_connected(&self) -> bool {
        let server = self.half(SERVER);
        let opened = |acknowledged: u32| server.has(Half::SYN) && acknowledged == server.isn.wrapping_add(1);
        let reset = self.reset().filter(|reset| reset.from == CLIENT);
        self.connection().established() || reset.and_then(|reset| reset.acknowledgment).is_some_and(opened)
    }

    /// All that came in the server's name is a SYN-ACK without a window, and a RST. The SYN-ACK is that of a SYN proxy, which
    /// speaks for the server until it has asked it: the RST is the server's answer to that, and the only packet of its own.
    pub fn behind_a_syn_proxy(&self) -> bool {
        let server = self.half(SERVER);
        let speaks = server.has(Half::DATA) || server.has(Half::READ);
        server.has(Half::SYN) && server.window == 0 && !speaks && self.reset_by(SERVER)
    }

    /// A second SYN-ACK came with an initial sequence number of its own: another host, too, answers for the server's address.
    pub fn two_hosts_answered(&self) -> bool {
        let opens = |event: &Event| event.from == SERVER && Flags(event.flags).has(Flags::SYN | Flags::ACK);
        self.story.events.iter().any(|event| opens(event) && event.sequence != 0)
    }

    /// The refusal came from somebody else than the server: a SYN-ACK followed it, or its TTL is none that the
    /// server's other packets have.
    pub fn refusal_is_not_the_servers(&self) -> bool {
        let refused = self.by() == Some(By::Reset) && self.kind() == Some(Kind::Refused);
        refused && (self.story.syn_ack_after_refusal.is_some() || self.foreign_refusal().is_some())
    }

    /// The TTL of the RST that refused the SYN, and the lowest of the server's SYN-ACKs to others, if it is none of
    /// those, nor of a longer way.
    pub fn foreign_refusal(&self) -> Option<(u8, u8)> {
        let reset = self.reset()?;
        let (low, high) =
            self.ended.services.ttls(self.ended.own[SERVER].ip, reset.mark.input, reset.place.is_made_here())?;
        // The capture may have begun between both times that a SYN-ACK is seen where a host forwards.
        let ttls = if low < high { (reset.ttl, reset.ttl) } else { reset.ttls };
        let usual = track::may_be_a_detour(reset.ttl, (low, high)) || track::tells_no_distance((low, high));
        (track::is_from_elsewhere(ttls, (low, high)) && !usual).then_some((reset.ttl, low))
    }

    /// The server's RST is an answer that comes sooner than a packet can go there and back: the time that it took, and the round
    /// trip. It acknowledges the client's last payload, or has the number with which the client acknowledges the SYN-ACK
    /// (`tcp_v4_send_reset()`). Only a capture at the client shows the whole round trip.
    pub fn faster_than_light(&self) -> Option<(u64, u64)> {
        let reset = self.reset().filter(|reset| reset.from == SERVER)?;
        let connection = self.connection();
        let (there, back) = (u64::from(connection.syn_ack_after) * 100, u64::from(connection.ack_after) * 100);
        // Where the ACK was captured ahead of the SYN-ACK, the times tell nothing.
        let at_client = self.story.syn_retransmissions == 0
            && there >= 4 * MILLISECOND
            && (there..there + there / 5).contains(&back);
        let (client, server) = (self.half(CLIENT), self.half(SERVER));
        // What another segment has acknowledged before can be acknowledged at once: then the handshake was slow.
        let covers = reset.acknowledgment == Some(client.data_until) && !reset.had_all;
        let own = track::is_next_of_the_socket(connection, reset);
        let after = self.since_payload(CLIENT);
        if at_client && covers && !own && client.has(Half::DATA) && after < there / 2 {
            return Some((after, there));
        }
        // No SYN-ACK can have been acknowledged before it came. A server that has been heard since has shown how far it is.
        let answers = reset.is_reply() && reset.sequence == server.next && connection.has_only_opened(SERVER);
        let after = reset.mark.time.since(self.syn_acked());
        (at_client && answers && server.has(Half::SYN) && after < there / 2).then_some((after, there))
    }

    /// The sender of the RST answered while the other end was still sending an upload, and closed at once: it can hardly
    /// have read all of it.
    pub fn upload_was_cut(&self) -> bool {
        let Some(reset) = self.reset() else {
            return false;
        };
        let (sender, victim) = (self.half(reset.from), self.half(self.victim()));
        let early = sender.data_time.since(victim.data_time) <= self.connection().soon();
        victim.uploads() && early && sender.has(Half::DATA) && self.at_once(self.decisive().since(sender.data_time))
    }

    /// The RST is a reply to payload, of an end that had closed while it had more to send: its FIN waits behind that. In this state
    /// Linux answers payload so (`tcp_rcv_state_process()`, `TCPABORTONDATA`), though it has the socket. It pushes the end of
    /// what was written (`tcp_push()`): behind what was not pushed there was more.
    pub fn closed_with_more_to_send(&self) -> bool {
        let Some(reset) = self.reset().filter(|_| self.reset_kind() == Some(ResetKind::Reply)) else {
            return false;
        };
        let (sender, victim) = (self.half(reset.from), self.victim());
        let more = sender.saw_data() && !sender.has(Half::PUSHED) && self.story.first_fin.is_none();
        let spoke_just_now = self.at_once(self.decisive().since(sender.data_time));
        // Or behind a window that is closed, which its socket probes for as long as it is there.
        let probes = &self.story.silence[reset.from];
        let waits = probes.reader_stalls() && self.decisive() < probes.overdue() && self.story.first_fin.is_none();
        (more && spoke_just_now || waits) && self.asked_last(victim) && self.lost(victim) > 0
    }

    /// RSTs crossed, and neither end sent a FIN.
    pub fn aborts_crossed(&self) -> bool {
        self.story.resets.iter().all(|count| *count > 0)
            && ![CLIENT, SERVER].into_iter().any(|side| self.has_closed(side))
    }

    /// Was a FIN of this end captured?
    fn has_closed(&self, side: usize) -> bool {
        self.story.fin[side].is_some() || self.half(side).has(Half::FIN)
    }

    /// Whose host, without a FIN of its own, replied by the RST to the end that closed: it had no socket any more.
    pub fn was_gone_without_a_fin(&self) -> Option<usize> {
        let reset = self.reset().filter(|reset| reset.is_reply())?;
        (self.has_closed(other(reset.from)) && !self.has_closed(reset.from)).then_some(reset.from)
    }

    /// The RST is a reply of an end that had closed, and whose FIN the other end did not get.
    pub fn fin_was_lost(&self) -> bool {
        let fin = self.story.fin;
        let alone = |reset: &Reset| fin[reset.from].is_some() && fin[self.victim()].is_none();
        let reply = self.kind() == Some(Kind::Reset) && self.reset_kind() == Some(ResetKind::Reply);
        reply && self.reset().is_some_and(alone)
    }

    /// RSTs with ACK came in one name, at once and with different numbers, ahead of all that it had sent. A socket aborts once, at
    /// SND.NXT (`tcp_send_active_reset()`), and who answers with ACK without a socket does so at what was acknowledged. One that
    /// came long before and was not taken leaves the other to be the socket's own.
    pub fn aborts_ahead_of_itself(&self) -> bool {
        let Some(reset) = self.reset() else {
            return false;
        };
        let half = self.half(reset.from);
        let sent = half.next.wrapping_sub(half.isn);
        let aborts = |event: &&Event| {
            let abort = event.what == What::Reset && Flags(event.flags).has(Flags::RST | Flags::ACK);
            abort && event.from == reset.from && self.at_once(event.mark.time.apart(reset.mark.time))
        };
        let ahead = self.story.events.iter().filter(aborts).map(|event| event.sequence.wrapping_sub(sent) as i32);
        // From further ahead than a window that is not scaled (RFC 9293, section 3.1) come strays.
        let mut near = ahead.filter(|ahead| *ahead <= i32::from(u16::MAX));
        let first = near.next().unwrap_or_default();
        near.any(|ahead| ahead != first && ahead.max(first) > 2)
    }

    /// The client's host answered a very late copy of the server's payload with a RST, though the client's socket lives.
    pub fn answers_a_late_copy(&self) -> bool {
        let copy = self.story.spurious_retransmission[SERVER];
        let shaped = self.reset_by(CLIENT) && !self.is_abort() && self.story.sender_lives.is_some();
        shaped && copy.is_some_and(|copy| self.decisive().since(copy.time) <= 100 * MILLISECOND)
    }

    /// The RST answers the first payload after a pause that is just as long as a device remembers idle connections.
    pub fn met_an_idle_timer(&self) -> bool {
        self.waits_for_an_answer()
            && self.unused_before() >= track::SHORTEST_IDLE
            && !self.is_abort()
            && self.story.first_fin.is_none()
            && crate::causes::device_timer(self.unused_before()).is_some()
    }

    /// The RST was made by the host that captured it, which forwards all else of its sender.
    pub fn made_on_the_way(&self) -> bool {
        self.reset().is_some_and(|reset| track::made_on_the_way(self.connection(), reset))
    }

    /// Made there or not, it may have come in like all else, where the capture lost one packet. It does not lose just all RSTs.
    pub fn may_have_come_in(&self) -> bool {
        let made = |back: &Reset| track::made_on_the_way(self.connection(), back);
        let once = |from: usize| self.story.resets[from].saturating_sub(self.story.resets_again[from]);
        let several = |reset: &Reset| once(reset.from) > 1 || self.story.reset_back.as_ref().is_some_and(made);
        self.reset().is_some_and(|reset| track::may_have_come_in(self.connection(), reset) && !several(reset))
    }

    /// The RST has lost no hop: between the host that sent it and the capture nothing forwards.
    pub fn came_straight(&self) -> bool {
        self.reset().is_some_and(|reset| track::hops(reset.ttl) == 0)
    }

    /// The RST was seen more than once, but not all along the way that its sender's other packets take.
    pub fn seen_on_a_part_of_the_way(&self) -> bool {
        self.reset().is_some_and(|reset| track::seen_on_a_part_of_the_way(self.connection(), reset))
    }

    /// The TTL of the RST, and the lowest of its sender's other packets, if it is none of those.
    pub fn foreign_ttl(&self) -> Option<(u8, u8)> {
        let reset = self.reset().filter(|reset| foreign(self.connection(), reset))?;
        Some((reset.ttl, self.half(reset.from).ttl_low))
    }

    /// May the RST be its sender's own, over a way that is a little longer?
    pub fn may_be_a_detour(&self) -> bool {
        self.reset().is_some_and(|reset| {
            let half = self.half(reset.from);
            track::may_be_a_detour(reset.ttl, (half.ttl_low, half.ttl_high))
        })
    }

    /// Each SYN of the client met a RST, and was repeated all the same. The answer to the last one may be missing.
    pub fn syns_met_resets(&self) -> bool {
        let resets = u32::from(self.story.resets[SERVER]);
        self.waited_for(Repeated::Syn) && resets > 0 && resets + 1 >= self.silence().attempts
    }

    /// Does a RST of the server's acknowledge the SYN? One that does not is dropped (`tcp_rcv_synsent_state_process()`).
    pub fn refuses_a_syn(&self) -> bool {
        let acknowledges = |event: &Event| event.what == What::Reset && event.acknowledgment == Some(1);
        self.story.events.iter().any(|event| event.from == SERVER && acknowledges(event))
    }

    /// The SYN was answered by a RST that is taken for the server's own.
    pub fn refused_by_rst(&self) -> bool {
        self.by() == Some(By::Reset) && self.kind() == Some(Kind::Refused) && !self.refusal_is_not_the_servers()
    }
}
