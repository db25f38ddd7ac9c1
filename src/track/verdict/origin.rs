//! Who sent a RST, by the way that it came: its distance, the places where it was seen, and whether it is the next of the socket.

use super::*;

/// How many hops away the sender of a packet with this TTL is, if it began with one that systems use: 1 for neighbours only
/// (BGP, RFC 4271), 32 and 64, 128 (Windows), 255 (RFC 5082).
pub fn hops(ttl: u8) -> u8 {
    [1, 32, 64, 128, u8::MAX].into_iter().find_map(|first| u8::checked_sub(first, ttl)).unwrap_or(0)
}

/// So many hops more a way may have where routes change. What is between two hosts is nearer than the other one.
const DETOUR: u8 = 3;

/// May a packet with a TTL that is none of the `usual` ones, from the lowest to the highest, have come over such a longer way?
pub fn may_be_a_detour(ttl: u8, usual: (u8, u8)) -> bool {
    let more = |usual: u8| hops(ttl).checked_sub(hops(usual));
    [usual.0, usual.1].into_iter().filter_map(more).any(|more| (1..=DETOUR).contains(&more))
}

/// Do the TTLs of one end's packets, from the lowest to the highest, differ by more than a detour? Then each was given another, as
/// by what makes captures anonymous, and they tell of no distance.
pub fn tells_no_distance(ttls: (u8, u8)) -> bool {
    changes(ttls) > DETOUR
}

/// By how many hops the way of one end's packets changes, by their lowest and highest TTL.
fn changes((low, high): (u8, u8)) -> u8 {
    hops(low).abs_diff(hops(high))
}

/// Is a TTL none of the `usual` ones, from the lowest to the highest, nor one of the same distance? A host without a socket
/// answers with the TTL of the system (`ip_send_unicast_reply()`), whatever the socket that it had used (`IP_TTL`).
pub fn is_from_elsewhere((low, high): (u8, u8), usual: (u8, u8)) -> bool {
    let as_far = |ttl: u8| [usual.0, usual.1].into_iter().any(|usual| hops(usual) == hops(ttl));
    (high < usual.0 || low > usual.1) && !as_far(low) && !as_far(high)
}

/// Does a RST come from another distance than all other packets of its sender? Then its sender is not the one that it names.
/// Where it is seen once more than they are, before address translation for one, one of both times must do. And of what is seen
/// further along the way none has as high a TTL as nearer to the sender: each hop takes one off. Copies that all have one TTL
/// show no more of the way than one packet would, those of a bridge and its port for one.
pub fn foreign(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    // One host's packets may begin with two TTLs: that is no way between two places.
    let travelled = hops(half.ttl_low) != hops(half.ttl_high);
    let whole = half.has(Half::COPIED) && travelled;
    let ttls = if whole { (reset.ttl, reset.ttl) } else { reset.ttls };
    if reset.sight.vantage == Vantage::Apart || is_next_of_the_socket(connection, reset) {
        return false;
    }
    // A way that has changed may change once more. And where the other end's packets are seen on both sides of a hop, those of
    // this end on one, the RST may have come to the other.
    let peer = &connection.half[other(reset.from)];
    let one_side = peer.has(Half::COPIED) && reset.sight.way != Way::Usual;
    let (shown, known) = if travelled { (half, half.has(Half::COPIED)) } else { (peer, !one_side) };
    let span = (shown.ttl_low, shown.ttl_high);
    let as_before = |usual: u8| changes((usual, reset.ttl)) <= changes(span);
    if !known && (tells_no_distance(span) || as_before(half.ttl_low) || as_before(half.ttl_high)) {
        return false;
    }
    // Does it have the TTL that the others would have on this side of the hop?
    let beyond = match reset.sight.way {
        Way::AheadOfTheHop => reset.ttl.checked_sub(1),
        Way::BehindTheHop => reset.ttl.checked_add(1),
        Way::Usual | Way::Unknown => None,
    };
    if beyond.is_some_and(|ttl| (half.ttl_low..=half.ttl_high).contains(&ttl)) {
        return false;
    }
    let near = hops(reset.ttls.0) <= hops(half.ttl_high);
    let too_near = reset.sight.vantage == Vantage::Far && travelled && near;
    half.has(Half::ANY) && (is_from_elsewhere(ttls, (half.ttl_low, half.ttl_high)) || too_near)
}

/// The packets of both ends are seen twice, on their way into the capturing host and out of it, but the RST only on its
/// way out: it was made there. Copies alone are no sign of that: networks and captures double a packet now and then, and
/// where no identification tells, an early retransmission looks like a copy. A host that forwards leaves its mark on each:
/// one hop less. And what the place nearer to the sender does not show says nothing unless it was captured just then.
pub fn made_on_the_way(connection: &Connection, reset: &Reset) -> bool {
    let on_the_way = match reset.sight.vantage {
        Vantage::Near | Vantage::Apart => false,
        Vantage::Far => true,
        Vantage::Unknown => !is_the_sockets(connection, reset),
    };
    let once = seen_at_one_place_only(connection, reset) && !reset.copied;
    // Who has closed answers so what still comes (`tcp_rcv_state_process()`): that one was due, and here the capture has a hole.
    let due = is_reply(reset) && connection.half[reset.from].has(Half::FIN);
    // Its window does not matter: an abort of Windows tells none, but its identification is the next one.
    let own = due || !reset.is_bare() && is_numbered_next(connection, reset);
    let shown = on_the_way && !own && reset.sight.elsewhere == Elsewhere::Captured;
    once && (shown || answers_what_got_no_further(connection, reset))
}

/// What seems made on the way may have come all of it where the capture lost one packet: it has a TTL that its sender's
/// packets have there, and no identification that says more.
pub fn may_have_come_in(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let usual = match reset.sight.vantage {
        Vantage::Far => reset.ttl == half.ttl_low,
        Vantage::Near | Vantage::Apart | Vantage::Unknown => [half.ttl_low, half.ttl_high].contains(&reset.ttl),
    };
    let untold = reset.is_bare() || identifies_nothing(connection, reset);
    usual && untold && !answers_what_got_no_further(connection, reset)
}

/// Which way a packet goes does not show, but what a host without a socket is said to answer (`tcp_v4_send_reset()`) came no
/// further than here, its hop not yet taken off; and nor was one taken off the answer, as it would be behind the other host.
fn answers_what_got_no_further(connection: &Connection, reset: &Reset) -> bool {
    let [answer, asked] = [reset.from, other(reset.from)].map(|side| connection.half[side].ttl_high);
    is_reply(reset) && reset.sight.vantage == Vantage::Unknown && (reset.ttl, reset.sight.alone) == (answer, asked)
}

fn is_reply(reset: &Reset) -> bool {
    reset.is_bare() && reset.prompted
}

/// The RST is seen only where it comes to the capturing host, or to the first of several: a filter there dropped it, or the
/// network behind it, or one of the captures has a hole. Where that befell one RST it befalls the next, too, which a host
/// without a socket sends. If the capture further along the way had ended, it may well have arrived.
pub(super) fn lost_on_the_way(connection: &Connection, story: &Story, reset: &Reset) -> bool {
    let before = story.told_ignored || story.lost_resets[reset.from] > 0;
    let next = before && reset.ttl == connection.half[reset.from].ttl_high;
    let at_the_first = match reset.sight.vantage {
        Vantage::Near => true,
        Vantage::Far | Vantage::Apart => false,
        Vantage::Unknown => next || is_the_sockets(connection, reset),
    };
    seen_at_one_place_only(connection, reset) && at_the_first && reset.sight.elsewhere != Elsewhere::Ended
}

/// The capture ends at `end`, before the RST could be seen going out of the host that forwards all others.
pub fn awaits_copy(connection: &Connection, end: Time) -> bool {
    let pending = |story: &&Story| !connection.decided && matches!(story.pending, Some((Pending::Reset, _)));
    let reset = connection.story.as_deref().filter(pending).and_then(|story| story.reset);
    let soon = |reset: Reset| end.since(reset.mark.time) < SWAPPED.max(connection.round_trip());
    let on_its_way = |reset: Reset| reset.sight.vantage != Vantage::Far && reset.sight.elsewhere != Elsewhere::Ended;
    let comes = |reset: Reset| seen_at_one_place_only(connection, &reset) && on_its_way(reset);
    reset.is_some_and(|reset| soon(reset) && comes(reset))
}

fn seen_at_one_place_only(connection: &Connection, reset: &Reset) -> bool {
    is_forwarded(connection) && !reset.went_out() && !reset.sight.in_part
}

/// The RST went out of the host that forwards, which none of its sender did before: that those were lost there says nothing of it.
pub(super) fn is_first_to_go_out(connection: &Connection, reset: &Reset) -> bool {
    is_forwarded(connection) && reset.went_out() && !reset.another_went_out
}

fn is_forwarded(connection: &Connection) -> bool {
    connection.half.iter().all(|half| half.has(Half::COPIED) && half.ttl_low < half.ttl_high)
}

/// The RST came in like all packets of its sender: with the TTL that they have before a hop of the capturing host is taken off,
/// with the window of the live socket (`tcp_send_active_reset()`), and in IPv4 next in the socket's identifications
/// (`ip_select_ident_segs()`). A host that makes one has none of that.
pub fn is_the_sockets(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let own = identifies_nothing(connection, reset) && is_of_the_sockets_shape(connection, reset)
        || is_next_of_the_socket(connection, reset);
    reset.ttl == half.ttl_high && own
}

/// It is the next of the socket, by its window and its identification: who makes one on the way knows neither. That holds
/// whatever way it took.
pub fn is_next_of_the_socket(connection: &Connection, reset: &Reset) -> bool {
    is_numbered_next(connection, reset) && is_of_the_sockets_shape(connection, reset)
}

/// Its identification is one of the next that its sender gives: each segment takes one, and what offloading has still to cut or has
/// put together as many as are in it (`ip_select_ident_segs()`), of 536 bytes or more (RFC 9293, section 3.7.1).
fn is_numbered_next(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let step = u32::from(reset.ip_id.wrapping_sub(half.ip_id));
    reset.ip_id != 0 && (1..=4 + half.data_length / 536).contains(&step)
}

fn is_of_the_sockets_shape(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let scales = connection.has_only_opened(reset.from) && connection.half.iter().all(|half| half.has(Half::SCALE));
    let scaled = scales && u32::from(reset.window) == u32::from(half.window).div_ceil(1 << half.scale);
    reset.acknowledgment.is_some() && (scaled || reset.window == half.window)
}

/// The identification does not tell who sent the RST: there is none, or none to compare it with, since what answers a SYN has none,
/// whatever comes of its socket (`ip_build_and_send_pkt()`).
fn identifies_nothing(connection: &Connection, reset: &Reset) -> bool {
    let opened = connection.has_only_opened(reset.from) && connection.half[reset.from].ip_id == 0;
    opened || has_no_identification(connection, reset)
}

/// Some hosts leave it 0 in all that is not to be fragmented (RFC 6864, section 4.1).
fn has_no_identification(connection: &Connection, reset: &Reset) -> bool {
    connection.has(Connection::IPV6) || reset.ip_id == 0 && connection.half[reset.from].ip_id == 0
}

/// The RST was seen more than once, but not with all the TTLs that its sender's other packets have on the way. That it
/// ended the connection is sure: what its receiver had sent would have been sent again. So it came from a place between
/// those where the packets were captured, or one of them lost it.
pub fn seen_on_a_part_of_the_way(connection: &Connection, reset: &Reset) -> bool {
    let half = &connection.half[reset.from];
    let whole = (half.ttl_low, half.ttl_high);
    let travelled = whole.0 < whole.1 && connection.half.iter().all(|half| half.has(Half::COPIED));
    let same = |ttls: (u8, u8)| (hops(ttls.0), hops(ttls.1)) == (hops(whole.0), hops(whole.1));
    let shown = reset.sight.elsewhere == Elsewhere::Captured && !reset.sight.in_part;
    let missing = travelled && reset.copied && !same(reset.ttls) && shown;
    missing && connection.unacknowledged(other(reset.from)) > 0
}

#[cfg(test)]
mod tests {
    use super::super::super::connection::{CLIENT, Mark};
    use super::super::super::places::{Place, Sight};
    use super::*;

    /// A RST with TTL 64 of a client, captured where its packets leave the host that forwards them.
    fn is_foreign(ttl_low: u8, ttl_high: u8) -> bool {
        let mut connection = Connection::default();
        connection.half[CLIENT] = Half { ttl_low, ttl_high, seen: Half::ANY | Half::COPIED, ..Half::default() };
        let reset = Reset {
            mark: Mark::default(),
            from: CLIENT,
            sequence: 0,
            edge: 0,
            acknowledgment: None,
            acceptance: Acceptance::Exact,
            window: 0,
            ip_id: 0,
            ttl: 64,
            ttls: (64, 64),
            had_all: true,
            unacknowledged: 0,
            only_opened: false,
            unread: false,
            copied: true,
            another_went_out: false,
            place: Place::default(),
            again: None,
            sight: Sight { vantage: Vantage::Far, ..Sight::default() },
            prompted: true,
            answers: false,
            is_fast_close: false,
            says: 0,
        };
        foreign(&connection, &reset)
    }

    #[test]
    fn two_first_ttls_are_no_way() {
        // The socket had IP_TTL 255; what is left of it in TIME_WAIT or FIN_WAIT2 answers with 64, as the RST has it.
        assert!(!is_foreign(64, 255));
        // Each of the others lost a hop on the way: this one was made behind it.
        assert!(is_foreign(63, 64));
    }
}
