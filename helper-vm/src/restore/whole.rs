//! A whole snapshot: its packs, each fetched once, those with the manifest first.

use super::opening::{Take, open_all};
use super::packs::{Arriving, Pack, Packs};
use super::resume::{Begun, There};
use super::session::Data;
use super::spool::Spool;
use super::tally::Tally;
use super::wants::Wanted;
use crate::error::Result;
use crate::seal::OpenWith;
use qib_rpc::key::ChunkKey;
use std::io::Write;

/// The packs of a snapshot.
pub struct Whole<'a, W> {
    /// On their way.
    pub packs: Packs,
    /// Opens them.
    pub with: &'a OpenWith,
    /// Keys chunk ids.
    pub key: &'a ChunkKey,
    /// What was done.
    pub tally: &'a Tally<'a, W>,
    /// What an interrupted restore may have brought; no pack with data is asked for yet.
    pub begun: Option<Begun>,
}

impl<W: Write + Send + 'static> Whole<'_, W> {
    /// Collects the manifest in an empty spool.
    ///
    /// # Errors
    /// When a pack can not be fetched or is damaged, or the helper's disk fails.
    pub fn gather(&self, spool: Spool) -> Result<Spool> {
        self.open_all(&self.packs.manifest, &spool)?;
        Ok(spool)
    }

    fn open_all(&self, packs: &Arriving, take: &dyn Take) -> Result<()> {
        let fetched = |pack: &Pack| self.tally.object(&pack.bytes);
        open_all(packs, self.with, self.key, fetched, take)
    }
}

impl<W: Write + Send + 'static> Data for Whole<'_, W> {
    fn look(&self, there: &dyn There) -> Result<()> {
        if let Some(begun) = &self.begun {
            self.packs.ask(begun.lacking(there)?);
        }
        Ok(())
    }

    fn each(&self, _wants: &dyn Wanted, take: &dyn Take) -> Result<()> {
        self.open_all(&self.packs.data, take)
    }
}
