//! Two protocols on one connection.

use super::samples::{
    alert, client_hello, frame, kafka, ldap_result, mysql, mysql_greeting, postgresql_shutdown, record, server_hello,
    tds_prelogin,
};
use super::{answered, json};
use crate::context::mismatch;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n";

fn phrase(client: &[u8], server: &[u8]) -> String {
    mismatch(client, server).map_or("none".to_string(), |mismatch| mismatch.phrase().to_string())
}

#[test]
fn tls_met_by_plain_http() {
    let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    assert_eq!(phrase(&client_hello(), answer), "the client began TLS, but the server answers in plain HTTP");
    assert_eq!(
        json(&client_hello(), answer, 8443),
        r#"{"protocol":"tls","sni":"server","tls_version":"TLSv1.3","step":"client_hello","answer_protocol":"http/1.1","status":400,"reason":"Bad Request","sentence":"TLS ClientHello for server, answered HTTP 400 Bad Request"}"#
    );
}

#[test]
fn tls_met_by_plain_text() {
    let page = b"<!DOCTYPE HTML>\n<html lang=\"en\">\n";
    assert_eq!(
        phrase(&client_hello(), page),
        "the client began TLS, but the server answers in plain text: <!DOCTYPE HTML>"
    );
    let rsync = b"@ERROR: protocol startup error\n";
    assert_eq!(
        phrase(&client_hello(), rsync),
        "the client began TLS, but the server answers in plain text: @ERROR: protocol startup error"
    );
    assert_eq!(phrase(REQUEST, page), "none", "the body, where the head came before");
    assert_eq!(phrase(&record(23, 40), page), "none", "no handshake");
}

#[test]
fn plain_http_met_by_tls() {
    assert_eq!(
        phrase(REQUEST, &alert(2, 70)),
        "the client speaks plain HTTP, but the server answers in TLS (alert protocol_version)"
    );
    assert_eq!(answered(REQUEST, &alert(2, 70), 443), "GET / to lab, answered TLS alert protocol_version");
    let nginx = b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<title>400 The plain HTTP request was sent to HTTPS port</title>";
    assert_eq!(phrase(REQUEST, nginx), "the client speaks plain HTTP, but the server expects TLS on this port");
    let go = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    assert_eq!(phrase(REQUEST, go), "the client speaks plain HTTP, but the server expects TLS on this port");
}

#[test]
fn the_proxy_protocol_met_by_plain_http() {
    let line = b"PROXY TCP4 10.0.0.1 10.0.0.2 1000 80\r\nGET / HTTP/1.1\r\n\r\n";
    assert_eq!(
        phrase(line, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "the client began with the PROXY protocol, but the server answers 400 in plain HTTP"
    );
    assert_eq!(phrase(line, b"HTTP/1.1 200 OK\r\n\r\n"), "none");
}

#[test]
fn a_port_of_another_service() {
    assert_eq!(
        phrase(REQUEST, b"SSH-2.0-OpenSSH_9.2\r\n"),
        "the client speaks plain HTTP, but the server answers in SSH"
    );
    assert_eq!(
        phrase(&client_hello(), b"SSH-2.0-OpenSSH_9.2\r\n"),
        "the client began TLS, but the server answers in SSH"
    );
    assert_eq!(phrase(REQUEST, &mysql_greeting()), "the client speaks plain HTTP, but the server answers in MySQL");
    assert_eq!(
        phrase(REQUEST, &postgresql_shutdown()),
        "the client speaks plain HTTP, but the server answers in PostgreSQL"
    );
    let disorder = mysql(1, b"\xff\x84\x04#08S01Got packets out of order");
    assert_eq!(phrase(&client_hello(), &disorder), "the client began TLS, but the server answers in MySQL");
    assert_eq!(
        phrase(&client_hello(), b"220 mail.example ESMTP\r\n"),
        "the client began TLS, but the server answers in SMTP"
    );
    assert_eq!(
        phrase(&client_hello(), b"500 5.5.2 Error: bad syntax\r\n"),
        "the client began TLS, but the server answers in plain text: 500 5.5.2 Error: bad syntax"
    );
    assert_eq!(
        phrase(REQUEST, b"-ERR wrong number of arguments for 'get' command\r\n"),
        "the client speaks plain HTTP, but the server answers in Redis"
    );
    assert_eq!(
        phrase(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "the client speaks HTTP/2 without TLS, but the server answers in plain HTTP"
    );
    assert_eq!(phrase(REQUEST, &frame(4, 0, 0, &[])), "the client speaks plain HTTP, but the server answers in HTTP/2");
    assert_eq!(
        phrase(&kafka(18, 3, b"payments", b"\0"), &alert(2, 10)),
        "the client speaks Kafka, but the server answers in TLS (alert unexpected_message)"
    );
}

#[test]
fn starttls_is_no_mismatch() {
    for ready in
        [&b"220 2.0.0 Ready to start TLS\r\n"[..], b"220 Go ahead\r\n", b"+OK Begin TLS\r\n", b"S", b"AMQP\x02\x01\0\0"]
    {
        assert_eq!(phrase(&client_hello(), ready), "none");
    }
    assert_eq!(phrase(&client_hello(), &mysql_greeting()), "none");
    assert_eq!(phrase(&client_hello(), &ldap_result(1, 0x78, 0)), "none");
    assert_eq!(
        phrase(&client_hello(), &ldap_result(0, 0x78, 2)),
        "the client began TLS, but the server answers in LDAP",
        "a notice of disconnection"
    );
    assert_eq!(phrase(&record(22, 60), &tds_prelogin(4, 1)), "none");
}

#[test]
fn what_was_agreed_is_no_mismatch() {
    assert_eq!(phrase(&client_hello(), &server_hello()), "none");
    assert_eq!(phrase(&client_hello(), b"HTTP/1.1 200 Connection established\r\n\r\n"), "none");
    assert_eq!(phrase(&kafka(18, 3, b"payments", b"\0"), b"HTTP/1.1 200 Connection established\r\n\r\n"), "none");
    assert_eq!(
        phrase(&kafka(18, 3, b"payments", b"\0"), b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "the client speaks Kafka, but the server answers in plain HTTP"
    );
    assert_eq!(phrase(b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", &server_hello()), "none");
    assert_eq!(phrase(&record(23, 100), &record(23, 100)), "none");
    assert_eq!(phrase(REQUEST, b"HTTP/1.1 200 OK\r\n\r\n"), "none");
    assert_eq!(phrase(REQUEST, b"what is this?"), "none");
    assert_eq!(phrase(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"), "none");
}
