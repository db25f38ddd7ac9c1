//! Giving up what a capture does not need, once it is open: the user, the capabilities, the file system, system calls.
//!
//! All of this counts for the calling thread and those that it starts later, so it is done before there is another.
//!
//! **What is kept**: an interface that may go away and come back has to be opened again, which needs `CAP_NET_RAW`. It
//! stays permitted but not effective, and is raised for that one call. Who takes over the process gains nothing by it:
//! the packet socket that is open can already read and send whatever that right allows.

mod confine;
mod namespace;
mod seccomp;

use std::fs::File;
use std::os::unix::fs::fchown;
use std::path::{Path, PathBuf};

use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities, set_keep_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};

pub use namespace::enter;

/// The user that owns nothing, where /etc/passwd does not say otherwise.
const NOBODY: u32 = 65534;

/// What is still needed afterwards.
#[derive(Debug, Default)]
pub struct Needs<'a> {
    /// Opening an interface again.
    pub reopen_interface: bool,
    /// A file that was made before and is to belong to whom we become.
    pub made: Option<&'a File>,
    /// Folders in which files are opened again for writing.
    pub write: Vec<PathBuf>,
    /// Files and folders that are read.
    pub read: Vec<PathBuf>,
}

/// Who somebody is to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

/// Gives up everything but `needs` and says what is in force, a line each. What this kernel does not have is said, not
/// an error; an error is to remain root although it could be given up.
pub fn give_up(needs: &Needs<'_>) -> Result<Vec<String>, String> {
    let wanted = if needs.reopen_interface { CapabilitySet::NET_RAW } else { CapabilitySet::empty() };
    let (who, kept) = become_nobody_special(wanted, needs.made)?;
    let rights = if kept.is_empty() {
        "no capability"
    } else {
        "no capability in effect, CAP_NET_RAW kept to reopen the interface"
    };
    let mut in_force = vec![format!("{who}, {rights}")];
    set_no_new_privs(true).map_err(|error| format!("cannot set no_new_privs: {error}"))?;
    in_force.push("no new privileges".to_owned());
    in_force.push(confine::confine(&needs.read, &needs.write));
    in_force.push(seccomp::forbid());
    Ok(in_force)
}

/// The same for a process that only looks at what other processes have open. It keeps the right to do so in effect, if
/// it has it; Landlock is left out, because nobody looks at processes that are not confined as well. Says in a line what
/// is in force.
pub fn give_up_but_looking() -> Result<String, String> {
    let wanted = CapabilitySet::SYS_PTRACE | CapabilitySet::DAC_READ_SEARCH;
    let (who, kept) = become_nobody_special(wanted, None)?;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).map_err(|error| format!("cannot keep the right to look: {error}"))?;
    set_no_new_privs(true).map_err(|error| format!("cannot set no_new_privs: {error}"))?;
    let calls = if seccomp::forbid().starts_with("no ") { "system calls as before" } else { "fewer system calls" };
    let rights = if kept == wanted {
        "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to see what processes have open"
    } else {
        "no capability, so it sees only the processes of its user"
    };
    Ok(format!("{who}, {rights}, {calls}"))
}

/// Makes the right to open an interface effective, or not, as far as it was kept.
pub fn raise(raised: bool) {
    let effective = if raised { CapabilitySet::NET_RAW } else { CapabilitySet::empty() };
    let permitted = CapabilitySet::NET_RAW;
    // Without the right, opening fails with a message of its own.
    let _ = set_capabilities(None, CapabilitySets { effective, permitted, inheritable: CapabilitySet::empty() });
}

/// Becomes somebody else and keeps of the capabilities only those of `wanted` that are there. Also what was kept.
fn become_nobody_special(wanted: CapabilitySet, made: Option<&File>) -> Result<(String, CapabilitySet), String> {
    let fail = |what: &str| {
        let what = what.to_owned();
        move |error: rustix::io::Errno| format!("cannot give up {what}: {error}")
    };
    let before = capabilities(None).map_err(fail("capabilities"))?;
    let keep = before.permitted & wanted;
    // Kernels before 4.3 have no ambient capabilities to clear.
    let _ = clear_ambient_capability_set();
    for capability in CapabilitySet::all().iter() {
        // Without CAP_SETPCAP they stay in the bounding set, where they are of no use without new privileges.
        let _ = remove_capability_from_bounding_set(capability);
    }
    let changeable = before.effective.contains(CapabilitySet::SETUID | CapabilitySet::SETGID);
    let mut who = format!("user {} as before", geteuid().as_raw());
    let user = whom_to_become();
    if geteuid().is_root() && changeable && !may_become(user) {
        // Root of such a namespace is nobody special outside of it.
        who.push_str(" in a user namespace without another");
    } else if geteuid().is_root() && changeable {
        if let Some(file) = made {
            // A file that stays root's can still be written on; only opening it again may fail, which is said then.
            let _ = fchown(file, Some(user.uid), Some(user.gid));
        }
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        set_keep_capabilities(!keep.is_empty()).map_err(fail("capabilities"))?;
        set_thread_groups(&[]).map_err(fail("root's groups"))?;
        set_thread_res_gid(gid, gid, gid).map_err(fail("root's group"))?;
        set_thread_res_uid(uid, uid, uid).map_err(fail("root"))?;
        who = format!("user {} in place of root", user.uid);
    }
    let sets =
        CapabilitySets { effective: CapabilitySet::empty(), permitted: keep, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).map_err(fail("capabilities"))?;
    Ok((who, keep))
}

/// Whoever called sudo, else nobody.
fn whom_to_become() -> User {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    caller(number("SUDO_UID"), number("SUDO_GID"))
        .unwrap_or_else(|| nobody(&std::fs::read_to_string("/etc/passwd").unwrap_or_default()))
}

/// Does this user namespace have that user at all? One that somebody makes for himself alone has only root, and does not let
/// groups be given up (user_namespaces(7)).
fn may_become(user: User) -> bool {
    let read = |name: &str| std::fs::read_to_string(Path::new("/proc/self").join(name)).ok();
    let has = |map: &str, id| read(map).is_none_or(|map| is_mapped(&map, id));
    has("uid_map", user.uid) && has("gid_map", user.gid) && read("setgroups").is_none_or(|it| it.trim() != "deny")
}

/// Is the number among those of a map: lines of the first one inside, the first one outside, and how many there are?
fn is_mapped(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(|number| number.parse::<u64>().ok());
        let (Some(Some(first)), _, Some(Some(count))) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(id))
    })
}

/// The caller of sudo, unless that is root as well.
fn caller(uid: Option<u32>, gid: Option<u32>) -> Option<User> {
    // The highest number means "leave it as it is" to the kernel.
    let plain = |number: &u32| *number != 0 && *number != u32::MAX;
    Some(User { uid: uid.filter(plain)?, gid: gid.filter(plain)? })
}

fn nobody(passwd: &str) -> User {
    let found = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_nobody = fields.next() == Some("nobody");
        let uid = fields.nth(1)?.parse().ok();
        let gid = fields.next()?.parse().ok();
        caller(uid, gid).filter(|_| is_nobody)
    });
    found.unwrap_or(User { uid: NOBODY, gid: NOBODY })
}

/// The folder in which `path` is made, also where `path` is a link to there.
pub fn folder_of(path: &Path) -> PathBuf {
    let target = std::fs::canonicalize(path);
    match target.as_deref().unwrap_or(path).parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_becomes_its_caller_or_nobody_and_never_root() {
        assert_eq!(caller(Some(1000), Some(100)), Some(User { uid: 1000, gid: 100 }));
        assert_eq!(caller(Some(0), Some(0)), None);
        assert_eq!(caller(Some(1000), None), None);
        assert_eq!(caller(Some(u32::MAX), Some(100)), None);
        let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:99:98::/:/sbin/nologin\n";
        assert_eq!(nobody(passwd), User { uid: 99, gid: 98 });
        assert_eq!(nobody("nobody:x:0:0::/:"), User { uid: NOBODY, gid: NOBODY });
        assert_eq!(nobody("broken\nnobody"), User { uid: NOBODY, gid: NOBODY });
    }

    #[test]
    fn a_user_is_looked_for_in_the_map_of_the_namespace() {
        let everyone = "         0          0 4294967295\n";
        let alone = "         0       1000          1\n";
        let container = "0 1000 1\n1 100000 65536\n";
        for (map, there) in [(everyone, true), (alone, false), (container, true), ("", false), ("65534 0\n", false)] {
            assert_eq!(is_mapped(map, NOBODY), there, "{map}");
        }
        assert!(is_mapped(container, 65536) && !is_mapped(container, 65537));
    }

    #[test]
    fn the_folder_of_a_plain_name_is_this_one() {
        assert_eq!(folder_of(Path::new("report.json")), Path::new("."));
        assert_eq!(folder_of(Path::new("/var/log/report.json")), Path::new("/var/log"));
    }

    #[test]
    fn the_folder_of_a_link_is_where_it_leads_to() {
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let [link, target] = folders.each_ref().map(|folder| folder.path().join("report.json"));
        std::fs::write(&target, b"").expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        let there = folders[1].path().canonicalize().expect("it is there");
        assert_eq!(folder_of(&link), there);
    }
}
