//! Standard error while a capture runs: notes, and on a terminal a line that says how it goes.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A status line and what is printed beside it. Copies are the same screen.
#[derive(Clone)]
pub struct Screen {
    bar: Option<ProgressBar>,
}

impl Screen {
    /// With a status line, if `wanted` and standard error is a terminal.
    pub fn new(wanted: bool) -> Screen {
        let bar = (wanted && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // A template that indicatif does not understand would leave its own look.
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        Screen { bar }
    }

    /// Does anybody see the status line?
    pub fn has_status(&self) -> bool {
        self.bar.is_some()
    }

    /// Says how it goes.
    pub fn status(&self, line: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(line);
            bar.tick();
        }
    }

    /// Runs `print` with the status line out of the way.
    pub fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// A line on standard error, after the program's name.
    pub fn note(&self, line: &str) {
        self.beside(|| super::note(line));
    }

    /// Erases the status line for good.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
