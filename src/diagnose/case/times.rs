//! Questions about time: how long it was silent, what came at once, what a timer may have done.

use super::*;
use crate::diagnose::words::duration;
use crate::track::quiet;

impl Case<'_> {
    /// From the end of the last exchange to the ending, or to the request that it met: nanoseconds.
    pub fn idle_before(&self) -> u64 {
        let connection = self.connection();
        if !self.saw_payload() {
            return 0;
        }
        if self.a_message_met_the_end() {
            if connection.gap < u32::MAX {
                return connection.pause();
            }
            // Longer than is counted.
            let (half, peer) = (self.half(self.victim()), self.half(other(self.victim())));
            let before = if peer.has(Half::DATA) { peer.data_time } else { connection.opened_at() };
            return half.data_time.since(before);
        }
        // After a RST that ended nothing, the connection may have been closed later.
        let closed = self.story.first_fin.and_then(|side| self.story.fin[side]);
        if closed.is_some_and(|fin| fin.time <= self.ended.time) {
            return self.idle_before_fin();
        }
        self.since_any_payload()
    }

    /// The same for a device on the path, which counts keep-alive probes too.
    pub fn unused_before(&self) -> u64 {
        let since = |answer: Time| self.half(self.victim()).data_time.since(answer);
        self.story.kept_alive.map_or(u64::MAX, since).min(self.idle_before())
    }

    /// From the last payload of either end to the first FIN: nanoseconds.
    pub fn idle_before_fin(&self) -> u64 {
        if self.saw_payload() { self.story.idle_before_fin } else { 0 }
    }

    /// From the last payload of either end to the ending: nanoseconds.
    pub fn since_any_payload(&self) -> u64 {
        if self.saw_payload() { self.ended.time.since(self.last_payload_time()) } else { 0 }
    }

    /// Is it known when payload went, if any did?
    pub fn saw_payload(&self) -> bool {
        self.connection().half.iter().all(|half| half.saw_data() || !half.has(Half::DATA))
    }

    /// When payload last went in either direction, be it once more; when the connection opened if none did.
    pub fn last_payload_time(&self) -> Time {
        let halves = &self.connection().half;
        let first = halves.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time);
        let again = |event: &&Event| event.what == What::Repeated && event.length > 0;
        let again = self.story.events.iter().filter(again).map(|event| event.mark.time);
        let late = self.story.spurious_retransmission.iter().flatten().map(|copy| copy.time);
        let last = first.chain(again).chain(late).filter(|time| *time <= self.ended.time).max();
        last.unwrap_or(self.connection().opened_at())
    }

    /// From the last payload of `side` to the ending: nanoseconds.
    pub fn since_payload(&self, side: usize) -> u64 {
        self.decisive().since(self.half(side).data_time)
    }

    /// How long the client waited for the answer before it ended the connection. Its goodbye does not end the wait.
    pub fn waited_for_answer(&self) -> u64 {
        quiet(self.since_payload(CLIENT), self.half(CLIENT).seen, self.connection().gap)
    }

    /// When the packet came that ended it.
    pub fn decisive(&self) -> Time {
        self.story.reset.map_or(self.ended.time, |reset| reset.mark.time)
    }

    /// The round trip of the handshake as the capture saw it, nanoseconds.
    pub fn rtt(&self) -> Option<u64> {
        let connection = self.connection();
        match (connection.syn_ack_after, connection.ack_after) {
            // Which of several SYNs was answered is not known.
            _ if self.story.syn_retransmissions > 0 => None,
            (0, _) => None,
            (_, 0) => Some(u64::from(connection.syn_ack_after) * 100),
            (_, ack) => Some(u64::from(ack) * 100),
        }
    }

    /// Within about a round trip, and never less than what a loaded host needs to answer.
    pub fn at_once(&self, nanoseconds: u64) -> bool {
        nanoseconds <= (self.rtt().unwrap_or(0) * 2).max(100 * MILLISECOND)
    }

    /// When the handshake was complete.
    pub fn opened(&self) -> Time {
        self.connection().opened_at()
    }

    /// When the server answered the SYN.
    pub fn syn_acked(&self) -> Time {
        self.connection().answered_at()
    }

    /// ", after 5.0 s without traffic", or nothing where that was no pause.
    pub fn idle_words(idle: u64) -> String {
        if idle < SECOND / 2 { String::new() } else { format!(", after {} without traffic", duration(idle)) }
    }

    /// Durations for the report.
    pub fn timing(&self) -> Timing {
        let connection = self.connection();
        let connect = u64::from(connection.ack_after) * 100;
        Timing {
            connect: (connection.half[CLIENT].has(Half::SYN) && connect > 0).then_some(connect),
            rtt: self.rtt().filter(|_| connection.half[CLIENT].has(Half::SYN)),
            idle_before: (connection.has_payload() && self.saw_payload()).then(|| self.idle_before()),
            then_spoke: self.a_message_met_the_end(),
            duration: self.ended.time.since(connection.start),
        }
    }

    /// Whether a duration is about a whole number of these seconds, as a timer's would be.
    pub fn is_about(nanoseconds: u64, seconds: u64) -> bool {
        let timer = seconds * SECOND;
        let tolerance = (timer / 50).clamp(50 * MILLISECOND, SECOND);
        nanoseconds.abs_diff(timer) <= tolerance
    }
}
