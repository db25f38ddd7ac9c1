//! LDAP: RFC 4511. Of names only the types of their parts are told, of errors only their number and its name: the text of
//! errors may hold names.

use super::bytes::{Reader, contains};
use super::message::{Message, Protocol, Side, Value};
use super::sense::{Sense, of_all};
use super::text::clean;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const ENUMERATED: u8 = 10;

/// Parts that names are made of: RFC 4514 section 3. What has another type may be text that looks like a name.
const TYPES: [&str; 10] = ["cn", "c", "dc", "l", "o", "ou", "sn", "st", "street", "uid"];

/// Something in BER: its tag, how long it says to be, and what there is of it.
#[derive(Clone, Copy, Debug)]
struct Element<'a> {
    tag: u8,
    length: usize,
    content: &'a [u8],
}

/// The next element. Its length has one of the definite forms (RFC 4511 section 5.1).
fn element<'a>(reader: &mut Reader<'a>) -> Option<Element<'a>> {
    let tag = reader.byte()?;
    let length = match reader.byte()? {
        short @ 0..=0x7f => usize::from(short),
        long @ 0x81..=0x84 => reader.length(usize::from(long & 0x7f))?,
        _ => return None,
    };
    Some(Element { tag, length, content: reader.take_up_to(length) })
}

/// The next element's content, if it has this tag and all of it is there.
fn content<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    let next = element(reader).filter(|next| next.tag == tag)?;
    (next.content.len() == next.length).then_some(next.content)
}

/// Reads the last of the messages that came together.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let mut last = None;
    while let Some(next) = message(&mut reader, speaker) {
        last = Some(next);
    }
    last
}

/// What whole messages ask for.
pub fn sense(bytes: &[u8], speaker: Side) -> Option<Sense> {
    of_all(bytes, |reader| {
        let mut ahead = *reader;
        element(&mut ahead).filter(|envelope| envelope.content.len() == envelope.length)?;
        Some(match message(reader, speaker)?.name("step") {
            Some("unbind") => Sense::Goodbye,
            Some("abandon") => Sense::Cancel,
            _ => Sense::Request,
        })
    })
}

/// An LDAPMessage: its number, and what is asked for or answered.
fn message(reader: &mut Reader<'_>, speaker: Side) -> Option<Message> {
    let envelope = element(reader).filter(|envelope| envelope.tag == SEQUENCE)?;
    let mut inside = Reader::new(envelope.content);
    let id =
        content(&mut inside, INTEGER).filter(|id| matches!(id, [0..=0x7f] | [0..=0x7f, _, ..] if id.len() <= 4))?;
    let before = envelope.content.len() - inside.rest().len();
    let operation = element(&mut inside)?;
    // The operation is in the envelope, and controls alone may follow it.
    let fits = operation.length < envelope.length.checked_sub(before)?;
    if !fits || inside.rest().first().is_some_and(|tag| *tag != 0xa0) {
        return None;
    }
    let body = Reader::new(operation.content);
    match speaker {
        Side::Client => request(&operation, body),
        Side::Server => response(&operation, body, id.iter().all(|byte| *byte == 0)),
    }
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::Ldap, words).with("step", Value::Name(step))
}

fn request(operation: &Element<'_>, mut body: Reader<'_>) -> Option<Message> {
    match operation.tag {
        0x60 => bind(body),
        // They get no answer.
        0x42 => (operation.length == 0).then(|| new("unbind", "unbind").statement()),
        0x50 => (1..=4).contains(&operation.length).then(|| new("abandon", "abandon").statement()),
        0x63 => search(body),
        0x66 => named(&mut body, new("modify", "modify")),
        0x68 => named(&mut body, new("add", "add")),
        0x4a => (operation.length > 0).then(|| new("delete", "delete").certain_if(false)),
        0x6c => named(&mut body, new("modify_dn", "modify DN")),
        0x6e => named(&mut body, new("compare", "compare")),
        0x77 => extended(&mut body),
        _ => None,
    }
}

/// A request that begins with an entry's name, of which nothing is told.
fn named(body: &mut Reader<'_>, message: Message) -> Option<Message> {
    let name = element(body).filter(|name| name.tag == OCTETS)?;
    Some(message.certain_if(contains(name.content, b"=")))
}

/// Section 4.2: a version, a name, and how the client proves that it has it.
fn bind(mut body: Reader<'_>) -> Option<Message> {
    if !matches!(content(&mut body, INTEGER)?, [2..=3]) {
        return None;
    }
    let name = content(&mut body, OCTETS)?;
    let how = element(&mut body)?;
    match how.tag {
        0x80 if how.length == 0 && name.is_empty() => Some(new("bind", "anonymous bind")),
        0x80 => Some(new("bind", "simple bind")),
        0xa3 => {
            // RFC 4422 section 3.1: capitals, digits, hyphens and underscores.
            let is_name = |name: &&[u8]| {
                let valid = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
                (1..=20).contains(&name.len()) && name.iter().all(valid)
            };
            let mechanism = clean(content(&mut Reader::new(how.content), OCTETS).filter(is_name)?);
            Some(new("bind", format!("SASL bind {mechanism}")).with("mechanism", Value::Text(mechanism)))
        }
        // Microsoft's own (MS-ADTS section 5.1.1.1.3).
        0x89..=0x8b => Some(new("bind", "Sicily bind")),
        _ => None,
    }
}

/// Section 4.5.1: where to search, and how deep.
fn search(mut body: Reader<'_>) -> Option<Message> {
    let base = content(&mut body, OCTETS)?;
    let scope = match content(&mut body, ENUMERATED)? {
        [0] => "base",
        [1] => "one",
        [2] => "subtree",
        [3] => "children",
        _ => return None,
    };
    if !matches!(content(&mut body, ENUMERATED)?, [0..=3]) {
        return None;
    }
    let types = types(base);
    let under = types.as_ref().map_or(String::new(), |types| format!(" under {types}"));
    let message = new("search", format!("search ({scope}){under}")).with("scope", Value::Name(scope));
    Some(message.with_some("base_types", types.map(Value::Text)))
}

/// The types of a name's parts: `ou,dc,dc` of `ou=people,dc=example,dc=org`. `None` where one is not known: what looks
/// like a part may then be text with a comma.
fn types(name: &[u8]) -> Option<String> {
    let plain = |byte: &u8| !matches!(byte, b'\\' | b'"' | b';' | b'<' | b'#');
    if name.is_empty() || !name.iter().all(plain) {
        return None;
    }
    let kind = |part: &[u8]| {
        let name = part.get(..part.iter().position(|byte| *byte == b'=')?)?.trim_ascii();
        TYPES.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name))
    };
    let types = name.split(|byte| *byte == b',').map(kind).collect::<Option<Vec<_>>>()?;
    Some(types.join(",")).filter(|types| types.len() <= super::text::LONGEST)
}

/// Section 4.12: what is asked for has a number.
fn extended(body: &mut Reader<'_>) -> Option<Message> {
    let what = match content(body, 0x80)? {
        b"1.3.6.1.4.1.1466.20037" => "StartTLS",
        b"1.3.6.1.4.1.4203.1.11.1" => "password modify",
        b"1.3.6.1.4.1.4203.1.11.3" => "Who am I?",
        b"1.3.6.1.1.8" => "cancel",
        b"1.3.6.1.4.1.1466.101.119.1" => "dynamic refresh",
        number if number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') => "extended request",
        _ => return None,
    };
    Some(new("extended", what).with("request", Value::Name(what)))
}

fn response(operation: &Element<'_>, mut body: Reader<'_>, unasked: bool) -> Option<Message> {
    match operation.tag {
        0x64 => named(&mut body, new("entry", "an entry").anonymous()),
        0x73 => (body.rest().first() == Some(&OCTETS)).then(|| new("reference", "a reference").anonymous()),
        0x79 => Some(new("intermediate", "an intermediate answer").anonymous().certain_if(false)),
        // Section 4.4.1: nobody asked, and the server is about to close.
        0x78 if unasked => result(&mut body, "notice", "notice of disconnection, ").map(Message::statement),
        0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | 0x78 => result(&mut body, "result", ""),
        _ => None,
    }
}

/// LDAPResult, section 4.1.9: a code, then a name and a text, which are not told.
fn result(body: &mut Reader<'_>, step: &'static str, before: &str) -> Option<Message> {
    let [code] = content(body, ENUMERATED)? else { return None };
    let (name, text) = (element(body)?, element(body)?);
    if name.tag != OCTETS || text.tag != OCTETS {
        return None;
    }
    let meaning = meaning(*code);
    let words = if *code == 0 { format!("{before}{meaning}") } else { format!("{before}{meaning} (result {code})") };
    let message = new(step, words).with("code", Value::Number((*code).into()));
    // Success, an answer to compare, a referral, and a step of SASL are no errors.
    let failed = !matches!(code, 0 | 5 | 6 | 10 | 14);
    Some(message.with_some("error", failed.then_some(Value::Name(meaning))).anonymous().last_word())
}

/// Appendix A of RFC 4511.
fn meaning(code: u8) -> &'static str {
    match code {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        5 => "compareFalse",
        6 => "compareTrue",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        19 => "constraintViolation",
        20 => "attributeOrValueExists",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        33 => "aliasProblem",
        34 => "invalidDNSyntax",
        36 => "aliasDereferencingProblem",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        54 => "loopDetect",
        64 => "namingViolation",
        65 => "objectClassViolation",
        66 => "notAllowedOnNonLeaf",
        67 => "notAllowedOnRDN",
        68 => "entryAlreadyExists",
        69 => "objectClassModsProhibited",
        71 => "affectsMultipleDSAs",
        80 => "other",
        _ => "another error",
    }
}
