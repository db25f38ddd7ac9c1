//! A line of JSON, written piece by piece. Findings are written so, because there may be very many of them: what is
//! rare goes through `serde`.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use super::escape::is_unsafe;
use crate::short::{Short, digits};

/// A line at the end of these bytes.
pub struct Line<'a>(pub &'a mut Vec<u8>);

impl Line<'_> {
    /// Adds what is JSON already: names, brackets, words of ours.
    #[inline]
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// Adds a short text in quotes that needs no escapes: an address, a time, an id.
    pub fn short(&mut self, text: &Short) -> &mut Self {
        debug_assert!(is_plain(text.as_bytes()), "{text:?}");
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.raw("\"")
    }

    /// Adds an id of ours in quotes, which needs no escapes, or `null`.
    pub fn id(&mut self, id: Option<&str>) -> &mut Self {
        match id {
            Some(id) => self.raw("\"").raw(id).raw("\""),
            None => self.raw("null"),
        }
    }

    /// Adds any text, in quotes and escaped.
    pub fn text(&mut self, text: &str) -> &mut Self {
        if !is_plain(text.as_bytes()) {
            return self.value(text);
        }
        self.raw("\"").raw(text).raw("\"")
    }

    /// Adds a text, in quotes and escaped, but nothing is looked for in a text of ours.
    #[expect(clippy::ptr_arg, reason = "whose text it is shows in its form")]
    pub fn note(&mut self, text: &Cow<'static, str>) -> &mut Self {
        match text {
            Cow::Borrowed(ours) => {
                debug_assert!(is_plain(ours.as_bytes()), "{ours}");
                self.id(Some(ours))
            }
            Cow::Owned(text) => self.text(text),
        }
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        if number < 10 {
            self.0.push(b'0' + number as u8);
            return self;
        }
        let (digits, first) = digits(number);
        self.0.extend_from_slice(digits.get(first..).unwrap_or_default());
        self
    }

    /// Adds nanoseconds as milliseconds with up to three decimals: the microseconds that most captures have.
    pub fn milliseconds(&mut self, nanoseconds: u64) -> &mut Self {
        // Above this the nearest fraction is not the nearest number of microseconds.
        const EXACT: u64 = 1 << 50;
        if nanoseconds >= EXACT {
            return self.value(&milliseconds(nanoseconds));
        }
        let microseconds = (nanoseconds + 500) / 1000;
        let mut text = Short::number(microseconds / 1000);
        text.add(".").add_digits::<3>(microseconds % 1000);
        let digits = text.as_bytes();
        let digits = digits.strip_suffix(b"00").or(digits.strip_suffix(b"0")).unwrap_or(digits);
        self.0.extend_from_slice(digits);
        self
    }

    /// Adds nanoseconds as milliseconds, or `null`.
    pub fn milliseconds_or_null(&mut self, nanoseconds: Option<u64>) -> &mut Self {
        match nanoseconds {
            Some(nanoseconds) => self.milliseconds(nanoseconds),
            None => self.raw("null"),
        }
    }

    /// Adds whatever can be serialised.
    pub fn value(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *self.0, Quiet);
        // Serialising strings and numbers into memory cannot fail.
        let written = value.serialize(&mut serializer);
        debug_assert!(written.is_ok(), "{written:?}");
        self
    }
}

/// Milliseconds with three decimals.
pub fn milliseconds(nanoseconds: u64) -> f64 {
    (nanoseconds as f64 / 1e3).round() / 1e3
}

/// Does this text stand in JSON as it is, and in a terminal as well? Nearly all texts do.
fn is_plain(text: &[u8]) -> bool {
    let odd = |byte: u8| !(b' '..=b'~').contains(&byte) | (byte == b'"') | (byte == b'\\');
    // Without a way out in between, the compiler looks at sixteen bytes at once.
    let any_odd = |bytes: &[u8; 16]| bytes.iter().fold(false, |any, byte| any | odd(*byte));
    match text.last_chunk::<16>() {
        // The last sixteen are looked at in one go, though some of them were before.
        Some(last) => !text.as_chunks::<16>().0.iter().fold(any_odd(last), |any, chunk| any | any_odd(chunk)),
        None => !text.iter().any(|byte| odd(*byte)),
    }
}

/// JSON whose bytes cannot steer a terminal that it is shown on: serde_json escapes the C0 controls; this also escapes
/// the rest of what [`is_unsafe`] knows, as `\u009b`. A program that parses it gets the text as it was.
struct Quiet;

impl Formatter for Quiet {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((start, character)) = rest.char_indices().find(|(_, character)| is_unsafe(*character)) {
            let (before, from) = rest.split_at(start);
            writer.write_all(before.as_bytes())?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut bytes = Vec::new();
        write(&mut Line(&mut bytes));
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn every_text_is_what_serde_makes_of_it() {
        for odd in (0..=0xff).filter_map(char::from_u32).chain(['\u{202e}', 'é', '例']) {
            for before in [0, 1, 15, 16, 17, 40] {
                let text = format!("{}{odd}tail", "x".repeat(before));
                let json = written(|line| _ = line.text(&text));
                assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
                assert!(!json.chars().any(is_unsafe), "{json:?}");
                assert_eq!(json, written(|line| _ = line.value(&text)));
            }
        }
    }

    #[test]
    fn milliseconds_are_what_serde_makes_of_them() {
        let near = |power: u32| (0..3).map(move |more| (1_u64 << power) + more * 499);
        let tens =
            (0..20).flat_map(|power| [1, 5, 25, 499, 500, 1499].map(|first| 10_u64.pow(power).saturating_mul(first)));
        for nanoseconds in (0..5000).chain((0..64).flat_map(near)).chain(tens).chain([u64::MAX]) {
            let json = written(|line| _ = line.milliseconds(nanoseconds));
            assert_eq!(json, serde_json::to_string(&milliseconds(nanoseconds)).expect("JSON"), "{nanoseconds}");
        }
    }
}
