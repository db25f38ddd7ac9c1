//! Reads scripts.

use std::net::SocketAddr;

use crate::decode::{End, Flags};
use crate::notation::render::LETTERS;
use crate::notation::words::{Rest, Words, hex, number, without_comment};
use crate::notation::{
    Declaration, Direction, Event, IcmpKind, IcmpLine, OptionWord, ParseError, Reporter, Role, Script, SegmentLine,
    Step,
};
use crate::time::SECOND;

/// Reads a script; the first line that cannot be read is the error.
pub fn parse(text: &str) -> Result<Script, ParseError> {
    let mut script = Script::default();
    for (at, text) in text.lines().enumerate() {
        line(text, &mut script).map_err(|message| ParseError { line: at + 1, message })?;
    }
    Ok(script)
}

fn line(text: &str, script: &mut Script) -> Words<()> {
    let mut rest = Rest(without_comment(text).trim());
    if rest.0.is_empty() {
        return Ok(());
    }
    if let Some(role) = rest.role() {
        script.declarations.push(declaration(role, &mut rest)?);
    } else {
        script.steps.push(step(&mut rest)?);
    }
    rest.end()
}

fn declaration(role: Role, rest: &mut Rest<'_>) -> Words<Declaration> {
    let connection = rest.connection()?;
    let word = rest.word("an address and port, such as 10.0.0.1:34186")?;
    let socket: SocketAddr = word.parse().map_err(|_| format!("`{word}` is no address and port"))?;
    Ok(Declaration { role, connection, end: End { ip: socket.ip(), port: socket.port() } })
}

fn step(rest: &mut Rest<'_>) -> Words<Step> {
    if rest.keyword("wait") || rest.keyword("end") {
        let word = rest.word("a number of seconds")?;
        let after = seconds(word.strip_prefix('+').unwrap_or(word))?;
        return Ok(Step { after, connection: 1, event: Event::Quiet });
    }
    let word = rest.word("a time")?;
    let Some(time) = word.strip_prefix('+') else {
        return Err(format!("`{word}`: a line begins with a time such as +.02, `wait`, `client` or `server`"));
    };
    let after = seconds(time)?;
    let connection = rest.connection()?;
    let direction = match rest.word("a direction, > or <")? {
        ">" => Direction::ToServer,
        "<" => Direction::ToClient,
        other => return Err(format!("`{other}` is no direction: > goes to the server, < to the client")),
    };
    let event = if rest.keyword("icmp") {
        Event::Icmp(icmp_line(direction, icmp_kind(rest, false)?, rest)?)
    } else if rest.keyword("icmp6") {
        Event::Icmp(icmp_line(direction, icmp_kind(rest, true)?, rest)?)
    } else {
        Event::Segment(segment_line(direction, rest)?)
    };
    Ok(Step { after, connection, event })
}

/// Nanoseconds of `0`, `3`, `.02` or `1.5`.
fn seconds(word: &str) -> Words<u64> {
    let bad = || format!("`{word}` is no number of seconds");
    let (whole, part) = word.split_once('.').unwrap_or((word, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.is_empty() || part.len() > 9 {
        return Err(bad());
    }
    let whole: u64 = if whole.is_empty() && word.starts_with('.') { 0 } else { whole.parse().map_err(|_| bad())? };
    let part: u64 = format!("{part:0<9}").parse().map_err(|_| bad())?;
    whole.checked_mul(SECOND).and_then(|whole| whole.checked_add(part)).ok_or_else(bad)
}

fn icmp_kind(rest: &mut Rest<'_>, ipv6: bool) -> Words<IcmpKind> {
    let word = rest.word("an ICMP error")?;
    if let Some((kind, code)) = word.split_once('/') {
        let (kind, code) = (number(kind)?, number(code)?);
        return match kind {
            1..=4 if ipv6 => Ok(IcmpKind::V6(kind, code)),
            3 | 4 | 11 | 12 if !ipv6 => Ok(IcmpKind::V4(kind, code)),
            _ => Err(format!("type {kind} reports no error in {}", if ipv6 { "ICMPv6" } else { "ICMP" })),
        };
    }
    IcmpKind::named(word).ok_or_else(|| {
        let names: Vec<&str> = IcmpKind::names().collect();
        format!("`{word}` is no ICMP error; TYPE/CODE, or one of {}", names.join(", "))
    })
}

fn icmp_line(direction: Direction, kind: IcmpKind, rest: &mut Rest<'_>) -> Words<IcmpLine> {
    let mut mtu = None;
    let mut from: Option<Reporter> = None;
    loop {
        if rest.keyword("mtu") {
            mtu = Some(number(rest.word("an MTU")?)?);
        } else if rest.keyword("from") {
            let word = rest.word("an address")?;
            from = Some(match word {
                "itself" => Reporter::Itself,
                _ => Reporter::Address(word.parse().map_err(|_| format!("`{word}` is no address"))?),
            });
        } else {
            break;
        }
    }
    let flags = flags(rest.word("the flags of the quoted segment")?)?;
    let (sequence, length) = range(rest.word("the range of the quoted segment")?)?;
    let acknowledgment = if rest.keyword("ack") { Some(number(rest.word("a number")?)?) } else { None };
    Ok(IcmpLine { direction, kind, mtu, from, flags, sequence, length, acknowledgment })
}

fn segment_line(direction: Direction, rest: &mut Rest<'_>) -> Words<SegmentLine> {
    let flags = flags(rest.word("flags")?)?;
    let (sequence, length) = range(rest.word("a range, such as 1:19(18)")?)?;
    let mut line = SegmentLine {
        direction,
        flags,
        sequence,
        length,
        acknowledgment: None,
        window: None,
        options: None,
        ttl: None,
        id: None,
        dont_fragment: false,
        payload: Vec::new(),
    };
    loop {
        if rest.keyword("ack") {
            line.acknowledgment = Some(number(rest.word("a number")?)?);
        } else if rest.keyword("win") {
            line.window = Some(number(rest.word("a number")?)?);
        } else if rest.keyword("ttl") {
            line.ttl = Some(number(rest.word("a number")?)?);
        } else if rest.keyword("id") {
            line.id = Some(number(rest.word("a number")?)?);
        } else if rest.keyword("df") {
            line.dont_fragment = true;
        } else if let Some(list) = rest.between('<', '>')? {
            line.options = Some(options(list)?);
        } else if let Some(payload) = rest.quoted()? {
            line.payload = payload;
        } else {
            break;
        }
    }
    if flags.has(Flags::ACK) && line.acknowledgment.is_none() {
        return Err("the flags acknowledge, but there is no `ack`".into());
    }
    if line.payload.len() > length as usize {
        return Err(format!("the text has {} bytes, the segment {length}", line.payload.len()));
    }
    Ok(line)
}

fn flags(word: &str) -> Words<Flags> {
    if word == "-" {
        return Ok(Flags(0));
    }
    let mut flags = 0;
    for letter in word.chars() {
        let mask = match LETTERS.iter().find(|(known, _)| *known == letter) {
            Some((_, mask)) => *mask,
            None if letter == '.' => Flags::ACK,
            None => return Err(format!("`{letter}` is no flag; F S R P U E W and . for ACK are")),
        };
        if flags & mask != 0 {
            return Err(format!("`{letter}` stands twice in the flags"));
        }
        flags |= mask;
    }
    Ok(Flags(flags))
}

/// Sequence number and length of `from:to(length)`.
fn range(word: &str) -> Words<(u32, u32)> {
    let parts = || {
        let (from, rest) = word.split_once(':')?;
        let (to, length) = rest.strip_suffix(')')?.split_once('(')?;
        Some((from.parse::<u32>().ok()?, to.parse::<u32>().ok()?, length.parse::<u32>().ok()?))
    };
    let (from, to, length) = parts().ok_or_else(|| format!("`{word}` is no range, such as 1:19(18)"))?;
    if from.wrapping_add(length) != to {
        return Err(format!("`{word}`: {from} and {length} make {}", from.wrapping_add(length)));
    }
    // RFC 791: an IP packet holds no more, headers included.
    if length > 65_000 {
        return Err(format!("`{word}`: a segment has 65000 bytes at most"));
    }
    Ok((from, length))
}

fn options(list: &str) -> Words<Vec<OptionWord>> {
    if list.trim().is_empty() {
        return Ok(Vec::new());
    }
    let options = list.split(',').map(|text| option_word(text.trim())).collect::<Words<Vec<_>>>()?;
    let length: usize = options.iter().map(OptionWord::length).sum();
    if length > 40 {
        return Err(format!("the options take {length} bytes; 40 is the most"));
    }
    Ok(options)
}

fn option_word(text: &str) -> Words<OptionWord> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["mss", size] => OptionWord::Mss(number(size)?),
        ["wscale", shift] => OptionWord::WindowScale(number(shift)?),
        ["sackOK"] => OptionWord::SackPermitted,
        ["TS", "val", value, "ecr", echo] => OptionWord::Timestamps(number(value)?, number(echo)?),
        ["md5"] => OptionWord::Md5,
        ["mptcp", "fin"] => OptionWord::DataFin,
        ["mptcp", subtype] => OptionWord::Multipath(number(subtype)?),
        ["nop"] => OptionWord::Nop,
        ["eol"] => OptionWord::End,
        ["FO"] => OptionWord::FastOpen(Vec::new()),
        ["FOC"] => OptionWord::FastOpenExperimental(Vec::new()),
        ["FO", cookie] => OptionWord::FastOpen(hex(cookie)?),
        ["FOC", cookie] => OptionWord::FastOpenExperimental(hex(cookie)?),
        ["sack", blocks @ ..] if !blocks.is_empty() => {
            let block = |word: &&str| {
                let (from, to) = word.split_once(':').ok_or_else(|| format!("`{word}` is no block, such as 5:9"))?;
                Ok((number(from)?, number(to)?))
            };
            OptionWord::Sack(blocks.iter().map(block).collect::<Words<_>>()?)
        }
        _ => return Err(format!("`{text}` is no TCP option that this notation knows")),
    })
}
