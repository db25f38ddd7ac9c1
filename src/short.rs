//! Short texts that need no memory of their own: numbers, addresses and times, written without the machinery of
//! `format!`, which costs more than all else of a finding.

use std::fmt::{self, Write};
use std::net::IpAddr;

/// The longest text here is an IPv6 address in brackets with a port: 53 bytes.
const ROOM: usize = 64;

/// A short text. What does not fit is left out, but nothing that is written here is that long.
#[derive(Clone, Copy)]
pub struct Short {
    bytes: [u8; ROOM],
    length: usize,
}

impl Short {
    /// Nothing yet.
    pub fn new() -> Short {
        Short { bytes: [0; ROOM], length: 0 }
    }

    /// The first `length` of these ASCII characters.
    #[inline]
    pub fn ascii<const MOST: usize>(characters: [u8; MOST], length: usize) -> Short {
        const { assert!(MOST <= ROOM) };
        let mut bytes = [0; ROOM];
        bytes[..MOST].copy_from_slice(&characters);
        Short { bytes, length: length.min(MOST) }
    }

    /// A number.
    pub fn number(number: u64) -> Short {
        let mut text = Short::new();
        text.add_number(number);
        text
    }

    /// An address.
    pub fn ip(ip: IpAddr) -> Short {
        let mut text = Short::new();
        text.add_ip(ip);
        text
    }

    /// An address and a port as people write them: IPv6 in brackets.
    pub fn end(ip: IpAddr, port: u16) -> Short {
        let mut text = Short::new();
        match ip {
            IpAddr::V4(_) => text.add_ip(ip),
            IpAddr::V6(_) => text.add("[").add_ip(ip).add("]"),
        };
        text.add(":").add_number(port.into());
        text
    }

    /// Adds a text.
    #[inline]
    pub fn add(&mut self, text: &str) -> &mut Short {
        self.push(text.as_bytes());
        self
    }

    /// Adds ASCII characters.
    pub fn add_ascii(&mut self, text: &[u8]) -> &mut Short {
        self.push(text);
        self
    }

    /// Adds a number.
    pub fn add_number(&mut self, number: u64) -> &mut Short {
        if number < 10 {
            self.push(&[digit(number)]);
            return self;
        }
        let (digits, first) = digits(number);
        self.push(digits.get(first..).unwrap_or_default());
        self
    }

    /// Adds a number in `DIGITS` digits.
    #[inline]
    pub fn add_digits<const DIGITS: usize>(&mut self, number: u64) -> &mut Short {
        let mut digits = [0; DIGITS];
        let mut rest = number;
        for place in digits.iter_mut().rev() {
            *place = digit(rest % 10);
            rest /= 10;
        }
        self.push(&digits);
        self
    }

    /// Adds a number in 16 hexadecimal digits.
    pub fn add_hexadecimal(&mut self, number: u64) -> &mut Short {
        let mut digits = [0; 16];
        let mut rest = number;
        for place in digits.iter_mut().rev() {
            *place = hexadecimal((rest & 0xf) as u16);
            rest >>= 4;
        }
        self.push(&digits);
        self
    }

    /// Adds an address.
    pub fn add_ip(&mut self, ip: IpAddr) -> &mut Short {
        match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                self.add_octet(a).add(".").add_octet(b).add(".").add_octet(c).add(".").add_octet(d)
            }
            IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
                Some(ip) => self.add("::ffff:").add_ip(IpAddr::V4(ip)),
                None => self.add_groups(ip.segments()),
            },
        }
    }

    /// The groups of an IPv6 address as in RFC 5952, section 4: the first of the longest rows of two zeros or more is
    /// left out.
    fn add_groups(&mut self, groups: [u16; 8]) -> &mut Short {
        let (mut start, mut zeros, mut row) = (0, 0, 0);
        for (at, group) in groups.iter().enumerate() {
            row = if *group == 0 { row + 1 } else { 0 };
            if row > zeros {
                (start, zeros) = (at + 1 - row, row);
            }
        }
        if zeros < 2 {
            return self.add_row(&groups);
        }
        let (before, from) = groups.split_at(start);
        self.add_row(before).add("::").add_row(from.get(zeros..).unwrap_or_default())
    }

    fn add_row(&mut self, groups: &[u16]) -> &mut Short {
        for (at, group) in groups.iter().enumerate() {
            if at > 0 {
                self.push(b":");
            }
            let digits = [group >> 12, group >> 8 & 0xf, group >> 4 & 0xf, group & 0xf].map(hexadecimal);
            let zeros = (group | 1).leading_zeros() as usize / 4;
            self.push(digits.get(zeros..).unwrap_or_default());
        }
        self
    }

    #[inline]
    fn add_octet(&mut self, octet: u8) -> &mut Short {
        let [length, digits @ ..] = OCTETS[usize::from(octet)];
        // All three are written, and what follows goes over those that are too many.
        if let Some(place) = self.bytes.get_mut(self.length..self.length + digits.len()) {
            place.copy_from_slice(&digits);
            self.length += usize::from(length);
        }
        self
    }

    /// Its bytes, which are UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    #[inline]
    fn push(&mut self, more: &[u8]) {
        let end = self.length + more.len();
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(more);
            self.length = end;
        }
    }
}

/// A number's digits, which begin at the place that is told beside them.
#[inline]
pub fn digits(number: u64) -> ([u8; 20], usize) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    let mut rest = number;
    while rest >= 10 && first >= 2 {
        let [tens, ones] = pair((rest % 100) as u8);
        digits[first - 2] = tens;
        digits[first - 1] = ones;
        first -= 2;
        rest /= 100;
    }
    if (rest > 0 || number == 0) && first > 0 {
        first -= 1;
        digits[first] = digit(rest);
    }
    (digits, first)
}

/// The two digits of a number below 100.
#[inline]
pub fn pair(value: u8) -> [u8; 2] {
    PAIRS.get(usize::from(value)).copied().unwrap_or([b'?'; 2])
}

static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value as usize] = [b'0' + value / 10, b'0' + value % 10];
        value += 1;
    }
    pairs
};

/// How many digits each byte has, and its digits from the left.
static OCTETS: [[u8; 4]; 256] = {
    let mut octets = [[0; 4]; 256];
    let mut at = 0;
    while at < 256 {
        let (hundreds, tens, ones) = ((at / 100) as u8, (at / 10 % 10) as u8, (at % 10) as u8);
        octets[at] = match (hundreds, tens) {
            (0, 0) => [1, b'0' + ones, 0, 0],
            (0, _) => [2, b'0' + tens, b'0' + ones, 0],
            _ => [3, b'0' + hundreds, b'0' + tens, b'0' + ones],
        };
        at += 1;
    }
    octets
};

fn digit(value: u64) -> u8 {
    b'0' + value as u8
}

fn hexadecimal(value: u16) -> u8 {
    if value < 10 { b'0' + value as u8 } else { b'a' - 10 + value as u8 }
}

impl Default for Short {
    fn default() -> Self {
        Short::new()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let before = self.length;
        self.push(text.as_bytes());
        if self.length - before == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

impl From<&str> for Short {
    fn from(text: &str) -> Short {
        let mut short = Short::new();
        short.add(text);
        short
    }
}

impl PartialEq for Short {
    fn eq(&self, other: &Short) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Short {}

impl fmt::Display for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv6Addr, SocketAddr};

    #[test]
    fn numbers_are_those_of_format() {
        let powers = (0..20).flat_map(|power| [10_u64.pow(power) - 1, 10_u64.pow(power), 10_u64.pow(power) + 1]);
        for number in (0..1000).chain(powers).chain([65_535, u64::from(u32::MAX), u64::MAX]) {
            assert_eq!(Short::number(number).as_str(), format!("{number}"));
        }
        assert_eq!(Short::new().add_hexadecimal(0xd807_1cd9_b156_e63e).as_str(), "d8071cd9b156e63e");
        assert_eq!(Short::new().add_digits::<4>(42).add_digits::<2>(7).as_str(), "004207");
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let addresses = ["0.0.0.0", "9.10.99.100", "255.255.255.255", "::", "::1", "2001:db8::1:0:0:1", "fe80::1"];
        let longest = Ipv6Addr::from([0xfdfd; 8]);
        let all = addresses.iter().map(|text| text.parse().expect("an address")).chain([IpAddr::V6(longest)]);
        let octets = (0..=255).map(|octet| IpAddr::from([octet, 1, octet, octet]));
        // Every pattern of zeros, with groups of one to four digits.
        let patterns = (0..=255_u32).flat_map(|pattern| {
            [0x1_u16, 0x20, 0x0abc, 0xffff].map(|group| {
                IpAddr::from(std::array::from_fn::<u16, 8, _>(|at| if pattern >> at & 1 == 0 { 0 } else { group }))
            })
        });
        for ip in all.chain(octets).chain(patterns) {
            assert_eq!(Short::ip(ip).as_str(), ip.to_string());
            assert_eq!(Short::end(ip, 65_535).to_string(), SocketAddr::new(ip, 65_535).to_string());
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut text = Short::new();
        text.add(&"x".repeat(ROOM));
        assert!(write!(text, "y").is_err());
        assert_eq!(text.add("y").as_str().len(), ROOM);
    }
}
