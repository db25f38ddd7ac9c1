//! Findings for the tests of this module, as the engine makes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::causes::{Cause, Confidence, Group, Owner, Remedy};
use crate::decode::End;
use crate::diagnose::{EndReport, EndedBy, Evidence, Finding, ResetKind, RetryVerdict, Timing, Traffic};
use crate::time::Time;
use crate::track::kernel::{Errno, Kind};
use crate::track::{CLIENT, Doubt, SERVER};

/// 2026-11-22T06:16:55.359084123Z.
pub const DECIDED: Time = Time(1_795_328_215_359_084_123);

/// What all causes of these tests have in common: nothing is detected, nothing explained.
const BLANK: Cause = Cause {
    id: "",
    group: Group::Failure,
    kinds: &[],
    title: "",
    seen: "",
    why: "",
    is_not: "",
    example: "",
    remedy: Remedy { owner: Owner::Nobody, title: "Nothing to do", steps: &[], commands: &[] },
    settings: &[],
    detect: |_| None,
};

static KEEPALIVE_RACE: Cause = Cause {
    id: "keepalive_race",
    title: "The request met the server's close of an idle connection",
    remedy: Remedy {
        owner: Owner::Client,
        title: "Let the side that reuses connections give them up first",
        steps: &[
            "Set the client's idle timeout below the keep-alive timeout of {server.ip}:{server.port}.",
            "Retry once on a new connection when the request is idempotent.",
        ],
        commands: &["curl -sv --keepalive-time 60 http://{server.ip}:{server.port}/ -o /dev/null"],
    },
    ..BLANK
};

static NO_LISTENER: Cause = Cause {
    id: "no_listener",
    title: "Nothing listens on the port",
    remedy: Remedy {
        owner: Owner::Server,
        title: "Start the service, or correct the address or port",
        steps: &[
            "On {server.ip}, see whether anything listens on port {server.port}, and on which address: 127.0.0.1 \
             cannot be reached from elsewhere.",
            "Start the service, or let it bind to an address that clients reach.",
            "See whether a firewall stands between: it may answer in the name of {server.ip}.",
            "Let clients retry ECONNREFUSED with exponential backoff and jitter.",
        ],
        commands: &["ss -ltnp 'sport = :{server.port}'", "nc -vz {server.ip} {server.port}"],
    },
    ..BLANK
};

static HEALTH_CHECK: Cause = Cause { id: "health_check", title: "A health check by handshake alone", ..BLANK };

static HALF_CLOSE: Cause = Cause { id: "half_close", title: "A half-close", ..BLANK };

fn v4(host: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, host))
}

fn v6(host: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host))
}

fn end(ip: IpAddr, port: u16) -> EndReport {
    EndReport { end: End { ip, port }, errno: None, calls: None, is_routed: false }
}

/// One packet that speaks for a verdict, `after` nanoseconds after the first one of the sample.
pub fn evidence(frame: u64, after: u64, from: EndedBy, packet: &str, note: &str) -> Evidence {
    let time = DECIDED - 1_053_100_000 + after;
    Evidence { frame, input: 0, time, from, packet: packet.into(), note: note.to_owned().into() }
}

/// The sample of the contract.
pub fn keepalive_race() -> Finding {
    Finding {
        context: None,
        local: None,
        time: DECIDED,
        kind: Some(Kind::BrokenPipe),
        doubt: None,
        cause: Some(&KEEPALIVE_RACE),
        confidence: Confidence::Likely,
        ended_by: EndedBy::Server,
        victim: CLIENT,
        reset: Some(ResetKind::Reply),
        reset_reason: None,
        client: EndReport {
            errno: Some(Errno::EPIPE),
            calls: Some("recv returns 0 (EOF), the next send fails with EPIPE".to_owned()),
            ..end(v4(1), 34186)
        },
        server: end(v4(2), 8080),
        translated: None,
        role_known: true,
        retry: RetryVerdict::NotDelivered,
        retry_why: "the 33 bytes of the request were never acknowledged".into(),
        summary: "The server closed the idle connection after 1.003 s, and 0.02 ms later the client sent a request \
                  of 33 bytes on it."
            .to_owned(),
        timing: Timing {
            connect: Some(40_000),
            rtt: Some(40_123),
            idle_before: Some(1_003_100_000),
            then_spoke: true,
            duration: 1_053_100_000,
        },
        traffic: Traffic { client_packets: 4, server_packets: 4, client_bytes: 66, server_bytes: 40 },
        evidence: vec![
            evidence(1, 0, EndedBy::Client, "S 0:0(0) win 64240", "the client connects"),
            evidence(12, 1_053_000_000, EndedBy::Server, "F. 41:41(0) ack 34", "server closed"),
            evidence(13, 1_053_020_000, EndedBy::Client, "P. 34:67(33) ack 41", "a request that crossed the close"),
            evidence(14, 1_053_100_000, EndedBy::Server, "R 41:41(0)", "the server's host has no socket any more"),
        ],
    }
}

/// A connect() from 10.0.0.`client` to `port` of 10.0.0.2 that is refused.
pub fn refused_from(client: u8, port: u16) -> Finding {
    Finding {
        context: None,
        local: None,
        kind: Some(Kind::Refused),
        doubt: None,
        cause: Some(&NO_LISTENER),
        confidence: Confidence::Certain,
        client: EndReport {
            errno: Some(Errno::ECONNREFUSED),
            calls: Some("connect() fails with ECONNREFUSED".to_owned()),
            ..end(v4(client), 50000)
        },
        server: end(v4(2), port),
        retry_why: "the connection was never made".into(),
        summary: format!("Nothing listens on port {port} of 10.0.0.2: its host answered the SYN with a RST."),
        timing: Timing { connect: None, rtt: Some(41_000), idle_before: None, then_spoke: false, duration: 41_000 },
        traffic: Traffic { client_packets: 1, server_packets: 1, client_bytes: 0, server_bytes: 0 },
        evidence: vec![
            evidence(1, 1_053_059_000, EndedBy::Client, "S 0:0(0) win 64240", "the client connects"),
            evidence(2, 1_053_100_000, EndedBy::Server, "R. 0:0(0) ack 1 win 0", "no socket listens"),
        ],
        ..keepalive_race()
    }
}

/// The same in IPv6, to port 5432.
pub fn refused_ipv6() -> Finding {
    let mut finding = refused_from(1, 5432);
    finding.client.end.ip = v6(1);
    finding.server.end.ip = v6(2);
    finding
}

/// A health check.
pub fn health_check() -> Finding {
    Finding {
        context: None,
        local: None,
        kind: Some(Kind::Aborted),
        doubt: None,
        cause: Some(&HEALTH_CHECK),
        ended_by: EndedBy::Client,
        victim: SERVER,
        reset: Some(ResetKind::Abort),
        reset_reason: None,
        client: end(v4(5), 41000),
        server: EndReport { errno: Some(Errno::ECONNRESET), ..end(v4(2), 80) },
        summary: "A health check connected and reset at once.".to_owned(),
        ..keepalive_race()
    }
}

/// A benign ending.
pub fn benign() -> Finding {
    Finding {
        context: None,
        local: None,
        kind: None,
        doubt: None,
        cause: Some(&HALF_CLOSE),
        client: end(v4(1), 40000),
        server: end(v4(2), 80),
        reset: None,
        reset_reason: None,
        ..keepalive_race()
    }
}

/// What a capture cannot tell.
pub fn undecided() -> Finding {
    Finding { kind: None, doubt: Some(Doubt::OddReset), cause: None, client: end(v4(1), 40000), ..keepalive_race() }
}

/// The same finding, `after` nanoseconds later.
pub fn later(mut finding: Finding, after: u64) -> Finding {
    finding.time = finding.time + after;
    for evidence in &mut finding.evidence {
        evidence.time = evidence.time + after;
    }
    finding
}
