//! Why, as a RST itself says: its payload.

use super::bytes::{Reader, is_printable};
use super::text::clean;

/// The compact form begins with this number.
const COMPACT: u64 = 0x33aa;

/// The text form begins with this number.
const TEXT: u64 = 0xf317;

/// What a RST says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetReason {
    /// The reason's number, where the diagnostic payload has one.
    pub code: Option<u16>,
    /// The reason in words, if the number is registered.
    pub name: Option<&'static str>,
    /// Whose number it is: a private enterprise number, 0 for the registered ones.
    pub enterprise: Option<u32>,
    /// The text that came with it, escaped and cut.
    pub text: Option<String>,
}

impl ResetReason {
    /// In words: `connection timeout (reason 14)`.
    pub fn sentence(&self) -> String {
        match (self.name, self.code, self.enterprise, &self.text) {
            (_, _, _, Some(text)) => text.clone(),
            (Some(name), Some(code), _, _) => format!("{name} (reason {code})"),
            (_, Some(code), Some(enterprise), _) if enterprise != 0 => {
                format!("reason {code} of enterprise {enterprise}")
            }
            (_, code, _, _) => format!("reason {}", code.unwrap_or_default()),
        }
    }
}

/// Reads the payload of a RST: draft-boucadair-tcpm-rst-diagnostic-payload in its compact form (magic number, reason,
/// enterprise: eight bytes) or text form (magic number, UTF-8), or plain text (RFC 9293 section 3.5.2, RFC 1122
/// section 4.2.2.12).
pub fn reset_reason(payload: &[u8]) -> Option<ResetReason> {
    let mut reader = Reader::new(payload);
    match reader.number(2)? {
        COMPACT if payload.len() == 8 => {
            let code = u16::try_from(reader.number(2)?).ok()?;
            let enterprise = u32::try_from(reader.number(4)?).ok()?;
            let name = if enterprise == 0 { name(code) } else { None };
            Some(ResetReason { code: Some(code), name, enterprise: Some(enterprise), text: None })
        }
        TEXT => text(reader.rest()),
        _ => plain_text(payload),
    }
}

fn text(bytes: &[u8]) -> Option<ResetReason> {
    let bytes = trim(bytes);
    let long_enough = !bytes.is_empty();
    long_enough.then(|| ResetReason { code: None, name: None, enterprise: None, text: Some(clean(bytes)) })
}

/// Text without a magic number: nothing but printable ASCII, a few letters of it at least, with a line's end or a
/// zero after it perhaps.
fn plain_text(payload: &[u8]) -> Option<ResetReason> {
    let bytes = trim(payload);
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    (letters >= 4 && is_printable(bytes)).then(|| text(bytes))?
}

fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default().trim_ascii()
}

/// The registered reasons.
fn name(code: u16) -> Option<&'static str> {
    Some(match code {
        1 => "illegal option",
        2 => "desynchronised state",
        3 => "new data after the connection was closed",
        4 => "the application aborted",
        5 => "unexpected acknowledgment in a non-synchronised state",
        6 => "unexpected SYN in the window",
        7 => "security compartment does not match",
        8 => "malformed message",
        9 => "not authorised",
        10 => "resources exceeded",
        11 => "network failure",
        12 => "reset received from the peer",
        13 => "destination unreachable",
        14 => "connection timeout",
        _ => return None,
    })
}
