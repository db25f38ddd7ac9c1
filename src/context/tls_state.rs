//! How far TLS came.

use super::message::Side;
use super::tls::{Alert, Records, records};
use super::tls_names;

/// How far TLS came, as the latest message of each end shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsState {
    /// No TLS, or nothing that shows where it stands.
    None,
    /// In the handshake.
    Handshake {
        /// The latest step that can be told, as in [`Context`](super::Context)'s `step`.
        step: &'static str,
        /// Who took it.
        by: Side,
    },
    /// The handshake is done as far as the packets show: application data was sent.
    Established,
    /// A fatal alert in clear, RFC 8446 section 6.2.
    FatalAlert {
        /// Who sent it.
        by: Side,
        /// The alert's number.
        description: u8,
        /// The alert's name, if it is known.
        name: Option<&'static str>,
    },
    /// An alert that cannot be read. In TLS 1.3 it is known by its record's length of 19 bytes only.
    EncryptedAlert {
        /// Who sent it.
        by: Side,
        /// Did it come before any application data of either end? Then it hardly is a goodbye.
        in_handshake: bool,
    },
    /// A close_notify in clear, RFC 8446 section 6.1: a goodbye, no failure.
    Closing {
        /// Who sent it.
        by: Side,
    },
}

/// Tells how far TLS came from the latest message of each end.
///
/// The ends of a failed handshake are read as well: an alert outranks every step, a fatal one outranks a goodbye.
pub fn tls_state(client: &[u8], server: &[u8]) -> TlsState {
    let (from_client, from_server) = (records(client), records(server));
    let both = [(Side::Client, from_client), (Side::Server, from_server)];
    let alerts = || both.iter().filter_map(|(by, found)| Some((*by, (*found)?, (*found)?.alert?)));

    for (by, _, alert) in alerts() {
        if let Alert::Clear(2, description) = alert
            && description != 0
        {
            return TlsState::FatalAlert { by, description, name: tls_names::alert(description) };
        }
    }
    for (by, found, alert) in alerts() {
        if alert == Alert::Hidden {
            let peer = if by == Side::Client { from_server } else { from_client };
            let in_handshake = found.starts_with_cipher_change || peer.is_some_and(|peer| is_handshake(&peer));
            return TlsState::EncryptedAlert { by, in_handshake };
        }
    }
    if let Some((by, ..)) = alerts().find(|(_, _, alert)| matches!(alert, Alert::Clear(_, 0))) {
        return TlsState::Closing { by };
    }
    progress(from_client, from_server)
}

/// May the server's message be the tickets that it sends when it has the client's Finished, RFC 8446 section 4.6.1? They
/// look like application data.
pub fn may_be_tickets(client: &[u8], server: &[u8]) -> bool {
    let finished = records(client).is_some_and(|found| found.starts_with_cipher_change);
    finished && records(server).is_some_and(|found| found.step == Some("application_data"))
}

fn is_handshake(found: &Records<'_>) -> bool {
    found.step.is_some_and(|step| step != "application_data")
}

/// No alert was seen.
fn progress(client: Option<Records<'_>>, server: Option<Records<'_>>) -> TlsState {
    let step = |found: Option<Records<'_>>| found.and_then(|found| found.step);
    let handshake = |step, by| TlsState::Handshake { step, by };
    match (step(client), step(server)) {
        (None, None) => TlsState::None,
        // A server cannot send application data before the client's Finished: this is its encrypted flight.
        (Some("client_hello"), Some("application_data")) => handshake("handshake", Side::Server),
        // A client's Finished looks like application data in TLS 1.3.
        (Some("application_data"), Some("server_hello")) if client.is_some_and(|found| found.may_be_finished) => {
            handshake("finished", Side::Client)
        }
        (Some("application_data"), _) | (_, Some("application_data")) => TlsState::Established,
        (Some(step), None) => handshake(step, Side::Client),
        (None | Some("client_hello"), Some(step)) => handshake(step, Side::Server),
        (Some(step), Some("hello_request" | "server_hello" | "hello_retry_request")) => handshake(step, Side::Client),
        (Some(step), Some("certificate" | "server_hello_done" | "certificate_request")) => {
            handshake(step, Side::Client)
        }
        (Some(_), Some(step)) => handshake(step, Side::Server),
    }
}
