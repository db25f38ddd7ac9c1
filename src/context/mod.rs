//! What the applications were saying when the connection failed.
//!
//! Read from the first bytes of the latest message of each end, by content first; the port breaks ties only. **No
//! verdict needs this**, and nothing is guessed from noise: what is not understood is `None`. The bytes come from the
//! network: every text is escaped and cut, and what may be a secret (query strings, user names before a host,
//! arguments of commands, text of SQL statements, keys, documents, directory names) is left out.

mod amqp;
mod bytes;
mod cassandra;
mod dns;
mod greeting;
mod http1;
mod http2;
mod kafka;
mod ldap;
mod memcached;
mod message;
mod mismatch;
mod mongodb;
mod mqtt;
mod mysql;
mod nats;
mod postgresql;
mod redis;
mod reset_reason;
mod sense;
mod sql;
mod start;
mod tds;
mod text;
mod tls;
mod tls_names;
mod tls_state;
mod websocket;

#[cfg(test)]
mod tests;

pub use http1::{http_answer_is_complete, http_answer_lacks, status as http_status};
pub use message::{Field, Protocol, Side, Value};
pub use mismatch::{Mismatch, mismatch};
pub use reset_reason::{ResetReason, reset_reason};
pub use sense::{Sense, may_have_more_open};
pub use start::is_message_start;
pub use tls_names::step_in_words;
pub use tls_state::{TlsState, may_be_tickets, tls_state};

use message::{Message, Role};

/// The last exchange of the applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The protocol, with its version where that is told: `tls`, `http/1.1`, `http/2`, `postgresql`, ...
    pub protocol: &'static str,
    /// What was read, in this order. No key comes twice.
    pub fields: Vec<Field>,
    sentence: String,
}

impl Context {
    /// A short phrase for a person: "GET /item to lab, answered 200 OK".
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// A field's value.
    pub fn field(&self, key: &str) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

/// Says what the last exchange of the applications was.
///
/// `client` and `server` are the first bytes of the latest message of each end; either may be empty or cut. `last` is
/// the end that sent payload last.
pub fn read(client: &[u8], server: &[u8], last: Side, server_port: u16) -> Option<Context> {
    Reading::of(client, server).context(Some(last), server_port)
}

/// The latest message of each end, as far as its bytes alone prove what it is.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    client_bytes: &'a [u8],
    server_bytes: &'a [u8],
    client: Option<Message>,
    server: Option<Message>,
}

impl<'a> Reading<'a> {
    /// Reads the first bytes of the latest message of each end; either may be empty or cut.
    pub fn of(client: &'a [u8], server: &'a [u8]) -> Reading<'a> {
        Reading {
            client_bytes: client,
            server_bytes: server,
            client: prove(client, Side::Client),
            server: prove(server, Side::Server),
        }
    }

    /// Is it HTTP, in TLS perhaps, or not known to be anything else? Where no bytes prove it, the port tells.
    pub fn may_be_http(&self, server_port: u16) -> bool {
        let http = [Protocol::Http1, Protocol::Http2, Protocol::Tls, Protocol::WebSocket];
        let proven: Vec<Protocol> =
            [&self.client, &self.server].into_iter().flatten().map(|said| said.protocol).collect();
        let known = if proven.is_empty() { Vec::from_iter(Protocol::of_port(server_port)) } else { proven };
        known.iter().all(|protocol| http.contains(protocol))
    }

    /// Is it a session from login to logout (SSH), and no connection that a pool takes for one request after the other? Where no
    /// bytes prove it, the port tells.
    pub fn is_session(&self, server_port: u16) -> bool {
        let mut proven = [&self.client, &self.server].into_iter().flatten().map(|said| said.protocol).peekable();
        match proven.peek() {
            Some(_) => proven.any(|protocol| protocol == Protocol::Ssh),
            None => Protocol::of_port(server_port) == Some(Protocol::Ssh),
        }
    }

    /// What the bytes of `speaker`, which are all that it said last, ask for, and in which protocol. `None` if that is not known.
    pub fn sense(&self, speaker: Side, server_port: u16) -> Option<(Protocol, Sense)> {
        let (bytes, own, peer) = match speaker {
            Side::Client => (self.client_bytes, &self.client, &self.server),
            Side::Server => (self.server_bytes, &self.server, &self.client),
        };
        if websocket::is_probe_and_answer(self.client_bytes, self.server_bytes) {
            let probe = bytes.first() == Some(&websocket::PING);
            return Some((Protocol::WebSocket, if probe { Sense::Probe } else { Sense::Control }));
        }
        let known = own.as_ref().or(peer.as_ref()).map(|message| message.protocol);
        let protocol = known.or(Protocol::of_port(server_port))?;
        Some((protocol, sense::of(protocol, bytes, speaker)?))
    }

    /// Do the bytes prove that the client's latest message asks for an answer, and that nobody closes in good faith without one?
    pub fn client_asks(&self) -> bool {
        let Some(asked) = self.client.as_ref().filter(|asked| asked.role == Role::Exchange) else { return false };
        if self.sense(Side::Client, 0).is_some_and(|(_, sense)| sense != Sense::Request) {
            return false;
        }
        match asked.protocol {
            Protocol::Tls => asked.name("step") == Some("client_hello"),
            // Who waits for news, or for the others of a group, closes while it does.
            Protocol::Kafka => !matches!(
                asked.name("command"),
                Some("Fetch" | "JoinGroup" | "SyncGroup" | "LeaveGroup" | "ConsumerGroupHeartbeat")
            ),
            // The same; and what is compressed may be of that kind, or want no answer.
            Protocol::MongoDb => asked.text("command").is_some_and(|command| {
                !matches!(command, "hello" | "isMaster" | "ismaster" | "getMore" | "killCursors" | "endSessions")
            }),
            Protocol::Memcached => asked.name("command") != Some("quit"),
            Protocol::Http1
            | Protocol::Dns
            | Protocol::PostgreSql
            | Protocol::MySql
            | Protocol::Tds
            | Protocol::Cassandra => true,
            // What takes leave in these, or listens without an end, looks like a request.
            Protocol::Http2
            | Protocol::WebSocket
            | Protocol::Redis
            | Protocol::Ssh
            | Protocol::Smtp
            | Protocol::Ftp
            | Protocol::Imap
            | Protocol::Pop3
            | Protocol::Amqp
            | Protocol::Mqtt
            | Protocol::Ldap
            | Protocol::Nats => false,
        }
    }

    /// Is the client's latest message known to be HTTP, and no HEAD in it? The length of an answer to that is that of another (RFC
    /// 9110, section 9.3.2).
    pub fn client_wants_all(&self) -> bool {
        let is_http = self.client.as_ref().is_some_and(|asked| asked.protocol == Protocol::Http1);
        is_http && !self.client_bytes.starts_with(b"HEAD ") && !bytes::contains(self.client_bytes, b"\nHEAD ")
    }

    /// What the last exchange of the applications was; see [`read`]. Where only one end was captured nobody knows who spoke `last`.
    pub fn context(self, last: Option<Side>, server_port: u16) -> Option<Context> {
        let protocol = |message: &Option<Message>| message.as_ref().map(|message| message.protocol);
        let port = Protocol::of_port(server_port);
        // Where one end's bytes prove nothing, the other end and the port may tell how to read them.
        let client_hints = [protocol(&self.server), port];
        let server_hints = [protocol(&self.client), port];
        let from_client = self.client.or_else(|| guess(self.client_bytes, Side::Client, client_hints));
        let from_server = self.server.or_else(|| guess(self.server_bytes, Side::Server, server_hints));
        join(from_client, from_server, last)
    }
}

fn join(from_client: Option<Message>, from_server: Option<Message>, last: Option<Side>) -> Option<Context> {
    match (from_client, from_server) {
        (None, None) => None,
        (Some(message), None) => {
            let ending = match (last, message.role) {
                (Some(Side::Server), Role::Statement) => ", then more from the server",
                (Some(Side::Server), _) => ", answered",
                (Some(Side::Client), Role::Exchange) => ", not answered",
                (Some(Side::Client), Role::LastWord | Role::Statement) | (None, _) => "",
            };
            Some(alone(message, Side::Client, ending))
        }
        (None, Some(message)) => {
            let ending = if last == Some(Side::Client) { ", then more from the client" } else { "" };
            Some(alone(message, Side::Server, ending))
        }
        (Some(asked), Some(answer)) if last == Some(Side::Server) => Some(exchange(asked, answer)),
        (Some(asked), Some(before)) => {
            let ending = if asked.role == Role::Exchange { ", not answered" } else { "" };
            // In TLS the server's message is a step of the same handshake, elsewhere it answered what came before.
            let both_tls = asked.protocol == Protocol::Tls && before.protocol == Protocol::Tls;
            let mut context = alone(asked, Side::Client, ending);
            if both_tls && before.name("alert").is_none() {
                add(&mut context.fields, before.fields, false);
            } else if before.complains() {
                context.sentence.push_str("; the server had said ");
                context.sentence.push_str(&before.words);
                add(&mut context.fields, before.fields, false);
            }
            Some(context)
        }
    }
}

/// Reads one end's message, if it is of this parser's protocol.
type Parser = fn(&[u8], Side) -> Option<Message>;

/// Every protocol's parser, the strictest first. Each makes messages of its own protocol only.
const PARSERS: [(Protocol, Parser); 22] = [
    (Protocol::Tls, tls::read),
    (Protocol::Http1, http1::read),
    (Protocol::Http2, http2::read),
    (Protocol::Ssh, greeting::read_ssh),
    (Protocol::MongoDb, mongodb::read),
    (Protocol::Tds, tds::read),
    (Protocol::Kafka, kafka::read),
    (Protocol::Cassandra, cassandra::read),
    (Protocol::Ldap, ldap::read),
    (Protocol::Amqp, amqp::read),
    (Protocol::Dns, dns::read),
    (Protocol::Mqtt, mqtt::read),
    (Protocol::WebSocket, websocket::read),
    (Protocol::PostgreSql, postgresql::read),
    (Protocol::MySql, mysql::read),
    (Protocol::Nats, nats::read),
    (Protocol::Redis, redis::read),
    (Protocol::Memcached, memcached::read),
    (Protocol::Smtp, greeting::read_smtp),
    (Protocol::Ftp, greeting::read_ftp),
    (Protocol::Imap, greeting::read_imap),
    (Protocol::Pop3, greeting::read_pop3),
];

/// Reads a message that proves its protocol.
fn prove(bytes: &[u8], speaker: Side) -> Option<Message> {
    if bytes.is_empty() {
        return None;
    }
    PARSERS.iter().filter_map(|(_, parser)| parser(bytes, speaker)).find(|message| message.certain)
}

/// Reads a message as what fits the earliest of the hints.
fn guess(bytes: &[u8], speaker: Side, hints: [Option<Protocol>; 2]) -> Option<Message> {
    if bytes.is_empty() {
        return None;
    }
    hints.into_iter().flatten().find_map(|hint| {
        let (_, parser) = PARSERS.iter().find(|(protocol, _)| *protocol == hint)?;
        parser(bytes, speaker)
    })
}

/// The context where one end's message is all there is.
fn alone(message: Message, speaker: Side, ending: &str) -> Context {
    let mut sentence = String::with_capacity(message.words.len() + 48);
    say(&mut sentence, &message, speaker);
    sentence.push_str(ending);
    Context { protocol: message.id, fields: message.fields, sentence }
}

/// Adds what was said, and by whom if the words leave it open.
fn say(sentence: &mut String, message: &Message, speaker: Side) {
    message.add_named_words(sentence);
    if message.anonymous {
        sentence.push_str(" from the ");
        sentence.push_str(speaker.id());
    }
}

/// The context of a message of the client and the server's after it.
fn exchange(asked: Message, answer: Message) -> Context {
    let mut sentence = String::with_capacity(asked.words.len() + answer.words.len() + 64);
    say(&mut sentence, &asked, Side::Client);
    let is_same = answer.protocol == asked.protocol;
    let is_statement = [asked.role, answer.role].contains(&Role::Statement);
    sentence.push_str(if is_statement { ", then " } else { ", answered" });
    let answered = sentence.len();
    if !is_statement {
        sentence.push(' ');
    }
    let words = sentence.len();
    if is_same {
        sentence.push_str(&answer.words);
    } else {
        answer.add_named_words(&mut sentence);
    }
    if is_statement {
        sentence.push_str(" from the server");
    } else if sentence.get(words..) == Some(asked.words.as_str()) {
        sentence.truncate(answered);
    }
    let mut context = Context { protocol: asked.id, fields: asked.fields, sentence };
    if !is_same {
        context.fields.push(("answer_protocol", Value::Name(answer.id)));
    }
    add(&mut context.fields, answer.fields, true);
    context
}

/// Adds fields; of two with one key the new one stays if `newer`.
fn add(fields: &mut Vec<Field>, more: Vec<Field>, newer: bool) {
    for (key, value) in more {
        match fields.iter_mut().find(|(name, _)| *name == key) {
            None => fields.push((key, value)),
            Some(field) if newer => field.1 = value,
            Some(_) => {}
        }
    }
}
