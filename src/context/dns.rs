//! DNS over TCP: messages of RFC 1035 section 4.1 behind their length (section 4.2.2).

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// Reads a message with one question.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let length = reader.length(2)?;
    let whole = length == reader.rest().len();
    let (_id, flags, questions) = (reader.number(2)?, reader.number(2)?, reader.number(2)?);
    let is_answer = flags & 0x8000 != 0;
    let reserved = flags & 0x7840;
    if length < 17 || is_answer != (speaker == Side::Server) || reserved != 0 || questions != 1 {
        return None;
    }
    reader.take(6)?;
    let name = name(&mut reader)?;
    let (kind, class) = (reader.number(2)?, reader.number(2)?);
    if !matches!(class, 1 | 3 | 255) {
        return None;
    }
    let message = if is_answer {
        let code = code(flags & 0xf);
        Message::new(Protocol::Dns, code).with("code", Value::Name(code))
    } else {
        Message::new(Protocol::Dns, format!("query for {name} {}", type_name(kind)))
    };
    Some(message.with("name", Value::Text(name)).certain_if(whole))
}

/// A name without compression, as it stands in a question.
fn name(reader: &mut Reader<'_>) -> Option<String> {
    let mut labels = Vec::new();
    loop {
        match reader.length(1)? {
            0 if labels.is_empty() => return Some(".".to_string()),
            0 => return Some(clean(&labels.join(&b'.'))),
            length @ 1..=63 => labels.push(reader.take(length)?),
            _ => return None,
        }
    }
}

/// The types that are asked for most.
fn type_name(kind: u64) -> String {
    match kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        43 => "DS",
        48 => "DNSKEY",
        65 => "HTTPS",
        251 => "IXFR",
        252 => "AXFR",
        255 => "ANY",
        _ => return format!("TYPE{kind}"),
    }
    .to_string()
}

/// RFC 1035 section 4.1.1, RFC 2136 section 2.2.
fn code(code: u64) -> &'static str {
    match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        9 => "NOTAUTH",
        _ => "another code",
    }
}
