//! Nothing from the network makes this panic, or prints what it should not.

use super::samples::{mongodb, pairs};
use crate::context::{
    Context, Side, http_answer_is_complete, is_message_start, mismatch, read, reset_reason, tls_state,
};

const PORTS: [u16; 19] =
    [443, 80, 5432, 3306, 6379, 22, 25, 21, 143, 110, 5672, 9092, 27017, 1433, 11211, 389, 9042, 4222, 9999];

fn is_harmless(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn check_context(context: &Context) {
    assert!(is_harmless(context.sentence()), "{}", context.sentence());
    assert!(context.sentence().len() < 1200, "{}", context.sentence());
    assert!(is_harmless(&super::in_json(context)));
}

fn check(client: &[u8], server: &[u8], port: u16) {
    for last in [Side::Client, Side::Server] {
        if let Some(context) = read(client, server, last, port) {
            check_context(&context);
        }
    }
    if let Some(mismatch) = mismatch(client, server) {
        assert!(is_harmless(mismatch.phrase()), "{}", mismatch.phrase());
    }
    if let Some(reason) = reset_reason(client) {
        assert!(is_harmless(&reason.sentence()), "{}", reason.sentence());
    }
    let _ = tls_state(client, server);
    let _ = is_message_start(client) | is_message_start(server);
    let _ = http_answer_is_complete(server, 100);
}

#[test]
fn every_prefix() {
    for (client, server) in pairs() {
        for port in [443, 9999] {
            for end in 0..=client.len() {
                check(&client[..end], &server, port);
                check(&client[..end], b"", port);
            }
            for end in 0..=server.len() {
                check(&client, &server[..end], port);
                check(b"", &server[..end], port);
            }
        }
    }
}

/// Numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
                1 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                2 => bytes.insert(at, self.below(256) as u8),
                3 => bytes.truncate(at),
                _ if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {}
            }
        }
    }
}

#[test]
fn twenty_thousand_mutations() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let pairs = pairs();
    for _ in 0..20_000 {
        let (mut client, mut server) = pairs[dice.below(pairs.len())].clone();
        if dice.below(8) == 0 {
            server = pairs[dice.below(pairs.len())].1.clone();
        }
        dice.change(&mut client);
        dice.change(&mut server);
        check(&client, &server, PORTS[dice.below(PORTS.len())]);
    }
}

#[test]
fn noise_is_not_understood() {
    let mut dice = Dice(42);
    let mut understood = 0;
    for _ in 0..20_000 {
        let mut noise = |length: usize| (0..length).map(|_| dice.below(256) as u8).collect::<Vec<u8>>();
        let (client, server) = (noise(60), noise(60));
        check(&client, &server, 9999);
        understood += usize::from(read(&client, &server, Side::Server, 9999).is_some());
    }
    assert_eq!(understood, 0);
}

#[test]
fn what_is_wrapped_without_end_takes_no_stack() {
    let begins =
        (0..100_000_u32).rev().flat_map(|depth| [&b"\x03query\0"[..], &(12 * depth + 5).to_le_bytes()].concat());
    let ends = [0; 100_000];
    check(&mongodb(0, 0, &begins.chain(ends).collect::<Vec<u8>>()), b"", 9999);
}
