//! `forged_reset`: A device between them forged the RST.

use super::{Cause, Group, Match, Owner, Remedy};
use crate::diagnose::{Case, duration};
use crate::track::kernel::Kind;

/// Signs: Certain: the supposed sender goes on with data or a FIN beyond the RST, and the RST is an abort; if it has the
/// shape of a reply, likely with one of the next signs, else possible. Likely, each by itself: a TTL that tells another
/// distance than all others of that direction, unless it is a few hops more, as by a detour; several aborts with different
/// sequence numbers, ahead of all that was sent; made by the host that captured it, which forwards all else. Possible: that,
/// where the loss of one packet would look the same; faster than the handshake; not seen all along the way of that
/// direction. Never with the window and the next identification of the socket, nor from "window 0", "no timestamps" or
/// "ID 0". `ended_by` is middlebox, where it is only possible unknown.
pub static CAUSE: Cause = Cause {
    id: "forged_reset",
    group: Group::Foremost,
    kinds: &[Kind::Reset],
    title: "A device between them forged the RST",
    seen: "\
        A RST arrives with the address of one end, but that end did not send it. The report names the sign: the \
        supposed sender keeps sending data after its own RST; the TTL shows a different distance from all other \
        packets in that direction; the RST came sooner than that host can answer, by the round trip of the handshake; \
        several RSTs come with different sequence numbers; or a host that forwards all other packets sent this one \
        without having received it.\n\n\
        Typical moment: right after the first payload (the TLS ClientHello with its server name, or the HTTP request \
        line), or after a long silence.",
    why: "\
        A device on the path tracks the connection. When a rule matches, or its session table drops the entry, it \
        sends a RST with the other end's address. The receiver's kernel cannot tell: tcp_validate_incoming() only \
        checks the sequence number (RFC 5961), and tcp_reset() then sets ECONNRESET.\n\n\
        The usual devices: an intrusion prevention system, a next-generation firewall that blocks an application or a \
        category, a TLS inspection proxy, a web filter, a national censor, a load balancer that fails over, a \
        carrier's NAT that ends idle sessions. Also a Linux host that does NAT for others, such as a Docker or \
        Kubernetes node: when conntrack has lost the entry, or calls the packet INVALID, the packet goes to the node \
        itself, which has no such socket and answers with a RST.",
    is_not: "\
        Not the server's application, although every log on the client says \"reset by peer\". Do not waste days \
        searching there.\n\n\
        A window of 0, missing timestamps or an IP ID of 0 are not signs of a forgery: Linux itself answers like that \
        whenever it has no socket for a segment.\n\n\
        A RST with the window and the next IP ID of the live socket is its own, whatever path it took.\n\n\
        Perhaps the host itself, where the report says only \"possible\": a RST from a few hops further away than the \
        other packets may have taken a detour, a packet filter on the host can reject with a RST while the program \
        goes on sending, another host may have taken over its address, the capture may have lost one packet, or the \
        handshake was slow.\n\n\
        If the TTL is equal and nothing else differs, packets cannot show a forgery, and tcpwhy does not claim one.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460> ttl 64
+.03 < S. 0:0(0) ack 1 win 65160 <mss 1460> ttl 52
+0 > . 1:1(0) ack 1 win 64240 ttl 64
+0 > P. 1:518(517) ack 1 win 64240 ttl 64
// 4 ms on a path of 30 ms, and from another distance
+.004 < R. 1:1(0) ack 518 win 64240 ttl 60
// the real server knows nothing of it
+.026 < . 1:1(0) ack 518 win 64643 ttl 52
+0 > R 518:518(0) win 0 ttl 64
+.01 < P. 1:1001(1000) ack 518 win 64643 ttl 52
+0 > R 518:518(0) win 0 ttl 64
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Find the device by its hop distance, and read in its log why it ended the session",
        steps: &[
            "\
            Count the hops: initial TTLs are 64, 128 or 255; the RST's TTL gives the device's distance from the \
            capture, the data's TTL the server's.",
            "\
            Capture at the server as well, for the same connection. If the server never sent that RST, and received \
            one itself, it was forged.",
            "\
            Ask whoever runs the firewall for its session log for {client.ip} port {client.port} to {server.ip} \
            port {server.port} at that second: most devices record a reason for the end of a session (policy, \
            application, threat, aged out).",
            "\
            If the device is a Linux host that translates addresses (a container host, a Kubernetes node), look for \
            lost and invalid entries with `conntrack -S` and `conntrack -L`, and for what flushed them: a restarted \
            service, a short nf_conntrack_tcp_timeout_established, a full table. See `tcpwhy explain \
            conntrack_invalid`.",
            "\
            Then change that policy: allow the application, exempt the destination from TLS inspection, or raise \
            the session's idle time.",
            "\
            If it happens after silence, send keep-alives below the device's session time; see `tcpwhy explain \
            idle_expired`.",
        ],
        commands: &[
            "\
            tcpdump -nvi any 'host {server.ip} and tcp port {server.port} and (tcp[tcpflags] & tcp-rst != 0 or \
            ip6[53] & 4 != 0)'",
            "traceroute -n -T -p {server.port} {server.ip}",
        ],
    },
    settings: &[],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    let reset = case.reset()?;
    if case.answers_a_late_copy() {
        return None;
    }
    let sender = case.name(reset.from);
    let foreign = case.foreign_ttl().filter(|_| !case.behind_a_syn_proxy());
    if case.story().sender_lives.is_some() {
        let text =
            format!("A RST with the {sender}'s address ended the connection, but the {sender} itself kept sending.");
        return Some(match (case.is_abort(), foreign.is_some() || case.made_on_the_way()) {
            (true, _) => Match::certain(text),
            (false, true) => Match::likely(text),
            // A packet filter of the host itself answers like that, and so does the next host that takes its address over.
            (false, false) => Match::possible(text),
        });
    }
    if case.aborts_ahead_of_itself() {
        return Some(Match::likely(format!(
            "RSTs with the {sender}'s address came with different sequence numbers, beyond what it had sent: a device \
             on the path guessed where the connection would be."
        )));
    }
    if case.made_on_the_way() && !case.met_an_idle_timer() {
        let made = if case.may_have_come_in() { Match::possible } else { Match::likely };
        return Some(made(format!(
            "The capturing host itself made a RST with the {sender}'s address: it forwards all other packets of the \
             {sender}, but never received this one."
        )));
    }
    if case.met_an_idle_timer() {
        return None;
    }
    if let Some((ttl, usual)) = foreign {
        let text = format!(
            "A RST with the {sender}'s address ended the connection, but came with TTL {ttl}, the {sender}'s own \
             packets with TTL {usual}"
        );
        // What lies between both is nearer than the sender; but not all that forges tells its distance.
        return Some(match case.may_be_a_detour() {
            true => Match::possible(format!("{text}: it took a longer path, or something else sent it.")),
            false => Match::likely(format!("{text}.")),
        });
    }
    if let Some((after, rtt)) = case.faster_than_light() {
        let what = match reset.acknowledgment {
            Some(_) => "acknowledged the client's data",
            None => "answered the end of the handshake",
        };
        return Some(Match::possible(format!(
            "A RST with the {sender}'s address {what} {} after it was sent, though the handshake's round trip was {}: \
             something nearer sent it, or the handshake was slow.",
            duration(after),
            duration(rtt)
        )));
    }
    if case.behind_a_syn_proxy() {
        return None;
    }
    if case.seen_on_a_part_of_the_way() {
        return Some(Match::possible(format!(
            "A RST with the {sender}'s address ended the connection, but was not seen along the whole path of the \
             {sender}'s other packets: a device on the path may have made it."
        )));
    }
    None
}
