//! Walking ahead: a thread of its own reads the manifest, while whoever wants its steps is at
//! work on those before.

use super::held::step_bytes;
use super::spool::Spool;
use super::walk::{Step, Stopped, Walk};
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// Steps are handed on together, up to so many bytes.
const BATCH_BYTES: u64 = 256 << 10;

/// Batches that wait.
const AHEAD: usize = 2;

/// Steps that follow each other. None at all are the end.
struct Batch {
    steps: Vec<Step>,
    /// Why nothing follows.
    stopped: Option<Stopped>,
}

/// Hands every step of a walk to `take`.
///
/// # Errors
/// Why the walk stopped, as an error about the snapshot.
pub fn each_step(
    spool: &Spool,
    snapshot: &Snapshot,
    digest: Digest,
    mut take: impl FnMut(Step) -> std::result::Result<(), Stopped>,
) -> Result<()> {
    let (sender, receiver) = sync_channel(AHEAD);
    let walking = move || walk_ahead(Walk::new(spool, snapshot), &sender);
    let walked = thread::scope(|scope| {
        let begun = thread::Builder::new().spawn_scoped(scope, walking);
        begun.map_err(Error::Helper)?;
        // Dropped at an error, which ends the walk.
        for batch in receiver {
            batch.steps.into_iter().try_for_each(&mut take)?;
            batch.stopped.map_or(Ok(()), Err)?;
        }
        Ok(())
    });
    walked.map_err(|stopped: Stopped| stopped.about(digest))
}

/// Walks until nothing is left, or nobody wants more.
fn walk_ahead(mut walk: Walk<'_>, to: &SyncSender<Batch>) {
    loop {
        let batch = next_batch(&mut walk);
        let is_last = batch.steps.is_empty() || batch.stopped.is_some();
        if to.send(batch).is_err() || is_last {
            break;
        }
    }
}

fn next_batch(walk: &mut Walk<'_>) -> Batch {
    let (mut steps, mut stopped, mut bytes) = (Vec::new(), None, 0_u64);
    while bytes < BATCH_BYTES {
        match walk.next_step() {
            Ok(Some(step)) => {
                bytes = bytes.saturating_add(step_bytes(&step));
                steps.push(step);
            }
            Ok(None) => break,
            Err(why) => {
                stopped = Some(why);
                break;
            }
        }
    }
    Batch { steps, stopped }
}
