//! Unix sockets at paths of any length.
//!
//! A socket address holds 107 bytes; a test's folder is easily longer. Going
//! through the folder's descriptor keeps the address short.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::OFlags;

fn short(path: &Path) -> Result<(File, PathBuf)> {
    let folder = path.parent().context("a socket needs a folder")?;
    let name = path.file_name().context("a socket needs a name")?;
    let flags = i32::try_from((OFlags::PATH | OFlags::DIRECTORY).bits())?;
    let folder = File::options()
        .read(true)
        .custom_flags(flags)
        .open(folder)
        .with_context(|| folder.display().to_string())?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((folder, short))
}

pub(crate) fn connect(path: &Path) -> Result<UnixStream> {
    let (_folder, short) = short(path)?;
    UnixStream::connect(&short).with_context(|| path.display().to_string())
}

/// Listens at `path`, in place of whatever socket an earlier process left there.
pub(crate) fn listen(path: &Path) -> Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let (_folder, short) = short(path)?;
    UnixListener::bind(&short).with_context(|| path.display().to_string())
}
