//! tcpwhy tells why a TCP connection failed, who ended it, what each application got, and what to do.

pub mod analysis;
pub mod causes;
pub mod cli;
pub mod context;
pub mod decode;
pub mod diagnose;
pub mod episodes;
pub mod notation;
pub mod pipeline;
pub mod report;
pub mod source;
pub mod time;
pub mod track;
