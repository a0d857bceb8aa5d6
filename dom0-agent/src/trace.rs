//! With `--verbose`: each thing that is asked of Qubes, as a line on standard error. No payload,
//! and no answer, is in it.

use std::fmt::Arguments;
use std::sync::atomic::{AtomicBool, Ordering};

static ON: AtomicBool = AtomicBool::new(false);

/// From here on lines are written.
pub fn on() {
    ON.store(true, Ordering::Relaxed);
}

/// True if lines are written.
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Says what is about to be asked.
pub fn say(what: Arguments<'_>) {
    if is_on() {
        eprintln!("qib: {what}");
    }
}
