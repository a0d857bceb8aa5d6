//! A restore from the job to the summary.

use super::hand_out::Handing;
use super::job::Job;
use super::outside::Outside;
use super::packs::Packs;
use super::part::{self, Line, PartData};
use super::resume::Begun;
use super::session::Session;
use super::spool::Spool;
use super::tally::Tally;
use super::target::Target;
use super::whole::Whole;
use crate::confine::Needs;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::seal::OpenWith;
use crate::snapshot::{self, Snapshot};
use crate::storage::Fetching;
use qib_rpc::message::restore::{
    HandOutJob, HandedOut, RestoreJob, RestorePathsJob, RestoreSummary, ResumeJob,
};
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::path::Path;

/// Restores a snapshot: hears a job from dom0, waits for `device` where there is to be one, calls
/// the storage qube exactly once, and ends with a summary or a fault.
///
/// # Errors
/// Why nothing was restored; dom0 has been told.
pub fn run<DR, DW>(
    from_dom0: DR,
    to_dom0: DW,
    device: &Path,
    outside: &mut impl Outside,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
{
    let dom0 = Dom0::new(to_dom0);
    let done = Job::receive(from_dom0).and_then(|job| match job {
        Job::Whole(job) => {
            let target = Target::wait(device)?;
            let line = outside.call_storage(&job, Needs::Volume)?;
            dom0.say(&dom0.while_told(|| whole(&job, None, &dom0, &target, line))?)
        }
        Job::Rest(rest) => {
            let target = Target::wait(device)?;
            let line = outside.call_storage(&rest.job, Needs::Volume)?;
            dom0.say(&dom0.while_told(|| whole(&rest.job, Some(&rest), &dom0, &target, line))?)
        }
        Job::Part(part) => {
            let target = Target::wait(device)?;
            let line = outside.call_storage(&part.job, Needs::Volume)?;
            dom0.say(&dom0.while_told(|| partly(&part, &dom0, &target, line))?)
        }
        Job::HandOut(job) => {
            let spool = Spool::new()?;
            let taker = outside.call_taker(&job.taker)?;
            let line = outside.call_storage(&job.part.job, Needs::Nothing)?;
            dom0.say(&dom0.while_told(|| hand_out(&job, &dom0, spool, taker, line))?)
        }
    });
    done.inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

/// Restores a snapshot, or the rest of it.
fn whole<DW, SR, SW>(
    job: &RestoreJob,
    rest: Option<&ResumeJob>,
    dom0: &Dom0<DW>,
    target: &Target,
    (input, output): (SR, SW),
) -> Result<RestoreSummary>
where
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let with = &identity(job)?;
    let mut fetching = Fetching::new(input, output);
    let tally = &Tally::new(dom0);
    let snapshot = &fetch_snapshot(job, with, &mut fetching, tally)?;
    let (packs, begun) = match rest {
        None => (Packs::fetch(fetching, snapshot)?, None),
        Some(rest) => {
            let told = |fetched| tally.fetched(fetched);
            let line = Line::new(fetching, &told);
            let begun = Begun::whole(rest, &line, snapshot)?;
            let packs = Packs::fetch_manifest(line.into_fetching(), snapshot)?;
            (packs, Some(begun))
        }
    };
    let whole = Whole {
        packs,
        with,
        key: &job.chunk_key,
        tally,
        begun,
    };
    let session = Session {
        digest: job.snapshot,
        snapshot,
        spool: &whole.gather(Spool::new()?)?,
        data: &whole,
        key: &job.chunk_key,
        told_apart: job.told_apart,
        tally,
    };
    session.fill(target)
}

fn partly<DW, SR, SW>(
    of: &RestorePathsJob,
    dom0: &Dom0<DW>,
    target: &Target,
    (input, output): (SR, SW),
) -> Result<RestoreSummary>
where
    DW: Write + Send + 'static,
    SR: Read,
    SW: Write,
{
    let job = &of.job;
    let with = &identity(job)?;
    let mut fetching = Fetching::new(input, output);
    let tally = &Tally::new(dom0);
    let snapshot = fetch_snapshot(job, with, &mut fetching, tally)?;
    let told = |fetched| tally.fetched(fetched);
    let line = Line::new(fetching, &told);
    let spool = Spool::new()?;
    let begun = match of.resumes {
        true => Some(Begun::part(of, &line, &snapshot)?),
        false => None,
    };
    let part = part::open(of, &line, with, &snapshot, &spool)?;
    let session = Session {
        digest: job.snapshot,
        snapshot: &part.snapshot,
        spool: &spool,
        data: &PartData {
            frames: &part.frames,
            begun,
        },
        key: &job.chunk_key,
        told_apart: job.told_apart,
        tally,
    };
    Ok(RestoreSummary {
        held_back: part.held_back,
        ..session.fill(target)?
    })
}

fn hand_out<DW, R, W>(
    job: &HandOutJob,
    dom0: &Dom0<DW>,
    spool: Spool,
    taker: (R, W),
    (input, output): (R, W),
) -> Result<HandedOut>
where
    DW: Write + Send + 'static,
    R: Read,
    W: Write,
{
    let of = &job.part.job;
    let with = &identity(of)?;
    let mut fetching = Fetching::new(input, output);
    let tally = &Tally::new(dom0);
    let snapshot = fetch_snapshot(of, with, &mut fetching, tally)?;
    let told = |fetched| tally.fetched(fetched);
    let line = Line::new(fetching, &told);
    let part = part::open(&job.part, &line, with, &snapshot, &spool)?;
    let handing = Handing {
        digest: of.snapshot,
        part: &part,
        volume_bytes: job.volume_bytes,
        form: &job.form,
    };
    handing.send(taker, tally)
}

/// What opens the snapshots of a job.
///
/// # Errors
/// When it says nothing that could.
pub fn identity(job: &RestoreJob) -> Result<OpenWith> {
    OpenWith::identity(&job.data_identity).ok_or(Error::Job("a data identity"))
}

/// Fetches the snapshot of a job.
///
/// # Errors
/// When it is not there, or another than the job says.
pub fn fetch_snapshot<R: Read, W: Write, DW: Write + Send + 'static>(
    job: &RestoreJob,
    with: &OpenWith,
    fetching: &mut Fetching<R, W>,
    tally: &Tally<'_, DW>,
) -> Result<Snapshot> {
    let digest = job.snapshot;
    let kind = Kind::Snapshot;
    let untrusted_object = fetching.fetch(ObjectName { kind, digest }, Vec::new())?;
    tally.object(&untrusted_object);
    snapshot::read(&untrusted_object, with, job.qube, job.sequence)
        .map_err(|error| Error::Object(digest, error))
}
