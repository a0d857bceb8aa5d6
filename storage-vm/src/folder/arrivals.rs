//! The order in which objects came, by no clock: one line per object, appended.
//!
//! A line is noted before its object gets its name, so a line may be without
//! an object, and never an object without a line.

use crate::backend::Trouble;
use crate::layout::ARRIVALS;
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};
use rustix::fs::{AtFlags, Mode, OFlags, fsync, openat, statat};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// A digest in hexadecimal and a line feed.
const LINE_BYTES: u64 = 65;

/// How far back to look for an object that is still there.
const LINES_LOOKED_AT: u64 = 16_384;

/// The files that note arrivals, written by one at a time.
#[derive(Debug, Default)]
pub struct Arrivals {
    writing: Mutex<()>,
}

impl Arrivals {
    /// Notes durably that an object comes to `shelf`.
    pub fn note(&self, shelf: &OwnedFd, name: ObjectName) -> Result<(), Trouble> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR;
        let mut file = File::from(openat(shelf, ARRIVALS, flags | OFlags::CLOEXEC, mode)?);
        let whole = lines(&file)?.saturating_mul(LINE_BYTES);
        // A line cut off by a crash belongs to an object that never got its name.
        file.set_len(whole)?;
        file.write_all(format!("{}\n", name.digest).as_bytes())?;
        file.sync_all()?;
        // Its own name too, before that of the object.
        fsync(shelf)?;
        Ok(())
    }

    /// The last object noted that is there.
    pub fn newest(&self, shelf: &OwnedFd, kind: Kind) -> Result<Option<ObjectName>, Trouble> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match openat(shelf, ARRIVALS, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let lines = lines(&file)?;
        for line in (lines.saturating_sub(LINES_LOOKED_AT)..lines).rev() {
            let Some(digest) = read_line(&file, line)? else {
                continue;
            };
            let name = ObjectName { kind, digest };
            if exists(shelf, &name.to_string())? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

fn lines(file: &File) -> Result<u64, Trouble> {
    Ok(file.metadata()?.len().checked_div(LINE_BYTES).unwrap_or(0))
}

fn read_line(file: &File, line: u64) -> Result<Option<Digest>, Trouble> {
    let mut untrusted_text = [0; 64];
    file.read_exact_at(&mut untrusted_text, line.saturating_mul(LINE_BYTES))?;
    Ok(std::str::from_utf8(&untrusted_text)
        .ok()
        .and_then(Digest::parse))
}

/// True if there is anything of this name.
pub fn exists(shelf: &OwnedFd, name: &str) -> Result<bool, Errno> {
    match statat(shelf, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}
