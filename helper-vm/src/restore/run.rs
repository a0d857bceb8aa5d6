//! A restore from the job to the summary.

use super::complete::complete;
use super::disk;
use super::fill::{Fill, open_pack};
use super::filling::Filling;
use super::image::{Image, Writing};
use super::make::make;
use super::packs::Packs;
use super::place::Place;
use super::spool::Spool;
use super::survey::Survey;
use super::target::Target;
use super::tree::Tree;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::number::wide;
use crate::seal::OpenWith;
use crate::snapshot::{self, Holds, Snapshot, SnapshotKind};
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
    let mut target = Target::wait(device)?;
    let with = OpenWith::identity(&job.data_identity).ok_or(Error::Job("a data identity"))?;
    let (input, output) = connect(job)?;
    let mut fetching = Fetching::new(input, output);
    let mut counts = Counts::default();
    let snapshot = fetch_snapshot(job, &with, &mut fetching, &mut counts)?;
    let packs = Packs::fetch(fetching, &snapshot)?;
    let mut session = Session {
        job,
        with,
        snapshot,
        packs,
        counts,
        dom0,
    };
    let spool = session.gather()?;
    let mut image = None;
    match session.snapshot.kind {
        SnapshotKind::Tree => {}
        SnapshotKind::Image => return session.write_image(&target, &spool),
        SnapshotKind::Disk(disk) => {
            let (snapshot, digest) = (&session.snapshot, job.snapshot);
            let (tree, beside) = disk::divide(&spool, snapshot, &disk, digest, target.bytes())?;
            session.snapshot = tree;
            image = Some(beside);
            target = target.holding(disk);
        }
    }
    let mut survey = Survey::new(&spool, &session.snapshot, job.snapshot, target.fs_bytes())?;
    if let Some(image) = &image {
        survey.add_image(image);
    }
    session.expect(&survey);
    target.check(&survey)?;
    let place = Place::prepare(&target, &survey)?;
    let beside = image.map(|image| (image, &target));
    let skipped = session.write(&place, &spool, &survey, beside)?;
    let fidelity = place.fidelity();
    place.finish(&target, &survey, &session.snapshot.root)?;
    let counts = session.counts;
    Ok(RestoreSummary {
        counts,
        fidelity,
        skipped,
    })
}

fn fetch_snapshot<R: Read, W: Write>(
    job: &RestoreJob,
    with: &OpenWith,
    fetching: &mut Fetching<R, W>,
    counts: &mut Counts,
) -> Result<Snapshot> {
    let digest = job.snapshot;
    let kind = Kind::Snapshot;
    let untrusted_object = fetching.fetch(ObjectName { kind, digest })?;
    count(counts, &untrusted_object);
    snapshot::read(&untrusted_object, with, job.qube, job.sequence)
        .map_err(|error| Error::Object(digest, error))
}

/// What a restore holds from the snapshot on.
struct Session<'a, W> {
    job: &'a RestoreJob,
    with: OpenWith,
    snapshot: Snapshot,
    packs: Packs,
    counts: Counts,
    dom0: &'a Dom0<W>,
}

impl<W: Write + Send + 'static> Session<'_, W> {
    fn packs_of(&self, holds: Holds) -> usize {
        let packs = self.snapshot.packs.iter();
        packs.filter(|pack| pack.holds == holds).count()
    }

    fn gather(&mut self) -> Result<Spool> {
        let mut spool = Spool::new()?;
        let count_of_packs = self.packs_of(Holds::Manifest);
        self.packs.each(count_of_packs, |pack| {
            count(&mut self.counts, &pack.bytes);
            self.dom0.count(&self.counts);
            open_pack(pack, &self.with, &self.job.chunk_key, |chunk, plain| {
                spool.add(chunk, plain)
            })
        })?;
        Ok(spool)
    }

    /// The volume as it was, whatever lies on it.
    fn write_image(mut self, target: &Target, spool: &Spool) -> Result<RestoreSummary> {
        let digest = self.job.snapshot;
        let image = Image::find(spool, &self.snapshot, digest, target.bytes())?;
        self.counts.files = 1;
        self.counts.files_read = 1;
        self.counts.file_bytes = image.bytes;
        self.counts.bytes_expected = image.data_bytes;
        let mut writing = Writing::begin(&image, spool, target, digest)?;
        self.bring(&mut writing, spool)?;
        writing.finish()?;
        Ok(RestoreSummary {
            counts: self.counts,
            fidelity: Fidelity::Image,
            skipped: 0,
        })
    }

    /// Brings the data from what was spooled and from every pack, in the order of the packs.
    fn bring(&mut self, filling: &mut impl Filling, spool: &Spool) -> Result<()> {
        filling.take_spool(spool, &mut self.counts)?;
        let count_of_packs = self.packs_of(Holds::Data);
        let (dom0, key) = (self.dom0, &self.job.chunk_key);
        self.packs.each(count_of_packs, |pack| {
            count(&mut self.counts, &pack.bytes);
            filling.take_pack(pack, &self.with, key, &mut self.counts, |counts| {
                dom0.count(counts);
            })
        })
    }

    fn expect(&mut self, survey: &Survey) {
        self.counts = Counts {
            bytes_stored: self.counts.bytes_stored,
            objects: self.counts.objects,
            bytes_expected: survey.data_bytes,
            ..survey.counts
        };
        self.dom0.count(&self.counts);
    }

    /// Writes the files, and what a disk has beside them.
    fn write(
        &mut self,
        place: &Place,
        spool: &Spool,
        survey: &Survey,
        beside: Option<(Image, &Target)>,
    ) -> Result<u64> {
        let digest = self.job.snapshot;
        let mut tree = Tree::new(place.root()?, survey)?;
        let mut wants = make(&mut tree, spool, &self.snapshot, digest, survey)?;
        let begin =
            |(image, target): (Image, &Target)| image.begin(target, spool, digest, &mut wants);
        let beside = beside.map(begin).transpose()?;
        let mut fill = Fill::new(&mut tree, wants, beside, digest);
        self.bring(&mut fill, spool)?;
        fill.check_all_came()?;
        let (snapshot, links) = (&self.snapshot, &survey.links);
        complete(&mut tree, spool, snapshot, digest, links, place.manner())
    }
}

fn count(counts: &mut Counts, object: &[u8]) {
    counts.objects = counts.objects.saturating_add(1);
    counts.bytes_stored = counts.bytes_stored.saturating_add(wide(object.len()));
}
