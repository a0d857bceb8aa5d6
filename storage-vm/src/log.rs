//! The log on standard error: ids and numbers, never a peer's text.

use std::fmt;
use std::io::{Write, stderr};

/// Writes one line; a log that nobody reads any more stops nothing.
pub fn line(text: fmt::Arguments<'_>) {
    let _unread = writeln!(stderr(), "qib-storage: {text}");
}
