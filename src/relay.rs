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
            wants_all: listener.wants_all(),
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
    findings: Vec<(usize, Finding)>,
    notes: Vec<String>,
    /// Is nothing else at hand?
    pause: bool,
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
        for (before, finding) in self.findings {
            success(&mut *listener, before - given);
            given = before;
            listener.finding(finding);
        }
        success(&mut *listener, usize::MAX);
        self.notes.into_iter().for_each(|note| listener.note(note));
        if self.pause {
            listener.pause();
        }
    }
}

/// The near end of the way to a listener.
pub struct Relay<'a> {
    parcel: Parcel,
    hand_over: SyncSender<Parcel>,
    wants_all: bool,
    wants_payload: bool,
    closed: &'a AtomicBool,
}

impl Relay<'_> {
    fn send(&mut self) {
        // The far end goes only when this one has gone, or in a panic, which is passed on.
        let _ = self.hand_over.send(std::mem::take(&mut self.parcel));
    }
}

impl Listener for Relay<'_> {
    fn finding(&mut self, finding: Finding) {
        self.parcel.findings.push((self.parcel.successes.len(), finding));
        if self.parcel.findings.len() >= TOGETHER {
            self.send();
        }
    }

    fn success(&mut self, client: IpAddr, server: IpAddr, port: u16, time: Time) {
        self.parcel.successes.push((client, server, port, time));
        if self.parcel.successes.len() >= TOGETHER {
            self.send();
        }
    }

    fn note(&mut self, note: String) {
        self.parcel.notes.push(note);
    }

    fn wants_all(&self) -> bool {
        self.wants_all
    }

    fn wants_payload(&self) -> bool {
        self.wants_payload
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn pause(&mut self) {
        self.parcel.pause = true;
        self.send();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    /// Keeps what it hears; takes no more than so much.
    #[derive(Default)]
    struct Heard(Vec<String>, usize);

    impl Listener for Heard {
        fn finding(&mut self, finding: Finding) {
            self.0.push(format!("failed {}", finding.time.0));
        }

        fn success(&mut self, _client: IpAddr, _server: IpAddr, port: u16, _time: Time) {
            self.0.push(format!("reached {port}"));
        }

        fn note(&mut self, note: String) {
            self.0.push(note);
        }

        fn wants_all(&self) -> bool {
            true
        }

        fn is_closed(&self) -> bool {
            self.0.len() >= self.1
        }
    }

    fn tell(listener: &mut impl Listener) {
        let host = IpAddr::from([10, 0, 0, 1]);
        for number in 0..5000 {
            listener.success(host, host, number, Time(1));
            if number % 700 == 3 {
                listener.finding(Finding { time: Time(number.into()), ..samples::refused_ipv6() });
                listener.pause();
            }
        }
        listener.note("the end".to_owned());
    }

    #[test]
    fn all_is_heard_in_the_order_of_its_telling() {
        let (mut near, mut far) = (Heard(Vec::new(), 99_999), Heard(Vec::new(), 99_999));
        tell(&mut near);
        relayed(&mut far, |relay| {
            assert!(relay.wants_all() && relay.wants_payload());
            tell(relay);
        });
        assert_eq!(near.0.len(), 5009);
        assert!(near.0 == far.0);
    }

    #[test]
    fn who_takes_no_more_is_known_at_the_near_end() {
        relayed(&mut Heard(Vec::new(), 1), |relay| {
            assert!(!relay.is_closed());
            tell(relay);
            relay.pause();
            while !relay.is_closed() {
                thread::yield_now();
            }
        });
    }
}
