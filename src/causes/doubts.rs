//! What a capture cannot tell, and what would: a page for each [`Doubt`].

use super::{Owner, Remedy};
use crate::track::Doubt;

/// What is known of a doubt.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Which one.
    pub doubt: Doubt,
    /// As a heading.
    pub title: &'static str,
    /// What is seen in the packets.
    pub seen: &'static str,
    /// Why it cannot be told what the applications got.
    pub why: &'static str,
    /// What to do so that it shows.
    pub remedy: Remedy,
}

/// All of them, in the order of [`Doubt::ALL`].
pub static PAGES: [Page; Doubt::ALL.len()] = [
    Page {
        doubt: Doubt::BeganLate,
        title: "The capture began after the connection",
        seen: "A RST ends a connection whose beginning is not in the capture.",
        why: "Which sequence number the receiver of the RST expected, and whether a FIN had gone before it, depends on \
              packets from before the capture.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Start the capture before the connection is made",
            steps: &[
                "Start the capture before the connection is made.",
                "If the connection lives for days, make its application reconnect while the capture runs.",
            ],
            commands: &[],
        },
    },
    Page {
        doubt: Doubt::OneDirection,
        title: "Only one direction was captured",
        seen: "A RST or unanswered packets, and from the other end nothing, or nothing after its SYN.",
        why: "Only the missing packets show what their sender had received and sent.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture both directions",
            steps: &[
                "Capture on one of the two hosts: there both directions pass.",
                "On a mirror port, mirror both directions; on a router, capture on `any`, since the return path may use \
                 another interface.",
                "Use `host ADDRESS` in the filter, not `src host` or `dst host`.",
            ],
            commands: &["tcpdump -i any -w both.pcap 'host {server.ip} and (tcp or icmp or icmp6)'"],
        },
    },
    Page {
        doubt: Doubt::OddReset,
        title: "A RST that its receiver may have dropped",
        seen: "A RST whose sequence number or position does not fit the other packets.",
        why: "A receiver drops a RST that is not exactly at the sequence number that it expects (RFC 5961, section 3.2). \
              Here it may have expected that number or another one, or its socket may already have been gone.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture at the end that received the RST",
            steps: &[
                "Capture at the end that received the RST: there you see whether its socket goes on.",
                "Check the log of its application at that time: no error there means that the RST was dropped.",
            ],
            commands: &["ss -tnpi 'dst {peer.ip}'"],
        },
    },
    Page {
        doubt: Doubt::EndedEarly,
        title: "Unanswered when the capture ended",
        seen: "A segment was retransmitted without an answer, and then the capture ended.",
        why: "The answer may have come just after. Silence counts as a failure when the next retransmission does not come, \
              or when the capture goes on for a second or more after the last one.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture for longer",
            steps: &[
                "Capture for longer: a connect() gives up after about two minutes, established connections after 15.",
            ],
            commands: &[],
        },
    },
    Page {
        doubt: Doubt::Unanswered,
        title: "A single SYN without an answer",
        seen: "One SYN, neither answered nor retransmitted.",
        why: "A kernel retransmits its SYN after a second. A scanner does not, nor does a client that cancels its connect() \
              before that; or the capture missed the rest.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture closer to the client, and for longer",
            steps: &[
                "Check whether one address sends many of them: that is a scan.",
                "Otherwise capture closer to the client, and for longer.",
            ],
            commands: &[],
        },
    },
    Page {
        doubt: Doubt::HalfOpen,
        title: "A SYN-ACK retransmitted in vain",
        seen: "The server retransmits its SYN-ACK, and the client sends nothing more.",
        why: "The client's address may be forged (a SYN flood), the client may be gone, or its ACK or the SYN-ACK may be \
              lost.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Find out whether it is a flood or one client",
            steps: &[
                "Many of them from many addresses are a flood: SYN cookies (on by default) keep the service reachable.",
                "For a single client, capture at the client: does the SYN-ACK arrive, and is it answered?",
            ],
            commands: &[
                "ss -tn state syn-recv 'sport = :{server.port}'",
                "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies",
            ],
        },
    },
    Page {
        doubt: Doubt::CutShort,
        title: "The deciding bytes were cut off",
        seen: "The capture holds only the beginning of each packet, and the missing bytes would decide.",
        why: "The cut bytes are a TCP option, a TLS record that may be a goodbye, or the packet that an ICMP error quotes.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture whole packets",
            steps: &["Capture whole packets, or at least 256 bytes of each."],
            commands: &["tcpdump -i any -s 0 -w whole.pcap 'host {server.ip} and (tcp or icmp or icmp6)'"],
        },
    },
    Page {
        doubt: Doubt::Hole,
        title: "Packets are missing just before the end",
        seen: "Acknowledgments or sequence numbers show that the capture lacks packets.",
        why: "One of the missing packets may have been a FIN, or the payload on which the verdict depends.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture without losing packets",
            steps: &[
                "Read what tcpdump prints at its end: \"dropped by kernel\" means that its buffer was too small.",
                "Capture with a larger buffer and a filter, and on the host: mirror ports drop packets under load.",
            ],
            commands: &["tcpdump -i any -B 65536 -s 256 -w trace.pcap 'host {server.ip} and (tcp or icmp or icmp6)'"],
        },
    },
    Page {
        doubt: Doubt::Multipath,
        title: "One path of an MPTCP connection failed",
        seen: "A RST or silence on one subflow of a Multipath TCP connection.",
        why: "The application gets an error only if no other subflow is left (RFC 8684).",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Capture on all interfaces of the host",
            steps: &["Capture on all interfaces of the host, so that you see every subflow."],
            commands: &["ss -Mia", "ip mptcp monitor"],
        },
    },
    Page {
        doubt: Doubt::HalfAccepted,
        title: "The client gave up while the server retransmitted its SYN-ACK",
        seen: "The handshake is complete for the client, which ends the connection while the server still retransmits its \
               SYN-ACK.",
        why: "With a full accept queue, after a lost ACK, or where the listener waits for data (TCP_DEFER_ACCEPT), the \
              server has no socket for the connection yet, and no application gets an error. If it had made one by then, \
              accept() returns the socket, and recv() fails.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Check whether the accept queue of the server is full",
            steps: &["On the server, check whether the accept queue overflows, and raise the backlog if it does."],
            commands: &["nstat -az TcpExtListenOverflows TcpExtListenDrops", "ss -ltn 'sport = :{server.port}'"],
        },
    },
    Page {
        doubt: Doubt::HalfClosed,
        title: "A RST reached an end that had sent its FIN",
        seen: "One end sends its FIN and then receives a RST, before everything was acknowledged and closed.",
        why: "If its application had called close(), nobody gets an error. If it had called shutdown(SHUT_WR) and still \
              waited for an answer, its next call fails. The packets are the same.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Ask the application that sent the FIN",
            steps: &["Check the log of the application that sent the FIN, or trace its calls: close() or shutdown()?"],
            commands: &["strace -f -e trace=shutdown,close,recvfrom,read -p PID"],
        },
    },
    Page {
        doubt: Doubt::MoreToSend,
        title: "An upload was cut off, or was complete",
        seen: "One end sends a FIN and then a RST while the other one uploads; everything was acknowledged.",
        why: "If the sender had more, its next send() fails with EPIPE. If that was all, it gets no error.",
        remedy: Remedy {
            owner: Owner::Capture,
            title: "Compare what was sent with what was meant to be sent",
            steps: &["Compare the bytes that were sent with the length that the application meant to send."],
            commands: &[],
        },
    },
    Page {
        doubt: Doubt::NoAnswer,
        title: "A request that was never answered",
        seen: "A request (of HTTP or another protocol that tcpwhy reads) is acknowledged, nothing comes back, and one end \
               closes with a FIN.",
        why: "No call on a socket failed, so no errno is behind it. But a client that closed had probably waited for as \
              long as its own timeout allows, and a client whose server closed gets an end of file in place of the \
              answer (\"empty reply\", \"prematurely closed\"). Where neither waited for an answer, all is well. A server that \
              reads on for a while after its FIN (Apache httpd, for 2 s) acknowledges a request that comes too late: the \
              race of keepalive_race, without its RST.",
        remedy: Remedy {
            owner: Owner::Server,
            title: "Find out what the server did with the request",
            steps: &[
                "The server's kernel acknowledged the request. If the client closed first, find out what the program at port \
                 {server.port} was doing: its log, its queue of requests, and what it was waiting for itself (a database, a \
                 lock, another service). A longer timeout at the client helps only if the answer is worth the wait.",
                "If the server closed first, look in its log for a crash, a restart or a limit at that time.",
                "If it had closed the idle connection before the request came, let the client drop idle connections first: see \
                 `tcpwhy explain keepalive_race`. No server answers a request behind its own FIN.",
                "Do not repeat the request without thought: the server may have done what it asks, or may be doing it.",
            ],
            commands: &["ss -tnp '( sport = :{server.port} )'"],
        },
    },
    Page {
        doubt: Doubt::AnswerCut,
        title: "An answer that was cut off",
        seen: "The server closes with a FIN in the middle of an HTTP answer: fewer bytes came than its Content-Length says.",
        why: "No call on a socket failed, so no errno is behind it: recv() returns 0 as after a whole answer. A client that \
              counts the bytes fails all the same (\"IncompleteRead\", curl 18, \"prematurely closed\"); one that does not \
              takes the part for the whole.",
        remedy: Remedy {
            owner: Owner::Server,
            title: "Find out why the server stopped in the middle of its answer",
            steps: &[
                "Look in the server's log for a crash, a restart or a limit at that time (a worker's timeout, memory, a \
                 file that was cut while it was sent). The kernel of a program that is killed sends a FIN.",
                "Is {server.ip} port {server.port} a proxy? Then its own server may have ended the answer: look there, \
                 or capture behind it.",
                "If the answer always ends at the same length, the Content-Length may be wrong.",
            ],
            commands: &["curl -v -o /dev/null 'http://{server.ip}:{server.port}/'"],
        },
    },
    Page {
        doubt: Doubt::Unacknowledged,
        title: "Last words that nothing acknowledged",
        seen: "One end sends payload and closes at once. Its host repeats the payload and the FIN, and nothing acknowledges \
               them.",
        why: "No call failed: send() and close() had returned, and the kernel has nobody to tell that the payload is lost. \
              The other end hears nothing, and waits until its own timeout or keep-alive probes end it.",
        remedy: Remedy {
            owner: Owner::Network,
            title: "Find where the packets are lost, and wait for an answer before closing",
            steps: &[
                "Capture at both ends. If the repeated segments reach the other host, its acknowledgments are lost on the \
                 way back; if not, look along the way there.",
                "If the handshake passed and only full segments are repeated, suspect the MTU: see `tcpwhy explain \
                 mtu_blackhole`.",
                "If the client closed because its own timeout had passed, raise that above the first repetitions (a second \
                 or more), or each lost packet fails a request.",
                "A program that must know that its last words arrived shuts down its sending side and reads until the end \
                 of file before it closes. SO_LINGER with a time makes close() wait, but on Linux it returns 0 all the same.",
            ],
            commands: &["ss -tnoi '( sport = :{server.port} or dport = :{server.port} )'"],
        },
    },
];

/// The page on a doubt.
pub fn page(doubt: Doubt) -> &'static Page {
    let at = Doubt::ALL.iter().position(|other| *other == doubt).unwrap_or_default();
    &PAGES[at]
}

/// The page on the doubt with this id (`-` may stand for `_`).
pub fn find(id: &str) -> Option<&'static Page> {
    let id = id.replace('-', "_");
    PAGES.iter().find(|page| page.doubt.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_doubt_has_its_own_page() {
        for (wanted, page) in Doubt::ALL.into_iter().zip(&PAGES) {
            assert_eq!(page.doubt, wanted);
            assert!(
                !page.remedy.steps.is_empty() && !page.title.ends_with('.') && page.why.ends_with('.'),
                "{wanted:?}"
            );
            assert!(std::ptr::eq(super::page(wanted), page) && find(wanted.id()).is_some());
        }
        assert!(find("half-open").is_some() && find("nothing").is_none());
    }
}
