//! Names by which others can find a finding again.

use std::net::IpAddr;

use sha1::{Digest, Sha1};

use super::remedy::EndTexts;
use crate::diagnose::Finding;
use crate::short::Short;

/// 16 hexadecimal digits that only this finding has: the same for the same input, today and later, in whatever order its files
/// are named.
pub fn id(finding: &Finding) -> String {
    id_of(finding, &EndTexts::of(finding)).to_string()
}

/// The same, where the addresses are text already.
pub fn id_of(finding: &Finding, ends: &EndTexts) -> Short {
    let deciding = finding.evidence.last();
    let mut hash = Fnv::new();
    hash.add(&finding.time.0.to_be_bytes());
    for (end, ip) in [(finding.client.end, &ends.client_ip), (finding.server.end, &ends.server_ip)] {
        hash.add(ip.as_bytes());
        hash.add(&end.port.to_be_bytes());
    }
    hash.add(finding.kind_id().as_bytes());
    hash.add(&deciding.map_or(0, |evidence| evidence.frame).to_be_bytes());
    // In the place of the input's number, which changes with the order.
    hash.add(&0u16.to_be_bytes());
    let mut text = Short::new();
    text.add_hexadecimal(hash.finish());
    text
}

/// FNV-1a with 64 bits and a last stir: short, the same everywhere, and no secret is at stake.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add_byte(*byte));
        self.add_byte(0xff);
    }

    fn add_byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn finish(self) -> u64 {
        let stirred = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        stirred ^ (stirred >> 33)
    }
}

/// Community ID v1, as Zeek, Suricata and Wireshark print it, with the usual seed of 0.
///
/// It is the SHA-1 of the lower end's address, the other one's, the protocol, a zero, and the two ports.
pub fn community_id(finding: &Finding) -> Option<Short> {
    const TCP: u8 = 6;
    let (client, server) = (finding.client.end, finding.server.end);
    let (low, high) =
        if (client.ip, client.port) < (server.ip, server.port) { (client, server) } else { (server, client) };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    match (low.ip, high.ip) {
        (IpAddr::V4(low), IpAddr::V4(high)) => {
            hash.update(low.octets());
            hash.update(high.octets());
        }
        (IpAddr::V6(low), IpAddr::V6(high)) => {
            hash.update(low.octets());
            hash.update(high.octets());
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
    }
    hash.update([TCP, 0]);
    hash.update(low.port.to_be_bytes());
    hash.update(high.port.to_be_bytes());
    let mut text = Short::new();
    text.add("1:");
    add_base64(&mut text, &hash.finalize());
    Some(text)
}

/// Base64 as in RFC 4648, section 4.
fn add_base64(text: &mut Short, bytes: &[u8]) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or_default());
        let number = at(0) << 16 | at(1) << 8 | at(2);
        let mut four = [18, 12, 6, 0].map(|shift| LETTERS[(number >> shift & 63) as usize]);
        four.iter_mut().skip(three.len() + 1).for_each(|letter| *letter = b'=');
        text.add_ascii(&four);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::End;
    use crate::report::samples;

    /// As computed by the specification's own program, or by others who follow it.
    const KNOWN: [(&str, u16, &str, u16, &str); 4] = [
        ("1.2.3.4", 1122, "5.6.7.8", 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM="),
        ("128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("10.0.0.1", 34186, "10.0.0.2", 8080, "1:s4J2czVFxLASrUXuUEsOPCl8+gk="),
        (
            "fe80:1:203:405:607:809:a0b:c0d",
            3344,
            "fe80:1011:1213:1415:1617:1819:1a1b:1c1d",
            5566,
            "1:7n5kS5mny36rwUHw2bbm4yjXixo=",
        ),
    ];

    #[test]
    fn community_ids_are_those_of_other_programs_in_either_direction() {
        for (one_ip, one_port, other_ip, other_port, expected) in KNOWN {
            let end = |ip: &str, port| End { ip: ip.parse().expect("an address"), port };
            let mut finding = samples::keepalive_race();
            for (client, server) in
                [((one_ip, one_port), (other_ip, other_port)), ((other_ip, other_port), (one_ip, one_port))]
            {
                finding.client.end = end(client.0, client.1);
                finding.server.end = end(server.0, server.1);
                assert_eq!(community_id(&finding).expect("an id").as_str(), expected);
            }
        }
    }

    #[test]
    fn ends_of_two_families_have_none() {
        let mut finding = samples::keepalive_race();
        finding.client.end.ip = samples::refused_ipv6().client.end.ip;
        assert!(community_id(&finding).is_none());
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            let mut text = Short::new();
            add_base64(&mut text, bytes.as_bytes());
            assert_eq!(text.as_str(), expected);
        }
    }
}
