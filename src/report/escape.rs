//! Text from the network, or a file's name, on its way to a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with everything that could steer a terminal, or hide or reorder text, written out: `\x1b`, `\u{202e}`.
///
/// Line ends are escaped as well: whoever prints decides where lines end. A backslash stays as it is, so to escape
/// twice does no harm.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if !is_unsafe(character) {
            escaped.push(character);
            continue;
        }
        // Writing to a String cannot fail.
        let _ = match u32::from(character) {
            code @ 0..=0xff => write!(escaped, "\\x{code:02x}"),
            code => write!(escaped, "\\u{{{code:x}}}"),
        };
    }
    Cow::Owned(escaped)
}

/// [`escape`], and no more than `most` characters, with `...` in place of the rest.
pub fn escape_and_cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => escape(text).into_owned(),
        Some((end, _)) => format!("{}...", escape(text.get(..end).unwrap_or_default())),
    }
}

/// Must this character not reach a terminal as it is? Controls (C0, DEL, C1) and the format characters of Unicode's
/// category Cf, among them bidirectional overrides and isolates, joiners and tags, and the line separators.
pub fn is_unsafe(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(u32::from(character),
            0xad
            | 0x34f
            | 0x600..=0x605
            | 0x61c
            | 0x6dd
            | 0x70f
            | 0x890..=0x891
            | 0x8e2
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0x110bd
            | 0x110cd
            | 0x13430..=0x1345f
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(escape("10.0.0.1 -> example.org, größer, 例え"), Cow::Borrowed(_)));
    }

    #[test]
    fn controls_of_both_sets_are_written_out() {
        assert_eq!(escape("a\x1b[2Jb"), "a\\x1b[2Jb");
        assert_eq!(escape("line\nend\r\t\x7f\0"), "line\\x0aend\\x0d\\x09\\x7f\\x00");
        assert_eq!(escape("\u{9b}31m"), "\\x9b31m");
    }

    #[test]
    fn what_hides_or_reorders_text_is_written_out() {
        assert_eq!(escape("user\u{202e}txt.exe"), "user\\u{202e}txt.exe");
        assert_eq!(
            escape("\u{2066}\u{200b}\u{feff}\u{2028}\u{e0041}"),
            "\\u{2066}\\u{200b}\\u{feff}\\u{2028}\\u{e0041}"
        );
    }

    #[test]
    fn twice_is_as_good_as_once() {
        let once = escape("\x1b\\n").into_owned();
        assert_eq!(escape(&once), once);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(escape_and_cut("äöü", 2), "äö...");
        assert_eq!(escape_and_cut("\x1babc", 2), "\\x1ba...");
        assert_eq!(escape_and_cut("abc", 3), "abc");
    }
}
