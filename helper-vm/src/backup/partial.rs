//! Partials: what an interrupted run leaves for the next one.

use super::index_part::{self, From};
use super::session::Session;
use super::store::Store;
use crate::error::Result;
use crate::packs_list::{Change, PackChange};
use qib_rpc::limit::MAX_PARTIALS;
use qib_rpc::message::backup::Partial;
use std::io::Write;

/// At least this much is stored between two partials, in bytes.
const LEAST_BYTES: u64 = 256 << 20;

/// When the next partial is due, and what belongs to it.
pub struct Partials {
    said: usize,
    next_at: u64,
    from: From,
}

impl Partials {
    /// Rows from here on are this run's.
    pub fn new(store: &Store) -> Self {
        Self {
            said: 0,
            next_at: LEAST_BYTES,
            from: From {
                rows: store.known.end(),
                needed_only: false,
            },
        }
    }

    /// Stores a partial if one is due. It covers the run from its start, so
    /// the last one of a session stands for all of them.
    ///
    /// # Errors
    /// When something could not be stored.
    pub fn store_if_due<W: Write + Send + 'static>(
        &mut self,
        session: &Session<W>,
        store: &mut Store,
    ) -> Result<()> {
        let due = store.sealed_bytes() >= self.next_at && self.said < MAX_PARTIALS;
        if !due || session.job.dry_run {
            return Ok(());
        }
        store.flush()?;
        session.settle()?;
        let (to, job) = (&session.index_to, &session.job);
        let part = index_part::seal(&store.known, self.from, to, job.qube, session.rules_mark())?;
        let Some(index) = part else {
            return Ok(());
        };
        let index = session.put(index)?;
        let packs = session.put_packs_list(&stored_packs(store))?;
        session.settle()?;
        session.dom0.say(&Partial { index, packs })?;
        self.said = self.said.saturating_add(1);
        let step = LEAST_BYTES.max(store.sealed_bytes() / 4);
        self.next_at = store.sealed_bytes().saturating_add(step);
        Ok(())
    }
}

fn stored_packs(store: &Store) -> Vec<PackChange> {
    let stored = store
        .known
        .packs
        .iter()
        .filter(|pack| pack.stored_bytes > 0);
    stored
        .map(|pack| PackChange {
            digest: pack.digest,
            change: Change::Added,
            live_bytes: 0,
            stored_bytes: pack.stored_bytes,
        })
        .collect()
}
