//! Microsoft SQL Server: MS-TDS, sections 2.2.1 to 2.2.7. Of a statement its first word is told, of an error its number and
//! severity: the text of errors may hold values.

use super::bytes::Reader;
use super::message::{Message, Protocol, Side, Value};
use super::sql::first_word;

/// The last packet of a message (section 2.2.3.1.2).
const END: u8 = 1;

/// A packet may not be longer (section 2.2.3.1.3).
const LONGEST: usize = 32_767;

/// A login may not be longer (section 2.2.6.4).
const LONGEST_LOGIN: usize = 128 * 1024;

/// The versions 7.0 to 7.4 and 8.0 (section 2.2.7.14).
const VERSIONS: [u64; 8] =
    [0x7000_0000, 0x7100_0000, 0x7100_0001, 0x7209_0002, 0x730a_0003, 0x730b_0003, 0x7400_0004, 0x0800_0000];

/// Procedures that are called by number (section 2.2.6.6).
#[rustfmt::skip]
const PROCEDURES: [&str; 15] = [
    "sp_cursor", "sp_cursoropen", "sp_cursorprepare", "sp_cursorexecute", "sp_cursorprepexec", "sp_cursorunprepare",
    "sp_cursorfetch", "sp_cursoroption", "sp_cursorclose", "sp_executesql", "sp_prepare", "sp_execute", "sp_prepexec",
    "sp_prepexecrpc", "sp_unprepare",
];

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let (kind, status, length) = (reader.byte()?, reader.byte()?, reader.length(2)?);
    let (process, _packet, window) = (reader.number(2)?, reader.byte()?, reader.byte()?);
    let size = (8..=LONGEST).contains(&length).then(|| length - 8)?;
    let whole = reader.rest().len() >= size;
    let mut body = Reader::new(reader.take_up_to(size));
    // A message of one packet ends with it, others go on with packets of their kind.
    let goes_on = reader.rest().first().is_some_and(|next| status & END != 0 || *next != kind);
    if status > 0x1f || window != 0 || goes_on {
        return None;
    }
    let message = match (kind, speaker) {
        (4, Side::Server) => prelogin(&body, speaker).or_else(|| tokens(&mut body)),
        (18, _) => prelogin(&body, speaker),
        (_, Side::Client) if process == 0 => request(kind, body, size),
        _ => None,
    };
    message.filter(|message| message.certain || whole)
}

fn request(kind: u8, mut body: Reader<'_>, size: usize) -> Option<Message> {
    match kind {
        1 => batch(&mut body),
        3 => procedure(&mut body),
        6 if size == 0 => Some(new("attention", "attention (cancel)")),
        7 => Some(new("bulk_load", "bulk load").certain_if(body.rest().first() == Some(&0x81))),
        14 => transaction(&mut body),
        16 => login(&mut body, size),
        17 => Some(new("sspi", "SSPI message").certain_if(body.rest().starts_with(b"NTLMSSP\0"))),
        _ => None,
    }
}

fn new(step: &'static str, words: impl Into<String>) -> Message {
    Message::new(Protocol::Tds, words).with("step", Value::Name(step))
}

/// Options, the version first, and what the handshake of TLS is wrapped in (section 2.2.6.5).
fn prelogin(body: &Reader<'_>, speaker: Side) -> Option<Message> {
    let by_client = speaker == Side::Client;
    match body.rest() {
        [20..=23, 3, 1..=4, ..] => return Some(new("tls", "TLS handshake").anonymous()),
        [0, 0, _, 0, 6, 1..=8 | 0xff, ..] => {}
        _ => return None,
    }
    let mut options = *body;
    let mut encryption = None;
    while let Some(option) = options.byte().filter(|option| *option != 0xff) {
        let (Some(offset), Some(_length)) = (options.length(2), options.number(2)) else { break };
        if option == 1 {
            encryption = body.rest().get(offset).and_then(|value| encryption_name(*value));
        }
    }
    let words = if by_client { "prelogin" } else { "prelogin answer" };
    let how = encryption.map_or(String::new(), |how| format!(" (encryption {how})"));
    Some(new("prelogin", format!("{words}{how}")).with_some("encryption", encryption.map(Value::Name)))
}

fn encryption_name(value: u8) -> Option<&'static str> {
    Some(match value {
        0 => "off",
        1 => "on",
        2 => "not supported",
        3 => "required",
        _ => return None,
    })
}

/// LOGIN7, which begins with its length and its version (section 2.2.6.4). All else in it is the user's.
fn login(body: &mut Reader<'_>, size: usize) -> Option<Message> {
    let (length, version) = (body.little_number(4)?, body.little_number(4)?);
    let fits = usize::try_from(length).is_ok_and(|length| (size..=LONGEST_LOGIN).contains(&length));
    (fits && VERSIONS.contains(&version)).then(|| new("login", "login"))
}

/// Skips the headers of version 7.2 and later (section 2.2.5.3): their length, and the first one's length and type.
fn after_headers(body: &mut Reader<'_>) -> bool {
    let mut headers = *body;
    let all = headers.little_number(4).and_then(|length| usize::try_from(length).ok());
    let (first, kind) = (headers.little_number(4), headers.little_number(2));
    match (all, first, kind) {
        (Some(all @ 10..=4096), Some(6..=4086), Some(1..=3)) => body.take(all).is_some(),
        _ => false,
    }
}

/// Text in UTF-16, every character that is not Latin as `?`.
fn narrow(text: &[u8]) -> Vec<u8> {
    let narrow = |pair: &[u8]| match pair {
        [low, 0] => *low,
        _ => b'?',
    };
    text.chunks_exact(2).map(narrow).collect()
}

/// The first word of a statement.
fn verb(statement: &[u8]) -> Option<&'static str> {
    first_word(&narrow(statement))
}

/// A batch of statements.
fn batch(body: &mut Reader<'_>) -> Option<Message> {
    let headed = after_headers(body);
    let kind = verb(body.rest());
    let words = kind.map_or("batch".to_string(), |kind| format!("batch {kind}"));
    let message = new("batch", words).with_some("query_kind", kind.map(Value::Name));
    Some(message.certain_if(headed || kind.is_some()))
}

/// A call of a procedure, by number or by name. Of the statement that sp_executesql is given the first word is told.
fn procedure(body: &mut Reader<'_>) -> Option<Message> {
    let headed = after_headers(body);
    let name = match body.little_number(2)? {
        0xffff => Some(*PROCEDURES.get(usize::try_from(body.little_number(2)?).ok()?.checked_sub(1)?)?),
        length @ 1..=1046 => {
            let name = narrow(body.take_up_to(usize::try_from(length).ok()? * 2));
            PROCEDURES.into_iter().find(|known| known.as_bytes() == name)
        }
        _ => return None,
    };
    let kind = (name == Some("sp_executesql")).then(|| argument(body).and_then(verb)).flatten();
    let called = name.map_or(String::new(), |name| format!(" of {name}"));
    let verb = kind.map_or(String::new(), |kind| format!(" {kind}"));
    let message = new("call", format!("call{called}{verb}"))
        .with_some("procedure", name.map(Value::Name))
        .with_some("query_kind", kind.map(Value::Name));
    Some(message.certain_if(headed || name.is_some()))
}

/// The first argument of a call, if it has no name and is text in UTF-16 (sections 2.2.6.6, 2.2.5.4.3): flags of the
/// call, no name, a status, the type NVARCHAR with its longest and a collation, the text's length, the text. Longer text
/// than 8000 bytes has its length in eight bytes and comes in parts, the first one's length before it.
fn argument<'a>(body: &mut Reader<'a>) -> Option<&'a [u8]> {
    body.take(2)?;
    let (name, _status, kind, most) = (body.byte()?, body.byte()?, body.byte()?, body.number(2)?);
    body.take(5)?;
    if name != 0 || kind != 0xe7 {
        return None;
    }
    body.take(if most == 0xffff { 12 } else { 2 })?;
    Some(body.rest())
}

/// A transaction manager's request (section 2.2.6.9).
fn transaction(body: &mut Reader<'_>) -> Option<Message> {
    let headed = after_headers(body);
    let words = match body.little_number(2)? {
        0 => "request for the DTC's address",
        1 => "propagation of a transaction",
        5 => "begin of a transaction",
        6 => "promotion of a transaction",
        7 => "commit",
        8 => "rollback",
        9 => "savepoint",
        _ => return None,
    };
    headed.then(|| new("transaction", words))
}

/// An answer: tokens (section 2.2.7). Those before an error have their length with them.
fn tokens(body: &mut Reader<'_>) -> Option<Message> {
    let mut first = None;
    while let Some(token) = body.byte() {
        let (step, words, certain) = match token {
            0xaa => return error(body).or(first),
            // ENVCHANGE, INFO, LOGINACK, SSPI, FEATUREEXTACK has a form of its own.
            0xad => ("login_ack", "login accepted", true),
            0xe3 | 0xab | 0xed => ("message", "a message", true),
            0x81 | 0xa9 | 0xd1 | 0xd2 | 0x79 | 0xac | 0xfd..=0xff => ("result", "a result", false),
            _ => break,
        };
        let is_better = |message: &Message| message.name("step") == Some("message");
        if first.as_ref().is_none_or(is_better) {
            first = Some(new(step, words).anonymous().certain_if(certain));
        }
        if !certain {
            break;
        }
        let Some(length) = body.little_number(2).and_then(|length| usize::try_from(length).ok()) else { break };
        if body.take(length).is_none() {
            break;
        }
    }
    first
}

/// An error's number, state and severity (section 2.2.7.10). At 20 or more the server closes the connection.
fn error(body: &mut Reader<'_>) -> Option<Message> {
    let (length, number) = (body.little_number(2)?, body.little_number(4)?);
    let (_state, severity) = (body.byte()?, body.byte()?);
    if length < 12 || number >> 31 != 0 || severity > 25 {
        return None;
    }
    let meaning = meaning(number);
    let words =
        format!("error {number}{} (severity {severity})", meaning.map_or(String::new(), |text| format!(" {text}")));
    let message = new("error", words)
        .with("code", Value::Number(number))
        .with("severity", Value::Number(severity.into()))
        .with("error", Value::Name(meaning.unwrap_or("error")));
    Some(message.anonymous().last_word())
}

/// What is met where connections fail.
fn meaning(number: u64) -> Option<&'static str> {
    Some(match number {
        596 => "session killed",
        1205 => "deadlock victim",
        1222 => "lock request timed out",
        4060 => "cannot open the database",
        6005 | 6006 => "shutdown in progress",
        10928 | 10929 => "resource limit reached",
        10936 => "request limit reached",
        17142 => "service paused",
        17189 => "no thread for a new login",
        17809 => "too many connections",
        18401 => "login failed: script upgrade",
        18456 => "login failed",
        18486 => "login failed: account locked",
        18487 | 18488 => "login failed: password expired",
        40197 => "service error",
        40501 => "service busy",
        40613 => "database not available",
        49918..=49920 => "too many requests",
        _ => return None,
    })
}
