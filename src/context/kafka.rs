//! Kafka: the guide's "Kafka protocol", sections "Request Header" and "Api Keys". Only requests are told: an answer
//! begins with the number of its request, which says nothing.

use super::bytes::{Reader, is_printable};
use super::message::{Message, Protocol, Speaker, Value};
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
pub fn read(bytes: &[u8], speaker: Speaker) -> Option<Message> {
    if speaker == Speaker::Server {
        return None;
    }
    let mut reader = Reader::new(bytes);
    let (length, key, version) = (reader.length(4)?, reader.length(2)?, reader.number(2)?);
    let (correlation, name) = (reader.number(4)?, *REQUESTS.get(key)?);
    if !(10..=LONGEST).contains(&length) || version > NEWEST || correlation >> 31 != 0 {
        return None;
    }
    let client = client_id(&mut reader, length - 10)?;
    let acks = if name == "Produce" { acks(&mut reader, version) } else { None };
    // How many replicas, how long to wait for them, and for how many topics: not for none.
    let topics = reader.take(4).and_then(|_| reader.number(if version < 9 { 4 } else { 1 }));
    if acks.is_some_and(|acks| !matches!(acks, 0 | 1 | 0xffff)) || acks.is_some() && topics == Some(0) {
        return None;
    }
    // Without a client's name hardly a byte is left that could prove it.
    let proven = !client.is_empty() && (name != "Produce" || acks.is_some());
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
    Some(if acks == Some(0) { message.statement() } else { message })
}

/// The client's name, empty where it has none (its length is -1 then).
fn client_id<'a>(reader: &mut Reader<'a>, longest: usize) -> Option<&'a [u8]> {
    let length = match reader.length(2)? {
        0xffff => 0,
        length => length,
    };
    let name = reader.take_up_to(length);
    (length <= longest && is_printable(name)).then_some(name)
}

/// How many replicas shall acknowledge what is produced: none, the leader, or all (-1).
fn acks(reader: &mut Reader<'_>, version: u64) -> Option<u64> {
    // Before it stands the transaction, which most have not.
    match version {
        0..=2 => {}
        3..=8 => {
            let length = reader.length(2)?;
            reader.take(if length == 0xffff { 0 } else { length })?;
        }
        _ => {
            // No tagged fields, then the length and one in one byte, 0 where there is no transaction.
            let (tagged, length) = (reader.byte()?, reader.byte()?);
            reader.take(usize::from(length).saturating_sub(1))?;
            if tagged != 0 || length >= 0x80 {
                return None;
            }
        }
    }
    reader.number(2)
}
