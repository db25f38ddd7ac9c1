//! MQTT: versions 3.1.1 (section 2.2) and 5 (section 2.1). Topics and payloads are not told.

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::sense::{Sense, of_all};

/// Reads a packet. Only CONNECT proves the protocol: the others are too short.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let first = reader.byte()?;
    let length = remaining_length(&mut reader)?;
    let body = reader.take_up_to(length);
    let by_client = speaker == Side::Client;
    match (first, by_client) {
        (0x10, true) => connect(body),
        (0x20, false) => {
            let [0 | 1, code, ..] = body else { return None };
            let accepted = if *code == 0 { "accepted".to_string() } else { format!("code {code}{}", reason(*code)) };
            Some(packet(&format!("CONNACK {accepted}"), "CONNACK").with("code", Value::Number((*code).into())))
        }
        // One of quality 1 or 2 that a client sends gets an answer (section 4.3).
        (0x32..=0x35 | 0x3a..=0x3d, true) if body.len() >= 3 => Some(packet("PUBLISH", "PUBLISH").anonymous()),
        (0x30..=0x3d, _) if body.len() >= 3 => Some(packet("PUBLISH", "PUBLISH").anonymous().statement()),
        (0x40, _) if length >= 2 => Some(packet("PUBACK", "PUBACK").anonymous().statement()),
        (0x82, true) if length >= 6 => Some(packet("SUBSCRIBE", "SUBSCRIBE")),
        (0x90, false) if length >= 3 => Some(packet("SUBACK", "SUBACK")),
        (0xc0, true) if length == 0 => Some(packet("PINGREQ", "PINGREQ")),
        (0xd0, false) if length == 0 => Some(packet("PINGRESP", "PINGRESP")),
        (0xe0, _) => Some(disconnect(body)),
        _ => None,
    }
}

/// What whole packets ask for.
pub fn sense(bytes: &[u8], speaker: Side) -> Option<Sense> {
    of_all(bytes, |reader| {
        let first = reader.byte()?;
        let length = remaining_length(reader)?;
        reader.take(length)?;
        Some(match (first, length) {
            // Without a quality of service, sent again never.
            (0x30 | 0x31, 3..) => Sense::OneWay,
            // PUBACK and PUBCOMP.
            (0x40 | 0x70, 2..) => Sense::Control,
            (0xc0, 0) if speaker == Side::Client => Sense::Probe,
            (0xd0, 0) if speaker == Side::Server => Sense::Control,
            (0xe0, _) => Sense::Goodbye,
            _ => Sense::Request,
        })
    })
}

fn packet(words: &str, name: &'static str) -> Message {
    Message::new(Protocol::Mqtt, words).with("step", Value::Name(name)).certain_if(false)
}

/// Seven bits a byte, the least significant first, in four bytes at most.
fn remaining_length(reader: &mut Reader<'_>) -> Option<usize> {
    let mut length = 0;
    for place in 0..4 {
        let byte = reader.byte()?;
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

/// Its keep-alive time is in seconds; the server ends a session from which nothing came for one and a half of it.
fn connect(body: &[u8]) -> Option<Message> {
    let rest = body.strip_prefix(b"\0\x04MQTT").or_else(|| body.strip_prefix(b"\0\x06MQIsdp"))?;
    let mut reader = Reader::new(rest);
    let (_version, _flags) = (reader.byte()?, reader.byte()?);
    let seconds = reader.number(2)?;
    let message = packet(&format!("CONNECT (keep-alive {seconds} s)"), "CONNECT");
    Some(message.with("keepalive_s", Value::Number(seconds)).certain_if(true))
}

/// Version 5 says why.
fn disconnect(body: &[u8]) -> Message {
    let code = body.first().copied();
    let words = code.map_or("DISCONNECT".to_string(), |code| format!("DISCONNECT code {code}{}", reason(code)));
    packet(&words, "DISCONNECT").with_some("code", code.map(|code| Value::Number(code.into()))).anonymous().statement()
}

/// Section 2.4 of version 5, and the return codes of version 3.1.1 (section 3.2.2.3).
fn reason(code: u8) -> &'static str {
    match code {
        1 => " (unacceptable protocol version)",
        2 => " (identifier rejected)",
        3 => " (server unavailable)",
        4 | 0x86 => " (bad user name or password)",
        5 | 0x87 => " (not authorized)",
        0x81 => " (malformed packet)",
        0x82 => " (protocol error)",
        0x88 => " (server unavailable)",
        0x89 => " (server busy)",
        0x8b => " (server shutting down)",
        0x8d => " (keep alive timeout)",
        0x8e => " (session taken over)",
        0x95 => " (packet too large)",
        0x97 => " (quota exceeded)",
        _ => "",
    }
}
