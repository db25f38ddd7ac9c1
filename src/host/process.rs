//! Which process holds a socket, and what it belongs to: /proc/PID/fd, comm and cgroup.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::track::GRACE;

/// How long the choice among those who hold a socket is believed. That who was chosen still holds it is looked at each time.
const FRESH: Duration = Duration::from_secs(5);
/// A socket that the last search has not found may be younger than that. One that failed is at least as old as its
/// verdict waits.
const UNKNOWN: Duration = Duration::from_nanos(GRACE);
/// Between two searches it rests so many times as long as the last one took.
const REST: u32 = 5;
/// No search takes longer; what it has not seen by then is unknown.
const PATIENCE: Duration = Duration::from_millis(400);
/// So many sockets are remembered at most.
const REMEMBERED: usize = 500_000;

/// A process of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name as the kernel keeps it: at most 15 bytes.
    pub name: String,
    /// The systemd unit or the container that it belongs to.
    pub unit: Option<String>,
}

impl Process {
    /// As a line between the helper and who asks it.
    pub fn to_line(&self) -> String {
        format!("{}\t{}\t{}", self.pid, self.name, self.unit.as_deref().unwrap_or_default())
    }

    /// Reads such a line.
    pub fn from_line(line: &str) -> Option<Process> {
        let mut fields = line.split('\t');
        let pid = fields.next()?.parse().ok()?;
        let name = fields.next()?.to_owned();
        let unit = fields.next().filter(|unit| !unit.is_empty()).map(str::to_owned);
        Some(Process { pid, name, unit })
    }
}

/// Sockets and their processes, as of the last search.
#[derive(Debug, Default)]
pub struct Holders {
    /// When the last search began, and how long it took.
    searched: Option<(Instant, Duration)>,
    descriptors: HashMap<u64, Descriptor>,
}

/// Where a socket was found: /proc/PID/fd/NUMBER.
#[derive(Clone, Copy, Debug)]
struct Descriptor {
    pid: u32,
    number: u32,
}

impl Holders {
    /// The process that holds the socket; of several the one with the lowest number, which started the others. The first
    /// process comes last: it holds the sockets of services for which it waits, beside the service itself.
    pub fn of(&mut self, inode: u64) -> Option<Process> {
        let known = self.found(inode);
        let believed = if known.is_some() { FRESH } else { UNKNOWN };
        if self.searched.is_some_and(|(begun, took)| begun.elapsed() <= believed.max(took * REST)) {
            return known;
        }
        self.search();
        self.found(inode)
    }

    /// What the last search found, if it is still so: the process may be gone, and its number another's.
    fn found(&self, inode: u64) -> Option<Process> {
        let Descriptor { pid, number } = *self.descriptors.get(&inode)?;
        let process = describe(pid);
        let target = fs::read_link(format!("/proc/{pid}/fd/{number}")).ok()?;
        process.filter(|_| socket_inode(&target) == Some(inode))
    }

    fn search(&mut self) {
        let begun = Instant::now();
        self.descriptors.clear();
        let Ok(entries) = fs::read_dir("/proc") else { return };
        let number = |name: OsString| name.to_str()?.parse::<u32>().ok();
        let mut pids: Vec<u32> = entries.filter_map(|entry| number(entry.ok()?.file_name())).collect();
        pids.sort_unstable_by_key(|pid| (*pid == 1, *pid));
        for pid in pids {
            let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
            for descriptor in descriptors.flatten() {
                let inode = fs::read_link(descriptor.path()).ok().as_deref().and_then(socket_inode);
                if let Some((inode, number)) = inode.zip(number(descriptor.file_name())) {
                    self.descriptors.entry(inode).or_insert(Descriptor { pid, number });
                }
            }
            if begun.elapsed() > PATIENCE || self.descriptors.len() > REMEMBERED {
                break;
            }
        }
        self.searched = Some((begun, begun.elapsed()));
    }
}

/// The number in `socket:[12345]`.
fn socket_inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn describe(pid: u32) -> Option<Process> {
    let name = plain(&fs::read(format!("/proc/{pid}/comm")).ok()?);
    let unit = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok().and_then(|text| unit(&text));
    Some(Process { pid, name, unit })
}

/// A name without line ends and tabs; a process chooses its own.
fn plain(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.trim_end_matches('\n').chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// The innermost unit or container in the text of /proc/PID/cgroup.
fn unit(cgroup: &str) -> Option<String> {
    // Version 2 has one line, "0::PATH"; where version 1 is in use as well, that one says nothing.
    let mut paths: Vec<&str> = cgroup.lines().filter_map(|line| line.splitn(3, ':').nth(2)).collect();
    paths.reverse();
    paths.iter().find_map(|path| path.rsplit('/').find_map(named))
}

fn named(part: &str) -> Option<String> {
    let stem = part.strip_suffix(".scope").unwrap_or(part);
    let id = stem.rsplit('-').next().unwrap_or(stem);
    if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("container {}", id.get(..12)?));
    }
    let is_unit = [".service", ".scope"].iter().any(|end| part.ends_with(end));
    (is_unit && part != "init.scope").then(|| plain(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn units_and_containers_are_named() {
        let id = "4d0fa1d3b7c2".to_owned() + &"0".repeat(52);
        let unit = |text: &str| unit(text);
        assert_eq!(
            unit("0::/system.slice/system-postgresql.slice/postgresql@14-main.service\n").as_deref(),
            Some("postgresql@14-main.service")
        );
        let container = Some("container 4d0fa1d3b7c2");
        assert_eq!(unit(&format!("0::/system.slice/docker-{id}.scope\n")).as_deref(), container);
        assert_eq!(unit(&format!("3:cpu:/\n1:name=systemd:/docker/{id}\n0::/\n")).as_deref(), container);
        assert_eq!(unit(&format!("0::/kubepods.slice/cri-containerd-{id}.scope/inner\n")).as_deref(), container);
        assert_eq!(unit("0::/\n"), None);
        assert_eq!(unit("0::/user.slice/user-1000.slice/session-3.scope\n").as_deref(), Some("session-3.scope"));
        assert_eq!(unit("nonsense"), None);
    }

    #[test]
    fn names_cannot_break_a_line() {
        let process = Process { pid: 7, name: plain(b"a\tb\nc\n"), unit: None };
        assert_eq!(process.name, "a?b?c");
        assert_eq!(Process::from_line(&process.to_line()), Some(process));
        assert_eq!(Process::from_line(""), None);
    }

    #[test]
    fn this_process_holds_its_own_socket() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
        let port = socket.local_addr().expect("bound").port();
        let (listening, _) = super::super::sockets::Sockets::open().listening();
        let own = listening.iter().find(|socket| socket.local.port == port).expect("it listens");
        let holder = Holders::default().of(own.inode);
        assert_eq!(holder.map(|process| process.pid), Some(std::process::id()));
    }

    #[test]
    fn a_socket_younger_than_the_last_search_is_found_by_the_time_it_is_asked_for() {
        let mut holders = Holders::default();
        assert_eq!(holders.of(1), None);
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a socket");
        let target = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).expect("it is open");
        let inode = socket_inode(&target).expect("a socket");
        std::thread::sleep(UNKNOWN);
        assert_eq!(holders.of(inode).map(|process| process.pid), Some(std::process::id()));
        // Another process may have the number by now.
        drop(socket);
        assert_eq!(holders.of(inode), None);
    }

    #[test]
    fn only_sockets_have_such_names() {
        assert_eq!(socket_inode(Path::new("socket:[4711]")), Some(4711));
        assert_eq!(socket_inode(Path::new("pipe:[4711]")), None);
    }
}
