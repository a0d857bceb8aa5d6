//! A part of a snapshot: what paths name, with the folders above it. Only what is needed
//! for it is fetched, by ranges of objects.

mod finder;
mod frames;
mod held;
mod left;
mod pattern;
mod pieces;
mod ranged;
mod rows;
mod select;

use super::opening::Take;
use super::resume::{Begun, There};
use super::session::Data;
use super::spool::Spool;
use super::wants::Wanted;
use crate::error::{Error, Result};
use crate::seal::OpenWith;
use crate::snapshot::{Snapshot, SnapshotKind};
use qib_rpc::id::Digest;
use qib_rpc::key::IndexSeed;
use qib_rpc::message::lost::LostPacks;
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob};
use qib_rpc::message::verify::{AffectedJob, CompareJob};
use std::collections::BTreeSet;
use std::io::{Read, Write};

pub use finder::Finder;
pub use frames::Frames;
pub use left::{Left, MayLack};
pub use ranged::Line;
pub use rows::Rows;

/// A part of a snapshot.
pub struct Part<'a, R, W> {
    /// The smaller snapshot.
    pub snapshot: Snapshot,
    /// What fetches its data.
    pub frames: Frames<'a, R, W>,
    /// How much was held back, a folder counting as one.
    pub held_back: u64,
}

/// Finds a part; its manifest goes into an empty spool.
///
/// # Errors
/// When a path names nothing, or why not all of it can be fetched.
pub fn open<'a, R: Read, W: Write>(
    job: &'a RestorePathsJob,
    line: &'a Line<'a, R, W>,
    with: &'a OpenWith,
    snapshot: &Snapshot,
    spool: &'a Spool,
) -> Result<Part<'a, R, W>> {
    if snapshot.kind != SnapshotKind::Tree {
        return Err(Error::Job("paths in an image or a disk"));
    }
    let job_of = &job.job;
    let tables = (&job.index_seed, job.index.items(), &job.lost);
    let frames = frames(job_of, tables, (line, with), snapshot, spool)?;
    let store = pieces::Store {
        spool,
        key: &job_of.chunk_key,
    };
    let (digest, paths) = (job_of.snapshot, &job.paths);
    let selected = select::select(&frames, snapshot, digest, paths, job.without, store);
    let (snapshot, held_back) = selected?;
    Ok(Part {
        snapshot,
        frames,
        held_back,
    })
}

/// What fetches of a snapshot all that does not lie in packs that are lost, into an empty spool.
///
/// # Errors
/// When the tables of frames can not be fetched.
pub fn frames_without<'a, R: Read, W: Write>(
    job: &'a AffectedJob,
    line: &'a Line<'a, R, W>,
    with: &'a OpenWith,
    snapshot: &Snapshot,
    spool: &'a Spool,
) -> Result<Frames<'a, R, W>> {
    let tables = (&job.index_seed, job.index.items(), &job.lost);
    frames(&job.job, tables, (line, with), snapshot, spool)
}

/// What fetches the manifests of two snapshots of one qube into an empty spool.
///
/// # Errors
/// When the tables of frames can not be fetched.
pub fn frames_of_both<'a, R: Read, W: Write>(
    job: &'a CompareJob,
    line: &'a Line<'a, R, W>,
    with: &'a OpenWith,
    (older, newer): (&Snapshot, &Snapshot),
    spool: &'a Spool,
) -> Result<Frames<'a, R, W>> {
    let both = Snapshot {
        packs: older.packs.iter().chain(&newer.packs).cloned().collect(),
        ..newer.clone()
    };
    let tables = job
        .older_index
        .items()
        .iter()
        .chain(job.newer_index.items());
    let tables: BTreeSet<Digest> = tables.copied().collect();
    let tables: Vec<Digest> = tables.into_iter().collect();
    let tables = (&job.index_seed, tables.as_slice(), &LostPacks::default());
    frames(&job.newer, tables, (line, with), &both, spool)
}

/// What fetches of a snapshot all that does not lie in lost packs, as these tables of frames say.
fn frames<'a, R: Read, W: Write>(
    job: &'a RestoreJob,
    (seed, index, lost): (&IndexSeed, &[Digest], &LostPacks),
    (line, with): (&'a Line<'a, R, W>, &'a OpenWith),
    snapshot: &Snapshot,
    spool: &'a Spool,
) -> Result<Frames<'a, R, W>> {
    let opens = OpenWith::seed(seed).ok_or(Error::Job("an index seed"))?;
    let finder = Finder::fetch(line, index, &opens, job.qube, snapshot)?;
    Frames::new(line, finder.without(lost), with, &job.chunk_key, spool)
}

/// The data of a part.
pub struct PartData<'a, 'b, R, W> {
    /// What fetches it.
    pub frames: &'a Frames<'b, R, W>,
    /// What an interrupted restore may have brought.
    pub begun: Option<Begun>,
}

impl<R: Read, W: Write> Data for PartData<'_, '_, R, W> {
    fn look(&self, there: &dyn There) -> Result<()> {
        if let Some(begun) = &self.begun {
            // Frames are fetched for what is still wanted, whatever packs they are of.
            begun.lacking(there)?;
        }
        Ok(())
    }

    fn each(&self, wants: &dyn Wanted, take: &dyn Take) -> Result<()> {
        self.frames.each(wants.unmet(), |chunk, plain| {
            take.take(&[(*chunk, plain)])?()
        })
    }
}
