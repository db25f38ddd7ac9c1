//! What the two formats can say, in their variants.

use super::*;

#[test]
fn pcap_in_both_byte_orders_and_units() {
    for endian in [Endian::Little, Endian::Big] {
        for (magic, unit) in [(MICROSECONDS, 1000), (NANOSECONDS, 1), (0xa1b2_cd34, 1000)] {
            let mut file = pcap_header(endian, magic, (2, 4), 96, 113);
            let extra = if magic == 0xa1b2_cd34 { 8 } else { 0 };
            for frame in frames(5) {
                file.extend(pcap_record(endian, &frame, extra));
            }
            let taken = read_whole(&file);
            assert_eq!(taken.times(), [0, 1000, 2000, 3000, 4000].map(|fraction| START + fraction * unit));
            assert_eq!(taken.bytes(), frames(5).into_iter().map(|frame| frame.2).collect::<Vec<_>>());
            assert!(taken.frames.iter().zip(1..).all(|(frame, number)| frame.1 == number && frame.2 == 113));
        }
    }
}

#[test]
fn nanoseconds_are_told() {
    let folder = TempDir::new().expect("a folder for the test");
    let path = folder.path().join("a\u{1b}[31m.pcap");
    for (magic, digits) in [(MICROSECONDS, 6), (NANOSECONDS, 9)] {
        std::fs::write(&path, pcap_header(Endian::Big, magic, (2, 4), 96, 1)).expect("a file for the test");
        let files = Files::open(std::slice::from_ref(&path), &Settings::default()).expect("it is readable");
        assert_eq!(files.fractional_digits(), digits);
        assert!(files.input_names()[0].ends_with("a\\u{1b}[31m.pcap"));
    }
}

#[test]
fn nanoseconds_of_pcapng_are_told_before_its_frames_are_taken() {
    let folder = TempDir::new().expect("a folder for the test");
    let path = folder.path().join("a.pcapng");
    let endian = Endian::Little;
    for (resolution, digits) in [(6, 6), (9, 9)] {
        let frame = enhanced(endian, 0, 5_000_000, &[1; 61]);
        let file = [section(endian), interface(endian, 1, 0, &[(9, &[resolution])]), frame].concat();
        std::fs::write(&path, file).expect("a file for the test");
        let files = Files::open(std::slice::from_ref(&path), &Settings::default()).expect("it is readable");
        assert_eq!(files.fractional_digits(), digits);
    }
}

#[test]
fn the_checksum_bits_of_a_link_type_are_no_part_of_it() {
    let mut file = pcap_header(Endian::Little, MICROSECONDS, (2, 4), 96, 0x2400_0001);
    file.extend(pcap_record(Endian::Little, &frames(1)[0], 0));
    assert_eq!(read_whole(&file).frames[0].2, 1);
}

#[test]
fn lengths_that_old_writers_swapped() {
    let endian = Endian::Little;
    let mut file = pcap_header(endian, MICROSECONDS, (2, 3), 96, 1);
    for (first, second) in [(60u32, 1500u32), (1500, 60)] {
        file.extend([endian.word(1), endian.word(2), endian.word(first), endian.word(second)].concat());
        file.extend([7; 60]);
    }
    assert_eq!(read_whole(&file).bytes(), [vec![7; 60], vec![7; 60]]);
}

#[test]
fn sections_of_different_byte_orders_have_their_own_interfaces() {
    let (big, little) = (Endian::Big, Endian::Little);
    let file = [
        section(big),
        interface(big, 1, 0, &[]),
        enhanced(big, 0, 5_000_000, &[1; 61]),
        section(little),
        interface(little, 113, 0, &[(9, &[9])]),
        interface(little, 101, 0, &[(9, &[3]), (14, &little.long(-2))]),
        block(little, 0x8000_1234, &[9; 40]),
        enhanced(little, 0, 6_000_000_001, &[2; 62]),
        enhanced(little, 1, 9_000, &[3; 63]),
    ]
    .concat();
    let taken = read_whole(&file);
    let expected = [(5 * SECOND, 1, 61), (6 * SECOND + 1, 113, 62), (7 * SECOND, 101, 63)];
    for (frame, expected) in taken.frames.iter().zip(expected) {
        assert_eq!((frame.0, frame.2, frame.4.len()), expected);
    }
    assert_eq!(taken.frames.len(), 3);
}

#[test]
fn every_resolution_of_time() {
    let endian = Endian::Little;
    let cases: [(&[u8], i64, u64, u64); 9] = [
        (&[0], 0, 7, 7 * SECOND),
        (&[3], 0, 7001, 7001 * MILLISECOND),
        (&[12], 0, 7_000_000_001_999, 7 * SECOND + 1),
        (&[0x80 | 10], 0, 3 * 1024 + 512, 3 * SECOND + SECOND / 2),
        (&[0x80 | 32], 10, (5 << 32) | (1 << 31), 15 * SECOND + SECOND / 2),
        (&[0xff], 0, u64::MAX, 0),
        (&[0x7f], 0, 1 << 60, 0),
        (&[0], 0, u64::MAX, Time::LAST.0),
        (&[9], i64::MIN, 5, 0),
    ];
    for (resolution, offset, stamp, expected) in cases {
        let options: [(u16, &[u8]); 3] = [(2, b"eth0"), (9, resolution), (14, &endian.long(offset))];
        let file = [section(endian), interface(endian, 1, 0, &options), enhanced(endian, 0, stamp, &[0; 60])].concat();
        assert_eq!(read_whole(&file).times(), [expected], "{resolution:?} {offset} {stamp}");
    }
}

#[test]
fn simple_and_obsolete_packets() {
    for endian in [Endian::Little, Endian::Big] {
        let simple = |wire: u32, bytes: &[u8]| block(endian, 3, &[&endian.word(wire), bytes].concat());
        let obsolete = [
            &endian.half(0)[..],
            &endian.half(0),
            &endian.word(0),
            &endian.word(2_000_000),
            &endian.word(5),
            &endian.word(9),
            &[4; 5],
        ];
        let file = [
            section(endian),
            interface(endian, 1, 8, &[]),
            block(endian, 2, &obsolete.concat()),
            simple(6, &[1; 6]),
            simple(1500, &[2; 8]),
        ]
        .concat();
        let taken = read_whole(&file);
        assert_eq!(taken.bytes(), [vec![4; 5], vec![1; 6], vec![2; 8]]);
        assert_eq!(taken.times(), [2 * SECOND; 3]);
    }
}
