//! `unexplained`: the error is certain, its cause is not in the packets.

use super::{Cause, Group, Owner, Remedy, undecided};
use crate::track::kernel::Kind;

/// Signs: The fallback of every kind: no cause explained the case. Never detected by itself.
pub static CAUSE: Cause = Cause {
    id: "unexplained",
    group: Group::Failure,
    kinds: &Kind::ALL,
    title: "The error is certain, its cause is not in the packets",
    seen: "\
        The packets show which error the application got, because the kernel's rules leave no choice. They do not show \
        enough to say why: the capture began late or ended early, shows one direction only, or is missing packets; or \
        the evidence for several causes is equally strong.",
    why: "\
        Packets show little about the program behind them. Rather than guess, the report stops at what it can prove: \
        the errno, the calls that fail, who ended the connection, and the packets that show it.",
    is_not: "\
        Not a statement that nothing is wrong.\n\n\
        Not `certain` about anything but the errno.",
    example: "",
    remedy: Remedy {
        owner: Owner::Server,
        title: "Capture at both ends and read both logs at that second",
        steps: &[
            "\
            Capture {client.ip} port {client.port} to {server.ip} port {server.port} at both ends at once, from \
            the handshake on, with whole headers.",
            "\
            Compare the two captures: a packet that left one end and never reached the other, or arrived without \
            having been sent, shows which part of the path is at fault.",
            "Read both applications' logs at that time, and the host's counters.",
            "Look for a pattern: a time of day, an idle time, a size, a deploy.",
        ],
        commands: &[
            "tcpdump -ni any -s 128 -w both.pcap 'host {client.ip} and tcp port {server.port}'",
            "nstat -az | grep -e TCPAbort -e ListenOverflows -e TCPTimeouts",
            "ss -tnpoi 'sport = :{server.port}'",
        ],
    },
    settings: &[],
    detect: undecided,
};
