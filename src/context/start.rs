//! Which payloads are worth keeping.

use super::message::Side;
use super::{Parser, cassandra, kafka, ldap, memcached, mongodb, tds};

/// They know by more than a few bytes whether a message is theirs.
const STRICT: [Parser; 6] = [mongodb::read, tds::read, kafka::read, cassandra::read, ldap::read, memcached::read];

/// May a message begin here whose first bytes tell something?
///
/// A hint for who keeps the bytes of each end's latest message: `false` for the middle of nearly every body, `true`
/// for the start of every message that [`read`](super::read) understands.
pub fn is_message_start(payload: &[u8]) -> bool {
    let reads = |parser: &Parser| [Side::Client, Side::Server].into_iter().any(|who| parser(payload, who).is_some());
    starts_like_one(payload) || STRICT.iter().any(reads)
}

/// By the first eight bytes.
fn starts_like_one(payload: &[u8]) -> bool {
    match payload {
        // A TLS record.
        [20..=23, 3, 0..=4, ..] => true,
        // A method, a status line, a banner, a command in capitals: four characters of a word.
        [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z' | b' ' | b'-' | b'/' | b'\r', ..] => true,
        // The same in small letters, as people type them.
        [b'a'..=b'z', b'a'..=b'z', b'a'..=b'z', b'a'..=b'z', b' ' | b'\r', ..] => {
            let commands = [b"ehlo", b"helo", b"mail", b"rcpt", b"data", b"user", b"pass", b"quit", b"list", b"retr"];
            commands.into_iter().any(|command| payload.starts_with(command))
        }
        // A message of PostgreSQL: a type and a length below 2^16.
        [b'A'..=b'Z' | b'a'..=b'z' | b'1'..=b'3', 0, 0, _, _, ..] => true,
        // A reply of SMTP or FTP.
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => true,
        // A tagged command of IMAP: "a1 LOGIN".
        [b'A'..=b'Z' | b'a'..=b'z', b'0'..=b'9', rest @ ..] => is_tagged(rest),
        // Redis, and the greetings of IMAP and POP3.
        [b'*', b'0'..=b'9' | b' ', ..] | [b'$' | b':' | b'%', b'0'..=b'9' | b'-', ..] => true,
        [b'+' | b'-', b'A'..=b'Z', ..] => true,
        // PostgreSQL's one byte that answers the request for TLS.
        [b'S' | b'N'] => true,
        // A close of WebSocket.
        [0x88, 2..=125, 3, 0xe8..=0xf7, ..] => true,
        [0x88, length @ 0x82..=0xfd, ..] => payload.len() == usize::from(length & 0x7f) + 6,
        // A frame of HTTP/2, on a stream below 2^24; the first messages of PostgreSQL and SSH.
        [0, _, _, 0, 0..=9, 0, stream @ ..] => stream.iter().take(3).any(|byte| *byte != 0),
        [0, _, _, 1..=9, _, 0, ..] | [0, 0, _, _, 0, 3, 0, _, ..] => true,
        [0, 0, 0, _, 4, 0xd2, 0x16, _] | [0, 0, 0, _, 4, 0xd2, 0x16, _, ..] => true,
        [0, 0, _, _, 4..=20, 20, ..] => true,
        // A method frame of AMQP on a channel below 256, and its heartbeat.
        [1, 0, _, 0, 0, _, _, 0, ..] | [8, 0, 0, 0, 0, 0, 0, 0xce] => true,
        // A message of DNS with one question; packets of MQTT that are short.
        [0..=1, _, _, _, flags, _, 0, 1, _, _, ..] if flags & 0x78 == 0 => true,
        [0x10, _, 0, 4, b'M', ..] | [0xc0 | 0xd0, 0] | [0x20, 2..=0x7f, 0..=1, ..] => true,
        [0x30..=0x40 | 0x82 | 0x90 | 0xe0, length @ ..=0x7f, ..] if payload.len() == usize::from(*length) + 2 => true,
        // A packet of MySQL: the first one of either end, or an error.
        [low, high, 0, sequence, first, ..] => {
            let length = usize::from(*low) | usize::from(*high) << 8;
            length > 0 && (*sequence <= 3 || *first == 0xff) && length + 4 <= payload.len()
        }
        _ => false,
    }
}

/// After a letter and a digit: digits, a space and a letter.
fn is_tagged(rest: &[u8]) -> bool {
    let digits = rest.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
    matches!(rest.get(digits..), Some([b' ', letter, ..]) if letter.is_ascii_alphabetic())
}
