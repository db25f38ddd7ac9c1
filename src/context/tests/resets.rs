//! What a RST says.

use crate::context::reset_reason;

fn said(payload: &[u8]) -> String {
    reset_reason(payload).map_or("nothing".to_string(), |reason| reason.sentence())
}

#[test]
fn the_compact_form_has_a_number() {
    assert_eq!(said(b"\x33\xaa\0\x0e\0\0\0\0"), "connection timeout (reason 14)");
    assert_eq!(said(b"\x33\xaa\0\x63\0\0\0\0"), "reason 99");
    assert_eq!(said(b"\x33\xaa\0\x05\0\0\x7e\x39"), "reason 5 of enterprise 32313");
    assert_eq!(said(b"\x33\xaa\0\x05\0\0\x7e"), "nothing");
}

#[test]
fn the_text_form_and_plain_text_are_escaped() {
    assert_eq!(said(b"\xf3\x17too many \x1bconnections"), "too many \\x1bconnections");
    assert_eq!(said(b"\xf3\x17"), "nothing");
    assert_eq!(said(b"tcp_close, during connect\0"), "tcp_close, during connect");
    assert_eq!(said(b"No TCP listener\r\n"), "No TCP listener");
    assert_eq!(said(b"\x01\x02\x03\x04"), "nothing");
    assert_eq!(said(b""), "nothing");
}
