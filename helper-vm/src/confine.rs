//! What a helper can no longer do once its devices and its call are open: from then on it
//! works on what a qube or a storage qube wrote.
//!
//! 1. a crash leaves no core file;
//! 2. Landlock: no file by any path, no program, no network, but for what is [needed](Needs);
//! 3. no capability, but for what is needed;
//! 4. seccomp: a list of system calls, see [`calls`].
//!
//! Landlock is as strict as the kernel knows it; the rest every kernel of Qubes knows.
//!
//! **Invariant:** no other thread runs when [`confine`] is called: Landlock and capabilities are
//! a thread's own, and new threads inherit them.

mod calls;
mod filter;
mod paths;
mod power;

use crate::error::{Error, Result};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// What a helper needs after it was confined.
#[derive(Clone, Copy, Debug)]
pub enum Needs<'a> {
    /// What is open, processors and memory.
    Nothing,
    /// To read files below an open folder, and to open the device that they lie on.
    Tree {
        /// The folder.
        root: BorrowedFd<'a>,
        /// The device.
        device: &'a Path,
    },
    /// To fill a volume: the programs of e2fsprogs, and mounts.
    Volume,
}

/// Confines the helper, but for its needs; `calls` are its calls' processes, which it may end.
///
/// # Errors
/// When the kernel refuses.
pub fn confine(needs: Needs<'_>, calls: &[u32]) -> Result<()> {
    let confined = || {
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, none)?;
        paths::restrict(needs).map_err(io::Error::other)?;
        power::reduce(needs)?;
        filter::install(needs, calls).map_err(io::Error::other)
    };
    confined().map_err(Error::Helper)
}
