//! Plain text in 80 columns: titles, paragraphs, columns and commands, whatever they say.

/// The columns of a page.
pub const WIDTH: usize = 80;

/// A page that is being written.
pub struct Text {
    out: String,
}

impl Text {
    /// An empty page.
    pub fn new() -> Self {
        Text { out: String::new() }
    }

    /// The page.
    pub fn done(self) -> String {
        self.out
    }

    /// A line, without spaces at its end.
    pub fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// An empty line, unless there is one.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// The heading of the page, underlined.
    pub fn title(&mut self, title: &str) {
        let lines = wrap(title, WIDTH);
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        for line in lines {
            self.line(&line);
        }
        self.line(&"=".repeat(longest));
    }

    /// The heading of a part.
    pub fn heading(&mut self, heading: &str) {
        self.gap();
        self.line(heading);
    }

    /// A part: a heading and paragraphs, which empty lines divide.
    pub fn section(&mut self, heading: &str, text: &str) {
        self.heading(heading);
        for (number, paragraph) in text.split("\n\n").enumerate() {
            if number > 0 {
                self.gap();
            }
            self.paragraph(2, paragraph);
        }
    }

    /// A paragraph, indented.
    pub fn paragraph(&mut self, indent: usize, text: &str) {
        for line in wrap(text, WIDTH - indent) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    /// A paragraph with something in front of its first line.
    pub fn item(&mut self, mark: &str, text: &str) {
        let mut lines = wrap(&format!("{mark}{text}"), WIDTH - 2).into_iter();
        if let Some(first) = lines.next() {
            self.line(&format!("  {first}"));
        }
        let rest: Vec<_> = lines.collect();
        self.paragraph(5, &rest.join(" "));
    }

    /// A name in its column and what it is beside it.
    pub fn entry(&mut self, name: &str, text: &str) {
        const COLUMN: usize = 25;
        for (number, line) in wrap(text, WIDTH - COLUMN - 2).into_iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.line(&format!("  {name:<COLUMN$}{line}"));
        }
    }

    /// Lines as they are.
    pub fn block(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&format!("  {line}"));
        }
    }
}

/// Lines of at most this many characters, broken at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A command on several lines so that it can still be pasted: the shell needs a backslash before a line break, but not
/// within single quotes, where tcpdump and ss take a line break for a space.
pub fn fold_command(command: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut quoted = false;
    for word in command.split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > width {
            if !quoted {
                line.push_str(" \\");
            }
            lines.push(std::mem::replace(&mut line, "   ".to_string()));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        quoted ^= word.matches('\'').count() % 2 == 1;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_commands_can_be_pasted() {
        let folded = fold_command("tcpdump -ni any 'host 10.0.0.1 and tcp port 80' -w file", 24);
        assert_eq!(folded, "tcpdump -ni any 'host\n    10.0.0.1 and tcp\n    port 80' -w file");
        let folded = fold_command("iptables -t mangle -A FORWARD -p tcp", 24);
        assert_eq!(folded, "iptables -t mangle -A \\\n    FORWARD -p tcp");
    }
}
