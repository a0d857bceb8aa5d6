//! Taking free blocks, in order, and writing to them.

use crate::block_writer::BlockWriter;
use crate::error::{Error, Result};
use crate::extents::Extents;
use crate::fields::{low32, narrow, wide};
use crate::shape::Shape;
use crate::space::Space;

/// The volume, and how far its free blocks are taken.
#[derive(Debug)]
pub(crate) struct Taking<D> {
    device: D,
    shape: Shape,
    space: Space,
    /// How many of the free blocks are taken: the first ones.
    taken: u64,
}

impl<D: BlockWriter> Taking<D> {
    /// The first `taken` of the free blocks are taken.
    pub(crate) fn new(device: D, shape: Shape, space: Space, taken: u64) -> Self {
        Self {
            device,
            shape,
            space,
            taken,
        }
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes blocks; returns the first one's number among the free ones.
    pub(crate) fn take(&mut self, blocks: u64) -> Result<u64> {
        let first = self.taken;
        let taken = first.checked_add(blocks).ok_or(Error::Full)?;
        if taken > self.space.blocks() {
            return Err(Error::Full);
        }
        self.taken = taken;
        Ok(first)
    }

    /// Takes as many blocks as the bytes fill, writes them, and returns the number of each.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<Vec<u64>> {
        let blocks = wide(bytes.len()).div_ceil(self.shape.block_bytes());
        let first = self.take(blocks)?;
        self.write_taken(first, bytes)?;
        let pieces = self.space.pieces(first, blocks);
        Ok(pieces
            .flat_map(|piece| piece.block..piece.block + piece.blocks)
            .collect())
    }

    /// Writes to blocks that were taken.
    pub(crate) fn write_taken(&self, first: u64, bytes: &[u8]) -> Result<()> {
        let blocks = wide(bytes.len()).div_ceil(self.shape.block_bytes());
        let mut rest = bytes;
        for piece in self.space.pieces(first, blocks) {
            let length = narrow(self.shape.offset(piece.blocks)).min(rest.len());
            let (now, later) = rest.split_at(length);
            self.write_at(self.shape.offset(piece.block), now)?;
            rest = later;
        }
        Ok(())
    }

    /// Adds blocks that were taken to what a file has, from its block `logical` on.
    pub(crate) fn extend(&self, extents: &mut Extents, logical: u32, first: u64, blocks: u64) {
        let mut done = 0;
        for piece in self.space.pieces(first, blocks) {
            extents.push(
                logical.saturating_add(low32(done)),
                piece.block,
                piece.blocks,
            );
            done += piece.blocks;
        }
    }

    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        Ok(self.device.write_at(offset, bytes)?)
    }
}
