//! Servers that speak first, in lines: SSH (RFC 4253 section 4.2), SMTP (RFC 5321), FTP (RFC 959), IMAP (RFC 9051)
//! and POP3 (RFC 1939).

use super::bytes::{Reader, contains, first_line, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// What sshd of OpenSSH says to a client that it turns away: MaxStartups, PerSourcePenalties.
const REFUSALS: [&str; 2] = ["Exceeded MaxStartups", "Not allowed at this time"];

/// Reads a message of SSH: its banner, or the key exchange's first (RFC 4253 section 7.1).
pub fn read_ssh(bytes: &[u8], _speaker: Side) -> Option<Message> {
    if bytes.starts_with(b"SSH-2.0-") || bytes.starts_with(b"SSH-1.") {
        let (line, _) = first_line(bytes);
        let banner = clean(line);
        let message = Message::new(Protocol::Ssh, format!("banner {banner}"));
        return Some(message.with("banner", Value::Text(banner)));
    }
    // OpenSSH says so in place of its banner: RFC 4253 section 4.2 allows lines before it.
    if let Some(refusal) = REFUSALS.into_iter().find(|refusal| bytes.starts_with(refusal.as_bytes())) {
        return Some(Message::new(Protocol::Ssh, refusal).with("error", Value::Name(refusal)).last_word());
    }
    let mut reader = Reader::new(bytes);
    let (length, padding, kind) = (reader.length(4)?, reader.byte()?, reader.byte()?);
    reader.take(16)?;
    let names = reader.length(4)?;
    let valid = (64..=35_000).contains(&length) && padding >= 4 && kind == 20 && (8..=4096).contains(&names);
    if !valid {
        return None;
    }
    let names = reader.take_up_to(names);
    let readable = names.len() >= 8 && is_printable(names) && contains(names, b"-");
    readable.then(|| Message::new(Protocol::Ssh, "key exchange").with("step", Value::Name("key_exchange")).anonymous())
}

/// Commands of SMTP that are told by name alone.
const SMTP: [&[u8]; 11] =
    [b"EHLO", b"HELO", b"LHLO", b"MAIL", b"RCPT", b"DATA", b"BDAT", b"RSET", b"VRFY", b"STARTTLS", b"AUTH"];

/// Commands of FTP.
const FTP: [&[u8]; 16] = [
    b"ABOR", b"ACCT", b"APPE", b"CWD", b"EPRT", b"EPSV", b"FEAT", b"LIST", b"MLSD", b"PASV", b"PBSZ", b"PORT", b"PROT",
    b"RETR", b"STOR", b"TYPE",
];

/// Commands that several have; the port or the server must tell whose they are.
const SHARED: [&[u8]; 8] = [b"USER", b"PASS", b"QUIT", b"NOOP", b"STAT", b"HELP", b"SIZE", b"SYST"];

/// Reads a line of SMTP.
pub fn read_smtp(bytes: &[u8], speaker: Side) -> Option<Message> {
    match speaker {
        Side::Client => command(Protocol::Smtp, bytes, &SMTP),
        Side::Server => reply(Protocol::Smtp, bytes, b"SMTP"),
    }
}

/// Reads a line of FTP.
pub fn read_ftp(bytes: &[u8], speaker: Side) -> Option<Message> {
    match speaker {
        Side::Client => command(Protocol::Ftp, bytes, &FTP),
        Side::Server => reply(Protocol::Ftp, bytes, b"FTP"),
    }
}

/// Reads a line of IMAP: untagged responses, and the name of a tagged command.
pub fn read_imap(bytes: &[u8], speaker: Side) -> Option<Message> {
    if !bytes.first().is_some_and(|first| first.is_ascii_alphanumeric() || *first == b'*') {
        return None;
    }
    let (line, _) = first_line(bytes);
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (tag, word) = (words.next()?, words.next()?);
    let known: &[&[u8]] = match speaker {
        Side::Server => &[b"OK", b"BYE", b"PREAUTH", b"NO", b"BAD"],
        Side::Client => &[
            b"LOGIN",
            b"CAPABILITY",
            b"SELECT",
            b"FETCH",
            b"UID",
            b"IDLE",
            b"NOOP",
            b"LOGOUT",
            b"STARTTLS",
            b"AUTHENTICATE",
        ],
    };
    let tagged = (1..=16).contains(&tag.len()) && tag.iter().all(u8::is_ascii_alphanumeric);
    let untagged = tag == b"*" && speaker == Side::Server;
    if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) || !(tagged || untagged) {
        return None;
    }
    let certain = untagged && (contains(line, b"IMAP") || word == b"BYE");
    Some(told(Protocol::Imap, line, word, speaker).certain_if(certain))
}

/// Reads a line of POP3.
pub fn read_pop3(bytes: &[u8], speaker: Side) -> Option<Message> {
    if speaker == Side::Client {
        return command(
            Protocol::Pop3,
            bytes,
            &[b"APOP", b"AUTH", b"RETR", b"UIDL", b"DELE", b"STLS", b"CAPA", b"LIST"],
        )
        .map(|message| message.certain_if(false));
    }
    if !bytes.starts_with(b"+OK") && !bytes.starts_with(b"-ERR") {
        return None;
    }
    let (line, _) = first_line(bytes);
    let word = line.split(|byte| *byte == b' ').next()?;
    let answers = word == b"+OK" || word == b"-ERR";
    answers.then(|| told(Protocol::Pop3, line, word, speaker).certain_if(contains(line, b"POP3")))
}

/// Longer than each of the commands.
const LONGEST_COMMAND: usize = 16;

/// A command's name; its arguments may be secret.
fn command(protocol: Protocol, bytes: &[u8], own: &[&[u8]]) -> Option<Message> {
    if !bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let (line, whole) = first_line(bytes);
    // No command is longer than that.
    let beginning = line.get(..LONGEST_COMMAND).unwrap_or(line);
    let word = beginning.split(|byte| matches!(byte, b' ' | b':')).next()?;
    let is_own = own.iter().any(|known| known.eq_ignore_ascii_case(word));
    let is_shared = SHARED.iter().any(|known| known.eq_ignore_ascii_case(word));
    if !whole || !is_printable(line) || !(is_own || is_shared) {
        return None;
    }
    let certain = is_own && matches!(word.to_ascii_uppercase().as_slice(), b"EHLO" | b"HELO" | b"EPSV" | b"PASV");
    Some(told(protocol, line, word, Side::Client).certain_if(certain))
}

/// A reply of three digits (RFC 5321 section 4.2, RFC 959 section 4.2): certain where it names its protocol.
fn reply(protocol: Protocol, bytes: &[u8], name: &[u8]) -> Option<Message> {
    if !matches!(bytes, [b'1'..=b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', ..]) {
        return None;
    }
    let (line, _) = first_line(bytes);
    let [a @ b'1'..=b'5', b @ b'0'..=b'5', c @ b'0'..=b'9', b' ' | b'-', text @ ..] = line else {
        return None;
    };
    let code = [*a, *b, *c].iter().fold(0, |code, digit| code * 10 + u64::from(digit - b'0'));
    let message = Message::new(protocol, clean(line)).with("code", Value::Number(code));
    let text = text.trim_ascii();
    let certain = *a == b'2' && contains(text, name);
    Some(
        message
            .with_some("text", (!text.is_empty()).then(|| Value::Text(clean(text))))
            .certain_if(certain && is_printable(text)),
    )
}

fn told(protocol: Protocol, line: &[u8], word: &[u8], speaker: Side) -> Message {
    if speaker == Side::Client {
        let word = clean(&word.to_ascii_uppercase());
        return Message::new(protocol, word.clone()).with("command", Value::Text(word));
    }
    Message::new(protocol, clean(line)).with("text", Value::Text(clean(line)))
}
