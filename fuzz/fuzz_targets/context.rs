//! The last messages of both applications: nothing read from them may steer a terminal, and all of it is short.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tcpwhy::context::{Side, http_answer_is_complete, is_message_start, mismatch, read, reset_reason, tls_state};
use tcpwhy::report::escape::is_unsafe;
use tcpwhy::report::json::write_context;
use tcpwhy::report::line::Line;

const PORTS: [u16; 17] =
    [80, 443, 5432, 3306, 6379, 5672, 25, 8080, 22, 9092, 27017, 1433, 11211, 389, 9042, 4222, 1];

fuzz_target!(|bytes: &[u8]| {
    let [choice, at, bytes @ ..] = bytes else { return };
    let (client, server) = bytes.split_at((usize::from(*at) * 3).min(bytes.len()));
    let port = PORTS[usize::from(choice >> 1) % PORTS.len()];
    let last = if choice & 1 == 0 { Side::Client } else { Side::Server };
    if let Some(context) = read(client, server, last, port) {
        let mut json = Vec::new();
        write_context(&mut Line(&mut json), &context);
        let json = String::from_utf8(json).expect("UTF-8");
        let object: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(object["sentence"], context.sentence());
        assert!(!json.chars().any(is_unsafe) && !context.sentence().chars().any(is_unsafe), "{json}");
        assert!(json.len() < 8192, "{json}");
    }
    for bytes in [client, server] {
        let _ = (is_message_start(bytes), http_answer_is_complete(bytes, u64::from(*at) * 40), reset_reason(bytes));
    }
    let _ = mismatch(client, server);
    let _ = tls_state(client, server);
});
