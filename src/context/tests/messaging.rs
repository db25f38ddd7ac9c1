//! Kafka and NATS.

use super::samples::{client_hello, hex, kafka, nats_info};
use super::{answered, json, unanswered};
use crate::context::mismatch;

#[test]
fn kafka_tells_the_request_and_the_client() {
    // As kafka-python sends it.
    let versions = hex(
        "00 00 00 28 00 12 00 04 00 00 00 01 00 08 70 61 79 6d 65 6e 74 73 00 0d 6b 61 66 6b 61 2d 70 79 74 68 6f 6e 07 \
         33 2e 30 2e 31 32 00",
    );
    assert_eq!(unanswered(&versions, b"", 9999), "Kafka ApiVersions v4 of client payments, not answered");
    assert_eq!(json(&kafka(1, 11, b"a\x1b", b"\xff\xff\xff\xff"), b"", 9092), "null", "a client's name is printable");
    assert_eq!(
        json(&kafka(1, 11, b"payments", b"\xff\xff\xff\xff"), b"\0\0\0\x20\0\0\0\x07", 9092),
        r#"{"protocol":"kafka","command":"Fetch","api_version":11,"client_id":"payments","sentence":"Kafka Fetch v11 of client payments, answered"}"#
    );
    assert_eq!(unanswered(&kafka(12, 4, b"", b"\0\0"), b"", 9999), "nothing", "without a name the port must agree");
    assert_eq!(unanswered(&kafka(12, 4, b"", b"\0\0"), b"", 9092), "Kafka Heartbeat v4, not answered");
    assert_eq!(unanswered(&kafka(200, 0, b"payments", b"\0\0"), b"", 9092), "nothing");
}

#[test]
fn kafka_without_acknowledgments_is_not_answered() {
    let produce = |version, body: &[u8]| unanswered(&kafka(0, version, b"p", body), b"", 9999);
    assert_eq!(produce(7, b"\xff\xff\0\0\0\0\x13\x88\0\0\0\x01\0\x01t"), "Kafka Produce v7 of client p");
    assert_eq!(
        produce(7, b"\xff\xff\xff\xff\0\0\x13\x88\0\0\0\x01\0\x01t"),
        "Kafka Produce v7 of client p, not answered"
    );
    assert_eq!(produce(9, b"\0\0\0\0\0\0\x13\x88\x02\x02t"), "Kafka Produce v9 of client p");
    assert_eq!(produce(9, b"\0\x04txn\0\x01\0\0\x13\x88\x02\x02t"), "Kafka Produce v9 of client p, not answered");
    assert_eq!(produce(2, b"\0\x01\0\0\x13\x88\0\0\0\x01\0\x01t"), "Kafka Produce v2 of client p, not answered");
    assert_eq!(produce(2, b"\0\x05\0\0\x13\x88\0\0\0\x01\0\x01t"), "nothing", "no such number of replicas");
    assert_eq!(produce(7, b"\xff"), "nothing", "cut");
    let silent = kafka(0, 7, b"p", b"\xff\xff\0\0\0\0\x13\x88\0\0\0\x01\0\x01t");
    assert_eq!(
        answered(&silent, b"\0\0\0\x08\0\0\0\x06abcd", 9999),
        "Kafka Produce v7 of client p, then more from the server",
        "to what it had asked before"
    );
}

/// Its first bytes are those of PostgreSQL's version 3.0: a length, and API 3 in version 0.
#[test]
fn kafkas_metadata_is_no_startup_of_postgresql() {
    let metadata = kafka(3, 0, b"rdkafka", b"\0\0\0\0");
    assert_eq!(unanswered(&metadata, b"", 5432), "Kafka Metadata v0 of client rdkafka, not answered");
    let nameless = kafka(3, 0, b"", b"\0\0\0\0");
    assert_eq!(unanswered(&nameless, b"", 9999), "nothing");
    assert_eq!(unanswered(&nameless, b"", 9092), "Kafka Metadata v0, not answered");
}

#[test]
fn nats_greets_and_complains() {
    let connect = b"CONNECT {\"verbose\":false,\"user\":\"joe\",\"pass\":\"secret\"}\r\nPING\r\n";
    assert_eq!(
        answered(connect, b"-ERR 'Authorization Violation'\r\n", 9999),
        "NATS CONNECT and PING from the client, then -ERR 'Authorization Violation' from the server"
    );
    assert_eq!(
        json(b"", &nats_info(",\"tls_required\":true"), 9999),
        r#"{"protocol":"nats","step":"info","version":"2.9.10","tls":"required","sentence":"NATS INFO of 2.9.10 (TLS required) from the server"}"#
    );
    assert_eq!(answered(connect, b"PONG\r\n", 9999), "NATS CONNECT and PING from the client, answered PONG");
    assert_eq!(
        answered(b"", b"-ERR 'Permissions Violation for Publish to \"secret.subject\"'\r\n", 9999),
        "NATS -ERR 'Permissions Violation for Publish to ...' from the server"
    );
    assert_eq!(unanswered(b"PING\r\n", b"PONG\r\n", 9999), "nothing", "they are others' as well");
}

#[test]
fn nats_tells_no_subjects_and_waits_for_nothing() {
    assert_eq!(unanswered(b"PUB secret.subject 5\r\nhello\r\n", b"", 9999), "NATS PUB from the client");
    assert_eq!(unanswered(b"PUB secret.subject 9\r\nhello\r\n", b"", 9999), "nothing");
    assert_eq!(unanswered(b"PUB secret.subject 9000\r\nhello", b"", 4222), "NATS PUB from the client");
    assert_eq!(unanswered(b"SUB secret.subject 1\r\n", b"", 4222), "NATS SUB from the client");
    assert_eq!(
        answered(b"PUB a 5\r\nhello\r\n", b"PING\r\n", 4222),
        "NATS PUB from the client, then PING from the server"
    );
    assert_eq!(
        answered(b"PONG\r\n", b"MSG secret 1 2\r\nhi\r\n", 9999),
        "NATS PONG from the client, then MSG from the server"
    );
}

#[test]
fn nats_begins_tls_after_its_greeting() {
    let phrase =
        |server: &[u8]| mismatch(&client_hello(), server).map_or("none".to_string(), |it| it.phrase().to_string());
    assert_eq!(phrase(&nats_info(",\"tls_required\":true")), "none");
    assert_eq!(phrase(&nats_info(",\"tls_available\":true")), "none");
    assert_eq!(phrase(&nats_info(", \"tls_required\" : true")), "none");
    assert_eq!(phrase(&nats_info("")[..40]), "none", "cut before it could say so");
    let plain = "the client began TLS, but the server answers in NATS";
    assert_eq!(phrase(&nats_info("")), plain);
    assert_eq!(phrase(b"-ERR 'Unknown Protocol Operation'\r\n"), plain);
}

#[test]
fn what_asks_for_nothing_is_told_from_requests() {
    use crate::context::{Protocol, Reading, Sense, Side, may_have_more_open};
    let sense = |client: &[u8], server: &[u8], port| {
        let [client, server] = [Side::Client, Side::Server].map(|who| Reading::of(client, server).sense(who, port));
        [client, server].map(|known| known.map(|(_, sense)| sense))
    };
    let of_client = |bytes: &[u8], port| sense(bytes, b"", port)[0];
    assert_eq!(of_client(b"\0\0\x04\x08\0\0\0\0\0\0\0\x10\0", 50051), Some(Sense::Control));
    assert_eq!(
        of_client(b"\0\0\x04\x08\0\0\0\0\0\0\0\x10\0\0\0\x04\x03\0\0\0\0\x05\0\0\0\x08", 1),
        Some(Sense::Cancel)
    );
    assert_eq!(of_client(b"\0\0\x04\x08\0\0\0\0\0\0\0\x10", 50051), None, "the end of a frame is missing");
    assert_eq!(of_client(b"\0\0\x08\x06\x01\0\0\0\0abcdefgh", 1), Some(Sense::Control));
    assert_eq!(of_client(b"\0\0\x08\x06\0\0\0\0\0abcdefgh\0\0\0\x04\x01\0\0\0\0", 1), Some(Sense::Probe));
    assert_eq!(of_client(b"\0\0\x05\x02\0\0\0\0\x03\0\0\0\0\x10", 50051), Some(Sense::Control));
    assert_eq!(of_client(b"\0\0\x01\0\x01\0\0\0\x01x\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08", 1), Some(Sense::Request));
    assert_eq!(of_client(b"\x30\x05\0\x01tok\xe0\0", 1883), Some(Sense::OneWay), "PUBLISH and DISCONNECT");
    assert_eq!(of_client(b"\xe0\0", 1883), Some(Sense::Goodbye));
    assert_eq!(of_client(b"\xc0\0", 1883), Some(Sense::Probe));
    assert_eq!(of_client(b"\x32\x07\0\x01t\0\x01ok", 1883), Some(Sense::Request));
    assert_eq!(of_client(b"\xe0\0", 9999), None, "two bytes prove nothing");
    assert_eq!(of_client(b"\x01\0\x01\0\0\0\x0d\0\x3c\0\x50\0\0\0\0\0\0\0\x01\0\xce", 5672), Some(Sense::Control));
    assert_eq!(of_client(b"\x08\0\0\0\0\0\0\xce", 5672), Some(Sense::Control));
    assert_eq!(of_client(b"PUB a 2\r\nok\r\nPONG\r\n", 4222), Some(Sense::OneWay));
    assert_eq!(of_client(b"PUB a 2\r\nok\r\nPING\r\n", 4222), Some(Sense::Request));
    assert_eq!(sense(b"", b"PONG\r\n", 4222)[1], Some(Sense::Request), "it answers what came before");
    assert_eq!(of_client(b"PUB a 9\r\nok\r\n", 4222), None);
    assert_eq!(of_client(b"PONG\r\n", 4222), Some(Sense::Control));
    assert_eq!(of_client(b"\x30\x05\x02\x01\x03\x42\0", 389), Some(Sense::Goodbye));
    assert_eq!(of_client(b"\x30\x06\x02\x01\x03\x50\x01\x02", 389), Some(Sense::Cancel));
    assert_eq!(of_client(b"X\0\0\0\x04", 5432), Some(Sense::Goodbye));
    assert_eq!(of_client(b"\x01\0\0\0\x01", 3306), Some(Sense::Goodbye));
    assert_eq!(of_client(b"\x05\0\0\0\x19\x01\0\0\0", 3306), Some(Sense::Control));
    assert_eq!(of_client(b"quit\r\n", 11211), Some(Sense::Goodbye));
    assert_eq!(of_client(b"set k 0 0 2 noreply\r\nok\r\n", 11211), Some(Sense::OneWay));
    assert_eq!(of_client(b"set k 0 0 2 noreply\r\nok\r\nget k\r\n", 11211), None);
    assert_eq!(of_client(b"set k 0 0 2\r\nok\r\n", 11211), None);
    let (ping, pong) = (b"\x89\x02hi", b"\x8a\x82\x01\x02\x03\x04ik");
    assert_eq!(sense(pong, ping, 80), [Some(Sense::Control), Some(Sense::Probe)]);
    assert_eq!(sense(pong, b"\x89\x02ho", 80), [None, None], "it answers another one");
    assert!(may_have_more_open(Protocol::Http2) && !may_have_more_open(Protocol::MySql));
}
