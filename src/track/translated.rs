//! Connections that are captured on both sides of an address translation (NAT), as by a host that forwards and captures on
//! all of its interfaces: other addresses and ports, and the same numbers. What fails on both sides is told once.
//!
//! A NAT changes addresses and ports (RFC 3022, section 4.1), and in TCP nothing else unless it has to change payload;
//! Netfilter's is `nf_nat_manip_pkt()`. Who forwards lowers the TTL (RFC 1812, section 5.3.1), the client's towards the
//! server and the server's towards the client: so it shows which side is the client's. A bridge that translates (br_netfilter)
//! lowers no TTL. There the host tells: what comes in on one side goes out on the other. Where nothing tells, nothing is joined:
//! captures that are made by hand have one number for all.

use std::cmp::Reverse;

use super::connection::{CLIENT, Connection, Half, SERVER};
use super::places::Place;
use super::story::Reset;
use crate::time::MILLISECOND;

/// Which connections wait for a verdict, by the client's first sequence number: the latest of them.
#[derive(Debug, Default)]
pub struct Sides {
    /// Empty until the first one waits.
    buckets: Vec<[Waiting; TOGETHER]>,
}

/// Half a megabyte of them: of a thousand failures a second, on both sides of a NAT, all that wait find their other side.
const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 13;
/// A connection has two sides at a NAT. Other connections may fall into the same bucket.
const TOGETHER: usize = 8;
/// A bridge takes no longer.
const PASSAGE: u64 = MILLISECOND;
/// No connection has this place.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    place: u32,
    generation: u16,
    /// What the bucket does not tell of the sequence number, so that others of the bucket need not be looked at.
    print: u16,
}

impl Sides {
    /// The connection told at `place` waits for a verdict.
    pub fn add(&mut self, connection: &Connection, place: u32, generation: u16) {
        if self.buckets.is_empty() {
            self.buckets = vec![[Waiting { place: NONE, generation: 0, print: 0 }; TOGETHER]; BUCKETS];
        }
        let (bucket, print) = bucket_of(connection);
        let waiting = Waiting { place, generation, print };
        if let Some(bucket) = self.buckets.get_mut(bucket)
            && !bucket.contains(&waiting)
        {
            bucket.rotate_right(1);
            bucket[0] = waiting;
        }
    }

    /// Those that may be other sides of this connection, place and generation. It may be among them itself.
    pub fn like(&self, connection: &Connection) -> [(u32, u16); TOGETHER] {
        let (bucket, print) = bucket_of(connection);
        let found = self.buckets.get(bucket);
        found.map_or([(NONE, 0); TOGETHER], |bucket| {
            bucket.map(|waiting| if waiting.print == print { (waiting.place, waiting.generation) } else { (NONE, 0) })
        })
    }
}

/// The bucket of a connection, and its print there.
fn bucket_of(connection: &Connection) -> (usize, u16) {
    let hash = connection.half[CLIENT].isn.wrapping_mul(0x9e37_79b9);
    ((hash >> (u32::BITS - BUCKET_BITS)) as usize, hash as u16)
}

/// Is `far` the same connection as `near`, on the other side of a NAT, nearer to the server?
pub fn is_behind(far: &Connection, near: &Connection) -> bool {
    far.key != near.key
        && (is_behind_a_router(far, near) || is_behind_a_bridge(far, near))
        && has_the_numbers_of(far, near)
}

fn is_behind_a_router(far: &Connection, near: &Connection) -> bool {
    let ([client, server], [far_client, far_server]) = (&near.half, &far.half);
    is_lower(far_client, client) && (server.packets == 0 && far_server.packets == 0 || is_lower(server, far_server))
}

/// Did the RST come in on one side of the host's bridge and go out on the other, with the TTL that it had?
fn is_behind_a_bridge(far: &Connection, near: &Connection) -> bool {
    let (Some(at_near), Some(at_far)) = (reset(near), reset(far)) else {
        return false;
    };
    let (first, then) = if at_near.from == CLIENT { (at_near, at_far) } else { (at_far, at_near) };
    let same_ttl = |side: usize| near.half[side].ttl_high == far.half[side].ttl_high;
    (first.from, first.sequence, first.ttl) == (then.from, then.sequence, then.ttl)
        && first.was_seen(Place::came_in)
        && then.was_seen(Place::went_out)
        && first.mark.time.apart(then.mark.time) < PASSAGE
        && same_ttl(CLIENT)
        && same_ttl(SERVER)
}

fn reset(connection: &Connection) -> Option<&Reset> {
    connection.story.as_deref()?.reset.as_ref()
}

/// In this order the packets of the client pass the sides of a NAT.
pub fn order(connection: &Connection) -> (Reverse<u8>, bool) {
    let faces_the_server = reset(connection)
        .is_some_and(|reset| reset.was_seen(if reset.from == CLIENT { Place::went_out } else { Place::came_in }));
    (Reverse(connection.half[CLIENT].ttl_high), faces_the_server)
}

/// Did the segments of an end pass a router between where `before` and where `behind` is captured?
fn is_lower(behind: &Half, before: &Half) -> bool {
    before.packets > 0 && behind.packets > 0 && behind.ttl_high < before.ttl_high
}

/// Is the last SYN of a client the same on both sides? Scanners send many with one sequence number: those differ in their IP
/// identifications, or offer no time stamps, as the kernels of clients do.
fn is_the_last_of(far: &Half, near: &Half) -> bool {
    match near.ip_id {
        0 => far.ip_id == 0 && near.has(Half::STAMPS) && near.print == far.print,
        id => id == far.ip_id,
    }
}

fn has_the_numbers_of(far: &Connection, near: &Connection) -> bool {
    const FIRST: u16 = Half::SYN | Half::SEQUENCE;
    let both = |same: fn(&Half, &Half) -> bool| near.half.iter().zip(&far.half).all(|(near, far)| same(near, far));
    let [client, server] = &near.half;
    both(|near, far| near.seen & FIRST == far.seen & FIRST && { near.isn } == { far.isn })
        && match (client.has(FIRST), server.has(FIRST)) {
            (true, true) => true,
            (true, false) => is_the_last_of(&far.half[CLIENT], client),
            // The numbers of the first segments seen stand in for those of the SYNs.
            (false, _) => client.has(Half::SEQUENCE) && both(|near, far| { near.next } == { far.next }),
        }
}
