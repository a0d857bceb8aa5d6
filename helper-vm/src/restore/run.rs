//! A restore from the job to the summary.

use super::packs::Packs;
use super::part::{self, Line};
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
use qib_rpc::count::Counts;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob, RestoreSummary};
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::path::Path;

/// What dom0 asks for.
enum Job {
    Whole(RestoreJob),
    Part(Box<RestorePathsJob>),
}

impl Job {
    fn receive(from_dom0: impl Read) -> Result<Self> {
        let frame = Receiver::new(from_dom0).frame().map_err(Error::Dom0)?;
        let job = if frame.is::<RestorePathsJob>() {
            let job = frame.decode().map_err(Error::Dom0)?;
            job.map(|job| Self::Part(Box::new(job)))
        } else {
            frame.decode().map_err(Error::Dom0)?.map(Self::Whole)
        };
        job.map_err(|_| Error::Dom0(LineError::Lost))
    }

    fn snapshot(&self) -> &RestoreJob {
        match self {
            Self::Whole(job) => job,
            Self::Part(part) => &part.job,
        }
    }
}

/// Restores a snapshot: hears a job from dom0, waits for `device`, calls the
/// storage qube through `connect` exactly once, and ends with a summary or a fault.
///
/// `connect` may confine the helper: it hears what is needed from then on, and no other thread
/// runs.
///
/// # Errors
/// Why nothing was restored; dom0 has been told.
pub fn run<DR, DW, SR, SW>(
    from_dom0: DR,
    to_dom0: DW,
    device: &Path,
    connect: impl FnOnce(&RestoreJob, Needs<'_>) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let dom0 = Dom0::new(to_dom0);
    let done = Job::receive(from_dom0).and_then(|job| {
        let target = Target::wait(device)?;
        let line = connect(job.snapshot(), Needs::Volume)?;
        let ticker = dom0.start_progress();
        let summary = restore(&job, &dom0, &target, line);
        drop(ticker);
        dom0.say(&summary?)
    });
    done.inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

fn restore<DW, SR, SW>(
    job: &Job,
    dom0: &Dom0<DW>,
    target: &Target,
    (input, output): (SR, SW),
) -> Result<RestoreSummary>
where
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let of = job.snapshot();
    let with = OpenWith::identity(&of.data_identity).ok_or(Error::Job("a data identity"))?;
    let mut fetching = Fetching::new(input, output);
    let tally = Tally::new(dom0);
    let snapshot = fetch_snapshot(of, &with, &mut fetching, &tally)?;
    match job {
        Job::Whole(_) => {
            let whole = Whole {
                packs: Packs::fetch(fetching, &snapshot)?,
                with: &with,
                key: &of.chunk_key,
                tally: &tally,
            };
            let spool = &whole.gather(Spool::new()?)?;
            Session {
                digest: of.snapshot,
                snapshot: &snapshot,
                spool,
                data: &whole,
                key: &of.chunk_key,
                told_apart: of.told_apart,
                tally: &tally,
            }
            .fill(target)
        }
        Job::Part(part) => {
            let told = |fetched| tally.fetched(fetched);
            let line = Line::new(fetching, &told);
            let (smaller, frames) = part::open(part, &line, &with, &snapshot)?;
            Session {
                digest: of.snapshot,
                snapshot: &smaller,
                spool: &frames.spool,
                data: &frames,
                key: &of.chunk_key,
                told_apart: of.told_apart,
                tally: &tally,
            }
            .fill(target)
        }
    }
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
    let with = OpenWith::identity(&job.data_identity).ok_or(Error::Job("a data identity"))?;
    let mut fetching = Fetching::new(input, output);
    let tally = Tally::new(dom0);
    let snapshot = fetch_snapshot(job, &with, &mut fetching, &tally)?;
    let whole = Whole {
        packs: Packs::fetch(fetching, &snapshot)?,
        with: &with,
        key: &job.chunk_key,
        tally: &tally,
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

fn fetch_snapshot<R: Read, W: Write, DW: Write + Send + 'static>(
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
