//! HTTP/1: RFC 9112.

use super::bytes::{contains, first_line, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// Methods that are believed without the line's end: RFC 9110 section 9, RFC 5789 and WebDAV (RFC 4918).
const METHODS: [&[u8]; 16] = [
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
];

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    match speaker {
        Side::Client => request(bytes),
        Side::Server => answer(bytes),
    }
}

/// A request line, RFC 9112 section 3.
#[derive(Clone, Copy, Debug)]
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    /// `http/1.0` or `http/1.1`.
    id: &'static str,
}

fn request_line(bytes: &[u8]) -> Option<RequestLine<'_>> {
    // No method begins with anything else: that spares a look for the line's end in what is no text.
    if !matches!(bytes, [b'A'..=b'Z' | b'-', ..]) {
        return None;
    }
    let (line, whole) = first_line(bytes);
    let method = line.get(..line.iter().position(|byte| *byte == b' ')?)?;
    let rest = line.get(method.len() + 1..)?;
    let known = METHODS.contains(&method);
    let token = (3..=20).contains(&method.len()) && method.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'-'));
    let end = rest.iter().rposition(|byte| *byte == b' ').filter(|_| whole);
    if let Some(end) = end {
        let id = version(rest.get(end + 1..)?)?;
        return token.then_some(RequestLine { method, target: rest.get(..end)?, id });
    }
    // The line is cut: only what can be nothing else.
    let target = rest.split(|byte| *byte == b' ').next()?;
    let shaped = target.starts_with(b"/") || target.starts_with(b"http://") || target.starts_with(b"https://");
    (!whole && known && shaped && is_printable(target)).then_some(RequestLine { method, target, id: "http/1.1" })
}

fn version(name: &[u8]) -> Option<&'static str> {
    match name {
        b"HTTP/1.1" => Some("http/1.1"),
        b"HTTP/1.0" => Some("http/1.0"),
        _ => None,
    }
}

/// The target without what may be secret: user and password before the authority, query and fragment after the
/// path. Returns the authority of a target in absolute form (RFC 9112 section 3.2.2), and the path.
fn split_target(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let target = target.get(..end).unwrap_or_default();
    if target.starts_with(b"/") {
        return (None, target);
    }
    let Some(scheme) = target.windows(3).position(|window| window == b"://") else {
        return (None, without_user(target));
    };
    let rest = target.get(scheme + 3..).unwrap_or_default();
    let slash = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(slash).unwrap_or((rest, &[]));
    (Some(without_user(authority)), if path.is_empty() { b"/" } else { path })
}

fn without_user(authority: &[u8]) -> &[u8] {
    authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default()
}

fn request(bytes: &[u8]) -> Option<Message> {
    let line = request_line(bytes)?;
    let (authority, path) = split_target(line.target);
    let host = header(bytes, b"host").filter(|host| !host.is_empty()).or(authority).map(without_user);
    let (method, path, host) = (clean(line.method), clean(path), host.map(clean));
    let words = match &host {
        Some(host) => [method.as_str(), " ", path.as_str(), " to ", host.as_str()].concat(),
        None => [method.as_str(), " ", path.as_str()].concat(),
    };
    let mut message = Message::new(Protocol::Http1, words)
        .with("method", Value::Text(method))
        .with("path", Value::Text(path))
        .with_some("host", host.map(Value::Text))
        .with_some("upgrade", header(bytes, b"upgrade").map(|name| Value::Text(clean(name))));
    message.id = line.id;
    message.named = false;
    Some(message)
}

/// A status line, RFC 9112 section 4: its version, code and reason.
fn status_line(bytes: &[u8]) -> Option<(&'static str, u16, &[u8])> {
    version(bytes.get(..8)?)?;
    let (line, whole) = first_line(bytes);
    let id = version(line.get(..8)?)?;
    let [b' ', digits @ ..] = line.get(8..)? else {
        return None;
    };
    let code = status_code(digits.get(..3)?)?;
    match digits.get(3..)? {
        [] => Some((id, code, &[])),
        [b' ', reason @ ..] => Some((id, code, if whole { reason } else { &[] })),
        _ => None,
    }
}

fn status_code(digits: &[u8]) -> Option<u16> {
    let [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] = digits else {
        return None;
    };
    Some(digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

/// The status code of an answer.
pub fn status(bytes: &[u8]) -> Option<u16> {
    status_line(bytes).map(|(_, code, _)| code)
}

fn answer(bytes: &[u8]) -> Option<Message> {
    let (id, code, reason) = status_line(bytes)?;
    let reason = (!reason.is_empty()).then(|| clean(reason));
    let words = match &reason {
        Some(reason) => format!("{code} {reason}"),
        None => code.to_string(),
    };
    let mut message = Message::new(Protocol::Http1, words)
        .anonymous()
        .with("status", Value::Number(code.into()))
        .with_some("reason", reason.map(Value::Text));
    message.id = id;
    Some(message)
}

/// Did the server find plain HTTP where it expects TLS? nginx, Go and Apache say so in the body of their 400.
pub fn complains_of_plain_http(answer: &[u8]) -> bool {
    status(answer) == Some(400)
        && [&b"plain HTTP request"[..], b"HTTP request to an HTTPS server", b"speaking plain HTTP to an SSL"]
            .iter()
            .any(|text| contains(answer, text))
}

/// Is this a request that makes something else than HTTP of the connection: CONNECT (RFC 9110 section 9.3.6) or an
/// Upgrade (section 7.8)?
pub fn changes_protocol(request: &[u8]) -> bool {
    request.starts_with(b"CONNECT ") || header(request, b"upgrade").is_some()
}

/// The value of the first header field of this name whose line is whole, RFC 9112 section 5.
fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    headers(bytes).find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The header fields whose lines are whole.
fn headers(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .skip(1)
        .map_while(|line| line.strip_suffix(b"\n"))
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
        })
}

/// Where the header section ends, RFC 9112 section 2.1, if it does within these bytes.
fn end_of_headers(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// Is an answer complete by its length, RFC 9112 section 6.3? `prefix` are its first bytes, `total` is how many bytes
/// came since its start.
///
/// `None` when that cannot be told: the headers do not end within the prefix, the body is chunked or lasts until the
/// connection ends, lengths contradict each other, or not one byte of the body came, as it is for an answer to HEAD.
pub fn http_answer_is_complete(prefix: &[u8], total: u64) -> Option<bool> {
    http_answer_lacks(prefix, total).map(|lacks| lacks == 0)
}

/// How many bytes an answer lacks, where [`http_answer_is_complete`] can tell whether it lacks some.
pub fn http_answer_lacks(prefix: &[u8], total: u64) -> Option<u64> {
    let code = status(prefix)?;
    let body = prefix.get(end_of_headers(prefix)?..)?;
    let head = (prefix.len() - body.len()) as u64;
    if code < 200 {
        return None;
    }
    if code == 204 || code == 304 {
        return Some(head.saturating_sub(total));
    }
    if header(prefix, b"transfer-encoding").is_some() {
        return None;
    }
    let mut length = None;
    for (_, value) in headers(prefix).filter(|(name, _)| name.eq_ignore_ascii_case(b"content-length")) {
        let number = content_length(value)?;
        if length.is_some_and(|length| length != number) {
            return None;
        }
        length = Some(number);
    }
    let length = length?;
    // Where another answer stands right behind it, it is one to HEAD.
    if length > 0 && (total <= head || body.starts_with(b"HTTP/1.")) {
        return None;
    }
    Some(head.checked_add(length)?.saturating_sub(total))
}

fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}
