//! HTTP/2 and WebSocket.

use super::samples::{frame, http2_request};
use super::{answered, json, unanswered};

#[test]
fn requests_and_answers_by_stream() {
    assert_eq!(unanswered(&http2_request(), b"", 9999), "HTTP/2 GET on stream 1, not answered");
    assert_eq!(unanswered(&http2_request()[..24], b"", 9999), "HTTP/2 preface, not answered");
    let answer = |block: &[u8]| answered(&http2_request(), &frame(1, 4, 1, block), 9999);
    assert_eq!(answer(&[0x8e]), "HTTP/2 GET on stream 1, answered 500 on stream 1");
    assert_eq!(answer(&[0x48, 3, b'5', b'0', b'3']), "HTTP/2 GET on stream 1, answered 503 on stream 1");
    // 503, 429 and 101 in Huffman's code: 011011 00000 011001, 011010 00010 011111, 00001 00000 00001.
    assert_eq!(answer(&[0x48, 0x83, 0x6c, 0x0c, 0xff]), "HTTP/2 GET on stream 1, answered 503 on stream 1");
    assert_eq!(answer(&[0x08, 0x83, 0x68, 0x4f, 0xff]), "HTTP/2 GET on stream 1, answered 429 on stream 1");
    assert_eq!(answer(&[0x48, 0x82, 0x08, 0x03]), "HTTP/2 GET on stream 1, answered 101 on stream 1");
    assert_eq!(answer(&[0xbf]), "HTTP/2 GET on stream 1, answered headers on stream 1");
    // Huffman's code without a byte of it.
    assert_eq!(answer(&[0x08, 0x80]), "HTTP/2 GET on stream 1, answered headers on stream 1");
}

#[test]
fn goaway_and_resets_are_named() {
    let goaway = frame(7, 0, 0, b"\0\0\0\x03\0\0\0\x0btoo_many_pings");
    assert_eq!(answered(b"", &goaway, 9999), "HTTP/2 GOAWAY ENHANCE_YOUR_CALM (too_many_pings) from the server");
    assert_eq!(
        json(b"", &goaway, 9999),
        r#"{"protocol":"http/2","frame":"goaway","goaway":"ENHANCE_YOUR_CALM","last_stream":3,"debug":"too_many_pings","sentence":"HTTP/2 GOAWAY ENHANCE_YOUR_CALM (too_many_pings) from the server"}"#
    );
    assert_eq!(
        answered(&frame(6, 0, 0, &[0; 8]), &goaway, 9999),
        "HTTP/2 PING from the client, then GOAWAY ENHANCE_YOUR_CALM (too_many_pings) from the server"
    );
    assert_eq!(
        unanswered(&frame(3, 0, 7, &[0, 0, 0, 8]), b"", 9999),
        "HTTP/2 RST_STREAM CANCEL on stream 7 from the client"
    );
}

#[test]
fn frames_that_may_be_anything_need_the_port_or_the_peer() {
    let data = frame(0, 1, 3, b"hello");
    assert_eq!(unanswered(&data, b"", 9999), "nothing");
    let headers = frame(1, 5, 3, &[0x83, 0x86, 0x04]);
    assert_eq!(unanswered(&headers, b"", 9999), "HTTP/2 POST on stream 3, not answered");
    assert_eq!(unanswered(&headers[..11], b"", 9999), "nothing");
    assert_eq!(unanswered(&data, b"", 50051), "HTTP/2 data on stream 3 from the client, not answered");
    assert_eq!(
        answered(&data, &frame(8, 0, 0, &[0, 0, 0, 5]), 9999),
        "HTTP/2 data on stream 3 from the client, then WINDOW_UPDATE from the server"
    );
}

#[test]
fn a_websocket_says_goodbye() {
    assert_eq!(
        answered(b"", b"\x88\x0d\x03\xf3bad request", 80),
        "WebSocket close 1011 internal error (bad request) from the server"
    );
    assert_eq!(
        unanswered(b"\x88\x82\x01\x02\x03\x04\x02\xea", b"", 80),
        "WebSocket close 1000 normal closure from the client"
    );
    assert_eq!(answered(b"", b"\x88\x02\x00\x01", 80), "nothing");
}
