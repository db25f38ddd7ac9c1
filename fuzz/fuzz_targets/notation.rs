//! Packet lines: what is read and written again reads the same; short packets also become frames.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::notation::{Event, Family, frames, parse, render};

fuzz_target!(|text: &str| {
    let Ok(script) = parse(text) else { return };
    let written = render(&script);
    assert_eq!(parse(&written).as_ref(), Ok(&script), "{written}");
    let short = |event: &Event| match event {
        Event::Segment(line) => line.length < 2000,
        Event::Icmp(line) => line.length < 2000,
        Event::Quiet => true,
    };
    if script.steps.iter().all(|step| short(&step.event)) {
        for family in [Family::V4, Family::V6] {
            assert_eq!(frames(&script, family).len(), script.steps.len());
        }
    }
});
