//! The `zfs` driver: a clone of a snapshot.
//!
//! A running qube writes to its volume itself; what its last shutdown left is a snapshot of
//! Qubes'. The clone lies beside the qubes' volumes, with a name that no qube has, and gets from
//! there the property by which dom0's udev neither probes nor offers it. No name of ours begins
//! as those that Qubes gives snapshots.

use super::{ATTEMPTS, Made, Moment, gone, restless};
use crate::admin::call::Volume;
use crate::error::{Error, Result};
use crate::revision::RevisionId;
use crate::undo::{Undo, Undos};
use crate::zfs::{Dataset, Snapshot};
use qib_rpc::hex;

/// How the names of snapshots begin that Qubes makes when a qube was shut down.
const CLEAN: &str = "qubes-clean";

/// How those begin that it keeps as revisions.
const REVISION: &str = "qubes:";

/// What is read.
#[derive(PartialEq, Eq)]
enum Chosen {
    /// The volume as it is; whether a qube writes to it, or crashed.
    Volume { is_dirty: bool },
    /// What Qubes keeps.
    Kept(Snapshot),
}

pub(super) fn still(
    container: &Dataset,
    volume: &Volume,
    moment: &Moment,
    undos: &mut Undos,
) -> Result<Made> {
    let found = Dataset::parse(&volume.vid).filter(|found| found.is_below(container));
    let found = found.ok_or_else(|| unusual(&volume.vid))?;
    if !container.is_hidden()? {
        return Err(Error::Volume(format!(
            "its pool's container {container} lacks the property \
             'org.qubes-os:part-of-qvm-pool=true', without which dom0 would look inside"
        )));
    }
    let (mut failure, mut moved) = (restless(), false);
    for _ in 0..ATTEMPTS {
        let chosen = choose(&found, moment)?;
        let clone = make(container, &found, &chosen, undos);
        let is_same = choose(&found, moment)? == chosen;
        moved |= !is_same;
        match clone {
            Ok(clone) if is_same => {
                let path = clone.device();
                let is_live = chosen == Chosen::Volume { is_dirty: true };
                return Ok(Made { path, is_live });
            }
            Ok(_) => {}
            // What was chosen may be gone since, as when a qube stops.
            Err(error) => failure = error,
        }
        undos.only(|undo| matches!(undo, Undo::Zvol(_) | Undo::ZfsSnapshot(_)))?;
    }
    // Of one that moved about, what an attempt failed by says little.
    Err(if moved { restless() } else { failure })
}

fn make(
    container: &Dataset,
    volume: &Dataset,
    chosen: &Chosen,
    undos: &mut Undos,
) -> Result<Dataset> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Error::Volume("no randomness".to_owned()))?;
    let name = format!("qib-{}", hex::encode(&random));
    let origin = match chosen {
        Chosen::Kept(snapshot) => snapshot.clone(),
        Chosen::Volume { .. } => {
            let snapshot = volume.snapshot(&name).ok_or_else(|| unusual(volume))?;
            undos.note(Undo::ZfsSnapshot(snapshot.clone()))?;
            snapshot.take()?;
            snapshot
        }
    };
    let clone = container.below(&format!(".{name}"));
    let clone = clone.ok_or_else(|| unusual(container))?;
    undos.note(Undo::Zvol(clone.clone()))?;
    clone.clone_of(&origin)?;
    Ok(clone)
}

fn choose(volume: &Dataset, moment: &Moment) -> Result<Chosen> {
    let kept = |begins: &str| -> Result<Option<Snapshot>> {
        let mut newest_first = volume.snapshots()?.into_iter().rev();
        Ok(newest_first.find(|snapshot| snapshot.name().starts_with(begins)))
    };
    if let Moment::Revision(revision) = moment {
        let all = volume.snapshots()?.into_iter();
        let mut named = all.filter(|snapshot| snapshot.name() == revision.id.as_str());
        let gone = || gone(&format!("in the state of revision {}", revision.id));
        return named.next().map(Chosen::Kept).ok_or_else(gone);
    }
    let is_dirty = volume.is_dirty()?;
    if *moment == Moment::Now || !is_dirty {
        return Ok(Chosen::Volume { is_dirty });
    }
    let left = match kept(CLEAN)? {
        Some(left) => Some(left),
        None => kept(REVISION)?,
    };
    let gone = || gone(&"as its last shutdown left it");
    left.map(Chosen::Kept).ok_or_else(gone)
}

/// When Qubes made it, in seconds since 1970: `qubes:before-start:1700000000.123456`.
pub(super) fn time_of(id: &RevisionId) -> Option<i64> {
    let (_, time) = id.as_str().strip_prefix(REVISION)?.rsplit_once(':')?;
    time.split('.').next()?.parse().ok()
}

fn unusual(name: &impl std::fmt::Display) -> Error {
    Error::Volume(format!("its volume {name} is unusual"))
}
