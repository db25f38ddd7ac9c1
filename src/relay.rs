//! What is found, on its way to whoever listens: written down on a thread of its own, so that the tracker need not wait
//! for it.
//!
//! The listener hears the same in the same order as without it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::analysis::Listener;
use crate::diagnose::Finding;
use crate::time::Time;

/// How many successes, or findings, are handed over together at most.
const TOGETHER: usize = 1024;
/// How many such parcels may wait: more would only take memory where the listener is slow.
const PARCELS: usize = 4;

/// Runs `work` with a listener that hands over to `listener` on another thread. When this returns, `listener` has heard
/// all of it.
pub fn relayed<T>(listener: &mut (impl Listener + Send), work: impl FnOnce(&mut Relay) -> T) -> T {
    let closed = AtomicBool::new(listener.is_closed());
    thread::scope(|scope| {
        let (hand_over, parcels) = sync_channel::<Parcel>(PARCELS);
        let mut relay = Relay {
            parcel: Parcel::default(),
            hand_over,
            wants_benign: listener.wants_benign(),
            wants_payload: listener.wants_payload(),
            closed: &closed,
        };
        let far = scope.spawn(|| {
            for parcel in parcels {
                parcel.give(listener);
                closed.store(listener.is_closed(), Ordering::Relaxed);
            }
        });
        let done = work(&mut relay);
        relay.send();
        drop(relay);
        far.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        done
    })
}

/// What was told since the last parcel.
#[derive(Default)]
struct Parcel {
    successes: Vec<(IpAddr, IpAddr, u16, Time)>,
    /// Each with the number of successes before it.
    others: Vec<(usize, Other)>,
}

enum Other {
    Finding(Finding),
    Note(String),
}

impl Parcel {
    fn give(self, listener: &mut impl Listener) {
        let mut successes = self.successes.into_iter();
        let mut given = 0;
        let mut success = |listener: &mut _, count| {
            for (client, server, port, time) in successes.by_ref().take(count) {
                Listener::success(listener, client, server, port, time);
            }
        };
        for (before, other) in self.others {
            success(&mut *listener, before - given);
            given = before;
            match other {
                Other::Finding(finding) => listener.finding(finding),
                Other::Note(note) => listener.note(note),
            }
        }
        success(listener, usize::MAX);
    }
}

/// The near end of the way to a listener.
pub struct Relay<'a> {
    parcel: Parcel,
    hand_over: SyncSender<Parcel>,
    wants_benign: bool,
    wants_payload: bool,
    closed: &'a AtomicBool,
}

impl Relay<'_> {
    fn send(&mut self) {
        // The far end goes only when this one has gone, or in a panic, which is passed on.
        let _ = self.hand_over.send(std::mem::take(&mut self.parcel));
    }

    fn add(&mut self, other: Other) {
        self.parcel.others.push((self.parcel.successes.len(), other));
        if self.parcel.others.len() >= TOGETHER {
            self.send();
        }
    }
}

impl Listener for Relay<'_> {
    fn finding(&mut self, finding: Finding) {
        self.add(Other::Finding(finding));
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.parcel.successes.push((client, server, port, time));
        if self.parcel.successes.len() >= TOGETHER {
            self.send();
        }
    }

    fn note(&mut self, note: String) {
        self.add(Other::Note(note));
    }

    fn wants_benign(&self) -> bool {
        self.wants_benign
    }

    fn wants_payload(&self) -> bool {
        self.wants_payload
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn pause(&mut self) {
        if !(self.parcel.successes.is_empty() && self.parcel.others.is_empty()) {
            self.send();
        }
    }
}
