//! Kafka: the guide's "Kafka protocol", sections "Request Header" and "Api Keys". Only requests are told: an answer
//! begins with the number of its request, which says nothing.

use super::bytes::{Reader, is_printable};
use super::message::{Message, Protocol, Side, Value};
use super::text::clean;

/// What is asked for, by its number (API key).
#[rustfmt::skip]
const REQUESTS: [&str; 76] = [
    "Produce", "Fetch", "ListOffsets", "Metadata", "LeaderAndIsr", "StopReplica", "UpdateMetadata",
    "ControlledShutdown", "OffsetCommit", "OffsetFetch", "FindCoordinator", "JoinGroup", "Heartbeat", "LeaveGroup",
    "SyncGroup", "DescribeGroups", "ListGroups", "SaslHandshake", "ApiVersions", "CreateTopics", "DeleteTopics",
    "DeleteRecords", "InitProducerId", "OffsetForLeaderEpoch", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn",
    "WriteTxnMarkers", "TxnOffsetCommit", "DescribeAcls", "CreateAcls", "DeleteAcls", "DescribeConfigs",
    "AlterConfigs", "AlterReplicaLogDirs", "DescribeLogDirs", "SaslAuthenticate", "CreatePartitions",
    "CreateDelegationToken", "RenewDelegationToken", "ExpireDelegationToken", "DescribeDelegationToken",
    "DeleteGroups", "ElectLeaders", "IncrementalAlterConfigs", "AlterPartitionReassignments",
    "ListPartitionReassignments", "OffsetDelete", "DescribeClientQuotas", "AlterClientQuotas",
    "DescribeUserScramCredentials", "AlterUserScramCredentials", "Vote", "BeginQuorumEpoch", "EndQuorumEpoch",
    "DescribeQuorum", "AlterPartition", "UpdateFeatures", "Envelope", "FetchSnapshot", "DescribeCluster",
    "DescribeProducers", "BrokerRegistration", "BrokerHeartbeat", "UnregisterBroker", "DescribeTransactions",
    "ListTransactions", "AllocateProducerIds", "ConsumerGroupHeartbeat", "ConsumerGroupDescribe",
    "ControllerRegistration", "GetTelemetrySubscriptions", "PushTelemetry", "AssignReplicasToDirs",
    "ListConfigResources", "DescribeTopicPartitions",
];

/// No request has a version above this by far.
const NEWEST: u64 = 31;

/// `socket.request.max.bytes`, if nobody sets it.
const LONGEST: usize = 100 << 20;

/// Reads a request.
pub fn read(bytes: &[u8], speaker: Side) -> Option<Message> {
    if speaker == Side::Server {
        return None;
    }
    let mut reader = Reader::new(bytes);
    let (length, key, version) = (reader.length(4)?, reader.length(2)?, reader.number(2)?);
    let (correlation, name) = (reader.number(4)?, *REQUESTS.get(key)?);
    if !(10..=LONGEST).contains(&length) || version > NEWEST || correlation >> 31 != 0 {
        return None;
    }
    let client = text(&mut reader, length - 10)?;
    let acks = if name == "Produce" { acks(&mut reader, version)? } else { Acks::Unknown };
    // Without a client's name hardly a byte is left that could prove it.
    let proven = !client.is_empty() && (name != "Produce" || acks != Acks::Unknown);
    if !proven && length + 4 != bytes.len() {
        return None;
    }
    let client = (!client.is_empty()).then(|| clean(client));
    let whose = client.as_ref().map_or(String::new(), |client| format!(" of client {client}"));
    let message = Message::new(Protocol::Kafka, format!("{name} v{version}{whose}"))
        .with("command", Value::Name(name))
        .with("api_version", Value::Number(version))
        .with_some("client_id", client.map(Value::Text))
        .certain_if(proven);
    // A producer that wants no acknowledgment gets none.
    Some(if acks == Acks::Unwanted { message.statement() } else { message })
}

/// Printable text behind its length, which is -1 where there is none.
fn text<'a>(reader: &mut Reader<'a>, longest: usize) -> Option<&'a [u8]> {
    let length = match reader.length(2)? {
        0xffff => 0,
        length => length,
    };
    let name = reader.take_up_to(length);
    (length <= longest && is_printable(name)).then_some(name)
}

/// Does a producer want to know that what it sent was taken?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acks {
    Wanted,
    Unwanted,
    /// The bytes end before it.
    Unknown,
}

/// Reads how many replicas shall acknowledge what is produced: none, the leader, or all (-1). What is before it and
/// after it must be as in a Produce: a transaction that most have not, a time to wait, and topics.
fn acks(reader: &mut Reader<'_>, version: u64) -> Option<Acks> {
    // Since version 9 lengths are short and one too great, 0 where there is no text, behind a byte of no tagged fields.
    let compact = version >= 9;
    if compact && reader.byte().is_some_and(|tagged| tagged != 0) {
        return None;
    }
    let compact_text = |reader: &mut Reader<'_>| {
        let length = usize::from(reader.byte()?);
        let name = reader.take_up_to(length.saturating_sub(1));
        (length < 0x80 && is_printable(name)).then_some(())
    };
    let transaction = match version {
        0..=2 => Some(()),
        3..=8 => text(reader, usize::from(u16::MAX)).map(|_| ()),
        _ => compact_text(reader),
    };
    let (Some(wanted), Some(wait)) = (transaction.and_then(|()| reader.number(2)), reader.number(4)) else {
        return Some(Acks::Unknown);
    };
    let Some(topics) = reader.number(if compact { 1 } else { 4 }) else { return Some(Acks::Unknown) };
    let named = match version {
        0..=8 => reader.is_empty() || text(reader, 249).is_some_and(|name| !name.is_empty()),
        9..=12 => reader.is_empty() || compact_text(reader).is_some(),
        // A topic has a number instead.
        _ => true,
    };
    let possible = matches!(wanted, 0 | 1 | 0xffff) && wait >> 31 == 0 && (1..1 << 20).contains(&topics) && named;
    possible.then_some(if wanted == 0 { Acks::Unwanted } else { Acks::Wanted })
}
