//! What the last words of an end ask for: an answer, or nothing.
//!
//! Read from whole messages only, of protocols that say which of theirs get no answer. What is cut, hidden or unknown may be a
//! request.

use super::bytes::Reader;
use super::message::{Protocol, Role, Side};
use super::{amqp, http2, kafka, ldap, memcached, mongodb, mqtt, mysql, nats, websocket};

/// What an end wanted with its last words. Of several messages the one that wants most counts: the order is that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sense {
    /// It is about what was said before, or how to go on: an acknowledgment, room for more. No answer belongs to it.
    Control,
    /// It asks whether the other end is there. An answer belongs to it, and no work.
    Probe,
    /// It does not want any more what it had asked for.
    Cancel,
    /// It takes leave.
    Goodbye,
    /// It goes one way: there is work in it, and no answer belongs to it.
    OneWay,
    /// It asks for an answer or is one, for all that is known.
    Request,
}

impl Sense {
    /// Does an answer belong to it?
    pub fn awaits_an_answer(self) -> bool {
        matches!(self, Sense::Request | Sense::Probe)
    }

    /// Is there work in it that may have to be done again?
    pub fn is_work(self) -> bool {
        matches!(self, Sense::Request | Sense::OneWay)
    }
}

/// In these an end may speak while a request of its own or the other end's still waits for its answer.
pub fn may_have_more_open(protocol: Protocol) -> bool {
    !matches!(protocol, Protocol::PostgreSql | Protocol::MySql | Protocol::Memcached)
}

/// What all of these bytes want. `None` if they are no whole messages of which that is known.
pub fn of(protocol: Protocol, bytes: &[u8], speaker: Side) -> Option<Sense> {
    if bytes.is_empty() {
        return None;
    }
    match protocol {
        Protocol::Http2 => http2::sense(bytes, speaker),
        Protocol::WebSocket => websocket::read(bytes, speaker).map(|_| Sense::Goodbye),
        Protocol::Mqtt => mqtt::sense(bytes, speaker),
        Protocol::Amqp => amqp::sense(bytes),
        Protocol::Nats => nats::sense(bytes, speaker),
        Protocol::Ldap => ldap::sense(bytes, speaker),
        Protocol::Memcached => memcached::sense(bytes, speaker),
        // One message, and the parser knows that it is alone.
        Protocol::PostgreSql if bytes == b"X\0\0\0\x04" => Some(Sense::Goodbye),
        Protocol::MySql if bytes == b"\x01\0\0\0\x01" => Some(Sense::Goodbye),
        Protocol::MySql if is_statement(mysql::read(bytes, speaker)) => Some(Sense::Control),
        Protocol::Kafka if is_statement(kafka::read(bytes, speaker)) => {
            let length = bytes.first_chunk().map(|length| u32::from_be_bytes(*length) as usize);
            length.is_some_and(|length| length + 4 == bytes.len()).then_some(Sense::OneWay)
        }
        Protocol::MongoDb if is_statement(mongodb::read(bytes, speaker)) => {
            let length = bytes.first_chunk().map(|length| u32::from_le_bytes(*length) as usize);
            (length == Some(bytes.len())).then_some(Sense::OneWay)
        }
        _ => None,
    }
}

/// What whole messages want together, one behind the other: `next` takes each of them.
pub(super) fn of_all<'a>(bytes: &'a [u8], mut next: impl FnMut(&mut Reader<'a>) -> Option<Sense>) -> Option<Sense> {
    let mut reader = Reader::new(bytes);
    let mut wanted = None;
    while !reader.is_empty() {
        wanted = wanted.max(Some(next(&mut reader)?));
    }
    wanted
}

fn is_statement(message: Option<super::Message>) -> bool {
    message.is_some_and(|message| message.role == Role::Statement)
}
