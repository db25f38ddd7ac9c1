//! HTTP/2: RFC 9113.

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::sense::{Sense, of_all};
use super::text::clean;

/// RFC 9113 section 3.4.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame's header, RFC 9113 section 4.1, and what there is of its payload.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    kind: u8,
    flags: u8,
    stream: u64,
    payload: &'a [u8],
    /// Is all of the payload there?
    whole: bool,
}

impl Frame<'_> {
    /// Does the header's form alone prove that it is one?
    fn is_certain(&self) -> bool {
        !matches!(self.kind, DATA | HEADERS | CONTINUATION)
    }

    /// Which frame of a message tells most.
    fn weight(&self) -> usize {
        [GOAWAY, RST_STREAM, HEADERS, DATA, PING]
            .iter()
            .rev()
            .position(|kind| *kind == self.kind)
            .map_or(0, |at| at + 1)
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// RFC 9218 section 7.1.
const PRIORITY_UPDATE: u8 = 16;

/// The next frame, if its header obeys RFC 9113 section 6.
fn frame<'a>(reader: &mut Reader<'a>) -> Option<Frame<'a>> {
    let mut ahead = *reader;
    let (length, kind, flags, stream) = (ahead.length(3)?, ahead.byte()?, ahead.byte()?, ahead.number(4)?);
    let valid = match kind {
        DATA => stream != 0 && flags & !0x09 == 0 && length <= 1 << 14,
        HEADERS => stream != 0 && flags & !0x2d == 0 && (1..=1 << 14).contains(&length),
        CONTINUATION => stream != 0 && flags & !0x04 == 0 && length <= 1 << 14,
        PRIORITY => stream != 0 && flags == 0 && length == 5,
        RST_STREAM => stream != 0 && flags == 0 && length == 4,
        SETTINGS => stream == 0 && length % 6 == 0 && length <= 192 && (flags == 0 || flags == 1 && length == 0),
        PING => stream == 0 && flags <= 1 && length == 8,
        GOAWAY => stream == 0 && flags == 0 && (8..=1 << 14).contains(&length),
        WINDOW_UPDATE => flags == 0 && length == 4,
        PRIORITY_UPDATE => stream == 0 && flags == 0 && (4..=1024).contains(&length),
        _ => false,
    };
    if !valid || stream >= 1 << 31 {
        return None;
    }
    *reader = ahead;
    let payload = reader.take_up_to(length);
    Some(Frame { kind, flags, stream, payload, whole: payload.len() == length })
}

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let after_preface = bytes.strip_prefix(PREFACE);
    let cut_preface = bytes.len() >= 14 && PREFACE.starts_with(bytes);
    let preface = speaker == Side::Client && (after_preface.is_some() || cut_preface);
    let mut reader = Reader::new(after_preface.unwrap_or(bytes));
    let mut best: Option<Frame<'_>> = None;
    let mut certain = preface;
    while let Some(next) = frame(&mut reader) {
        // HEADERS that end where the message ends are hardly anything else.
        certain |= next.is_certain() || next.kind == HEADERS && next.whole && reader.is_empty();
        if best.is_none_or(|best| next.weight() > best.weight()) {
            best = Some(next);
        }
    }
    let message = match best.filter(|best| !preface || best.weight() > 0) {
        Some(best) => describe(&best, speaker),
        None if preface => Message::new(Protocol::Http2, "preface").with("frame", Value::Name("preface")),
        None => return None,
    };
    Some(message.certain_if(certain))
}

/// What whole frames ask for. Each stream may have a request of its own open.
pub fn sense(bytes: &[u8], speaker: Side) -> Option<Sense> {
    let after_preface = bytes.strip_prefix(PREFACE).filter(|_| speaker == Side::Client);
    if after_preface == Some(&[]) {
        return Some(Sense::Control);
    }
    of_all(after_preface.unwrap_or(bytes), |reader| {
        let next = frame(reader).filter(|next| next.whole)?;
        Some(match next.kind {
            GOAWAY => Sense::Goodbye,
            RST_STREAM => Sense::Cancel,
            PING if next.flags & 1 == 0 => Sense::Probe,
            PING | SETTINGS | WINDOW_UPDATE | PRIORITY | PRIORITY_UPDATE => Sense::Control,
            _ => Sense::Request,
        })
    })
}

fn describe(frame: &Frame<'_>, speaker: Side) -> Message {
    let new = |name, words: String| Message::new(Protocol::Http2, words).with("frame", Value::Name(name));
    let stream = Value::Number(frame.stream);
    let asked = frame.flags & 1 == 0;
    match frame.kind {
        GOAWAY => goaway(frame.payload),
        RST_STREAM => {
            let error = Reader::new(frame.payload).number(4).map(error_code);
            let name = error.as_ref().map_or(String::new(), |(_, name)| format!(" {name}"));
            new("rst_stream", format!("RST_STREAM{name} on stream {}", frame.stream))
                .with("stream", stream)
                .with_some("rst_stream", error.map(|(value, _)| value))
                .anonymous()
                .last_word()
        }
        HEADERS if speaker == Side::Client => {
            let method = block(frame).and_then(|block| method(block));
            let words = match method {
                Some(method) => format!("{method} on stream {}", frame.stream),
                None => format!("request on stream {}", frame.stream),
            };
            new("headers", words).with("stream", stream).with_some("method", method.map(Value::Name))
        }
        HEADERS => {
            let status = block(frame).and_then(|block| status(block));
            let words = match status {
                Some(status) => format!("{status} on stream {}", frame.stream),
                None => format!("headers on stream {}", frame.stream),
            };
            new("headers", words)
                .with("stream", stream)
                .with_some("status", status.map(|status| Value::Number(status.into())))
                .anonymous()
        }
        DATA | CONTINUATION => {
            new("data", format!("data on stream {}", frame.stream)).with("stream", stream).anonymous()
        }
        PING if asked => new("ping", "PING".to_string()).anonymous(),
        PING => new("ping_answer", "answer to PING".to_string()).anonymous().statement(),
        PRIORITY => new("priority", "PRIORITY".to_string()).anonymous().statement(),
        PRIORITY_UPDATE => new("priority_update", "PRIORITY_UPDATE".to_string()).anonymous().statement(),
        SETTINGS => new("settings", "SETTINGS".to_string()).anonymous().statement(),
        _ => new("window_update", "WINDOW_UPDATE".to_string()).anonymous().statement(),
    }
}

/// RFC 9113 section 6.8.
fn goaway(payload: &[u8]) -> Message {
    let mut reader = Reader::new(payload);
    let last = reader.number(4).map(|last| last & 0x7fff_ffff);
    let error = reader.number(4).map(error_code);
    let debug = reader.rest().trim_ascii();
    let debug = (!debug.is_empty()).then(|| clean(debug));
    let mut words = "GOAWAY".to_string();
    if let Some((_, name)) = &error {
        words = format!("{words} {name}");
    }
    if let Some(debug) = &debug {
        words = format!("{words} ({debug})");
    }
    Message::new(Protocol::Http2, words)
        .with("frame", Value::Name("goaway"))
        .with_some("goaway", error.map(|(value, _)| value))
        .with_some("last_stream", last.map(Value::Number))
        .with_some("debug", debug.map(Value::Text))
        .anonymous()
        .statement()
}

/// The error code's name, RFC 9113 section 7.
fn error_code(code: u64) -> (Value, String) {
    let name = match code {
        0 => "NO_ERROR",
        1 => "PROTOCOL_ERROR",
        2 => "INTERNAL_ERROR",
        3 => "FLOW_CONTROL_ERROR",
        4 => "SETTINGS_TIMEOUT",
        5 => "STREAM_CLOSED",
        6 => "FRAME_SIZE_ERROR",
        7 => "REFUSED_STREAM",
        8 => "CANCEL",
        9 => "COMPRESSION_ERROR",
        10 => "CONNECT_ERROR",
        11 => "ENHANCE_YOUR_CALM",
        12 => "INADEQUATE_SECURITY",
        13 => "HTTP_1_1_REQUIRED",
        _ => return (Value::Number(code), format!("error {code}")),
    };
    (Value::Name(name), name.to_string())
}

/// The field block of a HEADERS frame, RFC 9113 section 6.2: after padding's length and priority.
fn block<'a>(frame: &Frame<'a>) -> Option<Reader<'a>> {
    let mut reader = Reader::new(frame.payload);
    if frame.flags & 0x08 != 0 {
        reader.take(1)?;
    }
    if frame.flags & 0x20 != 0 {
        reader.take(5)?;
    }
    Some(reader)
}

/// The method, where it is one of the two of HPACK's static table (RFC 7541 appendix A) and stands at the start.
fn method(mut block: Reader<'_>) -> Option<&'static str> {
    loop {
        match block.byte()? {
            0x82 => return Some("GET"),
            0x83 => return Some("POST"),
            0x84..=0x87 => {}
            _ => return None,
        }
    }
}

/// The status, where it stands at the start as HPACK's static table has it, or spelled out.
fn status(mut block: Reader<'_>) -> Option<u16> {
    let code = match block.byte()? {
        0x88 => 200,
        0x89 => 204,
        0x8a => 206,
        0x8b => 304,
        0x8c => 400,
        0x8d => 404,
        0x8e => 500,
        0x08 | 0x18 | 0x48 => spelled_status(&mut block)?,
        _ => return None,
    };
    (100..=599).contains(&code).then_some(code)
}

/// Three digits, as they are or in Huffman's code (RFC 7541 appendix B): `0` to `2` have five bits, the others six.
fn spelled_status(block: &mut Reader<'_>) -> Option<u16> {
    let length = block.byte()?;
    let bytes = block.take(usize::from(length & 0x7f))?;
    if length == 3 {
        let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] = bytes else { return None };
        return Some(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'));
    }
    if length & 0x80 == 0 || !(1..=3).contains(&bytes.len()) {
        return None;
    }
    let bits = bytes.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (4 - bytes.len()));
    let (mut at, mut code) = (0, 0);
    for _ in 0..3 {
        let next = bits.checked_shl(at)?;
        let (digit, size) = match (next >> 27, next >> 26) {
            (digit @ 0..=2, _) => (digit, 5),
            (_, digit @ 0b01_1001..=0b01_1111) => (digit - 0b01_1001 + 3, 6),
            _ => return None,
        };
        at += size;
        code = code * 10 + digit as u16;
    }
    (at as usize <= bytes.len() * 8).then_some(code)
}
