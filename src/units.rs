//! Numbers and spans of time as people read them.

use crate::time::{MILLISECOND, SECOND, Time};

/// Stands between a number and its unit, so that no line ends between them; a page shows it as a space.
pub const TIED: char = '\u{a0}';

const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 packet`, `1,234 packets`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{}{TIED}{}", count(number), if number == 1 { one } else { many })
}

/// `0.041 ms`, `53.12 ms`, `1.003 s`, `2 min 14 s`, `3 h 5 min`, `2 d 3 h`.
pub fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0 => format!("0{TIED}s"),
        1..SECOND => format!("{}{TIED}ms", decimal(nanoseconds, MILLISECOND)),
        SECOND..MINUTE => format!("{}{TIED}s", decimal(nanoseconds, SECOND)),
        MINUTE..HOUR => two(nanoseconds, MINUTE, "min", SECOND, "s"),
        HOUR..DAY => two(nanoseconds, HOUR, "h", MINUTE, "min"),
        DAY.. => two(nanoseconds, DAY, "d", HOUR, "h"),
    }
}

/// Up to three decimals, no more than four digits that matter, no zeros at the end.
fn decimal(nanoseconds: u64, unit: u64) -> String {
    let value = nanoseconds as f64 / unit as f64;
    let decimals = if value < 10.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        1
    };
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn two(nanoseconds: u64, big: u64, big_name: &str, small: u64, small_name: &str) -> String {
    let (whole, rest) = (nanoseconds / big, nanoseconds % big / small);
    if rest == 0 {
        return format!("{whole}{TIED}{big_name}");
    }
    format!("{whole}{TIED}{big_name}{TIED}{rest}{TIED}{small_name}")
}

/// The date of a time in UTC, `2026-11-22`.
pub fn date(time: Time) -> String {
    time.to_rfc3339(0).as_str().get(..10).unwrap_or_default().to_owned()
}

/// The time of the day in UTC with `digits` fractional digits, `06:16:55.359`.
pub fn clock(time: Time, digits: u8) -> String {
    time.to_rfc3339(digits).as_str().get(11..).unwrap_or_default().trim_end_matches('Z').to_owned()
}

/// Seconds with `digits` (up to 9) fractional digits, `1.003100`.
pub fn seconds(nanoseconds: u64, digits: u8) -> String {
    let digits = usize::from(digits.min(9));
    let fraction = format!("{:09}", nanoseconds % SECOND);
    match fraction.get(..digits) {
        None | Some("") => format!("{}", nanoseconds / SECOND),
        Some(fraction) => format!("{}.{fraction}", nanoseconds / SECOND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "packet", "packets"), "1\u{a0}packet");
        assert_eq!(counted(0, "packet", "packets"), "0\u{a0}packets");
    }

    #[test]
    fn spans_have_the_unit_that_fits() {
        let shown = |nanoseconds| duration(nanoseconds).replace(TIED, " ");
        assert_eq!(shown(41_000), "0.041 ms");
        assert_eq!(shown(53_123_456), "53.12 ms");
        assert_eq!(shown(1_003_100_000), "1.003 s");
        assert_eq!(shown(30 * SECOND), "30 s");
        assert_eq!(shown(134 * SECOND), "2 min 14 s");
        assert_eq!(shown(HOUR), "1 h");
        assert_eq!(shown(u64::MAX), "213503 d 23 h");
    }

    #[test]
    fn the_clock_is_that_of_utc() {
        let time = Time(1_790_057_815_359_084_123);
        assert_eq!((date(time).as_str(), clock(time, 3).as_str()), ("2026-09-22", "06:16:55.359"));
        assert_eq!(seconds(1_003_100_000, 6), "1.003100");
        assert_eq!(seconds(1_003_100_000, 0), "1");
    }
}
