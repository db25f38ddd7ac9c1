//! MongoDB: the manual's "MongoDB Wire Protocol", and bsonspec.org for the documents in it. Of a command its name and its
//! collection are told, of an error its number and name: the text of errors may hold values.

use super::bytes::{Reader, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

const REPLY: u64 = 1;
const QUERY: u64 = 2004;
const COMPRESSED: u64 = 2012;
const MSG: u64 = 2013;

/// More messages follow without an answer to this one.
const MORE_TO_COME: u64 = 2;

/// The flags that there are: checksumPresent, moreToCome, exhaustAllowed.
const FLAGS: u64 = 0x1_0003;

/// `maxMessageSizeBytes`.
const LONGEST: usize = 48_000_000;

/// Commands whose value is the collection's name.
#[rustfmt::skip]
const ON_COLLECTIONS: [&[u8]; 16] = [
    b"aggregate", b"collMod", b"count", b"create", b"createIndexes", b"delete", b"distinct", b"drop", b"dropIndexes",
    b"find", b"findAndModify", b"findandmodify", b"insert", b"listIndexes", b"mapReduce", b"update",
];

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    let mut reader = Reader::new(bytes);
    let length = little_length(&mut reader)?;
    let (_id, answers, code) = (reader.little_number(4)?, reader.little_number(4)?, reader.little_number(4)?);
    let by_client = speaker == Side::Client;
    if !(21..=LONGEST).contains(&length) || by_client && answers != 0 {
        return None;
    }
    let mut body = Reader::new(reader.take_up_to(length - 16));
    match (code, by_client) {
        (MSG, _) => message(&mut body, by_client),
        (COMPRESSED, _) => compressed(&mut body, by_client),
        (QUERY, true) => query(&mut body),
        (REPLY, false) => {
            // Four flags, a cursor, where it begins, and how many documents follow.
            let (flags, _cursor, start) = (body.little_number(4)?, body.take(8)?, body.little_number(4)?);
            let documents = body.little_number(4)?;
            (flags <= 15 && start >> 31 == 0 && (1..=1 << 20).contains(&documents)).then(|| reply(&mut body))?
        }
        _ => None,
    }
}

fn new(words: impl Into<String>) -> Message {
    Message::new(Protocol::MongoDb, words)
}

/// OP_MSG: flags, then sections, one of which is the command or the reply.
fn message(body: &mut Reader<'_>, by_client: bool) -> Option<Message> {
    let flags = body.little_number(4)?;
    if flags & !FLAGS != 0 {
        return None;
    }
    // A sequence of documents may come first.
    while body.rest().first() == Some(&1) {
        body.byte()?;
        let length = little_length(body)?.checked_sub(4)?;
        body.take(length)?;
    }
    if body.byte()? != 0 {
        return None;
    }
    if !by_client {
        return reply(body);
    }
    let message = command(body)?;
    Some(if flags & MORE_TO_COME != 0 { message.statement() } else { message })
}

/// OP_COMPRESSED: the kind of message within, its size, and how it was compressed.
fn compressed(body: &mut Reader<'_>, by_client: bool) -> Option<Message> {
    let (code, size, how) = (body.little_number(4)?, little_length(body)?, body.byte()?);
    let possible = if by_client { [MSG, QUERY] } else { [MSG, REPLY] };
    let words = if by_client { "compressed command" } else { "compressed reply" };
    (possible.contains(&code) && size <= LONGEST && how <= 3).then(|| new(words).anonymous())
}

/// OP_QUERY: a command where the collection is `$cmd`, else a query of old.
fn query(body: &mut Reader<'_>) -> Option<Message> {
    body.take(4)?;
    let name = body.until(0).filter(|name| is_printable(name))?;
    let dot = name.iter().position(|byte| *byte == b'.')?;
    let collection = name.get(dot + 1..)?;
    body.take(8)?;
    if collection == b"$cmd" {
        return command(body);
    }
    document(body)?;
    Some(told("query", (!collection.is_empty()).then(|| clean(collection))))
}

/// A command is the name of its document's first element.
fn command(body: &mut Reader<'_>) -> Option<Message> {
    let mut rest = document(body)?;
    let mut first = element(&mut rest)?;
    // Old drivers wrap it.
    if matches!(first.name, b"$query" | b"query") && first.kind == 3 {
        rest = document(&mut Reader::new(first.value))?;
        first = element(&mut rest)?;
    }
    if !is_name(first.name) {
        return None;
    }
    let collection = match first.name {
        b"getMore" => std::iter::from_fn(|| element(&mut rest)).find(|element| element.name == b"collection"),
        name => ON_COLLECTIONS.contains(&name).then_some(first),
    };
    let collection = collection.and_then(|element| element.text()).filter(|name| !name.is_empty()).map(clean);
    Some(told(&clean(first.name), collection))
}

fn told(command: &str, collection: Option<String>) -> Message {
    let words = match &collection {
        Some(collection) => format!("{command} on {collection}"),
        None => command.to_string(),
    };
    new(words).with("command", Value::Text(command.to_string())).with_some("collection", collection.map(Value::Text))
}

/// A reply: `ok` is 0 where it is an error, which has a `code` and mostly a `codeName`.
fn reply(body: &mut Reader<'_>) -> Option<Message> {
    let mut rest = document(body)?;
    let (mut failed, mut code, mut name) = (false, None, None);
    for element in std::iter::from_fn(|| element(&mut rest)) {
        match (element.name, element.kind) {
            (b"ok", 1 | 8 | 16 | 18) => failed = element.value.iter().all(|byte| *byte == 0),
            (b"code", 16) => code = Reader::new(element.value).little_number(4).filter(|code| code >> 31 == 0),
            (b"codeName", 2) => name = element.text().filter(|name| is_name(name)).map(clean),
            _ => {}
        }
    }
    if !failed {
        return Some(new("a reply").anonymous());
    }
    let number = code.map_or(String::new(), |code| format!(" {code}"));
    let called = name.as_ref().map_or(String::new(), |name| format!(" {name}"));
    let message = new(format!("error{number}{called}")).with_some("code", code.map(Value::Number));
    Some(message.with("error", name.map_or(Value::Name("error"), Value::Text)).anonymous().last_word())
}

fn is_name(name: &[u8]) -> bool {
    (1..=40).contains(&name.len()) && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// What a document holds, as far as it is there. It is empty, or begins with an element that has a name.
fn document<'a>(reader: &mut Reader<'a>) -> Option<Reader<'a>> {
    let length = little_length(reader)?.checked_sub(4)?;
    let whole = reader.rest().len() >= length;
    let content = reader.take_up_to(length);
    let begins = match content {
        [0] => true,
        [1..=19 | 127 | 255, name @ ..] => {
            Reader::new(name).until(0).is_some_and(|name| !name.is_empty() && is_printable(name))
        }
        _ => false,
    };
    (begins && length <= LONGEST && (!whole || content.ends_with(&[0]))).then(|| Reader::new(content))
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
struct Element<'a> {
    kind: u8,
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Element<'a> {
    /// Its value without the length before it and the zero after it, if it is printable text.
    fn text(&self) -> Option<&'a [u8]> {
        let text = self.value.get(4..)?.strip_suffix(b"\0")?;
        (self.kind == 2 && is_printable(text)).then_some(text)
    }
}

/// The next element, if all of it is there.
fn element<'a>(reader: &mut Reader<'a>) -> Option<Element<'a>> {
    let kind = reader.byte()?;
    let name = reader.until(0)?;
    let length = Reader::new(reader.rest()).little_number(4).and_then(|length| usize::try_from(length).ok());
    let size = match kind {
        1 | 9 | 17 | 18 => 8,
        2 | 13 | 14 => length?.checked_add(4)?,
        3 | 4 | 15 => length?,
        5 => length?.checked_add(5)?,
        6 | 10 | 127 | 255 => 0,
        7 => 12,
        8 => 1,
        12 => length?.checked_add(16)?,
        16 => 4,
        19 => 16,
        // The end, a regular expression, or nothing that is known.
        _ => return None,
    };
    Some(Element { kind, name, value: reader.take(size)? })
}

fn little_length(reader: &mut Reader<'_>) -> Option<usize> {
    usize::try_from(reader.little_number(4)?).ok()
}
