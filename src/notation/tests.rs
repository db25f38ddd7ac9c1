//! What is written down is what is built, and reads the same again.

use super::*;
use crate::decode::{Decoder, IcmpError, Packet, Segment, Skip, TcpOption, options};
use crate::source::RawFrame;
use crate::time::{SECOND, Time};

const SCRIPT: &str = r##"
# Every word that the notation knows.
client 10.0.0.1:34186
server[2] 10.0.0.3:443
+0 > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 10 ecr 0,nop,wscale 7,FO>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460,nop,nop,sackOK,FO 0102030405060708> // the server agrees
+0 > . 1:1(0) ack 1
+.001 > P. 1:19(18) ack 1 win 502 "GET / HTTP/1.1\r\n\r\n"
+0 [2] > SEW 0:0(0) <>
+1.5 [2] < icmp unreachable-port from 10.0.0.254 S 0:0(0)
+.000000001 < . 1:1(0) ack 1 win 502 <nop,nop,sack 5:9 20:30> ttl 63 id 7 df
+0 < icmp fragmentation-needed mtu 1400 . 1:19(18) ack 1
+0 > icmp6 1/4 . 1:1(0)
+0 > icmp 3/1 from 10.9.9.9 S 0:0(0)
wait 3
+0 < P. 1:6(5) ack 19 "#//\"\x00"
+0 > - 19:19(0) <FOC 0a,eol>
+0 < R 4294967295:4294967295(0)
end +3
"##;

fn decode(frame: &[u8]) -> Result<Packet, Skip> {
    let length = frame.len() as u32;
    let raw = RawFrame { time: Time(5), number: 1, offset: 0, captured: length, wire: length, link: 1, input: 0 };
    Decoder::new([3, 5]).decode(frame, &raw)
}

fn segment(frame: &[u8]) -> Segment {
    match decode(frame) {
        Ok(Packet::Segment(segment)) => segment,
        other => panic!("{other:?}"),
    }
}

fn icmp_error(frame: &[u8]) -> IcmpError {
    match decode(frame) {
        Ok(Packet::IcmpError(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_rendered_reads_as_the_same_script() {
    let script = parse(SCRIPT).unwrap();
    assert_eq!(script.steps.len(), 15);
    assert_eq!(parse(&render(&script)), Ok(script.clone()));
    assert_eq!(render(&parse(&render(&script)).unwrap()), render(&script));
    assert!(render(&script).contains("+0 < P. 1:6(5) ack 19 \"#//\\\"\\x00\"\n"));
    assert!(render(&script).ends_with("wait 3\n"));
}

#[test]
fn evidence_is_a_line_without_time_and_direction() {
    assert_eq!(render_segment(Flags(Flags::FIN | Flags::ACK), 41, 0, Some(34)).as_str(), "F. 41:41(0) ack 34");
    assert_eq!(render_segment(Flags(Flags::RST), u32::MAX, 2, None).as_str(), "R 4294967295:1(2)");
}

#[test]
fn frames_say_what_the_lines_say() {
    let script = parse(SCRIPT).unwrap();
    for family in [Family::V4, Family::V6] {
        for isn in [1_000_000, 0xffff_fff0, u32::MAX] {
            let build = Build { client_isn: isn, ..Build::new(family) };
            let frames = build.frames(&script);
            let request = segment(&frames[3].1);
            assert_eq!(request.sequence, isn.wrapping_add(1));
            assert_eq!(request.acknowledgment, 9_000_001);
            assert_eq!((request.payload_length, request.window, request.ttl), (18, 502, 64));
            assert_eq!(request.payload().of(&frames[3].1), b"GET / HTTP/1.1\r\n\r\n");
            assert_eq!(request.ends(&frames[3].1), build.ends(&script, 1));
            assert_eq!(request.ip_id, if family == Family::V4 { 3 } else { 0 });
            let sack = segment(&frames[6].1);
            let Some(TcpOption::Sack(blocks)) = options(sack.options().of(&frames[6].1)).next() else {
                panic!("no SACK")
            };
            assert!(
                blocks
                    .iter()
                    .eq([(isn.wrapping_add(5), isn.wrapping_add(9)), (isn.wrapping_add(20), isn.wrapping_add(30))])
            );
            assert_eq!(sack.ttl, 63);
            assert_eq!(sack.flow(), request.flow());
            assert_ne!(sack.from_first(), request.from_first());
        }
    }
}

#[test]
fn icmp_lines_become_errors_about_the_segment() {
    let script = parse(SCRIPT).unwrap();
    for (family, codes) in
        [(Family::V4, [(3, 3), (3, 4), (3, 3), (3, 1)]), (Family::V6, [(1, 4), (2, 0), (1, 4), (1, 3)])]
    {
        let build = Build::new(family);
        let frames = build.frames(&script);
        let errors = [5, 7, 8, 9].map(|at| icmp_error(&frames[at].1));
        assert_eq!(errors.map(|error| (error.kind, error.code)), codes);
        assert_eq!(errors.map(|error| error.mtu), [0, 1400, 0, 0]);
        let (client, server) = build.ends(&script, 2);
        assert_eq!((errors[0].quoted_source, errors[0].quoted_destination), (client, server));
        assert_eq!(errors[0].sequence, 2_000_000);
        assert_eq!(errors[0].flow, segment(&frames[4].1).flow());
        assert_eq!(errors[0].from_first, segment(&frames[4].1).from_first());
        // Without `from` it is the other end that complains; toward the server it quotes the server.
        assert_eq!(errors[1].reporter, build.ends(&script, 1).1.ip);
        assert_eq!(errors[2].quoted_source, build.ends(&script, 1).1);
        assert_eq!(errors[2].reporter, build.ends(&script, 1).0.ip);
    }
}

#[test]
fn time_passes_as_written() {
    let frames = frames(&parse(SCRIPT).unwrap(), Family::V4);
    let start = Build::new(Family::V4).start;
    assert_eq!(frames[1].0, start + 20_000_000);
    assert_eq!(frames[6].0.since(frames[5].0), 1);
    assert_eq!(frames[14].0.since(start), 20_000_000 + 1_000_000 + 1_500_000_000 + 1 + 6 * SECOND);
}

#[test]
fn the_rest_of_the_network_goes_on() {
    let script = parse("+0 > S 0:0(0)\nend 3").unwrap();
    let quiet = Build { filler: Filler::Arp, ..Build::new(Family::V4) }.frames(&script);
    assert_eq!(decode(&quiet[1].1), Err(Skip::Arp));
    let quiet = frames(&script, Family::V6);
    assert_ne!(segment(&quiet[1].1).flow(), segment(&quiet[0].1).flow());
}

#[test]
fn swapped_addresses_swap_the_direction_in_the_key() {
    let script = parse("+0 > S 0:0(0)").unwrap();
    for family in [Family::V4, Family::V6] {
        let usual = Build::new(family);
        let swapped = Build { swap_addresses: true, ..usual };
        assert!(segment(&usual.frames(&script)[0].1).from_first());
        assert!(!segment(&swapped.frames(&script)[0].1).from_first());
    }
}

#[test]
fn every_checksum_is_right() {
    use pnet::packet::ipv4::{Ipv4Packet, checksum};
    let script = parse(SCRIPT).unwrap();
    for (_, frame) in frames(&script, Family::V4) {
        let packet = Ipv4Packet::new(&frame[14..]).unwrap();
        assert_eq!(packet.get_checksum(), checksum(&packet));
        assert_eq!(usize::from(packet.get_total_length()), frame.len() - 14);
    }
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, wanted) in [
        ("+0 > S 0:0(0)\n+0 > S 0:1(0)", "line 2: `0:1(0)`: 0 and 0 make 0"),
        ("0 > S 0:0(0)", "line 1: `0`: a line begins with a time"),
        ("+0 ^ S 0:0(0)", "line 1: `^` is no direction"),
        ("+0 > SS 0:0(0)", "line 1: `S` stands twice"),
        ("+0 > X 0:0(0)", "line 1: `X` is no flag"),
        ("+0 > . 0:0(0)", "line 1: the flags acknowledge, but"),
        ("+0 > P 1:3(2) \"abc\"", "line 1: the text has 3 bytes, the segment 2"),
        ("+0 > S 0:0(0) win 65536", "line 1: `65536` is no number, or too large"),
        ("+0 > S 0:0(0) <mss>", "line 1: `mss` is no TCP option"),
        ("+0 > S 0:0(0) <mss 1", "line 1: `<` without `>`"),
        ("+0 > S 0:0(0) sure", "line 1: `sure` is not understood here"),
        ("+0 > P 1:3(2) \"a\\q\"", "line 1: `\\q` is no escape"),
        ("+0 > P 1:3(2) \"a", "line 1: the text has no closing quote"),
        ("+0 > S 0:0(0) <sack 1:2 1:2 1:2 1:2 1:2>", "line 1: the options take 42 bytes"),
        ("client nowhere", "line 1: `nowhere` is no address and port"),
        ("+0 [0] > S 0:0(0)", "line 1: connections count from 1"),
        ("+1.0000000001 > S 0:0(0)", "line 1: `1.0000000001` is no number of seconds"),
        ("+0 < icmp nonsense S 0:0(0)", "line 1: `nonsense` is no ICMP error"),
        ("+0 < icmp 1/4 S 0:0(0)", "line 1: type 1 reports no error in ICMP"),
        ("wait", "line 1: a number of seconds is missing"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
}

#[test]
fn a_file_for_other_programs() {
    let frames = frames(&parse("+0 > S 0:0(0)").unwrap(), Family::V4);
    for (nanoseconds, magic) in [(false, [0xd4, 0xc3, 0xb2, 0xa1]), (true, [0x4d, 0x3c, 0xb2, 0xa1])] {
        let file = write_pcap(&frames, 1, nanoseconds);
        assert_eq!(file[..4], magic);
        assert_eq!(file.len(), 24 + 16 + frames[0].1.len());
    }
}

#[test]
fn no_text_makes_the_parser_panic_and_what_it_reads_it_renders() {
    // A fixed xorshift sequence, so that a failure is the same on every machine.
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let letters: Vec<char> = "0159 +-.:<>()[]\"\\/#,xSFA\u{e9}\nwaitend".chars().collect();
    let lines: Vec<&str> = SCRIPT.lines().collect();
    let mut read = 0;
    for _ in 0..20_000 {
        let mut text: Vec<char> = lines[random(lines.len())].chars().collect();
        for _ in 0..=random(3) {
            let at = random(text.len() + 1);
            match random(3) {
                0 => text.insert(at, letters[random(letters.len())]),
                1 if at < text.len() => drop(text.remove(at)),
                _ if at < text.len() => text[at] = letters[random(letters.len())],
                _ => {}
            }
        }
        let text: String = text.into_iter().collect();
        let Ok(script) = parse(&text) else { continue };
        read += 1;
        assert_eq!(parse(&render(&script)), Ok(script.clone()), "{text}");
        let family = [Family::V4, Family::V6][random(2)];
        let batch = batch(&frames(&script, family), 1);
        assert_eq!(batch.frames.len(), script.steps.len());
        for frame in &batch.frames {
            assert!(decode(batch.bytes_of(frame)).is_ok(), "{text}");
        }
    }
    assert!(read > 2_000, "{read}");
}

#[test]
fn the_example_of_the_documentation_is_a_script() {
    let documentation: String = include_str!("mod.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .fold(String::new(), |text, line| text + line + "\n");
    let example = documentation.split("```").nth(1).and_then(|block| block.strip_prefix("text\n")).unwrap();
    let script = parse(example).unwrap();
    assert_eq!((script.declarations.len(), script.steps.len()), (2, 8));
    assert_eq!(parse(&render(&script)), Ok(script));
}
