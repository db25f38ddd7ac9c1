//! AMQP: 0-9-1 (sections 2.3.5 and 4.2) and the header of 1.0 (section 2.2 of its transport).

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::sense::{Sense, of_all};
use super::text::clean;

/// Reads a message.
pub fn read(bytes: &[u8], _speaker: Side) -> Option<Message> {
    if let Some(rest) = bytes.strip_prefix(b"AMQP") {
        return header(rest.get(..4)?);
    }
    if bytes.starts_with(&[8, 0, 0, 0, 0, 0, 0, 0xce]) {
        let message = Message::new(Protocol::Amqp, "heartbeat").with("step", Value::Name("heartbeat"));
        return Some(message.anonymous().statement());
    }
    method(bytes)
}

fn header(version: &[u8]) -> Option<Message> {
    let (name, version) = match version {
        [0, 0, 9, 1] | [1, 1, 0, 9] => ("header", "0-9-1"),
        [1, 1, 8, 0] => ("header", "0-8"),
        [0, 1, 0, 0] => ("header", "1.0"),
        [3, 1, 0, 0] => ("SASL header", "1.0"),
        [2, 1, 0, 0] => ("TLS header", "1.0"),
        _ => return None,
    };
    let message = Message::new(Protocol::Amqp, format!("{name} {version}")).with("step", Value::Name("header"));
    Some(message.with("version", Value::Name(version)).anonymous())
}

/// A method frame: of connection (10) and channel (20), and those of the work itself that are common.
fn method(bytes: &[u8]) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (kind, channel, size) = (reader.byte()?, reader.number(2)?, reader.length(4)?);
    if kind != 1 || !(4..=1 << 17).contains(&size) {
        return None;
    }
    let mut body = Reader::new(reader.take_up_to(size));
    // The frame ends with a mark.
    if reader.byte().is_some_and(|end| end != 0xce) {
        return None;
    }
    let (class, method) = (body.number(2)?, body.number(2)?);
    let name = match (class, method) {
        (10, 10) => "connection.start",
        (10, 11) => "connection.start-ok",
        (10, 20) => "connection.secure",
        (10, 21) => "connection.secure-ok",
        (10, 30) => "connection.tune",
        (10, 31) => "connection.tune-ok",
        (10, 40) => "connection.open",
        (10, 41) => "connection.open-ok",
        (10, 50) => "connection.close",
        (10, 51) => "connection.close-ok",
        (20, 10) => "channel.open",
        (20, 11) => "channel.open-ok",
        (20, 40) => "channel.close",
        (20, 41) => "channel.close-ok",
        (40, 10) => "exchange.declare",
        (50, 10) => "queue.declare",
        (60, 20) => "basic.consume",
        (60, 40) => "basic.publish",
        (60, 60) => "basic.deliver",
        (60, 80) => "basic.ack",
        _ => return None,
    };
    if (class == 10) != (channel == 0) {
        return None;
    }
    Some(if method == 40 && class == 20 || method == 50 { close(name, &mut body) } else { plain(name) })
}

/// What whole frames ask for. Whether a basic.publish gets an answer was agreed on before (confirm.select).
pub fn sense(bytes: &[u8]) -> Option<Sense> {
    of_all(bytes, |reader| {
        let (kind, _channel, size) = (reader.byte()?, reader.number(2)?, reader.length(4)?);
        let mut body = Reader::new(reader.take(size)?);
        if reader.byte()? != 0xce {
            return None;
        }
        Some(match (kind, body.number(2), body.number(2)) {
            (8, None, None) => Sense::Control,
            // channel.close-ok, basic.ack, basic.reject, basic.nack.
            (1, Some(20), Some(41)) | (1, Some(60), Some(80 | 90 | 120)) => Sense::Control,
            (1, Some(10), Some(51)) => Sense::Goodbye,
            _ => Sense::Request,
        })
    })
}

fn plain(name: &'static str) -> Message {
    let message = Message::new(Protocol::Amqp, name).with("step", Value::Name(name)).anonymous();
    match name {
        "basic.publish" | "basic.deliver" | "basic.ack" => message.statement(),
        _ if name.ends_with("-ok") => message.last_word(),
        _ => message,
    }
}

/// A reply code and its text, section 1.4.2.4 of the reference.
fn close(name: &'static str, body: &mut Reader<'_>) -> Message {
    let code = body.number(2);
    let text = body.length(1).map(|length| clean(body.take_up_to(length))).filter(|text| !text.is_empty());
    let mut words = name.to_string();
    if let Some(code) = code {
        words = format!("{words} {code}");
    }
    if let Some(text) = &text {
        words = format!("{words} {text}");
    }
    Message::new(Protocol::Amqp, words)
        .with("step", Value::Name(name))
        .with_some("code", code.map(Value::Number))
        .with_some("error", text.map(Value::Text))
        .anonymous()
        .statement()
}
