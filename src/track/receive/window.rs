//! How far the window of an end is open, and when it closes.

use super::super::connection::{Connection, Half, Mark, other};
use super::super::seq;
use super::super::story::What;
use super::tell;
use crate::decode::{Flags, Segment};

/// How far the window of this end is open, as far as is known. That of a SYN or SYN-ACK is never scaled (RFC 7323, section 2.2;
/// `tcp_rcv_synsent_state_process()`).
pub(super) fn window(connection: &Connection, side: usize) -> u32 {
    let half = &connection.half[side];
    let only_opened = half.has(Half::SYN) && !half.has(Half::GAP) && half.packets <= connection.syns(side);
    let scaled = connection.half.iter().all(|half| half.has(Half::SCALE)) && !only_opened;
    u32::from(half.window) << if scaled { half.scale } else { 0 }
}

/// Notes a window that closes or opens. `edge`: where it ended before.
pub(super) fn on_window(connection: &mut Connection, from: usize, segment: &Segment, edge: u32) {
    if !segment.flags.has(Flags::ACK) {
        return;
    }
    if segment.window == 0 {
        // Some systems announce none with a FIN, whatever room there is. Full is one that has none for another segment.
        let next = segment.acknowledgment.wrapping_add(connection.half[other(from)].data_length);
        let full = connection.half[from].window > 0 && !seq::before(next, edge);
        if segment.flags.has(Flags::FIN) && !full {
            return;
        }
        // One that has not been open since the SYN does not close.
        if !connection.has_closed_window(from) && !never_opened(&connection.half[from]) {
            connection.story().window_closed[from] = Some(Mark::of(segment));
            tell(connection, from, segment, What::WindowClosed);
        }
        return;
    }
    if let Some(story) = connection.story.as_mut() {
        story.window_closed[from] = None;
    }
}

/// Is the window of this end closed? That of a SYN-ACK, too, as SYN proxies send it until they have asked the server
/// (`synproxy_send_client_synack()`).
pub(super) fn window_is_closed(connection: &Connection, side: usize) -> bool {
    let half = &connection.half[side];
    // Who has taken payload had room for it, whatever the window says.
    let took = seq::after(half.ack, connection.half[other(side)].isn.wrapping_add(2));
    never_opened(half) && !took || connection.has_closed_window(side)
}

/// Has the window of this end been closed since its SYN?
fn never_opened(half: &Half) -> bool {
    half.has(Half::SYN) && half.window == 0 && !half.has(Half::FIN)
}
