//! TLS, as far as it can be read without keys: RFC 8446 (TLS 1.3) and RFC 5246 (TLS 1.2).

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;
use super::tls_names;

/// The random of a ServerHello that is a HelloRetryRequest, RFC 8446 section 4.1.3: its first bytes are enough.
const RETRY_RANDOM: [u8; 8] = [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11];

/// The length of an encrypted alert in TLS 1.3: level, description, inner type and a tag of 16 bytes (RFC 8446
/// section 5.2).
const HIDDEN_ALERT: usize = 19;

/// The lengths of an encrypted Finished in TLS 1.3, with a hash of 32 or 48 bytes.
const HIDDEN_FINISHED: [usize; 2] = [53, 69];

/// What an alert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// In clear: level (1 warning, 2 fatal) and description.
    Clear(u8, u8),
    /// Encrypted: only its record's length gives it away.
    Hidden,
}

/// What one end's records hold, as far as they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records<'a> {
    /// How far the handshake is: the first message's step.
    pub step: Option<&'static str>,
    /// The highest version offered, or the one chosen.
    pub version: Option<&'static str>,
    /// The server name, RFC 6066 section 3.
    pub name: Option<&'a [u8]>,
    /// The first protocol of ALPN, RFC 7301.
    pub alpn: Option<&'a [u8]>,
    /// The alert that matters most.
    pub alert: Option<Alert>,
    /// Does a ChangeCipherSpec come first?
    pub starts_with_cipher_change: bool,
    /// Can it be the encrypted Finished of TLS 1.3?
    pub may_be_finished: bool,
}

/// Reads TLS records, RFC 8446 section 5.1. `None` if these bytes are no record.
pub fn records(bytes: &[u8]) -> Option<Records<'_>> {
    let mut found = Records::default();
    let mut reader = Reader::new(bytes);
    let mut count = 0;
    while let Some((kind, version, length)) = record_header(&mut reader) {
        let body = reader.take_up_to(length);
        let alone = count == 0 || found.starts_with_cipher_change && count == 1;
        match kind {
            20 if length == 1 => {
                found.starts_with_cipher_change |= count == 0;
                found.step = found.step.or(Some("change_cipher_spec"));
            }
            21 => note_alert(&mut found, body, length),
            22 => read_handshake(&mut found, body, length),
            23 => {
                found.may_be_finished |= alone && HIDDEN_FINISHED.contains(&length);
                if length == HIDDEN_ALERT && version == 0x0303 && alone {
                    found.alert = found.alert.or(Some(Alert::Hidden));
                } else {
                    found.step = found.step.or(Some("application_data"));
                }
            }
            _ => break,
        }
        count += 1;
    }
    (count > 0).then_some(found)
}

/// The header of a record that may be real: its type, version and length.
fn record_header(reader: &mut Reader<'_>) -> Option<(u8, u64, usize)> {
    let mut ahead = *reader;
    let (kind, version, length) = (ahead.byte()?, ahead.number(2)?, ahead.length(2)?);
    let sane = matches!(kind, 20..=23) && matches!(version, 0x0300..=0x0304) && length <= 16384 + 2048;
    let fits = match kind {
        20 => length == 1,
        21 => length == 2 || (16..=128).contains(&length),
        22 => length >= 4,
        _ => true,
    };
    if !sane || !fits {
        return None;
    }
    *reader = ahead;
    Some((kind, version, length))
}

fn note_alert(found: &mut Records<'_>, body: &[u8], length: usize) {
    let alert = match (length, body) {
        (2, [level @ 1..=2, description]) => Alert::Clear(*level, *description),
        (2, _) => return,
        _ => Alert::Hidden,
    };
    // A fatal alert outranks a warning, and a later goodbye.
    if !matches!(found.alert, Some(Alert::Clear(2, _))) {
        found.alert = Some(alert);
    }
}

fn read_handshake<'a>(found: &mut Records<'a>, body: &'a [u8], length: usize) {
    let mut reader = Reader::new(body);
    let (Some(kind), Some(size)) = (reader.byte(), reader.length(3)) else {
        found.step = found.step.or(Some("handshake"));
        return;
    };
    // A message may span records, but no message but a certificate or a hello with big keys is that long.
    let plain = tls_names::handshake(kind).filter(|_| size + 4 <= length || size <= 1 << 16 && length > 512);
    let first = found.step.is_none();
    found.step = found.step.or(plain).or(Some("handshake"));
    // What was read before the bytes ended is kept.
    let _ = match plain {
        Some("client_hello") if first => read_client_hello(found, &mut reader),
        Some("server_hello") if first => read_server_hello(found, &mut reader),
        _ => None,
    };
}

/// RFC 8446 section 4.1.2. Stops where the bytes end.
fn read_client_hello<'a>(found: &mut Records<'a>, reader: &mut Reader<'a>) -> Option<()> {
    found.version = tls_names::version(reader.number(2)? as u16);
    reader.take(32)?;
    for size in [1, 2, 1] {
        let length = reader.length(size)?;
        reader.take(length)?;
    }
    each_extension(reader, |kind, mut body| {
        match kind {
            0 => found.name = server_name(&mut body),
            16 => found.alpn = first_protocol(&mut body),
            43 => found.version = highest_version(&mut body).or(found.version),
            _ => {}
        };
    })
}

/// RFC 8446 section 4.1.3. Stops where the bytes end.
fn read_server_hello<'a>(found: &mut Records<'a>, reader: &mut Reader<'a>) -> Option<()> {
    found.version = tls_names::version(reader.number(2)? as u16);
    if reader.take(32)?.starts_with(&RETRY_RANDOM) {
        found.step = Some("hello_retry_request");
    }
    let session = reader.length(1)?;
    reader.take(session)?;
    reader.take(3)?;
    each_extension(reader, |kind, mut body| match kind {
        16 => found.alpn = first_protocol(&mut body),
        43 => found.version = body.number(2).and_then(|version| tls_names::version(version as u16)).or(found.version),
        _ => {}
    })
}

/// Extensions that are whole.
fn each_extension<'a>(reader: &mut Reader<'a>, mut see: impl FnMut(u64, Reader<'a>)) -> Option<()> {
    let length = reader.length(2)?;
    let mut extensions = Reader::new(reader.take_up_to(length));
    while !extensions.is_empty() {
        let (kind, length) = (extensions.number(2)?, extensions.length(2)?);
        see(kind, Reader::new(extensions.take(length)?));
    }
    Some(())
}

/// The first host name, RFC 6066 section 3.
fn server_name<'a>(body: &mut Reader<'a>) -> Option<&'a [u8]> {
    body.take(2)?;
    if body.byte()? != 0 {
        return None;
    }
    let length = body.length(2)?;
    body.take(length).filter(|name| !name.is_empty())
}

/// The first protocol's name, RFC 7301 section 3.1, that is no GREASE (RFC 8701).
fn first_protocol<'a>(body: &mut Reader<'a>) -> Option<&'a [u8]> {
    body.take(2)?;
    loop {
        let length = body.length(1)?;
        let name = body.take(length)?;
        if !matches!(name, [first, second] if first == second && first & 0x0f == 0x0a) && !name.is_empty() {
            return Some(name);
        }
    }
}

/// The highest version offered, RFC 8446 section 4.2.1. Unknown numbers are GREASE (RFC 8701) or drafts.
fn highest_version(body: &mut Reader<'_>) -> Option<&'static str> {
    let length = body.length(1)?;
    let mut versions = Reader::new(body.take(length)?);
    let mut highest = None;
    while let Some(version) = versions.number(2) {
        highest = highest.max(Some(version as u16).filter(|version| tls_names::version(*version).is_some()));
    }
    tls_names::version(highest?)
}

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let found = records(bytes)?;
    // A hello is sent by one end only.
    if matches!((found.step, speaker), (Some("client_hello"), Side::Server) | (Some("server_hello"), Side::Client)) {
        return None;
    }
    let text = |bytes: &[u8]| Value::Text(clean(bytes));
    let step = if found.alert.is_some() { "alert" } else { found.step? };
    let message = match found.alert {
        Some(alert) => alert_message(alert),
        None => hello_or_other(step, &found),
    };
    Some(
        message
            .with_some("sni", found.name.map(text))
            .with_some("alpn", found.alpn.map(text))
            .with_some("tls_version", found.version.map(Value::Name))
            .with("step", Value::Name(step)),
    )
}

fn hello_or_other(step: &'static str, found: &Records<'_>) -> Message {
    let mut words = tls_names::step_in_words(step).to_string();
    match step {
        "client_hello" => {
            if let Some(name) = found.name {
                words = format!("{words} for {}", clean(name));
            }
            if let Some(protocol) = found.alpn {
                words = format!("{words} ({})", clean(protocol));
            }
        }
        "server_hello" => words = format!("{words} {}", found.version.unwrap_or_default()).trim_end().to_string(),
        _ => {}
    }
    let message = Message::new(Protocol::Tls, words);
    if matches!(step, "client_hello" | "server_hello") { message } else { message.anonymous() }
}

fn alert_message(alert: Alert) -> Message {
    let message = |words: String| Message::new(Protocol::Tls, words).anonymous();
    let Alert::Clear(level, description) = alert else {
        return message("encrypted alert".to_string()).statement().with("alert", Value::Name("encrypted"));
    };
    let level = if level == 2 { "fatal" } else { "warning" };
    match tls_names::alert(description) {
        Some("close_notify") => message("close_notify".to_string()).statement(),
        Some(name) => message(format!("alert {name}")).last_word(),
        None => message(format!("alert {description}")).last_word(),
    }
    .with("alert_level", Value::Name(level))
    .with("alert", tls_names::alert(description).map_or(Value::Number(description.into()), Value::Name))
}
