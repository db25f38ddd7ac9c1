//! ICMP (RFC 792) and ICMPv6 (RFC 4443) errors and the segment that they quote.

use crate::decode::{CutIcmpError, Flags, IcmpError, Packet, Skip};
use crate::layers::{Header, View, header, protocol};
use crate::source::RawFrame;

/// The error that `view` begins with, sent by the source of `ip`. Redirects report no error and are left out.
pub(super) fn error(ip: &Header<'_>, view: View<'_>, frame: &RawFrame, seed: [u64; 2]) -> Result<Packet, Skip> {
    let ipv6 = ip.protocol == protocol::ICMPV6;
    let [kind, code] = view.array::<2>(0)?;
    // RFC 792: unreachable, source quench, time exceeded, parameter problem. RFC 4443, section 2.1: the errors are below 128.
    let is_error = if ipv6 { matches!(kind, 1..=4) } else { matches!(kind, 3 | 4 | 11 | 12) };
    if !is_error {
        return Err(Skip::Icmp);
    }
    let mtu = match (ipv6, kind, code) {
        // RFC 1191, section 4; RFC 4443, section 3.2.
        (false, 3, 4) => u32::from(view.u16(6)?),
        (true, 2, _) => view.u32(4)?,
        _ => 0,
    };
    // What the snaplen cut is named so; any other quote that we cannot read is not one of a segment.
    let cut = view.data.len() < view.wire as usize;
    let unreadable = |skip, destination| {
        if cut && skip == Skip::Truncated {
            let receiver = ip.ends(0, 0).1.ip;
            Ok(Packet::CutIcmpError(CutIcmpError { time: frame.time, receiver, destination }))
        } else {
            Err(Skip::IcmpAboutOther)
        }
    };
    let (quoted, segment) = match view.skip(8).and_then(header) {
        Ok(quote) => quote,
        Err(skip) => return unreadable(skip, None),
    };
    if quoted.is_ipv6() != ipv6 || quoted.protocol != protocol::TCP {
        return Err(Skip::IcmpAboutOther);
    }
    // RFC 792 promises eight bytes of the segment: the ports and the sequence number.
    let [a, b, c, d, sequence @ ..] = match segment.array::<8>(0) {
        Ok(bytes) => bytes,
        Err(skip) => return unreadable(skip, Some(quoted.ends(0, 0).1.ip)),
    };
    let (source_port, destination_port) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let (flow, from_first) = quoted.flow(source_port, destination_port, seed);
    let (quoted_source, quoted_destination) = quoted.ends(source_port, destination_port);
    Ok(Packet::IcmpError(IcmpError {
        time: frame.time,
        frame: frame.number,
        input: frame.input,
        ipv6,
        kind,
        code,
        reporter: ip.ends(0, 0).0.ip,
        flow,
        from_first,
        quoted_source,
        quoted_destination,
        sequence: u32::from_be_bytes(sequence),
        about: segment.array::<14>(0).map_or(Flags::default(), |bytes| Flags(bytes[13])),
        mtu,
    }))
}
