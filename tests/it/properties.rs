//! What holds for any input of its kind.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tcpwhy::causes::Confidence;
use tcpwhy::decode::{End, Flags};
use tcpwhy::notation::{
    Build, Declaration, Direction, Event, Family, IcmpKind, IcmpLine, OptionWord, Role, Script, SegmentLine, Step,
    parse, render,
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
    fn copies_and_a_late_beginning_add_no_failure(
        conversation in conversation(),
        family in family(),
        doubled in vec(any::<prop::sample::Index>(), 0..6),
        front in any::<prop::sample::Index>(),
        swaps in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let script = conversation.script();
        let mut frames = Build::new(family).frames(&script);
        frames.drain(..front.index(frames.len()));
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
    let numbers = (any::<u32>(), 0u32..=65_000, any::<Option<u32>>());
    (direction(), kind, any::<Option<u32>>(), any::<Option<std::net::IpAddr>>(), flags(), numbers).prop_map(
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
