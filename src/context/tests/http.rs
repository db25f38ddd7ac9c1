//! HTTP/1.

use super::{answered, json, unanswered};
use crate::context::http_answer_is_complete;

const REQUEST: &[u8] = b"GET /item?token=secret HTTP/1.1\r\nHost: lab\r\nAccept: */*\r\n\r\n";

#[test]
fn request_and_answer() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(answered(REQUEST, answer, 8080), "GET /item to lab, answered 200 OK");
    assert_eq!(unanswered(REQUEST, answer, 8080), "GET /item to lab, not answered");
    assert_eq!(answered(REQUEST, b"\x01\x02", 8080), "GET /item to lab, answered");
    assert_eq!(answered(b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n", 80), "HTTP 408 Request Timeout from the server");
    assert_eq!(
        json(REQUEST, b"HTTP/1.0 502 Bad Gateway\r\n", 80),
        r#"{"protocol":"http/1.1","method":"GET","path":"/item","host":"lab","status":502,"reason":"Bad Gateway","sentence":"GET /item to lab, answered 502 Bad Gateway"}"#
    );
}

#[test]
fn what_may_be_secret_is_left_out() {
    let request = b"GET http://user:pass@a.example:8080/x?y=z#w HTTP/1.0\r\n\r\n";
    assert_eq!(unanswered(request, b"", 3128), "GET /x to a.example:8080, not answered");
    assert_eq!(
        unanswered(b"CONNECT me:pw@b.example:443 HTTP/1.1\r\n", b"", 3128),
        "CONNECT b.example:443, not answered"
    );
}

#[test]
fn a_cut_request_is_one_if_nothing_else_can_be() {
    assert_eq!(unanswered(b"POST /very/long/pa", b"", 9999), "POST /very/long/pa, not answered");
    assert_eq!(unanswered(b"FETCH /very/long/pa", b"", 9999), "nothing");
    assert_eq!(unanswered(b"GET key:17", b"", 9999), "nothing");
    assert_eq!(unanswered(b"OPTIONS sip:nm SIP/2.0\r\n", b"", 80), "nothing");
    assert_eq!(unanswered(b"OPTIONS rtsp://a/b RTSP/1.0\r\n", b"", 80), "nothing");
}

#[test]
fn control_codes_do_not_pass() {
    assert_eq!(
        unanswered(b"GET /\x1b]0;x\x07 HTTP/1.1\r\nHost: \x1b[2J\xe2\x80\xae\r\n\r\n", b"", 80),
        "GET /\\x1b]0;x\\x07 to \\x1b[2J\\xe2\\x80\\xae, not answered"
    );
    assert_eq!(answered(b"", b"HTTP/1.1 200 \x9b31m\r\n", 80), "HTTP 200 \\x9b31m from the server");
}

#[test]
fn long_paths_are_cut() {
    let request = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(200));
    assert_eq!(unanswered(request.as_bytes(), b"", 80), format!("GET /{}..., not answered", "a".repeat(79)));
}

#[test]
fn an_answer_is_complete_by_its_length() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel";
    let head = answer.len() as u64 - 3;
    assert_eq!(http_answer_is_complete(answer, head + 4), Some(false));
    assert_eq!(http_answer_is_complete(answer, head + 5), Some(true));
    assert_eq!(http_answer_is_complete(answer, head), None);
    assert_eq!(http_answer_is_complete(b"HTTP/1.1 204 No Content\r\n\r\n", 27), Some(true));
}

#[test]
fn an_answer_whose_length_is_not_told_is_not_judged() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"[..],
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(http_answer_is_complete(answer, 1000), None);
    }
}
