//! tcpwhy tells why a TCP connection failed, who ended it, what each application got, and what to do.
//!
//! # The way of the data
//!
//! ```text
//! Frame ──decode──▶ Packet ──track──▶ Connection ──diagnose──▶ Finding ──report──▶ text | JSON
//! bytes + time      or Skip           two ends                 failure + cause     views of findings
//! ```
//!
//! - [`layers`] finds the innermost IP packet of a frame, behind link headers and tunnels: for the filter of [`source`], which
//!   looks for ICMP errors, and for [`decode`].
//! - [`source`] gives frames in time order, in batches: from files, from standard input, from a live interface. Of the
//!   stages that lead to a verdict it is the only one that reads a clock, a file or a socket.
//! - [`decode`] makes a TCP segment or an ICMP error about one of each frame, or a named reason why not ([`decode::Skip`]).
//! - [`notation`] reads and writes packets as lines: test scripts, the examples of explanations and the evidence in
//!   reports are the same lines.
//! - [`track`] keeps what is known of each connection: for each end, what it sent and acknowledged; for the few to which
//!   something notable happened, a story. Its verdicts are the rules of the Linux kernel, named after its functions.
//! - [`context`] reads what the applications said last. No verdict needs it.
//! - [`causes`] is the catalogue: one file a cause, with its explanation, its example and its signs; and a page on each doubt
//!   that leaves an ending undecided.
//! - [`diagnose`] asks the causes and puts a finding together.
//! - [`episodes`] gathers findings that are alike; [`report`] lays them out. Sentences are made in [`causes`], [`diagnose`] and
//!   [`host`], too.
//! - [`host`] adds to findings of live capture what this host's own sockets and counters say.
//! - [`clocks`] finds how much the clocks of captures differ, before they are read together.
//! - [`analysis`] puts these in line, on one thread or, with [`pipeline`] before the tracker and [`relay`] behind it, on
//!   more; [`cli`] is the command line around it.
//!
//! # What holds
//!
//! - **Symptoms are computed, causes are inferred.** What an application got follows from a rule of the kernel and is
//!   certain or not given; only then do causes compete, each with its confidence.
//! - **A verdict is final when it is given**, so it waits for a time of grace ([`track::GRACE`]): what its receiver sent
//!   before a RST reached it is captured only then.
//! - **Time is what the packets carry.** Live and offline give the same verdicts for the same packets.
//! - **Nothing is dropped without a name**: frames that are not read, connections that cannot be decided and packets
//!   seen twice are counted, and shown.
//! - **Decoding and tracking are total**: no bytes make them panic, and what they keep is bounded. Unsafe code is in [`cpu`]
//!   alone.

pub mod analysis;
pub mod causes;
pub mod cli;
pub mod clocks;
pub mod context;
pub mod cpu;
pub mod decode;
pub mod diagnose;
pub mod episodes;
pub mod host;
pub mod layers;
pub mod notation;
pub mod pipeline;
pub mod privileges;
pub mod relay;
pub mod report;
pub mod short;
pub mod source;
pub mod time;
pub mod track;
pub mod units;
