//! `mtu_blackhole`: large packets disappear, small ones arrive.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::diagnose::{Case, bytes};
use crate::track::kernel::Kind;
use crate::track::{Half, Repeated, other};

/// Signs: Handshake and small segments are acknowledged; segments of full size never are, each retransmission
/// neither; a smaller segment after them is SACKed or acknowledged as a duplicate. Likely; with an ICMP
/// "fragmentation needed" (3/4, IPv6 2/0) that the sender ignores: certain. Only one full-sized segment lost
/// several times, nothing smaller behind it: possible.
pub static CAUSE: Cause = Cause {
    id: "mtu_blackhole",
    group: Group::Failure,
    kinds: &[Kind::TimedOut],
    title: "Large packets disappear, small ones arrive",
    seen: "\
        The handshake works and small packets are acknowledged. Full-sized segments are never acknowledged, however \
        often they are sent, while a smaller one after them gets through: the receiver's SACK shows it. A login works \
        but the first long output hangs; a TLS handshake hangs at the certificate; GET works but POST does not.",
    why: "\
        A link on the path has a smaller MTU than the ends believe: a tunnel, VPN, overlay network (VXLAN takes 50 \
        bytes), PPPoE (8 bytes). IPv4 packets of TCP carry \"don't fragment\", so the router there must drop them and \
        say \"fragmentation needed\" (ICMP 3/4; IPv6: packet too big). When a firewall drops that message, \
        tcp_v4_mtu_reduced() is never called, and the sender retransmits packets that cannot arrive, until ETIMEDOUT \
        or an application's own timeout.",
    is_not: "\
        Not general packet loss: small packets arrive at the same time.\n\n\
        Not `reader_stalled`: the receiver's window is open.\n\n\
        Not a firewall that blocks certain content, though that can look the same: try the same bytes in small \
        packets.",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460,sackOK>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK>
+0 > . 1:1(0) ack 1 win 64240
+0 > P. 1:201(200) ack 1 win 64240
+.02 < . 1:1(0) ack 201 win 64960
// two full segments and a small one: only the small one arrives
+.01 < . 1:1461(1460) ack 201 win 64960
+0 < . 1461:2921(1460) ack 201 win 64960
+0 < P. 2921:3001(80) ack 201 win 64960
+0 > . 201:201(0) ack 1 win 64240 <nop,nop,sack 2921:3001>
+.22 < . 1:1461(1460) ack 201 win 64960
+.44 < . 1:1461(1460) ack 201 win 64960
+.88 < . 1:1461(1460) ack 201 win 64960
+1.76 < . 1:1461(1460) ack 201 win 64960
+3.52 < . 1:1461(1460) ack 201 win 64960
wait 15
"#,
    remedy: Remedy {
        owner: Owner::Network,
        title: "Let ICMP \"fragmentation needed\" through, or clamp the MSS where the path narrows",
        steps: &[
            "\
            Measure the path's MTU from the end that sends the large packets; tracepath names the hop where it \
            shrinks.",
            "\
            Confirm it with `ping -M do -s 1472 {peer.ip}`, which fills 1500 bytes (in IPv6 -s 1452 does); go down until \
            it answers.",
            "\
            Allow ICMP type 3 code 4, and ICMPv6 type 2, through every firewall on the way back, also in cloud \
            security groups and network ACLs.",
            "Or clamp the MSS on the router at the narrow link.",
            "Set the MTU of the tunnel, overlay or container network to what the underlay really carries.",
            "\
            As a workaround on the sender, net.ipv4.tcp_mtu_probing=1 lets the kernel find a smaller size once it has \
            detected a black hole.",
        ],
        commands: &[
            "tracepath -n {peer.ip}",
            "ip -s link show",
            "\
            nft 'add table inet mss; add chain inet mss forward { type filter hook forward priority mangle; }; \
            add rule inet mss forward tcp flags syn tcp option maxseg size set rt mtu'",
        ],
    },
    settings: &[
        Setting {
            program: "sysctl",
            name: "net.ipv4.tcp_mtu_probing",
            default: "0",
            advice: "1: probe after a black hole was detected",
        },
        Setting {
            program: "nftables",
            name: "tcp option maxseg size set rt mtu",
            default: "",
            advice: "on forwarded SYNs",
        },
        Setting {
            program: "iptables, ip6tables",
            name: "-t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
            default: "",
            advice: "the same",
        },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    if !case.waited_for(Repeated::Data) {
        return None;
    }
    let silence = case.silence();
    let half = case.half(case.victim());
    let name = case.name(case.victim());
    if silence.length < 1000 || u32::from(half.longest_acked) >= silence.length {
        return None;
    }
    let text = format!(
        "Small segments from the {name} arrive, but its segments of {} do not: the path drops large packets.",
        bytes(silence.length)
    );
    let behind_a_hole = case.half(other(case.victim())).has(Half::SACKS);
    if case.story().mtu.is_some() || behind_a_hole || case.heard_the_other_end() {
        return Some(Match::likely(text));
    }
    (half.longest_acked > 0).then(|| Match::possible(text))
}
