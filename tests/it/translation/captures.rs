//! The packets of a script as they are captured beside an address translation or a proxy.

use std::net::IpAddr;

use tcpwhy::decode::{End, Flags};
use tcpwhy::diagnose::{Finding, Summary};
use tcpwhy::notation::{Build, Declaration, Direction, Event, Family, OptionWord, Role, Script, parse};
use tcpwhy::time::{MILLISECOND, Time};

use crate::capture_file::{Format, cooked, write, write_link};
use crate::check::{Collector, analyse_capture, describe};

/// From one side of the NAT to the other, in nanoseconds.
pub(super) const PASSAGE: u64 = 10_000;

/// A script with more time between its lines than a NAT takes.
pub(super) fn slower(mut script: Script) -> Script {
    script.steps.iter_mut().for_each(|step| step.after += 3 * PASSAGE);
    script
}

/// The frames on the client's side: the NAT has lowered the server's TTL.
pub(super) fn near(script: &Script, build: Build) -> Vec<(Time, Vec<u8>)> {
    let mut frames = build.frames(&routed(script, Direction::ToClient));
    // Both sides see the end of what they wait for.
    let last = frames.last().map(|(time, frame)| (*time + MILLISECOND, frame.clone()));
    frames.extend(last);
    frames
}

/// With a time stamp in each SYN, as most kernels send it.
pub(super) fn stamped(mut script: Script) -> Script {
    for step in &mut script.steps {
        if let Event::Segment(line) = &mut step.event
            && line.flags == Flags(Flags::SYN)
        {
            use OptionWord::{Mss, SackPermitted, Timestamps, WindowScale};
            let usual = || vec![Mss(1460), SackPermitted, WindowScale(7)];
            line.options.get_or_insert_with(usual).push(Timestamps(4711, 0));
        }
    }
    script
}

/// The same on the server's side, with other addresses and ports.
pub(super) fn far(script: &Script, build: Build) -> Vec<(Time, Vec<u8>)> {
    let translated = translated(&routed(script, Direction::ToServer), build);
    let frames = build.frames(&translated);
    let passed = |(event, (time, frame)): (&Event, (Time, Vec<u8>))| match direction(event)? {
        Direction::ToServer => Some((time + PASSAGE, frame)),
        Direction::ToClient => Some((time - PASSAGE, frame)),
    };
    script.steps.iter().map(|step| &step.event).zip(frames).filter_map(passed).collect()
}

/// Of a packet that passes the NAT.
pub(super) fn direction(event: &Event) -> Option<Direction> {
    match event {
        Event::Segment(line) => Some(line.direction),
        Event::Icmp(line) => Some(line.direction),
        Event::Quiet => None,
    }
}

/// What goes this way has passed a router.
pub(super) fn routed(script: &Script, way: Direction) -> Script {
    let mut script = script.clone();
    for step in &mut script.steps {
        if let Event::Segment(line) = &mut step.event
            && line.direction == way
        {
            line.ttl = Some(line.ttl.unwrap_or(64).saturating_sub(1));
        }
    }
    script
}

pub(super) fn translated(script: &Script, build: Build) -> Script {
    let connections = script.steps.iter().map(|step| step.connection).max().unwrap_or(1);
    let declarations = (1..=connections).flat_map(|connection| {
        let (client, server) = build.ends(script, connection);
        let moved = |end: End, net: u8| End { ip: IpAddr::from([172, 17, net, host(end.ip)]), port: end.port ^ 0x0101 };
        [(Role::Client, moved(client, 1)), (Role::Server, moved(server, 2))].map(|(role, end)| Declaration {
            role,
            connection,
            end,
        })
    });
    Script { declarations: declarations.collect(), steps: script.steps.clone() }
}

pub(super) fn host(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(ip) => ip.octets()[15],
    }
}

/// Analyses frames of several places as one capture, in the order of their times.
pub(super) fn analyse_together(mut frames: Vec<(Time, Vec<u8>)>) -> (Collector, Summary) {
    frames.sort_by_key(|(time, _)| *time);
    analyse_capture(&write(&frames, Format::PcapNanoseconds, 65_535))
}

/// Analyses frames of this kind of link.
pub(super) fn analyse_link(frames: &[(Time, Vec<u8>)], link: u32) -> (Collector, Summary) {
    analyse_capture(&write_link(frames, link))
}

/// What a gateway sees of a script if what goes this way comes in, and the rest goes out.
pub(super) fn seen_by_a_gateway(text: &str, comes: Direction, client_isn: u32) -> Vec<(Time, Vec<u8>)> {
    let script = parse(text).expect("a script");
    let frames = Build { client_isn, ..Build::new(Family::V4) }.frames(&script);
    let passes =
        |(step, (time, frame)): (&Event, (Time, Vec<u8>))| (time, cooked(direction(step) == Some(comes), &frame));
    script.steps.iter().map(|step| &step.event).zip(frames).map(passes).collect()
}

pub(super) fn outcomes(findings: &[Finding]) -> Vec<String> {
    let of = |found: &Finding| format!("{:?} {}", found.client.end, describe(found));
    let mut outcomes: Vec<_> = findings.iter().map(of).collect();
    outcomes.sort_unstable();
    outcomes
}
