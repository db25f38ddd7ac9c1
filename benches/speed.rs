//! Decoding, tracking and the whole job on a capture made in memory; `cargo bench`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tcpwhy::analysis::{Listener, Means, analyse_with};
use tcpwhy::decode::{Decoder, End, Packets, Skip};
use tcpwhy::diagnose::Finding;
use tcpwhy::source::{Files, FrameBatch, RawFrame, Settings};
use tcpwhy::time::Time;
use tcpwhy::track::{Ended, Sink, Tracker};

fn main() {
    divan::main();
}

/// Packets in a capture.
const PACKETS: usize = 200_000;
const SEED: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

/// The frame of one segment: Ethernet, IPv4, TCP with time stamps.
fn frame(client: u32, from_client: bool, flags: u8, sequence: u32, acknowledgment: u32, payload: u16) -> Vec<u8> {
    let (client, server) = (Ipv4Addr::from(0x0a00_0000 | client), Ipv4Addr::new(192, 168, 0, 1));
    let (source, destination) = if from_client { (client, server) } else { (server, client) };
    let ports = if from_client { [40_000u16, 443] } else { [443, 40_000] };
    let mut frame = vec![2; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend((52 + payload).to_be_bytes());
    frame.extend((sequence as u16).to_be_bytes());
    frame.extend([0x40, 0, 64, 6, 0, 0]);
    frame.extend(source.octets());
    frame.extend(destination.octets());
    frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    frame.extend(sequence.to_be_bytes());
    frame.extend(acknowledgment.to_be_bytes());
    frame.extend([0x80, flags, 1, 0xf4, 0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    frame.resize(frame.len() + usize::from(payload.min(30)), 7);
    frame
}

/// Frames of `flows` connections at a time that open and then ask and answer, in turns.
fn traffic(flows: usize) -> FrameBatch {
    let mut batch = FrameBatch::default();
    let mut next = vec![(1000u32, 2000u32); flows];
    for number in 0..PACKETS {
        // A step that is prime to every number of flows here, so that neighbours are not neighbours in memory.
        let flow = number.wrapping_mul(7_919) % flows;
        let (client, server) = &mut next[flow];
        let (from_client, flags, payload) = match number / flows {
            0 => (true, 0x02, 0),
            1 => (false, 0x12, 0),
            2 => (true, 0x10, 0),
            round if round % 2 == 1 => (true, 0x18, 120),
            _ => (false, 0x18, 900),
        };
        let syn = u32::from(flags & 2 != 0);
        let bytes = match from_client {
            true => frame(flow as u32, true, flags, *client, if flags == 2 { 0 } else { *server }, payload),
            false => frame(flow as u32, false, flags, *server, *client, payload),
        };
        *(if from_client { client } else { server }) += u32::from(payload) + syn;
        batch.frames.push(RawFrame {
            time: Time(1_700_000_000_000_000_000 + number as u64 * 2_000),
            number: number as u64 + 1,
            offset: batch.bytes.len() as u32,
            captured: bytes.len() as u32,
            wire: 66 + u32::from(payload),
            link: 1,
            input: 0,
        });
        batch.bytes.extend(bytes);
    }
    batch
}

fn decoded(batch: &FrameBatch) -> Packets {
    let mut packets = Packets::default();
    Decoder::new(SEED).decode_all(&batch.bytes, &batch.frames, &mut packets, &mut [0; Skip::COUNT]);
    packets
}

/// Nobody who wants to know.
struct Nobody;

impl Sink for Nobody {
    fn ended(&mut self, ended: Ended<'_>) {
        black_box(ended.time);
    }

    fn connected(&mut self, ends: [End; 2], _time: Time) {
        black_box(ends);
    }
}

impl Listener for Nobody {
    fn finding(&mut self, finding: Finding) {
        black_box(finding);
    }

    fn success(&mut self, client: IpAddr, _server: IpAddr, _port: u16, _time: Time) {
        black_box(client);
    }

    fn note(&mut self, note: String) {
        black_box(note);
    }

    fn wants_all(&self) -> bool {
        false
    }

    fn is_closed(&self) -> bool {
        false
    }
}

#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let batch = traffic(1_000);
    let decoder = Decoder::new(SEED);
    let mut packets = Packets::default();
    bencher.counter(ItemsCount::new(PACKETS)).bench_local(|| {
        packets.clear();
        decoder.decode_all(&batch.bytes, black_box(&batch.frames), &mut packets, &mut [0; Skip::COUNT]);
        black_box(packets.segments().len())
    });
}

#[divan::bench(args = [100, 10_000, 100_000])]
fn table_and_connections(bencher: Bencher<'_, '_>, flows: usize) {
    let batch = traffic(flows);
    let packets = decoded(&batch);
    bencher.counter(ItemsCount::new(PACKETS)).with_inputs(|| Tracker::new(SEED)).bench_local_values(|mut tracker| {
        tracker.packets(&packets, &batch.bytes, &mut Nobody);
        tracker
    });
}

#[divan::bench(args = [1, 2])]
fn whole_job(bencher: Bencher<'_, '_>, threads: usize) {
    let batch = traffic(10_000);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0];
    for frame in &batch.frames {
        let (seconds, fraction) = (frame.time.0 / 1_000_000_000, frame.time.0 % 1_000_000_000 / 1000);
        for number in [seconds as u32, fraction as u32, frame.captured, frame.wire] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(batch.bytes_of(frame));
    }
    file.write_all(&bytes).expect("room for it");
    let paths = [file.path().to_owned()];
    bencher.counter(ItemsCount::new(PACKETS)).bench_local(|| {
        let mut files = Files::open(&paths, &Settings::default()).expect("a capture");
        let means = Means { threads, ..Means::default() };
        analyse_with(&mut files, &mut Nobody, means).expect("an analysis")
    });
}
