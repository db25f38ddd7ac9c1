//! Files as they are on disk, whole and damaged, through the public interface.

mod damage;
mod formats;

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
            let (number, input) = unpack(frame.number, files.input_names().len());
            taken.frames.push((frame.time.0, number, frame.link, input, bytes.to_vec()));
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

/// Two files are one capture, of which the second one goes on while the third one is captured.
#[test]
fn what_is_read_beside_a_frame_does_not_depend_on_where_batches_end() {
    let all = frames(30_000);
    let folder = TempDir::new().expect("a folder for the test");
    let paths = [20_000..30_000, 0..10_000, 10_000..25_000].map(|range| {
        let path = folder.path().join(format!("{range:?}"));
        std::fs::write(&path, pcap(&all[range])).expect("a file for the test");
        path
    });
    let mut files = Files::open(&paths, &Settings::default()).expect("all are readable");
    let mut batch = FrameBatch::default();
    while files.fill(&mut batch).expect("files do not fail after opening") {
        for frame in &batch.frames {
            let (at, (_, file)) = (frame.time.0 - START, unpack(frame.number, 3));
            assert_eq!(frame.input, if file == 0 { 2 } else { 0 });
            assert_eq!(batch.others == Others::Beside, at >= 20 * SECOND, "{at}");
            let soon = [8..10, 18..20].iter().any(|soon| soon.contains(&(at / SECOND)));
            assert!(!soon || batch.others == Others::Soon, "{at}");
        }
    }
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
fn captures_pasted_together_are_put_in_order_however_well_they_are_packed() {
    let second = (START / SECOND) as u32;
    let frame = |number: u32| (second + number / 1000, number % 1000 * 1000, vec![0; 60]);
    let file = pcap(&[0, 1].map(|first| (first..20_000).step_by(2).map(frame).collect::<Vec<Frame>>()).concat());
    let packed = [gzip(&file), zstd(&file)];
    assert!(packed.iter().all(|packed| packed.len() * 5 < file.len()));
    for file in packed.iter().chain([&file]) {
        assert!(read_whole(file).times().is_sorted());
    }
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
    let expected =
        "filter \"ether src 02:02:02:02:02:02\" does not apply to link type 101 (RAW), so none of its frames pass: ";
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
