//! Which connection a segment belongs to, and in which direction it goes.

use std::net::{IpAddr, Ipv4Addr};

use crate::decode::{End, Segment, Signs};
use crate::layers::{Addresses, Header};

/// An odd constant (2^64 divided by the golden ratio): multiplied by it, two port pairs are never equal modulo 2^32.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both ends of a connection in 16 bytes, the same for both directions.
///
/// IPv4: both addresses, then both ports in the last word; the end that stands first has the lower address, or with the
/// same address the lower port. IPv6: a keyed 96-bit fingerprint of both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlowKey {
    words: [u32; 3],
    ipv6: bool,
}

impl FlowKey {
    /// The key of the connection between `a` and `b`, and whether `a` stands first in it. When both are the same end
    /// (a "land" attack), `a` does.
    pub fn of(a: End, b: End, seed: [u64; 2]) -> (FlowKey, bool) {
        match (a.ip, b.ip) {
            (IpAddr::V4(ip_a), IpAddr::V4(ip_b)) => {
                let addresses = u64::from(ip_a.to_bits()) << 32 | u64::from(ip_b.to_bits());
                FlowKey::of_ipv4(addresses, u32::from(a.port) << 16 | u32::from(b.port))
            }
            (ip_a, ip_b) => FlowKey::of_ipv6(bits(ip_a), a.port, bits(ip_b), b.port, seed),
        }
    }

    /// IPv4 keys are exact: no two connections share one. `addresses` and `ports` are those of a header: the source's in
    /// the upper half, the destination's in the lower.
    #[inline(always)]
    pub(super) fn of_ipv4(addresses: u64, ports: u32) -> (FlowKey, bool) {
        let (back, ports_back) = (addresses.rotate_left(32), ports.rotate_left(16));
        // Which way a packet goes cannot be foreseen: this must not become a jump.
        let source_first = (addresses < back) | ((addresses == back) & (ports <= ports_back));
        let ends = addresses.rotate_left(u32::from(!source_first) * 32);
        let ports = ports.rotate_left(u32::from(source_first) * 16);
        (FlowKey { words: [(ends >> 32) as u32, ends as u32, ports], ipv6: false }, source_first)
    }

    /// IPv6 keys are a fingerprint under a secret seed: two pairs of addresses share one with a chance of 2⁻⁹⁶, or 2⁻⁶⁴
    /// where they have one address in common, which nobody can raise by choosing addresses; two pairs of ports between
    /// the same addresses never do.
    pub(super) fn of_ipv6(ip_a: u128, port_a: u16, ip_b: u128, port_b: u16, seed: [u64; 2]) -> (FlowKey, bool) {
        let a_first = (ip_a, port_a) <= (ip_b, port_b);
        let (low_ip, low_port, high_ip, high_port) =
            if a_first { (ip_a, port_a, ip_b, port_b) } else { (ip_b, port_b, ip_a, port_a) };
        let low = fold((low_ip >> 64) as u64 ^ seed[0], low_ip as u64 ^ seed[1]);
        let high = fold((high_ip >> 64) as u64 ^ seed[1].rotate_left(32), high_ip as u64 ^ seed[0].rotate_left(32));
        let ports = u64::from(low_port) << 16 | u64::from(high_port);
        // An odd factor keeps 32 bits apart in the lower half alone. Of the higher end all 64 bits count: a scanner is the lower
        // one of millions of connections.
        let low = low ^ high.rotate_left(32) ^ ports.wrapping_mul(ODD);
        (FlowKey { words: [low as u32, (low >> 32) as u32, high as u32], ipv6: true }, a_first)
    }

    /// The key in 12 bytes. Together with [`FlowKey::is_ipv6`] they are the whole key.
    #[inline(always)]
    pub fn packed(self) -> [u32; 3] {
        self.words
    }

    /// The key of [`FlowKey::packed`].
    pub fn unpacked(words: [u32; 3], ipv6: bool) -> FlowKey {
        FlowKey { words, ipv6 }
    }

    /// Both ends of an IPv4 connection, the first one first.
    pub fn ends4(self) -> [End; 2] {
        let [first, second, ports] = self.words;
        let end = |address, port| End { ip: IpAddr::V4(Ipv4Addr::from_bits(address)), port };
        [end(first, ports as u16), end(second, (ports >> 16) as u16)]
    }

    /// A number for a hash table, its bits mixed. With a secret seed of random bits nobody can choose addresses and ports
    /// that fall into one bucket.
    #[inline(always)]
    pub fn hash(self, seed: [u64; 2]) -> u32 {
        let [first, second, third] = self.words.map(u64::from);
        (fold((first | second << 32) ^ seed[0], third ^ seed[1]) >> 32) as u32
    }

    /// Is it a connection over IPv6?
    #[inline(always)]
    pub fn is_ipv6(self) -> bool {
        self.ipv6
    }
}

impl End {
    /// A number for a hash table, as [`FlowKey::hash`].
    #[inline]
    pub fn hash(self, seed: [u64; 2]) -> u32 {
        let address = bits(self.ip);
        let mixed = fold((address >> 64) as u64 ^ seed[0], address as u64 ^ seed[1]);
        (fold(mixed ^ u64::from(self.port), ODD) >> 32) as u32
    }
}

impl Segment {
    /// Are both ends surely on one host: has one of them a loopback address, or both the same?
    #[inline(always)]
    pub fn is_within_a_host(&self, bytes: &[u8]) -> bool {
        if self.signs.has(Signs::IPV6) {
            let (source, destination) = self.ends(bytes);
            return source.ip == destination.ip || source.ip.is_loopback() || destination.ip.is_loopback();
        }
        const LOOPBACK: u32 = 127;
        let [first, second, _] = self.key;
        (first == second) | (first >> 24 == LOOPBACK) | (second >> 24 == LOOPBACK)
    }

    /// Source and destination; `bytes` is the buffer that the segment was decoded from.
    pub fn ends(&self, bytes: &[u8]) -> (End, End) {
        if self.signs.has(Signs::IPV6) {
            let addresses = self.options_at.saturating_sub(self.addresses_before.into());
            let ports = self.options_at.saturating_sub(20);
            let end = |address, port| End {
                ip: IpAddr::from(array::<16>(bytes, addresses + address)),
                port: u16::from_be_bytes(array(bytes, ports + port)),
            };
            return (end(0, 0), end(16, 2));
        }
        let [first, second] = self.flow().ends4();
        if self.from_first() { (first, second) } else { (second, first) }
    }
}

impl Header<'_> {
    /// The key of the connection between `source_port` and `destination_port`, and whether the source stands first.
    #[inline]
    pub fn flow(&self, source_port: u16, destination_port: u16, seed: [u64; 2]) -> (FlowKey, bool) {
        match self.addresses {
            Addresses::V4(bytes) => {
                let ports = u32::from(source_port) << 16 | u32::from(destination_port);
                FlowKey::of_ipv4(u64::from_be_bytes(*bytes), ports)
            }
            Addresses::V6(bytes) => {
                let (source, destination) = halves(bytes);
                let (source, destination) = (u128::from_be_bytes(source), u128::from_be_bytes(destination));
                FlowKey::of_ipv6(source, source_port, destination, destination_port, seed)
            }
        }
    }

    /// Source and destination with these ports.
    pub fn ends(&self, source_port: u16, destination_port: u16) -> (End, End) {
        let (source, destination) = match self.addresses {
            Addresses::V4(bytes) => {
                let (source, destination) = halves::<4, 8>(bytes);
                (IpAddr::from(source), IpAddr::from(destination))
            }
            Addresses::V6(bytes) => {
                let (source, destination) = halves::<16, 32>(bytes);
                (IpAddr::from(source), IpAddr::from(destination))
            }
        };
        (End { ip: source, port: source_port }, End { ip: destination, port: destination_port })
    }
}

/// Both halves of `bytes`, where `WHOLE` is twice `HALF`.
#[inline]
fn halves<const HALF: usize, const WHOLE: usize>(bytes: &[u8; WHOLE]) -> ([u8; HALF], [u8; HALF]) {
    let half = |part: Option<&[u8; HALF]>| part.copied().unwrap_or([0; HALF]);
    (half(bytes.first_chunk::<HALF>()), half(bytes.last_chunk::<HALF>()))
}

/// The `N` bytes at `at`; all zeros if they belong to another batch.
fn array<const N: usize>(bytes: &[u8], at: u32) -> [u8; N] {
    bytes.get(at as usize..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

/// An address as a number; an IPv4 address beside an IPv6 one (no frame has that) as its mapped form.
fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// Both halves of the 128-bit product, xored.
#[inline(always)]
pub(super) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u64; 2] = [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210];

    fn end(text: &str) -> End {
        let socket: std::net::SocketAddr = text.parse().unwrap();
        End { ip: socket.ip(), port: socket.port() }
    }

    #[test]
    fn both_directions_share_a_key() {
        for (a, b) in [
            ("10.0.0.1:34186", "10.0.0.2:80"),
            ("10.0.0.2:1", "10.0.0.2:2"),
            ("[2001:db8::1]:34186", "[2001:db8::2]:80"),
            ("[::1]:5", "[::1]:4"),
        ] {
            let (key, a_first) = FlowKey::of(end(a), end(b), SEED);
            let (same, b_first) = FlowKey::of(end(b), end(a), SEED);
            assert_eq!(key, same);
            assert_ne!(a_first, b_first);
            assert_eq!(key.is_ipv6(), end(a).ip.is_ipv6());
        }
    }

    #[test]
    fn an_ipv4_key_is_exact() {
        let (server, client) = (end("10.0.0.2:80"), end("10.0.0.1:34186"));
        let (key, first) = FlowKey::of(server, client, SEED);
        assert_eq!(key.packed(), [0x0a00_0001, 0x0a00_0002, 0x0050_858a]);
        assert_eq!(key.ends4(), [client, server]);
        assert!(!first);
    }

    #[test]
    fn a_packed_key_is_the_same_key() {
        for (a, b) in [("10.0.0.2:80", "255.255.255.255:65535"), ("[2001:db8::1]:34186", "[2001:db8::2]:80")] {
            let (key, _) = FlowKey::of(end(a), end(b), SEED);
            assert_eq!(FlowKey::unpacked(key.packed(), key.is_ipv6()), key);
        }
    }

    #[test]
    fn a_land_attack_comes_from_the_first_end() {
        assert!(FlowKey::of(end("10.0.0.1:80"), end("10.0.0.1:80"), SEED).1);
        assert!(FlowKey::of(end("[::1]:80"), end("[::1]:80"), SEED).1);
    }

    #[test]
    fn a_million_ipv6_connections_of_one_end_have_a_key_each() {
        let scanner = 0x2001_0db8_u128 << 96;
        for (scanned, seed) in [(1_u128 << 100, SEED), (0xfe80 << 112, [3, 5])] {
            let keys: std::collections::HashSet<_> = (0..1_000_000)
                .map(|number| FlowKey::of_ipv6(scanner, 40000, scanned + number, 443, seed).0.packed())
                .collect();
            assert_eq!(keys.len(), 1_000_000);
        }
    }

    #[test]
    fn ipv6_keys_depend_on_all_36_bytes_and_on_the_seed() {
        let (base, _) = FlowKey::of(end("[2001:db8::1]:34186"), end("[2001:db8::2]:80"), SEED);
        for other in
            ["[2001:db8::1]:34187", "[2001:db8::3]:34186", "[2001:db9::1]:34186", "[2001:db8:0:1::1]:34186", "[::]:0"]
        {
            assert_ne!(base, FlowKey::of(end(other), end("[2001:db8::2]:80"), SEED).0, "{other}");
        }
        assert_ne!(base, FlowKey::of(end("[2001:db8::1]:34186"), end("[2001:db8::2]:80"), [1, 2]).0);
    }

    #[test]
    fn hashes_of_neighbours_fill_a_table_evenly() {
        let mut buckets = [0u32; 256];
        for port in 0..25_600u16 {
            let (key, _) = FlowKey::of_ipv4(0x0a00_0001_0a00_0002, u32::from(port) << 16 | 443);
            buckets[(key.hash(SEED) >> 24) as usize] += 1;
        }
        // 100 are expected in each; a fair throw leaves the limits below once in many millions of seeds.
        assert!(buckets.iter().all(|&count| (50..160).contains(&count)), "{buckets:?}");
    }
}
