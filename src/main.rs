//! The `tcpwhy` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpwhy::cli::main()
}
