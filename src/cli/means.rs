//! How many threads and how much memory an analysis gets.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use super::Analyse;
use crate::analysis::Means;
use crate::track::LEAST_MEMORY;

/// Below this a second thread is hardly up before the work is done.
const LARGE: u64 = 100_000_000;
/// Where the system does not say how much memory it has.
const USUAL_MEMORY: u64 = 4 << 30;

impl Analyse {
    /// What the arguments allow, or else what suits the machine and the inputs.
    pub fn means(&self) -> Means {
        let threads = match self.threads {
            Some(threads) => threads.into(),
            None if is_large(&self.inputs()) => available_parallelism().map_or(1, |count| count.get().min(2)),
            None => 1,
        };
        let memory = self.max_memory.unwrap_or_else(|| (machine_memory() / 4).max(LEAST_MEMORY));
        Means { threads, memory }
    }
}

/// Are the inputs large together, or is one of them without an end that is known?
fn is_large(inputs: &[PathBuf]) -> bool {
    let mut total = 0;
    for path in inputs {
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => total += metadata.len(),
            _ => return true,
        }
    }
    total >= LARGE
}

/// The memory of the machine, or what the control groups of this process leave of it: those of a service or container.
fn machine_memory() -> u64 {
    let total = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_of(&text)).unwrap_or(USUAL_MEMORY);
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    // Where there is no limit, "max" stands in its place.
    let limit = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    limits_of(&groups).into_iter().filter_map(limit).fold(total, u64::min)
}

/// Where the limits of control groups stand, those above them included, by the text of /proc/self/cgroup (cgroups(7)): a line for
/// each hierarchy, and in version 2 only one, which names no controllers. In a container the path may be one outside of it:
/// its own group is the root then.
fn limits_of(groups: &str) -> Vec<PathBuf> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (root, limit) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            some if some.split(',').any(|name| name == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        let path = Path::new(path.trim_start_matches('/'));
        limits.extend(path.ancestors().map(|group| Path::new(root).join(group).join(limit)));
    }
    limits
}

/// The first line of /proc/meminfo, as in "MemTotal:  24576000 kB".
fn total_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Bytes, with K, M, G or T behind the number for powers of 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let shift = match text.trim_end_matches(['b', 'B', 'i']).chars().last() {
        Some('k' | 'K') => 10,
        Some('m' | 'M') => 20,
        Some('g' | 'G') => 30,
        Some('t' | 'T') => 40,
        _ => 0,
    };
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let wrong = || "a size is a number, optionally followed by K, M, G or T".to_owned();
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number * (1u64 << shift) as f64;
    if !bytes.is_finite() || bytes < 0.0 {
        return Err(wrong());
    }
    if (bytes as u64) < LEAST_MEMORY {
        return Err(format!("must be at least {}M", LEAST_MEMORY >> 20));
    }
    Ok(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(size("134217728"), Ok(128 << 20));
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1.5GiB"), Ok(3 << 29));
        assert_eq!(size("2g"), Ok(2 << 30));
        assert!(size("1M").is_err_and(|problem| problem.contains("128M")));
        for wrong in ["", "M", "-1G", "1X2G", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_machines_memory_is_read() {
        assert_eq!(total_of("MemTotal:       24576000 kB\nMemFree: 1 kB\n"), Some(24_576_000 * 1024));
        assert_eq!(total_of(""), None);
        assert!(machine_memory() > 0);
    }

    #[test]
    fn limits_of_a_service_and_of_all_above_it_count() {
        let paths = |groups: &str| limits_of(groups).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            paths("0::/system.slice/tcpwhy.service\n"),
            [
                "/sys/fs/cgroup/system.slice/tcpwhy.service/memory.max",
                "/sys/fs/cgroup/system.slice/memory.max",
                "/sys/fs/cgroup/memory.max"
            ]
        );
        assert_eq!(
            paths("5:devices:/a\n4:cpu,memory:/b\nnonsense\n"),
            ["/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        );
        assert_eq!(paths("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
    }

    #[test]
    fn small_files_get_one_thread_unless_asked_for_more() {
        let mut analyse = Analyse { files: vec!["/dev/null/none".into()], ..Analyse::default() };
        analyse.threads = Some(1);
        assert_eq!(analyse.means().threads, 1);
        analyse.threads = Some(2);
        assert_eq!(analyse.means().threads, 2);
        let small = tempfile::NamedTempFile::new().expect("a file");
        let analyse = Analyse { files: vec![small.path().into()], ..Analyse::default() };
        assert_eq!(analyse.means().threads, 1);
    }
}
