//! What somebody outside wants of a running capture.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag::{register, register_conditional_shutdown};
use signal_hook::low_level::pipe;

use super::Error;

/// Signals that come within this are one wish: timeout(1) sends one to the program and at once another to its whole group.
const ONE_WISH: Duration = Duration::from_millis(500);

/// Wishes, each true as soon as its signal came.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// SIGINT or SIGTERM: stop, and finish properly.
    pub stop: Arc<AtomicBool>,
    /// SIGHUP: open the output file again. Without such a file it is the terminal that went away: stop.
    pub reopen: Arc<AtomicBool>,
    /// SIGUSR1: a summary of what was seen so far.
    pub summary: Arc<AtomicBool>,
}

/// What becomes true at the first SIGINT or SIGTERM, and what a second one does.
pub fn stop() -> Result<(Arc<AtomicBool>, Second), Error> {
    let (stop, again) = (Arc::default(), Arc::default());
    let (first, wake) = UnixStream::pair().map_err(deaf)?;
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again)).map_err(deaf)?;
        register(signal, Arc::clone(&stop)).map_err(deaf)?;
        pipe::register(signal, wake.try_clone().map_err(deaf)?).map_err(deaf)?;
    }
    Ok((stop, Second { first, again }))
}

/// Ends the program at once at a second signal, for whom finishing takes too long.
pub struct Second {
    /// Readable from the first one on.
    first: UnixStream,
    again: Arc<AtomicBool>,
}

impl Second {
    /// From now on: on a thread of its own, which has the rights of this one.
    pub fn obey(mut self) -> Result<(), Error> {
        let wait = move || {
            if self.first.read_exact(&mut [0]).is_ok() {
                thread::sleep(ONE_WISH);
                self.again.store(true, Ordering::Relaxed);
            }
        };
        thread::Builder::new().spawn(wait).map(drop).map_err(deaf)
    }
}

fn deaf(error: io::Error) -> Error {
    Error::line(format!("cannot listen to signals: {error}"))
}

impl Signals {
    /// Listens from now on. `has_file`: is there a file to reopen?
    pub fn listen(has_file: bool) -> Result<(Signals, Second), Error> {
        let (stop, second) = stop()?;
        let signals = Signals { stop, ..Signals::default() };
        register(SIGHUP, Arc::clone(if has_file { &signals.reopen } else { &signals.stop })).map_err(deaf)?;
        register(SIGUSR1, Arc::clone(&signals.summary)).map_err(deaf)?;
        Ok((signals, second))
    }
}
