//! The second walk: folders and empty files of the right size.

use super::files::Files;
use super::fill::InTree;
use super::links::Role;
use super::runs::{Run, each_run};
use super::spool::Spool;
use super::steps::each_step;
use super::survey::Survey;
use super::tree::{Tree, failed};
use super::walk::{FolderNumber, Step, Stopped};
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
) -> Result<(Files, Wants<InTree>)> {
    let (mut files, mut wants) = (Files::new(survey), Wants::new(survey));
    each_step(spool, snapshot, digest, |step| match step {
        Step::Enter(above, name) => Ok(tree.make_folder(above, &name)?),
        Step::Entry(folder, entry) => {
            let runs = file(tree, spool, survey, folder, &entry)?;
            if runs.is_empty() {
                return Ok(());
            }
            let number = files.add(folder, &entry.name)?;
            for (run, begins) in with_first(runs) {
                wants.add(run, begins, InTree::File(number, run.at));
            }
            Ok(())
        }
        Step::Leave(..) => Ok(()),
    })?;
    Ok((files, wants))
}

/// The runs of a file, and whether each is its first.
pub fn with_first(runs: Vec<Run>) -> impl Iterator<Item = (Run, bool)> {
    let firsts = std::iter::once(true).chain(std::iter::repeat(false));
    runs.into_iter().zip(firsts)
}

/// Makes a file of the right size; returns its runs.
fn file(
    tree: &mut Tree,
    spool: &Spool,
    survey: &Survey,
    folder: FolderNumber,
    entry: &Entry,
) -> std::result::Result<Vec<Run>, Stopped> {
    let Node::File(content) = &entry.node else {
        return Ok(Vec::new());
    };
    if survey.links.role(folder, entry) != Role::First {
        return Ok(Vec::new());
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let made = tree.file(folder, entry.name.bytes(), flags)?;
    let (runs, size) = all_runs(spool, content)?;
    if size > 0 {
        ftruncate(&made, size).map_err(failed)?;
    }
    Ok(runs)
}

/// The runs of a file, and its size. The survey has checked both.
pub fn all_runs(spool: &Spool, content: &Content) -> std::result::Result<(Vec<Run>, u64), Stopped> {
    let mut runs = Vec::new();
    let size = each_run(spool, content, u64::MAX, |run| {
        runs.push(run);
        Ok(())
    })?;
    Ok((runs, size))
}
