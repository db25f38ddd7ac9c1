//! Text from the network, made harmless and short.

use std::fmt::Write;

use super::bytes::is_printable;

/// No text from the network is longer than this many bytes, before it is escaped.
pub const LONGEST: usize = 80;

/// `bytes` as text: printable ASCII stays, every other byte is written out (`\x1b`), and more than [`LONGEST`] bytes
/// are cut, with `...` in their place.
pub fn clean(bytes: &[u8]) -> String {
    if bytes.len() <= LONGEST
        && is_printable(bytes)
        && let Ok(text) = str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len().min(LONGEST) + 3);
    for byte in bytes.iter().take(LONGEST) {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    if bytes.len() > LONGEST {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        assert_eq!(clean(b"a\x1b[2Jb\r\n"), "a\\x1b[2Jb\\x0d\\x0a");
        assert_eq!(clean("ü\u{202e}".as_bytes()), "\\xc3\\xbc\\xe2\\x80\\xae");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(clean(&[b'a'; 80]).len(), 80);
        assert_eq!(clean(&[b'a'; 81]), format!("{}...", "a".repeat(80)));
    }
}
