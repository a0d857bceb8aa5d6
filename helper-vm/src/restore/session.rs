//! From a manifest that is there to a volume that holds it.

use super::disk;
use super::filling::{Filling, Told, Written};
use super::fresh::{Fresh, Plan};
use super::identity::Identity;
use super::image::{Image, Writing};
use super::kernel;
use super::nowhere::Nowhere;
use super::opening::Take;
use super::resume::There;
use super::spool::Spool;
use super::survey::Survey;
use super::tally::Tally;
use super::target::Target;
use super::wants::Wanted;
use crate::error::{Error, Result};
use crate::snapshot::{Snapshot, SnapshotKind};
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;
use qib_rpc::message::restore::{Fidelity, RestoreSummary, ToldApart};
use std::io::Write;

/// Where the data of files comes from.
pub trait Data {
    /// Looks what lies where it belongs already, and does not fetch it.
    ///
    /// # Errors
    /// When the volume can not be read.
    fn look(&self, _there: &dyn There) -> Result<()> {
        Ok(())
    }

    /// Hands every chunk that is wanted, and perhaps others, to `take`.
    ///
    /// # Errors
    /// When it can not be fetched or is damaged, or what `take` returns.
    fn each(&self, wants: &dyn Wanted, take: &dyn Take) -> Result<()>;
}

/// What a restore holds once it has the manifest.
pub struct Session<'a, W> {
    /// The snapshot object.
    pub digest: Digest,
    /// What it says, or a smaller one made of it.
    pub snapshot: &'a Snapshot,
    /// The chunks of its manifest.
    pub spool: &'a Spool,
    /// The rest.
    pub data: &'a dyn Data,
    /// Keys chunk ids.
    pub key: &'a ChunkKey,
    /// What a new file system is told apart by.
    pub told_apart: ToldApart,
    /// What was done.
    pub tally: &'a Tally<'a, W>,
}

impl<W: Write + Send + 'static> Session<'_, W> {
    /// Fills the volume.
    ///
    /// # Errors
    /// When the snapshot lies, its data does not come, or the volume can not be written.
    pub fn fill(&self, target: &Target) -> Result<RestoreSummary> {
        match self.snapshot.kind {
            SnapshotKind::Tree => self.write_tree(self.snapshot, target, None),
            SnapshotKind::Image => self.write_image(target),
            SnapshotKind::Disk(disk) => {
                let (spool, digest) = (self.spool, self.digest);
                let divided = disk::divide(spool, self.snapshot, &disk, digest, target.bytes());
                let (tree, image) = divided?;
                self.write_tree(&tree, &target.holding(disk), Some(&image))
            }
        }
    }

    /// Opens and compares everything, and writes nothing.
    ///
    /// # Errors
    /// When the snapshot lies, or its data does not come.
    pub fn compare(&self, volume_bytes: u64) -> Result<()> {
        let (spool, digest) = (self.spool, self.digest);
        let (nowhere, survey) = Nowhere::new(spool, self.snapshot, digest, volume_bytes)?;
        self.expect(&survey);
        self.bring(&nowhere)?;
        nowhere.check_all_came()
    }

    /// The files, and what a disk has beside them.
    fn write_tree(
        &self,
        tree: &Snapshot,
        target: &Target,
        beside: Option<&Image>,
    ) -> Result<RestoreSummary> {
        let mut survey = Survey::new(self.spool, tree, self.digest, target.fs_bytes())?;
        if let Some(image) = beside {
            survey.add_image(image);
        }
        self.expect(&survey);
        target.check(&survey)?;
        let plan = Plan {
            spool: self.spool,
            tree,
            digest: self.digest,
            survey: &survey,
            identity: Identity::new(self.digest, self.told_apart)?,
        };
        let skipped = match Fresh::prepare(&plan, target) {
            Ok(fresh) => self.write_fresh(fresh, &plan, target, beside)?,
            // The kernel can write some file systems that we can not.
            Err(Error::Unwritable(why @ qib_ext4_writer::Error::Layout(_))) => {
                let bring = |fill: &kernel::Fill<'_>| self.bring(fill);
                let written = kernel::write(&plan, target, beside, self.key, bring)?;
                written.ok_or(Error::Unwritable(why))?
            }
            Err(other) => return Err(other),
        };
        Ok(self.summary(Fidelity::Whole, skipped))
    }

    /// The files in a file system that the helper writes itself; returns how many attributes
    /// it can not hold.
    fn write_fresh(
        &self,
        fresh: Fresh,
        plan: &Plan<'_>,
        target: &Target,
        beside: Option<&Image>,
    ) -> Result<u64> {
        let volume = target.open()?;
        let begun = fresh.begin(plan, target, &volume, beside)?;
        self.bring(&begun.fill)?;
        begun.fill.check_all_came()?;
        begun.finish(plan, target, self.key)
    }

    fn summary(&self, fidelity: Fidelity, skipped: u64) -> RestoreSummary {
        RestoreSummary {
            counts: self.tally.counts(),
            fidelity,
            skipped,
            held_back: 0,
        }
    }

    /// The volume as it was, whatever lies on it.
    fn write_image(&self, target: &Target) -> Result<RestoreSummary> {
        let image = Image::find(self.spool, self.snapshot, self.digest, target.bytes())?;
        self.tally.count(|counts| {
            counts.files = 1;
            counts.file_bytes = image.bytes;
            counts.bytes_expected = image.data_bytes;
        });
        let writing = Writing::begin(&image, self.spool, target, self.digest)?;
        self.bring(&writing)?;
        writing.finish()?;
        Ok(self.summary(Fidelity::Image, 0))
    }

    /// Brings the data: from what was spooled, then the rest.
    fn bring(&self, filling: &impl Filling) -> Result<()> {
        let count = |written: Written| {
            self.tally.count(|counts| {
                counts.files_read = counts.files_read.saturating_add(written.files);
                counts.bytes_read = counts.bytes_read.saturating_add(written.bytes);
            });
        };
        let told = Told {
            filling,
            count: &count,
            key: self.key,
        };
        told.take_spool(self.spool)?;
        self.data.look(&told)?;
        self.data.each(filling.wanted(), &told)
    }

    fn expect(&self, survey: &Survey) {
        self.tally.count(|counts| {
            *counts = Counts {
                bytes_stored: counts.bytes_stored,
                objects: counts.objects,
                bytes_expected: survey.data_bytes,
                ..survey.counts
            };
        });
    }
}
