//! seccomp: system calls that a capture never makes, and that somebody who has taken it over would.
//!
//! A list of what is forbidden, not of what is allowed: the C library and libpcap change what they call from version to
//! version, and a capture that stops for it would be a worse loss.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Other programs and other processes; namespaces and mounts; kernel code; keys; clocks and the machine as a whole;
/// serving connections; ways around all this.
const FORBIDDEN: [libc::c_long; 44] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_personality,
    libc::SYS_open_by_handle_at,
    libc::SYS_io_uring_setup,
];

/// Forbids them for this thread and those that it starts, and says what came of it.
pub(super) fn forbid() -> String {
    match program().and_then(|program| apply_filter(&program).map_err(|error| error.to_string())) {
        Ok(()) => format!("seccomp: {} system calls forbidden", FORBIDDEN.len()),
        Err(problem) => format!("no seccomp: {problem}"),
    }
}

fn program() -> Result<BpfProgram, String> {
    let target: TargetArch = std::env::consts::ARCH.try_into().map_err(|_| "not for this processor".to_owned())?;
    let rules: BTreeMap<i64, Vec<_>> = FORBIDDEN.iter().map(|call| (*call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, target).map_err(|error| error.to_string())?;
    filter.try_into().map_err(|error: seccompiler::BackendError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forbidden_fails_and_the_rest_goes_on() {
        // In a thread of its own, which takes the filter with it when it ends.
        let (said, started, wrote) = std::thread::spawn(|| {
            let said = forbid();
            let started = std::process::Command::new("/bin/true").status().map_err(|error| error.raw_os_error());
            (said, started, tempfile::tempfile().is_ok())
        })
        .join()
        .expect("it ends");
        if said.starts_with("no seccomp") {
            return;
        }
        assert_eq!(started.err(), Some(Some(libc::EPERM)));
        assert!(wrote);
    }
}
