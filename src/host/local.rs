//! What this host adds to a finding.

use std::net::IpAddr;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::counters::Rises;
use super::process::Process;
use crate::causes::Confidence;
use crate::context::Side;

/// A socket that waits for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Where it is bound.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Connections that wait for accept().
    pub queue: u32,
    /// How many may wait: what listen() was given, within net.core.somaxconn. `None` where the kernel does not say.
    pub backlog: Option<u32>,
    /// Who holds it, if that may be known.
    pub process: Option<Process>,
}

/// nf_conntrack_count and nf_conntrack_max.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Connections that are tracked now.
    pub count: u64,
    /// How many may be.
    pub max: u64,
}

/// What the sockets and counters of this host say of a connection that had an end here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Which end is here; of two the one that matters.
    pub side: Side,
    /// The listening socket that is, or would be, the connection's.
    pub listener: Option<Listening>,
    /// Who holds the connection's socket; `None` where it is gone or may not be known.
    pub process: Option<Process>,
    /// The same for the other end, if both are here.
    pub peer: Option<Process>,
    /// Counters that rose meanwhile, for all connections of the host.
    pub counters: Rises,
    /// Connections that netfilter tracks on this host, and how many it may; asked of a timeout only, since a full table
    /// drops the packets of new connections without a word. `None` where nothing is tracked.
    pub conntrack: Option<Tracked>,
    /// What follows, in a sentence or two.
    pub fact: String,
    /// How sure the cause is by all this, where it changes.
    pub confidence: Option<Confidence>,
}

impl Serialize for Local {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("local", 7)?;
        object.serialize_field("side", self.side.id())?;
        object.serialize_field("listener", &self.listener)?;
        object.serialize_field("process", &self.process)?;
        object.serialize_field("peer", &self.peer)?;
        object.serialize_field("counters", &Counted(&self.counters))?;
        object.serialize_field("conntrack", &self.conntrack)?;
        object.serialize_field("fact", &self.fact)?;
        object.end()
    }
}

impl Serialize for Listening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let process = self.process.as_ref();
        let mut object = serializer.serialize_struct("listener", 7)?;
        object.serialize_field("address", &self.address.to_string())?;
        object.serialize_field("port", &self.port)?;
        object.serialize_field("queue", &self.queue)?;
        object.serialize_field("backlog", &self.backlog)?;
        object.serialize_field("pid", &process.map(|process| process.pid))?;
        object.serialize_field("name", &process.map(|process| &process.name))?;
        object.serialize_field("unit", &process.and_then(|process| process.unit.as_ref()))?;
        object.end()
    }
}

impl Serialize for Process {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("process", 3)?;
        object.serialize_field("pid", &self.pid)?;
        object.serialize_field("name", &self.name)?;
        object.serialize_field("unit", &self.unit)?;
        object.end()
    }
}

impl Serialize for Tracked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("conntrack", 2)?;
        object.serialize_field("count", &self.count)?;
        object.serialize_field("max", &self.max)?;
        object.end()
    }
}

/// Names and numbers as an object.
struct Counted<'a>(&'a Rises);

impl Serialize for Counted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, rise) in self.0 {
            map.serialize_entry(name, rise)?;
        }
        map.end()
    }
}
