//! ICMP errors about a connection that is just being opened: type, code, and the bytes of the quote.
#![no_main]

mod report;

use libfuzzer_sys::fuzz_target;
use tcpwhy::analysis::analyse_packets;
use tcpwhy::decode::Decoder;
use tcpwhy::diagnose::Summary;
use tcpwhy::notation::{Family, batch, frames, parse};
use tcpwhy::time::SECOND;

const OPENING: &str = "+0 > S 0:0(0)\n+1 < icmp unreachable-host S 0:0(0)\n";
/// Where the ICMP message begins in the frame of IPv4, and in that of IPv6.
const BEGINS: [usize; 2] = [34, 54];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, changes)) = bytes.split_first() else { return };
    let (family, begins) =
        if choice & 1 == 0 { (Family::V4, BEGINS[0]) } else { (Family::V6, BEGINS[1]) };
    let mut frames = frames(&parse(OPENING).expect("a sound script"), family);
    // Pairs of a place and a value; without any the error is the one of the script.
    for change in changes.chunks_exact(2) {
        if let Some(byte) = frames[1].1.get_mut(begins + usize::from(change[0])) {
            *byte = change[1];
        }
    }
    if choice & 2 != 0 {
        let length = frames[1].1.len();
        frames[1].1.truncate(begins + usize::from(choice >> 2).min(length - begins));
    }
    let batch = batch(&frames, 1);
    let decoder = Decoder::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
    let packets = batch.frames.iter().filter_map(|frame| decoder.decode(&batch.bytes, frame).ok());
    let mut reporter = report::Reporter::new();
    let end = frames[1].0 + 9 * SECOND;
    analyse_packets(packets.map(|packet| (packet, &batch.bytes[..])), end, &mut reporter);
    report::check(&reporter.end(&Summary::default()));
});
