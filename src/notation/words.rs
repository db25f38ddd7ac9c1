//! The words that a script's lines consist of.

use std::str::FromStr;

use crate::notation::Role;

/// What was read, or what is wrong with the line.
pub(super) type Words<T> = Result<T, String>;

/// The line up to `//` or `#` outside of quotes.
pub(super) fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped, mut slash) = (false, false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted => return line.get(..at).unwrap_or_default(),
            '/' if !quoted && slash => return line.get(..at - 1).unwrap_or_default(),
            _ => {}
        }
        slash = letter == '/' && !quoted;
    }
    line
}

pub(super) fn hex(word: &str) -> Words<Vec<u8>> {
    let bad = || format!("`{word}` is no even number of hexadecimal digits");
    if !word.len().is_multiple_of(2) || !word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(bad());
    }
    let byte = |at: usize| word.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(bad);
    (0..word.len()).step_by(2).map(byte).collect()
}

pub(super) fn number<T: FromStr>(word: &str) -> Words<T> {
    // `parse` would take a sign.
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| digits).ok_or_else(|| format!("`{word}` is no number, or too large"))
}

/// What is left of a line.
pub(super) struct Rest<'a>(pub &'a str);

impl<'a> Rest<'a> {
    /// Takes the next word, which should be `wanted`.
    pub fn word(&mut self, wanted: &str) -> Words<&'a str> {
        let text = self.0.trim_start();
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        if word.is_empty() { Err(format!("{wanted} is missing")) } else { Ok(word) }
    }

    /// Takes the next word if it is `keyword`.
    pub fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = Rest(self.0);
        let found = ahead.word("").is_ok_and(|word| word == keyword);
        if found {
            self.0 = ahead.0;
        }
        found
    }

    /// Takes `client` or `server`, also where `[2]` follows at once.
    pub fn role(&mut self) -> Option<Role> {
        for (name, role) in [("client", Role::Client), ("server", Role::Server)] {
            if let Some(rest) = self.0.strip_prefix(name) {
                self.0 = rest;
                return Some(role);
            }
        }
        None
    }

    /// Takes `[2]`; without it, it is connection 1.
    pub fn connection(&mut self) -> Words<u16> {
        // An IPv6 address begins with a bracket as well.
        let inside = self.0.trim_start().strip_prefix('[').and_then(|text| text.split_once(']'));
        match inside {
            Some((inside, rest)) if !inside.contains(':') => {
                self.0 = rest;
                let connection = number(inside)?;
                if connection == 0 { Err("connections count from 1".into()) } else { Ok(connection) }
            }
            _ => Ok(1),
        }
    }

    /// Takes what stands between `open` and `close`, if `open` comes next.
    pub fn between(&mut self, open: char, close: char) -> Words<Option<&'a str>> {
        let Some(text) = self.0.trim_start().strip_prefix(open) else { return Ok(None) };
        let (inside, rest) = text.split_once(close).ok_or_else(|| format!("`{open}` without `{close}`"))?;
        self.0 = rest;
        Ok(Some(inside))
    }

    /// Takes a text in quotes, if one comes next.
    pub fn quoted(&mut self) -> Words<Option<Vec<u8>>> {
        let Some(text) = self.0.trim_start().strip_prefix('"') else { return Ok(None) };
        let mut bytes = Vec::new();
        let mut letters = text.chars();
        loop {
            match letters.next().ok_or("the text has no closing quote")? {
                '"' => break,
                '\\' => bytes.push(escape(&mut letters)?),
                letter => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.0 = letters.as_str();
        Ok(Some(bytes))
    }

    pub fn end(&self) -> Words<()> {
        let text = self.0.trim();
        if text.is_empty() { Ok(()) } else { Err(format!("`{text}` is not understood here")) }
    }
}

/// The byte that the letters behind a backslash mean.
fn escape(letters: &mut std::str::Chars<'_>) -> Words<u8> {
    match letters.next() {
        Some('r') => Ok(b'\r'),
        Some('n') => Ok(b'\n'),
        Some('t') => Ok(b'\t'),
        Some('0') => Ok(0),
        Some('"') => Ok(b'"'),
        Some('\\') => Ok(b'\\'),
        Some('x') => {
            let digits: String = letters.by_ref().take(2).collect();
            match hex(&digits)?.as_slice() {
                [byte] => Ok(*byte),
                _ => Err("\\x wants two hexadecimal digits".into()),
            }
        }
        other => Err(format!("`\\{}` is no escape", other.map(String::from).unwrap_or_default())),
    }
}
