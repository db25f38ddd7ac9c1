//! Lines that fit: wrapping, hanging indents and colours.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::units::TIED;

/// What a piece of text is, and so how it is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text as such.
    Plain,
    /// A heading.
    Heading,
    /// The name of a failure.
    Failure,
    /// All is well.
    Fine,
    /// The name of a field.
    Label,
    /// Something to type.
    Command,
    /// Of less weight: frame numbers and times.
    Faint,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Role::Plain => Style::new(),
            Role::Heading => Style::new().bold(),
            Role::Failure => AnsiColor::Red.on_default().bold(),
            Role::Fine => AnsiColor::Green.on_default().bold(),
            Role::Label => AnsiColor::Cyan.on_default(),
            Role::Command => AnsiColor::Green.on_default(),
            Role::Faint => Style::new().dimmed(),
        }
    }
}

/// A page that grows line by line.
#[derive(Debug)]
pub struct Page {
    text: String,
    width: usize,
    colour: bool,
}

/// Where the text of a labelled line begins.
pub const LABELLED: usize = 14;

impl Page {
    /// An empty page that is `width` columns wide (never less than 40).
    pub fn new(width: usize, colour: bool) -> Page {
        Page { text: String::new(), width: width.max(40), colour }
    }

    /// All lines.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The columns of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// One line of pieces, side by side. The caller sees to it that they fit.
    pub fn line(&mut self, pieces: &[(Role, &str)]) {
        let mut line = String::new();
        for (role, piece) in pieces {
            self.paint(&mut line, *role, piece);
        }
        self.text.push_str(line.trim_end().replace(TIED, " ").as_str());
        self.text.push('\n');
    }

    /// A paragraph, wrapped: `first` before its first line, spaces as wide before the others.
    pub fn paragraph(&mut self, first: &str, role: Role, text: &str) {
        let indent = first.width();
        for (index, part) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let before = if index == 0 { first.to_owned() } else { " ".repeat(indent) };
            self.line(&[(Role::Plain, &before), (role, part)]);
        }
    }

    /// A name and what is to be said of it, wrapped beside it.
    pub fn labelled(&mut self, label: &str, text: &str) {
        let label = format!("   {label:<width$}", width = LABELLED - 3);
        let below = " ".repeat(LABELLED);
        for (index, part) in wrap(text, self.width.saturating_sub(LABELLED)).iter().enumerate() {
            let before = if index == 0 { label.as_str() } else { below.as_str() };
            self.line(&[(Role::Label, before), (Role::Plain, part)]);
        }
    }

    /// A name and a line of a table beside it.
    pub fn labelled_as_is(&mut self, label: &str, line: &str) {
        let label = format!("   {label:<width$}", width = LABELLED - 3);
        self.line(&[(Role::Label, &label), (Role::Plain, line)]);
    }

    /// `left` and, at the other edge, `right`; below each other when they do not fit side by side.
    pub fn edges(&mut self, left: &[(Role, &str)], right: &str) {
        if right.is_empty() {
            return self.wrapped_pieces(left);
        }
        let used: usize = left.iter().map(|(_, piece)| piece.width()).sum();
        let room = self.width.saturating_sub(used);
        if room >= right.width() + 2 {
            let gap = " ".repeat(room - right.width());
            let mut pieces = left.to_vec();
            pieces.extend([(Role::Plain, gap.as_str()), (Role::Plain, right)]);
            self.line(&pieces);
            return;
        }
        let before: usize = left.iter().rev().skip(1).map(|(_, piece)| piece.width()).sum();
        let last = left.last().map_or("", |(_, piece)| piece);
        let parts = wrap(last, self.width.saturating_sub(before));
        self.wrapped_pieces(left);
        let indent = if parts.len() == 1 { before } else { before.min(3) };
        let used = indent + parts.last().map_or(0, |part| part.width());
        if used + 2 + right.width() > self.width {
            return self.paragraph("   ", Role::Plain, right);
        }
        // The last line of the left side has room for the right side.
        self.text.pop();
        let gap = " ".repeat(self.width - used - right.width());
        self.line(&[(Role::Plain, &gap), (Role::Plain, right)]);
    }

    /// A command, broken only where a shell lets it be broken, so that it can still be pasted.
    pub fn command(&mut self, command: &str) {
        let lines = break_command(command, self.width.saturating_sub(8));
        for (index, part) in lines.iter().enumerate() {
            let before = if index == 0 { "     $ " } else { "         " };
            let end = if index + 1 < lines.len() { " \\" } else { "" };
            self.line(&[(Role::Faint, before), (Role::Command, part), (Role::Command, end)]);
        }
    }

    /// Pieces of which the last one may be too long for the line.
    fn wrapped_pieces(&mut self, pieces: &[(Role, &str)]) {
        let Some(((role, last), before)) = pieces.split_last() else { return };
        let indent: usize = before.iter().map(|(_, piece)| piece.width()).sum();
        for (index, part) in wrap(last, self.width.saturating_sub(indent)).iter().enumerate() {
            let mut line = if index == 0 { before.to_vec() } else { Vec::new() };
            let spaces = " ".repeat(if index == 0 { 0 } else { indent.min(3) });
            line.push((Role::Plain, &spaces));
            line.push((*role, part));
            self.line(&line);
        }
    }

    fn paint(&self, line: &mut String, role: Role, text: &str) {
        let style = role.style();
        if !self.colour || style.is_plain() || text.trim().is_empty() {
            line.push_str(text);
            return;
        }
        // The style ends before trailing spaces, so that these can be cut off.
        let visible = text.trim_end();
        line.push_str(&format!("{style}{visible}{style:#}"));
        line.push_str(text.get(visible.len()..).unwrap_or_default());
    }
}

/// `text` in lines of at most `width` columns, broken at spaces, or anywhere in a word that is longer than a line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            let mut bytes = [0; 4];
            if line.width() + character.encode_utf8(&mut bytes).width() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A shell command in lines, broken at spaces outside quotes; a part that has none may be longer than `width`.
fn break_command(command: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in shell_words(command) {
        // Two more columns for the backslash at the end.
        if !line.is_empty() && line.width() + 1 + word.width() + 2 > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// The parts between the spaces that stand outside quotes. A `#` begins a comment, which cannot be broken.
fn shell_words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut quote = None;
    let mut escaped = false;
    for (index, character) in command.char_indices() {
        let skip = std::mem::take(&mut escaped);
        match (quote, character) {
            _ if skip => {}
            (Some('"') | None, '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '#') if index == start => {
                words.push(command.get(index..).unwrap_or_default());
                return words;
            }
            (None, ' ') => {
                words.extend(command.get(start..index).filter(|word| !word.is_empty()));
                start = index + 1;
            }
            _ => {}
        }
    }
    words.extend(command.get(start..).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three four", 10), ["one two", "three four"]);
        assert_eq!(wrap("aaaaaaaaaaaaaaa bb", 10), ["aaaaaaaaaa", "aaaaa bb"]);
        assert_eq!(wrap("", 10), [""]);
        assert!(wrap(&"wide 例え".repeat(50), 20).iter().all(|line| line.width() <= 20));
    }

    #[test]
    fn commands_break_only_outside_quotes() {
        let command = "sudo tcpdump -i any -w /tmp/a.pcap 'host 10.0.0.1 and tcp port 80'";
        assert_eq!(
            break_command(command, 40),
            ["sudo tcpdump -i any -w /tmp/a.pcap", "'host 10.0.0.1 and tcp port 80'"]
        );
        assert_eq!(shell_words("a \"b c\" d\\ e # f g"), ["a", "\"b c\"", "d\\ e", "# f g"]);
    }

    #[test]
    fn colours_come_only_when_asked_for() {
        let text = |colour| {
            let mut page = Page::new(80, colour);
            page.line(&[(Role::Failure, "reset  "), (Role::Plain, "x")]);
            page.into_text()
        };
        assert_eq!(text(false), "reset  x\n");
        assert_eq!(text(true), "\x1b[1m\x1b[31mreset\x1b[0m  x\n");
    }

    #[test]
    fn a_left_side_that_just_fits_leaves_no_room_for_the_right_one() {
        let mut page = Page::new(40, false);
        page.edges(&[(Role::Plain, "1. reset: "), (Role::Heading, "a heading of thirty columns in")], "once");
        assert_eq!(page.into_text(), "1. reset: a heading of thirty columns in\n   once\n");
    }

    #[test]
    fn edges_go_below_each_other_when_the_line_is_full() {
        let mut page = Page::new(40, false);
        page.edges(&[(Role::Plain, "1. "), (Role::Heading, "short")], "3 times");
        page.edges(
            &[(Role::Plain, "2. "), (Role::Heading, "a heading that needs more than one whole line")],
            "3 times",
        );
        assert_eq!(
            page.into_text(),
            "1. short                         3 times\n2. a heading that needs more than one\n   whole line                    3 times\n"
        );
    }
}
