//! A restore from the job to the summary.

use super::complete::complete;
use super::fill::Fill;
use super::filling::{Filling, Written};
use super::image::{Image, Writing};
use super::make::make;
use super::opening::open_all;
use super::packs::{Arriving, Pack, Packs};
use super::place::Place;
use super::spool::Spool;
use super::survey::Survey;
use super::tally::Tally;
use super::target::Target;
use super::tree::Tree;
use crate::chunk_id::ChunkId;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::seal::OpenWith;
use crate::snapshot::{self, Snapshot, SnapshotKind};
use crate::storage::Fetching;
use qib_rpc::count::Counts;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::restore::{Fidelity, RestoreJob, RestoreSummary};
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::path::Path;

/// Restores a snapshot: hears a job from dom0, waits for `device`, calls the
/// storage qube through `connect` exactly once, and ends with a summary or a fault.
///
/// # Errors
/// Why nothing was restored; dom0 has been told.
pub fn run<DR, DW, SR, SW>(
    from_dom0: DR,
    to_dom0: DW,
    device: &Path,
    connect: impl FnOnce(&RestoreJob) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let dom0 = Dom0::new(to_dom0);
    let done = receive(from_dom0).and_then(|job| {
        let ticker = dom0.start_progress();
        let summary = restore(&job, &dom0, device, connect);
        drop(ticker);
        dom0.say(&summary?)
    });
    done.inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

fn receive(from_dom0: impl Read) -> Result<RestoreJob> {
    Receiver::new(from_dom0)
        .receive()
        .map_err(Error::Dom0)?
        .map_err(|_| Error::Dom0(LineError::Lost))
}

fn restore<DW, SR, SW>(
    job: &RestoreJob,
    dom0: &Dom0<DW>,
    device: &Path,
    connect: impl FnOnce(&RestoreJob) -> Result<(SR, SW)>,
) -> Result<RestoreSummary>
where
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let target = Target::wait(device)?;
    let with = OpenWith::identity(&job.data_identity).ok_or(Error::Job("a data identity"))?;
    let (input, output) = connect(job)?;
    let mut fetching = Fetching::new(input, output);
    let tally = Tally::new(dom0);
    let snapshot = fetch_snapshot(job, &with, &mut fetching, &tally)?;
    let packs = Packs::fetch(fetching, &snapshot)?;
    let session = Session {
        job,
        with,
        snapshot,
        packs,
        tally,
    };
    let spool = session.gather()?;
    if session.snapshot.kind == SnapshotKind::Image {
        return session.write_image(&target, &spool);
    }
    let survey = Survey::new(&spool, &session.snapshot, job.snapshot, target.bytes())?;
    session.expect(&survey);
    target.check(&survey)?;
    let place = Place::prepare(&target, &survey)?;
    let skipped = session.write(&place, &spool, &survey)?;
    let fidelity = place.fidelity();
    place.finish(&target, &survey, &session.snapshot.root)?;
    Ok(RestoreSummary {
        counts: session.tally.counts(),
        fidelity,
        skipped,
    })
}

fn fetch_snapshot<R: Read, W: Write, DW: Write + Send + 'static>(
    job: &RestoreJob,
    with: &OpenWith,
    fetching: &mut Fetching<R, W>,
    tally: &Tally<'_, DW>,
) -> Result<Snapshot> {
    let digest = job.snapshot;
    let kind = Kind::Snapshot;
    let untrusted_object = fetching.fetch(ObjectName { kind, digest })?;
    tally.object(&untrusted_object);
    snapshot::read(&untrusted_object, with, job.qube, job.sequence)
        .map_err(|error| Error::Object(digest, error))
}

/// What a restore holds from the snapshot on.
struct Session<'a, W> {
    job: &'a RestoreJob,
    with: OpenWith,
    snapshot: Snapshot,
    packs: Packs,
    tally: Tally<'a, W>,
}

impl<W: Write + Send + 'static> Session<'_, W> {
    fn open_all(
        &self,
        packs: &Arriving,
        take: impl Fn(ChunkId, &[u8]) -> Result<()> + Sync,
    ) -> Result<()> {
        let fetched = |pack: &Pack| self.tally.object(&pack.bytes);
        open_all(packs, &self.with, &self.job.chunk_key, fetched, take)
    }

    fn gather(&self) -> Result<Spool> {
        let spool = Spool::new()?;
        self.open_all(&self.packs.manifest, |chunk, plain| spool.add(chunk, plain))?;
        Ok(spool)
    }

    /// The volume as it was, whatever lies on it.
    fn write_image(self, target: &Target, spool: &Spool) -> Result<RestoreSummary> {
        let digest = self.job.snapshot;
        let image = Image::find(spool, &self.snapshot, digest, target.bytes())?;
        self.tally.count(|counts| {
            counts.files = 1;
            counts.file_bytes = image.bytes;
            counts.bytes_expected = image.data_bytes;
        });
        let writing = Writing::begin(&image, spool, target, digest)?;
        self.bring(&writing, spool)?;
        writing.finish()?;
        Ok(RestoreSummary {
            counts: self.tally.counts(),
            fidelity: Fidelity::Image,
            skipped: 0,
        })
    }

    /// Brings the data from what was spooled and from every pack.
    fn bring(&self, filling: &impl Filling, spool: &Spool) -> Result<()> {
        let count = |written: Written| {
            self.tally.count(|counts| {
                counts.files_read = counts.files_read.saturating_add(written.files);
                counts.bytes_read = counts.bytes_read.saturating_add(written.bytes);
            });
        };
        filling.take_spool(spool, count)?;
        self.open_all(&self.packs.data, |chunk, plain| {
            filling.take(&chunk, plain).map(count)
        })
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

    fn write(&self, place: &Place, spool: &Spool, survey: &Survey) -> Result<u64> {
        let digest = self.job.snapshot;
        let mut tree = Tree::new(place.root()?, survey)?;
        let wants = make(&mut tree, spool, &self.snapshot, digest, survey)?;
        let fill = Fill::new(&mut tree, wants, digest);
        self.bring(&fill, spool)?;
        fill.check_all_came()?;
        let (snapshot, links) = (&self.snapshot, &survey.links);
        complete(&mut tree, spool, snapshot, digest, links, place.manner())
    }
}
