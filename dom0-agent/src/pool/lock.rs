//! One snapshot at a time in a pool that takes every qube along when it is full.
//!
//! Whoever comes second waits. The lock is on a file, so it is gone with whoever held it.

use super::driver::unusual;
use crate::error::{Error, Result, at};
use crate::paths::STATE;
use crate::stop::Stop;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions, create_dir_all};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// How long between tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Held as long as a snapshot of ours may be in the pool.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a pool; `waiting` is called when somebody else has it.
    pub(super) fn take(pool: &str, stop: &Stop, waiting: impl FnOnce()) -> Result<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if pool.starts_with('.') || !pool.bytes().all(is_plain) {
            return Err(unusual(pool));
        }
        let folder = Path::new(STATE).join("pools");
        create_dir_all(&folder).map_err(at(&folder))?;
        let path = folder.join(pool);
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(at(&path))?;
        let mut waiting = Some(waiting);
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(at(&path)(error.into())),
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            if stop.wait(PAUSE) {
                return Err(Error::Stopped);
            }
        }
    }
}
