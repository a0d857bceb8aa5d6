//! A volume, or a part of it, as a block device of its own, so that the kernel can mount it.
//! Its sectors have 512 bytes, whatever those of the volume have: no file system asks for less.

use crate::error::{Error, Result};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes loop devices.
pub const LOSETUP: &str = "/usr/sbin/losetup";
const CONTROL: &str = "/dev/loop-control";

/// A loop device that is gone when nothing has it open any more, whatever ends the helper.
#[derive(Debug)]
pub struct LoopDevice {
    path: PathBuf,
    _held: File,
}

/// What may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it.
    Read,
    /// Write it too.
    Write,
}

impl LoopDevice {
    /// Attaches a part of a volume; none where we may not.
    ///
    /// # Errors
    /// When it can not be attached although we may.
    pub fn attach(volume: &Path, range: &Range<u64>, access: Access) -> Result<Option<Self>> {
        match open(Path::new(CONTROL), Access::Write) {
            Ok(_) => {}
            Err(error) if may_not(&error) => return Ok(None),
            Err(error) => return Err(Error::Helper(error)),
        }
        let length = range.end.saturating_sub(range.start);
        let mut losetup = Command::new(LOSETUP);
        losetup.args(["--find", "--show", "--offset"]);
        losetup.arg(range.start.to_string());
        losetup.arg("--sizelimit").arg(length.to_string());
        if access == Access::Read {
            losetup.arg("--read-only");
        }
        let said = run(losetup.arg("--").arg(volume)).map_err(Error::Helper)?;
        let path = PathBuf::from(OsString::from_vec(said.trim_ascii_end().to_vec()));
        let held = open(&path, access);
        // What is open is only marked: the kernel detaches it with its last descriptor.
        run(Command::new(LOSETUP).arg("--detach").arg(&path)).map_err(Error::Helper)?;
        let held = held.map_err(Error::Helper)?;
        Ok(Some(Self { path, _held: held }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path, access: Access) -> io::Result<File> {
    let writes = access == Access::Write;
    OpenOptions::new().read(true).write(writes).open(path)
}

fn may_not(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound
    )
}

fn run(command: &mut Command) -> io::Result<Vec<u8>> {
    let output = command
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(io::Error::other(format!("{LOSETUP}: {}", output.status)))
    }
}
