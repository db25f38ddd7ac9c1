//! A finding: what a report says of one connection.

use std::borrow::Cow;

use crate::causes::{Cause, Confidence};
use crate::context::Context;
use crate::decode::End;
use crate::host::Local;
use crate::short::Short;
use crate::time::Time;
use crate::track::Doubt;
use crate::track::kernel::{Errno, Kind};

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Something between them spoke for one of them.
    Middlebox,
    /// Silence.
    Network,
    /// The capture cannot tell.
    Unknown,
}

impl EndedBy {
    /// May somebody else than the end in whose name it came have sent the RST?
    pub fn may_be_another(self) -> bool {
        matches!(self, EndedBy::Middlebox | EndedBy::Unknown)
    }

    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            EndedBy::Client => "client",
            EndedBy::Server => "server",
            EndedBy::Middlebox => "middlebox",
            EndedBy::Network => "network",
            EndedBy::Unknown => "unknown",
        }
    }
}

/// What kind of RST ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetKind {
    /// A live socket gave up.
    Abort,
    /// The host had no socket for the segment that it answers.
    Reply,
}

impl ResetKind {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            ResetKind::Abort => "abort",
            ResetKind::Reply => "reply",
        }
    }
}

/// Is it safe to send the request again?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryVerdict {
    /// The other application cannot have seen it: safe.
    NotDelivered,
    /// The other host acknowledged it and nothing came back.
    MaybeProcessed,
    /// An answer, or a part of it, came back.
    Answered,
    /// The packets do not show it.
    Unknown,
}

impl RetryVerdict {
    /// The id in JSON.
    pub fn id(self) -> &'static str {
        match self {
            RetryVerdict::NotDelivered => "not_delivered",
            RetryVerdict::MaybeProcessed => "maybe_processed",
            RetryVerdict::Answered => "answered",
            RetryVerdict::Unknown => "unknown",
        }
    }
}

/// What the application at one end got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndReport {
    /// Its address and port.
    pub end: End,
    /// The errno that its kernel handed it; `None` where it gets no error.
    pub errno: Option<Errno>,
    /// Which socket call fails and how, in order; `None` where none does.
    pub calls: Option<String>,
    /// Its packets had passed a router when they were captured, which lowers the TTL (RFC 1812, section 5.3.1).
    pub is_routed: bool,
}

/// A packet that speaks for the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The frame's number in its file.
    pub frame: u64,
    /// Which input, counted from 0.
    pub input: u16,
    /// When.
    pub time: Time,
    /// Who sent it.
    pub from: EndedBy,
    /// The packet as a packet line without time and direction, as in `F. 41:41(0) ack 34`.
    pub packet: Short,
    /// What it means here.
    pub note: Cow<'static, str>,
}

/// Durations in nanoseconds; `None` where the capture does not show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// From the first SYN to the end of the handshake.
    pub connect: Option<u64>,
    /// From the SYN to the SYN-ACK plus from there to the ACK: the round trip as the capture saw it.
    pub rtt: Option<u64>,
    /// Silence before the last exchange or the ending.
    pub idle_before: Option<u64>,
    /// Was it the silence before the last message, not before the ending?
    pub then_spoke: bool,
    /// From the first packet to the one that ended it.
    pub duration: u64,
}

/// Packets and payload bytes of both directions. Retransmitted bytes count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets that the client sent.
    pub client_packets: u64,
    /// Packets that the server sent.
    pub server_packets: u64,
    /// Payload bytes that the client sent.
    pub client_bytes: u64,
    /// Payload bytes that the server sent.
    pub server_bytes: u64,
}

/// What became of a connection: a failure (`kind` is some), what cannot be told (`doubt` is some), or a benign ending.
#[derive(Clone, Debug)]
pub struct Finding {
    /// When it became a fact: the deciding packet, or the moment when silence was long enough.
    pub time: Time,
    /// The failure; `None` for what is none.
    pub kind: Option<Kind>,
    /// Why the capture cannot tell whether it is one; `None` where it can.
    pub doubt: Option<Doubt>,
    /// Why; `None` is `unexplained`.
    pub cause: Option<&'static Cause>,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// Who ended it.
    pub ended_by: EndedBy,
    /// The end that it happened to first, [`CLIENT`](crate::track::CLIENT) or [`SERVER`](crate::track::SERVER): the sentence is
    /// about the other one, which it could not reach or by which it was ended.
    pub victim: usize,
    /// What kind of RST it was, if there was one.
    pub reset: Option<ResetKind>,
    /// Why it was sent, where the RST says so itself.
    pub reset_reason: Option<String>,
    /// The client's end.
    pub client: EndReport,
    /// The server's end.
    pub server: EndReport,
    /// Client and server, as the server's side of an address translation (NAT) has them, if that was captured as well.
    pub translated: Option<[End; 2]>,
    /// Did the capture show who the client is?
    pub role_known: bool,
    /// Is a retry safe?
    pub retry: RetryVerdict,
    /// Why `retry` says so: a clause without a capital or full stop.
    pub retry_why: Cow<'static, str>,
    /// One sentence for a person.
    pub summary: String,
    /// What the applications said last, if the capture shows it.
    pub context: Option<Context>,
    /// Durations.
    pub timing: Timing,
    /// Packets and bytes.
    pub traffic: Traffic,
    /// The packets that speak for it, in time order.
    pub evidence: Vec<Evidence>,
    /// What this host knows of it, if one end is here and it was captured live.
    pub local: Option<Box<Local>>,
}

impl Finding {
    /// The server by which connections of the client are counted together: the client's own host may lead them to another, as to the
    /// proxy beside an application, which connects to the same servers from the same address itself.
    pub fn counted_by(&self) -> End {
        match self.translated {
            Some([client, server])
                if client.ip == self.client.end.ip && (server.ip.is_loopback() || server.ip == client.ip) =>
            {
                server
            }
            _ => self.server.end,
        }
    }

    /// Where the server takes the client's packets, behind an address translation if there is one.
    pub fn taken_at(&self) -> End {
        self.translated.map_or(self.server.end, |[_, server]| server)
    }

    /// The cause's id, `unexplained` without one; or that of the doubt.
    pub fn cause_id(&self) -> &'static str {
        match self.doubt {
            Some(doubt) => doubt.id(),
            None => self.cause.map_or("unexplained", |cause| cause.id),
        }
    }

    /// The id of its kind, or the word for what is no failure.
    pub fn kind_id(&self) -> &'static str {
        match (self.kind, self.doubt) {
            (Some(kind), _) => kind.id(),
            (None, Some(_)) => "undecided",
            (None, None) => "benign",
        }
    }
}

/// Among the reasons for which frames were not read: the user's filter.
pub const FILTERED: &str = "filter";

/// Counts for the end of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames read.
    pub frames: u64,
    /// TCP segments among them.
    pub segments: u64,
    /// Segments seen a second time and counted once.
    pub duplicates: u64,
    /// ICMP errors about TCP segments.
    pub icmp_errors: u64,
    /// Bytes that an end acknowledged and no segment of the other shows: the capture lost them.
    pub unseen: u64,
    /// Connections seen.
    pub connections: u64,
    /// Connections that were the other side, behind an address translation (NAT), of one whose ending is told or counted.
    pub translated: u64,
    /// Connections that were forgotten before their end, for want of memory.
    pub evicted: u64,
    /// What connections told of services and hosts that was forgotten, because too many are known.
    pub unremembered: u64,
    /// Packets whose copies could no longer be told from repetitions, because too many are remembered.
    pub copies_forgotten: u64,
    /// Messages of connections that are reported that were overwritten by newer ones, so that nothing is said of them.
    pub messages_forgotten: u64,
    /// Failures by kind, in the order of [`Kind::ALL`].
    pub failures: [u64; Kind::ALL.len()],
    /// Failures by cause id, the most frequent first.
    pub causes: Vec<(&'static str, u64)>,
    /// Benign endings by cause id, in the order of the catalogue.
    pub benign: Vec<(&'static str, u64)>,
    /// Connections with something odd that the capture cannot decide, by reason.
    pub undecided: Vec<(&'static str, u64)>,
    /// Frames that were not read, by reason.
    pub skipped: Vec<(&'static str, u64)>,
    /// The first frame's time.
    pub first: Option<Time>,
    /// The last frame's time.
    pub last: Option<Time>,
    /// Runs of frames with more than a day of silence, or a step back of more than a day, between them.
    pub recordings: u64,
    /// What only a live capture has to tell.
    pub live: Option<LiveCounts>,
}

/// How much a live capture missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Packets that the kernel had no room for.
    pub dropped_kernel: u64,
    /// Packets that the interface gave up.
    pub dropped_interface: u64,
    /// Lines of this report that could not be written in time, or at all.
    pub output_lost: u64,
    /// Were only the segments captured that open and close connections?
    pub light: bool,
}
