//! NATS: its "Client Protocol". Subjects, payloads and what a client connects with are not told.

use super::bytes::{contains, first_line, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::sense::Sense;
use super::text::clean;

/// Reads a message. Nearly all of them neither ask nor answer.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    if !matches!(bytes, [b'A'..=b'Z' | b'+' | b'-', ..]) {
        return None;
    }
    let (line, whole) = first_line(bytes);
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (word, arguments) = line.split_at_checked(end)?;
    let arguments = arguments.trim_ascii();
    let alone = whole && arguments.is_empty();
    match (word, speaker) {
        (b"INFO", Side::Server) => information(arguments, whole),
        (b"-ERR", Side::Server) => error(arguments),
        (b"+OK", Side::Server) if alone => Some(new("ok", "+OK").certain_if(false)),
        (b"MSG", Side::Server) => payload("message", "MSG", bytes, line, 1),
        (b"HMSG", Side::Server) => payload("message", "HMSG", bytes, line, 2),
        (b"PUB", Side::Client) => payload("publish", "PUB", bytes, line, 1),
        (b"HPUB", Side::Client) => payload("publish", "HPUB", bytes, line, 2),
        (b"CONNECT", Side::Client) if arguments.starts_with(b"{") => Some(connect(bytes, line, whole)),
        (b"SUB", Side::Client) if whole && matches!(words(arguments), 2..=3) => Some(silent("subscribe", "SUB")),
        (b"UNSUB", Side::Client) if whole && matches!(words(arguments), 1..=2) => Some(silent("unsubscribe", "UNSUB")),
        (b"PING", Side::Client) if alone => Some(new("ping", "PING").certain_if(false)),
        // A server's question is none that the client's last message led to.
        (b"PING", Side::Server) if alone => Some(silent("ping", "PING")),
        (b"PONG", Side::Server) if alone => Some(new("pong", "PONG").certain_if(false)),
        (b"PONG", Side::Client) if alone => Some(silent("pong", "PONG")),
        _ => None,
    }
}

/// What whole messages ask for. A server's PONG answers all that came before the PING (its "PING/PONG Keep Alive").
/// Whether the server says +OK to what a client sends was agreed on before (`verbose`), which few ask for.
pub fn sense(bytes: &[u8], speaker: Side) -> Option<Sense> {
    let mut rest = bytes;
    let mut wanted = None;
    while !rest.is_empty() {
        let message = read(rest, speaker)?;
        let (line, whole) = first_line(rest);
        let mut length = line.len() + 2;
        let sense = match message.name("step") {
            Some("publish" | "message") => {
                length += payload_length(line)? + 2;
                Sense::OneWay
            }
            Some("pong") if speaker == Side::Client => Sense::Control,
            Some("ping") if speaker == Side::Server => Sense::Probe,
            _ => Sense::Request,
        };
        rest = rest.get(length..).filter(|_| whole)?;
        wanted = wanted.max(Some(sense));
    }
    wanted
}

/// The number that ends the line.
fn payload_length(line: &[u8]) -> Option<usize> {
    let digits = line.rsplit(|byte| *byte == b' ').next()?;
    let is_number = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::Nats, words).with("step", Value::Name(step)).anonymous()
}

fn silent(step: &'static str, words: &str) -> Message {
    new(step, words).statement().certain_if(false)
}

fn words(arguments: &[u8]) -> usize {
    arguments.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).count()
}

/// The server's greeting, which it sends again when its cluster changes: whether it wants TLS, which begins after it.
fn information(json: &[u8], whole: bool) -> Option<Message> {
    if !json.starts_with(b"{") || member(json, b"\"server_id\"").is_none() {
        return None;
    }
    let says = |name| member(json, name).is_some_and(|value| value.starts_with(b"true"));
    let tls = match (says(b"\"tls_required\""), says(b"\"tls_available\"")) {
        (true, _) => Some("required"),
        (_, true) => Some("offered"),
        _ => whole.then_some("none"),
    };
    let version =
        member(json, b"\"version\"").and_then(|value| value.strip_prefix(b"\"")?.split(|byte| *byte == b'"').next());
    let version = version.filter(|version| (1..=20).contains(&version.len())).map(clean);
    let of = version.as_ref().map_or(String::new(), |version| format!(" of {version}"));
    let wants = if tls == Some("required") { " (TLS required)" } else { "" };
    let message = new("info", format!("INFO{of}{wants}")).with_some("version", version.map(Value::Text));
    Some(message.with_some("tls", tls.map(Value::Name)).statement())
}

/// What follows a member's name and its colon.
fn member<'a>(json: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = json.windows(name.len()).position(|window| window == name)?;
    Some(json.get(at + name.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
}

/// CONNECT has passwords in it. It gets no answer, unless a PING comes with it.
fn connect(bytes: &[u8], line: &[u8], whole: bool) -> Message {
    let certain = contains(line, b"\"verbose\":") || contains(line, b"\"pedantic\":");
    let asks = whole && bytes.ends_with(b"PING\r\n");
    let message = new("connect", if asks { "CONNECT and PING" } else { "CONNECT" }).certain_if(certain);
    if asks { message } else { message.statement() }
}

/// What ends with the length of the payload after it, or with the lengths of its headers and of all: two or three words
/// more stand before that.
fn payload(step: &'static str, name: &str, bytes: &[u8], line: &[u8], lengths: usize) -> Option<Message> {
    let length = payload_length(line)?;
    let rest = bytes.get(line.len()..)?.strip_prefix(b"\r\n")?;
    if !(2 + lengths..=4 + lengths).contains(&words(line)) || !is_printable(line) {
        return None;
    }
    // The line's end after the payload proves the length.
    let proven = rest.get(length..).is_some_and(|after| after.starts_with(b"\r\n"));
    Some(silent(step, name).certain_if(proven))
}

/// An error in quotes, without the subject that it may name. Most are the last that is said, and come of themselves.
fn error(text: &[u8]) -> Option<Message> {
    let quoted = text.len() >= 6 && text.starts_with(b"'") && text.ends_with(b"'") && is_printable(text);
    let end = text.iter().position(|byte| *byte == b'"');
    let text =
        end.and_then(|end| text.get(..end)).map_or_else(|| clean(text), |before| format!("{}...'", clean(before)));
    quoted.then(|| new("error", format!("-ERR {text}")).with("error", Value::Text(text)).statement())
}
