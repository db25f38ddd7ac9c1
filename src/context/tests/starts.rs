//! What is worth keeping.

use super::samples::pairs;
use crate::context::is_message_start;

#[test]
fn every_message_that_is_understood_starts_like_one() {
    for (client, server) in pairs() {
        for message in [client, server] {
            assert!(message.is_empty() || is_message_start(&message), "{message:x?}");
        }
    }
}

#[test]
fn bodies_do_not() {
    for body in
        [&b"<html>"[..], b"{\"a\":1}", b"Hello, world", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08\0\0\0\0\0", b"", b"\0"]
    {
        assert!(!is_message_start(body), "{body:x?}");
    }
}
