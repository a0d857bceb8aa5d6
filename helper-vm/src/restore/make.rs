//! The second walk: folders and empty files of the right size.

use super::links::Role;
use super::runs::each_run;
use super::spool::Spool;
use super::survey::Survey;
use super::tree::{Tree, failed};
use super::walk::{FolderNumber, Step, Stopped, each_step};
use super::wants::Wants;
use crate::error::Result;
use crate::manifest::{Content, Entry, Node};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use rustix::fs::{OFlags, ftruncate};

/// Makes folders and files, and notes which chunks belong where.
///
/// # Errors
/// When the volume can not be written.
pub fn make(
    tree: &mut Tree,
    spool: &Spool,
    snapshot: &Snapshot,
    digest: Digest,
    survey: &Survey,
) -> Result<Wants> {
    let mut wants = Wants::new(survey);
    each_step(spool, snapshot, digest, |step| match step {
        Step::Enter(above, name) => Ok(tree.make_folder(above, &name)?),
        Step::Entry(folder, entry) => file(tree, &mut wants, spool, survey, folder, &entry),
        Step::Leave(..) => Ok(()),
    })?;
    wants.sort();
    Ok(wants)
}

fn file(
    tree: &mut Tree,
    wants: &mut Wants,
    spool: &Spool,
    survey: &Survey,
    folder: FolderNumber,
    entry: &Entry,
) -> std::result::Result<(), Stopped> {
    let Node::File(content) = &entry.node else {
        return Ok(());
    };
    if survey.links.role(folder, entry) != Role::First {
        return Ok(());
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let made = tree.file(folder, entry.name.bytes(), flags)?;
    let size = note_runs(wants, spool, folder, entry, content)?;
    if size > 0 {
        ftruncate(&made, size).map_err(failed)?;
    }
    Ok(())
}

fn note_runs(
    wants: &mut Wants,
    spool: &Spool,
    folder: FolderNumber,
    entry: &Entry,
    content: &Content,
) -> std::result::Result<u64, Stopped> {
    let mut runs = Vec::new();
    // The survey has checked the size.
    let size = each_run(spool, content, u64::MAX, |run| {
        runs.push(run);
        Ok(())
    })?;
    if !runs.is_empty() {
        let file = wants.add_file(folder, &entry.name)?;
        runs.into_iter().for_each(|run| wants.add_run(file, run));
    }
    Ok(size)
}
