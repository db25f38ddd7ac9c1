//! `half_open_scan`: A scanner checked whether the port is open.

use super::{Cause, Group, Match, Owner, Remedy};
use crate::diagnose::Case;
use crate::track::kernel::Kind;
use crate::track::{CLIENT, Half, SERVER};

/// Signs: SYN, SYN-ACK, bare RST from the client without the final ACK (`R 1:1(0) win 0`): half a handshake.
/// Certain that it was not a normal client of Linux unless the SYN-ACK was late (then `connect_cancelled`). Likely
/// a scan with one of: SYN window 1024 or 65535 and IP ID 54321 (ZMap), no options or mss alone, several ports or
/// hosts from the same source.
pub static CAUSE: Cause = Cause {
    id: "half_open_scan",
    group: Group::Failure,
    kinds: &[Kind::Aborted],
    title: "A scanner checked whether the port is open",
    seen: "\
        SYN, SYN-ACK, and then a bare RST from the client in place of the ACK. The handshake is never completed, so \
        the server's application does not notice: accept() does not return, no errno is set.\n\n\
        The SYN is often unlike that of an operating system: a window of 1024, no options or only the MSS, an IP ID of \
        54321 (ZMap), a source port that never changes.",
    why: "\
        The scanner writes its SYN with a raw socket. Its own kernel knows nothing of that and, having no socket for \
        the SYN-ACK, answers with a RST. For the scanner this is enough: SYN-ACK means open, RST means closed, silence \
        means filtered.\n\n\
        On the server the request socket (state SYN_RECV) is dropped when the RST comes.",
    is_not: "\
        Not a failing client of yours, unless the SYN-ACK came seconds late: a program that gives up connecting looks \
        the same (`connect_cancelled`).\n\n\
        Not an attack by itself. The whole internet is scanned, many times a day.",
    example: r#"+0 > S 0:0(0) win 1024 <mss 1460>
+.001 < S. 0:0(0) ack 1 win 64240 <mss 1460>
+.03 > R 1:1(0) win 0
"#,
    remedy: Remedy {
        owner: Owner::Nobody,
        title: "Close or filter ports that need not be reachable",
        steps: &[
            "Check whether {client.ip} is one of your own scanners or monitors.",
            "If the port should not be reachable from there, filter it.",
            "Otherwise leave it out of alerts: the application saw nothing.",
        ],
        commands: &["ss -ltnp 'sport = :{server.port}'", "nft list ruleset"],
    },
    settings: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let half_open =
        case.half(SERVER).has(Half::SYN) && !case.connection().established() && case.story().syn_retransmissions == 0;
    let quick = case.at_once(case.decisive().since(case.syn_acked()));
    if !half_open || !quick {
        return None;
    }
    let text = format!("The client answered the SYN-ACK of {} with a RST, as a SYN scan does.", case.server());
    // Scanners make their SYNs by hand; those of operating systems offer window scaling or time stamps.
    let by_hand = !case.half(CLIENT).has(Half::SCALE) && !case.half(CLIENT).has(Half::STAMPS);
    Some(if by_hand { Match::likely(text) } else { Match::possible(text) })
}
