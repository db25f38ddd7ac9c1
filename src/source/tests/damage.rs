//! Files that are cut, broken, or no captures at all.

use super::*;

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
            "0.pcap: pcap version 3.4 is not supported (only 2.x is); convert it with `editcap -F pcap`",
        ),
        (&gzip(b"hello"), "0.pcap: the gzip file holds no capture (no pcap or pcapng magic inside)"),
        (&gzip(b""), "0.pcap: holds nothing but an empty gzip file"),
        (
            b"snoop\0\0\0",
            "0.pcap: is a snoop capture, which tcpwhy does not read; convert it with `editcap -F pcapng IN OUT`",
        ),
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
