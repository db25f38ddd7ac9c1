//! Real bytes in, words out.

mod databases;
mod greetings;
mod hostile;
mod http;
mod http2;
mod messaging;
mod resets;
mod samples;
mod servers;
mod starts;
mod tls;
mod wrong;

use super::{Context, Side, Value, read};
use crate::report::json::write_context;
use crate::report::line::Line;

/// What is said where the server spoke last.
fn answered(client: &[u8], server: &[u8], port: u16) -> String {
    read(client, server, Side::Server, port).map_or("nothing".to_string(), |context| context.sentence().to_string())
}

/// What is said where the client spoke last.
fn unanswered(client: &[u8], server: &[u8], port: u16) -> String {
    read(client, server, Side::Client, port).map_or("nothing".to_string(), |context| context.sentence().to_string())
}

/// The context as JSON, the server having spoken last.
fn json(client: &[u8], server: &[u8], port: u16) -> String {
    read(client, server, Side::Server, port).map_or("null".to_string(), |context| in_json(&context))
}

fn in_json(context: &Context) -> String {
    let mut bytes = Vec::new();
    write_context(&mut Line(&mut bytes), context);
    String::from_utf8(bytes).expect("a context is JSON")
}

#[test]
fn nothing_is_made_of_nothing() {
    for port in [80, 443, 3306, 5432, 6379, 9999] {
        assert_eq!(read(b"", b"", Side::Client, port), None);
        assert_eq!(read(b"\0\0\0\0\0\0\0\0", b"\xff\xff\xff\xff", Side::Server, port), None);
        assert_eq!(read(b"hello world, how are you?", b"fine", Side::Server, port), None);
    }
}

#[test]
fn no_key_comes_twice() {
    for (client, server) in samples::pairs() {
        for last in [Side::Client, Side::Server] {
            let Some(context) = read(&client, &server, last, 443) else { continue };
            for (key, value) in &context.fields {
                assert_eq!(context.fields.iter().filter(|(name, _)| name == key).count(), 1, "{key}");
                assert_ne!(*value, Value::Text(String::new()), "{key}");
            }
        }
    }
}
