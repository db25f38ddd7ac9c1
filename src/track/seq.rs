//! Sequence numbers: 32 bits that wrap (RFC 9293, section 3.4). Comparisons are those of Linux's `before()`/`after()`.

/// Does `a` stand before `b`? (`before()` in include/net/tcp.h)
pub fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// Does `a` stand behind `b`?
pub fn after(a: u32, b: u32) -> bool {
    before(b, a)
}

/// Is `low <= number <= high`, in sequence space? (`between()` in include/net/tcp.h)
pub fn between(number: u32, low: u32, high: u32) -> bool {
    high.wrapping_sub(low) >= number.wrapping_sub(low)
}

/// How far `b` stands behind `a`; 0 if it does not.
pub fn distance(a: u32, b: u32) -> u32 {
    if after(b, a) { b.wrapping_sub(a) } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_ordered_by_how_far_apart_they_are(
            base: u32,
            first in 0_u32..1 << 30,
            second in 0_u32..1 << 30,
            number in -(1_i64 << 30)..1 << 30,
        ) {
            let (a, b) = (base.wrapping_add(first), base.wrapping_add(second));
            prop_assert_eq!(before(a, b), first < second);
            prop_assert_eq!(after(a, b), first > second);
            prop_assert_eq!(distance(a, b), second.saturating_sub(first));
            let (low, high) = (first.min(second), first.max(second));
            let inside = i64::from(low) <= number && number <= i64::from(high);
            let at = |far: i64| base.wrapping_add(far as u32);
            prop_assert_eq!(between(at(number), at(low.into()), at(high.into())), inside);
        }
    }

    #[test]
    fn order_holds_across_the_wrap() {
        assert!(before(0xffff_fff0, 0x10));
        assert!(after(0x10, 0xffff_fff0));
        assert!(!before(7, 7) && !after(7, 7));
        assert!(between(2, 0xffff_fffe, 4));
        assert!(!between(5, 0xffff_fffe, 4));
        assert_eq!(distance(0xffff_ffff, 4), 5);
        assert_eq!(distance(4, 0xffff_ffff), 0);
    }
}
