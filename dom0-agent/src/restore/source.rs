//! What was stored of a qube that is to be restored.

use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::getting::At;
use crate::ledger::book::{Book, History};
use crate::ledger::record::{QubeRecord, SnapshotRecord};
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::part::Part;
use crate::settings::{Settings, keep};
use crate::size::Size;
use qib_rpc::class::Classes;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPatterns;
use qib_rpc::reading::Manner;

/// What was stored of a qube.
pub struct Source {
    /// Its name.
    pub name: QubeName,
    /// How it was set up.
    pub settings: Settings,
    /// Its volumes that are to be restored, the private one first. One that was always empty has
    /// no snapshot and is not among them.
    pub volumes: Vec<Volume>,
}

/// One volume to restore.
#[derive(Clone)]
pub struct Volume {
    /// Which one.
    pub part: Part,
    /// The qube that was backed up.
    pub qube: QubeRecord,
    /// The storage qube where its snapshot lies.
    pub storage: Destination,
    /// Its snapshot.
    pub snapshot: SnapshotRecord,
    /// How its volume was read.
    pub manner: Manner,
    /// What to restore of it, if not everything.
    pub paths: Option<PathPatterns>,
    /// What of that to hold back.
    pub without: Classes,
    /// The size to make it, in bytes.
    pub bytes: u64,
    /// What its file system is told apart by.
    pub told_apart: ToldApart,
}

/// Which state of a qube the user wants, and what of it.
pub struct Wish<'a> {
    /// The qube that was backed up.
    pub name: &'a QubeName,
    /// The beginning of its id.
    pub id: Option<&'a str>,
    /// The storage qube where it lies.
    pub storage: Option<&'a Destination>,
    /// The number of the snapshot; the newest without, wherever it lies.
    pub sequence: Option<u64>,
    /// What of it, if not everything.
    pub paths: Option<PathPatterns>,
    /// What of that to hold back.
    pub without: Classes,
    /// The size of the private volume; as the old one without.
    pub size: Option<Size>,
    /// What file systems are told apart by.
    pub told_apart: ToldApart,
}

impl Wish<'_> {
    /// The history that is meant.
    ///
    /// # Errors
    /// When there is none, or several are left.
    pub fn history<'a>(&self, book: &'a Book) -> Result<&'a History> {
        let Self {
            name, id, storage, ..
        } = *self;
        let asked = Asked { name, id, storage };
        match self.sequence {
            Some(_) => named::numbered(book, asked),
            None => named::history(book, asked),
        }
    }
}

/// Finds what was stored, at a storage qube that runs.
///
/// # Errors
/// When there is no such history or snapshot, its settings can not be had, or paths are asked of
/// an image.
pub fn find(machine: &Machine, installation: &Installation, wish: &Wish<'_>) -> Result<Source> {
    let name = wish.name;
    let book = &installation.ledger.book;
    let history = wish.history(book)?;
    let snapshot = match wish.sequence {
        Some(number) => Some(with_number(history, number)?),
        None => history.newest(),
    };
    let root = book.root(history.qube.id);
    if wish.paths.is_some() {
        check_paths(history, snapshot, root)?;
    }
    let mut volumes = Vec::new();
    if let Some(snapshot) = snapshot {
        let mut private = Volume::new(history, snapshot, wish)?;
        private.paths = wish.paths.clone();
        private.without = wish.without;
        private.bytes = wish.size.map_or(private.bytes, Size::bytes);
        volumes.push(private);
    }
    if let Some(root) = root {
        volumes.push(root_volume(root, snapshot, wish)?);
    }
    let settings = match wish.sequence {
        Some(number) => history.settings_of(number),
        None => history.settings.last(),
    };
    let none = || Error::Restore(format!("no settings of {name} were stored"));
    let object = settings.ok_or_else(none)?.object;
    Ok(Source {
        name: name.clone(),
        settings: keep::get(machine, installation, history.qube.id, object)?,
        volumes,
    })
}

/// The private volume of a qube, for files of it.
///
/// # Errors
/// When there is no such history or snapshot, or it is an image.
pub fn files(book: &Book, wish: &Wish<'_>) -> Result<Volume> {
    let history = wish.history(book)?;
    let snapshot = match wish.sequence {
        Some(number) => with_number(history, number)?,
        None => history.newest().ok_or_else(|| no_files(history))?,
    };
    check_files(history, snapshot)?;
    Ok(Volume {
        paths: wish.paths.clone(),
        without: wish.without,
        ..Volume::new(history, snapshot, wish)?
    })
}

impl Volume {
    /// Where its objects lie.
    pub fn at(&self) -> At<'_> {
        At {
            storage: &self.storage,
            prefix: self.qube.prefix,
        }
    }

    fn new(history: &History, snapshot: &SnapshotRecord, wish: &Wish<'_>) -> Result<Self> {
        Ok(Self {
            part: history.part(),
            qube: history.qube.clone(),
            storage: history.storage()?.clone(),
            snapshot: snapshot.clone(),
            manner: history.manner(snapshot.sequence),
            paths: None,
            without: Classes::default(),
            bytes: snapshot.volume_bytes,
            told_apart: wish.told_apart,
        })
    }
}

/// The snapshot with this number.
///
/// # Errors
/// When there is none.
pub fn with_number(history: &History, number: u64) -> Result<&SnapshotRecord> {
    let mut snapshots = history.snapshots.iter();
    let found = snapshots.find(|snapshot| snapshot.sequence == number);
    let name = &history.qube.name;
    let none = || format!("{name} has no such snapshot; see 'qib snapshots {name}'");
    found.ok_or_else(|| Error::Restore(none()))
}

/// Paths make a qube that is based on a template.
fn check_paths(
    history: &History,
    snapshot: Option<&SnapshotRecord>,
    root: Option<&History>,
) -> Result<()> {
    let name = &history.qube.name;
    if root.is_some() {
        return Err(Error::Restore(format!(
            "{name} has a root volume of its own: qib restores it whole only"
        )));
    }
    check_files(history, snapshot.ok_or_else(|| no_files(history))?)
}

fn no_files(history: &History) -> Error {
    Error::Restore(format!("{} has no files stored", history.qube.name))
}

/// Files are seen in trees only.
///
/// # Errors
/// When the snapshot is an image or a disk.
pub fn check_files(history: &History, snapshot: &SnapshotRecord) -> Result<()> {
    let name = &history.qube.name;
    match history.manner(snapshot.sequence) {
        Manner::Reader | Manner::Kernel(_) => Ok(()),
        Manner::Image(_) | Manner::Disk => Err(Error::Restore(format!(
            "{name} was kept as an image, in which qib sees no files; restore it whole"
        ))),
    }
}

/// The last state of the root volume that is not newer than that of the private one.
fn root_volume(
    root: &History,
    private: Option<&SnapshotRecord>,
    wish: &Wish<'_>,
) -> Result<Volume> {
    let is_state_of_then = |snapshot: &&SnapshotRecord| {
        let is_older = private.is_none_or(|private| snapshot.time <= private.time);
        is_older && root.revision(snapshot.sequence).is_none()
    };
    let snapshot = root.snapshots.iter().rev().find(is_state_of_then);
    let snapshot = snapshot.ok_or_else(|| {
        let text = "its root volume was not backed up with that snapshot";
        Error::Restore(text.to_owned())
    })?;
    Volume::new(root, snapshot, wish)
}
