//! Which frame of which file, in the 32 bits that are kept of a frame's number: of several files, the upper bits tell the file, and
//! what is left is the frame's, of which the last stands for all further ones.

use super::RawFrame;

/// How many bits of a number are the frame's.
fn room(inputs: usize) -> u32 {
    u32::BITS - (usize::BITS - inputs.saturating_sub(1).leading_zeros()).min(u32::BITS - 1)
}

fn last(inputs: usize) -> u64 {
    (1 << room(inputs)) - 1
}

/// Gives a frame of one of several files the number that is kept of it.
pub fn pack(frame: &mut RawFrame, inputs: usize) {
    frame.number = u64::from(frame.input) << room(inputs) | frame.number.min(last(inputs));
}

/// The number of a frame in its file, and the file, of what was kept.
pub fn unpack(number: u64, inputs: usize) -> (u64, u16) {
    if inputs > 1 { (number & last(inputs), (number >> room(inputs)) as u16) } else { (number, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn every_file_is_known_by_what_is_kept() {
        for inputs in [2, 3, 255, 256, 257, 300, 1024, 5000, 65_536] {
            for input in 0..inputs {
                for number in [1, 5000, last(inputs), last(inputs) + 1] {
                    let input = input as u16;
                    let mut frame = RawFrame { time: Time(0), number, offset: 0, captured: 0, wire: 0, link: 1, input };
                    pack(&mut frame, inputs);
                    let kept = frame.number.min(u32::MAX.into());
                    assert_eq!(unpack(kept, inputs), (number.min(last(inputs)), input), "of {inputs}");
                }
            }
        }
        assert_eq!(unpack(7, 1), (7, 0));
    }
}
