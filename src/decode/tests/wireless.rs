//! IEEE 802.11, behind what radios tell about it and in CAPWAP.

use super::samples::join;
use super::*;

/// Three addresses and a sequence control.
const ADDRESSES: &str = "020000000001 020000000002 020000000003 3012";
const SNAP: &str = "aaaa03 000000 0800";

/// A data frame: duration in the middle, `control` before it, and what stands behind the addresses.
fn data(control: &str, behind: &str, packet: &[u8]) -> Vec<u8> {
    join(&format!("{control} 2c00 {ADDRESSES} {behind}"), packet)
}

fn plain(packet: &[u8]) -> Vec<u8> {
    data("0801", SNAP, packet)
}

/// What Linux writes for a card with two antennas: three words of fields, the time and the flags behind them.
fn radiotap(flags: &str, frame: &[u8]) -> Vec<u8> {
    let words = "2f4000a0 200800a0 20080000";
    join(&format!("0000 2600 {words} 9bca4d2d00000000 {flags} 02 6c09 a000 cb 00 0000 cb00 c901"), frame)
}

fn ppi(link: &str, flags: &str, frame: &[u8]) -> Vec<u8> {
    let common = format!("0200 1400 0100000000000000 {flags} 0200 6c09 a000 0000 d8a6");
    join(&format!("00 01 2c00 {link} 5476 0500 0102030405 000000 {common}"), frame)
}

/// A frame between an access point and its controller. The head tells what is inside.
fn capwap(head: &str, frame: &[u8]) -> Vec<u8> {
    over_udp(5247, head, frame)
}

/// Part of an aggregate.
fn part(packet: &[u8]) -> Vec<u8> {
    let packet = join(SNAP, packet);
    let head = [&hex("020000000001 020000000002")[..], &(packet.len() as u16).to_be_bytes()].concat();
    [head, packet].concat()
}

/// Frames around an IPv4 packet.
pub fn frames(four: &[u8]) -> Vec<(&'static str, u16, Vec<u8>)> {
    let prism = |lengths: &str| join(&format!("{lengths} {}", "00".repeat(136)), &plain(four));
    let avs = |head: &str| join(&format!("{head} 00000040 {}", "00".repeat(56)), &plain(four));
    vec![
        ("802.11 to an access point", 105, plain(four)),
        ("802.11 from an access point, once more", 105, data("080a", SNAP, four)),
        ("802.11 between stations", 105, data("0800", SNAP, four)),
        ("802.11 between access points", 105, data("0803", &format!("020000000004 {SNAP}"), four)),
        ("802.11 by IEEE 802.1H", 105, data("0802", "aaaa03 0000f8 0800", four)),
        ("802.11 with 802.1Q", 105, data("0802", "aaaa03 000000 8100 0007 0800", four)),
        ("802.11 with a poll", 105, data("2802", SNAP, four)),
        ("802.11 with QoS", 105, data("8801", &format!("0500 {SNAP}"), four)),
        ("802.11 with QoS and HT control", 105, data("8881", &format!("0500 00000000 {SNAP}"), four)),
        ("802.11 with all that a header has", 105, data("8883", &format!("020000000004 0500 00000000 {SNAP}"), four)),
        ("802.11 in order without QoS", 105, data("0881", SNAP, four)),
        ("802.11 aggregate that was taken apart", 105, data("8802", &format!("8000 {SNAP}"), four)),
        ("802.11, first fragment", 105, data("0805", SNAP, four)),
        ("radiotap", 127, radiotap("10", &plain(four))),
        ("radiotap without fields", 127, join("0000 0800 00000000", &plain(four))),
        ("radiotap with flags only", 127, join("0000 0900 02000000 10", &plain(four))),
        ("radiotap with filling", 127, radiotap("30", &data("8801", &format!("0500 0000 {SNAP}"), four))),
        ("radiotap with filling that takes none", 127, radiotap("20", &plain(four))),
        ("Prism, little-endian", 119, prism("44000000 90000000")),
        ("Prism, big-endian", 119, prism("00000044 00000090")),
        ("AVS as Prism", 119, avs("80211001")),
        ("AVS", 163, avs("80211001")),
        ("PPI", 192, ppi("69000000", "0100", &plain(four))),
        ("PPI of Ethernet", 192, ppi("01000000", "0400", &ethernet(0x0800, four))),
        ("PPI without fields", 192, join("00 00 0800 69000000", &plain(four))),
        ("LLC by itself", 100, join(SNAP, four)),
        ("CAPWAP with 802.11", 1, capwap("00104300 0000 0000", &plain(four))),
        ("CAPWAP with 802.3", 1, capwap("00104200 0000 0000", &ethernet(0x0800, four))),
        (
            "CAPWAP with options",
            1,
            capwap("00204330 0000 0000 06020000000001 00", &data("8802", &format!("0500 {SNAP}"), four)),
        ),
        ("CAPWAP, first fragment", 1, capwap("00104380 0001 0000", &plain(four))),
        // As Cisco does: the sequence control is 0x7630.
        (
            "CAPWAP, swapped",
            1,
            capwap(
                "00200320 0000 0000 04bf230000000000",
                &join(&format!("1108 2c00 84802d2b4590 54f201e1b299 10f311eaeec1 7630 {SNAP}"), four),
            ),
        ),
    ]
}

#[test]
fn what_is_not_read_of_802_11_has_a_name() {
    let four = ipv4(6, &tcp());
    let ccmp = "0500 01000020 02000000";
    let decrypted = |behind: &str| data("8842", behind, &[&four[..], &[0x5a; 8]].concat());
    let frames = [
        (105, hex("8000 0000 ffffffffffff 020000000001 020000000001 3012 0102030405060708"), Skip::Wireless),
        (105, hex("d400 0000 020000000001"), Skip::Wireless),
        (105, data("4811", "", &[]), Skip::Wireless),
        (105, data("c811", "0500", &[]), Skip::Wireless),
        // Another version.
        (105, data("0901", SNAP, &four), Skip::Wireless),
        (105, data("0841", "01000020 02000000 71c3a9055e10", &four), Skip::Encrypted),
        (105, data("8841", &format!("{ccmp} 71c3a9055e10"), &four), Skip::Encrypted),
        // It holds several frames.
        (105, data("8802", "8000", &part(&four)), Skip::Wireless),
        (105, data("0801", "424203", &[0; 40]), Skip::NotIp),
        (105, data("0802", "aaaa03 000000 888e", &[1; 40]), Skip::NotIp),
        (105, data("0802", "aaaa03 000000 0806", &[0; 28]), Skip::Arp),
        (105, hex(&format!("0801 2c00 {} 3112 {SNAP}", "02".repeat(18))), Skip::LaterFragment),
        // The radio found the checksum of the frame to be wrong.
        (127, radiotap("50", &plain(&four)), Skip::Malformed),
        (192, ppi("69000000", "0500", &plain(&four)), Skip::Malformed),
        (127, join("0000 0700 00000000", &plain(&four)), Skip::Malformed),
        (127, join("0100 0800 00000000", &plain(&four)), Skip::Malformed),
        (127, join("0000 0c00 00000080 00000080", &plain(&four)), Skip::Malformed),
        (163, join("80211004 00000040", &[0; 90]), Skip::Malformed),
        (119, join("00000044 ffffffff", &[0; 90]), Skip::Malformed),
        (192, join("01 00 0800 69000000", &plain(&four)), Skip::Malformed),
        (192, join("00 00 0400 69000000", &plain(&four)), Skip::Malformed),
        (192, join("00 00 0800 93000000", &plain(&four)), Skip::LinkType),
        (192, hex(&"00000800 c0000000".repeat(20)), Skip::TunnelTooDeep),
        (1, capwap("01000000", &[0x16; 40]), Skip::Encrypted),
        (1, capwap("10104300 00000000", &plain(&four)), Skip::Udp),
        (1, capwap("00084300 00000000", &plain(&four)), Skip::Udp),
        (1, capwap("00104308 00000000", &plain(&four)), Skip::TunnelContent),
        (1, capwap("00104700 00000000", &plain(&four)), Skip::TunnelContent),
        (1, capwap("00104380 00010008", &plain(&four)), Skip::LaterFragment),
        (1, capwap("00104300 00000000", &hex("8000 0000 ffffffffffff 020000000001 020000000001 3012")), Skip::Wireless),
        (1, capwap("00104300 00000000", &data("8802", "8000", &part(&four))), Skip::Wireless),
        (1, capwap("00104300 00000000", &data("0801", "aaaa03 000000 0806", &[0; 28])), Skip::TunnelContent),
        (1, over_udp(5246, "00104300 00000000", &plain(&four)), Skip::Udp),
        (1, over_udp(3544, "", &four), Skip::Udp),
        (1, over_udp(3544, "", &ipv6(6, &tcp())[..70]), Skip::Udp),
        (1, over_udp(3544, "0000 1234 01020304", &ipv6(59, &[])), Skip::Protocol),
    ];
    for (link, frame, skip) in frames {
        assert_eq!(decode(link, &frame, frame.len()), Err(skip), "{frame:02x?}");
    }
    // The card decrypted these for its host.
    for frame in [decrypted(&format!("{ccmp} {SNAP}")), decrypted(&format!("0500 {SNAP}"))] {
        assert_eq!(segment(105, &frame, frame.len()).payload_length, 5);
    }
}

/// The segments of a batch of these frames, as the payload of each, and how many were skipped.
fn batch(link: u16, frames: &[&[u8]]) -> (Vec<Vec<u8>>, u64) {
    let bytes = frames.concat();
    let mut offset = 0;
    let raws: Vec<RawFrame> = frames
        .iter()
        .map(|frame| {
            offset += frame.len();
            raw(offset - frame.len(), link, frame, frame.len())
        })
        .collect();
    let (mut packets, mut skipped) = (Packets::default(), [0; Skip::COUNT]);
    Decoder::new([3, 5]).decode_all(&bytes, &raws, &mut packets, &mut skipped);
    let payloads = packets.segments().iter().map(|segment| segment.payload().of(&bytes).to_vec()).collect();
    (payloads, skipped.iter().sum())
}

#[test]
fn an_aggregate_gives_each_of_its_packets() {
    let packet = |payload: &[u8]| ipv4(6, &[&tcp()[..32], payload].concat());
    let mut parts = Vec::new();
    for payload in [&b"one"[..], b"seven"] {
        parts.extend(part(&packet(payload)));
        parts.resize(parts.len().next_multiple_of(4), 0);
    }
    parts.extend(hex("020000000001 020000000002 0024 aaaa03 000000 0806"));
    parts.resize(parts.len() + 28 + 2, 0);
    let whole = [parts.clone(), part(&packet(b"last"))].concat();
    let told: Vec<Vec<u8>> = [&b"one"[..], b"seven", b"last"].map(<[u8]>::to_vec).into();
    let aggregate = data("8802", "8000", &whole);
    assert_eq!(batch(105, &[&aggregate]), (told.clone(), 1));
    let (single, again) = (plain(&packet(b"x")), [told.clone(), vec![b"x".to_vec()], told.clone()].concat());
    // A checksum of the frame is no part, and there is room for what follows.
    let with_checksum = [aggregate.clone(), vec![0; 4]].concat();
    assert_eq!(batch(105, &[&with_checksum, &single, &aggregate]), (again, 2));
    assert_eq!(batch(127, &[&radiotap("10", &with_checksum)]), (told.clone(), 1));
    assert_eq!(batch(105, &[&data("8802", "8000", &part(&packet(b"one")))]), (vec![b"one".to_vec()], 0));
    // Wherever it is cut, each packet is whole or not there.
    for length in 0..aggregate.len() {
        let (found, skipped) = batch(105, &[&aggregate[..length]]);
        assert!(found.len() + skipped as usize <= 4 && !(found.is_empty() && skipped == 0), "{length}");
        let is_told = |(found, told): (&Vec<u8>, &Vec<u8>)| told.starts_with(found);
        assert!(found.iter().zip(&told).all(is_told), "{length}: {found:?}");
    }
    // Parts that state no length, or too much.
    assert_eq!(batch(105, &[&data("8802", "8000", &[0; 64])]).0, Vec::<Vec<u8>>::new());
    assert_eq!(batch(105, &[&data("8802", "8000", &[0xff; 64])]).0, Vec::<Vec<u8>>::new());
}
