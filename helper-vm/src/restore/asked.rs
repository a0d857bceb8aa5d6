//! What is asked about snapshots, with no volume to write to.

use super::affected::count;
use super::difference::differences;
use super::packs::Packs;
use super::part::{self, Line};
use super::run::{fetch_snapshot, identity};
use super::session::Session;
use super::spool::Spool;
use super::tally::Tally;
use super::whole::Whole;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::snapshot::{Snapshot, SnapshotKind};
use crate::storage::Fetching;
use qib_rpc::count::Counts;
use qib_rpc::message::restore::RestoreJob;
use qib_rpc::message::verify::{Affected, AffectedJob, CompareJob, Compared};
use std::io::{Read, Write};

/// Compares two snapshots, with an empty `spool`: of both only what differs is fetched.
///
/// # Errors
/// When an object is missing or damaged, or a manifest lies.
pub fn compare<DW, R, W>(
    job: &CompareJob,
    dom0: &Dom0<DW>,
    (input, output): (R, W),
    spool: Spool,
) -> Result<Compared>
where
    DW: Write + Send + 'static,
    R: Read,
    W: Write,
{
    let of_older = RestoreJob {
        sequence: job.sequence,
        snapshot: job.snapshot,
        ..job.newer.clone()
    };
    let with = &identity(&job.newer)?;
    let mut fetching = Fetching::new(input, output);
    let tally = &Tally::new(dom0);
    let older = fetch_snapshot(&of_older, with, &mut fetching, tally)?;
    let newer = fetch_snapshot(&job.newer, with, &mut fetching, tally)?;
    if older.kind != SnapshotKind::Tree || newer.kind != SnapshotKind::Tree {
        return Err(Error::Job("files of an image or a disk"));
    }
    let told = |fetched| tally.fetched(fetched);
    let line = Line::new(fetching, &told);
    let frames = part::frames_of_both(job, &line, with, (&older, &newer), &spool)?;
    differences(&frames, &older, &newer, job.newer.snapshot)
}

/// Counts what of a snapshot can not be restored without packs that are lost, with an empty `spool`.
///
/// # Errors
/// When an object that is not said to be lost is missing or damaged, or a manifest lies.
pub fn affected<DW, R, W>(
    job: &AffectedJob,
    dom0: &Dom0<DW>,
    (input, output): (R, W),
    spool: Spool,
) -> Result<Affected>
where
    DW: Write + Send + 'static,
    R: Read,
    W: Write,
{
    let with = &identity(&job.job)?;
    let mut fetching = Fetching::new(input, output);
    let tally = &Tally::new(dom0);
    let snapshot = fetch_snapshot(&job.job, with, &mut fetching, tally)?;
    let told = |fetched| tally.fetched(fetched);
    let line = Line::new(fetching, &told);
    let frames = part::frames_without(job, &line, with, &snapshot, &spool)?;
    count(&frames, &snapshot, job.job.snapshot)
}

/// Opens and compares everything that a restore would bring, and writes nothing but an empty
/// `spool`; returns the snapshot, which was of a volume of so many bytes, and what it holds.
///
/// # Errors
/// Why a restore would fail.
pub fn to_nowhere<DW, SR, SW>(
    job: &RestoreJob,
    volume_bytes: u64,
    dom0: &Dom0<DW>,
    (input, output): (SR, SW),
    spool: Spool,
) -> Result<(Snapshot, Counts)>
where
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let with = identity(job)?;
    let mut fetching = Fetching::new(input, output);
    let tally = Tally::new(dom0);
    let snapshot = fetch_snapshot(job, &with, &mut fetching, &tally)?;
    let whole = Whole {
        packs: Packs::fetch(fetching, &snapshot)?,
        with: &with,
        key: &job.chunk_key,
        tally: &tally,
        begun: None,
    };
    let session = Session {
        digest: job.snapshot,
        snapshot: &snapshot,
        spool: &whole.gather(spool)?,
        data: &whole,
        key: &job.chunk_key,
        told_apart: job.told_apart,
        tally: &tally,
    };
    session.compare(volume_bytes)?;
    Ok((snapshot, tally.counts()))
}
