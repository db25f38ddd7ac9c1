//! Names by which others can find a finding again.

use crate::diagnose::Finding;
use crate::track::kernel::Kind;

/// 16 hexadecimal digits that only this finding has: the same for the same input, today and later.
pub fn id(finding: &Finding) -> String {
    let deciding = finding.evidence.last();
    let mut hash = Fnv::new();
    hash.add(&finding.time.0.to_be_bytes());
    for end in [finding.client.end, finding.server.end] {
        hash.add(end.ip.to_string().as_bytes());
        hash.add(&end.port.to_be_bytes());
    }
    hash.add(finding.kind.map_or("benign", Kind::id).as_bytes());
    hash.add(&deciding.map_or(0, |evidence| evidence.frame).to_be_bytes());
    hash.add(&deciding.map_or(0, |evidence| evidence.input).to_be_bytes());
    format!("{:016x}", hash.finish())
}

/// FNV-1a with 64 bits and a last stir: short, the same everywhere, and no secret is at stake.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(self) -> u64 {
        let stirred = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        stirred ^ (stirred >> 33)
    }
}

/// Community ID v1, as Zeek, Suricata and Wireshark print it.
pub fn community_id(finding: &Finding) -> Option<String> {
    const TCP: u8 = 6;
    let (client, server) = (finding.client.end, finding.server.end);
    community_id::calculate_community_id(0, client.ip, server.ip, Some(client.port), Some(server.port), TCP, false).ok()
}
