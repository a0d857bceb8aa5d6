//! The data of files, which gets its place in the order in which it comes: so what comes
//! together lies together, and is written in large pieces past the page cache.

use super::device::Device;
use super::files::{FileNumber, Files};
use super::pieces::Pieces;
use crate::aligned::Memory;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::number::wide;
use crate::pack::Chunk;
use crate::restore::filling::{Count, Filling, Written, check_length};
use crate::restore::opening::Later;
use crate::restore::wants::{Wanted, Wants};
use qib_ext4_writer::{Placed, Space};
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a chunk belongs.
#[derive(Clone, Copy, Debug)]
pub enum InFresh {
    /// In a file, from its first block on.
    File(FileNumber, Placed),
    /// In what a disk has beside its files, from an offset of the disk on.
    Beside(u64),
}

/// Bytes that have their place on the number line of free blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'g> {
    /// Where the zeros before it begin.
    pub(super) at: u64,
    pub(super) placed: Placed,
    pub(super) plain: &'g [u8],
}

/// Writes chunks where they belong.
#[derive(Debug)]
pub struct FreshFill<'a> {
    /// The file system's part of the volume.
    pub device: Device<'a>,
    /// The volume for direct I/O.
    pub direct: Option<File>,
    /// Memory for that, as much as threads write at once.
    pub memory: Mutex<Vec<Memory>>,
    /// What free blocks there are.
    pub space: Space,
    /// Bytes of a block.
    pub block_bytes: u64,
    /// The files, and which blocks they have.
    pub files: Mutex<Files>,
    /// What is wanted.
    pub wants: Wants<InFresh>,
    /// The snapshot.
    pub snapshot: Digest,
}

impl FreshFill<'_> {
    pub(super) fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a chunk of a file that begins with this block lies on the number line of free blocks.
    pub(super) fn at(&self, first: u64, placed: Placed) -> u64 {
        let first = first.saturating_mul(self.block_bytes);
        first.saturating_add(placed.at)
    }

    /// The same of a file that has its blocks, or gets them now.
    pub(super) fn place(&self, number: FileNumber, placed: Placed) -> Result<u64> {
        let first = self.files().first(number, &self.space)?;
        Ok(self.at(first, placed))
    }

    fn write(&self, mut pieces: Vec<Piece<'_>>, beside: &[(u64, &[u8])]) -> Result<()> {
        for (at, plain) in beside {
            let written = self.device.file.write_all_at(plain, *at);
            written.map_err(Error::Target)?;
        }
        pieces.sort_unstable_by_key(|piece| piece.at);
        let mut memory = self.pool().pop().unwrap_or_default();
        let written = Pieces::new(self, &mut memory).write_all(&pieces);
        self.pool().push(memory);
        written.map_err(Error::Target)
    }
}

impl Filling for FreshFill<'_> {
    fn wanted(&self) -> &dyn Wanted {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn find(&self, chunk: &ChunkId, key: &ChunkKey) -> Result<Option<Written>> {
        let mut written = Written::default();
        for want in self.wants.of(chunk) {
            if !self.lies_there(want, key)? {
                return Ok(None);
            }
            written.add(Written::of(want));
        }
        self.wants.meet(chunk);
        Ok(Some(written))
    }

    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>], count: Count<'g>) -> Result<Later<'g>> {
        let (mut pieces, mut beside) = (Vec::new(), Vec::new());
        let mut written = Written::default();
        for (chunk, plain) in chunks {
            for want in self.wants.meet(chunk) {
                check_length(want, plain, self.snapshot)?;
                written.add(Written::of(want));
                match want.place {
                    InFresh::Beside(at) => beside.push((at, *plain)),
                    InFresh::File(number, placed) => pieces.push(Piece {
                        at: self.place(number, placed)?,
                        placed,
                        plain,
                    }),
                }
            }
        }
        Ok(Box::new(move || {
            self.write(pieces, &beside)?;
            count(written);
            Ok(())
        }))
    }
}

impl Piece<'_> {
    /// Its length with the zeros around it, in bytes.
    pub(super) fn length(&self) -> u64 {
        let zeros = u64::from(self.placed.zeros_before) + u64::from(self.placed.zeros_behind);
        wide(self.plain.len()).saturating_add(zeros)
    }
}
