//! From a connection to its sketch, and back.

use super::*;

impl Sketch {
    /// Sketches a connection of which only a SYN, or a SYN and its answer, are known. False if it is not so.
    pub fn begin(&mut self, connection: &Connection) -> bool {
        if connection.story.is_some() || !is_early(connection) {
            return false;
        }
        let [client, server] = &connection.half;
        self.outline(connection);
        self.end[CLIENT].ack = connection.start_frame;
        self.end[SERVER].ack = if server.has(Half::SYN) { connection.last.since(connection.start) as u32 } else { 0 };
        self.link = u32::from(connection.start_input) | u32::from(client.scale) << 8 | u32::from(server.scale) << 12;
        true
    }

    /// Sketches an open connection, and of one that only began what both forms have in common.
    pub fn outline(&mut self, connection: &Connection) {
        let generation = self.generation();
        self.last = connection.last;
        self.end = connection.half.each_ref().map(|half| Brief {
            next: half.next,
            ack: half.ack,
            window: half.window,
            ip_id: half.ip_id,
            print: half.print,
            seen: half.seen,
            packets: half.packets as u16,
            ttl: half.ttl_low,
            whole: 0,
        });
        self.set_flags(connection.flags);
        self.count_from(generation);
    }

    /// The connection that was only begun.
    pub fn begun(&self) -> Connection {
        let answered = self.end[SERVER].seen != 0;
        let delay = if answered { u64::from(self.end[SERVER].ack) } else { 0 };
        let mut connection = self.told_again(self.last - delay, self.end[CLIENT].ack, self.link as u8);
        connection.syn_ack_after = if answered { tenth_of_microseconds(delay) } else { 0 };
        let [client, server] = &mut connection.half;
        client.ack = 0;
        client.scale = (self.link >> 8 & 15) as u8;
        server.scale = (self.link >> 12 & 15) as u8;
        server.ack = if answered { client.next } else { 0 };
        for half in connection.half.iter_mut().filter(|half| half.packets > 0) {
            half.isn = half.next.wrapping_sub(1);
        }
        connection
    }

    /// The connection that was open.
    pub fn opened(&self, said: &Said, opened: &Opened) -> Connection {
        let mut connection = self.told_again(opened.start, opened.start_frame, said.start_input);
        connection.gap = said.gap;
        connection.turns = said.turns;
        connection.syn_ack_after = opened.syn_ack_after;
        connection.ack_after = opened.ack_after;
        connection.sacked = opened.sacked;
        let (isn, high, wraps) = (opened.isn, opened.packets_high, opened.wraps);
        for (side, half) in connection.half.iter_mut().enumerate() {
            half.isn = isn[side];
            half.packets |= u32::from(high[side]) << 16;
            half.wraps = wraps[side];
            let last = said.end[side];
            half.ttl_high = last.ttl_high;
            half.scale = said.scales >> (4 * side) & 15;
            half.first_bytes = last.first_bytes;
            half.longest_acked = last.longest_acked;
            if half.has(Half::DATA) {
                half.data_time = last.time;
                half.data_frame = last.frame;
                half.data_length = last.length;
                half.data_until = self.data_end(side);
                half.data_ack = last.ack;
                half.data_input = last.input;
            }
        }
        connection
    }

    fn told_again(&self, start: Time, start_frame: u32, start_input: u8) -> Connection {
        let half = |end: &Brief| Half {
            next: end.next,
            ack: end.ack,
            packets: end.packets.into(),
            print: end.print,
            window: end.window,
            ip_id: end.ip_id,
            seen: end.seen,
            ttl_low: end.ttl,
            ttl_high: end.ttl,
            ..Half::default()
        };
        Connection {
            key: self.key(),
            start,
            last: self.last,
            start_frame,
            half: self.end.each_ref().map(half),
            start_input,
            flags: self.flags(),
            ..Connection::default()
        }
    }
}

/// Is nothing known of it but a SYN, and perhaps the SYN-ACK, both without payload and seen once?
fn is_early(connection: &Connection) -> bool {
    let [client, server] = &connection.half;
    let opens = |half: &Half, seen: u16| {
        half.seen & !(Half::SCALE | Half::STAMPS) == Half::ANY | Half::SEQUENCE | Half::SYN | seen
            && half.packets == 1
            && half.isn.wrapping_add(1) == half.next
            && half.ttl_low == half.ttl_high
    };
    let delay = connection.last.since(connection.start);
    let answered = opens(server, Half::ACK)
        && server.ack == client.next
        && connection.last >= connection.start
        && delay <= u32::MAX.into()
        && connection.syn_ack_after == tenth_of_microseconds(delay);
    let unanswered = server.seen == 0
        && server.packets == 0
        && server.next == 0
        && connection.last == connection.start
        && connection.syn_ack_after == 0;
    opens(client, 0) && connection.ack_after == 0 && (answered || unanswered)
}

/// Can a sketch hold what is known of both ends?
pub fn fits(connection: &Connection) -> bool {
    connection.half.iter().all(|half| !half.has(Half::DATA) || half.data_until == half.data_end())
}

/// What is beside the sketch of an open connection, if that can hold all of it but a story that rests.
pub fn beside(connection: &Connection) -> Option<(Said, Opened)> {
    if connection.story.is_some() || !fits(connection) {
        return None;
    }
    let [client, server] = &connection.half;
    let said = Said {
        end: connection.half.each_ref().map(|half| LastData {
            time: half.data_time,
            frame: half.data_frame,
            length: half.data_length,
            ack: half.data_ack,
            first_bytes: half.first_bytes,
            longest_acked: half.longest_acked,
            input: half.data_input,
            ttl_high: half.ttl_high,
        }),
        gap: connection.gap,
        turns: connection.turns,
        start_input: connection.start_input,
        scales: client.scale | server.scale << 4,
    };
    let opened = Opened {
        start: connection.start,
        isn: [client.isn, server.isn],
        start_frame: connection.start_frame,
        syn_ack_after: connection.syn_ack_after,
        ack_after: connection.ack_after,
        sacked: connection.sacked,
        packets_high: [(client.packets >> 16) as u16, (server.packets >> 16) as u16],
        wraps: [client.wraps, server.wraps],
        aside: Aside::Nothing.packed(),
    };
    Some((said, opened))
}
