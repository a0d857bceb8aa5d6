//! What the kernel is told of an error.

use crate::error::Error;
use crate::restore::Stopped;
use fuser::Errno;
use std::io::Write;

/// Whoever looks sees an error of the disk; the reason is in the disposable's own journal.
pub fn failed(error: Error) -> Errno {
    let _shown = writeln!(std::io::stderr(), "qib-helper: {error}");
    Errno::EIO
}

/// The same of a manifest that can not be walked.
pub fn broken(stopped: Stopped) -> Errno {
    match stopped {
        Stopped::Format(error) => {
            let _shown = writeln!(std::io::stderr(), "qib-helper: the manifest: {error}");
            Errno::EIO
        }
        Stopped::Other(error) => failed(error),
    }
}
