//! The `tcpwhy` program.

fn main() {}
