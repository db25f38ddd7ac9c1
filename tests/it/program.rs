//! The program, as a child.

use std::process::{Child, ChildStdin, Command, Stdio};

/// The program.
pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
}

/// The program while it reads what is written to it; what it says goes into pipes.
pub fn reading(arguments: &[&str]) -> (Child, ChildStdin) {
    let mut child = program()
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let pipe = child.stdin.take().expect("a pipe");
    (child, pipe)
}
