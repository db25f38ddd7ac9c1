//! Questions about what both ends said.

use super::*;

impl<'a> Case<'a> {
    /// The answer to the client's one request is shorter than its Content-Length says.
    pub fn answer_is_cut(&self) -> bool {
        let answer = self.first_bytes(SERVER);
        self.connection().turns == 2 && http_answer_is_complete(answer, self.sent(SERVER)) == Some(false)
    }

    /// The client had finished its TLS handshake, and sent nothing more: RFC 8446 section 2, RFC 5246 section 7.3.
    pub fn finished_tls_handshake(&self) -> bool {
        const LAST: [&str; 3] = ["change_cipher_spec", "finished", "handshake"];
        let state = self.tls_state();
        matches!(state, TlsState::Handshake { step, by: Side::Client } if LAST.contains(&step))
    }

    /// The first bytes of the last message of `side`, if they were captured and are still there.
    pub fn first_bytes(&self, side: usize) -> &'a [u8] {
        self.ended.first_bytes(side)
    }

    /// What the last words of `side` ask for, and in which protocol, if their bytes say so.
    pub fn last_words(&self, side: usize) -> Option<(Protocol, Sense)> {
        let bytes = self.ended.whole_message(side)?;
        let (protocol, sense) = self.reading().sense(speaker(side), self.end(SERVER).port)?;
        // Before a pause it may have asked for something.
        let all = bytes.len() as u32 == self.connection().said_since(side);
        (all || sense > Sense::Probe).then_some((protocol, sense))
    }

    /// The last words of `side` and all that it said since it was asked are no answer, as their protocol has it: which one.
    pub fn gave_no_answer(&self, side: usize) -> Option<Protocol> {
        let (protocol, sense) = self.last_words(side)?;
        let all = self.first_bytes(side).len() as u32 == self.connection().said_since(side);
        let parting = protocol == Protocol::Http2 && sense == Sense::Goodbye;
        (all && (sense <= Sense::Probe || parting)).then_some(protocol)
    }

    /// Nothing that the server ever said was an answer.
    pub fn server_never_answered(&self) -> bool {
        self.gave_no_answer(SERVER).is_some() && self.first_bytes(SERVER).len() as u64 == self.sent(SERVER)
    }

    /// Does the client wait for an answer after these last words of its own? With what an HTTP/2 client says when a connection
    /// begins, and it has asked for something before, it goes on waiting until there is an answer.
    pub(super) fn is_awaited(&self, (protocol, sense): (Protocol, Sense)) -> bool {
        let answered = || self.half(SERVER).has(Half::DATA) && self.gave_no_answer(SERVER).is_none();
        sense.awaits_an_answer() || protocol == Protocol::Http2 && sense == Sense::Control && !answered()
    }

    /// What the applications said last. Nothing can be asked after it.
    pub fn into_context(self) -> Option<Context> {
        let last = if self.connection().has(Connection::SERVER_SPOKE_LAST) { Side::Server } else { Side::Client };
        let last = Some(last).filter(|_| self.half(SERVER).has(Half::ANY) && self.half(CLIENT).has(Half::ANY));
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

    /// Is it a session, and no connection that a pool takes for one request after the other?
    pub fn is_session(&self) -> bool {
        self.reading().is_session(self.end(SERVER).port)
    }

    /// How far TLS came.
    pub fn tls_state(&self) -> TlsState {
        context::tls_state(self.first_bytes(CLIENT), self.first_bytes(SERVER))
    }

    /// From what the other end said last to what this one said last: nanoseconds.
    pub fn waited_before(&self, by: Side) -> u64 {
        let side = if by == Side::Client { CLIENT } else { SERVER };
        self.half(side).data_time.since(self.half(other(side)).data_time)
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

    /// What the client said last looks like the beginning of a request, not like the rest of one.
    pub fn client_began_anew(&self) -> bool {
        is_message_start(self.first_bytes(CLIENT))
    }

    /// The last request was one segment: it is no upload that was cut off.
    pub fn request_is_one_segment(&self) -> bool {
        self.lost(CLIENT) == 0 || self.lost(CLIENT) == self.last_payload(CLIENT)
    }

    /// All that the client has said since the server last spoke is one message: it made no pause.
    pub fn is_one_message(&self) -> bool {
        self.connection().pause() < SECOND
    }

    /// The length of the last payload of `side`.
    pub fn last_payload(&self, side: usize) -> u32 {
        self.half(side).data_length
    }
}

/// An end as one that speaks.
fn speaker(side: usize) -> Side {
    if side == CLIENT { Side::Client } else { Side::Server }
}
