//! A new file system, written by the helper itself: no kernel, no root, no mount.
//!
//! 1. `empty` has mke2fs make an empty one in a file of the helper's;
//! 2. `plan` walks the manifest once and writes to nowhere: it notes which chunks each file
//!    wants, and what does not fit is refused before the volume is touched;
//! 3. the empty one is brought to the volume, and `fill` writes the chunks, as they come out of
//!    the packs;
//! 4. `plan` walks again and writes names and inodes, whose data has its place now;
//! 5. the superblock is written, last of all;
//! 6. [`verify`](super::verify) reads everything back from the disk.

mod device;
mod empty;
mod files;
mod fill;
mod pieces;
mod plan;
mod there;

use super::image::Image;
use super::make::with_first;
use super::runs::Run;
use super::target::Target;
use super::verify::verify;
use super::wants::Wants;
use crate::error::{Error, Result};
use device::Device;
use empty::Empty;
use files::Files;
use fill::InFresh;
use qib_ext4::Timestamp;
use qib_ext4_writer::{Nowhere, Options, Skeleton, Writer};
use qib_rpc::key::ChunkKey;
use std::fs::File;
use std::sync::{Mutex, PoisonError};

pub use fill::FreshFill;
pub use plan::Plan;

/// A file system that everything fits into.
#[derive(Debug)]
pub struct Fresh {
    empty: Empty,
    files: Files,
    wants: Wants<InFresh>,
}

/// A file system that is to be filled with data.
#[derive(Debug)]
pub struct Begun<'a> {
    /// What fills it.
    pub fill: FreshFill<'a>,
    skeleton: Skeleton,
}

impl Fresh {
    /// Makes an empty file system and finds out whether everything fits.
    ///
    /// # Errors
    /// [`Error::TargetTooSmall`] when it does not, [`Error::Unwritable`] when only the kernel
    /// can write it.
    pub fn prepare(plan: &Plan<'_>, target: &Target) -> Result<Self> {
        let empty = Empty::make(target.fs_bytes(), target, plan)?;
        let mut trial = writer(&empty.skeleton.clone().endless(), Nowhere, plan, 0);
        let (mut files, mut wants) = (Files::default(), Wants::new(plan.survey));
        plan.write(&mut trial, |trial, runs, layout| {
            let number = files.add(layout.blocks())?;
            for ((run, begins), placed) in with_first(runs).zip(layout.places()) {
                wants.add(run, begins, InFresh::File(number, *placed));
            }
            trial.take(layout.blocks()).map_err(plan::failed)
        })?;
        if empty.lacks(trial.taken_blocks()) > 0 {
            let enough = empty.enough(trial.taken_blocks(), target, plan)?;
            return Err(Error::TargetTooSmall(enough));
        }
        Ok(Self {
            empty,
            files,
            wants,
        })
    }

    /// Brings the empty file system to the volume, but for its superblock.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn begin<'a>(
        mut self,
        plan: &Plan<'_>,
        target: &Target,
        volume: &'a File,
        beside: Option<&Image>,
    ) -> Result<Begun<'a>> {
        let device = Device {
            file: volume,
            offset: target.fs_offset(),
            bytes: target.fs_bytes(),
        };
        self.empty.install(&device)?;
        if let Some(image) = beside {
            let add = |run: Run, begins| {
                self.wants.add(run, begins, InFresh::Beside(run.at));
            };
            image.begin(target, volume, plan.spool, plan.digest, add)?;
        }
        self.wants.sort();
        let skeleton = self.empty.skeleton;
        let fill = FreshFill {
            device,
            direct: target.open_direct(),
            memory: Mutex::default(),
            space: skeleton.space().clone(),
            block_bytes: skeleton.block_size().into(),
            files: Mutex::new(self.files),
            wants: self.wants,
            snapshot: plan.digest,
        };
        Ok(Begun { fill, skeleton })
    }
}

impl Begun<'_> {
    /// All data is written: writes the rest of the file system, brings it to the volume's disk,
    /// and reads it back. Returns how many attributes it can not hold.
    ///
    /// # Errors
    /// When the volume can not be written, or is not what was written.
    pub fn finish(self, plan: &Plan<'_>, target: &Target, key: &ChunkKey) -> Result<u64> {
        let device = self.fill.device;
        let files = self.fill.files.into_inner();
        let files = files.unwrap_or_else(PoisonError::into_inner);
        drop(self.fill.wants);
        let mut writer = writer(&self.skeleton, device, plan, files.taken);
        let mut numbers = 0..;
        plan.write(&mut writer, |_, _, _| {
            let first = numbers.next().and_then(|number| files.placed(number));
            first.ok_or(Error::Job("a file whose data did not come"))
        })?;
        let left_out = writer.left_out();
        writer.finish().map_err(plan::failed)?;
        target.sync()?;
        target.check_disk()?;
        verify(plan, target, key, left_out)?;
        Ok(left_out)
    }
}

fn writer<D: qib_ext4_writer::BlockWriter>(
    skeleton: &Skeleton,
    device: D,
    plan: &Plan<'_>,
    taken: u64,
) -> Writer<D> {
    let options = Options {
        taken,
        stamp: Timestamp {
            seconds: plan.tree.time,
            nanoseconds: 0,
        },
        has_lost_and_found: !plan.survey.replaces_lost_and_found,
    };
    Writer::new(skeleton, device, options)
}
