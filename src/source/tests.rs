//! Files as they are on disk, whole and damaged, through the public interface.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::sample::*;
use super::*;
use crate::time::{MILLISECOND, SECOND};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const START: u64 = 1_700_000_000 * SECOND;

/// What came out of a source.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    /// Time, number, link type, input, and bytes of each frame.
    frames: Vec<(u64, u64, u16, u16, Vec<u8>)>,
    notes: Vec<String>,
}

impl Taken {
    fn times(&self) -> Vec<u64> {
        self.frames.iter().map(|frame| frame.0).collect()
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        self.frames.iter().map(|frame| frame.4.clone()).collect()
    }
}

fn take(files: &mut Files) -> Taken {
    let mut taken = Taken::default();
    let mut batch = FrameBatch::default();
    while files.fill(&mut batch).expect("files do not fail after opening") {
        for frame in &batch.frames {
            let bytes = batch.bytes_of(frame);
            assert_eq!(bytes.len(), frame.captured as usize);
            taken.frames.push((frame.time.0, frame.number, frame.link, frame.input, bytes.to_vec()));
        }
    }
    assert!(batch.frames.is_empty());
    assert!(!files.fill(&mut batch).expect("the end stays the end"));
    taken.notes = files.take_notes();
    taken
}

/// Writes `contents` into files and reads them together. The folder's name is taken out of messages.
fn read_all(contents: &[&[u8]], settings: &Settings) -> Result<Taken, String> {
    let folder = TempDir::new().expect("a folder for the test");
    let paths: Vec<PathBuf> = (0..contents.len()).map(|number| folder.path().join(format!("{number}.pcap"))).collect();
    for (path, content) in paths.iter().zip(contents) {
        std::fs::write(path, content).expect("a file for the test");
    }
    let prefix = format!("{}/", folder.path().display());
    let mut files = Files::open(&paths, settings).map_err(|error| error.to_string().replace(&prefix, ""))?;
    let mut taken = take(&mut files);
    taken.notes.iter_mut().for_each(|note| *note = note.replace(&prefix, ""));
    assert!(settings.filter.is_some() || files.frames_read() == taken.frames.len() as u64);
    Ok(taken)
}

fn read(content: &[u8]) -> Result<Taken, String> {
    read_all(&[content], &Settings::default())
}

fn read_whole(content: &[u8]) -> Taken {
    let taken = read(content).expect("it is readable");
    assert_eq!(taken.notes, [""; 0]);
    taken
}

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

#[test]
fn impossible_blocks_end_the_file() {
    let endian = Endian::Little;
    let good = pcapng(&frames(3));
    let huge = |kind: u32, length: u32| [endian.word(kind), endian.word(length)].concat();
    let cases: [(Vec<u8>, &str); 6] = [
        (huge(6, u32::MAX - 3), "damaged at frame 4 (byte offset 332): a block claims to be 4294967292 bytes long"),
        (huge(0xbad, u32::MAX - 3), "damaged at frame 4 (byte offset 332): a block claims to be 4294967292 bytes long"),
        (huge(5, 8), "damaged at frame 4 (byte offset 332): a block claims to be 8 bytes long"),
        (huge(5, 13), "damaged at frame 4 (byte offset 332): a block claims to be 13 bytes long"),
        (
            enhanced(endian, 7, 1, &[0; 60]),
            "damaged at frame 4 (byte offset 332): it names interface 7, which the file does not describe",
        ),
        (huge(0xbad, 60 << 20), "cut after frame 3 (byte offset 340)"),
    ];
    for (bad, expected) in cases {
        let taken = read(&[good.clone(), bad].concat()).expect("the beginning is readable");
        assert_eq!(taken.frames.len(), 3);
        assert_eq!(taken.notes, [format!("0.pcap: {expected}; analysed up to there")]);
    }
}

#[test]
fn blocks_that_nobody_reads_are_stepped_over_however_long() {
    let endian = Endian::Little;
    let before = pcapng(&frames(3));
    let file = [
        before.clone(),
        block(endian, 10, &vec![6; 5 << 20]),
        enhanced(endian, 0, 1_700_000_001_000_000, &[9; 90]),
        block(endian, 11, &vec![6; 3 << 20]),
    ]
    .concat();
    let taken = read_whole(&file);
    assert_eq!(taken.frames.len(), 4);
    assert_eq!(taken.frames[3], (START + SECOND, 4, 1, 0, vec![9; 90]));
}

#[test]
fn impossible_lengths_end_a_pcap() {
    let good = pcap(&frames(2));
    let bad = [[0; 8].to_vec(), vec![0xff; 8]].concat();
    let taken = read(&[good, bad].concat()).expect("the beginning is readable");
    assert_eq!(taken.frames.len(), 2);
    let expected =
        "0.pcap: damaged at frame 3 (byte offset 177): it claims to hold 4294967295 bytes; analysed up to there";
    assert_eq!(taken.notes, [expected]);
}

/// Reads every prefix of `file`: a clear error or the frames that are whole, and a note unless it ends between two.
fn check_prefixes(file: &[u8], whole: &Taken, smallest: usize) {
    let mut counts = Vec::new();
    for end in 0..file.len() {
        match read(&file[..end]) {
            Err(error) => {
                assert!(end < smallest, "{end}: {error}");
                assert!(error.starts_with("0.pcap: "), "{error}");
            }
            Ok(taken) => {
                assert!(end >= smallest, "{end}");
                assert_eq!(taken.frames, whole.frames[..taken.frames.len()]);
                assert!(taken.notes.len() <= 1);
                assert!(taken.notes.iter().all(|note| note.ends_with("; analysed up to there")), "{:?}", taken.notes);
                counts.push((taken.frames.len(), taken.notes.is_empty()));
            }
        }
    }
    assert!(counts.is_sorted_by_key(|count| count.0));
}

#[test]
fn every_cut_of_a_small_file() {
    let frames = frames(6);
    let whole = read_whole(&pcap(&frames));
    check_prefixes(&pcap(&frames), &whole, 24);
    check_prefixes(&pcapng(&frames), &whole, 28);
    let cut = pcap(&frames);
    let taken = read(&cut[..cut.len() - 1]).expect("the beginning is readable");
    let expected = "0.pcap: cut in the middle of frame 6 (byte offset 414); analysed up to there";
    assert_eq!(taken.notes, [expected]);
}

#[test]
fn every_cut_of_a_packed_file() {
    let plain = pcap(&frames(6));
    let whole = read_whole(&plain);
    // A part is unpacked only when it is all there: zstd packs as little as this into one block.
    let (first, second) = plain.split_at(300);
    for (packed, expected) in [(gzip(&plain), 6), ([zstd(first), zstd(second)].concat(), 3)] {
        assert_eq!(read_whole(&packed), whole);
        let mut most = 0;
        for end in 0..packed.len() {
            if let Ok(taken) = read(&packed[..end]) {
                assert_eq!(taken.frames, whole.frames[..taken.frames.len()]);
                assert_eq!(taken.notes.len(), 1, "{end}");
                most = most.max(taken.frames.len());
            }
        }
        assert_eq!(most, expected, "what is unpacked before the cut is read");
    }
}

#[test]
fn packed_files_of_several_parts() {
    let plain = pcap(&frames(9));
    let whole = read_whole(&plain);
    let (first, second) = plain.split_at(200);
    assert_eq!(read_whole(&[gzip(first), gzip(second)].concat()), whole);
    assert_eq!(read_whole(&[zstd(first), zstd(second)].concat()), whole);
    assert_eq!(read_whole(&[&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4], &zstd(&plain)[..]].concat()), whole);
}

#[test]
fn damage_within_packed_data_is_a_note() {
    let plain = pcap(&frames(3));
    let file = [gzip(&plain), b"no gzip at all".to_vec()].concat();
    let taken = read(&file).expect("the beginning is readable");
    assert_eq!(taken.frames.len(), 3);
    assert!(taken.notes[0].starts_with("0.pcap: gzip data damaged ("), "{:?}", taken.notes);
    assert!(taken.notes[0].contains("after frame 3 (byte offset 255 of the unpacked data)"), "{:?}", taken.notes);
}

#[test]
fn what_cannot_be_read_at_all_is_an_error() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "0.pcap: is empty; was the capture stopped before it wrote anything?"),
        (
            b"hello\n",
            "0.pcap: not a capture file (no pcap, pcapng, gzip or zstd magic); save it with `tcpdump -w` or Wireshark",
        ),
        (&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0], "0.pcap: is cut in its header, after 6 bytes; nothing can be read from it"),
        (
            &pcap_header(Endian::Big, MICROSECONDS, (3, 4), 1, 1),
            "0.pcap: pcap version 3.4 is not known (only 2.x is); convert it with `editcap -F pcap`",
        ),
        (&gzip(b"hello"), "0.pcap: the gzip file holds no capture (no pcap or pcapng magic inside)"),
        (&gzip(b""), "0.pcap: holds nothing but an empty gzip file"),
        (b"snoop\0\0\0", "0.pcap: is a snoop capture, which is not read; convert it with `editcap -F pcapng IN OUT`"),
    ];
    for (content, expected) in cases {
        assert_eq!(read(content), Err(expected.to_owned()));
    }
    let missing = |path: &str| Files::open(&[PathBuf::from(path)], &Settings::default()).err().map(|e| e.to_string());
    assert_eq!(missing("/no/such\nfile").as_deref(), Some("/no/such\\nfile: no such file"));
    assert_eq!(missing("/").as_deref(), Some("/: is a folder; name the captures in it"));
}

#[test]
fn one_unreadable_file_among_others_is_a_note() {
    let good = pcap(&frames(3));
    let taken = read_all(&[b"hello", &good], &Settings::default()).expect("one is readable");
    assert_eq!(taken.frames.len(), 3);
    assert!(taken.frames.iter().all(|frame| frame.3 == 1));
    assert!(taken.notes[0].starts_with("0.pcap: not a capture file"));
    let error = read_all(&[b"hello", b""], &Settings::default()).expect_err("none is readable");
    assert!(error.contains("0.pcap: not a capture") && error.contains("1.pcap: is empty"), "{error}");
}

#[test]
fn several_files_are_one_recording() {
    let all = frames(3000);
    let third = |rest: usize| all.iter().skip(rest).step_by(3).cloned().collect::<Vec<_>>();
    let mixed: [&[u8]; 3] = [&pcapng(&third(0)), &gzip(&pcap(&third(1))), &pcap(&third(2))];
    let taken = read_all(&mixed, &Settings::default()).expect("all are readable");
    assert_eq!(taken.bytes(), all.iter().map(|frame| frame.2.clone()).collect::<Vec<_>>());
    assert!(taken.frames.iter().enumerate().all(|(place, frame)| usize::from(frame.3) == place % 3));

    let (early, late) = all.split_at(1500);
    let in_turn = read_all(&[&pcap(late), &pcapng(early)], &Settings::default()).expect("both are readable");
    assert_eq!(in_turn.times(), taken.times());

    let twice = read_all(&[&pcap(early), &pcap(early)], &Settings::default()).expect("both are readable");
    assert!(twice.frames.chunks(2).all(|pair| pair[0].0 == pair[1].0 && pair[0].3 == 0 && pair[1].3 == 1));
}

#[test]
fn frames_a_little_out_of_order_are_mended_across_batches() {
    let mut disordered = frames(40_000);
    let sorted: Vec<u64> = disordered.iter().map(|frame| START + u64::from(frame.1) * 1000).collect();
    disordered.chunks_mut(4).for_each(<[Frame]>::reverse);
    assert_eq!(read_whole(&pcap(&disordered)).times(), sorted);
    assert_eq!(read_whole(&zstd(&pcapng(&disordered))).times(), sorted);
}

#[test]
fn a_pipe_gives_the_same_as_a_file() {
    let mut disordered = frames(2000);
    disordered.chunks_mut(3).for_each(<[Frame]>::reverse);
    let file = pcapng(&disordered);
    let whole = read_whole(&file);
    let folder = TempDir::new().expect("a folder for the test");
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            let mut pipe = std::fs::File::options().write(true).open(path).expect("the pipe opens");
            file.chunks(777).try_for_each(|part| std::io::Write::write_all(&mut pipe, part)).expect("somebody reads");
        }
    });
    let taken = take(&mut Files::open(&[path], &Settings::default()).expect("it is readable"));
    writer.join().expect("the writer does not panic");
    assert_eq!(taken, whole);
}

#[test]
fn filters() {
    let arp = |kind: u8| [&[2; 12][..], &[8, kind], &[0; 46]].concat();
    let endian = Endian::Little;
    let file = [
        section(endian),
        interface(endian, 1, 0, &[]),
        interface(endian, 101, 0, &[]),
        enhanced(endian, 0, 1, &arp(6)),
        enhanced(endian, 0, 2, &arp(0)),
        enhanced(endian, 1, 3, &arp(6)),
    ]
    .concat();
    let with = |filter: &str| read_all(&[&file], &Settings { filter: Some(filter.to_owned()), ..Settings::default() });
    let taken = with("arp").expect("a right expression");
    assert_eq!(taken.frames.iter().map(|frame| frame.1).collect::<Vec<_>>(), [1]);
    let taken = with("ether src 02:02:02:02:02:02").expect("it fits Ethernet");
    assert_eq!(taken.frames.iter().map(|frame| frame.1).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(taken.notes.len(), 1);
    let expected = "filter \"ether src 02:02:02:02:02:02\" does not fit link type 101 (RAW), none of its frames pass: ";
    assert!(taken.notes[0].starts_with(expected), "{:?}", taken.notes);
    // Loopback interfaces of other systems, each with its own number for IPv6, some in the other byte order.
    let loopback = |family: [u8; 4]| [&family[..], &[0x60, 0, 0, 0, 0, 0, 6, 64], &[0; 32], &[0; 20]].concat();
    let families = [[30, 0, 0, 0], [0, 0, 0, 28], [24, 0, 0, 0], [10, 0, 0, 0]];
    let frames = families.map(|family| enhanced(endian, 0, 1, &loopback(family))).concat();
    for link in [0, 108] {
        let file = [section(endian), interface(endian, link, 0, &[]), frames.clone()].concat();
        let settings = |filter: &str| Settings { filter: Some(filter.to_owned()), ..Settings::default() };
        let passed = |filter| read_all(&[&file], &settings(filter)).expect("a right expression").frames.len();
        assert_eq!((passed("ip6 and tcp"), passed("ip")), (families.len(), 0));
    }
    let error = with("tcp prot 80").expect_err("a wrong expression");
    assert!(error.starts_with("filter \"tcp prot 80\": "), "{error}");
    assert!(with("with a\0zero").is_err());
}

#[test]
fn mutations_never_panic() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let originals = [pcap(&frames(9)), pcapng(&frames(9)), gzip(&pcap(&frames(9))), zstd(&pcapng(&frames(9)))];
    for round in 0..2000 {
        let mut file = originals[round % 4].clone();
        for _ in 0..1 + random() % 4 {
            let place = random() % file.len();
            file[place] = [0, 0xff, 0x7f, random() as u8][random() % 4];
        }
        drop(read(&file));
    }
}

#[test]
fn other_peoples_captures_are_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(entries) = corpus.read_dir() else {
        println!("skipped: there is no folder {}", corpus.display());
        return;
    };
    let mut frames = 0;
    for entry in entries.flatten() {
        if let Ok(mut files) = Files::open(&[entry.path()], &Settings::default()) {
            frames += take(&mut files).frames.len();
        }
    }
    println!("{frames} frames");
    assert!(frames > 0);
}
