//! memcached: its `doc/protocol.txt`, and the binary protocol of old. Keys and values are not told.

use super::bytes::{Reader, first_line, is_printable};
use super::message::{Message, Protocol, Role, Side, Value};
use super::sense::Sense;
use super::text::clean;

/// Commands in words: name, and how many words there are with it at least and at most.
const COMMANDS: [(&str, usize, usize); 24] = [
    ("get", 2, 200),
    ("gets", 2, 200),
    ("gat", 3, 200),
    ("gats", 3, 200),
    ("set", 5, 6),
    ("add", 5, 6),
    ("replace", 5, 6),
    ("append", 5, 6),
    ("prepend", 5, 6),
    ("cas", 6, 7),
    ("delete", 2, 4),
    ("incr", 3, 4),
    ("decr", 3, 4),
    ("touch", 3, 4),
    ("mg", 2, 20),
    ("ms", 3, 20),
    ("md", 2, 20),
    ("ma", 2, 20),
    ("mn", 1, 1),
    ("stats", 1, 3),
    ("version", 1, 1),
    ("verbosity", 2, 3),
    ("flush_all", 1, 3),
    ("quit", 1, 1),
];

/// No key is longer.
const LONGEST_KEY: usize = 250;

/// Reads a message.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    match (bytes.first()?, speaker) {
        (0x80, Side::Client) => binary_command(bytes),
        (0x81, Side::Server) => binary_answer(bytes),
        (b'a'..=b'z', Side::Client) => command(bytes),
        (b'A'..=b'Z', Side::Server) => answer(bytes),
        _ => None,
    }
}

/// What a command that is all of the message asks for.
pub fn sense(bytes: &[u8], speaker: Side) -> Option<Sense> {
    let (line, _) = first_line(bytes);
    if bytes == b"quit\r\n" {
        return Some(Sense::Goodbye);
    }
    // What is stored follows in a line of its own, of the length that its command says.
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let stores = matches!(words.next()?, b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas");
    let digits = words.nth(3).filter(|_| stores);
    let length =
        digits.map_or(Some(0), |digits| std::str::from_utf8(digits).ok()?.parse().ok().map(|n: usize| n + 2))?;
    let is_silent = read(bytes, speaker).is_some_and(|message| message.role == Role::Statement);
    (is_silent && bytes.len() == (line.len() + 2).checked_add(length)?).then_some(Sense::OneWay)
}

fn new(words: impl Into<String>) -> Message {
    Message::new(Protocol::Memcached, words)
}

fn told(name: &'static str) -> Message {
    new(name).with("command", Value::Name(name))
}

fn command(bytes: &[u8]) -> Option<Message> {
    let (line, whole) = first_line(bytes);
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).take(200).collect();
    let (first, arguments) = words.split_first()?;
    let (name, least, most) = COMMANDS.into_iter().find(|(name, ..)| name.as_bytes() == *first)?;
    let fits = (least..=most).contains(&words.len()) && arguments.first().is_none_or(|key| key.len() <= LONGEST_KEY);
    if !whole || !fits || !is_line(bytes, line) {
        return None;
    }
    // What is stored has its flags, its time and its length before it.
    let stores = matches!(name, "set" | "add" | "replace" | "append" | "prepend" | "cas");
    let is_number = |word: &&[u8]| {
        let digits = word.strip_prefix(b"-").unwrap_or(word);
        (1..=20).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    };
    if stores && !arguments.get(1..least - 1)?.iter().all(is_number) {
        return None;
    }
    let message = told(name).certain_if(stores);
    let may_be_silent = stores || matches!(name, "delete" | "incr" | "decr" | "touch" | "flush_all" | "verbosity");
    let silent = name == "quit" || may_be_silent && words.last() == Some(&&b"noreply"[..]);
    Some(if silent { message.statement() } else { message })
}

/// Is it text that ends as all lines do?
fn is_line(bytes: &[u8], line: &[u8]) -> bool {
    is_printable(line) && bytes.get(line.len()) == Some(&b'\r')
}

fn answer(bytes: &[u8]) -> Option<Message> {
    let (line, whole) = first_line(bytes);
    let mut words = line.split(|byte| *byte == b' ');
    let first = words.next()?;
    let error = matches!(first, b"SERVER_ERROR" | b"CLIENT_ERROR");
    if error && line.len() > first.len() && is_printable(line) {
        let text = clean(line);
        return Some(new(text.clone()).with("error", Value::Text(text)).last_word());
    }
    if !whole || !is_line(bytes, line) {
        return None;
    }
    let alone = line.len() == first.len();
    let of_numbers = |words: &[&[u8]]| words.iter().all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_digit));
    match first {
        b"STORED" | b"NOT_STORED" if alone => Some(new(clean(first))),
        // Others say so too.
        b"EXISTS" | b"NOT_FOUND" | b"DELETED" | b"TOUCHED" | b"OK" | b"END" if alone => {
            Some(new(clean(first)).certain_if(false))
        }
        b"HD" | b"EN" | b"NF" | b"NS" | b"EX" | b"MN" if alone => Some(new(clean(first)).certain_if(false)),
        b"ERROR" if alone => Some(new("ERROR").with("error", Value::Name("ERROR")).last_word().certain_if(false)),
        b"VALUE" => {
            let rest: Vec<&[u8]> = words.skip(1).collect();
            ((2..=3).contains(&rest.len()) && of_numbers(&rest)).then(|| new("a value").anonymous())
        }
        b"VA" | b"HD" | b"STAT" | b"VERSION" if !alone => Some(new("a value").anonymous().certain_if(false)),
        _ => None,
    }
}

/// Commands of the binary protocol: number, name, how long the extras before the key are at most, and whether they are
/// answered only if they fail or find something.
const BINARY: [(u8, &str, u8, bool); 34] = [
    (0x00, "get", 0, false),
    (0x01, "set", 8, false),
    (0x02, "add", 8, false),
    (0x03, "replace", 8, false),
    (0x04, "delete", 0, false),
    (0x05, "incr", 20, false),
    (0x06, "decr", 20, false),
    (0x07, "quit", 0, false),
    (0x08, "flush_all", 4, false),
    (0x09, "get", 0, true),
    (0x0a, "noop", 0, false),
    (0x0b, "version", 0, false),
    (0x0c, "get", 0, false),
    (0x0d, "get", 0, true),
    (0x0e, "append", 0, false),
    (0x0f, "prepend", 0, false),
    (0x10, "stats", 0, false),
    (0x11, "set", 8, true),
    (0x12, "add", 8, true),
    (0x13, "replace", 8, true),
    (0x14, "delete", 0, true),
    (0x15, "incr", 20, true),
    (0x16, "decr", 20, true),
    (0x17, "quit", 0, true),
    (0x18, "flush_all", 4, true),
    (0x19, "append", 0, true),
    (0x1a, "prepend", 0, true),
    (0x1b, "verbosity", 4, false),
    (0x1c, "touch", 4, false),
    (0x1d, "gat", 4, false),
    (0x1e, "gat", 4, true),
    (0x20, "sasl mechanisms", 0, false),
    (0x21, "sasl auth", 0, false),
    (0x22, "sasl step", 0, false),
];

/// A header of the binary protocol: the command, the status of an answer, and lengths: of what is before the key, of the
/// key and of the value.
#[derive(Clone, Copy, Debug)]
struct Header {
    code: u8,
    status: u64,
    extras: u8,
    key: usize,
    value: usize,
}

/// Reads a header whose lengths fit.
fn header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(bytes);
    let (_magic, code, key) = (reader.byte()?, reader.byte()?, reader.length(2)?);
    let (extras, kind, status, body) = (reader.byte()?, reader.byte()?, reader.number(2)?, reader.length(4)?);
    reader.take(12)?;
    let value = body.checked_sub(key + usize::from(extras))?;
    let fits = key <= LONGEST_KEY && body <= 1 << 30 && kind == 0;
    // What follows is the next message.
    let goes_on = reader.rest().get(body).is_some_and(|magic| Some(magic) != bytes.first());
    reader.take_up_to(extras.into());
    let is_key = reader.take_up_to(key).iter().all(|byte| *byte > b' ');
    (fits && is_key && !goes_on).then_some(Header { code, status, extras, key, value })
}

fn binary_command(bytes: &[u8]) -> Option<Message> {
    let header = header(bytes)?;
    let (_, name, most, quiet) = BINARY.into_iter().find(|(number, ..)| *number == header.code)?;
    let fits = header.extras == most || header.extras == 0 && name == "flush_all";
    let has_key = match name {
        "quit" | "flush_all" | "noop" | "version" | "verbosity" | "sasl mechanisms" => Some(false),
        "stats" => None,
        _ => Some(true),
    };
    let message = told(name);
    let has_value = matches!(name, "set" | "add" | "replace" | "append" | "prepend" | "sasl auth" | "sasl step");
    let fits = fits && has_key.is_none_or(|has| has == (header.key > 0)) && (has_value || header.value == 0);
    fits.then(|| if quiet { message.statement() } else { message })
}

fn binary_answer(bytes: &[u8]) -> Option<Message> {
    let Header { code, status, extras, key, .. } = header(bytes)?;
    let (_, name, ..) = BINARY.into_iter().find(|(number, ..)| *number == code)?;
    // A value that was found has its flags before it, and its key if that was asked for.
    if !matches!(extras, 0 | 4) || key > 0 && !matches!(name, "get" | "stats") {
        return None;
    }
    let (words, failed) = match status {
        0x00 => ("success", false),
        0x01 => ("key not found", false),
        0x02 => ("key exists", false),
        0x03 => ("value too large", true),
        0x04 => ("invalid arguments", true),
        0x05 => ("not stored", false),
        0x06 => ("not a number", true),
        0x07 => ("wrong server", true),
        0x20 => ("authentication failed", true),
        0x21 => ("authentication goes on", false),
        0x81 => ("unknown command", true),
        0x82 => ("out of memory", true),
        0x83 => ("not supported", true),
        0x84 => ("internal error", true),
        0x85 => ("busy", true),
        0x86 => ("temporary failure", true),
        _ => return None,
    };
    let message = new(words).with("code", Value::Number(status)).anonymous();
    Some(if failed { message.with("error", Value::Name(words)).last_word() } else { message })
}
