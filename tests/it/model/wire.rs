//! What the two hosts of the model put on the wire, as a capture between them shows it.

use super::*;

/// The capture point, and both kernels as far as they matter here.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) steps: Vec<Step>,
    /// Time since the last captured packet.
    pub(super) after: u64,
    /// SND.NXT of each end; the other one has received all before it.
    pub(super) next: [u32; 2],
    /// The window that each end advertises.
    pub(super) closed: [bool; 2],
}

impl Wire {
    /// The capture, which goes on for so many seconds.
    pub(super) fn end(mut self, seconds: u64) -> Script {
        self.steps.push(Step { after: self.after + seconds * SECOND, connection: 1, event: Event::Quiet });
        Script { declarations: Vec::new(), steps: self.steps }
    }

    pub(super) fn capture(&mut self, side: usize, flags: u8, sequence: u32, length: u32) {
        let line = SegmentLine {
            direction: if side == CLIENT { Direction::ToServer } else { Direction::ToClient },
            flags: Flags(flags),
            sequence,
            length,
            acknowledgment: (flags & Flags::ACK != 0).then_some(self.next[1 - side]),
            window: self.closed[side].then_some(0),
            options: None,
            ttl: None,
            id: None,
            dont_fragment: true,
            payload: Vec::new(),
        };
        self.steps.push(Step { after: self.after, connection: 1, event: Event::Segment(line) });
        self.after = 0;
    }

    /// An ICMP error for `side` about a segment of its.
    pub(super) fn icmp(&mut self, side: usize, error: &'static str, flags: u8, sequence: u32, length: u32) {
        let line = IcmpLine {
            direction: if side == CLIENT { Direction::ToClient } else { Direction::ToServer },
            kind: IcmpKind::Named(error),
            mtu: None,
            from: None,
            flags: Flags(flags),
            sequence,
            length,
            acknowledgment: (flags & Flags::ACK != 0).then_some(self.next[1 - side]),
        };
        self.steps.push(Step { after: self.after, connection: 1, event: Event::Icmp(line) });
        self.after = 0;
    }

    /// An end sends, and gets an ICMP error each time; `errors` times.
    pub(super) fn meet_errors(&mut self, side: usize, errors: u8) {
        let (sequence, mut timeout) = (self.next[side], SECOND / 5);
        self.after += MILLISECOND;
        for _ in 0..errors {
            self.capture(side, Flags::ACK | Flags::PSH, sequence, 50);
            self.after += MILLISECOND;
            self.icmp(side, "unreachable-host", Flags::ACK | Flags::PSH, sequence, 50);
            self.after += timeout;
            timeout *= 2;
        }
    }

    pub(super) fn soft_errors(&mut self, side: usize, errors: u8) {
        self.meet_errors(side, errors);
        self.transmit(side, Flags::ACK | Flags::PSH, 50, &[]);
    }

    pub(super) fn acknowledge(&mut self, side: usize) {
        self.after += MILLISECOND;
        self.capture(side, Flags::ACK, self.next[side], 0);
    }

    pub(super) fn handshake(&mut self, losses: &[Loss]) {
        let mut wait = SECOND;
        for loss in losses {
            match loss {
                Loss::Before => {}
                Loss::After => self.capture(CLIENT, Flags::SYN, 0, 0),
                Loss::AnswerBefore => self.capture(CLIENT, Flags::SYN, 0, 0),
                Loss::AnswerAfter => {
                    self.capture(CLIENT, Flags::SYN, 0, 0);
                    self.next[CLIENT] = 1;
                    self.after += MILLISECOND;
                    self.capture(SERVER, Flags::SYN | Flags::ACK, 0, 0);
                }
            }
            self.after += wait;
            wait *= 2;
        }
        self.capture(CLIENT, Flags::SYN, 0, 0);
        self.next[CLIENT] = 1;
        self.after += MILLISECOND;
        self.capture(SERVER, Flags::SYN | Flags::ACK, 0, 0);
        self.next[SERVER] = 1;
        self.acknowledge(CLIENT);
    }

    pub(super) fn send(&mut self, side: usize, length: u16, losses: &[Loss]) {
        let mut left = u32::from(length);
        let mut losses = losses;
        while left > 0 {
            let size = left.min(1460);
            left -= size;
            let push = if left == 0 { Flags::PSH } else { 0 };
            self.transmit(side, Flags::ACK | push, size, losses);
            losses = &[];
        }
    }

    /// Sends payload or a FIN until it is acknowledged.
    pub(super) fn transmit(&mut self, side: usize, flags: u8, length: u32, losses: &[Loss]) {
        let sequence = self.next[side];
        let next = sequence + length + u32::from(flags & Flags::FIN != 0);
        let mut timeout = SECOND / 5;
        self.after += MILLISECOND;
        for loss in losses {
            match loss {
                Loss::Before => {}
                Loss::After => self.capture(side, flags, sequence, length),
                Loss::AnswerBefore => {
                    self.capture(side, flags, sequence, length);
                    self.next[side] = next;
                }
                Loss::AnswerAfter => {
                    self.capture(side, flags, sequence, length);
                    self.next[side] = next;
                    self.acknowledge(1 - side);
                }
            }
            self.after += timeout;
            timeout *= 2;
        }
        self.capture(side, flags, sequence, length);
        self.next[side] = next;
        self.acknowledge(1 - side);
    }

    pub(super) fn keep_alive(&mut self, side: usize, losses: &[Loss]) {
        self.after += 75 * SECOND;
        for loss in losses {
            match loss {
                Loss::Before => {}
                Loss::After | Loss::AnswerBefore => self.capture(side, Flags::ACK, self.next[side] - 1, 0),
                Loss::AnswerAfter => {
                    self.capture(side, Flags::ACK, self.next[side] - 1, 0);
                    self.acknowledge(1 - side);
                }
            }
            self.after += 10 * SECOND;
        }
        self.capture(side, Flags::ACK, self.next[side] - 1, 0);
        self.acknowledge(1 - side);
    }

    /// The other end's window closes, and is probed.
    pub(super) fn no_room(&mut self, side: usize, probes: u8, answered: bool) {
        self.closed[1 - side] = true;
        self.transmit(side, Flags::ACK | Flags::PSH, 1000, &[]);
        let mut timeout = SECOND / 5;
        for _ in 0..probes {
            self.after += timeout;
            timeout *= 2;
            self.capture(side, Flags::ACK, self.next[side] - 1, 0);
            if answered {
                self.acknowledge(1 - side);
            }
        }
    }

    pub(super) fn zero_window(&mut self, side: usize, probes: u8) {
        self.no_room(side, probes, true);
        self.closed[1 - side] = false;
        self.acknowledge(1 - side);
    }
}
