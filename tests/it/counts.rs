//! What the summary counts of packets that a capture lacks or shows twice.

use tcpwhy::notation::{Build, Family, parse};
use tcpwhy::time::MILLISECOND;

use crate::capture_file::{Format, write};
use crate::check::analyse_captures;

/// What one end acknowledges it has got, whatever the capture shows. Payload that is captured behind its acknowledgment is no loss,
/// nor is the single number of a keep-alive probe.
#[test]
fn what_was_acknowledged_and_is_not_shown_is_counted() {
    let opened = "+0 > S 0:0(0)\n+.001 < S. 0:0(0) ack 1\n+.001 > . 1:1(0) ack 1\n";
    let unseen = |text: &str| {
        let script = parse(text).expect("a script");
        let file = write(&Build::new(Family::V4).frames(&script), Format::PcapNanoseconds, 65_535);
        analyse_captures(&[&file], false).1.unseen
    };
    let asked = "+.001 > P. 1:101(100) ack 1\n";
    let answered = "+.01 < . 1:1(0) ack 101\n+.001 < P. 1:53(52) ack 101\n+.001 > . 101:101(0) ack 53\n";
    assert_eq!(unseen(&[opened, asked, answered].concat()), 0);
    assert_eq!(unseen(&[opened, answered].concat()), 100);
    assert_eq!(unseen(&[opened, answered, asked].concat()), 0);
    assert_eq!(unseen("+0 > . 100:100(0) ack 53\n+.001 < . 53:53(0) ack 101\n+.001 > . 101:101(0) ack 53\n"), 0);
}

/// The clock of one is a little ahead, so that all begins with what only the other shows. Copies of that are found however much it is.
#[test]
fn copies_are_found_of_what_came_before_the_other_capture_begins() {
    let text = "+0 > S 0:0(0) ttl C id 1\n+.001 < S. 0:0(0) ack 1 ttl S id 9\n+.001 > . 1:1(0) ack 1 ttl C id 2\n\
                +.001 > P. 1:34(33) ack 1 ttl C id 3\n+.001 < P. 1:53(52) ack 34 ttl S id 10\n\
                +.5 > . 34:34(0) ack 53 ttl C id 4\n+1 > . 34:34(0) ack 53 ttl C id 5\n";
    let side = |client: &str, server: &str, later: u64| {
        let text = text.replace("ttl C", client).replace("ttl S", server);
        let mut frames = Build::new(Family::V4).frames(&parse(&text).expect("a script"));
        frames.iter_mut().for_each(|(time, _)| *time = *time + later);
        frames
    };
    let (near, far) = (side("ttl 64", "ttl 60", 0), side("ttl 60", "ttl 64", 200 * MILLISECOND));
    let arp = [&[2; 12][..], &[8, 6], &[0; 46]].concat();
    for count in [0, 5000, 8190, 20_000] {
        // Behind the fifth of seven frames.
        let beside = (0..count).map(|at| (near[4].0 + at, arp.clone()));
        let frames: Vec<_> = near.iter().take(5).cloned().chain(beside).chain(near.iter().skip(5).cloned()).collect();
        let files = [&frames, &far].map(|frames| write(frames, Format::PcapNanoseconds, 65_535));
        for files in [[&files[0][..], &files[1]], [&files[1], &files[0]]] {
            let (_, summary) = analyse_captures(&files, false);
            assert_eq!((summary.duplicates, summary.connections), (7, 1), "{count} frames");
        }
    }
}
