//! Reading everything back: the walk once more, held against what our reader finds on the
//! volume, while threads read all data that was found, past the page cache, each chunk
//! against its id.
//!
//! A file with several names is read once; its other names must lead to the same inode.
//!
//! Memory: 80 bytes for each run of data, of 262,144 runs and the largest file at most.

mod batch;
mod content;
mod inode;
mod looking;
mod reading;

use super::fresh::Plan;
use super::steps::each_step;
use super::target::Target;
use crate::device::Device;
use crate::disk::Part;
use crate::error::{Error, Result};
use looking::Looking;
use qib_ext4::Ext4;
use qib_rpc::key::ChunkKey;
use std::io;

type Fs = Ext4<Part<Device>>;

/// Holds the volume against the snapshot. `left_out` is how many attributes it lacks.
///
/// # Errors
/// [`Error::Target`] when it is not what it must be.
pub fn verify(plan: &Plan<'_>, target: &Target, key: &ChunkKey, left_out: u64) -> Result<()> {
    let device = Device::open(target.path())?;
    device.forget();
    let part = Part::new(device, target.fs_range()).ok_or_else(differs)?;
    let fs = &Ext4::open(part).map_err(damaged)?;
    let is_good = reading::beside(fs, key, |data| {
        let mut looking = Looking::new(plan, fs, key, data)?;
        each_step(plan.spool, plan.tree, plan.digest, |step| {
            looking.step(step)
        })?;
        looking.finish(left_out)
    })?;
    check(is_good)
}

fn check(is_same: bool) -> Result<()> {
    if is_same { Ok(()) } else { Err(differs()) }
}

fn differs() -> Error {
    Error::Target(io::Error::other(
        "what was read back is not what was written",
    ))
}

fn damaged(error: qib_ext4::Error) -> Error {
    Error::Target(io::Error::other(format!("what was written: {error}")))
}
