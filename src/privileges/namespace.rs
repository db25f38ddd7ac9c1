//! Capturing where other processes have a network of their own: containers, `ip netns`.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::source::printable;

/// Where `ip netns` keeps its names.
const NAMED: &str = "/run/netns";
const OURS: &str = "/proc/self/ns/net";

/// Goes to the network namespace of that name (as `ip netns` lists it) or of that process, for good: an interface that
/// comes back there is opened there again. True if it is another one than before.
pub fn enter(which: &str) -> Result<bool, String> {
    let path = path_of(which);
    let describe = |error: io::Error| {
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such namespace or process; 'ip netns' lists the names".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "entering another network namespace needs root: run it with sudo".to_owned()
            }
            io::ErrorKind::InvalidInput => "is no network namespace; 'ip netns' lists those with names".to_owned(),
            _ => error.to_string(),
        };
        format!("--netns {}: {what}", printable(which))
    };
    let namespace = File::open(&path).map_err(describe)?;
    let is_ours = match (namespace.metadata(), Path::new(OURS).metadata()) {
        (Ok(there), Ok(here)) => (there.dev(), there.ino()) == (here.dev(), here.ino()),
        _ => false,
    };
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|error| describe(error.into()))?;
    Ok(!is_ours)
}

/// A name comes before a process number, and a path is taken as it is.
fn path_of(which: &str) -> PathBuf {
    if which.contains('/') {
        return PathBuf::from(which);
    }
    let named = Path::new(NAMED).join(which);
    if !named.exists() && which.parse::<u32>().is_ok() {
        return PathBuf::from(format!("/proc/{which}/ns/net"));
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_process_unless_it_is_a_name() {
        assert_eq!(path_of("4000000"), Path::new("/proc/4000000/ns/net"));
        assert_eq!(path_of("blue"), Path::new("/run/netns/blue"));
        assert_eq!(path_of("/proc/7/ns/net"), Path::new("/proc/7/ns/net"));
    }

    #[test]
    fn what_is_not_there_is_said_in_one_line() {
        let problem = enter("no-such\x1bnamespace").expect_err("there is none");
        assert!(problem.contains("ip netns") && !problem.contains(['\x1b', '\n']), "{problem}");
        let problem = enter("/proc/self/status").expect_err("it is another file");
        assert!(problem.contains("no network namespace"), "{problem}");
    }
}
