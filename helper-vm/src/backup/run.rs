//! A backup from the job to the summary.

use super::disk;
use super::fingerprint::Fingerprints;
use super::finish;
use super::image;
use super::job::{self, Job};
use super::look::Look;
use super::manifest_walk::{ManifestWalk, Root};
use super::mounted;
use super::names_walk;
use super::partial::Partials;
use super::paths::Paths;
use super::racy::{RacyFrom, ReadAgain};
use super::read_ahead::ReadAhead;
use super::read_data::DataReader;
use super::reading_list::{self, Judge, ReadingList};
use super::session::Session;
use super::store::Store;
use super::suggestions::Suggestions;
use super::survey::{Comparison, Survey};
use super::trial::Trial;
use super::unchanged;
use super::volume::{self, Volume};
use crate::confine::Needs;
use crate::cut::Cutter;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::index::{self, Parent, RulesMark};
use crate::known::{Known, Loader};
use crate::seal::{OpenWith, SealTo};
use crate::snapshot::{BlockSize, SnapshotKind};
use crate::storage::Fetching;
use qib_ext4::{BlockReader, Ext4};
use qib_rpc::count::LeftOuts;
use qib_rpc::line::Receiver;
use qib_rpc::message::backup::{BackupJob, BackupSummary, Reading};
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Makes a backup: hears a job from dom0, opens `device`, calls the storage
/// qube through `connect` exactly once, and ends with a summary or a fault.
///
/// `connect` may confine the helper: it hears what is needed from then on, and no other thread
/// runs.
///
/// # Errors
/// Why there is no backup; dom0 has been told.
pub fn run<DR, DW, SR, SW>(
    from_dom0: DR,
    to_dom0: DW,
    device: &Path,
    connect: impl FnOnce(&BackupJob, Needs<'_>) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let dom0 = Dom0::new(to_dom0);
    let done = job::receive(&mut Receiver::new(from_dom0)).and_then(|job| {
        let (volume, manner) = dom0.while_told(|| volume::open(device))?;
        dom0.say(&Reading { manner })?;
        let line = connect(&job.order, volume.needs())?;
        let summary = dom0.while_told(|| back_up(job, dom0.clone(), volume, line))?;
        dom0.say(&summary)
    });
    done.inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

fn back_up<W, SR, SW>(
    job: Job,
    dom0: Dom0<W>,
    volume: Volume,
    (input, output): (SR, SW),
) -> Result<BackupSummary>
where
    W: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let mut fetching = Fetching::new(input, output);
    let index_identity = OpenWith::seed(&job.order.index_seed);
    let index_identity = index_identity.ok_or(Error::Job("an index seed"))?;
    let suggestions = Suggestions::of(&volume);
    let fingerprints = Fingerprints::new(&job.order.chunk_key, job.order.rules);
    let mut load = || load(&job, &suggestions, &index_identity, &mut fetching);
    let (known, look) = match &volume {
        Volume::Files(fs) => Look::beside(fs.as_ref(), &fingerprints, load)?,
        Volume::Disk(volume) => Look::beside(volume.file_system(), &fingerprints, load)?,
        Volume::Mounted(_) | Volume::Image(_) => (load()?, Look::default()),
    };
    let storage = Arc::new(fetching.into_putting());
    let session = Session {
        suggestions,
        index_to: SealTo::identity(&index_identity),
        data_to: SealTo::recipient(&job.order.data_recipient)
            .ok_or(Error::Job("a data recipient"))?,
        dom0,
        storage: (!job.order.dry_run).then(|| Arc::clone(&storage)),
        job: job.order,
    };
    let summary = match volume {
        Volume::Files(fs) => store_all(&session, fs.as_ref(), look, known),
        Volume::Mounted(mount) => mounted::store_all(&session, mount, known),
        Volume::Disk(volume) => disk::store_all(&session, &volume, look, known),
        Volume::Image(device) => image::store_all(&session, &device, known),
    }?;
    storage.finish()?;
    Ok(summary)
}

fn load<R: Read, W: Write>(
    job: &Job,
    suggestions: &Suggestions,
    identity: &OpenWith,
    fetching: &mut Fetching<R, W>,
) -> Result<Known> {
    let mut known = Known::default();
    for pack in &job.packs {
        known.packs.add_live(pack);
    }
    let order = &job.order;
    let rules = RulesMark::of(order.rules, &order.paths, &suggestions.obeyed(order));
    // A dry run looks at every name.
    let rules = (!order.dry_run).then_some(rules);
    for digest in job.order.index.items() {
        let name = ObjectName {
            kind: Kind::Index,
            digest: *digest,
        };
        let untrusted_object = fetching.fetch(name, Vec::new())?;
        let mut loader = Loader::new(&mut known, rules);
        index::read(&untrusted_object, identity, job.order.qube, &mut loader)
            .map_err(|error| Error::Object(*digest, error))?;
        loader.finish();
    }
    known.first_new = known.end();
    Ok(known)
}

fn store_all<W: Write + Send + 'static, R: BlockReader>(
    session: &Session<W>,
    fs: &Ext4<R>,
    look: Look,
    known: Known,
) -> Result<BackupSummary> {
    let mut store = session.store(known)?;
    let mut trial = session.trial();
    let (root, left_out) = store_tree(session, fs, look, &mut store, &mut trial)?;
    let block_size = BlockSize::new(fs.block_size().into()).unwrap_or_default();
    let kind = SnapshotKind::Tree;
    let stored = finish::finish(session, &mut store, root, &left_out, block_size, kind)?;
    Ok(session.summary(&store, stored, left_out, trial))
}

/// Stores the files of a file system that was looked at, and says what was left out of them.
///
/// # Errors
/// When it can not be read, or something not be stored.
pub(super) fn store_tree<W: Write + Send + 'static, R: BlockReader>(
    session: &Session<W>,
    fs: &Ext4<R>,
    look: Look,
    store: &mut Store,
    trial: &mut Trial,
) -> Result<(Root, LeftOuts)> {
    let job = &session.job;
    let fingerprints = Fingerprints::new(&job.chunk_key, job.rules);
    let again = ReadAgain::new(job.previous, job.now, &job.chunk_key);
    let comparison = Comparison {
        known: &store.known,
        again: &again,
    };
    let survey = Survey::make(fs.times(), &look, &comparison)?;
    drop(look);
    let mut paths = Paths::new(job.rules, &job.paths, &session.obeyed());
    let known = &mut store.known;
    let selection = names_walk::walk(fs, job.rules, &mut paths, &survey, &fingerprints, known)?;
    let judge = Judge {
        racy: RacyFrom::new(survey.newest, job.now),
        fingerprints,
        rules: job.rules,
    };
    let list = reading_list::make(fs, &selection, &survey, &judge)?;
    let expected = &mut store.counts.bytes_expected;
    *expected = expected.saturating_add(list.bytes);
    let mut left_out = selection.left_out.clone();
    let tops = selection.unchanged.values().copied().collect();
    unchanged::take(store, &survey, tops, &mut left_out)?;
    drop(survey);
    read_files(session, fs, &list, &judge, store)?;
    drop(list);
    let walk = ManifestWalk {
        selection: &selection,
        paths: &paths,
        judge: &judge,
        key: &session.job.cut_key,
        store,
        left_out: &mut left_out,
        trial,
    };
    let root = walk.write(fs, |store| session.dom0.count(&session.counts(store)))?;
    Ok((root, left_out))
}

fn read_files<W: Write + Send + 'static, R: BlockReader>(
    session: &Session<W>,
    fs: &Ext4<R>,
    list: &ReadingList,
    judge: &Judge,
    store: &mut Store,
) -> Result<()> {
    let cutter = Cutter::new(&session.job.cut_key);
    std::thread::scope(|scope| {
        let ahead = ReadAhead::start(scope, fs, &list.files);
        let mut reader = DataReader::new(ahead, &cutter, fs.volume_bytes());
        take_files(session, &mut reader, judge, store)
    })
}

fn take_files<W: Write + Send + 'static>(
    session: &Session<W>,
    reader: &mut DataReader<'_>,
    judge: &Judge,
    store: &mut Store,
) -> Result<()> {
    let mut partials = Partials::new(store);
    let mut after_piece = |store: &mut Store| {
        session.dom0.count(&session.counts(store));
        partials.store_if_due(session, store)
    };
    while let Some((planned, words)) = reader.next(store, &mut after_piece)? {
        let file = planned.file;
        store.counts.files_read = store.counts.files_read.saturating_add(1);
        store.counts.files_racy = store.counts.files_racy.saturating_add(u64::from(file.racy));
        let key = judge.fingerprints.key_of(&planned.inode);
        let files = &mut store.known.files;
        let row = files.note(key, Parent::Unknown, Some(&words));
        let row = row.ok_or(Error::VolumeTooLarge("more files than an index can hold"))?;
        if file.racy {
            files.distrust(row);
        }
    }
    Ok(())
}
