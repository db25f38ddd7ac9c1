//! Standard error while a capture runs: notes, and on a terminal a line that says how it goes.

use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{is_dumb, say};

/// Back to the first column, and nothing in the line.
const ERASE: &str = "\r\x1b[2K";
/// So many columns stay free: a terminal shows Ctrl-C as `^C` there, which must not begin another line.
const FREE: usize = 3;

/// A status line and what is printed beside it. Copies are the same screen.
#[derive(Clone)]
pub struct Screen {
    /// The line that stands on the terminal.
    shown: Option<Arc<Mutex<String>>>,
}

impl Screen {
    /// With a status line, if `wanted` and standard error is a terminal that can erase one.
    pub fn new(wanted: bool) -> Screen {
        let is_possible = stderr().is_terminal() && !is_dumb(std::env::var_os("TERM").as_deref());
        Screen { shown: (wanted && is_possible).then(Arc::default) }
    }

    /// Does anybody see the status line?
    pub fn has_status(&self) -> bool {
        self.shown.is_some()
    }

    /// Says how it goes, unless that would have to wait: the capture waits for nobody who does not read.
    pub fn status(&self, line: &str) {
        let Some(shown) = &self.shown else { return };
        if let Ok(mut shown) = shown.try_lock()
            && takes_more()
        {
            let columns = terminal_size::terminal_size_of(stderr()).map_or(80, |(columns, _)| columns.0);
            *shown = cut(line, columns.into());
            say(&format!("{ERASE}{shown}"));
        }
    }

    /// Runs `print` with the status line out of the way.
    pub fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        let Some(shown) = self.lock() else { return print() };
        if shown.is_empty() {
            return print();
        }
        say(ERASE);
        let printed = print();
        say(&shown);
        printed
    }

    /// A line on standard error, after the program's name.
    pub fn note(&self, line: &str) {
        self.beside(|| super::note(line));
    }

    /// Erases the status line for good.
    pub fn finish(&self) {
        if let Some(mut shown) = self.lock().filter(|shown| !shown.is_empty()) {
            shown.clear();
            say(ERASE);
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, String>> {
        self.shown.as_ref().map(|shown| shown.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Can standard error be written to without waiting? Not after Ctrl-S.
fn takes_more() -> bool {
    let stderr = stderr();
    let mut descriptors = [PollFd::new(&stderr, PollFlags::OUT)];
    poll(&mut descriptors, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(1)
}

/// What has room in a line of so many columns.
fn cut(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(FREE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_leaves_room_for_what_ctrl_c_shows() {
        assert_eq!(cut("4 packets", 80), "4 packets");
        assert_eq!(cut("4 packets", 12), "4 packets");
        assert_eq!(cut("4 packets", 11), "4 packet");
        assert_eq!(cut("4 packets", 2), "");
    }

    #[test]
    fn without_a_status_line_it_only_prints() {
        let screen = Screen::new(false);
        screen.status("4 packets");
        assert_eq!((screen.has_status(), screen.beside(|| 7)), (false, 7));
        screen.finish();
    }
}
