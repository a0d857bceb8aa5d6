//! What a restore is to do, decided before anything is done.

use crate::admin::call;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::{QubeRecord, SnapshotRecord};
use crate::machine::Installation;
use crate::text;
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPatterns;
use qib_rpc::reading::Manner;

/// What is restored, and as what.
pub struct Plan {
    /// The qube that was backed up.
    pub qube: QubeRecord,
    /// Its snapshot.
    pub snapshot: SnapshotRecord,
    /// How its volume was read.
    pub manner: Manner,
    /// The qube to make.
    pub target: QubeName,
    /// Its template.
    pub template: QubeName,
    /// What to restore, if not everything.
    pub paths: Option<PathPatterns>,
}

/// Decides what a restore does, without doing any of it.
///
/// # Errors
/// When there is no such history or snapshot, the target's name is taken, or paths are
/// asked of an image.
pub fn plan(
    installation: &Installation,
    name: &QubeName,
    id: Option<&str>,
    sequence: Option<u64>,
    target: Option<QubeName>,
    paths: Option<PathPatterns>,
) -> Result<Plan> {
    let history = history(installation, name, id)?;
    let snapshot = match sequence {
        Some(number) => history
            .snapshots
            .iter()
            .find(|snapshot| snapshot.sequence == number),
        None => history.snapshots.last(),
    };
    let snapshot = snapshot.ok_or_else(|| {
        Error::Restore(format!(
            "{name} has no such snapshot; see 'qib snapshots {name}'"
        ))
    })?;
    let target = target.unwrap_or_else(|| name.clone());
    let qubes = call::qubes()?;
    if qubes.iter().any(|qube| qube.name == target) {
        return Err(Error::Restore(format!(
            "a qube named {target} exists; choose another name with --as NAME"
        )));
    }
    let template = snapshot.settings.template.clone();
    let template = template.filter(|name| qubes.iter().any(|qube| &qube.name == name));
    let template = template.ok_or_else(|| {
        Error::Restore(match &snapshot.settings.template {
            Some(missing) => {
                format!("its template {missing} does not exist here; install it first")
            }
            None => "it had no template; qib does not restore such qubes yet".to_owned(),
        })
    })?;
    let manner = history.manner(snapshot.sequence);
    if paths.is_some() && matches!(manner, Manner::Image(_)) {
        return Err(Error::Restore(format!(
            "{name} was kept as an image, in which qib sees no files; restore it whole"
        )));
    }
    Ok(Plan {
        qube: history.qube.clone(),
        snapshot: snapshot.clone(),
        manner,
        target,
        template,
        paths,
    })
}

/// The history that is meant. A qube that was made anew, by a restore for one, has
/// another under the same name: which of them is wanted only the user knows.
fn history<'a>(
    installation: &'a Installation,
    name: &QubeName,
    id: Option<&str>,
) -> Result<&'a History> {
    let mut named = installation.ledger.book.named(name);
    named.retain(|history| !history.snapshots.is_empty());
    named.retain(|history| id.is_none_or(|id| history.qube.id.to_string().starts_with(id)));
    match named.as_slice() {
        [] => Err(Error::Restore(format!(
            "{name} was never backed up; see 'qib snapshots'"
        ))),
        [only] => Ok(only),
        several => {
            let mut text = format!("several qubes had the name {name}; choose one with --id ID:");
            for last in several
                .iter()
                .filter_map(|history| history.snapshots.last())
            {
                let count = text::count(last.sequence, "snapshot", "snapshots");
                let time = text::time(last.time);
                text.push_str(&format!("\n  {}  {count}, the last of {time}", last.qube));
            }
            Err(Error::Restore(text))
        }
    }
}
