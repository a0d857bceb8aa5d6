//! Runs a command in the lab's dom0.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::userns;

/// Becomes the command, in the namespaces of the daemon with this number.
pub(crate) fn exec(daemon: u32, program: &OsString, arguments: &[OsString]) -> Result<()> {
    let here = std::env::current_dir();
    let user = File::open(format!("/proc/{daemon}/ns/user"))?;
    let mounts = File::open(format!("/proc/{daemon}/ns/mnt"))?;
    if !userns::is_root() {
        move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))
            .context("entering the lab's user namespace")?;
    }
    move_into_link_name_space(mounts.as_fd(), Some(LinkNameSpaceType::Mount))
        .context("entering the lab's dom0")?;
    // Entering a mount namespace moves to its root; go back to where the caller was.
    let back = here.and_then(std::env::set_current_dir);
    if back.is_err() {
        std::env::set_current_dir("/")?;
    }
    let error = Command::new(program)
        .args(arguments)
        .env("PATH", path())
        .exec();
    Err(error).with_context(|| program.display().to_string())
}

/// dom0's own programs come first, whatever the caller's PATH is.
fn path() -> OsString {
    let mut path = OsString::from("/usr/bin:/usr/sbin:/bin:/sbin:");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}
