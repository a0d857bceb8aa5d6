//! The table of packs.

use qib_rpc::id::Digest;
use qib_rpc::message::backup::LivePack;
use std::collections::HashMap;

/// A pack whose chunks may be used.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// Its digest.
    pub digest: Digest,
    /// Bytes of it that the last snapshot needs; `None` when that needs it not.
    pub last_live_bytes: Option<u64>,
    /// Bytes of it that this snapshot needs.
    pub live_bytes: u64,
    /// Length of the object, when this run stored it.
    pub stored_bytes: u64,
    /// True when this snapshot needs a piece of a directory or a list in it.
    pub holds_manifest: bool,
}

/// The table of packs.
#[derive(Default)]
pub struct Packs {
    rows: Vec<Pack>,
    by_digest: HashMap<Digest, u32>,
}

impl Packs {
    /// Adds a pack of the job.
    pub fn add_live(&mut self, pack: &LivePack) {
        let last_live_bytes = pack.in_last_snapshot.then_some(pack.live_bytes);
        self.add(pack.digest, last_live_bytes, 0);
    }

    /// Adds a pack that this run stored, and returns its row.
    pub fn add_stored(&mut self, digest: Digest, stored_bytes: u64) -> u32 {
        self.add(digest, None, stored_bytes)
    }

    fn add(&mut self, digest: Digest, last_live_bytes: Option<u64>, stored_bytes: u64) -> u32 {
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let row = *self.by_digest.entry(digest).or_insert(next);
        if row == next {
            self.rows.push(Pack {
                digest,
                last_live_bytes,
                live_bytes: 0,
                stored_bytes,
                holds_manifest: false,
            });
        }
        row
    }

    /// The row of a pack.
    pub fn row(&self, digest: &Digest) -> Option<u32> {
        self.by_digest.get(digest).copied()
    }

    /// The pack in a row.
    pub fn get(&self, row: u32) -> Option<&Pack> {
        self.rows.get(crate::number::place(row))
    }

    /// Counts a chunk of `bytes` as needed.
    pub fn need(&mut self, row: u32, bytes: u64, of_manifest: bool) {
        if let Some(pack) = self.rows.get_mut(crate::number::place(row)) {
            pack.live_bytes = pack.live_bytes.saturating_add(bytes);
            pack.holds_manifest |= of_manifest;
        }
    }

    /// Every pack.
    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.rows.iter()
    }
}
