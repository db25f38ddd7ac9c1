//! Link layers: from the first byte of a frame to the IP packet in it.

use super::view::View;
use super::{Skip, wireless};

/// The IP packet in a frame of the link type `link` (LINKTYPE_ numbers, www.tcpdump.org/linktypes.html).
#[inline]
pub(super) fn network(link: u16, view: View<'_>) -> Result<View<'_>, Skip> {
    match link {
        1 => ethernet(view),
        12 | 14 | 101 | 228 | 229 => ip(view),
        113 => ethertype(view.u16(14)?, view.skip(16)?),
        276 => ethertype(view.u16(0)?, view.skip(20)?),
        0 | 108 => loopback(view),
        9 | 50 => ppp_or_cisco(view),
        51 => pppoe(view),
        104 => ethertype(view.u16(2)?, view.skip(4)?),
        107 => frame_relay(view),
        // IPsec of the BSDs (enc0): address family, SPI and flags.
        109 => ip(view.skip(12)?),
        117 => pflog(view),
        204 => ppp(view.skip(1)?),
        239 => nflog(view),
        178 => juniper(view),
        // IP over InfiniBand.
        242 => ethertype(view.u16(40)?, view.skip(44)?),
        // Between a host and the switch in it, whose tag stands behind the addresses (Broadcom; Marvell's of 4 and of 8 bytes) or
        // before them.
        281 | 284 => ethertype(view.u16(16)?, view.skip(18)?),
        285 => ethertype(view.u16(20)?, view.skip(22)?),
        282 => ethernet(view.skip(4)?),
        258 => pktap(view),
        100 => llc(view),
        105 | 119 | 127 | 163 | 192 => wireless::network(link, view),
        _ => Err(Skip::LinkType),
    }
}

/// An Ethernet frame.
#[inline]
pub(super) fn ethernet(view: View<'_>) -> Result<View<'_>, Skip> {
    ethertype(view.u16(12)?, view.skip(14)?)
}

/// The same for what most captures consist of; see [`ip::usual`](super::ip::usual).
#[inline]
pub(super) fn usual(link: u16, view: View<'_>) -> Option<View<'_>> {
    let head = view.data.first_chunk::<14>()?;
    let kind = u16::from_be_bytes([head[12], head[13]]);
    view.behind(14).filter(|_| link == 1 && (kind == 0x0800 || kind == 0x86dd))
}

/// What an EtherType announces. Both address families go by the version in the header itself: senders lie less there.
#[inline]
pub(super) fn ethertype(kind: u16, view: View<'_>) -> Result<View<'_>, Skip> {
    match kind {
        0x0800 | 0x86dd => ip(view),
        _ => tagged(kind, view.deeper()?),
    }
}

fn tagged(kind: u16, view: View<'_>) -> Result<View<'_>, Skip> {
    match kind {
        // 802.1Q, 802.1ad, QinQ of old: two bytes of tag, then the next EtherType.
        0x8100 | 0x88a8 | 0x9100 => ethertype(view.u16(2)?, view.skip(4)?),
        // VN-Tag, HSR; Cisco's metadata (TrustSec).
        0x8926 | 0x892f => ethertype(view.u16(4)?, view.skip(6)?),
        0x8909 => ethertype(view.u16(6)?, view.skip(8)?),
        0x88e5 => macsec(view),
        // A whole frame behind a tag: IEEE 802.1ah, Cisco FabricPath.
        0x88e7 => ethernet(view.skip(4)?),
        0x8903 => ethernet(view.skip(2)?),
        0x8847 | 0x8848 => mpls(view),
        0x8864 => pppoe(view),
        0x880b => ppp(view),
        0x0806 | 0x8035 => Err(Skip::Arp),
        // IEEE 802.3: a length below 0x600; Linux cooked captures say 1 (802.3) or 4 (802.2) instead.
        0..=0x5ff => llc(view),
        _ => Err(Skip::NotIp),
    }
}

/// An IP packet, if its version says so.
#[inline]
pub(super) fn ip(view: View<'_>) -> Result<View<'_>, Skip> {
    match view.u8(0)? >> 4 {
        4 | 6 => Ok(view),
        _ => Err(Skip::Malformed),
    }
}

/// IEEE 802.2 with the SNAP extension (RFC 1042); without it there is no IP inside.
pub(super) fn llc(view: View<'_>) -> Result<View<'_>, Skip> {
    let head = view.array(0)?;
    if is_snap(&head) { ethertype(view.u16(6)?, view.skip(8)?) } else { Err(Skip::NotIp) }
}

/// Does an EtherType follow, by RFC 1042 or by IEEE 802.1H?
pub(super) fn is_snap(head: &[u8; 6]) -> bool {
    matches!(head, [0xaa, 0xaa, 0x03, 0, 0, 0 | 0xf8])
}

/// A stack of MPLS labels (RFC 3032) and what follows it, which only its first bytes tell.
pub(super) fn mpls(view: View<'_>) -> Result<View<'_>, Skip> {
    let mut view = view;
    // The lowest bit of the third byte marks the bottom of the stack.
    while view.u8(2)? & 1 == 0 {
        view = view.skip(4)?.deeper()?;
    }
    let view = view.skip(4)?.deeper()?;
    match view.u8(0)? >> 4 {
        4 | 6 => Ok(view),
        // A pseudo-wire with its control word (RFC 4448, section 4.6), or without it.
        0 => view.skip(4).and_then(ethernet).or_else(|_| ethernet(view)),
        _ => ethernet(view),
    }
    .map_err(|skip| if skip == Skip::Malformed { Skip::NotIp } else { skip })
}

/// A PPPoE session (RFC 2516, section 4): six bytes of header, then PPP without address and control.
fn pppoe(view: View<'_>) -> Result<View<'_>, Skip> {
    match view.array::<2>(0)? {
        [0x11, 0] => ppp(view.skip(6)?),
        _ => Err(Skip::NotIp),
    }
}

/// PPP in HDLC-like framing (RFC 1662), or Cisco's HDLC in its place: its first byte (unicast or broadcast) begins no
/// PPP frame. Serial lines are captured under either link type.
fn ppp_or_cisco(view: View<'_>) -> Result<View<'_>, Skip> {
    match view.u8(0)? {
        0x0f | 0x8f => ethertype(view.u16(2)?, view.skip(4)?),
        _ => ppp(view),
    }
}

/// PPP (RFC 1661), with or without address and control (RFC 1662, section 3.1) and with the protocol in one byte or two.
pub(super) fn ppp(view: View<'_>) -> Result<View<'_>, Skip> {
    let view = if view.array::<2>(0)? == [0xff, 0x03] { view.skip(2)? } else { view };
    // RFC 1661, section 2: the last byte of a protocol number is odd, all others are even.
    let first = view.u8(0)?;
    let (protocol, view) =
        if first & 1 == 1 { (u16::from(first), view.skip(1)?) } else { (view.u16(0)?, view.skip(2)?) };
    match protocol {
        0x0021 | 0x0057 => ip(view),
        0x0281 | 0x0283 => mpls(view.deeper()?),
        _ => Err(Skip::NotIp),
    }
}

/// Frame Relay: an address, of which the last byte is odd, and behind it an EtherType, as Cisco has it, or what RFC 2427,
/// section 3, says.
fn frame_relay(view: View<'_>) -> Result<View<'_>, Skip> {
    let mut view = view.skip(1)?;
    while view.u8(0)? & 1 == 0 {
        view = view.skip(1)?;
    }
    let view = view.skip(1)?;
    match view.array::<2>(0)? {
        [3, 0xcc | 0x8e] => ip(view.skip(2)?),
        // SNAP, with a byte that evens the length or without it.
        [3, 0] => ethertype(view.u16(6)?, view.skip(8)?),
        [3, 0x80] => ethertype(view.u16(5)?, view.skip(7)?),
        [3, _] => Err(Skip::NotIp),
        _ => ethertype(view.u16(0)?, view.skip(2)?),
    }
}

/// A frame that IEEE 802.1AE authenticates, and often encrypts: flags, length and number, and the channel if they say so.
fn macsec(view: View<'_>) -> Result<View<'_>, Skip> {
    const CHANNEL: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    let flags = view.u8(0)?;
    if flags & ENCRYPTED_OR_CHANGED != 0 {
        return Err(Skip::Encrypted);
    }
    let length = if flags & CHANNEL == 0 { 6 } else { 14 };
    ethertype(view.u16(length)?, view.skip(length + 2)?.deeper()?)
}

/// BSD's loopback: the address family in four bytes, in the order of the host that captured.
fn loopback(view: View<'_>) -> Result<View<'_>, Skip> {
    let family = match view.array::<4>(0)? {
        [0, 0, 0, family] | [family, 0, 0, 0] => family,
        _ => return Err(Skip::NotIp),
    };
    match family {
        // AF_INET; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 23 | 24 | 28 | 30 => ip(view.skip(4)?),
        _ => Err(Skip::NotIp),
    }
}

/// What OpenBSD's and FreeBSD's packet filter logs: its header says how long it is, without what fills it up to four bytes.
fn pflog(view: View<'_>) -> Result<View<'_>, Skip> {
    ip(view.skip(usize::from(view.u8(0)?).next_multiple_of(4))?)
}

/// What routers of Juniper capture: a magic number, flags, extensions in front of the frame if there are any, and the frame, or
/// without it four bytes and the packet.
fn juniper(view: View<'_>) -> Result<View<'_>, Skip> {
    const EXTENDED: u8 = 0x80;
    const WITHOUT_FRAME: u8 = 2;
    let [b'M', b'G', b'C', flags] = view.array::<4>(0)? else {
        return Err(Skip::Malformed);
    };
    let extensions = if flags & EXTENDED == 0 { 0 } else { 2 + usize::from(view.u16(4)?) };
    let view = view.skip(4 + extensions)?;
    if flags & WITHOUT_FRAME == 0 { ethernet(view) } else { ip(view.skip(4)?) }
}

/// More attributes than Linux sends with a packet (`enum nfulnl_attr_type`).
const MAX_ATTRIBUTES: usize = 32;

/// What a rule of Linux's packet filter logs: netlink attributes in the order of the host that captured, each with its length and
/// its kind, filled up to four bytes; one of them is the packet. All but a few hosts are little-endian.
fn nflog(view: View<'_>) -> Result<View<'_>, Skip> {
    const PAYLOAD: u16 = 9;
    let mut view = view.skip(4)?;
    for _ in 0..MAX_ATTRIBUTES {
        let [length, kind] = [0, 2].map(|at| view.u16(at).map(u16::swap_bytes));
        let (length, kind) = (length?, kind?);
        if length < 4 {
            return Err(Skip::Malformed);
        }
        if kind == PAYLOAD {
            return ip(view.limit(length.into()).skip(4)?);
        }
        view = view.skip(usize::from(length).next_multiple_of(4))?;
    }
    Err(Skip::Malformed)
}

/// What macOS captures on several interfaces at once: a header that says how long it is and what link type follows.
fn pktap(view: View<'_>) -> Result<View<'_>, Skip> {
    let [length, link] = [0, 8].map(|at| view.u32(at).map(u32::swap_bytes));
    let link = u16::try_from(link?).map_err(|_| Skip::LinkType)?;
    network(link, view.skip(length? as usize)?.deeper()?)
}
