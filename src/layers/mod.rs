//! From the first byte of a frame to what the innermost of its IP packets carries: link layers, tunnels, IP headers.
//!
//! [`source`](crate::source) asks for it, whose filter looks for ICMP errors, and [`decode`](crate::decode).

mod ip;
mod link;
mod skip;
mod tunnel;
mod view;
mod wireless;

pub(crate) use ip::{Addresses, Header, header, protocol};
pub use skip::Skip;
pub(crate) use tunnel::is_over_udp;
pub(crate) use view::View;
pub(crate) use wireless::parts;

/// How many IP headers may stand inside each other.
const MAX_TUNNELS: usize = 8;

/// The innermost IP header in a frame of the link type `link` and what it carries: TCP, ICMP or ICMPv6. Takes off layer by layer.
#[inline]
pub(crate) fn innermost(link: u16, view: View<'_>) -> Result<(Header<'_>, View<'_>), Skip> {
    innermost_of(link::network(link, view)?)
}

/// The same where it is to be ICMP. It costs next to nothing for what is TCP, or UDP that is no tunnel.
pub(crate) fn icmp(link: u16, view: View<'_>) -> Option<(Header<'_>, View<'_>)> {
    let packet = link::network(link, view).ok().filter(|packet| tunnel::is_plain(*packet) != Ok(true))?;
    innermost_of(packet).ok().filter(|(header, _)| header.protocol != protocol::TCP)
}

/// The innermost IP header from that of `packet` on.
fn innermost_of(packet: View<'_>) -> Result<(Header<'_>, View<'_>), Skip> {
    let mut view = packet;
    for _ in 0..=MAX_TUNNELS {
        let (header, inner) = ip::header(view)?;
        view = match header.protocol {
            protocol::TCP | protocol::ICMP | protocol::ICMPV6 => return Ok((header, inner)),
            other => tunnel::inner(other, inner)?,
        };
    }
    Err(Skip::TunnelTooDeep)
}

/// The same for what most captures consist of: TCP over IP over Ethernet, with nothing between them.
#[inline]
pub(crate) fn usual(link: u16, view: View<'_>) -> Option<(Header<'_>, View<'_>)> {
    link::usual(link, view).and_then(ip::usual)
}
