//! The wish to stop in the middle of a capture and to report what was read until then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by who wishes and by all readers.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    heeded: Arc<AtomicBool>,
}

impl Interrupt {
    /// `asked` becomes true when somebody wishes it: by a signal, say.
    pub fn when(asked: Arc<AtomicBool>) -> Interrupt {
        Interrupt { asked, heeded: Arc::default() }
    }

    /// Does somebody wish it?
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Something was left unread for it.
    pub(super) fn heed(&self) {
        self.heeded.store(true, Ordering::Relaxed);
    }

    /// Was something left unread for it?
    pub(super) fn was_heeded(&self) -> bool {
        self.heeded.load(Ordering::Relaxed)
    }
}
