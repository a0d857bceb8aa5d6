//! The `lvm_thin` driver: a thin snapshot.
//!
//! Its name begins with `vm-`, so that dom0's udev neither probes nor offers what lies in it, and
//! has a dot where no name of a qube's volume has one.

use super::{ATTEMPTS, Made, Moment, gone, restless};
use crate::admin::call::Volume;
use crate::error::{Error, Result};
use crate::lvm::Lv;
use crate::revision::{Revision, RevisionId};
use crate::undo::{Undo, Undos};
use qib_rpc::hex;

/// What a running qube writes to ends in this.
const LIVE: &str = "-snap";

/// What an older state ends in, after the time when a newer one took its place.
const OLDER: &str = "-back";

pub(super) fn still(volume: &Volume, moment: &Moment, undos: &mut Undos) -> Result<Made> {
    let committed = parse(volume)?;
    let (mut failure, mut moved) = (restless(), false);
    for _ in 0..ATTEMPTS {
        let origin = chosen(&committed, moment)?;
        let snapshot = committed.beside(name()?);
        undos.note(Undo::Lv(snapshot.clone()))?;
        let made = snapshot.snapshot_of(&origin);
        let is_same = chosen(&committed, moment)? == origin;
        moved |= !is_same;
        match made {
            Ok(()) if is_same => {
                return Ok(Made {
                    path: snapshot.device(),
                    is_live: origin.name().ends_with(LIVE),
                });
            }
            Ok(()) => {}
            // It may have been gone for a moment, whatever is there now.
            Err(error) => failure = error,
        }
        undos.only(|undo| *undo == Undo::Lv(snapshot.clone()))?;
    }
    // Of one that moved about, what an attempt failed by says little.
    Err(if moved { restless() } else { failure })
}

/// When a newer state took the place of this one, in seconds since 1970.
pub(super) fn time_of(id: &RevisionId) -> Option<i64> {
    id.as_str().strip_suffix(OLDER)?.parse().ok()
}

fn name() -> Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Error::Volume("no randomness".to_owned()))?;
    Ok(format!("vm-qib.{}", hex::encode(&random)))
}

fn parse(volume: &Volume) -> Result<Lv> {
    let lv = Lv::parse(&volume.vid);
    lv.ok_or_else(|| Error::Volume(format!("its volume {} is unusual", volume.vid)))
}

/// The volume that holds the state to read. The newest one: what a running qube writes to, or
/// one that crashed wrote to; what was left at the last shutdown; or, where that is gone, the
/// newest revision.
fn chosen(committed: &Lv, moment: &Moment) -> Result<Lv> {
    let mut names = committed.group_names()?;
    let name = match moment {
        Moment::Now => newest_of(committed.name(), &names),
        Moment::LastShutdown => {
            names.retain(|name| !name.ends_with(LIVE));
            newest_of(committed.name(), &names)
        }
        Moment::Revision(Revision { id, .. }) => {
            let name = format!("{}-{id}", committed.name());
            names.contains(&name).then_some(name)
        }
    };
    let chosen = name.map(|name| committed.beside(name));
    chosen.ok_or_else(|| gone(committed))
}

fn newest_of(committed: &str, names: &[String]) -> Option<String> {
    let live = format!("{committed}{LIVE}");
    let revision = |name: &String| -> Option<(u64, String)> {
        let rest = name.strip_prefix(committed)?.strip_prefix('-')?;
        let seconds = rest.strip_suffix(OLDER)?.parse().ok()?;
        Some((seconds, name.clone()))
    };
    if names.contains(&live) {
        return Some(live);
    }
    if names.iter().any(|name| name == committed) {
        return Some(committed.to_owned());
    }
    let newest = names.iter().filter_map(revision).max();
    newest.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::newest_of;

    #[test]
    fn the_newest_state_of_a_volume() {
        let newest = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            newest_of("vm-work-private", &names)
        };
        let committed = "vm-work-private";
        let (live, back) = ("vm-work-private-snap", "vm-work-private-1700000000-back");
        let later = "vm-work-private-1800000000-back";
        assert_eq!(newest(&[back, committed, live]).as_deref(), Some(live));
        assert_eq!(newest(&[later, committed]).as_deref(), Some(committed));
        assert_eq!(newest(&[later, back]).as_deref(), Some(later));
        // Those of a qube named `work-private`, and other things.
        let others = [
            "vm-work-private-private",
            "vm-work-private-private-snap",
            "vm-work-private-private-1700000000-back",
            "vm-work-private-import",
            "vm-work-root",
        ];
        assert_eq!(newest(&others), None);
    }
}
