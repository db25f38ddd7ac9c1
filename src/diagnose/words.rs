//! Words that several findings share.

use std::fmt::Write;

use super::case::Case;
use crate::causes::{doubts, timer_hint};
use crate::short::Short;
use crate::time::{MILLISECOND, SECOND};
use crate::track::kernel::{Errno, Kind};
use crate::track::{By, CLIENT, Doubt, Half, Pending, Repeated, SERVER, other};

/// A duration for a sentence: "0.35 ms", "12 ms", "5.0 s", "350 s".
pub fn duration(nanoseconds: u64) -> Short {
    let mut text = Short::new();
    match nanoseconds {
        n if n < MILLISECOND => add_decimal::<2>(&mut text, n, MILLISECOND).add(" ms"),
        n if n < SECOND => text.add_number(n / MILLISECOND).add(" ms"),
        n if n < 100 * SECOND => add_decimal::<1>(&mut text, n, SECOND).add(" s"),
        n => text.add_number(n / SECOND).add(" s"),
    };
    text
}

/// A number of units with so many digits after the point.
fn add_decimal<const DIGITS: usize>(text: &mut Short, number: u64, unit: u64) -> &mut Short {
    let places = 10_u64.pow(DIGITS as u32);
    let step = unit / places;
    if number % step == step / 2 {
        // Just between two: the nearest fraction decides, as everywhere in Rust. There is room for it.
        let _ = write!(text, "{:.DIGITS$}", number as f64 / unit as f64);
        return text;
    }
    let rounded = (number + step / 2) / step;
    text.add_number(rounded / places).add(".").add_digits::<DIGITS>(rounded % places)
}

/// A number of bytes for a sentence: "1 byte", "33 bytes", "39,452 bytes", grouped as in the text report's counts.
pub fn bytes(count: u32) -> Short {
    let groups = [1_000_000_000, 1_000_000, 1000, 1].map(|unit| u64::from(count / unit % 1000));
    let mut text = Short::new();
    for group in groups.into_iter().skip_while(|group| *group == 0) {
        if text.as_str().is_empty() {
            text.add_number(group);
        } else {
            text.add(",").add_digits::<3>(group);
        }
    }
    if count == 0 {
        text.add("0");
    }
    text.add(if count == 1 { " byte" } else { " bytes" });
    text
}

/// What goes with so many of something that happened to them.
pub fn were(count: u32) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

#[cfg(test)]
#[test]
fn bytes_are_grouped_by_thousands() {
    for (count, expected) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1,000 bytes"),
        (39_052, "39,052 bytes"),
        (4_000_000_007, "4,000,000,007 bytes"),
    ] {
        assert_eq!(bytes(count).as_str(), expected);
    }
}

#[cfg(test)]
#[test]
fn durations_are_rounded_as_format_does() {
    let steps = (0..MILLISECOND).step_by(500).chain((SECOND..100 * SECOND).step_by(7_500_000));
    for nanoseconds in steps.chain([999_999, 4_950_000_000, 5_050_000_000, 99_950_000_000, 99_999_999_999]) {
        let expected = if nanoseconds < MILLISECOND {
            format!("{:.2} ms", nanoseconds as f64 / 1e6)
        } else {
            format!("{:.1} s", nanoseconds as f64 / 1e9)
        };
        assert_eq!(duration(nanoseconds).as_str(), expected, "{nanoseconds}");
    }
}

/// Which socket calls fail at `side`, and how, in order.
pub fn calls(case: &Case<'_>, side: usize) -> Option<String> {
    let errno = case.errno(side)?;
    let connecting = !case.connection().established() && side == CLIENT;
    let kind = match case.kind()? {
        // The other end's RST came when that end had waited in vain.
        Kind::TimedOut | Kind::Unreachable | Kind::Refused if errno == Errno::ECONNRESET => Kind::Reset,
        Kind::TimedOut | Kind::Unreachable | Kind::Refused if errno == Errno::EPIPE => Kind::BrokenPipe,
        kind => kind,
    };
    let (own, peer) = (case.half(side), case.half(other(side)));
    let read_out = peer.has(Half::FIN) && { own.ack } == peer.next;
    let (before, after) = match kind {
        Kind::Refused | Kind::Unreachable if connecting => ("connect fails with ", ""),
        Kind::TimedOut if connecting => ("connect fails with ", ", unless the application's own timeout comes first"),
        Kind::Refused | Kind::Unreachable => {
            ("recv or send fails with ", ", set by an ICMP error in place of ETIMEDOUT")
        }
        Kind::Reset if case.connection().half[other(side)].has(Half::DATA) => (
            "recv returns what had arrived, then the next call fails with ",
            ", once; later recv returns 0, send fails with EPIPE",
        ),
        Kind::Reset => ("the next call fails with ", ", once; later recv returns 0 (EOF), send fails with EPIPE"),
        Kind::BrokenPipe => ("recv returns 0 (EOF), the next send fails with ", ""),
        // A listener that waits for data gives no socket to who brings none (`tcp_check_req()`).
        Kind::Aborted => (
            "accept may still return the socket; its first recv fails with ",
            ", unless the listener waits for data (TCP_DEFER_ACCEPT)",
        ),
        Kind::TimedOut => match case.story().silence[side].what {
            // `tcp_recvmsg()` looks at SOCK_DONE, which `tcp_fin()` sets, ahead of the error.
            Repeated::KeepAlive | Repeated::Nothing if read_out => {
                ("recv returns 0 (EOF), send fails with ", " after the last keep-alive probe")
            }
            Repeated::Data if read_out => (
                "send succeeds, recv returns 0 (EOF); the next send fails with ",
                " after the last retransmission, unless the application's own timeout comes first",
            ),
            // The own timeout came first, unless that was `shutdown()`.
            Repeated::Data if own.has(Half::FIN) => (
                "it has sent its FIN: no call fails if it closed the socket; if it still reads, recv fails with ",
                " after the last retransmission",
            ),
            Repeated::KeepAlive if case.story().silence[side].windows_cut => {
                ("recv or send fails with ", " after the last probe")
            }
            Repeated::KeepAlive => ("recv fails with ", " after the last keep-alive probe"),
            // Its probes were answered, which it did not see.
            Repeated::Nothing if side == case.victim() => ("recv fails with ", " after the last keep-alive probe"),
            Repeated::WindowProbe if case.story().silence[side].probes_in_vain() => {
                ("send blocks (EAGAIN if non-blocking) until it fails with ", " after the last window probe")
            }
            Repeated::WindowProbe => (
                "send blocks (EAGAIN if non-blocking) until it fails with ",
                " (TCP_USER_TIMEOUT), or the application gives up",
            ),
            Repeated::Data | Repeated::Syn | Repeated::Nothing => (
                "send succeeds; recv or the next send fails with ",
                " after the last retransmission, unless the application's own timeout comes first",
            ),
        },
    };
    Some([before, errno.name(), after].concat())
}

/// The sentence for what the capture cannot tell.
pub fn undecided(case: &Case<'_>, doubt: Doubt) -> String {
    let (victim, ender) = (case.name(case.victim()), case.name(other(case.victim())));
    match doubt {
        Doubt::BeganLate => format!(
            "A RST with the {ender}'s address reached the {victim}; whether it had to accept that RST depends on packets from \
             before the capture."
        ),
        Doubt::OneDirection => "Packets of one end are missing; they would show how the connection ended.".to_owned(),
        Doubt::OddReset => format!(
            "A RST with the {ender}'s address does not fit the other packets: the {victim} may have dropped it, or may have \
             had no socket any more."
        ),
        Doubt::EndedEarly => "The capture ended while a retransmitted segment was unanswered.".to_owned(),
        // Only counted.
        Doubt::Unanswered | Doubt::HalfOpen => doubts::page(doubt).seen.to_owned(),
        Doubt::CutShort => "The bytes that would decide were cut off by the snapshot length.".to_owned(),
        Doubt::Hole => "The capture lacks packets that would show what each end got.".to_owned(),
        Doubt::Multipath => {
            "One path of several (MPTCP) failed; the application gets an error only if no other path is left."
                .to_owned()
        }
        Doubt::HalfAccepted => {
            "The client gave up while the server retransmitted its SYN-ACK; the packets do not show whether a \
                                server application had accepted the connection."
                .to_owned()
        }
        Doubt::HalfClosed => {
            "A RST reached an end that had sent its FIN: if its application had closed the socket, nobody got an \
                              error; if it still read, its next call failed."
                .to_owned()
        }
        Doubt::MoreToSend => format!(
            "The {ender} closed and reset the connection while the {victim} was sending; the packets do not show whether \
             the {victim} had more to send."
        ),
        Doubt::NoAnswer => no_answer(case),
        Doubt::AnswerCut => {
            "The server closed its side in the middle of an answer: by its Content-Length more was to come.".to_owned()
        }
        Doubt::Unacknowledged => unacknowledged(case),
    }
}

/// Who closed while a request had no answer, and after how long.
fn no_answer(case: &Case<'_>) -> String {
    let (story, asked) = (case.story(), case.half(CLIENT).data_time);
    let side = story.first_fin.unwrap_or(CLIENT);
    // A server that reads on for a while before it closes (Apache httpd's lingering close) takes what crosses its FIN, or comes later.
    if let Some(fin) = story.fin[SERVER].filter(|fin| side == SERVER && asked > fin.time) {
        let idle = case.idle_before_fin();
        return format!(
            "The server had closed its side {} before the client's request came{}{}: it acknowledged that, and did not \
             answer it.",
            duration(asked.since(fin.time)),
            Case::idle_words(idle),
            timer_hint(case, idle)
        );
    }
    let waited = duration(story.fin[side].map_or(0, |fin| fin.time.since(asked)));
    if side == SERVER {
        return format!("The server acknowledged a request and closed its side after {waited} without an answer.");
    }
    format!("The server acknowledged a request and did not answer it; the client closed its side after {waited}.")
}

/// Who closed behind payload that nothing acknowledged, and how long its host tried.
fn unacknowledged(case: &Case<'_>) -> String {
    let story = case.story();
    let side = match story.pending {
        Some((Pending::Silence(side), _)) => side,
        Some((Pending::Reset | Pending::Icmp, _)) | None => CLIENT,
    };
    let (name, silence) = (case.name(side), story.silence[side]);
    let tried = duration(silence.last.time.since(silence.first.time));
    format!(
        "The {name} sent its last payload and closed; nothing acknowledged that in {} attempts over {tried}.",
        silence.attempts
    )
}

/// The sentence for a failure that no cause explains.
pub fn unexplained(case: &Case<'_>) -> String {
    let server = case.server();
    let victim = case.name(case.victim());
    let ender = case.name(other(case.victim()));
    match (case.kind(), case.by()) {
        (Some(Kind::Refused), _) => format!("{server} refused the connection."),
        (Some(Kind::Reset), _) if case.behind_a_syn_proxy() => format!(
            "A SYN proxy completed the handshake on behalf of {server}, which then refused it: most likely nothing \
             listens there."
        ),
        (Some(Kind::Reset), _) => format!("The {ender} reset the connection; the packets do not show why."),
        (Some(Kind::BrokenPipe), _) => format!("The {victim} wrote to a connection that the {ender} had closed."),
        (Some(Kind::Aborted), _) => {
            format!("The client ended its connection to {server} with a RST before any payload.")
        }
        (Some(Kind::TimedOut), _) => format!("The {victim}'s packets were not answered; the packets do not show why."),
        (Some(Kind::Unreachable), by) => {
            let error = case.icmp().map(|icmp| format!(": {}", icmp.name())).unwrap_or_default();
            if by == Some(By::Icmp) {
                format!("An ICMP error ended the attempt to connect to {server}{error}.")
            } else {
                format!("The {victim}'s packets were not answered, and an ICMP error says why{error}.")
            }
        }
        (None, _) => "The connection ended without an error for either application.".to_string(),
    }
}
