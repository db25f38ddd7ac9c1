//! Redis' protocol, RESP: "Redis serialization protocol specification".

use super::bytes::{contains, first_line, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// Words that begin an error of Redis and of nobody else. `ERR` alone may be POP3's.
const ERRORS: [&[u8]; 22] = [
    b"ASK",
    b"BUSY",
    b"BUSYGROUP",
    b"CLUSTERDOWN",
    b"CROSSSLOT",
    b"DENIED",
    b"EXECABORT",
    b"INPROG",
    b"LOADING",
    b"MASTERDOWN",
    b"MISCONF",
    b"MOVED",
    b"NOAUTH",
    b"NOGOODSLAVE",
    b"NOPERM",
    b"NOREPLICAS",
    b"NOSCRIPT",
    b"OOM",
    b"READONLY",
    b"TRYAGAIN",
    b"WRONGPASS",
    b"WRONGTYPE",
];

/// What Redis says after `-ERR`.
const PHRASES: [&[u8]; 7] = [
    b"max number of clients",
    b"unknown command",
    b"wrong number of arguments",
    b"Protocol error",
    b"syntax error",
    b"invalid password",
    b"operation not permitted",
];

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    match speaker {
        Side::Client => command(bytes),
        Side::Server => answer(bytes),
    }
}

/// An array of bulk strings, the first of which is the command. Arguments are not told.
fn command(bytes: &[u8]) -> Option<Message> {
    if !bytes.starts_with(b"*") {
        return None;
    }
    let (count, true) = first_line(bytes) else { return None };
    let rest = bytes.get(count.len() + 2..)?;
    let (length, true) = first_line(rest) else { return None };
    let count = number(count.strip_prefix(b"*")?)?;
    let size = number(length.strip_prefix(b"$")?)?;
    let name = rest.get(length.len() + 2..)?.get(..size)?;
    let valid = count > 0 && !name.is_empty() && size <= 40;
    if !valid || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
        return None;
    }
    let name = clean(&name.to_ascii_uppercase());
    Some(Message::new(Protocol::Redis, name.clone()).with("command", Value::Text(name)))
}

fn number(digits: &[u8]) -> Option<usize> {
    let valid = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    valid.then(|| digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

fn answer(bytes: &[u8]) -> Option<Message> {
    if !matches!(bytes, [b'-' | b'+' | b':' | b'$' | b'*' | b'%' | b'~' | b'>' | b'_', ..]) {
        return None;
    }
    let (line, whole) = first_line(bytes);
    let (kind, rest) = line.split_first()?;
    match kind {
        b'-' => error(rest),
        _ if !whole => None,
        b'+' if !rest.is_empty() && is_printable(rest) => Some(plain("a simple string")),
        b':' | b'$' | b'*' | b'%' | b'~' | b'>' if number(rest).is_some() || rest == b"-1" => Some(plain("a value")),
        b'_' if rest.is_empty() => Some(plain("a value")),
        _ => None,
    }
}

fn plain(words: &str) -> Message {
    Message::new(Protocol::Redis, words).anonymous().certain_if(false)
}

fn error(text: &[u8]) -> Option<Message> {
    let word = text.split(|byte| *byte == b' ').next()?;
    if word.len() < 3 || !word.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let known = ERRORS.contains(&word) || word == b"ERR" && PHRASES.iter().any(|phrase| contains(text, phrase));
    let text = clean(text.trim_ascii());
    let message = Message::new(Protocol::Redis, format!("-{text}")).with("error", Value::Text(text));
    Some(message.last_word().certain_if(known))
}
