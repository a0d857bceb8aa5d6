//! What a restore is to do, decided before anything is done.

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::{Class, QubeRecord, SnapshotRecord};
use crate::machine::{Installation, Machine};
use crate::named;
use crate::part::Part;
use crate::settings::{Settings, keep};
use crate::size::Size;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPatterns;
use qib_rpc::reading::Manner;

/// What is restored, and as what.
pub struct Plan {
    /// The volumes, the private one first.
    pub volumes: Vec<Volume>,
    /// The qube to make.
    pub target: QubeName,
    /// What it is based on.
    pub base: Base,
    /// How it was set up.
    pub settings: Settings,
}

/// One volume to restore.
pub struct Volume {
    /// Which one.
    pub part: Part,
    /// The qube that was backed up.
    pub qube: QubeRecord,
    /// Its snapshot.
    pub snapshot: SnapshotRecord,
    /// How its volume was read.
    pub manner: Manner,
    /// What to restore of it, if not everything.
    pub paths: Option<PathPatterns>,
    /// The size to make it, in bytes.
    pub bytes: u64,
    /// What its file system is told apart by.
    pub told_apart: ToldApart,
}

/// What the user wants.
pub struct Wish<'a> {
    /// The qube that was backed up.
    pub name: &'a QubeName,
    /// The beginning of its id.
    pub id: Option<&'a str>,
    /// The number of the snapshot; the newest without.
    pub sequence: Option<u64>,
    /// The qube to make; as the old one without.
    pub target: Option<QubeName>,
    /// What of it, if not everything.
    pub paths: Option<PathPatterns>,
    /// The size of the private volume; as the old one without.
    pub size: Option<Size>,
    /// What file systems are told apart by.
    pub told_apart: ToldApart,
}

/// What a qube is based on.
pub enum Base {
    /// A template.
    Template(QubeName),
    /// Its own root volume.
    Own(Class),
}

impl Volume {
    fn new(history: &History, snapshot: &SnapshotRecord, wish: &Wish<'_>) -> Self {
        Self {
            part: history.part(),
            qube: history.qube.clone(),
            snapshot: snapshot.clone(),
            manner: history.manner(snapshot.sequence),
            paths: None,
            bytes: snapshot.volume_bytes,
            told_apart: wish.told_apart,
        }
    }
}

/// Decides what a restore does, without doing any of it.
///
/// # Errors
/// When there is no such history or snapshot, the target's name is taken, or paths are
/// asked of an image.
pub fn plan(machine: &Machine, installation: &Installation, wish: &Wish<'_>) -> Result<Plan> {
    let name = wish.name;
    let history = named::history(&installation.ledger.book, name, wish.id)?;
    let snapshot = match wish.sequence {
        Some(number) => history
            .snapshots
            .iter()
            .find(|snapshot| snapshot.sequence == number),
        None => history.newest(),
    };
    let snapshot = snapshot.ok_or_else(|| {
        Error::Restore(format!(
            "{name} has no such snapshot; see 'qib snapshots {name}'"
        ))
    })?;
    let settings = history.settings_of(snapshot.sequence);
    let object = settings.map(|settings| settings.object);
    let object = object.ok_or_else(|| Error::Restore(format!("{name} has no settings stored")))?;
    let settings = keep::get(machine, installation, history.qube.id, object)?;
    let target = wish.target.clone().unwrap_or_else(|| name.clone());
    let qubes = call::qubes()?;
    if qubes.iter().any(|qube| qube.name == target) {
        return Err(Error::Restore(format!(
            "a qube named {target} exists; choose another name with --as NAME"
        )));
    }
    let manner = history.manner(snapshot.sequence);
    let root = installation.ledger.book.root(history.qube.id);
    if wish.paths.is_some() {
        check_paths(name, manner, root.is_some())?;
    }
    let mut private = Volume::new(history, snapshot, wish);
    private.paths = wish.paths.clone();
    private.bytes = wish.size.map_or(private.bytes, Size::bytes);
    let mut volumes = vec![private];
    let base = match root {
        Some(root) => {
            volumes.push(root_volume(root, snapshot.time, wish)?);
            let (_, class) = root.root_of.ok_or_else(no_template)?;
            Base::Own(class)
        }
        None => Base::Template(template(&settings, &qubes)?),
    };
    Ok(Plan {
        volumes,
        target,
        base,
        settings,
    })
}

/// Paths are found in trees only, and make a qube that is based on a template.
fn check_paths(name: &QubeName, manner: Manner, has_root: bool) -> Result<()> {
    if has_root {
        return Err(Error::Restore(format!(
            "{name} has a root volume of its own: qib restores it whole only"
        )));
    }
    match manner {
        Manner::Reader | Manner::Kernel(_) => Ok(()),
        Manner::Image(_) | Manner::Disk => Err(Error::Restore(format!(
            "{name} was kept as an image, in which qib sees no files; restore it whole"
        ))),
    }
}

/// The last state of the root volume that is not newer than that of the private one.
fn root_volume(root: &History, time: i64, wish: &Wish<'_>) -> Result<Volume> {
    let mut snapshots = root.snapshots.iter().rev();
    let is_state_of_then = |snapshot: &&SnapshotRecord| {
        snapshot.time <= time && root.revision(snapshot.sequence).is_none()
    };
    let snapshot = snapshots.find(is_state_of_then);
    let snapshot = snapshot.ok_or_else(|| {
        let text = "its root volume was not backed up with that snapshot";
        Error::Restore(text.to_owned())
    })?;
    Ok(Volume::new(root, snapshot, wish))
}

fn template(settings: &Settings, qubes: &[Qube]) -> Result<QubeName> {
    let template = settings.qube("template").ok_or_else(no_template)?;
    if qubes.iter().any(|qube| qube.name == template) {
        return Ok(template);
    }
    let text = format!("its template {template} does not exist here; install it first");
    Err(Error::Restore(text))
}

fn no_template() -> Error {
    Error::Restore("it had neither a template nor a root volume that was backed up".to_owned())
}
