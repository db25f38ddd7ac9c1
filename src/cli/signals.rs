//! What somebody outside wants of a running capture.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag::{register, register_conditional_shutdown};

use super::Error;

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

/// Becomes true at the first SIGINT or SIGTERM; a second one ends the program at once.
pub fn stop() -> Result<Arc<AtomicBool>, Error> {
    let stop = Arc::default();
    for signal in [SIGINT, SIGTERM] {
        // The order matters: at the first signal the flag is not set yet, so that this one does nothing.
        register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop)).map_err(deaf)?;
        register(signal, Arc::clone(&stop)).map_err(deaf)?;
    }
    Ok(stop)
}

fn deaf(error: io::Error) -> Error {
    Error::line(format!("cannot listen to signals: {error}"))
}

impl Signals {
    /// Listens from now on. `has_file`: is there a file to reopen?
    pub fn listen(has_file: bool) -> Result<Signals, Error> {
        let signals = Signals { stop: stop()?, ..Signals::default() };
        register(SIGHUP, Arc::clone(if has_file { &signals.reopen } else { &signals.stop })).map_err(deaf)?;
        register(SIGUSR1, Arc::clone(&signals.summary)).map_err(deaf)?;
        Ok(signals)
    }
}
