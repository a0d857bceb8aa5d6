//! Going on with a restore that was interrupted: its volume has some of the data already.
//!
//! Packs are fetched in the order of the snapshot, and their chunks get their places in the order
//! in which they come. So whoever goes through the tables of frames in that order knows where each
//! chunk would have been put. Nothing that lies there is believed: it is read and compared with its
//! id, and only packs of which something is missing are fetched.

use super::packs::digests;
use super::part::{Line, Rows};
use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::number::place;
use crate::seal::OpenWith;
use crate::snapshot::{Holds, Snapshot};
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::key::IndexSeed;
use qib_rpc::message::restore::{RestorePathsJob, ResumeJob};
use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};

/// After so many packs in a row of which nothing was found, nothing is expected behind them: the
/// restore did not get there.
const MOST_WITHOUT: usize = 16;

/// What became of chunks whose ids begin with some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// None of them is wanted, or not any more.
    NotWanted,
    /// One that is wanted lies wherever it is wanted.
    There,
    /// One is wanted and does not.
    Lacking,
}

/// A volume to which chunks were brought, perhaps.
pub trait There {
    /// Looks whether a wanted chunk whose id begins so lies there; from then on it counts as come.
    ///
    /// # Errors
    /// When the volume can not be read.
    fn look(&self, prefix: u32) -> Result<Found>;

    /// Whether a chunk whose id begins so is still wanted.
    fn lacks(&self, prefix: u32) -> bool;
}

/// What an interrupted restore was fetching.
pub struct Begun {
    /// The packs with data, in the order in which they are fetched.
    packs: Vec<Digest>,
    /// The beginnings of ids of the chunks of each that is in a table, in their order.
    chunks: Vec<Vec<u32>>,
}

impl Begun {
    /// Reads the tables of frames of the packs with data of a whole snapshot.
    ///
    /// # Errors
    /// When one can not be fetched or is damaged.
    pub fn whole<R: Read, W: Write>(
        of: &ResumeJob,
        line: &Line<'_, R, W>,
        snapshot: &Snapshot,
    ) -> Result<Self> {
        let tables = (&of.index_seed, of.index.items());
        Self::fetch(digests(snapshot, Holds::Data), tables, of.job.qube, line)
    }

    /// Reads those of all packs, of which a part of the snapshot takes frames by their digests.
    ///
    /// # Errors
    /// When one can not be fetched or is damaged.
    pub fn part<R: Read, W: Write>(
        of: &RestorePathsJob,
        line: &Line<'_, R, W>,
        snapshot: &Snapshot,
    ) -> Result<Self> {
        let mut packs: Vec<Digest> = snapshot.packs.iter().map(|pack| pack.digest).collect();
        packs.sort_unstable();
        let tables = (&of.index_seed, of.index.items());
        Self::fetch(packs, tables, of.job.qube, line)
    }

    fn fetch<R: Read, W: Write>(
        packs: Vec<Digest>,
        (seed, index): (&IndexSeed, &[Digest]),
        qube: QubeId,
        line: &Line<'_, R, W>,
    ) -> Result<Self> {
        let wanted: HashSet<Digest> = packs.iter().copied().collect();
        let with = OpenWith::seed(seed).ok_or(Error::Job("an index seed"))?;
        let rows = Rows::fetch(line, index, &with, qube, &wanted)?;
        Ok(Self::new(packs, &rows))
    }

    fn new(packs: Vec<Digest>, rows: &Rows) -> Self {
        let numbers = packs.iter().copied().zip(0..);
        let numbers: HashMap<Digest, u32> = numbers.collect();
        let in_order = |(prefix, frame): &(u32, u32)| {
            let frame = rows.frames.get(place(*frame))?;
            Some((*numbers.get(&frame.pack)?, frame.at, *prefix))
        };
        let sorted = rows.chunks.iter().filter_map(in_order);
        let mut sorted: Vec<(u32, u32, u32)> = sorted.collect();
        // Those of a frame stay in their order.
        sorted.sort_by_key(|(pack, at, _)| (*pack, *at));
        let mut chunks = vec![Vec::new(); packs.len()];
        for (pack, _, prefix) in sorted {
            if let Some(chunks) = chunks.get_mut(place(pack)) {
                chunks.push(prefix);
            }
        }
        Self { packs, chunks }
    }

    /// Looks at what lies there, and says which packs are still needed, in their order.
    ///
    /// # Errors
    /// When the volume can not be read.
    pub fn lacking(&self, there: &dyn There) -> Result<Vec<Digest>> {
        let mut without: usize = 0;
        // Nothing is looked for twice: a table that lies must not cost endless time.
        let mut in_vain = Bits::default();
        for chunks in &self.chunks {
            let (mut some, mut none) = (false, false);
            for prefix in chunks {
                if in_vain.contains(*prefix) {
                    continue;
                }
                match there.look(*prefix)? {
                    Found::NotWanted => {}
                    Found::There => some = true,
                    Found::Lacking => {
                        none = true;
                        in_vain.insert(*prefix);
                    }
                }
            }
            without = match (some, none) {
                (true, _) => 0,
                (false, none) => without.saturating_add(usize::from(none)),
            };
            if without > MOST_WITHOUT {
                break;
            }
        }
        // A pack that is in no table may hold anything.
        let is_needed = |chunks: &Vec<u32>| {
            chunks.is_empty() || chunks.iter().any(|prefix| there.lacks(*prefix))
        };
        let packs = self.packs.iter().zip(&self.chunks);
        let needed = packs.filter(|(_, chunks)| is_needed(chunks));
        Ok(needed.map(|(pack, _)| *pack).collect())
    }
}
