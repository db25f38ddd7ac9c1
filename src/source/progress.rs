//! How far the reading is, on a terminal, when it takes long enough that somebody waits.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Reading that is done within this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on stderr, or nothing where stderr is no terminal. Gone when it is dropped.
pub struct Progress {
    bar: Option<ProgressBar>,
    total: Option<u64>,
    started: Instant,
}

impl Progress {
    /// For `total` bytes, if that is known.
    pub fn new(total: Option<u64>) -> Progress {
        Progress::on(stderr().is_terminal(), total)
    }

    fn on(terminal: bool, total: Option<u64>) -> Progress {
        let bar = terminal.then(|| ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden()));
        Progress { bar, total, started: Instant::now() }
    }

    /// Shows that `position` bytes are read.
    pub fn update(&mut self, position: u64) {
        let Some(bar) = &self.bar else { return };
        if bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            // A template that indicatif does not understand would leave its own look.
            let template = match self.total {
                Some(_) => "reading {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
                None => "reading {spinner} {bytes} {bytes_per_sec}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_position(position);
    }

    /// Erases the bar for good.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_before_its_time_or_without_a_terminal() {
        let mut early = Progress::on(true, Some(100));
        early.update(50);
        assert!(early.bar.as_ref().is_some_and(ProgressBar::is_hidden));
        early.finish();
        assert!(early.bar.is_none());
        let mut piped = Progress::on(false, None);
        piped.update(50);
        assert!(piped.bar.is_none());
    }
}
