//! Cassandra's CQL: the native protocol's specifications, versions 3 to 5, section 2 (envelopes) and 4 (messages). Of a
//! statement its first word is told, of an error its code: the text of errors may hold values.

use super::bytes::{Reader, contains, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::sql::first_word;

/// Bits of the flags: the body is compressed; something stands before what it is about, and for a server a trace or
/// warnings too.
const COMPRESSED: u8 = 1;
const TRACED: u8 = 2;
const PAYLOAD: u8 = 4;
const WARNED: u8 = 8;

/// `native_transport_max_frame_size` can hardly be more.
const LONGEST: usize = 256 << 20;

/// Reads a message, in a frame of version 5 perhaps.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    match framed(bytes) {
        Some(inside) => envelope(inside, speaker),
        None => envelope(bytes, speaker),
    }
}

/// What is in a frame without compression (version 5, section 2.2): 17 bits of a length, a mark, and a checksum of both.
fn framed(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let (head, checksum) = (reader.little_number(3)?, reader.little_number(3)?);
    let length = usize::try_from(head & 0x1_ffff).ok()?;
    (head >> 18 == 0 && checksum == crc24(head)).then(|| reader.take_up_to(length))
}

/// The checksum of a frame's head.
fn crc24(head: u64) -> u64 {
    head.to_le_bytes().iter().take(3).fold(0x87_5060, |sum, byte| {
        (0..8).fold(sum ^ u64::from(*byte) << 16, |sum, _| {
            let next = sum << 1;
            if next & 0x100_0000 == 0 { next } else { next ^ 0x197_4f0b }
        })
    })
}

fn envelope(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (version, flags, stream) = (reader.byte()?, reader.byte()?, reader.number(2)?);
    let (code, length) = (reader.byte()?, reader.length(4)?);
    let by_client = speaker == Side::Client;
    let side = if by_client { 0 } else { 0x80 };
    // A stream below 0 is the server's own.
    let pushed = stream == 0xffff && code == 12 && !by_client;
    if version & 0x80 != side || !matches!(version & 0x7f, 3..=5) || flags > 0x1f || length > LONGEST {
        return None;
    }
    if stream >> 15 != 0 && !pushed {
        return None;
    }
    let hidden = if by_client { COMPRESSED | PAYLOAD } else { COMPRESSED | TRACED | PAYLOAD | WARNED };
    let whole = reader.rest().len() == length;
    let body = (flags & hidden == 0).then(|| Reader::new(reader.take_up_to(length)));
    // What follows is the next envelope.
    if reader.rest().first().is_some_and(|next| body.is_some() && *next != version) {
        return None;
    }
    let message = if by_client { request(code, length, body) } else { response(code, length, body) };
    message.filter(|message| message.certain || whole)
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::Cassandra, words).with("step", Value::Name(step))
}

fn request(code: u8, length: usize, body: Option<Reader<'_>>) -> Option<Message> {
    let (step, words) = match code {
        1 => ("startup", "STARTUP"),
        5 => ("options", "OPTIONS"),
        7 => ("query", "QUERY"),
        9 => ("prepare", "PREPARE"),
        10 => ("execute", "EXECUTE"),
        11 => ("register", "REGISTER"),
        13 => ("batch", "BATCH"),
        15 => ("auth_response", "AUTH_RESPONSE"),
        _ => return None,
    };
    let Some(mut body) = body else { return Some(new(step, words).certain_if(false)) };
    let kind = matches!(code, 7 | 9).then(|| statement(&mut body)).flatten();
    let proven = match code {
        1 => contains(body.rest(), b"CQL_VERSION"),
        5 if length != 0 => return None,
        5 => true,
        7 | 9 => kind.is_some(),
        // The number of a prepared statement is an MD5.
        10 => body.rest().starts_with(&[0, 16]),
        11 => contains(body.rest(), b"_CHANGE"),
        _ => false,
    };
    let words = kind.map_or(words.to_string(), |kind| format!("{words} {kind}"));
    Some(new(step, words).with_some("query_kind", kind.map(Value::Name)).certain_if(proven))
}

/// The first word of a statement, which has its length before it.
fn statement(body: &mut Reader<'_>) -> Option<&'static str> {
    let length = body.length(4)?;
    first_word(body.take_up_to(length))
}

fn response(code: u8, length: usize, body: Option<Reader<'_>>) -> Option<Message> {
    let (step, words) = match code {
        0 => return error(length, body),
        2 if length != 0 => return None,
        2 => ("ready", "READY"),
        3 => ("authenticate", "AUTHENTICATE"),
        6 => ("supported", "SUPPORTED"),
        8 => ("result", "RESULT"),
        12 => ("event", "EVENT"),
        14 => ("auth_challenge", "AUTH_CHALLENGE"),
        16 => ("auth_success", "AUTH_SUCCESS"),
        _ => return None,
    };
    let proven = body.is_some_and(|mut body| match code {
        2 => true,
        3 => contains(body.rest(), b"authenticator") && length >= 2,
        6 => contains(body.rest(), b"CQL_VERSION"),
        8 => matches!(body.number(4), Some(1..=5)),
        12 => contains(body.rest(), b"_CHANGE"),
        _ => false,
    });
    let message = new(step, words).anonymous().certain_if(proven);
    // Nobody asked for an event.
    Some(if code == 12 { message.statement() } else { message })
}

/// ERROR: a code and a text (section 9, version 5: section 8).
fn error(length: usize, body: Option<Reader<'_>>) -> Option<Message> {
    let Some(mut body) = body else {
        return Some(
            new("error", "ERROR").with("error", Value::Name("error")).anonymous().last_word().certain_if(false),
        );
    };
    let (code, text) = (body.number(4)?, body.length(2)?);
    if text + 6 > length || !is_printable(body.take_up_to(text.min(16))) {
        return None;
    }
    let meaning = match code {
        0 => "server error",
        0x000a => "protocol error",
        0x0100 => "bad credentials",
        0x1000 => "unavailable",
        0x1001 => "overloaded",
        0x1002 => "is bootstrapping",
        0x1003 => "truncate error",
        0x1100 => "write timeout",
        0x1200 => "read timeout",
        0x1300 => "read failure",
        0x1400 => "function failure",
        0x1500 => "write failure",
        0x1600 => "CDC write failure",
        0x1700 => "CAS write unknown",
        0x2000 => "syntax error",
        0x2100 => "unauthorized",
        0x2200 => "invalid query",
        0x2300 => "configuration error",
        0x2400 => "already exists",
        0x2500 => "unprepared",
        _ => return None,
    };
    let message = new("error", format!("ERROR 0x{code:04x} {meaning}")).with("code", Value::Number(code));
    Some(message.with("error", Value::Name(meaning)).anonymous().last_word())
}
