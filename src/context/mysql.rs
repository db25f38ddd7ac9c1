//! MySQL's and MariaDB's protocol: the chapter "Client/Server Protocol" of MySQL's source documentation.

use super::bytes::{Reader, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::sql::first_word;
use super::text::clean;

/// The server's capability to speak TLS, CLIENT_SSL.
const TLS: u64 = 0x0800;

/// A packet: its sequence number, its length and what there is of its body.
#[derive(Clone, Copy, Debug)]
struct Packet<'a> {
    sequence: u8,
    length: usize,
    body: &'a [u8],
    /// Is it the only one, and whole?
    alone: bool,
}

fn packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let mut reader = Reader::new(bytes);
    let length = usize::try_from(reader.little_number(3)?).ok()?;
    let sequence = reader.byte()?;
    let body = reader.take_up_to(length);
    (length > 0).then_some(Packet { sequence, length, body, alone: reader.is_empty() && body.len() == length })
}

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let packet = packet(bytes)?;
    match speaker {
        Side::Client => command(&packet),
        Side::Server => answer(&packet),
    }
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::MySql, words).with("step", Value::Name(step))
}

fn command(packet: &Packet<'_>) -> Option<Message> {
    let (code, argument) = packet.body.split_first()?;
    if packet.sequence != 0 {
        let login = (1..=3).contains(&packet.sequence) && packet.length >= 32;
        let request = packet.length == 32;
        return login.then(|| {
            if request { new("ssl_request", "request for TLS") } else { new("login", "login") }.certain_if(false)
        });
    }
    let plain = |step, words: &str| Some(new(step, words).certain_if(false)).filter(|_| packet.alone);
    match (code, packet.length) {
        (3, 2..) => Some(statement("query", "query", argument)),
        (22, 2..) => Some(statement("prepare", "prepared query", argument)),
        (1, 1) => plain("quit", "COM_QUIT").map(Message::statement),
        (2, 2..) => plain("init_db", "choice of a database"),
        (14, 1) => plain("ping", "COM_PING"),
        (23, 10..) => plain("execute", "execution of a prepared query"),
        (25, 5) => plain("close_statement", "COM_STMT_CLOSE").map(Message::statement),
        (31, 1) => plain("reset_connection", "COM_RESET_CONNECTION"),
        _ => None,
    }
}

fn statement(step: &'static str, words: &str, argument: &[u8]) -> Message {
    // With query attributes two bytes come first: none of them, one set.
    let text = argument.strip_prefix(&[0, 1]).unwrap_or(argument);
    let kind = first_word(text);
    let words = kind.map_or(words.to_string(), |kind| format!("{words} {kind}"));
    new(step, words).with_some("query_kind", kind.map(Value::Name)).certain_if(kind.is_some())
}

fn answer(packet: &Packet<'_>) -> Option<Message> {
    let (first, rest) = packet.body.split_first()?;
    match first {
        10 if packet.sequence == 0 => greeting(rest),
        0xff => error(packet, rest),
        0 if packet.sequence > 0 && packet.length >= 7 => Some(new("ok", "OK").anonymous().certain_if(false)),
        0xfe if packet.sequence > 0 => Some(new("switch", "another packet").anonymous().certain_if(false)),
        1..=0xfa if packet.sequence == 1 && packet.length == 1 => {
            Some(new("result", "a result").anonymous().certain_if(false))
        }
        _ => None,
    }
}

/// Protocol::HandshakeV10: version, thread, eight bytes of a challenge, a zero, the lower half of the capabilities.
fn greeting(body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    let version = reader.until(0)?;
    let is_version = version.first().is_some_and(u8::is_ascii_digit) && version.contains(&b'.');
    if !is_version || !is_printable(version) {
        return None;
    }
    let capabilities = reader.take(13).and_then(|_| reader.little_number(2));
    let offered = capabilities.is_none_or(|capabilities| capabilities & TLS != 0);
    let version = clean(version);
    let message = new("greeting", format!("greeting of {version}"))
        .with("version", Value::Text(version))
        .with("tls", Value::Name(if offered { "offered" } else { "none" }))
        .anonymous();
    Some(message)
}

/// ERR_Packet: a code, a mark and an SQLSTATE after the handshake, a message.
fn error(packet: &Packet<'_>, body: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(body);
    let code = reader.little_number(2)?;
    let (state, text) = match reader.rest() {
        [b'#', rest @ ..] => rest.split_at_checked(5)?,
        rest => (&[][..], rest),
    };
    let readable = (text.len() >= 8 || !packet.alone) && is_printable(text.get(..text.len().min(8))?);
    let numbered = (1000..=15_000).contains(&code) && packet.length <= 1024 && is_printable(state);
    if !readable || !numbered || text.is_empty() {
        return None;
    }
    let text = clean(text.trim_ascii());
    let message = new("error", format!("error packet {code} {text}"))
        .with("code", Value::Number(code))
        .with_some("sqlstate", (!state.is_empty()).then(|| Value::Text(clean(state))))
        .with("error", Value::Text(text))
        .last_word();
    Some(message)
}
