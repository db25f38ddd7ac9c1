//! Which frame of which file, in the 40 bits that are kept of it: 8 for the file, and 32 for the frame.
//!
//! Of very many files, as a capture leaves that begins a new one each minute, those from the 256th on share the last number; the
//! upper bits of the frame's tell them apart. They have as many frames less, the last of which stands for all that are further.

/// The number that very many files share.
const SHARED: u16 = u8::MAX as u16;

/// How many bits tell the files apart that share a number.
fn bits(inputs: usize) -> u32 {
    usize::BITS - inputs.saturating_sub(usize::from(SHARED) + 1).leading_zeros()
}

/// The number of a frame of one of `inputs` files, as it is kept.
pub fn pack(number: u64, input: u16, inputs: usize) -> u64 {
    let room = u32::BITS - bits(inputs);
    match input.checked_sub(SHARED) {
        Some(further) if room < u32::BITS => u64::from(further) << room | number.min((1 << room) - 1),
        Some(_) | None => number,
    }
}

/// The number of a frame in its file, and the file, of what was kept.
pub fn unpack(number: u64, input: u16, inputs: usize) -> (u64, u16) {
    let room = u32::BITS - bits(inputs);
    if input < SHARED || room == u32::BITS {
        return (number, input);
    }
    (number & ((1 << room) - 1), SHARED.saturating_add((number >> room) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_known_by_what_is_kept() {
        for inputs in [1, 255, 256, 257, 258, 300, 1279, 5000, 65_536] {
            for input in (0..inputs).map(|input| input as u16) {
                let most = if input < SHARED { u32::MAX } else { u32::MAX >> bits(inputs) };
                for number in [1, 5000, most.into()] {
                    let packed = pack(number, input, inputs);
                    assert!(packed <= u32::MAX.into());
                    assert_eq!(unpack(packed, input.min(SHARED), inputs), (number, input), "of {inputs}");
                }
                let beyond = unpack(pack(1 << 32, input, inputs).min(u32::MAX.into()), input.min(SHARED), inputs);
                assert_eq!(beyond, (most.into(), input));
            }
        }
    }
}
