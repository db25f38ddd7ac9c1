//! WebSocket's goodbye: RFC 6455 section 5.5.1. Its other frames look like anything.

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// The first byte of a ping that is one frame, RFC 6455 section 5.5.2.
pub const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// Did one end send a ping and the other the pong to it, with the same bytes in it, and neither anything else? Such a frame
/// alone may be anything.
pub fn is_probe_and_answer(client: &[u8], server: &[u8]) -> bool {
    let [first @ (PING | PONG), second, a, b, c, d, masked @ ..] = client else { return false };
    let [other @ (PING | PONG), length, plain @ ..] = server else { return false };
    let content = masked.iter().zip([a, b, c, d].into_iter().cycle()).map(|(byte, mask)| byte ^ mask);
    first != other
        && *second == 0x80 | *length
        && usize::from(*length) == plain.len()
        && plain.len() == masked.len()
        && content.eq(plain.iter().copied())
}

/// Reads a Close frame that is all of the message. A client masks it, a server does not (section 5.1).
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (first, second) = (reader.byte()?, reader.byte()?);
    let (masked, length) = (second & 0x80 != 0, usize::from(second & 0x7f));
    if first != 0x88 || masked != (speaker == Side::Client) || !(2..=125).contains(&length) {
        return None;
    }
    let mask = if masked { reader.take(4)? } else { &[0; 4] };
    let body: Vec<u8> = reader.take(length)?.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let (code, reason) = body.split_at_checked(2)?;
    let code = Reader::new(code).number(2)?;
    if !reader.is_empty() || !matches!(code, 1000..=1015 | 3000..=4999) || std::str::from_utf8(reason).is_err() {
        return None;
    }
    let reason = (!reason.is_empty()).then(|| clean(reason));
    let name = name(code).map_or(String::new(), |name| format!(" {name}"));
    let text = reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
    let message = Message::new(Protocol::WebSocket, format!("close {code}{name}{text}"))
        .with("code", Value::Number(code))
        .with_some("reason", reason.map(Value::Text));
    Some(message.anonymous().statement())
}

/// RFC 6455 section 7.4.1.
fn name(code: u64) -> Option<&'static str> {
    Some(match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1007 => "invalid payload",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "missing extension",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        _ => return None,
    })
}
