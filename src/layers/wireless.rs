//! IEEE 802.11: from what the capturing radio tells about a frame, over the frame's own header, to the IP packet in it.
//!
//! A checksum at the end of the frame and what encryption put there need no care: IP knows its own length.

use super::view::View;
use super::{Skip, link};

/// LINKTYPE_ numbers: a frame by itself, and behind the headers of Prism, radiotap, AVS, and PPI.
const PLAIN: u16 = 105;
const PRISM: u16 = 119;
const RADIOTAP: u16 = 127;
const AVS: u16 = 163;
const PPI: u16 = 192;

/// The IP packet in a frame of one of these link types. An aggregate has several: see [`parts`].
pub(super) fn network(link: u16, view: View<'_>) -> Result<View<'_>, Skip> {
    let radio = behind_radio(link, view)?;
    // PPI stands before frames of any kind.
    if radio.link != PLAIN {
        return link::network(radio.link, radio.view.deeper()?);
    }
    packet(body(radio.view, radio.layout)?)
}

/// The IP packet in a frame that an access point exchanges with its controller. Some controllers swap the bytes of each of
/// its numbers.
pub(super) fn of_controller(view: View<'_>) -> Result<View<'_>, Skip> {
    // The protocol's only version is 0. Swapped, these bits say where the data comes from and goes to, which is not from one
    // station to another here.
    let swapped = view.u8(0)? & VERSION != 0;
    packet(body(view, Layout { padded: false, swapped })?)
}

/// The packets in an aggregate (A-MSDU, IEEE 802.11-2020, section 9.3.2.2), each from its LLC header on; none if this frame is
/// no aggregate.
pub(crate) fn parts(link: u16, view: View<'_>) -> impl Iterator<Item = View<'_>> {
    let aggregate = || {
        let radio = behind_radio(link, view).ok().filter(|radio| radio.link == PLAIN)?;
        match body(radio.view, radio.layout) {
            Ok(Body::Aggregate(view)) => Some(view),
            Ok(Body::One(_)) | Err(_) => None,
        }
    };
    let mut rest = is_link(link).then(aggregate).flatten();
    std::iter::from_fn(move || {
        let (packet, behind) = part(rest?).ok()?;
        rest = behind;
        Some(packet)
    })
}

fn is_link(link: u16) -> bool {
    matches!(link, PLAIN | PRISM | RADIOTAP | AVS | PPI)
}

/// The first packet of an aggregate, behind two addresses and its length, and what follows it. Each but the last is filled up to
/// four bytes.
fn part(view: View<'_>) -> Result<(View<'_>, Option<View<'_>>), Skip> {
    let length = view.u16(12)?;
    let behind = view.behind((14 + usize::from(length)).next_multiple_of(4));
    Ok((view.skip(14)?.limit(length.into()), behind))
}

/// A frame behind what the radio tells about it.
struct Radio<'a> {
    /// What it is: 802.11, unless PPI says otherwise.
    link: u16,
    view: View<'a>,
    layout: Layout,
}

/// How the header of a frame is laid out.
#[derive(Default)]
struct Layout {
    /// It is filled up to four bytes.
    padded: bool,
    /// Both bytes of each number are swapped.
    swapped: bool,
}

fn behind_radio(link: u16, view: View<'_>) -> Result<Radio<'_>, Skip> {
    let plain = |view| Radio { link: PLAIN, view, layout: Layout::default() };
    match link {
        PRISM => prism(view).map(plain),
        RADIOTAP => radiotap(view),
        AVS => avs(view).map(plain),
        PPI => ppi(view),
        _ => Ok(plain(view)),
    }
}

/// radiotap.org: the length of its header, words of bits that say which fields there are, and the fields.
fn radiotap(view: View<'_>) -> Result<Radio<'_>, Skip> {
    const MORE_WORDS: u32 = 1 << 31;
    const PADDED: u8 = 0x20;
    const DAMAGED: u8 = 0x40;
    let length = little(view, 2)?;
    let head = view.limit(length.into());
    let word = |at| head.u32(at).map(u32::swap_bytes);
    let present = word(4)?;
    let mut at = 8;
    while word(at - 4)? & MORE_WORDS != 0 {
        at += 4;
    }
    // The first field is a time of eight bytes, aligned; the second one has flags.
    if present & 1 != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if present & 2 != 0 { head.u8(at)? } else { 0 };
    if view.u8(0)? != 0 || flags & DAMAGED != 0 {
        return Err(Skip::Malformed);
    }
    let layout = Layout { padded: flags & PADDED != 0, swapped: false };
    Ok(Radio { link: PLAIN, view: view.skip(length.into())?, layout })
}

/// The first word of AVS, of which there are two versions.
fn is_avs(view: View<'_>) -> Result<bool, Skip> {
    Ok(view.u32(0)? & !3 == 0x8021_1000)
}

fn avs(view: View<'_>) -> Result<View<'_>, Skip> {
    if is_avs(view)? { view.skip(view.u32(4)? as usize) } else { Err(Skip::Malformed) }
}

/// Its length is in the order of the host that captured. Some drivers put an AVS header in its place.
fn prism(view: View<'_>) -> Result<View<'_>, Skip> {
    let length = view.u32(4)?;
    match is_avs(view)? {
        false if length > 0xffff => view.skip(length.swap_bytes() as usize),
        _ => view.skip(length as usize),
    }
}

/// PPI (CACE Technologies, version 1.0.10): its length, the link type of what follows it, and fields, one of which may say
/// that the frame was received damaged.
fn ppi(view: View<'_>) -> Result<Radio<'_>, Skip> {
    const ALIGNED: u8 = 1;
    const COMMON: u16 = 2;
    const DAMAGED: u16 = 4 | 8;
    let [version, flags] = view.array(0)?;
    let length = usize::from(little(view, 2)?);
    let link = u16::try_from(view.u32(4)?.swap_bytes()).map_err(|_| Skip::LinkType)?;
    if version != 0 || length < 8 {
        return Err(Skip::Malformed);
    }
    let mut at = 8;
    while at + 4 <= length {
        let (kind, size) = (little(view, at)?, usize::from(little(view, at + 2)?));
        // Behind a time of eight bytes.
        if kind == COMMON && link == PLAIN && little(view, at + 12)? & DAMAGED != 0 {
            return Err(Skip::Malformed);
        }
        at += 4 + if flags & ALIGNED != 0 { size.next_multiple_of(4) } else { size };
    }
    Ok(Radio { link, view: view.skip(length)?, layout: Layout::default() })
}

/// The little-endian number of two bytes at `at`.
fn little(view: View<'_>, at: usize) -> Result<u16, Skip> {
    view.u16(at).map(u16::swap_bytes)
}

/// What a data frame carries.
enum Body<'a> {
    /// A packet behind its LLC header.
    One(View<'a>),
    /// Several of them, with headers of their own.
    Aggregate(View<'a>),
}

/// The bits of the frame control that tell the version.
const VERSION: u8 = 3;

/// Takes off the header of a data frame (IEEE 802.11-2020, section 9.3.2.1), from the frame control to the HT control.
fn body(view: View<'_>, layout: Layout) -> Result<Body<'_>, Skip> {
    const TYPE: u8 = 0x0c;
    const DATA: u8 = 0x08;
    const NO_DATA: u8 = 0x40;
    const QUALITY: u8 = 0x80;
    const BOTH_WAYS: u8 = 3;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    let byte = |at: usize| view.u8(if layout.swapped { at ^ 1 } else { at });
    let (kind, flags) = (byte(0)?, byte(1)?);
    if kind & (VERSION | TYPE | NO_DATA) != DATA {
        return Err(Skip::Wireless);
    }
    // A fourth address where it goes from one access point to the other.
    let addresses: usize = if flags & BOTH_WAYS == BOTH_WAYS { 30 } else { 24 };
    let length = match (kind & QUALITY != 0, flags & ORDER != 0) {
        (false, _) => addresses,
        (true, false) => addresses + 2,
        (true, true) => addresses + 6,
    };
    // The lower four bits of the sequence control number the fragments.
    if byte(22)? & 0x0f != 0 {
        return Err(Skip::LaterFragment);
    }
    let body = view.skip(if layout.padded { length.next_multiple_of(4) } else { length })?;
    if flags & PROTECTED != 0 {
        return decrypted(body).map(Body::One);
    }
    // Linux, too, takes no aggregate whose first receiver looks like an LLC header (`__ieee80211_rx_h_amsdu()`).
    let aggregate = kind & QUALITY != 0 && byte(addresses)? & 0x80 != 0 && !begins_with_llc(body);
    Ok(if aggregate { Body::Aggregate(body) } else { Body::One(body) })
}

/// What the card decrypted for its host keeps the mark of protection in captures, and often the cipher's header of eight
/// bytes. Ciphertext does not begin like this.
fn decrypted(body: View<'_>) -> Result<View<'_>, Skip> {
    let at = |count| body.behind(count).filter(|body| begins_with_llc(*body));
    at(0).or_else(|| at(8)).ok_or(Skip::Encrypted)
}

fn packet(body: Body<'_>) -> Result<View<'_>, Skip> {
    match body {
        Body::One(view) => link::llc(view),
        Body::Aggregate(view) => part(view).and(Err(Skip::Wireless)),
    }
}

fn begins_with_llc(body: View<'_>) -> bool {
    body.data.first_chunk().is_some_and(link::is_snap)
}
