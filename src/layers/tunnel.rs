//! Tunnels over IP: from the outer header's payload to the IP packet inside.

use etherparse::UdpHeaderSlice;

use super::ip::protocol;
use super::view::View;
use super::{Skip, link, wireless};

/// The IP packet that `view`, the payload of an IP packet of this protocol, carries inside.
pub(super) fn inner(protocol: u8, view: View<'_>) -> Result<View<'_>, Skip> {
    let view = view.deeper()?;
    match protocol {
        protocol::IPV4 | protocol::IPV6 => link::ip(view),
        protocol::GRE => gre(view),
        // UDP-Lite (RFC 3828) has the same ports in the same place; CAPWAP goes over it in IPv6 (RFC 5415, section 3.1).
        protocol::UDP | protocol::UDP_LITE => udp(view),
        protocol::ESP => Err(Skip::Encrypted),
        _ => Err(Skip::Protocol),
    }
}

/// Generic routing encapsulation (RFC 2784, RFC 2890) and PPTP's version of it (RFC 2637, section 4.1).
fn gre(view: View<'_>) -> Result<View<'_>, Skip> {
    let (flags, kind) = (view.u16(0)?, view.u16(2)?);
    let field = |bit: u16| if flags & bit != 0 { 4 } else { 0 };
    let (checksum, routing, key, sequence) = (field(0x8000), flags & 0x4000, field(0x2000), field(0x1000));
    match flags & 7 {
        // Source routes (RFC 1701) are long out of use, and have no length of their own to step over.
        0 if routing != 0 => Err(Skip::TunnelContent),
        0 => carried(kind, flags, view.skip(4 + checksum + key + sequence)?),
        1 if kind == 0x880b => {
            let acknowledgment = field(0x0080);
            // A header without a sequence number only acknowledges, and carries nothing.
            if sequence == 0 {
                return Err(Skip::TunnelContent);
            }
            content(link::ppp(view.skip(8 + sequence + acknowledgment)?))
        }
        _ => Err(Skip::TunnelContent),
    }
}

/// What GRE's protocol field announces.
fn carried(kind: u16, flags: u16, view: View<'_>) -> Result<View<'_>, Skip> {
    match kind {
        // Ethernet, as in NVGRE (RFC 7637).
        0x6558 => content(link::ethernet(view)),
        // ERSPAN: type I has no header of its own, and GRE without a sequence number.
        0x88be if flags & 0x1000 == 0 => content(link::ethernet(view)),
        0x88be | 0x22eb => content(erspan(view)),
        _ => content(link::ethertype(kind, view)),
    }
}

/// ERSPAN types II and III (draft-foschiano-erspan, sections 4.2 and 4.3), told by their version field.
fn erspan(view: View<'_>) -> Result<View<'_>, Skip> {
    match view.u8(0)? >> 4 {
        1 => link::ethernet(view.skip(8)?),
        2 => {
            let [kind, options] = view.array::<2>(10)?;
            let inner = view.skip(if options & 1 != 0 { 20 } else { 12 })?;
            if kind >> 2 & 0x1f == 2 { link::ip(inner) } else { link::ethernet(inner) }
        }
        _ => Err(Skip::TunnelContent),
    }
}

const VXLAN: u16 = 4789;
/// What Linux used before a port was assigned, and still does by default.
const VXLAN_ON_LINUX: u16 = 8472;
const GENEVE: u16 = 6081;
const GTP_U: u16 = 2152;
const TEREDO: u16 = 3544;
/// Its data; what goes over port 5246 is control.
const CAPWAP: u16 = 5247;

/// Is this the port of a tunnel that is looked into?
#[inline(always)]
pub(crate) fn is_over_udp(port: u16) -> bool {
    matches!(port, VXLAN | VXLAN_ON_LINUX | GENEVE | GTP_U | TEREDO | CAPWAP)
}

/// Is this an IP packet of TCP, or of UDP that is no tunnel, by what its first header says? Then nothing else is in it.
pub(super) fn is_plain(packet: View<'_>) -> Result<bool, Skip> {
    let first = packet.u8(0)?;
    let (protocol, ports) =
        if first >> 4 == 4 { (packet.u8(9)?, usize::from(first & 0x0f) * 4) } else { (packet.u8(6)?, 40) };
    Ok(match protocol {
        protocol::TCP => true,
        protocol::UDP => !is_over_udp(packet.u16(ports)?) && !is_over_udp(packet.u16(ports + 2)?),
        _ => false,
    })
}

/// Tunnels over UDP, told by their port.
fn udp(view: View<'_>) -> Result<View<'_>, Skip> {
    let Ok(head) = UdpHeaderSlice::from_slice(view.data) else { return Err(view.missing(8)) };
    let inner = view.skip(8)?;
    let is = |port: u16| head.source_port() == port || head.destination_port() == port;
    if is(VXLAN) || is(VXLAN_ON_LINUX) {
        return vxlan(inner);
    }
    if is(GENEVE) {
        return geneve(inner);
    }
    if is(GTP_U) {
        return gtp(inner);
    }
    if is(TEREDO) {
        return teredo(inner);
    }
    if is(CAPWAP) {
        return capwap(inner);
    }
    Err(Skip::Udp)
}

/// VXLAN (RFC 7348, section 5). Without the valid network identifier it is something else on that port.
fn vxlan(view: View<'_>) -> Result<View<'_>, Skip> {
    if view.u8(0)? & 0x08 == 0 {
        return Err(Skip::Udp);
    }
    content(link::ethernet(view.skip(8)?))
}

/// Geneve (RFC 8926, section 3.4): options in units of four bytes, then what the EtherType says.
fn geneve(view: View<'_>) -> Result<View<'_>, Skip> {
    let first = view.u8(0)?;
    if first >> 6 != 0 {
        return Err(Skip::Udp);
    }
    let (kind, inner) = (view.u16(2)?, view.skip(8 + usize::from(first & 0x3f) * 4)?);
    content(if kind == 0x6558 { link::ethernet(inner) } else { link::ethertype(kind, inner) })
}

/// GTP-U version 1 (3GPP TS 29.281, section 5): only type 255 carries a user's packet.
fn gtp(view: View<'_>) -> Result<View<'_>, Skip> {
    let [flags, kind] = view.array::<2>(0)?;
    if flags & 0xf0 != 0x30 {
        return Err(Skip::Udp);
    }
    if kind != 255 {
        return Err(Skip::TunnelContent);
    }
    // Any of the three flags brings all three optional fields: sequence number, N-PDU number, next extension header.
    if flags & 7 == 0 {
        return user_packet(view.skip(8)?);
    }
    let mut next = if flags & 4 != 0 { view.u8(11)? } else { 0 };
    let mut view = view.skip(12)?;
    while next != 0 {
        let length = usize::from(view.u8(0)?) * 4;
        // Section 5.2.1: the length counts itself and the next header's type, so 0 is none.
        if length == 0 {
            return Err(Skip::Malformed);
        }
        next = view.u8(length - 1)?;
        view = view.skip(length)?.deeper()?;
    }
    user_packet(view)
}

/// GTP-U does not say what it carries: besides IP it may be Ethernet, PPP or anything.
fn user_packet(view: View<'_>) -> Result<View<'_>, Skip> {
    match view.u8(0)? >> 4 {
        4 | 6 => Ok(view),
        _ => Err(Skip::TunnelContent),
    }
}

/// Teredo (RFC 4380, section 5.1.1): an authentication and an origin may stand before the IPv6 packet.
fn teredo(view: View<'_>) -> Result<View<'_>, Skip> {
    let mut view = view;
    if view.array(0)? == [0, 1] {
        let [client, value] = view.array::<2>(2)?.map(usize::from);
        // A nonce of eight bytes and a byte of confirmation follow both.
        view = view.skip(4 + client + value + 9)?;
    }
    if view.array(0)? == [0, 0] {
        view = view.skip(8)?;
    }
    // What else uses this port is seldom an IPv6 header, and then of a length that the packet has.
    let whole = u32::from(view.u16(4)?) + 40 <= view.wire;
    if view.u8(0)? >> 4 == 6 && whole { Ok(view) } else { Err(Skip::Udp) }
}

/// The data of CAPWAP (RFC 5415, section 4.3), between the access points of a wireless network and their controller.
fn capwap(view: View<'_>) -> Result<View<'_>, Skip> {
    const NATIVE: u32 = 0x100;
    const FRAGMENT: u32 = 0x80;
    const KEEP_ALIVE: u32 = 8;
    let head = view.u32(0)?;
    match head >> 24 {
        0 => {}
        // DTLS.
        1 => return Err(Skip::Encrypted),
        _ => return Err(Skip::Udp),
    }
    let (words, binding) = (head >> 19 & 0x1f, head >> 9 & 0x1f);
    if words < 2 {
        return Err(Skip::Udp);
    }
    if head & KEEP_ALIVE != 0 {
        return Err(Skip::TunnelContent);
    }
    if head & FRAGMENT != 0 && view.u16(6)? >> 3 != 0 {
        return Err(Skip::LaterFragment);
    }
    let inner = view.skip(words as usize * 4)?;
    match (head & NATIVE != 0, binding) {
        (false, _) => content(link::ethernet(inner)),
        // IEEE 802.11 (RFC 5416).
        (true, 1) => content(wireless::of_controller(inner)),
        (true, _) => Err(Skip::TunnelContent),
    }
}

/// What is inside a tunnel and not IP is named by the tunnel: ARP over VXLAN is no ARP of this network.
fn content(inner: Result<View<'_>, Skip>) -> Result<View<'_>, Skip> {
    inner.map_err(|skip| match skip {
        Skip::NotIp | Skip::Arp => Skip::TunnelContent,
        other => other,
    })
}
