//! PostgreSQL's protocol, version 3: the manual's chapter "Message Formats".

use super::bytes::{Reader, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::sql::first_word;
use super::text::clean;

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    match speaker {
        Side::Client => first_message(bytes).or_else(|| client_message(bytes)),
        Side::Server => server_message(bytes),
    }
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::PostgreSql, words).with("step", Value::Name(step))
}

/// What a client sends first: it has no type.
fn first_message(bytes: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (length, code) = (reader.length(4)?, reader.number(4)?);
    match (length, code) {
        (8, 80_877_103) => Some(new("ssl_request", "SSLRequest")),
        (8, 80_877_104) => Some(new("gss_request", "GSSENCRequest")),
        (12..=268, 80_877_102) => Some(new("cancel_request", "CancelRequest").statement()),
        // The name of a parameter comes next. Kafka's requests for metadata begin alike, with a number there.
        (9..=10_000, 0x3_0000..=0x3_0002) if reader.rest().first().is_none_or(u8::is_ascii_graphic) => {
            Some(startup(&mut reader))
        }
        _ => None,
    }
}

/// Parameters' names and values, each ended by a zero.
fn startup(reader: &mut Reader<'_>) -> Message {
    let (mut user, mut database) = (None, None);
    while let (Some(name), Some(value)) = (reader.until(0), reader.until(0)) {
        match name {
            b"user" => user = Some(clean(value)),
            b"database" => database = Some(clean(value)),
            b"" => break,
            _ => {}
        }
    }
    let words = match (&user, &database) {
        (Some(user), Some(database)) => format!("startup of user {user} for database {database}"),
        (Some(user), None) => format!("startup of user {user}"),
        _ => "startup".to_string(),
    };
    new("startup", words)
        .with_some("user", user.filter(|user| !user.is_empty()).map(Value::Text))
        .with_some("database", database.filter(|name| !name.is_empty()).map(Value::Text))
}

/// The next message's type, and what there is of its body.
fn typed<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8], bool)> {
    let (kind, length) = (reader.byte()?, reader.length(4)?.checked_sub(4)?);
    if length > 1 << 24 {
        return None;
    }
    let body = reader.take_up_to(length);
    Some((kind, body, body.len() == length))
}

fn client_message(bytes: &[u8]) -> Option<Message> {
    let (kind, body, whole) = typed(&mut Reader::new(bytes))?;
    let mut reader = Reader::new(body);
    let ended = !whole || body.last() == Some(&0);
    match kind {
        b'Q' if ended => Some(statement("query", "query", body)),
        b'P' if ended || whole => {
            let name = reader.until(0).filter(|name| is_printable(name))?;
            let _ = name;
            Some(statement("parse", "prepared query", reader.rest()))
        }
        b'B' => Some(new("bind", "execution of a prepared query").certain_if(false)),
        b'E' => Some(new("execute", "execution of a prepared query").certain_if(false)),
        b'S' if body.is_empty() && whole => Some(new("sync", "Sync").certain_if(false)),
        b'p' => Some(new("password", "password message").certain_if(false)),
        b'd' => Some(new("copy_data", "COPY data").certain_if(false)),
        b'c' if body.is_empty() && whole => Some(new("copy_done", "CopyDone").certain_if(false)),
        b'X' if body.is_empty() && whole => Some(new("terminate", "Terminate").statement()),
        _ => None,
    }
}

fn statement(step: &'static str, words: &str, statement: &[u8]) -> Message {
    let kind = first_word(statement);
    let words = kind.map_or(words.to_string(), |kind| format!("{words} {kind}"));
    new(step, words).with_some("query_kind", kind.map(Value::Name)).certain_if(kind.is_some())
}

fn server_message(bytes: &[u8]) -> Option<Message> {
    match bytes {
        b"S" => return Some(new("ssl_answer", "yes to SSLRequest").certain_if(false)),
        b"N" => return Some(new("ssl_answer", "no to SSLRequest").certain_if(false)),
        _ => {}
    }
    let mut reader = Reader::new(bytes);
    let mut first = None;
    while let Some((kind, body, whole)) = typed(&mut reader) {
        let (step, words) = match (kind, body.len()) {
            (b'E', _) => return error(body).or(first),
            (b'R', 4..) => authentication(body)?,
            (b'Z', 0..=1) => ("ready", "ready for query"),
            (b'T' | b'D' | b'C' | b'I', _) => ("result", "a result"),
            (b'1' | b'2' | b'3' | b'n' | b's', 0) if whole => ("result", "a result"),
            (b't' | b'S' | b'K' | b'N' | b'A' | b'G' | b'H' | b'W' | b'd' | b'c', _) => ("message", "a message"),
            _ => break,
        };
        if first.as_ref().is_none_or(|message: &Message| message.name("step") == Some("message")) {
            let certain = kind == b'R' && step != "authentication";
            first = Some(new(step, words).anonymous().certain_if(certain));
        }
    }
    first
}

/// AuthenticationOk, and what asks for a proof.
fn authentication(body: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match (Reader::new(body).number(4)?, body.len()) {
        (0, 4) => ("authentication_ok", "AuthenticationOk"),
        (3, 4) => ("authentication_password", "request for a password"),
        (5, 8) => ("authentication_md5", "request for an MD5 password"),
        (10, 5..) => ("authentication_sasl", "request for SASL authentication"),
        (7 | 8 | 9 | 11 | 12, _) => ("authentication", "authentication"),
        _ => return None,
    })
}

/// ErrorResponse: fields of a type and a text each; `C` is the SQLSTATE, `M` the message.
fn error(body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    let (mut state, mut text) = (None, None);
    let mut first = true;
    while let Some(kind) = reader.byte().filter(|kind| *kind != 0) {
        if first && kind != b'S' {
            return None;
        }
        first = false;
        // The last field may be cut.
        let value = reader.until(0).unwrap_or_else(|| reader.take_up_to(usize::MAX));
        match kind {
            b'C' if value.len() == 5 && value.iter().all(u8::is_ascii_alphanumeric) => state = Some(value),
            b'M' if !value.is_empty() => text = Some(clean(value)),
            _ => {}
        }
    }
    let state = state?;
    let mut words = format!("ErrorResponse {}", clean(state));
    if let Some(text) = &text {
        words = format!("{words} {text}");
    }
    let message = new("error", words)
        .with("sqlstate", Value::Text(clean(state)))
        .with_some("error", text.map(Value::Text))
        .last_word();
    Some(message)
}
