//! A new file system, written by the helper itself: no kernel, no root, no mount.
//!
//! 1. `empty` has mke2fs make an empty one in a file of the helper's;
//! 2. `plan` walks the manifest once for nothing but the room that all of it takes: what does
//!    not fit is refused before the volume is touched;
//! 3. the empty one is brought to the volume, `plan` walks again and writes names and inodes,
//!    and notes where every chunk belongs;
//! 4. `fill` writes the chunks, as they come out of the packs;
//! 5. the superblock is written, last of all;
//! 6. `verify` reads everything back from the disk.

mod device;
mod empty;
mod fill;
mod identity;
mod plan;
mod verify;

use super::image::Image;
use super::target::Target;
use super::wants::Wants;
use crate::error::{Error, Result};
use device::Device;
use empty::Empty;
use fill::InFresh;
use qib_ext4::Timestamp;
use qib_ext4_writer::{Nowhere, Options, Skeleton, Writer};
use qib_rpc::key::ChunkKey;
use std::fs::File;

pub use fill::FreshFill;
pub use plan::Plan;

/// A file system that everything fits into.
#[derive(Debug)]
pub struct Fresh {
    empty: Empty,
}

/// A file system on the volume, without its data and its superblock.
pub struct Filled<'a> {
    writer: Writer<Device<'a>>,
}

impl Fresh {
    /// Makes an empty file system and finds out whether everything fits.
    ///
    /// # Errors
    /// [`Error::TargetTooSmall`] when it does not, [`Error::Unwritable`] when only the kernel
    /// can write it.
    pub fn prepare(plan: &Plan<'_>, target: &Target) -> Result<Self> {
        let (bytes, now) = (target.fs_bytes(), plan.tree.time);
        let empty = Empty::make(bytes, target, plan.survey, plan.digest, now)?;
        let mut trial = writer(&empty.skeleton.clone().endless(), Nowhere, plan);
        plan.write(&mut trial, |_, _, _| {})?;
        if trial.taken_blocks() > empty.skeleton.free_blocks() {
            return Err(Error::TargetTooSmall);
        }
        Ok(Self { empty })
    }

    /// Writes all but data and superblock to the volume. What fills it with data comes back,
    /// and what then ends it.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn begin<'a>(
        &self,
        plan: &Plan<'_>,
        target: &Target,
        volume: &'a File,
        beside: Option<&Image>,
    ) -> Result<(FreshFill<'a>, Filled<'a>)> {
        let device = Device {
            file: volume,
            offset: target.fs_offset(),
            bytes: target.fs_bytes(),
        };
        self.empty.install(&device)?;
        let mut wants = Wants::new(plan.survey);
        let mut writer = writer(&self.empty.skeleton, device, plan);
        plan.write(&mut writer, |run, begins, placed| {
            wants.add(run, begins, InFresh::File(placed));
        })?;
        if let Some(image) = beside {
            let add = |run: super::runs::Run, begins| {
                wants.add(run, begins, InFresh::Beside(run.at));
            };
            image.begin(target, volume, plan.spool, plan.digest, add)?;
        }
        wants.sort();
        let fill = FreshFill {
            device,
            space: writer.space().clone(),
            wants,
            snapshot: plan.digest,
        };
        Ok((fill, Filled { writer }))
    }
}

impl Filled<'_> {
    /// All data is written: ends the file system, brings it to the volume's disk, and reads it
    /// back. Returns how many attributes it can not hold.
    ///
    /// # Errors
    /// When the volume can not be written, or is not what was written.
    pub fn finish(self, plan: &Plan<'_>, target: &Target, key: &ChunkKey) -> Result<u64> {
        let left_out = self.writer.left_out();
        self.writer.finish().map_err(plan::failed)?;
        target.sync()?;
        target.check_disk()?;
        verify::verify(plan, target, key, left_out)?;
        Ok(left_out)
    }
}

fn writer<D: qib_ext4_writer::BlockWriter>(
    skeleton: &Skeleton,
    device: D,
    plan: &Plan<'_>,
) -> Writer<D> {
    let options = Options {
        stamp: Timestamp {
            seconds: plan.tree.time,
            nanoseconds: 0,
        },
        has_lost_and_found: !plan.survey.replaces_lost_and_found,
    };
    Writer::new(skeleton, device, options)
}
