//! What the applications were saying when the connection failed.
//!
//! Read from the first bytes of the latest message of each end, by content first; the port breaks ties only. **No
//! verdict needs this**, and nothing is guessed from noise: what is not understood is `None`. The bytes come from the
//! network: every text is escaped and cut, and what may be a secret (query strings, user names before a host,
//! arguments of commands, text of SQL statements) is left out.

mod amqp;
mod bytes;
mod greeting;
mod http1;
mod http2;
mod message;
mod mismatch;
mod mysql;
mod postgresql;
mod redis;
mod reset_reason;
mod sql;
mod start;
mod text;
mod tls;
mod tls_names;
mod tls_state;
mod websocket;

#[cfg(test)]
mod tests;

use serde::ser::{Serialize, SerializeMap, Serializer};

pub use http1::http_answer_is_complete;
pub use message::{Field, Speaker, Value};
pub use mismatch::{Mismatch, mismatch};
pub use reset_reason::{ResetReason, reset_reason};
pub use start::is_message_start;
pub use tls_state::{TlsState, tls_state};

use message::{Message, Protocol, Role};

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

/// An object: `protocol`, the fields, `sentence`.
impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len() + 2))?;
        map.serialize_entry("protocol", self.protocol)?;
        for (key, value) in &self.fields {
            match value {
                Value::Name(name) => map.serialize_entry(key, name)?,
                Value::Text(text) => map.serialize_entry(key, text)?,
                Value::Number(number) => map.serialize_entry(key, number)?,
            }
        }
        map.serialize_entry("sentence", &self.sentence)?;
        map.end()
    }
}

/// Says what the last exchange of the applications was.
///
/// `client` and `server` are the first bytes of the latest message of each end; either may be empty or cut. `last` is
/// the end that sent payload last.
pub fn read(client: &[u8], server: &[u8], last: Speaker, server_port: u16) -> Option<Context> {
    let (from_client, from_server) = read_both(client, server, Protocol::of_port(server_port));
    match (from_client, from_server) {
        (None, None) => None,
        (Some(message), None) => {
            let ending = match (last, message.role) {
                (Speaker::Server, _) => ", answered",
                (Speaker::Client, Role::Exchange) => ", not answered",
                (Speaker::Client, Role::LastWord | Role::Statement) => "",
            };
            Some(alone(&message, Speaker::Client, ending))
        }
        (None, Some(message)) => {
            let ending = if last == Speaker::Client { ", then more from the client" } else { "" };
            Some(alone(&message, Speaker::Server, ending))
        }
        (Some(asked), Some(answer)) if last == Speaker::Server => Some(exchange(&asked, &answer)),
        (Some(asked), Some(before)) => {
            let ending = if asked.role == Role::Exchange { ", not answered" } else { "" };
            let mut context = alone(&asked, Speaker::Client, ending);
            // In TLS the server's message is a step of the same handshake, elsewhere it answered what came before.
            if asked.protocol == Protocol::Tls && before.protocol == Protocol::Tls && before.name("alert").is_none() {
                add(&mut context.fields, &before.fields, false);
            }
            Some(context)
        }
    }
}

/// Reads the message of each end, where each may help to understand the other.
fn read_both(client: &[u8], server: &[u8], port: Option<Protocol>) -> (Option<Message>, Option<Message>) {
    let from_client = understand(client, Speaker::Client, &[]);
    let from_server = understand(server, Speaker::Server, &[]);
    let protocol = |message: &Option<Message>| message.as_ref().map(|message| message.protocol);
    let hints = |peer| [peer, port];
    let (client_hints, server_hints) = (hints(protocol(&from_server)), hints(protocol(&from_client)));
    (
        from_client.or_else(|| understand(client, Speaker::Client, &client_hints)),
        from_server.or_else(|| understand(server, Speaker::Server, &server_hints)),
    )
}

/// Reads one end's message, if it is of this parser's protocol.
type Parser = fn(&[u8], Speaker) -> Option<Message>;

/// Every protocol's parser, the strictest first.
const PARSERS: [Parser; 13] = [
    tls::read,
    http1::read,
    http2::read,
    greeting::read_ssh,
    amqp::read,
    websocket::read,
    postgresql::read,
    mysql::read,
    redis::read,
    greeting::read_smtp,
    greeting::read_ftp,
    greeting::read_imap,
    greeting::read_pop3,
];

/// Reads a message: what proves its protocol, or else what fits the earliest of the hints.
fn understand(bytes: &[u8], speaker: Speaker, hints: &[Option<Protocol>]) -> Option<Message> {
    if bytes.is_empty() {
        return None;
    }
    let readings = || PARSERS.iter().filter_map(|parser| parser(bytes, speaker));
    readings().find(|message| message.certain).or_else(|| {
        let fits = |hint: Protocol| readings().find(|message| message.protocol == hint);
        hints.iter().flatten().find_map(|hint| fits(*hint))
    })
}

/// The context where one end's message is all there is.
fn alone(message: &Message, speaker: Speaker, ending: &str) -> Context {
    Context {
        protocol: message.id,
        fields: message.fields.clone(),
        sentence: format!("{}{ending}", said_by(message, speaker)),
    }
}

fn said_by(message: &Message, speaker: Speaker) -> String {
    let words = message.named_words();
    if message.anonymous { format!("{words} from the {}", speaker.name()) } else { words }
}

/// The context of a message of the client and the server's after it.
fn exchange(asked: &Message, answer: &Message) -> Context {
    let words = if answer.protocol == asked.protocol { answer.words.clone() } else { answer.named_words() };
    let sentence = match answer.role {
        Role::Statement => format!("{}, then {words} from the server", said_by(asked, Speaker::Client)),
        _ if words == asked.words => format!("{}, answered", said_by(asked, Speaker::Client)),
        _ => format!("{}, answered {words}", said_by(asked, Speaker::Client)),
    };
    let mut context = Context { protocol: asked.id, fields: asked.fields.clone(), sentence };
    if answer.protocol != asked.protocol {
        context.fields.push(("answer_protocol", Value::Name(answer.id)));
    }
    add(&mut context.fields, &answer.fields, true);
    context
}

/// Adds fields; of two with one key the new one stays if `newer`.
fn add(fields: &mut Vec<Field>, more: &[Field], newer: bool) {
    for (key, value) in more {
        match fields.iter_mut().find(|(name, _)| name == key) {
            None => fields.push((key, value.clone())),
            Some(field) if newer => field.1 = value.clone(),
            Some(_) => {}
        }
    }
}
