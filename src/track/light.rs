//! Captures that hold only the segments that open and close connections: what lay between follows from the numbers.

use super::connection::{CLIENT, Connection, Half, SERVER, other};
use super::seq;
use super::sketch::{Brief, Sketch};
use super::store::Room;
use super::story::{Pending, Repeated, Silence, Story};
use crate::decode::{Flags, Segment};

/// Takes from a closing segment what both ends must have sent before it.
pub fn assume_unseen(connection: &mut Connection, from: usize, segment: &Segment) {
    let opened = [CLIENT, SERVER].iter().all(|side| connection.half[*side].has(Half::SYN | Half::SEQUENCE));
    if !opened || segment.flags.has(Flags::SYN) {
        return;
    }
    let acknowledges = segment.flags.has(Flags::ACK);
    let mut talked = advance(&mut connection.half[from], segment.sequence);
    if acknowledges {
        talked |= advance(&mut connection.half[other(from)], segment.acknowledgment);
    }
    let server_began = connection.half[SERVER].isn.wrapping_add(1);
    let opened = talked || if from == CLIENT { acknowledges } else { is_of_opened_socket(connection, segment) };
    let client = &mut connection.half[CLIENT];
    if opened && !client.has(Half::ACK) {
        // The last segment of the handshake carries no flag that would have let it pass.
        client.ack = server_began;
        client.set(Half::ACK);
    }
    let sender = &mut connection.half[from];
    if acknowledges && sender.has(Half::ACK) && seq::after(segment.acknowledgment, sender.ack) {
        sender.ack = segment.acknowledgment;
    }
}

/// Does this FIN or RST of the server show that the client had acknowledged the SYN-ACK? Before that the server has no socket
/// that it could close or abort, only a request, which it forgets without a word (`inet_csk_listen_stop()`), and with a RST
/// of this number it answers nothing but that ACK (`tcp_v4_send_reset()`). A client without the SYN-ACK would repeat its SYN.
fn is_of_opened_socket(connection: &Connection, segment: &Segment) -> bool {
    let story = connection.story.as_deref();
    let repeats = |story: &Story| story.syn_ack_retransmissions > 0 || story.silence[CLIENT].what == Repeated::Syn;
    segment.sequence == connection.half[SERVER].isn.wrapping_add(1) && !story.is_some_and(repeats)
}

/// A SYN or SYN-ACK came. The ACK of a SYN-ACK is not captured, so what the client repeated until then may have its answer,
/// and only what it repeats from then on can be in vain.
pub fn count_anew(connection: &mut Connection, from: usize) {
    let (start, answered) = (connection.start, connection.half[SERVER].has(Half::SYN));
    let Some(story) = connection.story.as_deref_mut() else { return };
    let silence = &mut story.silence[CLIENT];
    if !answered || silence.what != Repeated::Syn {
        return;
    }
    if from == CLIENT && silence.first.time == start {
        (silence.first, silence.attempts, silence.interval) = (silence.last, 1, 0);
    }
    if from == SERVER {
        *silence = Silence::default();
        story.pending = story.pending.filter(|(pending, _)| !matches!(pending, Pending::Silence(CLIENT)));
    }
}

/// This end had sent everything before `next`. Was there something that had not been known?
fn advance(half: &mut Half, next: u32) -> bool {
    if !seq::after(next, half.next) {
        return false;
    }
    half.next = next;
    half.data_until = next;
    half.set(Half::DATA | Half::GAP);
    true
}

/// Is this the FIN of an end, and nothing else?
#[inline]
pub fn closes(segment: &Segment) -> bool {
    segment.flags.0 & (Flags::SYN | Flags::RST | Flags::FIN | Flags::ACK) == Flags::FIN | Flags::ACK
}

/// May this FIN close the connection simply? Both SYNs were seen, and nothing comes behind a FIN.
pub fn may_close(sketch: &Sketch, from: usize, segment: &Segment) -> bool {
    const BOTH: u16 = Half::SYN | Half::SEQUENCE;
    let (end, peer) = (&sketch.end[from], &sketch.end[other(from)]);
    let behind = peer.seen & Half::FIN != 0 && seq::after(segment.acknowledgment, peer.next);
    end.seen & peer.seen & BOTH == BOTH && end.seen & Half::FIN == 0 && !behind
}

/// As [`assume_unseen`], of an open connection that is sketched.
pub fn assume_unseen_of(room: &mut Room<'_>, from: usize, segment: &Segment) {
    let server_began = room.opened().isn[SERVER].wrapping_add(1);
    let ends = &mut room.sketch.end;
    let mut talked = advance_sketched(&mut ends[from], segment.sequence);
    talked |= advance_sketched(&mut ends[other(from)], segment.acknowledgment);
    let client = &mut ends[CLIENT];
    if (talked || from == CLIENT) && client.seen & Half::ACK == 0 {
        client.ack = server_began;
        client.seen |= Half::ACK;
    }
    let sender = &mut ends[from];
    if sender.seen & Half::ACK != 0 && seq::after(segment.acknowledgment, sender.ack) {
        sender.ack = segment.acknowledgment;
    }
}

fn advance_sketched(end: &mut Brief, next: u32) -> bool {
    if !seq::after(next, end.next) {
        return false;
    }
    end.next = next;
    end.seen |= Half::DATA | Half::GAP;
    true
}

#[cfg(test)]
mod tests {
    use super::super::plain_tests::SEED;
    use crate::decode::{Decoder, Packet};
    use crate::notation::{Family, batch, frames, parse};
    use crate::time::{SECOND, Time};
    use crate::track::{Ended, Ending, Sink, Tracker};

    use super::*;

    #[derive(Default)]
    struct Endings(Vec<Ending>);

    impl Sink for Endings {
        fn ended(&mut self, ended: Ended<'_>) {
            self.0.push(ended.ending);
        }
    }

    /// What becomes of a conversation, seen in full and by its opening and closing segments only.
    fn both(script: &str) -> [Vec<Ending>; 2] {
        let frames = frames(&parse(script).expect("a sound script"), Family::V4);
        let batch = batch(&frames, 1);
        [false, true].map(|light| {
            let mut tracker = Tracker::new(SEED);
            tracker.expect_light(light);
            let mut endings = Endings::default();
            let mut last = Time(0);
            for frame in &batch.frames {
                let packet = Decoder::new(SEED).decode(&batch.bytes, frame).expect("a segment");
                last = frame.time;
                let closing = match &packet {
                    Packet::Segment(segment) => segment.flags.0 & (Flags::SYN | Flags::FIN | Flags::RST) != 0,
                    Packet::IcmpError(_) | Packet::CutIcmpError(_) => true,
                };
                if closing || !light {
                    tracker.packet(&packet, &batch.bytes, &mut endings);
                }
            }
            tracker.finish(last + 2 * SECOND, &mut endings);
            endings.0
        })
    }

    #[test]
    fn what_was_not_seen_follows_from_the_numbers() {
        let open = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+0 > . 1:1(0) ack 1\n";
        let exchange = "+.1 > P. 1:101(100) ack 1\n+.01 < P. 1:1001(1000) ack 101\n+0 > . 101:101(0) ack 1001\n";
        for ending in [
            "+1 < R. 1001:1001(0) ack 101\n",
            "+1 < R 1001:1001(0)\n",
            "+1 > R. 101:101(0) ack 1001\n",
            "+1 > F. 101:101(0) ack 1001\n+.01 < F. 1001:1001(0) ack 102\n+0 > . 102:102(0) ack 1002\n",
            "+1 > F. 101:101(0) ack 1001\n+.01 < F. 1001:1001(0) ack 102\n+0 > R 102:102(0)\n",
        ] {
            let [full, light] = both(&format!("{open}{exchange}{ending}"));
            assert_eq!(full, light, "{ending}");
        }
        let late = "+1.03 < S. 0:0(0) ack 1\n+0 > S 0:0(0)\n";
        let rest = "+0 > . 1:1(0) ack 1\n+.1 > P. 1:101(100) ack 1\n+9 < P. 1:1001(1000) ack 101\n";
        let close = "+9 > F. 101:101(0) ack 1001\n+.01 < F. 1001:1001(0) ack 102\n+0 > . 102:102(0) ack 1002\n";
        for answer in ["", "+0 < S. 0:0(0) ack 1\n"] {
            let [full, light] = both(&format!("+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n{late}{answer}{rest}{close}"));
            assert_eq!(full, light, "the SYN-ACK was lost once");
        }
        // A server that closes before a word was said; the last one had no room in its queue (tcp_abort_on_overflow).
        let at_once = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+.01 > . 1:1(0) ack 1\n";
        for ending in ["+.2 < R. 1:1(0) ack 1\n", "+.2 < F. 1:1(0) ack 1\n+.01 > R 1:1(0)\n", "+0 < R 1:1(0)\n"] {
            let [full, light] = both(&format!("{at_once}{ending}"));
            assert_eq!(full, light, "{ending}");
        }
        let unsure = "+0 > S 0:0(0)\n+.01 < S. 0:0(0) ack 1\n+1 < S. 0:0(0) ack 1\n+.2 < R. 1:1(0) ack 1\n";
        let [full, light] = both(unsure);
        assert!(
            full == light && matches!(full.as_slice(), [Ending::Undecided(_)]),
            "the ACK was lost: {full:?} {light:?}"
        );
        let [full, light] = both("+0 > S 0:0(0)\n+.01 < R. 0:0(0) ack 1\n");
        assert!(full == light && matches!(full.as_slice(), [Ending::Failure(_)]), "{full:?}");
    }
}
