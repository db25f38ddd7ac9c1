//! Which payloads are worth keeping.

/// May a message begin here whose first bytes tell something? Looks at eight bytes at most.
///
/// A hint for who keeps the bytes of each end's latest message: `false` for the middle of nearly every body, `true`
/// for the start of every message that [`read`](super::read) understands.
pub fn is_message_start(payload: &[u8]) -> bool {
    match payload {
        // A TLS record.
        [20..=23, 3, 0..=4, ..] => true,
        // A method, a status line, a banner, a command in capitals: four characters of a word.
        [b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z', b'A'..=b'Z' | b' ' | b'-' | b'/' | b'\r', ..] => true,
        // A message of PostgreSQL: a type and a length below 2^16.
        [b'A'..=b'Z' | b'a'..=b'z' | b'1'..=b'3', 0, 0, _, _, ..] => true,
        // A reply of SMTP or FTP.
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => true,
        // Redis, and the greetings of IMAP and POP3.
        [b'*', b'0'..=b'9' | b' ', ..] | [b'$' | b':' | b'%', b'0'..=b'9' | b'-', ..] => true,
        [b'+' | b'-', b'A'..=b'Z', ..] => true,
        // PostgreSQL's one byte that answers the request for TLS.
        [b'S' | b'N'] => true,
        // A close of WebSocket.
        [0x88, length, ..] => (2..=125).contains(&(length & 0x7f)),
        // A frame of HTTP/2, on a stream below 2^24; the first messages of PostgreSQL and SSH.
        [0, _, _, 0..=9, _, 0, ..] | [0, 0, _, _, 0, 3, 0, _, ..] => true,
        [0, 0, 0, _, 4, 0xd2, 0x16, _] | [0, 0, 0, _, 4, 0xd2, 0x16, _, ..] => true,
        [0, 0, _, _, 4..=20, 20, ..] => true,
        // A method frame of AMQP on a channel below 256, and its heartbeat.
        [1, 0, _, 0, 0, _, _, 0, ..] | [8, 0, 0, 0, 0, 0, 0, 0xce] => true,
        // A packet of MySQL: the first one of either end, or an error.
        [low, high, 0, sequence, first, ..] => {
            let length = usize::from(*low) | usize::from(*high) << 8;
            length > 0 && (*sequence <= 1 || *first == 0xff) && length + 4 <= payload.len().max(8)
        }
        _ => false,
    }
}
