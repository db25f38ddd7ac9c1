//! Words that several findings share.

use super::case::Case;
use crate::decode::End;
use crate::time::{MILLISECOND, SECOND};
use crate::track::kernel::Kind;
use crate::track::{By, CLIENT, Half, Repeated, other};

/// An address and port as people write them: IPv6 in brackets.
pub fn end(end: End) -> String {
    std::net::SocketAddr::new(end.ip, end.port).to_string()
}

/// A duration for a sentence: "0.35 ms", "12 ms", "5.0 s", "350 s".
pub fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        n if n < MILLISECOND => format!("{:.2} ms", n as f64 / 1e6),
        n if n < SECOND => format!("{} ms", n / MILLISECOND),
        n if n < 100 * SECOND => format!("{:.1} s", n as f64 / 1e9),
        n => format!("{} s", n / SECOND),
    }
}

/// A number of bytes for a sentence.
pub fn bytes(count: u32) -> String {
    if count == 1 { "1 byte".to_string() } else { format!("{count} bytes") }
}

/// Which socket calls fail at `side`, and how, in order.
pub fn calls(case: &Case<'_>, side: usize) -> Option<String> {
    let errno = case.errno(side)?;
    let name = errno.name();
    let connecting = !case.connection().established() && side == CLIENT;
    let text = match case.kind()? {
        Kind::Refused | Kind::Unreachable if connecting => format!("connect fails with {name}"),
        Kind::TimedOut if connecting => {
            format!("connect fails with {name}, unless the application's own timeout comes first")
        }
        Kind::Refused | Kind::Unreachable => {
            format!("recv or send fails with {name}, which an ICMP error has put in the place of ETIMEDOUT")
        }
        Kind::Reset if case.connection().half[other(side)].has(Half::DATA) => {
            format!(
                "recv returns what had arrived, then the next call fails with {name}, once; later recv returns 0, send fails with EPIPE"
            )
        }
        Kind::Reset => {
            format!("the next call fails with {name}, once; later recv returns 0 (EOF), send fails with EPIPE")
        }
        Kind::BrokenPipe => format!("recv returns 0 (EOF), the next send fails with {name}"),
        Kind::Aborted => format!("accept may still return the socket; its first recv fails with {name}"),
        Kind::TimedOut => match case.silence().what {
            Repeated::KeepAlive => format!("recv fails with {name} when the keep-alive probes are used up"),
            Repeated::WindowProbe => {
                format!(
                    "send blocks (EAGAIN without blocking) until it fails with {name} by TCP_USER_TIMEOUT, or the application gives up"
                )
            }
            Repeated::Data | Repeated::Syn | Repeated::Nothing => {
                format!(
                    "send succeeds; recv or the next send fails with {name} after the last retransmission, unless the application's own timeout comes first"
                )
            }
        },
    };
    Some(text)
}

/// The sentence for a failure that no cause explains.
pub fn unexplained(case: &Case<'_>) -> String {
    let server = case.server();
    let victim = case.name(case.victim());
    let ender = case.name(other(case.victim()));
    match (case.kind(), case.by()) {
        (Some(Kind::Refused), _) => format!("{server} refused the connection."),
        (Some(Kind::Reset), _) => format!("The {ender} reset the connection; the packets do not show why."),
        (Some(Kind::BrokenPipe), _) => format!("The {victim} wrote to a connection that the {ender} had closed."),
        (Some(Kind::Aborted), _) => {
            format!("The client ended its connection to {server} with a RST before any payload.")
        }
        (Some(Kind::TimedOut), _) => format!("The {victim}'s packets were not answered; the packets do not show why."),
        (Some(Kind::Unreachable), Some(By::Icmp)) => format!("An ICMP error ended the attempt to connect to {server}."),
        (Some(Kind::Unreachable), _) => {
            format!("The {victim}'s packets were not answered, and an ICMP error says why.")
        }
        (None, _) => "The connection ended without an error for either application.".to_string(),
    }
}
