//! What the causes look at: one connection's ending, and questions about it that several of them ask.

mod resets;

use std::cell::OnceCell;

use super::finding::{EndedBy, Timing, Traffic};
use super::icmp::{IcmpSeen, Meaning};
use super::words::duration;
use crate::context::{
    self, Context, Mismatch, Reading, Speaker, TlsState, http_answer_is_complete, http_status, is_message_start,
};
use crate::decode::End;
use crate::short::Short;
use crate::time::{MILLISECOND, SECOND, Time};
use crate::track::kernel::{Errno, Kind};
use crate::track::{
    Benign, By, CLIENT, Connection, Ended, Ending, Event, Half, Repeated, Reset, SERVER, Service, Silence, Story,
    Visits, What, other,
};

/// One connection's ending and all that is known about it.
pub struct Case<'a> {
    ended: &'a Ended<'a>,
    story: &'a Story,
    server: Short,
    /// Read when first asked for, and once for all who ask.
    reading: OnceCell<Reading<'a>>,
    mismatch: OnceCell<Option<Mismatch>>,
}

impl<'a> Case<'a> {
    /// The case of a failure or a benign ending; `None` for the rest.
    pub fn of(ended: &'a Ended<'a>) -> Option<Case<'a>> {
        match ended.ending {
            Ending::Failure(_) | Ending::Benign(_) => {
                let (story, end) = (ended.connection.story.as_deref()?, ended.ends[SERVER]);
                let server = Short::end(end.ip, end.port);
                Some(Case { ended, story, server, reading: OnceCell::new(), mismatch: OnceCell::new() })
            }
            Ending::Undecided(_) | Ending::Quiet => None,
        }
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        self.ended.ending
    }

    /// The failure's kind; `None` for a benign ending.
    pub fn kind(&self) -> Option<Kind> {
        match self.ended.ending {
            Ending::Failure(failure) => Some(failure.kind),
            Ending::Benign(_) | Ending::Undecided(_) | Ending::Quiet => None,
        }
    }

    /// The benign ending, if it is one.
    pub fn benign(&self) -> Option<Benign> {
        match self.ended.ending {
            Ending::Benign(benign) => Some(benign),
            Ending::Failure(_) | Ending::Undecided(_) | Ending::Quiet => None,
        }
    }

    /// What brought the failure about.
    pub fn by(&self) -> Option<By> {
        match self.ended.ending {
            Ending::Failure(failure) => Some(failure.by),
            Ending::Benign(_) | Ending::Undecided(_) | Ending::Quiet => None,
        }
    }

    /// What the application at `side` got.
    pub fn errno(&self, side: usize) -> Option<Errno> {
        match self.ended.ending {
            Ending::Failure(failure) => failure.errno[side],
            Ending::Benign(_) | Ending::Undecided(_) | Ending::Quiet => None,
        }
    }

    /// The end that the failure happened to; the client for benign endings.
    pub fn victim(&self) -> usize {
        match self.ended.ending {
            Ending::Failure(failure) => failure.victim,
            Ending::Benign(_) | Ending::Undecided(_) | Ending::Quiet => {
                self.story.reset.map_or(CLIENT, |reset| other(reset.from))
            }
        }
    }

    /// Did it happen to the client?
    pub fn client_is_victim(&self) -> bool {
        self.victim() == CLIENT
    }

    /// The connection.
    pub fn connection(&self) -> &'a Connection {
        self.ended.connection
    }

    /// Its story.
    pub fn story(&self) -> &'a Story {
        self.story
    }

    /// What one end sent.
    pub fn half(&self, side: usize) -> &'a Half {
        &self.ended.connection.half[side]
    }

    /// An end's address and port.
    pub fn end(&self, side: usize) -> End {
        self.ended.ends[side]
    }

    /// When the ending became a fact.
    pub fn time(&self) -> Time {
        self.ended.time
    }

    /// The server, as "10.0.0.2:8080".
    pub fn server(&self) -> &Short {
        &self.server
    }

    /// Whom the end that failed talked to: the server by its address and port, or the client.
    pub fn peer(&self) -> &str {
        if self.client_is_victim() { self.server.as_str() } else { "the client" }
    }

    /// An end's name in a sentence.
    pub fn name(&self, side: usize) -> &'static str {
        if side == CLIENT { "client" } else { "server" }
    }

    /// An end as who ended it.
    pub fn side(&self, side: usize) -> EndedBy {
        if side == CLIENT { EndedBy::Client } else { EndedBy::Server }
    }

    /// The RST, if there was one.
    pub fn reset(&self) -> Option<&'a Reset> {
        self.story.reset.as_ref()
    }

    /// What is known of the server's port from other connections.
    pub fn service(&self) -> Option<Service> {
        self.ended.services.get(&self.ended.ends[SERVER])
    }

    /// The server's host has not even acknowledged what came on open connections since its port last answered a SYN.
    pub fn service_fell_silent(&self) -> bool {
        let server = &self.ended.ends[SERVER];
        self.service().is_some_and(|service| self.ended.services.fell_silent(server, &service))
    }

    /// Earlier visits of this client that ended without a word.
    pub fn visits(&self) -> Visits {
        self.ended.services.visits(self.ended.ends[CLIENT].ip, self.ended.ends[SERVER])
    }

    /// The answer to the client's one request is shorter than its Content-Length says.
    pub fn answer_is_cut(&self) -> bool {
        let answer = self.first_bytes(SERVER);
        self.connection().turns == 2 && http_answer_is_complete(answer, self.sent(SERVER).into()) == Some(false)
    }

    /// The client had finished its TLS handshake, and sent nothing more: RFC 8446 section 2, RFC 5246 section 7.3.
    pub fn finished_tls_handshake(&self) -> bool {
        const LAST: [&str; 3] = ["change_cipher_spec", "finished", "handshake"];
        let state = self.tls_state();
        matches!(state, TlsState::Handshake { step, by: Speaker::Client } if LAST.contains(&step))
    }

    /// The repetitions of the end that waited in vain.
    pub fn silence(&self) -> Silence {
        self.story.silence[self.victim()]
    }

    /// Did the end that waited in vain repeat this?
    pub fn waited_for(&self, what: Repeated) -> bool {
        self.by() == Some(By::Silence) && self.silence().what == what
    }

    /// The end that waited in vain had a peer that was there, and did not read.
    pub fn reader_stalls(&self) -> bool {
        self.by() == Some(By::Silence) && self.silence().reader_stalls()
    }

    /// Payload went and the last of it came from `side`: it waits for an answer.
    pub fn asked_last(&self, side: usize) -> bool {
        self.connection().has_payload()
            && self.connection().has(Connection::SERVER_SPOKE_LAST) == (side == SERVER)
            && self.half(side).has(Half::DATA)
            && self.connection().unseen_answer(side) == 0
    }

    /// The last payload was the victim's, and met the ending. What a server has sent and its client has acknowledged
    /// waits for nothing, unless the ending came at once.
    pub fn waits_for_an_answer(&self) -> bool {
        let victim = self.victim();
        let is_settled = victim == SERVER && self.lost(SERVER) == 0 && !self.at_once(self.since_payload(SERVER));
        self.asked_last(victim) && !is_settled
    }

    /// The last message, and no silence after it, is what the ending came upon.
    fn a_message_met_the_end(&self) -> bool {
        // Keep-alive probes go only when all was answered.
        self.by().is_some() && self.waits_for_an_answer() && !self.waited_for(Repeated::KeepAlive)
    }

    /// Bytes of `side` that were never acknowledged.
    pub fn lost(&self, side: usize) -> u32 {
        self.connection().unacknowledged(side)
    }

    /// How often the server has answered before the client spoke last.
    pub fn answers(&self) -> u32 {
        // Client, server, client; or server, client, server, client, where a greeting came first, which answers nothing.
        u32::from(self.connection().turns.saturating_sub(1)) / 2
    }

    /// The first bytes of the last message of `side`, if they were captured and are still there.
    pub fn first_bytes(&self, side: usize) -> &'a [u8] {
        self.ended.first_bytes(side)
    }

    /// What the applications said last. Nothing can be asked after it.
    pub fn into_context(self) -> Option<Context> {
        let last = if self.connection().has(Connection::SERVER_SPOKE_LAST) { Speaker::Server } else { Speaker::Client };
        let port = self.ended.ends[SERVER].port;
        let (client, server) = (self.first_bytes(CLIENT), self.first_bytes(SERVER));
        self.reading.into_inner().unwrap_or_else(|| Reading::of(client, server)).context(last, port)
    }

    /// Do the ends speak different protocols?
    pub fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.get_or_init(|| self.reading().mismatch()).as_ref()
    }

    /// The ends speak HTTP, or nothing shows that they do not.
    pub fn may_be_http(&self) -> bool {
        self.reading().may_be_http(self.end(SERVER).port)
    }

    fn reading(&self) -> &Reading<'a> {
        self.reading.get_or_init(|| Reading::of(self.first_bytes(CLIENT), self.first_bytes(SERVER)))
    }

    /// How far TLS came.
    pub fn tls_state(&self) -> TlsState {
        context::tls_state(self.first_bytes(CLIENT), self.first_bytes(SERVER))
    }

    /// All that came back since the client spoke may be the session tickets of TLS 1.3, which are no answer to a request that
    /// went with the client's Finished.
    pub fn may_be_tickets(&self) -> bool {
        const LONGEST: u32 = 2048;
        let [client, server] = &self.connection().half;
        let short = server.data_until.wrapping_sub(client.data_ack) <= LONGEST;
        let soon = self.at_once(server.data_time.since(client.data_time));
        let answer = self.first_bytes(SERVER);
        // Tickets are the answer to the second thing that a client says. That they are none shows only in their bytes.
        let unseen = answer.is_empty() && self.connection().turns == 4;
        short && soon && (unseen || context::may_be_tickets(self.first_bytes(CLIENT), answer))
    }

    /// The server had answered, in HTTP, before the client was done with its request.
    pub fn request_went_on(&self) -> bool {
        let rest = self.first_bytes(CLIENT);
        let answered = http_status(self.first_bytes(SERVER)).is_some_and(|status| status >= 200);
        answered && !rest.is_empty() && !is_message_start(rest)
    }

    /// The length of the last payload of `side`.
    pub fn last_payload(&self, side: usize) -> u32 {
        self.half(side).data_length
    }

    /// From the end of the last exchange to the ending, or to the request that it met: nanoseconds.
    pub fn idle_before(&self) -> u64 {
        let connection = self.connection();
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
            return self.story.idle_before_fin;
        }
        self.since_any_payload()
    }

    /// From the last payload of either end to the ending: nanoseconds.
    pub fn since_any_payload(&self) -> u64 {
        self.ended.time.since(self.last_payload_time())
    }

    /// When payload last went in either direction, be it once more; when the connection opened if none did.
    pub fn last_payload_time(&self) -> Time {
        let halves = &self.connection().half;
        let first = halves.iter().filter(|half| half.has(Half::DATA)).map(|half| half.data_time);
        let again = |event: &&Event| event.what == What::Repeated && event.length > 0;
        let again = self.story.events.iter().filter(again).map(|event| event.mark.time);
        let late = self.story.late_copy.iter().flatten().map(|copy| copy.time);
        let last = first.chain(again).chain(late).filter(|time| *time <= self.ended.time).max();
        last.unwrap_or(self.connection().opened_at())
    }

    /// From the last payload of `side` to the ending: nanoseconds.
    pub fn since_payload(&self, side: usize) -> u64 {
        self.decisive().since(self.half(side).data_time)
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
            _ if self.story.syns > 0 => None,
            (0, _) => None,
            (_, 0) => Some(u64::from(connection.syn_ack_after) * 100),
            (_, ack) => Some(u64::from(ack) * 100),
        }
    }

    /// Within about a round trip, and never less than what a loaded host needs to answer.
    pub fn at_once(&self, nanoseconds: u64) -> bool {
        nanoseconds <= (self.rtt().unwrap_or(0) * 2).max(100 * MILLISECOND)
    }

    /// Who sent the ICMP error that decided, or that explains the timeout; `None` if there was none. That it cannot be reached
    /// a host says by a filter of its own, or who translates its address says it in its name
    /// (`nf_nat_icmp_reply_translation()`): that is not known.
    pub fn reporter(&self) -> Option<EndedBy> {
        let icmp = self.icmp()?;
        let unreachable = matches!(icmp.meaning(), Meaning::HostUnreachable | Meaning::NetUnreachable);
        Some(match (self.is_in_the_name_of_the_other_end(&icmp), unreachable) {
            (false, _) => EndedBy::Middlebox,
            (true, true) => EndedBy::Unknown,
            (true, false) => self.side(other(self.victim())),
        })
    }

    /// The ICMP error that ended the connect() came before the client's next SYN could be due (TCP_TIMEOUT_INIT is a second).
    /// Else the application may have had enough before it came, which no packet shows.
    pub fn icmp_is_prompt(&self) -> bool {
        let last = self.story.silence[CLIENT].last_syn(self.connection().start);
        self.story.fatal.is_some_and(|error| error.time.since(last) < SECOND)
    }

    /// It carries the address of the end about which it speaks.
    pub fn is_in_the_name_of_the_other_end(&self, icmp: &IcmpSeen) -> bool {
        icmp.reporter == self.ended.ends[other(self.victim())].ip
    }

    /// The ICMP error that ended the connect(), or that explains the timeout.
    pub fn icmp(&self) -> Option<IcmpSeen> {
        let error = match self.by()? {
            By::Icmp => self.story.fatal,
            By::Silence => self.story.soft[self.victim()],
            By::Reset => None,
        };
        error.map(|error| IcmpSeen::of(&error))
    }

    /// Payload bytes that `side` sent.
    pub fn sent(&self, side: usize) -> u32 {
        self.half(side).bytes()
    }

    /// All that the client has said since the server last spoke is one message: it made no pause.
    pub fn is_one_message(&self) -> bool {
        self.connection().pause() < SECOND
    }

    /// When the handshake was complete.
    pub fn opened(&self) -> Time {
        self.connection().opened_at()
    }

    /// When the server answered the SYN.
    pub fn syn_acked(&self) -> Time {
        self.connection().answered_at()
    }

    /// Had `side` acknowledged the other end's FIN when it sent its last payload?
    pub fn knew_of_fin(&self, side: usize) -> bool {
        let (half, peer) = (self.half(side), self.half(other(side)));
        if peer.has(Half::FIN) {
            return half.data_ack == peer.next;
        }
        // The numbers of a path do not count a DATA_FIN.
        let round_trip = self.connection().round_trip();
        self.story.fin[other(side)].is_some_and(|fin| half.data_time.since(fin.time) > round_trip)
    }

    /// The last request was one segment: it is no upload that was cut off.
    pub fn request_is_one_segment(&self) -> bool {
        self.lost(CLIENT) == 0 || self.lost(CLIENT) == self.last_payload(CLIENT)
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
            idle_before: connection.has_payload().then(|| self.idle_before()),
            then_spoke: self.a_message_met_the_end(),
            duration: self.ended.time.since(connection.start),
        }
    }

    /// Packets and bytes for the report.
    pub fn traffic(&self) -> Traffic {
        let [client, server] = &self.connection().half;
        Traffic {
            client_packets: client.packets.into(),
            server_packets: server.packets.into(),
            client_bytes: client.bytes().into(),
            server_bytes: server.bytes().into(),
        }
    }

    /// Whether a duration is about a whole number of these seconds, as a timer's would be.
    pub fn is_about(nanoseconds: u64, seconds: u64) -> bool {
        let timer = seconds * SECOND;
        let tolerance = (timer / 50).clamp(50 * MILLISECOND, SECOND);
        nanoseconds.abs_diff(timer) <= tolerance
    }
}
