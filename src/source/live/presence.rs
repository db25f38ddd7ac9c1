//! An interface that goes away, or is down, and comes back.

use std::time::Instant;

use super::clocks::clock;
use super::opening::open;
use super::{Live, SEARCH};
use crate::source::printable;

impl Live {
    /// Notes that nothing could be seen while the interface was down, and that it is up when it gives packets again.
    pub(super) fn mind_down(&mut self, gives_packets: bool) {
        let Some(since) = self.down_since else { return };
        let now = clock();
        self.losses.absent(since, now);
        self.down_since = (!gives_packets).then_some(now);
        if gives_packets {
            self.notes.push(format!("{}: is up again", self.names[0]));
        }
    }

    /// Notes since when the interface is gone.
    pub(super) fn lose(&mut self, problem: &str) {
        self.account(clock());
        self.capture = None;
        self.down_since = None;
        self.counted = (0, 0);
        self.absent_since = Some(clock());
        self.next_search = Instant::now() + SEARCH;
        self.notes.push(format!("{}: {}; waiting for it to come back", self.names[0], printable(problem)));
    }

    /// Looks for an interface that is gone, or was down from the start.
    pub(super) fn search(&mut self) {
        let Some(since) = self.absent_since else { return };
        let now = clock();
        self.losses.absent(since, now);
        self.absent_since = Some(now);
        if Instant::now() < self.next_search {
            return;
        }
        self.next_search = Instant::now() + SEARCH;
        if let Some(rights) = &self.rights {
            rights(true);
        }
        let opened = open(&self.settings);
        if let Some(rights) = &self.rights {
            rights(false);
        }
        let Ok(Some(opened)) = opened else { return };
        self.losses.absent(since, clock());
        self.capture = Some(opened.capture);
        self.link = opened.link;
        self.nanoseconds = opened.nanoseconds;
        self.absent_since = None;
        self.counted_at = clock();
        self.notes.push(format!("{}: is up, capturing", self.names[0]));
    }
}
