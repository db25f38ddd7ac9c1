//! `tls_failure`: the TLS handshake failed and the connection was reset.

use super::{Cause, Group, Match, Owner, Remedy, Setting};
use crate::context::{TlsState, step_in_words};
use crate::diagnose::Case;
use crate::time::SECOND;
use crate::track::kernel::Kind;
use crate::track::other;

/// Signs: The first payload of the client is a TLS ClientHello (0x16 0x03) and, before any application data record
/// (0x17) of the other side was answered, one side sends a fatal alert (record 0x15, level 2), or the RST comes
/// within the handshake at once. With a readable alert: certain that TLS failed, name the alert. RST inside the handshake
/// without an alert: likely.
pub static CAUSE: Cause = Cause {
    id: "tls_failure",
    group: Group::Failure,
    kinds: &[Kind::Reset],
    title: "The TLS handshake failed and the connection was reset",
    seen: "\
        The client's first bytes are a TLS ClientHello. Before any application data was exchanged, one end sends an \
        alert record (type 21, level fatal) and the connection ends with a RST.\n\n\
        The alert's number is the answer: 40 handshake_failure, 42 bad_certificate, 45 certificate_expired, 46 \
        certificate_unknown, 48 unknown_ca, 70 protocol_version, 80 internal_error, 112 unrecognized_name, 116 \
        certificate_required, 120 no_application_protocol. In TLS 1.3, alerts after the ServerHello are encrypted, and \
        only the record's short length gives them away.",
    why: "\
        An end that gives up the handshake writes its alert and closes the socket. If the other end's bytes still lie \
        unread in its receive buffer (early data, the client's certificate, a second flight), Linux turns the close \
        into a RST: tcp_close() sees unread data and calls tcp_send_active_reset(). If the RST arrives before the \
        alert has been read, the application reports \"connection reset\" instead of \"certificate expired\".\n\n\
        The usual reasons: an expired or self-signed certificate, a missing intermediate, no common protocol version \
        or cipher, a wrong server name (SNI), a client certificate that was required and not sent, no common ALPN \
        protocol, a wrong clock.",
    is_not: "\
        Not a network fault: the handshake's bytes arrived and were answered.\n\n\
        Not `wrong_protocol`: there the first bytes are not a ClientHello, or the answer is not TLS.\n\n\
        Not a handshake that hangs until one end gives up: that is `client_gave_up` or `server_deadline`.\n\n\
        Alert 0 (close_notify) is not a failure but TLS's normal close. A RST after it does no harm (`benign_tail`).",
    example: r#"+0 > S 0:0(0) win 64240 <mss 1460>
+.02 < S. 0:0(0) ack 1 win 65160 <mss 1460>
+0 > . 1:1(0) ack 1 win 64240
+.001 > P. 1:10(9) ack 1 win 64240 "\x16\x03\x01\x00\x04\x01\x00\x00\x00"
+.02 < . 1:1(0) ack 10 win 65151
// alert, fatal, handshake_failure (40)
+.001 < P. 1:8(7) ack 10 win 65151 "\x15\x03\x03\x00\x02\x02\x28"
+0 < R. 8:8(0) ack 10 win 65151
"#,
    remedy: Remedy {
        owner: Owner::Server,
        title: "Read the alert, then fix the certificate, the name or the protocol version",
        steps: &[
            "\
            Repeat the handshake by hand with the server name that the client uses, and see which step fails and which \
            alert comes.",
            "\
            For 42, 45, 46 and 48, look at the chain that the server sends: dates, names, and whether the \
            intermediate certificates are there. The alert comes from the end that did not trust.",
            "\
            For 40, 70 and 120, compare versions, ciphers and ALPN of both ends. Usually the client is too old, or the \
            server was hardened.",
            "For 112, the server has no certificate for that name: check the SNI that the client sends.",
            "For 116, the server asks for a client certificate: configure one, or do not require it.",
            "\
            If no alert came, not even when you try by hand: does that port speak TLS at all, or was the server \
            stopped just then? Does a device on the path reset names that it does not allow (try another name after \
            -servername)? An end that finds an error should send an alert (RFC 8446, section 6.2).",
            "Do not retry: the same handshake fails the same way. Only 80 (internal_error) may be temporary.",
        ],
        commands: &[
            "openssl s_client -connect {server.ip}:{server.port} -servername NAME -showcerts </dev/null",
            "\
            openssl s_client -connect {server.ip}:{server.port} -servername NAME </dev/null | openssl x509 -noout \
            -dates -subject -ext subjectAltName",
        ],
    },
    settings: &[
        Setting {
            program: "nginx",
            name: "ssl_protocols",
            default: "TLSv1.2 TLSv1.3",
            advice: "older releases still offer TLSv1 and TLSv1.1: name what you need",
        },
        Setting { program: "HAProxy", name: "ssl-min-ver", default: "TLSv1.2", advice: "per bind or server line" },
    ],
    detect,
};

fn detect(case: &Case<'_>) -> Option<Match> {
    // Where one end speaks no TLS at all, that is the cause.
    if case.mismatch().is_some() {
        return None;
    }
    let server = case.server();
    match case.tls_state() {
        TlsState::FatalAlert { by, name, .. } => {
            let alert = name.map_or_else(|| "a fatal alert".to_string(), |name| format!("the alert {name}"));
            Some(Match::certain(format!("The TLS handshake with {server} failed: the {} sent {alert}.", by.id())))
        }
        TlsState::EncryptedAlert { by, in_handshake: true } if is_prompt(case, case.waited_before(by)) => {
            Some(Match::likely(format!("The TLS handshake with {server} failed: the {} sent an alert.", by.id())))
        }
        TlsState::Handshake { step, by } if !LAST_STEPS.contains(&step) => {
            let reset = case.reset().filter(|_| case.is_abort())?;
            // Who waits for the other end's part has found nothing wrong with it.
            if case.asked_last(reset.from) || !is_prompt(case, case.since_payload(other(reset.from))) {
                return None;
            }
            Some(Match::likely(format!(
                "The {} reset the connection in the TLS handshake, after the {}'s {}.",
                case.name(reset.from),
                by.id(),
                step_in_words(step)
            )))
        }
        TlsState::EncryptedAlert { .. }
        | TlsState::Handshake { .. }
        | TlsState::Closing { .. }
        | TlsState::Established
        | TlsState::None => None,
    }
}

/// Who finds something wrong with the other end's part of the handshake says so when it has it. An alert or RST that comes
/// long after ends a wait, or a session that was not used: RFC 8446 section 6.1 demands close_notify of who closes.
fn is_prompt(case: &Case<'_>, waited: u64) -> bool {
    waited < SECOND || case.at_once(waited)
}

/// With these the handshake may be complete.
const LAST_STEPS: [&str; 4] = ["new_session_ticket", "change_cipher_spec", "finished", "handshake"];
