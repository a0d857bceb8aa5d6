//! How much of a stream may be under way: one that nobody reads must not fill the memory of the
//! other side, nor hold up the others.

use std::sync::{Condvar, Mutex, PoisonError};

/// What may be sent before the first answer.
const WINDOW: usize = 1 << 20;

/// The room that the other side has for one stream.
pub(super) struct Room {
    /// None once the other side is gone.
    left: Mutex<Option<usize>>,
    changed: Condvar,
}

impl Room {
    pub(super) fn new() -> Self {
        Self {
            left: Mutex::new(Some(WINDOW)),
            changed: Condvar::new(),
        }
    }

    /// Waits until there is some, and takes at most so much; none when nobody will read it.
    pub(super) fn take(&self, most: usize) -> Option<usize> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.changed.wait_while(left, |left| *left == Some(0));
        let mut left = wait.unwrap_or_else(PoisonError::into_inner);
        let taken = (*left)?.min(most);
        *left = left.map(|left| left - taken);
        Some(taken)
    }

    /// There is more again.
    pub(super) fn add(&self, bytes: usize) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.map(|left| left.saturating_add(bytes));
        self.changed.notify_all();
    }

    /// Nobody reads any more.
    pub(super) fn close(&self) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.changed.notify_all();
    }
}
