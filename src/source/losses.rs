//! What a live capture did not see, and when: the verdicts that rest on silence depend on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::time::Time;

/// So many spans are remembered; more are joined to the last one.
const SPANS: usize = 64;

/// Packets that were lost before anybody saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Packets that the kernel had no room for in our ring.
    pub kernel: u64,
    /// Packets that the interface or its driver gave up.
    pub interface: u64,
}

impl Lost {
    /// All of them.
    pub fn total(self) -> u64 {
        self.kernel + self.interface
    }
}

/// A time in which the capture was blind or lost packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: Time,
    to: Time,
    lost: u64,
    absent: bool,
    jumped: bool,
}

/// Why a time was not seen in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// So many packets were lost.
    Dropped(u64),
    /// The interface was not there.
    Absent,
    /// The clock went forward by itself: it was set, or this machine slept, and that much time did not pass in waiting.
    Jumped,
}

/// The account of losses, shared between the source, which keeps it, and whoever judges by it.
#[derive(Clone, Debug, Default)]
pub struct Losses(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    lost: Lost,
    spans: VecDeque<Span>,
}

impl Losses {
    /// All losses so far.
    pub fn lost(&self) -> Lost {
        self.account().lost
    }

    /// Was there a loss between `from` and `to`?
    pub fn between(&self, from: Time, to: Time) -> Option<Gap> {
        let account = self.account();
        let mut lost = 0;
        let (mut absent, mut jumped) = (false, false);
        for span in account.spans.iter().filter(|span| span.from <= to && span.to >= from) {
            lost += span.lost;
            absent |= span.absent;
            jumped |= span.jumped;
        }
        if absent {
            return Some(Gap::Absent);
        }
        if jumped {
            return Some(Gap::Jumped);
        }
        (lost > 0).then_some(Gap::Dropped(lost))
    }

    /// Packets were lost some time between `from` and `to`.
    pub(super) fn dropped(&self, from: Time, to: Time, more: Lost) {
        if more.total() == 0 {
            return;
        }
        let mut account = self.account();
        account.lost.kernel += more.kernel;
        account.lost.interface += more.interface;
        account.add(Span { from, to, lost: more.total(), absent: false, jumped: false });
    }

    /// The interface was not there between `from` and `to`.
    pub(super) fn absent(&self, from: Time, to: Time) {
        self.account().add(Span { from, to, lost: 0, absent: true, jumped: false });
    }

    /// The clock went from `from` to `to` at once.
    pub(super) fn jumped(&self, from: Time, to: Time) {
        self.account().add(Span { from, to, lost: 0, absent: false, jumped: true });
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        // Nothing panics while it holds the lock, and the counts would be right even then.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn add(&mut self, span: Span) {
        if let Some(last) = self.spans.back_mut()
            && (last.absent, last.jumped) == (span.absent, span.jumped)
            && span.from <= last.to
        {
            last.to = last.to.max(span.to);
            last.lost += span.lost;
            return;
        }
        if self.spans.len() >= SPANS {
            // The two oldest become one: to doubt too much is better than to be sure of too much.
            if let (Some(first), Some(second)) = (self.spans.pop_front(), self.spans.front_mut()) {
                second.from = first.from;
                second.lost += first.lost;
                second.absent |= first.absent;
                second.jumped |= first.jumped;
            }
        }
        self.spans.push_back(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_found_where_it_overlaps() {
        let losses = Losses::default();
        losses.dropped(Time(100), Time(200), Lost { kernel: 3, interface: 0 });
        losses.dropped(Time(200), Time(300), Lost { kernel: 4, interface: 1 });
        losses.dropped(Time(300), Time(400), Lost::default());
        assert_eq!(losses.lost(), Lost { kernel: 7, interface: 1 });
        assert_eq!(losses.between(Time(0), Time(99)), None);
        assert_eq!(losses.between(Time(0), Time(100)), Some(Gap::Dropped(8)));
        assert_eq!(losses.between(Time(301), Time(900)), None);
        losses.absent(Time(500), Time(600));
        assert_eq!(losses.between(Time(250), Time(550)), Some(Gap::Absent));
        losses.jumped(Time(700), Time(800));
        assert_eq!(losses.between(Time(650), Time(750)), Some(Gap::Jumped));
        assert_eq!(losses.between(Time(610), Time(690)), None);
    }

    #[test]
    fn memory_stays_bounded_and_nothing_is_forgotten() {
        let losses = Losses::default();
        for at in 0..1000 {
            losses.dropped(Time(at * 10), Time(at * 10 + 1), Lost { kernel: 1, interface: 0 });
        }
        assert_eq!(losses.account().spans.len(), SPANS);
        assert_eq!(losses.between(Time(0), Time(20_000)), Some(Gap::Dropped(1000)));
        assert_eq!(losses.between(Time(9_990), Time(9_990)), Some(Gap::Dropped(1)));
    }
}
