//! Waiting until a volume that was mounted is free again.

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// How often to look whether the file system is gone, and how long to wait between.
const LOOKS: u32 = 600;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Waits until the file system of a device, whose mount was closed, is gone.
///
/// # Errors
/// When it stays, or the device can not be opened any more.
pub fn wait(device: &Path, access: OFlags) -> rustix::io::Result<()> {
    // The kernel opens a device for nobody else alone until the file system is gone.
    let alone = access | OFlags::EXCL | OFlags::CLOEXEC;
    for _ in 0..LOOKS {
        match openat(CWD, device, alone, Mode::empty()) {
            Err(Errno::BUSY) => sleep(BETWEEN_LOOKS),
            other => return other.map(drop),
        }
    }
    Err(Errno::BUSY)
}
