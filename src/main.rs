//! The `tcpwhy` program.

use std::process::ExitCode;

/// What one thread allocates for a finding another one frees: with the C library's allocator both would wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tcpwhy::cli::main()
}
