//! A file system that the kernel fills, where the helper can not: it is mounted, and written
//! to by one name at a time, below open folders.

use super::complete::complete;
use super::fill::InTree;
use super::filling::Filling;
use super::fresh::Plan;
use super::image::Image;
use super::make::make;
use super::place::Place;
use super::runs::Run;
use super::target::Target;
use super::tree::Tree;
use super::verify::verify;
use crate::error::Result;
use qib_rpc::key::ChunkKey;
use std::sync::Mutex;

pub use super::fill::Fill;

/// Writes the tree, its data brought by `bring`, and reads it back by our own reader; returns how
/// much metadata could not be set. None where we may not mount.
///
/// # Errors
/// When the volume can not be written, or is not what was written.
pub fn write(
    plan: &Plan<'_>,
    target: &Target,
    beside: Option<&Image>,
    key: &ChunkKey,
    bring: impl FnOnce(&Fill<'_>) -> Result<()>,
) -> Result<Option<u64>> {
    let Some(place) = Place::prepare(target, plan.survey)? else {
        return Ok(None);
    };
    let (spool, digest) = (plan.spool, plan.digest);
    let mut tree = Tree::new(place.root()?, plan.survey)?;
    let (files, mut wants) = make(&mut tree, spool, plan.tree, digest, plan.survey)?;
    let volume = target.open()?;
    if let Some(image) = beside {
        let add = |run: Run, begins| wants.add(run, begins, InTree::Beside(run.at));
        image.begin(target, &volume, spool, digest, add)?;
    }
    wants.sort();
    let fill = Fill {
        tree: Mutex::new(&mut tree),
        files,
        wants,
        volume: &volume,
        snapshot: digest,
    };
    bring(&fill)?;
    fill.check_all_came()?;
    drop(fill);
    let skipped = complete(&mut tree, spool, plan.tree, digest, &plan.survey.links)?;
    drop(tree);
    place.finish(target)?;
    verify(plan, target, key, skipped)?;
    Ok(Some(skipped))
}
