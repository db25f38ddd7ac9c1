//! Servers that speak first.

use super::{answered, unanswered};

#[test]
fn ssh_shows_its_banner() {
    assert_eq!(answered(b"", b"SSH-2.0-OpenSSH_9.2\r\n", 9999), "SSH banner SSH-2.0-OpenSSH_9.2");
    assert_eq!(answered(b"", b"SSH-2.0-\x1b[31m\r\n", 22), "SSH banner SSH-2.0-\\x1b[31m");
}

#[test]
fn mail_and_file_servers_greet() {
    assert_eq!(answered(b"", b"220 mail.example ESMTP Postfix\r\n", 9999), "SMTP 220 mail.example ESMTP Postfix");
    assert_eq!(answered(b"", b"220 FTP server ready\r\n", 9999), "FTP 220 FTP server ready");
    assert_eq!(answered(b"", b"220 ready\r\n", 9999), "nothing");
    assert_eq!(answered(b"", b"421 Too many connections\r\n", 25), "SMTP 421 Too many connections");
    assert_eq!(answered(b"", b"421 Too many connections\r\n", 21), "FTP 421 Too many connections");
    assert_eq!(answered(b"EHLO lab\r\n", b"250-mail.example\r\n", 9999), "SMTP EHLO, answered 250-mail.example");
    assert_eq!(answered(b"", b"* BYE too many connections\r\n", 9999), "IMAP * BYE too many connections");
    assert_eq!(answered(b"", b"+OK POP3 ready\r\n", 9999), "POP3 +OK POP3 ready");
}

#[test]
fn passwords_are_not_told() {
    assert_eq!(unanswered(b"PASS hunter2\r\n", b"", 21), "FTP PASS, not answered");
    assert_eq!(unanswered(b"PASS hunter2\r\n", b"", 9999), "nothing");
    assert_eq!(unanswered(b"a1 login joe hunter2\r\n", b"", 143), "IMAP LOGIN, not answered");
    assert_eq!(unanswered(b"AUTH PLAIN aHVudGVyMg==\r\n", b"", 25), "SMTP AUTH, not answered");
}

#[test]
fn sshd_says_that_it_turns_a_client_away() {
    let banner = b"SSH-2.0-OpenSSH_9.2p1\r\n";
    assert_eq!(answered(b"", b"Exceeded MaxStartups\r\n", 9999), "SSH Exceeded MaxStartups");
    assert_eq!(
        unanswered(banner, b"Exceeded MaxStartups\r\n", 22),
        "SSH banner SSH-2.0-OpenSSH_9.2p1, not answered; the server had said Exceeded MaxStartups"
    );
}
