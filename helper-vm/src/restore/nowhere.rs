//! A restore to nowhere: everything is opened, walked and compared, and nothing written.

use super::disk;
use super::filling::{Count, Filling, write_each};
use super::image::Image;
use super::links::Role;
use super::make::{all_runs, with_first};
use super::opening::Later;
use super::spool::Spool;
use super::steps::each_step;
use super::survey::Survey;
use super::walk::Step;
use super::wants::{Wanted, Wants};
use crate::error::Result;
use crate::manifest::Node;
use crate::pack::Chunk;
use crate::snapshot::{Snapshot, SnapshotKind};
use qib_rpc::id::Digest;

/// How many times its volume's size a snapshot may hold: file systems that compress and share
/// hold more than their size.
const MOST_TIMES: u64 = 32;

/// Wants every chunk that a manifest names, and drops it when it came.
pub struct Nowhere {
    wants: Wants<()>,
    snapshot: Digest,
}

impl Nowhere {
    /// Walks the whole manifest of a volume of so many bytes, and checks it as a restore does;
    /// returns also what it holds.
    ///
    /// # Errors
    /// When the manifest lies, or tells of more than a volume of that size can hold.
    pub fn new(
        spool: &Spool,
        snapshot: &Snapshot,
        digest: Digest,
        volume_bytes: u64,
    ) -> Result<(Self, Survey)> {
        let most = volume_bytes.saturating_mul(MOST_TIMES);
        match snapshot.kind {
            SnapshotKind::Tree => {}
            SnapshotKind::Image => drop(Image::find(spool, snapshot, digest, most)?),
            SnapshotKind::Disk(of) => {
                drop(disk::divide(spool, snapshot, &of, digest, most)?);
            }
        }
        // Whatever it is of, its manifest is a tree.
        let survey = Survey::new(spool, snapshot, digest, most)?;
        let mut wants = Wants::new(&survey);
        each_step(spool, snapshot, digest, |step| {
            let Step::Entry(folder, entry) = step else {
                return Ok(());
            };
            let Node::File(content) = &entry.node else {
                return Ok(());
            };
            if survey.links.role(folder, &entry) != Role::First {
                return Ok(());
            }
            let (runs, _) = all_runs(spool, content)?;
            for (run, begins) in with_first(runs) {
                wants.add(run, begins, ());
            }
            Ok(())
        })?;
        wants.sort();
        let nowhere = Self {
            wants,
            snapshot: digest,
        };
        Ok((nowhere, survey))
    }
}

impl Filling for Nowhere {
    fn wanted(&self) -> &dyn Wanted {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>], count: Count<'g>) -> Result<Later<'g>> {
        let nothing = |(): &(), _: &[u8]| Ok(());
        Ok(write_each(
            &self.wants,
            self.snapshot,
            chunks,
            count,
            nothing,
        ))
    }
}
