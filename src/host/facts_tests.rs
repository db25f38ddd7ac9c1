use super::*;
use crate::causes;
use crate::decode::End;
use crate::report::samples;

fn socket(ip: &str, port: u16, queue: u32, inode: u64) -> Socket {
    let local = End { ip: ip.parse().expect("an address"), port };
    let state = 10;
    Socket { local, remote: local, state, queue, backlog: Some(128), ipv6_only: None, device: 0, inode }
}

fn view<'a>(now: &'a [Socket], before: Option<&'a [Socket]>, counted: &[(&'static str, u64)]) -> View<'a> {
    View {
        side: Side::Server,
        now,
        are_all_known: true,
        before,
        counted: counted.to_vec(),
        is_counted: false,
        conntrack: None,
        may_translate: false,
        may_be_bridged: false,
        socket: None,
        peer: None,
        is_table_known: true,
    }
}

fn holder(inode: u64) -> Option<Process> {
    (inode == 21433).then(|| Process { pid: 812, name: "postgres".into(), unit: None })
}

fn refused() -> Finding {
    Finding { cause: causes::find("no_listener"), ..samples::refused_from(9, 5432) }
}

fn look(finding: &Finding, view: View) -> Local {
    local(finding, view, &mut holder)
}

fn ended(cause: &str, ended_by: EndedBy) -> Finding {
    let (reset, mut timing) = (Some(ResetKind::Abort), refused().timing);
    timing.connect = Some(41_000);
    Finding { cause: causes::find(cause), kind: Some(Kind::Reset), reset, ended_by, timing, ..refused() }
}

#[test]
fn behind_an_address_translation_the_server_is_where_its_packets_arrive() {
    let finding = refused();
    let proxy = End { ip: "127.0.0.1".parse().expect("an address"), port: 15_001 };
    let led = Finding { translated: Some([finding.client.end, proxy]), ..finding };
    let service = [socket("0.0.0.0", 5432, 0, 1)];
    let nobody = look(&led, view(&service, Some(&service), &[]));
    assert_eq!(nobody.fact, "Nothing listens on port 15001 here.");
}

#[test]
fn a_refused_port_is_explained_by_who_listens() {
    let finding = refused();
    let ip = finding.server.end.ip.to_string();
    let nobody = look(&finding, view(&[socket("0.0.0.0", 22, 0, 1)], Some(&[]), &[]));
    assert_eq!(nobody.fact, "Nothing listens on port 5432 here.");
    assert_eq!((nobody.listener, nobody.confidence), (None, None));

    let elsewhere = [socket("127.0.0.1", 5432, 0, 21433)];
    let elsewhere = look(&finding, view(&elsewhere, Some(&elsewhere), &[]));
    assert_eq!(elsewhere.fact, "postgres (pid 812) listens on 127.0.0.1:5432 only.");
    assert_eq!(elsewhere.listener.and_then(|it| it.process).map(|it| it.pid), Some(812));

    let there = [socket("127.0.0.1", 5432, 0, 1), socket(&ip, 5432, 0, 21433)];
    let firewall = look(&finding, view(&there, Some(&there), &[]));
    assert_eq!(firewall.fact, format!("postgres (pid 812) listens on {ip}:5432: a firewall on this host rejected it."));
    assert_eq!(firewall.confidence, Some(Confidence::Possible));
    let container = look(&finding, View { may_translate: true, ..view(&there, Some(&there), &[]) });
    assert!(
        container.fact.ends_with("rejected it, or NAT redirected it to a port that refuses."),
        "{}",
        container.fact
    );

    let strict = [Socket { ipv6_only: Some(true), ..socket("::", 5432, 0, 21433) }];
    let strict = look(&finding, view(&strict, Some(&strict), &[]));
    assert_eq!(strict.fact, "postgres (pid 812) listens on [::]:5432 for IPv6 only.");
    let maybe = [socket("::", 5432, 0, 21433)];
    let maybe = look(&finding, view(&maybe, Some(&maybe), &[]));
    assert!(maybe.fact.ends_with("rejected it, unless it accepts IPv6 only."), "{}", maybe.fact);

    let bound = [Socket { device: 1, ..socket("0.0.0.0", 5432, 0, 21433) }];
    let bound = look(&finding, view(&bound, Some(&bound), &[]));
    assert!(bound.fact.contains("(SO_BINDTODEVICE): it came in on another one, or a firewall"), "{}", bound.fact);

    let since = look(&finding, view(&there, Some(&[]), &[]));
    assert!(since.fact.ends_with("now, but did not a moment before."), "{}", since.fact);
    assert_eq!(since.confidence, None);
    // A service that was started anew in between: the same place, another socket.
    let anew = look(&finding, view(&there, Some(&[socket(&ip, 5432, 0, 7)]), &[]));
    assert_eq!((anew.fact, anew.confidence), (since.fact, None));
    // Of several that share the port, one has stayed.
    let shared = look(&finding, view(&there, Some(&[socket(&ip, 5432, 0, 7), there[1]]), &[]));
    assert_eq!(shared.confidence, Some(Confidence::Possible));
    let stopped = look(&finding, view(&[], Some(&there), &[]));
    assert_eq!(stopped.fact, "Nothing listens on port 5432 here any more.");
    let unseen = look(&finding, view(&[socket("::", 5432, 0, 5)], None, &[]));
    assert!(unseen.fact.starts_with("A process that tcpwhy may not see listens on [::]:5432"), "{}", unseen.fact);
}

#[test]
fn a_full_queue_is_certain_when_no_other_can_have_overflowed() {
    let finding = ended("backlog_overflow", EndedBy::Network);
    let own = Socket { backlog: Some(2), ..socket("0.0.0.0", 5432, 3, 21433) };
    let sure = look(&finding, view(&[own], None, &[("ListenOverflows", 4)]));
    assert_eq!(sure.confidence, Some(Confidence::Certain));
    assert!(
        sure.fact.contains("3 connections wait for accept(); its backlog is 2. The kernel counted it"),
        "{}",
        sure.fact
    );
    let crowded = look(&finding, View { are_all_known: false, ..view(&[own], None, &[("ListenOverflows", 4)]) });
    assert_eq!(crowded.confidence, None);
    let drained = look(&finding, view(&[Socket { queue: 2, ..own }], None, &[("ListenOverflows", 4)]));
    assert_eq!(drained.confidence, None);
    let unsure = look(&finding, view(&[own, socket("0.0.0.0", 80, 1, 6)], None, &[("ListenOverflows", 4)]));
    assert_eq!(unsure.confidence, None);
    assert!(unsure.fact.contains("Consistent with"), "{}", unsure.fact);
    assert_eq!(look(&finding, view(&[own], None, &[])).confidence, None);
    let refuted = look(&finding, View { is_counted: true, ..view(&[own], None, &[("OutRsts", 1)]) });
    assert_eq!(refuted.confidence, Some(Confidence::Possible));
    assert!(refuted.fact.contains("counted no overflow of its queue"), "{}", refuted.fact);
    let led_on = look(&finding, View { is_counted: true, may_translate: true, ..view(&[own], None, &[]) });
    assert_eq!(led_on.confidence, None);
    let dropped = look(&finding, View { is_counted: true, ..view(&[own], None, &[("TCPReqQFullDrop", 1)]) });
    assert_eq!(dropped.confidence, None);
    let roomy = Socket { backlog: Some(9), ..socket("0.0.0.0", 5432, 4, 8) };
    for shared in [[own, roomy], [roomy, own]] {
        let local = look(&finding, view(&shared, None, &[("ListenOverflows", 4)]));
        assert_eq!(
            local.listener.and_then(|listener| listener.process).map(|it| it.pid),
            Some(812),
            "the one that is full"
        );
    }
    let idle = socket("0.0.0.0", 5432, 0, 7);
    for shared in [[own, idle], [idle, own]] {
        let local = look(&finding, view(&shared, None, &[("ListenOverflows", 4)]));
        assert_eq!(local.listener.map(|listener| listener.queue), Some(3));
        assert_eq!(local.confidence, Some(Confidence::Certain));
    }
}

#[test]
fn an_abort_of_this_host_was_counted() {
    let finding = ended("unread_data", EndedBy::Server);
    let counted = look(&finding, view(&[], None, &[("TCPAbortOnClose", 1), ("OutRsts", 2)]));
    assert_eq!(counted.confidence, Some(Confidence::Certain));
    assert!(counted.fact.contains("The kernel counted it as TCPAbortOnClose"), "{}", counted.fact);
    let several = look(&finding, view(&[], None, &[("TCPAbortOnClose", 1), ("TCPAbortOnData", 2)]));
    assert_eq!(several.confidence, None);
    assert!(several.fact.ends_with("TCPAbortOnClose rose by 1: it was closed while data had not been read."));
    let otherwise = View { is_counted: true, ..view(&[], None, &[("TCPAbortOnData", 1)]) };
    let otherwise = look(&finding, otherwise);
    assert_eq!(otherwise.confidence, Some(Confidence::Possible));
    let fits = "did not rise: `tcpwhy explain abortive_close` fits better.";
    assert!(otherwise.fact.ends_with(fits), "{}", otherwise.fact);
    let of_the_other = look(&ended("unread_data", EndedBy::Client), view(&[], None, &[("TCPAbortOnClose", 1)]));
    assert!(!of_the_other.fact.contains("TCPAbortOnClose"), "{}", of_the_other.fact);
}

#[test]
fn a_connection_that_was_reset_with_its_listener_was_not_closed_with_unread_data() {
    let finding = ended("unread_data", EndedBy::Server);
    let listened = [socket("0.0.0.0", 5432, 1, 21433)];
    let before = View { is_counted: true, ..view(&[], Some(&listened), &[("EstabResets", 1), ("OutRsts", 1)]) };
    let closed = look(&finding, before);
    assert_eq!(closed.confidence, Some(Confidence::Possible));
    let expected = "But TCPAbortOnClose, which counts such endings, did not rise. \
                    More likely, the listening socket was closed before the connection was accepted.";
    assert!(closed.fact.ends_with(expected), "{}", closed.fact);
    let stays = View { is_counted: true, ..view(&listened, Some(&listened), &[("EstabResets", 1)]) };
    assert!(look(&finding, stays).fact.ends_with("did not rise."));
    // Nothing was counted here at all: the RST may be another host's.
    let elsewhere = look(&finding, View { is_counted: true, ..view(&[], Some(&listened), &[]) });
    assert_eq!(elsewhere.confidence, None);
}

#[test]
fn what_is_found_after_a_reset_is_a_later_connections() {
    let by_server = Finding { victim: CLIENT, ..ended("unread_data", EndedBy::Server) };
    let in_state = |state| Socket { state, ..socket("::", 1, 0, 7) };
    let is_its_own = |finding: &Finding, side, state| is_its_own(finding, side, &in_state(state));
    // The server aborted it: no socket of it is left there, whatever is found. Its RST may not have come to the client.
    assert!(!is_its_own(&by_server, Side::Server, 1) && !is_its_own(&by_server, Side::Server, 6));
    assert!(is_its_own(&by_server, Side::Client, 1) && !is_its_own(&by_server, Side::Client, 6));
    let forged = Finding { ended_by: EndedBy::Middlebox, ..by_server.clone() };
    assert!(is_its_own(&forged, Side::Server, 1) && is_its_own(&forged, Side::Client, 1));
    let silent = Finding { reset: None, ended_by: EndedBy::Network, ..by_server };
    assert!(is_its_own(&silent, Side::Server, 6) && is_its_own(&silent, Side::Client, 6));
}

#[test]
fn who_holds_a_socket_is_told_or_that_it_is_gone() {
    let finding = ended("unread_data", EndedBy::Client);
    let gone = look(&finding, View { side: Side::Client, ..view(&[], None, &[]) });
    assert_eq!(gone.fact, "The client's socket is gone, and its process is unknown.");
    let bridged = look(&finding, View { may_be_bridged: true, ..view(&[], None, &[]) });
    assert_eq!(bridged.fact, "The server's socket is gone, or was elsewhere behind NAT.");
    let held = look(&finding, View { socket: Some(socket("::", 1, 0, 21433)), ..view(&[], None, &[]) });
    assert_eq!(held.fact, "The server's socket is held by postgres (pid 812).");
    for (state, unaccepted) in [(1, true), (3, true), (8, true), (4, false), (6, false)] {
        let orphan = Some(Socket { state, ..socket("::", 1, 0, 0) });
        let listens = [socket("::", 5432, 1, 21433)];
        let local = look(&finding, View { socket: orphan, ..view(&listens, None, &[]) });
        let expected = if unaccepted {
            "postgres (pid 812) listens on [::]:5432, and has not accepted the connection."
        } else {
            "The server's socket is still there, but no process holds it any more."
        };
        assert_eq!(local.fact, expected, "{state}");
    }
    let connected = |inode| Some(socket("::", 1, 0, inode));
    let both = look(&finding, View { socket: connected(7), peer: connected(21433), ..view(&[], None, &[]) });
    assert_eq!(
        both.fact,
        "The server's socket is held by a process that tcpwhy may not see. The client's is held by postgres (pid 812)."
    );
    assert_eq!((both.process, both.peer.map(|peer| peer.pid)), (None, Some(812)));
    let listens = look(&finding, view(&[socket("::", 5432, 0, 21433)], None, &[]));
    assert_eq!(listens.fact, "The server's socket is gone. postgres (pid 812) listens on [::]:5432.");
}

#[test]
fn a_server_that_never_had_a_socket_for_the_client_has_not_lost_it() {
    let mut finding = ended("syn_unanswered", EndedBy::Network);
    (finding.kind, finding.timing.connect) = (Some(Kind::TimedOut), None);
    // The kernel answers a SYN that reaches it, one way or the other.
    let dropped = "The SYN reached this host, but no SYN-ACK or RST was seen leaving it: a filter here (nftables, rp_filter) may drop it";
    let nobody = look(&finding, view(&[], None, &[]));
    assert_eq!(nobody.fact, format!("Nothing listens on port 5432 here. {dropped}."));
    let all = [socket("0.0.0.0", 5432, 0, 21433)];
    let there = look(&finding, view(&all, None, &[]));
    assert_eq!(there.fact, format!("postgres (pid 812) listens on 0.0.0.0:5432. {dropped}."));
    let elsewhere = look(&finding, view(&[socket("127.0.0.1", 5432, 0, 21433)], None, &[]));
    assert_eq!(elsewhere.fact, format!("postgres (pid 812) listens on 127.0.0.1:5432 only. {dropped}."));
    let published = look(&finding, View { may_translate: true, ..view(&all, None, &[]) });
    assert!(published.fact.ends_with("or NAT redirects it to where nothing answers."), "{}", published.fact);
    let full = look(&finding, view(&all, None, &[("ListenDrops", 2)]));
    assert_eq!(full.fact, "postgres (pid 812) listens on 0.0.0.0:5432.");
    let client = look(&finding, View { side: Side::Client, ..view(&[], None, &[]) });
    assert!(!client.fact.contains("may drop"), "{}", client.fact);
}

#[test]
fn a_table_of_tracked_connections_is_mentioned_when_it_is_full() {
    let finding = ended("syn_unanswered", EndedBy::Network);
    let tracked = |count, max| View { conntrack: Some(Tracked { count, max }), ..view(&[], None, &[]) };
    let full = look(&finding, tracked(262_000, 262_144));
    assert!(full.fact.contains("262000 of 262144"), "{}", full.fact);
    assert_eq!(full.conntrack, Some(Tracked { count: 262_000, max: 262_144 }));
    for (count, max) in [(7, 262_144), (7, 0), (u64::MAX, 0)] {
        let roomy = look(&finding, tracked(count, max));
        assert!(!roomy.fact.contains("Connection tracking"), "{}", roomy.fact);
    }
}

#[test]
fn the_end_that_matters_is_looked_at() {
    let refused = refused();
    assert_eq!(side(&refused, [true, true]), Some(Side::Server));
    assert_eq!(side(&refused, [true, false]), Some(Side::Client));
    assert_eq!(side(&refused, [false, false]), None);
    let by_client = ended("client_gave_up", EndedBy::Client);
    assert_eq!(side(&by_client, [true, true]), Some(Side::Client));
    assert_eq!(side(&by_client, [false, true]), Some(Side::Server));
}

#[test]
fn programs_get_it_as_an_object_of_its_own() {
    let finding = refused();
    let elsewhere = [socket("127.0.0.1", 5432, 2, 21433)];
    let tracked = Some(Tracked { count: 7, max: 9 });
    let local = look(&finding, View { conntrack: tracked, ..view(&elsewhere, None, &[("OutRsts", 3)]) });
    let text = serde_json::to_string(&local).expect("JSON");
    assert_eq!(
        text,
        "{\"side\":\"server\",\"listener\":{\"address\":\"127.0.0.1\",\"port\":5432,\"queue\":2,\"backlog\":128,\"pid\":812,\
         \"name\":\"postgres\",\"unit\":null},\"process\":null,\"peer\":null,\"counters\":{\"OutRsts\":3},\
         \"conntrack\":{\"count\":7,\"max\":9},\
         \"fact\":\"postgres (pid 812) listens on 127.0.0.1:5432 only.\"}"
    );
}
