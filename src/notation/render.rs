//! Scripts, and single segments of them, as text.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::decode::Flags;
use crate::notation::{
    Declaration, Direction, Event, IcmpKind, IcmpLine, OptionWord, Reporter, Role, Script, SegmentLine, Step,
};
use crate::short::Short;
use crate::time::SECOND;

/// The letters of the flags but ACK, in the order in which they are written.
pub(super) const LETTERS: [(char, u8); 7] = [
    ('F', Flags::FIN),
    ('S', Flags::SYN),
    ('R', Flags::RST),
    ('P', Flags::PSH),
    ('U', Flags::URG),
    ('E', Flags::ECE),
    ('W', Flags::CWR),
];

/// A segment as evidence shows it: `F. 41:41(0) ack 34`.
pub fn render_segment(flags: Flags, sequence: u32, length: u32, acknowledgment: Option<u32>) -> Short {
    let mut text = Short::new();
    for (letter, mask) in LETTERS {
        if flags.has(mask) {
            text.add_ascii(&[letter as u8]);
        }
    }
    if flags.has(Flags::ACK) {
        text.add(".");
    }
    if flags.0 == 0 {
        text.add("-");
    }
    text.add(" ").add_number(sequence.into()).add(":").add_number(sequence.wrapping_add(length).into());
    text.add("(").add_number(length.into()).add(")");
    if let Some(acknowledgment) = acknowledgment {
        text.add(" ack ").add_number(acknowledgment.into());
    }
    text
}

/// A script as [`parse`](crate::notation::parse()) reads it.
pub fn render(script: &Script) -> String {
    let mut text = String::new();
    for declaration in &script.declarations {
        declare(&mut text, declaration);
    }
    for step in &script.steps {
        line(&mut text, step);
    }
    text
}

// Writing into a string cannot fail, so the results of `write!` below are of no use.

fn declare(text: &mut String, declaration: &Declaration) {
    text.push_str(match declaration.role {
        Role::Client => "client",
        Role::Server => "server",
    });
    if declaration.connection != 1 {
        let _ = write!(text, "[{}]", declaration.connection);
    }
    let _ = writeln!(text, " {}", SocketAddr::new(declaration.end.ip, declaration.end.port));
}

fn line(text: &mut String, step: &Step) {
    if step.event == Event::Quiet {
        text.push_str("wait ");
        seconds(text, step.after);
        text.push('\n');
        return;
    }
    text.push('+');
    seconds(text, step.after);
    text.push(' ');
    if step.connection != 1 {
        let _ = write!(text, "[{}] ", step.connection);
    }
    match &step.event {
        Event::Segment(line) => segment_line(text, line),
        Event::Icmp(line) => icmp_line(text, line),
        Event::Quiet => {}
    }
    text.push('\n');
}

/// `0`, `3`, `.02`, `1.5`
fn seconds(text: &mut String, nanoseconds: u64) {
    let (whole, part) = (nanoseconds / SECOND, nanoseconds % SECOND);
    if part == 0 {
        let _ = write!(text, "{whole}");
        return;
    }
    if whole != 0 {
        let _ = write!(text, "{whole}");
    }
    let digits = format!("{part:09}");
    let _ = write!(text, ".{}", digits.trim_end_matches('0'));
}

fn direction(text: &mut String, direction: Direction) {
    text.push_str(match direction {
        Direction::ToServer => "> ",
        Direction::ToClient => "< ",
    });
}

fn segment_line(text: &mut String, line: &SegmentLine) {
    direction(text, line.direction);
    text.push_str(render_segment(line.flags, line.sequence, line.length, line.acknowledgment).as_str());
    if let Some(window) = line.window {
        let _ = write!(text, " win {window}");
    }
    if let Some(options) = &line.options {
        text.push_str(" <");
        for (at, option) in options.iter().enumerate() {
            if at != 0 {
                text.push(',');
            }
            option_word(text, option);
        }
        text.push('>');
    }
    if let Some(ttl) = line.ttl {
        let _ = write!(text, " ttl {ttl}");
    }
    if let Some(id) = line.id {
        let _ = write!(text, " id {id}");
    }
    if line.dont_fragment {
        text.push_str(" df");
    }
    if !line.payload.is_empty() {
        text.push(' ');
        quoted(text, &line.payload);
    }
}

fn option_word(text: &mut String, option: &OptionWord) {
    let _ = match option {
        OptionWord::Mss(size) => write!(text, "mss {size}"),
        OptionWord::WindowScale(shift) => write!(text, "wscale {shift}"),
        OptionWord::SackPermitted => write!(text, "sackOK"),
        OptionWord::Timestamps(value, echo) => write!(text, "TS val {value} ecr {echo}"),
        OptionWord::Md5 => write!(text, "md5"),
        OptionWord::DataFin => write!(text, "mptcp fin"),
        OptionWord::Multipath(subtype) => write!(text, "mptcp {subtype}"),
        OptionWord::Nop => write!(text, "nop"),
        OptionWord::End => write!(text, "eol"),
        OptionWord::Sack(blocks) => {
            text.push_str("sack");
            blocks.iter().try_for_each(|(from, to)| write!(text, " {from}:{to}"))
        }
        OptionWord::FastOpen(cookie) => {
            text.push_str("FO");
            hex(text, cookie)
        }
        OptionWord::FastOpenExperimental(cookie) => {
            text.push_str("FOC");
            hex(text, cookie)
        }
    };
}

fn hex(text: &mut String, bytes: &[u8]) -> std::fmt::Result {
    if !bytes.is_empty() {
        text.push(' ');
    }
    bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
}

fn quoted(text: &mut String, payload: &[u8]) {
    text.push('"');
    for &byte in payload {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push('"');
}

fn icmp_line(text: &mut String, line: &IcmpLine) {
    direction(text, line.direction);
    let _ = match line.kind {
        IcmpKind::Named(name) => write!(text, "icmp {name} "),
        IcmpKind::V4(kind, code) => write!(text, "icmp {kind}/{code} "),
        IcmpKind::V6(kind, code) => write!(text, "icmp6 {kind}/{code} "),
    };
    if let Some(mtu) = line.mtu {
        let _ = write!(text, "mtu {mtu} ");
    }
    let _ = match line.from {
        Some(Reporter::Address(ip)) => write!(text, "from {ip} "),
        Some(Reporter::Itself) => write!(text, "from itself "),
        None => Ok(()),
    };
    text.push_str(render_segment(line.flags, line.sequence, line.length, line.acknowledgment).as_str());
}
