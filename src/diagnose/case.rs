//! What the causes look at: one connection's ending, and questions about it that several of them ask.

mod messages;
mod resets;
mod times;

use std::cell::OnceCell;

use super::finding::{EndedBy, Timing, Traffic};
use super::icmp::{IcmpSeen, Meaning};
use crate::context::{
    self, Context, Mismatch, Protocol, Reading, Sense, Side, TlsState, http_answer_is_complete, http_status,
    is_message_start,
};
use crate::decode::End;
use crate::short::Short;
use crate::time::{MILLISECOND, SECOND, Time};
use crate::track::kernel::{Errno, Kind};
use crate::track::{
    Benign, By, CLIENT, Connection, Doubt, Ended, Ending, Event, Half, Repeated, Reset, SERVER, Service, Silence,
    Story, Visits, What, other,
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
    /// The case of an ending of which there is something to say.
    pub fn of(ended: &'a Ended<'a>) -> Option<Case<'a>> {
        match ended.ending {
            Ending::Failure(_) | Ending::Benign(_) | Ending::Undecided(_) => {
                let (story, end) = (ended.connection.story.as_deref()?, ended.ends[SERVER]);
                let server = Short::end(end.ip, end.port);
                Some(Case { ended, story, server, reading: OnceCell::new(), mismatch: OnceCell::new() })
            }
            Ending::Quiet => None,
        }
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        self.ended.ending
    }

    /// The failure's kind; `None` for what is none.
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

    /// Why it cannot be told, if so.
    pub fn doubt(&self) -> Option<Doubt> {
        match self.ended.ending {
            Ending::Undecided(doubt) => Some(doubt),
            Ending::Failure(_) | Ending::Benign(_) | Ending::Quiet => None,
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

    /// The end that the failure happened to, or that got the RST; else the client.
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

    /// Where the server would take the connection: there, or behind an address translation.
    pub fn there(&self) -> String {
        match self.ended.translated {
            Some([_, server]) if server != self.ended.ends[SERVER] => {
                format!("behind it on {}", Short::end(server.ip, server.port).as_str())
            }
            _ => "there".to_owned(),
        }
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

    /// What is known of the server's port from other connections: of the one that refused this, or that was to answer.
    pub fn service(&self) -> Option<Service> {
        let [client, server] = self.ended.own;
        // On the loopback what answers comes in, too.
        let is_within = client.ip.is_loopback() || client.ip == server.ip;
        let asked_here = !is_within && self.silence().place.came_in();
        let here = self.reset().map_or(asked_here, |reset| reset.place.is_made_here());
        self.ended.services.get(&server, self.connection().start_input, here)
    }

    /// Who answered the client's SYN in place of the server.
    pub fn answered_instead(&self) -> Option<Short> {
        let (isn, asked) = (self.half(CLIENT).isn, self.connection().start);
        let answered = self.ended.services.answered_instead(self.ended.own, isn, asked);
        answered.map(|end| Short::end(end.ip, end.port))
    }

    /// The server's host has not even acknowledged what came on open connections since its port last answered a SYN.
    pub fn service_fell_silent(&self) -> bool {
        let server = &self.ended.own[SERVER];
        self.service().is_some_and(|service| self.ended.services.fell_silent(server, &service))
    }

    /// The client had lost the server by other connections as well, when what it sent last on this one was in vain.
    pub fn had_lost_the_service(&self) -> bool {
        let [client, server] = self.ended.own;
        let (input, time) = (self.connection().start_input, self.silence().first.time);
        self.waited_for(Repeated::Data) && self.ended.services.had_lost(client.ip, server, input, time)
    }

    /// Earlier visits of this client that ended without a word.
    pub fn visits(&self) -> Visits {
        self.ended.services.visits(self.ended.own[CLIENT].ip, self.ended.own[SERVER])
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

    /// The end that waited in vain heard the other one to the end, which had what it sent acknowledged: both live, and so does the
    /// path.
    pub fn heard_the_other_end(&self) -> bool {
        let (silence, peer) = (self.silence(), self.story.silence[other(self.victim())]);
        self.waited_for(Repeated::Data) && silence.answers > 0 && silence.unheard < 3 && peer.what == Repeated::Nothing
    }

    /// Payload went and the last of it came from `side`: it waits for an answer.
    pub fn asked_last(&self, side: usize) -> bool {
        self.connection().has_payload()
            && self.connection().has(Connection::SERVER_SPOKE_LAST) == (side == SERVER)
            && self.half(side).has(Half::DATA)
            && self.connection().unseen_answer(side) == 0
    }

    /// The client spoke last, and not only to say goodbye: it waits for an answer.
    pub fn client_waits(&self) -> bool {
        self.client_asked_last() && !self.connection().said_goodbye(CLIENT)
    }

    /// The client spoke last, and nothing shows that no answer belongs to what it said.
    pub fn client_asked_last(&self) -> bool {
        self.asked_last(CLIENT) && self.last_words(CLIENT).is_none_or(|words| self.is_awaited(words))
    }

    /// The client spoke last, and what it said may have work for the server in it.
    pub fn client_asks(&self) -> bool {
        self.asked_last(CLIENT) && self.last_words(CLIENT).is_none_or(|(_, sense)| sense.is_work())
    }

    /// The last that was said is the victim's, and the server may have closed without reading it: it came only then, or an
    /// answer belongs to it.
    pub fn may_be_unread(&self) -> bool {
        let victim = self.victim();
        let settled = victim == CLIENT && !self.client_asked_last() && !self.at_once(self.since_payload(CLIENT));
        self.asked_last(victim) && !settled
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

    fn reading(&self) -> &Reading<'a> {
        self.reading.get_or_init(|| Reading::of(self.first_bytes(CLIENT), self.first_bytes(SERVER)))
    }

    /// Who sent the ICMP error that decided, or that explains the timeout; `None` if there was none. That it cannot be reached
    /// a host says by a filter of its own, or who translates its address says it in its name
    /// (`nf_nat_icmp_reply_translation()`): that is not known.
    pub fn reporter(&self) -> Option<EndedBy> {
        let icmp = self.icmp()?;
        let unreachable = matches!(icmp.meaning(), Meaning::HostUnreachable | Meaning::NetUnreachable);
        if self.is_of_its_own_host(&icmp) {
            // No neighbour answered it, or it has a rule of its own.
            return Some(if unreachable { EndedBy::Network } else { self.side(self.victim()) });
        }
        Some(match (self.is_in_the_name_of_the_other_end(&icmp), unreachable) {
            (false, _) => EndedBy::Middlebox,
            (true, true) => EndedBy::Unknown,
            (true, false) => self.side(other(self.victim())),
        })
    }

    /// It comes from the host that it tells it to.
    pub fn is_of_its_own_host(&self, icmp: &IcmpSeen) -> bool {
        icmp.reporter == self.ended.ends[self.victim()].ip
    }

    /// It carries the address of the end about which it speaks.
    pub fn is_in_the_name_of_the_other_end(&self, icmp: &IcmpSeen) -> bool {
        icmp.reporter == self.ended.ends[other(self.victim())].ip
    }

    /// The ICMP error that ended the connect(), or that explains the timeout.
    pub fn icmp(&self) -> Option<IcmpSeen> {
        let error = match self.by()? {
            By::Icmp => self.story.fatal,
            By::Silence => self.story.soft_error(self.victim()),
            By::Reset => None,
        };
        error.map(|error| IcmpSeen::of(&error))
    }

    /// Payload bytes that `side` sent.
    pub fn sent(&self, side: usize) -> u64 {
        self.half(side).bytes()
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

    /// Packets and bytes for the report.
    pub fn traffic(&self) -> Traffic {
        let [client, server] = &self.connection().half;
        Traffic {
            client_packets: client.packets.into(),
            server_packets: server.packets.into(),
            client_bytes: client.bytes(),
            server_bytes: server.bytes(),
        }
    }
}
