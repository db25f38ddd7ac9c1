//! What holds for any input of its kind.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tcpwhy::causes::Confidence;
use tcpwhy::decode::{End, Flags};
use tcpwhy::notation::{
    Build, Declaration, Direction, Event, Family, IcmpKind, IcmpLine, OptionWord, Reporter, Role, Script, SegmentLine,
    Step, parse, render,
};
use tcpwhy::time::{MILLISECOND, Time};
use tcpwhy::track::kernel::Kind;

use crate::capture_file::{Format, write};
use crate::check::analyse_capture;
use crate::model::{broken_conversation, conversation};

type Frames = Vec<(Time, Vec<u8>)>;

/// The failures that are found in these frames, as text.
fn failures(frames: &Frames) -> Vec<String> {
    let (collector, _) = analyse_capture(&write(frames, Format::PcapNanoseconds, 65_535));
    let failed = collector.findings.iter().filter(|finding| finding.kind.is_some());
    failed.map(|finding| format!("{:?}: {}", finding.kind, finding.summary)).collect()
}

/// What matters of a failure: what it is, why, how sure that is, and the errno of both ends.
type Verdict = (Option<Kind>, Option<&'static str>, Confidence, [Option<&'static str>; 2]);

/// The failures that are found in these frames.
fn verdicts(frames: &Frames) -> Vec<Verdict> {
    let (collector, _) = analyse_capture(&write(frames, Format::PcapNanoseconds, 65_535));
    let failed = collector.findings.iter().filter(|finding| finding.kind.is_some());
    let verdict = failed.map(|finding| {
        let errnos = [&finding.client, &finding.server].map(|end| end.errno.map(|errno| errno.name()));
        (finding.kind, finding.cause.map(|cause| cause.id), finding.confidence, errnos)
    });
    verdict.collect()
}

/// Does `less` say nothing that `whole` does not say, and nothing more surely?
fn is_no_more(less: &[Verdict], whole: &Verdict) -> bool {
    let (kind, cause, confidence, errnos) = whole;
    less.len() <= 1
        && less.iter().all(|(other_kind, other_cause, other_confidence, other_errnos)| {
            let mut ends = other_errnos.iter().zip(errnos);
            other_kind == kind
                && (other_cause != cause || other_confidence <= confidence)
                && ends.all(|(other, errno)| other.is_none() || other == errno)
        })
}

/// Exchanges neighbours that lie as close together as two queues of a card swap them; the times stay in order.
fn swap(frames: &mut Frames, places: &[prop::sample::Index]) {
    for place in places {
        let at = place.index(frames.len() - 1);
        let (left, right) = frames.split_at_mut(at + 1);
        if let (Some(earlier), Some(later)) = (left.last_mut(), right.first_mut())
            && later.0.since(earlier.0) <= MILLISECOND
        {
            std::mem::swap(&mut earlier.1, &mut later.1);
        }
    }
}

/// What is captured of it where only the packets of one direction are.
fn one_direction(script: &Script, side: Direction) -> Script {
    let mut steps = Vec::new();
    let mut after = 0;
    for step in &script.steps {
        after += step.after;
        let is_kept = match &step.event {
            Event::Segment(line) => line.direction == side,
            Event::Icmp(line) => line.direction == side,
            Event::Quiet => true,
        };
        if is_kept {
            steps.push(Step { after, ..step.clone() });
            after = 0;
        }
    }
    Script { declarations: script.declarations.clone(), steps }
}

/// The same with packets of another connection that tell the time: some moments behind each frame.
fn with_clock(frames: &Frames, family: Family, moments: &[u64]) -> Frames {
    let address = |text: &str| text.parse().expect("an address");
    let (ours, theirs) = match family {
        Family::V4 => (address("192.0.2.7"), address("192.0.2.8")),
        Family::V6 => (address("2001:db8:7::7"), address("2001:db8:7::8")),
    };
    let ends = [(Role::Client, ours, 50_000), (Role::Server, theirs, 50_001)];
    let declarations = ends.map(|(role, ip, port)| Declaration { role, connection: 1, end: End { ip, port } }).to_vec();
    let acknowledgment = SegmentLine {
        direction: Direction::ToServer,
        flags: Flags(Flags::ACK),
        sequence: 1,
        length: 0,
        acknowledgment: Some(1),
        window: None,
        options: None,
        ttl: None,
        id: None,
        dont_fragment: true,
        payload: Vec::new(),
    };
    let step = Step { after: 0, connection: 1, event: Event::Segment(acknowledgment) };
    let tick = Build::new(family).frames(&Script { declarations, steps: vec![step] });
    let mut all = frames.clone();
    // The first frame is the line's; what the last two packets agree on is the time.
    let bytes = &tick[0].1;
    for (time, moment) in frames.iter().flat_map(|(time, _)| moments.iter().map(|moment| (*time, *moment))) {
        all.push((time + moment, bytes.clone()));
        all.push((time + moment + 1000, bytes.clone()));
    }
    all.retain(|(time, _)| frames.last().is_some_and(|(last, _)| time <= last));
    all.sort_by_key(|(time, _)| *time);
    all
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::V4), Just(Family::V6)]
}

/// A run is the same each time, so that what it finds can be seen again; with PROPTEST_CASES set it looks elsewhere
/// each time, and as often as that says.
fn config() -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual,
        None => ProptestConfig { rng_seed: RngSeed::Fixed(1), ..usual },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_clean_conversation_never_fails(
        conversation in conversation(),
        family in family(),
        client_isn: u32,
        server_isn: u32,
        swaps in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let script = conversation.script();
        let mut frames = Build { client_isn, server_isn, ..Build::new(family) }.frames(&script);
        swap(&mut frames, &swaps);
        prop_assert_eq!(failures(&frames), Vec::<String>::new(), "\n{}", render(&script));
    }

    #[test]
    fn copies_a_late_beginning_and_an_early_end_add_no_failure(
        conversation in conversation(),
        family in family(),
        doubled in vec(any::<prop::sample::Index>(), 0..6),
        front in any::<prop::sample::Index>(),
        back in any::<prop::sample::Index>(),
        swaps in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let script = conversation.script();
        let mut frames = Build::new(family).frames(&script);
        frames.drain(..front.index(frames.len()));
        // As often as not, the end is there.
        frames.truncate(1 + back.index(2 * frames.len()));
        for place in doubled {
            let at = place.index(frames.len());
            frames.insert(at, frames[at].clone());
        }
        if frames.len() > 1 {
            swap(&mut frames, &swaps);
        }
        prop_assert_eq!(failures(&frames), Vec::<String>::new(), "\n{}", render(&script));
    }

    #[test]
    fn a_broken_conversation_is_one_failure_and_no_other_when_packets_are_doubled_swapped_or_missing(
        (conversation, end) in broken_conversation(),
        family in family(),
        client_isn: u32,
        server_isn: u32,
        doubled in vec(any::<prop::sample::Index>(), 0..6),
        front in any::<prop::sample::Index>(),
        back in any::<prop::sample::Index>(),
        swaps in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let script = conversation.broken_script(end);
        let frames = Build { client_isn, server_isn, ..Build::new(family) }.frames(&script);
        let whole = verdicts(&frames);
        prop_assert!(whole.len() == 1 && whole[0].0 == Some(end.kind()), "{:?}\n{}", whole, render(&script));
        let mut copied = frames.clone();
        for (number, place) in doubled.iter().enumerate() {
            let at = place.index(copied.len());
            copied.insert(at, copied[at].clone());
            let found = verdicts(&copied);
            if number == 0 {
                prop_assert_eq!(&found, &whole, "doubled {}\n{}", at, render(&script));
            }
            // Of many copies the cause may speak: a host that forwards packets sees them twice, but not a RST of its own.
            let (kind, _, _, errnos) = whole[0];
            prop_assert!(
                matches!(found[..], [(other, _, _, others)] if (other, others) == (kind, errnos)),
                "doubled: {:?} {:?}\n{}", found, whole, render(&script)
            );
        }
        let mut swapped = frames.clone();
        swap(&mut swapped, &swaps);
        let found = verdicts(&swapped);
        prop_assert!(is_no_more(&found, &whole[0]), "swapped: {:?} {:?}\n{}", found, whole, render(&script));
        let front = front.index(frames.len());
        let found = verdicts(&frames[front..].to_vec());
        prop_assert!(is_no_more(&found, &whole[0]), "without {}: {:?} {:?}\n{}", front, found, whole, render(&script));
        let back = back.index(frames.len());
        let found = verdicts(&frames[..back].to_vec());
        prop_assert!(is_no_more(&found, &whole[0]), "up to {}: {:?} {:?}\n{}", back, found, whole, render(&script));
    }

    #[test]
    fn one_direction_of_a_clean_conversation_never_fails(
        conversation in conversation(),
        family in family(),
        side in direction(),
    ) {
        let script = one_direction(&conversation.script(), side);
        prop_assert_eq!(failures(&Build::new(family).frames(&script)), Vec::<String>::new(), "\n{}", render(&script));
    }

    #[test]
    fn packets_of_others_change_no_verdict(
        whole in prop_oneof![
            1 => conversation().prop_map(|conversation| conversation.script()),
            3 => broken_conversation().prop_map(|(conversation, end)| conversation.broken_script(end)),
        ],
        family in family(),
        front in any::<prop::sample::Index>(),
        moments in vec(1_000_000u64..4_000_000_000, 1..4),
    ) {
        let frames = Build::new(family).frames(&whole);
        let front = front.index(2 * frames.len()).saturating_sub(frames.len());
        let frames = frames[front..].to_vec();
        let timed = with_clock(&frames, family, &moments);
        prop_assert_eq!(verdicts(&timed), verdicts(&frames), "without {}: {:?}\n{}", front, moments, render(&whole));
    }

    #[test]
    fn what_is_rendered_is_parsed_as_it_was(script in script()) {
        let text = render(&script);
        prop_assert_eq!(parse(&text), Ok(script), "\n{}", text);
    }
}

fn flags() -> impl Strategy<Value = Flags> {
    any::<u8>().prop_map(Flags)
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::ToServer), Just(Direction::ToClient)]
}

/// An acknowledgment number must be there where the flags say so.
fn acknowledgment(flags: Flags, number: Option<u32>) -> Option<u32> {
    if flags.has(Flags::ACK) { number.or(Some(0)) } else { number }
}

fn option_word() -> impl Strategy<Value = OptionWord> {
    prop_oneof![
        any::<u16>().prop_map(OptionWord::Mss),
        any::<u8>().prop_map(OptionWord::WindowScale),
        Just(OptionWord::SackPermitted),
        (any::<u32>(), any::<u32>()).prop_map(|block| OptionWord::Sack(vec![block])),
        (any::<u32>(), any::<u32>()).prop_map(|(value, echo)| OptionWord::Timestamps(value, echo)),
        vec(any::<u8>(), 0..8).prop_map(OptionWord::FastOpen),
        vec(any::<u8>(), 0..6).prop_map(OptionWord::FastOpenExperimental),
        Just(OptionWord::Nop),
        Just(OptionWord::End),
    ]
}

fn segment() -> impl Strategy<Value = Event> {
    let numbers = (any::<u32>(), 0u32..=65_000, any::<Option<u32>>());
    // Three options of ten bytes at most leave room in a header of forty.
    let header = (any::<Option<u16>>(), proptest::option::of(vec(option_word(), 0..4)));
    let ip = (any::<Option<u8>>(), any::<Option<u16>>(), any::<bool>());
    (direction(), flags(), numbers, header, ip, vec(any::<u8>(), 0..30)).prop_map(
        |(direction, flags, (sequence, length, number), (window, options), (ttl, id, dont_fragment), mut payload)| {
            payload.truncate(length as usize);
            Event::Segment(SegmentLine {
                direction,
                flags,
                sequence,
                length,
                acknowledgment: acknowledgment(flags, number),
                window,
                options,
                ttl,
                id,
                dont_fragment,
                payload,
            })
        },
    )
}

fn icmp() -> impl Strategy<Value = Event> {
    let names: Vec<&'static str> = IcmpKind::names().collect();
    // The types that report errors.
    let kind = prop_oneof![
        proptest::sample::select(names).prop_map(IcmpKind::Named),
        (proptest::sample::select(vec![3u8, 4, 11, 12]), any::<u8>()).prop_map(|(kind, code)| IcmpKind::V4(kind, code)),
        (1u8..=4, any::<u8>()).prop_map(|(kind, code)| IcmpKind::V6(kind, code)),
    ];
    let from = prop_oneof![
        Just(None),
        Just(Some(Reporter::Itself)),
        any::<std::net::IpAddr>().prop_map(|ip| Some(Reporter::Address(ip))),
    ];
    let numbers = (any::<u32>(), 0u32..=65_000, any::<Option<u32>>());
    (direction(), kind, any::<Option<u32>>(), from, flags(), numbers).prop_map(
        |(direction, kind, mtu, from, flags, (sequence, length, acknowledgment))| {
            Event::Icmp(IcmpLine { direction, kind, mtu, from, flags, sequence, length, acknowledgment })
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let event = prop_oneof![8 => segment(), 2 => icmp(), 1 => Just(Event::Quiet)];
    (any::<u64>(), 1u16.., event).prop_map(|(after, connection, event)| {
        let connection = if event == Event::Quiet { 1 } else { connection };
        Step { after, connection, event }
    })
}

fn declaration() -> impl Strategy<Value = Declaration> {
    let role = prop_oneof![Just(Role::Client), Just(Role::Server)];
    (role, 1u16.., any::<std::net::IpAddr>(), any::<u16>()).prop_map(|(role, connection, ip, port)| Declaration {
        role,
        connection,
        end: End { ip, port },
    })
}

fn script() -> impl Strategy<Value = Script> {
    (vec(declaration(), 0..3), vec(step(), 0..6)).prop_map(|(declarations, steps)| Script { declarations, steps })
}
