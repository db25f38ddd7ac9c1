//! The short way must leave every connection as the long way does.

use super::*;
use crate::decode::{FlowKey, Packets, Signs};
use crate::time::MILLISECOND;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Keeps what it is told.
#[derive(Default)]
pub struct Told(Vec<String>);

impl Sink for Told {
    fn ended(&mut self, ended: Ended<'_>) {
        let connection = told(ended.connection);
        self.0.push(format!("{:?} {:?} {:?} {connection}", ended.time, ended.ends, ended.ending));
    }

    fn connected(&mut self, ends: [End; 2], time: Time) {
        self.0.push(format!("{time:?} {ends:?} connected"));
    }
}

/// All that is known of a connection, but for what tells where it is kept.
fn told(connection: &Connection) -> String {
    let Connection { key, start, last, story, start_frame, gap, syn_ack_after, ack_after, .. } = connection;
    let Connection { half, turns, start_input, flags, .. } = connection;
    let kept = Connection::LINGERS;
    let text = format!(
        "{key:?} {start:?} {last:?} {start_frame} {gap} {syn_ack_after} {ack_after} {half:?} {turns} {start_input} \
        {:x} {story:?}",
        flags & !kept,
    );
    // Where a story rests, nothing is in the queue.
    text.replace("timer: true", "timer: false")
}

/// What an end would send next.
#[derive(Clone, Copy, Default)]
struct Sender {
    next: u32,
    heard: u32,
}

/// Traffic of a few connections: mostly in order, with everything that goes wrong between.
fn traffic(seed: u64, count: usize) -> Vec<Segment> {
    let mut random = Random(seed);
    let mut ends = [[Sender::default(); 2]; 6];
    let mut time = 1_000_000_000_000u64;
    let mut previous = None;
    let mut segments = Vec::new();
    for frame in 0..count {
        let (flow, from) = (random.below(6) as usize, random.below(2) as usize);
        let [mut me, mut peer] = [ends[flow][from], ends[flow][1 - from]];
        time += random.below(40) * random.below(40) * MILLISECOND / 8;
        let mut sequence = me.next;
        let mut length = 0;
        let mut acknowledgment = peer.next;
        let mut window = 500;
        let flags = match random.below(100) {
            0..=2 => {
                me = Sender { next: random.next() as u32, heard: 0 };
                sequence = me.next;
                me.next = me.next.wrapping_add(1);
                Flags::SYN | if random.below(2) == 0 { Flags::ACK } else { 0 }
            }
            3 => Flags::RST | if random.below(2) == 0 { Flags::ACK } else { 0 },
            4..=7 => {
                me.next = me.next.wrapping_add(1);
                Flags::FIN | Flags::ACK
            }
            8..=10 => {
                length = random.below(300) as u32;
                sequence = me.next.wrapping_sub(random.below(600) as u32);
                Flags::ACK
            }
            11 => {
                sequence = me.next.wrapping_sub(1);
                Flags::ACK
            }
            12 => {
                window = 0;
                Flags::ACK
            }
            13 => {
                me.next = me.next.wrapping_add(random.below(2000) as u32);
                sequence = me.next;
                Flags::ACK
            }
            14..=16 => {
                acknowledgment = peer.next.wrapping_add(random.below(900) as u32).wrapping_sub(300);
                Flags::ACK
            }
            17..=50 => {
                acknowledgment = me.heard;
                Flags::ACK
            }
            _ => {
                length = 1 + random.below(1400) as u32;
                me.next = me.next.wrapping_add(length);
                Flags::ACK | if random.below(2) == 0 { Flags::PSH } else { 0 }
            }
        };
        me.heard = acknowledgment;
        peer.heard = peer.heard.max(1);
        ends[flow][from] = me;
        ends[flow][1 - from] = peer;
        let segment = Segment {
            time: Time(time),
            frame: frame as u32 + 1,
            key: [0x0a00_0001, 0x0a00_0002, 80 << 16 | (1000 + flow as u32)],
            hash: 0,
            print: 0,
            signs: Signs(if from == 0 { Signs::FROM_FIRST } else { 0 }),
            sequence,
            acknowledgment,
            payload_length: length,
            window,
            ip_id: frame as u16,
            input: 0,
            flags: Flags(flags),
            ttl: 64,
            options_at: random.below(8) as u32,
            captured: length.min(8),
            addresses_before: 0,
            options_length: 0,
        };
        segments.push(segment);
        if flags == Flags::SYN && random.below(4) > 0 {
            // Mostly the handshake goes on.
            let answer = Sender { next: random.next() as u32, heard: me.next };
            time += random.below(30) * MILLISECOND;
            segments.push(Segment {
                time: Time(time),
                flags: Flags(Flags::SYN | Flags::ACK),
                signs: Signs(segment.signs.0 ^ Signs::FROM_FIRST),
                sequence: answer.next,
                acknowledgment: me.next,
                ip_id: segment.ip_id ^ 0x8000,
                ..segment
            });
            ends[flow][1 - from] = Sender { next: answer.next.wrapping_add(1), ..answer };
            ends[flow][from].heard = answer.next.wrapping_add(1);
            if random.below(4) > 0 {
                time += random.below(30) * MILLISECOND;
                segments.push(Segment {
                    time: Time(time),
                    flags: Flags(Flags::ACK),
                    sequence: me.next,
                    acknowledgment: answer.next.wrapping_add(1),
                    ttl: 64 - random.below(2) as u8,
                    ip_id: segment.ip_id ^ 0x4000,
                    ..segment
                });
            }
        }
        if random.below(60) == 0 {
            segments.extend(previous);
        }
        previous = Some(segment);
    }
    segments
}

/// The seed of trackers in tests: as random as those in use, since a small one puts all connections into one bucket.
pub const SEED: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

/// The SYN of a connection of its own, for a tracker with this seed.
pub fn syn(number: u64) -> Segment {
    let flow = FlowKey::unpacked([number as u32, (number >> 32) as u32, 80 << 16 | 1000], false);
    Segment {
        time: Time(number * 1000),
        frame: number as u32 + 1,
        key: flow.packed(),
        hash: flow.hash(SEED),
        print: 0,
        signs: Signs(Signs::FROM_FIRST),
        sequence: number as u32,
        acknowledgment: 0,
        payload_length: 0,
        window: 500,
        ip_id: number as u16,
        input: 0,
        flags: Flags(Flags::SYN),
        ttl: 64,
        options_at: 0,
        captured: 0,
        addresses_before: 0,
        options_length: 0,
    }
}

/// What of it is seen where only the segments are captured that open and close connections.
fn light(segments: &[Segment]) -> Vec<Segment> {
    let seen = |segment: &&Segment| segment.flags.0 & (Flags::SYN | Flags::FIN | Flags::RST) != 0;
    segments.iter().filter(seen).copied().collect()
}

const BYTES: [u8; 16] = [21, 3, 3, 22, 3, 1, 0, 71, 69, 84, 32, 21, 3, 0, 0, 2];

/// All that can be seen of a tracker, and what it told.
fn outcome(mut tracker: Tracker, run: usize, segments: &[Segment]) -> (Vec<String>, Counts) {
    let mut told = Told::default();
    let seed = tracker.seed;
    let segments: Vec<Segment> = segments
        .iter()
        .map(|segment| {
            let mut segment = Segment { hash: segment.flow().hash(seed), ..*segment };
            segment.inspect(&[], segment.payload().of(&BYTES));
            segment
        })
        .collect();
    for batch in segments.chunks(run) {
        match batch {
            [segment] => tracker.packet(&Packet::Segment(*segment), &BYTES, &mut told),
            _ => {
                let mut packets = Packets::default();
                batch.iter().for_each(|segment| packets.push(Packet::Segment(*segment)));
                tracker.packets(&packets, &BYTES, &mut told);
            }
        }
    }
    for index in 0..tracker.store.sketches.len() as u32 {
        if !tracker.store.sketches[index as usize].has(Connection::LIVE) {
            continue;
        }
        told.0.push(match tracker.store.place(index) {
            Some(place) => self::told(&tracker.store.told[place as usize]),
            None => {
                let connection = tracker.store.retell(index);
                let text = self::told(&connection);
                tracker.store.keep(index, connection);
                text
            }
        });
    }
    tracker.finish(segments.last().map(|segment| segment.time).unwrap_or_default(), &mut told);
    (told.0, tracker.counts())
}

#[test]
fn both_ways_and_all_batches_lead_to_the_same() {
    for seed in 0..60 {
        let segments = traffic(seed, 1500);
        compare(&segments, seed, false);
        compare(&light(&segments), seed, true);
    }
}

fn compare(segments: &[Segment], seed: u64, light: bool) {
    let mut long = Tracker::new(SEED);
    long.store.sketching = false;
    long.expect_light(light);
    let (expected, counts) = outcome(long, 1, segments);
    for run in [1, 64, 1000] {
        let mut short = Tracker::new(SEED.map(|half| half.rotate_left(9)));
        short.expect_light(light);
        let (told, same) = outcome(short, run, segments);
        for (told, expected) in told.iter().zip(&expected) {
            assert_eq!(told, expected, "seed {seed}, batches of {run}, light {light}");
        }
        assert_eq!((told.len(), same), (expected.len(), counts));
    }
}

#[test]
fn what_an_end_sends_is_counted_beyond_4_gib() {
    const LENGTH: u32 = 65_000;
    const COUNT: u32 = 150_000;
    for (sketching, isn) in [(true, 9), (false, 9), (true, u32::MAX - 9), (false, u32::MAX - 9)] {
        let mut tracker = Tracker::new(SEED);
        tracker.store.sketching = sketching;
        let asks = Segment { sequence: isn, ..syn(5) };
        let signs = Signs(asks.signs.0 ^ Signs::FROM_FIRST);
        let answers = Segment { signs, flags: Flags(Flags::SYN | Flags::ACK), sequence: 70, ..asks };
        let answers = Segment { acknowledgment: isn.wrapping_add(1), print: 1 << 16, ..answers };
        let opens = Segment {
            flags: Flags(Flags::ACK),
            sequence: isn.wrapping_add(1),
            acknowledgment: 71,
            print: 2 << 16,
            ..asks
        };
        let sends = |number: u32| {
            let sequence = opens.sequence.wrapping_add(number.wrapping_mul(LENGTH));
            let print = number << 16;
            let payload = Segment { sequence, payload_length: LENGTH, print, ..opens };
            let acknowledgment = sequence.wrapping_add(LENGTH);
            [payload, Segment { flags: opens.flags, sequence: 71, acknowledgment, print, ..answers }]
        };
        for segment in [asks, answers, opens].into_iter().chain((0..COUNT).flat_map(sends)) {
            tracker.packet(&Packet::Segment(segment), &[], &mut Told::default());
        }
        let half = match tracker.store.place(0) {
            Some(place) => tracker.store.told[place as usize].half,
            None => tracker.store.retell(0).half,
        };
        let bytes = half.map(|half| half.bytes());
        assert_eq!(bytes, [u64::from(LENGTH) * u64::from(COUNT), 0], "{sketching} {isn}");
    }
}
