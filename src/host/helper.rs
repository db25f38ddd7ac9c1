//! Which process holds a socket is shown only to who may trace it. A capture gives that right up, so a helper keeps it:
//! this program once more, started before, which reads numbers of sockets and answers with the names of their processes.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::process::{Holders, Process};

/// What starts this program as the helper: a command that help does not list.
pub const COMMAND: &str = "name-sockets";

/// An answer that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_millis(600);
/// After that, nothing is asked for some time.
const REST: Duration = Duration::from_secs(5);
/// No answer is longer.
const LONGEST: usize = 1024;

/// Answers until nobody asks any more. `in_force` says which rights are left, and is told first.
pub fn serve(in_force: &str) -> io::Result<()> {
    let mut holders = Holders::default();
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    writeln!(output, "{in_force}")?;
    output.flush()?;
    for line in input.lines() {
        let line = line?;
        let answer = line.parse().ok().and_then(|inode| holders.of(inode));
        let answer = answer.map_or(String::new(), |process| process.to_line());
        writeln!(output, "{line}\t{answer}")?;
        output.flush()?;
    }
    Ok(())
}

/// The helper, seen from who asks it. It ends when this is dropped.
#[derive(Debug)]
pub struct Helper {
    child: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
    /// What came after the last whole line.
    rest: Vec<u8>,
    asked_too_much: Option<Instant>,
}

impl Helper {
    /// Starts it, and waits until it has given up its rights. Also what it says of those.
    pub fn start() -> io::Result<(Helper, String)> {
        let mut child = Command::new("/proc/self/exe")
            .arg0("tcpwhy")
            .arg(COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_remove("RUST_LOG")
            // Ctrl-C is for the capture: the helper goes when that has asked its last question.
            .process_group(0)
            .spawn()?;
        let gone = || io::Error::other("its pipes are gone");
        let requests = Some(child.stdin.take().ok_or_else(gone)?);
        let answers = child.stdout.take().ok_or_else(gone)?;
        let mut helper = Helper { child, requests, answers, rest: Vec::new(), asked_too_much: None };
        let in_force = helper.line(Instant::now() + Duration::from_secs(3));
        in_force.map(|line| (helper, line)).ok_or_else(|| io::Error::other("it does not answer"))
    }

    /// Who holds the socket; `None` where nobody does, or it may not or cannot be known.
    pub fn holder(&mut self, inode: u64) -> Option<Process> {
        if self.asked_too_much.is_some_and(|at| at.elapsed() < REST) {
            return None;
        }
        let until = Instant::now() + PATIENCE;
        let asked = self.requests.as_mut()?.write_all(format!("{inode}\n").as_bytes());
        if asked.is_err() {
            self.requests = None;
            return None;
        }
        let start = format!("{inode}\t");
        while let Some(line) = self.line(until) {
            // Answers to earlier questions, which were given too late, are of no use any more.
            if let Some(answer) = line.strip_prefix(&start) {
                return Process::from_line(answer);
            }
        }
        self.asked_too_much = Some(Instant::now());
        None
    }

    fn line(&mut self, until: Instant) -> Option<String> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned());
            }
            let left = until.checked_duration_since(Instant::now())?;
            let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
            let mut descriptors = [PollFd::new(&self.answers, PollFlags::IN)];
            match poll(&mut descriptors, Some(&left)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(_) => return None,
            }
            let mut bytes = [0; LONGEST];
            let length = self.answers.read(&mut bytes).ok().filter(|length| *length > 0)?;
            self.rest.extend_from_slice(bytes.get(..length)?);
            if self.rest.len() > 64 * LONGEST {
                return None;
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // It ends at the end of its input. A capture that has given up its rights could not end it otherwise.
        self.requests = None;
        let until = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
