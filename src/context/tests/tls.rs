//! TLS.

use super::samples::{alert, cipher_change, client_hello, client_hello_for, record, server_hello};
use super::{answered, json, unanswered};
use crate::context::{Side, TlsState, tls_state};

#[test]
fn the_client_hello_tells_name_protocol_and_version() {
    assert_eq!(unanswered(&client_hello(), b"", 443), "TLS ClientHello for server, not answered");
    let hello = client_hello_for(b"api.example.org", &[b"h2", b"http/1.1"]);
    assert_eq!(unanswered(&hello, b"", 443), "TLS ClientHello for api.example.org (h2), not answered");
    assert_eq!(
        json(&hello, &server_hello(), 443),
        r#"{"protocol":"tls","sni":"api.example.org","alpn":"h2","tls_version":"TLSv1.3","step":"server_hello","sentence":"TLS ClientHello for api.example.org (h2), answered ServerHello TLSv1.3"}"#
    );
}

#[test]
fn a_cut_client_hello_tells_what_is_there() {
    let hello = client_hello_for(b"api.example.org", &[b"h2"]);
    assert_eq!(unanswered(&hello[..40], b"", 443), "TLS ClientHello, not answered");
    assert_eq!(unanswered(&hello[..hello.len() - 3], b"", 443), "TLS ClientHello for api.example.org, not answered");
}

#[test]
fn grease_is_no_protocol_and_no_version() {
    let hello = client_hello_for(b"a.example", &[b"\x4a\x4a", b"http/1.1"]);
    assert_eq!(unanswered(&hello, b"", 443), "TLS ClientHello for a.example (http/1.1), not answered");
}

#[test]
fn a_retry_request_is_no_server_hello() {
    let mut hello = server_hello();
    hello.splice(11..19, [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11]);
    assert_eq!(answered(&client_hello(), &hello, 443), "TLS ClientHello for server, answered HelloRetryRequest");
}

#[test]
fn alerts_are_named() {
    let hello = client_hello_for(b"api.example.org", &[]);
    assert_eq!(
        answered(&hello, &alert(2, 40), 443),
        "TLS ClientHello for api.example.org, answered alert handshake_failure"
    );
    assert_eq!(answered(b"", &alert(2, 112), 443), "TLS alert unrecognized_name from the server");
    assert_eq!(unanswered(&alert(2, 48), &server_hello(), 443), "TLS alert unknown_ca from the client");
    assert_eq!(answered(b"", &alert(2, 250), 443), "TLS alert 250 from the server");
    assert_eq!(unanswered(&alert(1, 0), b"", 443), "TLS close_notify from the client");
    assert_eq!(unanswered(&record(21, 26), b"", 443), "TLS encrypted alert from the client");
}

#[test]
fn a_warning_does_not_hide_the_handshake_failure() {
    let both = [alert(1, 112), alert(2, 40), alert(1, 0)].concat();
    assert_eq!(answered(b"", &both, 443), "TLS alert handshake_failure from the server");
}

#[test]
fn data_is_data() {
    let data = record(23, 500);
    assert_eq!(unanswered(&data, &data, 443), "TLS application data from the client, not answered");
    assert_eq!(answered(&data, &data, 443), "TLS application data from the client, answered");
    assert_eq!(
        answered(&data, &record(23, 19), 443),
        "TLS application data from the client, then encrypted alert from the server"
    );
}

#[test]
fn a_server_sends_no_client_hello() {
    assert_eq!(answered(b"", &client_hello(), 443), "nothing");
    assert_eq!(answered(&server_hello(), b"", 443), "nothing");
}

#[test]
fn the_state_follows_the_handshake() {
    let by_client = |step| TlsState::Handshake { step, by: Side::Client };
    let by_server = |step| TlsState::Handshake { step, by: Side::Server };
    let data = record(23, 500);
    let flight = [server_hello(), cipher_change(), record(23, 80)].concat();
    assert_eq!(tls_state(b"", b""), TlsState::None);
    assert_eq!(tls_state(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"), TlsState::None);
    assert_eq!(tls_state(&client_hello(), b""), by_client("client_hello"));
    assert_eq!(tls_state(&client_hello(), &flight), by_server("server_hello"));
    assert_eq!(tls_state(&client_hello(), &record(23, 1400)), by_server("handshake"));
    assert_eq!(tls_state(&[cipher_change(), record(23, 53)].concat(), &flight), by_client("change_cipher_spec"));
    assert_eq!(tls_state(&record(23, 53), &flight), by_client("finished"));
    assert_eq!(tls_state(&data, &flight), TlsState::Established);
    assert_eq!(tls_state(&data, &data), TlsState::Established);
}

#[test]
fn the_state_names_alerts_and_who_sent_them() {
    let fatal = |by, description, name| TlsState::FatalAlert { by, description, name: Some(name) };
    let flight = [server_hello(), cipher_change(), record(23, 80)].concat();
    let refusal = [cipher_change(), record(23, 19)].concat();
    let data = record(23, 500);
    assert_eq!(tls_state(&client_hello(), &alert(2, 70)), fatal(Side::Server, 70, "protocol_version"));
    assert_eq!(tls_state(&alert(2, 48), &server_hello()), fatal(Side::Client, 48, "unknown_ca"));
    assert_eq!(tls_state(&data, &alert(1, 0)), TlsState::Closing { by: Side::Server });
    let hidden = |by, in_handshake| TlsState::EncryptedAlert { by, in_handshake };
    assert_eq!(tls_state(&refusal, &flight), hidden(Side::Client, true));
    assert_eq!(tls_state(&record(23, 19), &flight), hidden(Side::Client, true));
    assert_eq!(tls_state(&data, &record(23, 19)), hidden(Side::Server, false));
    assert_eq!(tls_state(&record(21, 26), &data), hidden(Side::Client, false));
}
