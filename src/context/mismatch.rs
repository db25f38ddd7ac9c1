//! Two ends that speak different protocols.

use super::bytes::{contains, first_line, is_printable};
use super::http1;
use super::message::{Message, Protocol};
use super::text::clean;
use super::{Reading, tls};

/// The client speaks another protocol than the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What the client speaks, as in [`Context::protocol`](super::Context::protocol), or `proxy` for the PROXY protocol.
    pub client: &'static str,
    /// What the server speaks; `text` where only that it is text can be told.
    pub server: &'static str,
    phrase: String,
}

impl Mismatch {
    /// In words: "the client began TLS, the server answers in plain HTTP".
    pub fn phrase(&self) -> &str {
        &self.phrase
    }
}

/// Does the client speak another protocol than the server? See [`Reading::mismatch`].
pub fn mismatch(client: &[u8], server: &[u8]) -> Option<Mismatch> {
    Reading::of(client, server).mismatch()
}

impl Reading<'_> {
    /// Does the client speak another protocol than the server? Said only where the bytes of both prove it.
    ///
    /// What changes the protocol by agreement is none: a tunnel (CONNECT), an Upgrade, STARTTLS.
    pub fn mismatch(&self) -> Option<Mismatch> {
        let (client, server) = (self.client_bytes, self.server_bytes);
        if client.starts_with(b"PROXY ") || client.starts_with(b"\r\n\r\n\0\r\nQUIT\n") {
            return proxy_protocol(server);
        }
        let asked = self.client.as_ref()?;
        match &self.server {
            Some(answered) => differ(asked, client, answered, server),
            None => refused_in_plain_text(asked, server),
        }
    }
}

fn differ(asked: &Message, client: &[u8], answered: &Message, server: &[u8]) -> Option<Mismatch> {
    if asked.protocol == Protocol::Http1 && http1::complains_of_plain_http(server) {
        return Some(Mismatch {
            client: asked.id,
            server: "tls",
            phrase: "the client speaks plain HTTP, but the server expects TLS on this port".to_string(),
        });
    }
    if asked.protocol == answered.protocol || agreed(asked, client, answered, server) {
        return None;
    }
    let phrase = format!("the client {}, but the server answers in {}", begun(asked), answer(answered));
    Some(Mismatch { client: asked.id, server: answered.id, phrase })
}

/// What a line that says no begins with in many languages, and how rsync, which knows no TLS, greets and refuses.
const REFUSALS: [&[u8]; 4] = [b"-ERR", b"ERR", b"@RSYNCD: ", b"@ERROR"];

/// A line that says no, whoever's language it is: "500 unknown command", "-ERR", "ERROR".
fn refused_in_plain_text(asked: &Message, server: &[u8]) -> Option<Mismatch> {
    let (line, whole) = first_line(server);
    let refusal = match line {
        [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => true,
        _ => REFUSALS.iter().any(|refusal| line.starts_with(refusal)) || is_bare_page(asked, line),
    };
    let foreign = matches!(asked.protocol, Protocol::Tls | Protocol::Http1 | Protocol::Http2);
    (whole && refusal && foreign && is_printable(line)).then(|| Mismatch {
        client: asked.id,
        server: "text",
        phrase: format!("the client {}, but the server answers in plain text: {}", begun(asked), clean(line)),
    })
}

/// A page without a status line, as HTTP/0.9 has it: Python's `http.server`, and Flask and Django on it, answer so where the
/// first line of a request is none. No server says so before a ClientHello that it waits for.
fn is_bare_page(asked: &Message, line: &[u8]) -> bool {
    let begins = |with: &[u8]| line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    asked.name("step") == Some("client_hello") && (begins(b"<!DOCTYPE HTML") || begins(b"<html"))
}

/// HAProxy's PROXY protocol, versions 1 and 2, met by a server that does not expect it.
fn proxy_protocol(server: &[u8]) -> Option<Mismatch> {
    (http1::status(server)? == 400).then(|| Mismatch {
        client: "proxy",
        server: "http/1.1",
        phrase: "the client began with the PROXY protocol, but the server answers 400 in plain HTTP".to_string(),
    })
}

/// May the two have agreed to change the protocol?
fn agreed(asked: &Message, client: &[u8], answered: &Message, server: &[u8]) -> bool {
    match (asked.protocol, answered.protocol) {
        (Protocol::WebSocket, _) | (_, Protocol::WebSocket) => true,
        // Inside a tunnel (RFC 9110 section 9.3.6) or after an Upgrade: the answer was to the request before.
        (_, Protocol::Http1) => http1::status(server).is_none_or(|status| status < 300),
        // STARTTLS: the server's last plain words were that it is ready.
        (Protocol::Tls, Protocol::Smtp | Protocol::Ftp | Protocol::Imap | Protocol::Pop3) => {
            contains(server, b"TLS") || contains(server, b"SSL") || contains(server, b"go ahead")
        }
        // The server's greeting offers TLS, and the ClientHello follows the request for it in the same flight.
        (Protocol::Tls, Protocol::MySql) => answered.name("tls") == Some("offered"),
        // These are asked for TLS before it begins.
        (Protocol::Tls, Protocol::PostgreSql) => answered.name("step") != Some("error"),
        // RFC 4511 section 4.14: after a success.
        (Protocol::Tls, Protocol::Ldap) => answered.name("step") == Some("result") && answered.name("error").is_none(),
        // The server's greeting says whether TLS comes next.
        (Protocol::Tls, Protocol::Nats) => {
            answered.name("step") == Some("info") && answered.name("tls") != Some("none")
        }
        // MS-TDS section 3.2.5.2: TLS follows in its packets or without them, for the login alone perhaps.
        (Protocol::Tls, Protocol::Tds) => true,
        (Protocol::Tls, Protocol::Amqp) => server.starts_with(b"AMQP\x02"),
        // An HTTP/2 server greets whoever comes; any other frame may follow an Upgrade whose request was cut.
        (Protocol::Http1, Protocol::Http2) => {
            http1::changes_protocol(client) || !matches!(answered.name("frame"), Some("settings" | "goaway"))
        }
        (Protocol::Http1, _) => http1::changes_protocol(client),
        (_, Protocol::Tls) => tls::records(server).is_some_and(|found| found.alert.is_none()),
        _ => false,
    }
}

fn begun(message: &Message) -> String {
    match message.protocol {
        Protocol::Tls => "began TLS".to_string(),
        Protocol::Http1 => "speaks plain HTTP".to_string(),
        Protocol::Http2 => "speaks HTTP/2 without TLS".to_string(),
        other => format!("speaks {}", other.label()),
    }
}

fn answer(message: &Message) -> String {
    match message.protocol {
        Protocol::Http1 => "plain HTTP".to_string(),
        Protocol::Tls => match message.name("alert") {
            Some(alert) if alert != "encrypted" => format!("TLS (alert {alert})"),
            _ => "TLS".to_string(),
        },
        other => other.label().to_string(),
    }
}
