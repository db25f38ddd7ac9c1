//! Two things that the processor does with one instruction and that safe Rust has no name for: the one place with `unsafe`
//! code.
//!
//! A tracker of millions of connections waits for memory more than it computes. A plain read brings a line near as well,
//! but the processor can run only so far ahead of a read that waits, while a prefetch is done with at once: on a capture
//! with 200,000 connections at a time that is a fifth of the whole time. Where there is no such instruction in stable
//! Rust, nothing is done, and only time is lost.
#![expect(unsafe_code, reason = "intrinsics")]

/// Brings the cache line near that `value` begins in.
#[inline(always)]
pub fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: PREFETCHT0 is a hint that reads nothing into a register, changes nothing in memory and never faults,
        // whatever the address; this one is that of a live reference. Every x86-64 processor has the instruction (SSE).
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Where `wanted` stands among `values`: the lowest bit is for the first of them.
#[inline(always)]
pub fn find(values: &[u32; 8], wanted: u32) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_castsi128_ps, _mm_cmpeq_epi32, _mm_movemask_ps, _mm_set_epi32, _mm_set1_epi32};
        let [a, b, c, d, e, f, g, h] = values.map(u32::cast_signed);
        // SAFETY: these take values, not pointers, and need SSE2, which every x86-64 processor has.
        unsafe {
            let wanted = _mm_set1_epi32(wanted.cast_signed());
            let first = _mm_cmpeq_epi32(_mm_set_epi32(d, c, b, a), wanted);
            let second = _mm_cmpeq_epi32(_mm_set_epi32(h, g, f, e), wanted);
            let bits = |four| _mm_movemask_ps(_mm_castsi128_ps(four)).cast_unsigned();
            bits(first) | bits(second) << 4
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    values.iter().enumerate().fold(0, |bits, (at, value)| bits | u32::from(*value == wanted) << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_found() {
        assert_eq!(find(&[0; 8], 1), 0);
        assert_eq!(find(&[0; 8], 0), 0xff);
        for at in 0..8 {
            let mut values = [u32::MAX, 2, 3, 4, 5, 6, 7, 8];
            values[at] = 9;
            assert_eq!(find(&values, 9), 1 << at);
            assert_eq!(find(&values, u32::MAX), u32::from(at != 0));
        }
    }

    #[test]
    fn to_prefetch_changes_nothing() {
        let values = vec![[7u64; 8]; 1000];
        values.iter().for_each(prefetch);
        prefetch(&());
        assert!(values.iter().all(|value| *value == [7; 8]));
    }
}
