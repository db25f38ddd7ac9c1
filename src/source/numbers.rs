//! Which frame of which file, in the 40 bits that are kept of it: 8 for the place where it was captured, and 32 for its number.
//!
//! Files that were captured side by side are places of their own: then 8 bits tell the file, and the 32 are the frame's. Where each
//! begins as another ends, they are one capture, cut into files, and one place: the upper bits of the number tell the file, and what
//! is left is the frame's, of which the last stands for all further ones. So do those of so many files side by side that 8 bits are
//! too few.

use super::RawFrame;

/// The place of a capture that was cut into files, and that of the first file.
const FIRST: u16 = 0;
/// The place of all files for which there is no number.
const REST: u16 = u8::MAX as u16;

/// How many bits of a number are the frame's.
fn room(inputs: usize) -> u32 {
    u32::BITS - (usize::BITS - inputs.saturating_sub(1).leading_zeros()).min(u32::BITS - 1)
}

fn last(inputs: usize) -> u64 {
    (1 << room(inputs)) - 1
}

/// Gives a frame of one of `inputs` files the place and the number that are kept of it.
pub fn pack(frame: &mut RawFrame, inputs: usize, side_by_side: bool) {
    let place = if side_by_side { frame.input.min(REST) } else { FIRST };
    if place == FIRST || place == REST {
        frame.number = u64::from(frame.input) << room(inputs) | frame.number.min(last(inputs));
    }
    frame.input = place;
}

/// The number of a frame in its file, and the file, of what was kept.
pub fn unpack(number: u64, place: u16, inputs: usize) -> (u64, u16) {
    if inputs > 1 && (place == FIRST || place == REST) {
        return (number & last(inputs), (number >> room(inputs)) as u16);
    }
    (number, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn every_file_is_known_by_what_is_kept() {
        for inputs in [2, 3, 255, 256, 257, 300, 1024, 5000, 65_536] {
            for (input, side_by_side) in (0..inputs).flat_map(|input| [(input as u16, false), (input as u16, true)]) {
                let own = side_by_side && (1..REST).contains(&input);
                let most = if own { u32::MAX.into() } else { last(inputs) };
                for number in [1, 5000, most, most + 1] {
                    let mut frame = RawFrame { time: Time(0), number, offset: 0, captured: 0, wire: 0, link: 1, input };
                    pack(&mut frame, inputs, side_by_side);
                    let kept = frame.number.min(u32::MAX.into());
                    assert!(frame.input <= REST && (side_by_side || frame.input == FIRST));
                    assert_eq!(unpack(kept, frame.input, inputs), (number.min(most), input), "of {inputs}");
                }
            }
        }
        assert_eq!(unpack(7, 0, 1), (7, 0));
    }
}
