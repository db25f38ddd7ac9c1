//! PostgreSQL, MySQL, Redis, AMQP, MQTT, DNS.

use super::samples::{amqp, dns, mysql, mysql_greeting, postgresql, postgresql_first, postgresql_shutdown};
use super::{answered, json, unanswered};

#[test]
fn postgresql_errors_have_a_state() {
    let startup = postgresql_first(196_608, b"user\0app\0database\0shop\0\0");
    assert_eq!(
        answered(&startup, &postgresql_shutdown(), 9999),
        "PostgreSQL startup of user app for database shop, answered ErrorResponse 57P01 terminating connection due to administrator command"
    );
    assert_eq!(
        json(b"", &postgresql_shutdown(), 9999),
        r#"{"protocol":"postgresql","step":"error","sqlstate":"57P01","error":"terminating connection due to administrator command","sentence":"PostgreSQL ErrorResponse 57P01 terminating connection due to administrator command"}"#
    );
    let after = [postgresql(b'1', b""), postgresql_shutdown()].concat();
    assert!(answered(b"", &after, 9999).starts_with("PostgreSQL ErrorResponse 57P01"));
}

#[test]
fn postgresql_asks_for_tls() {
    let request = postgresql_first(80_877_103, b"");
    assert_eq!(unanswered(&request, b"", 9999), "PostgreSQL SSLRequest, not answered");
    assert_eq!(answered(&request, b"N", 9999), "PostgreSQL SSLRequest, answered no to SSLRequest");
    assert_eq!(answered(b"", b"N", 9999), "nothing");
}

#[test]
fn of_a_query_only_the_first_word_is_told() {
    let query = |text: &[u8]| unanswered(&postgresql(b'Q', text), b"", 9999);
    assert_eq!(query(b"select password from users\0"), "PostgreSQL query SELECT, not answered");
    assert_eq!(query(b" /* app=x */ -- hi\n ( Select 1)\0"), "PostgreSQL query SELECT, not answered");
    assert_eq!(query(b"hunter2\0"), "nothing");
    let parse = postgresql(b'P', b"s1\0UPDATE t SET a = $1\0\0\0");
    assert_eq!(unanswered(&parse, b"", 9999), "PostgreSQL prepared query UPDATE, not answered");
    assert_eq!(unanswered(&mysql(0, b"\x03\0\x01insert into t"), b"", 9999), "MySQL query INSERT, not answered");
    assert_eq!(unanswered(&mysql(0, b"\x03hunter2"), b"", 3306), "MySQL query, not answered");
    assert_eq!(
        answered(&postgresql(b'Q', b"COMMIT\0"), &postgresql(b'C', b"COMMIT\0"), 9999),
        "PostgreSQL query COMMIT, answered a result"
    );
}

#[test]
fn mysql_greets_and_complains() {
    assert_eq!(answered(b"", &mysql_greeting(), 9999), "MySQL greeting of 8.0.36 from the server");
    let full = mysql(0, b"\xff\x10\x04Too many connections");
    assert_eq!(answered(b"", &full, 9999), "MySQL error packet 1040 Too many connections");
    let denied = mysql(2, b"\xff\x15\x04#28000Access denied for user 'a'@'b'");
    assert_eq!(
        answered(&mysql(1, &[7; 80]), &denied, 9999),
        "MySQL login, answered error packet 1045 Access denied for user 'a'@'b'"
    );
    assert_eq!(unanswered(&mysql(0, b"\x0e"), b"", 9999), "nothing");
    assert_eq!(answered(&mysql(0, b"\x0e"), &mysql(1, b"\0\0\0\x02\0\0\0"), 3306), "MySQL COM_PING, answered OK");
}

#[test]
fn redis_tells_the_command_only() {
    let get = b"*2\r\n$3\r\nget\r\n$6\r\nsecret\r\n";
    assert_eq!(unanswered(get, b"", 9999), "Redis GET, not answered");
    assert_eq!(answered(get, b"$5\r\nhello\r\n", 9999), "Redis GET, answered a value");
    assert_eq!(
        answered(b"", b"-ERR max number of clients reached\r\n", 9999),
        "Redis -ERR max number of clients reached"
    );
    assert_eq!(answered(get, b"-ERR whatever\r\n", 9999), "Redis GET, answered -ERR whatever");
    assert_eq!(answered(b"", b"-ERR whatever\r\n", 9999), "nothing");
    assert_eq!(answered(b"", b"-ERR whatever\r\n", 6379), "Redis -ERR whatever");
    assert_eq!(answered(b"", b"-ERR whatever\r\n", 110), "POP3 -ERR whatever");
}

#[test]
fn amqp_says_why_it_closes() {
    let close = amqp(0, 10, 50, b"\x01\x40\x1cCONNECTION_FORCED - shutdown\0\0\0\0");
    assert_eq!(answered(b"", &close, 9999), "AMQP connection.close 320 CONNECTION_FORCED - shutdown from the server");
    assert_eq!(unanswered(b"AMQP\0\0\x09\x01", b"", 9999), "AMQP header 0-9-1 from the client, not answered");
    assert_eq!(unanswered(b"\x08\0\0\0\0\0\0\xce", b"", 9999), "AMQP heartbeat from the client");
}

#[test]
fn what_a_server_complained_of_before_the_last_question_is_told() {
    let query = postgresql(b'Q', b"select 1\0");
    assert_eq!(
        unanswered(&query, &postgresql_shutdown(), 9999),
        "PostgreSQL query SELECT, not answered; the server had said ErrorResponse 57P01 terminating connection due to administrator command"
    );
    assert_eq!(unanswered(&query, &postgresql(b'Z', b"I"), 9999), "PostgreSQL query SELECT, not answered");
    let again = b"GET /b HTTP/1.1\r\n\r\n";
    let busy = "GET /b, not answered; the server had said 408 Request Time-out";
    assert_eq!(unanswered(again, b"HTTP/1.1 408 Request Time-out\r\n\r\n", 80), busy);
    assert_eq!(unanswered(again, b"HTTP/1.1 404 Not Found\r\n\r\n", 80), "GET /b, not answered");
}

#[test]
fn mqtt_says_how_long_a_client_may_be_silent_and_why_it_is_sent_away() {
    let connect = b"\x10\x0d\0\x04MQTT\x05\x02\0\x3c\0\0\x00";
    assert_eq!(unanswered(connect, b"", 9999), "MQTT CONNECT (keep-alive 60 s), not answered");
    assert_eq!(
        answered(connect, b"\x20\x03\0\x87\0", 9999),
        "MQTT CONNECT (keep-alive 60 s), answered CONNACK code 135 (not authorized)"
    );
    assert_eq!(
        answered(b"\xc0\0", b"\xe0\x02\x8d\0", 1883),
        "MQTT PINGREQ, then DISCONNECT code 141 (keep alive timeout) from the server"
    );
    assert_eq!(unanswered(b"\x32\x0b\0\x03t/x\0\x01late", b"", 1883), "MQTT PUBLISH from the client, not answered");
    assert_eq!(unanswered(b"\xc0\0", b"", 9999), "nothing", "two bytes prove nothing");
}

#[test]
fn dns_shows_what_is_asked_for() {
    assert_eq!(unanswered(&dns(0x0100, 28), b"", 9999), "DNS query for w.example AAAA, not answered");
    assert_eq!(answered(&dns(0x0100, 1), &dns(0x8183, 1), 53), "DNS query for w.example A, answered NXDOMAIN");
    assert_eq!(unanswered(&dns(0x0100, 1)[..20], b"", 9999), "nothing");
}
