//! Frames: about 1.5 MiB of whole chunks that compress together.

use super::{FRAME_BYTES, Zstd};
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::number::{short, wide};
use std::io;

/// A chunk in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub id: ChunkId,
    /// The caller's own number for the chunk.
    pub tag: u32,
    /// Where its bytes begin in the frame, decompressed.
    pub at: u32,
    pub length: u32,
}

/// A frame that takes chunks.
#[derive(Debug, Default)]
pub struct OpenFrame {
    tar: Vec<u8>,
    members: Vec<Member>,
}

impl OpenFrame {
    /// True when the frame should be closed before a chunk of `bytes` comes.
    pub fn is_full_for(&self, bytes: usize) -> bool {
        !self.members.is_empty() && self.tar.len().saturating_add(bytes) > FRAME_BYTES
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds a chunk, which the caller knows as `tag`.
    ///
    /// # Errors
    /// When the chunk is longer than any chunk may be.
    pub fn push(&mut self, id: ChunkId, plain: &[u8], tag: u32) -> io::Result<()> {
        let length = short(plain.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let head = Head::plain(id.to_string().as_bytes(), length.into());
        archive::member(&mut self.tar, &head);
        let at = short(self.tar.len()).ok_or(io::ErrorKind::InvalidInput)?;
        self.tar.extend_from_slice(plain);
        archive::padding(&mut self.tar, length.into());
        self.members.push(Member {
            id,
            tag,
            at,
            length,
        });
        Ok(())
    }

    /// Empties the frame and keeps its memory, but not that of a large chunk.
    pub fn clear(&mut self) {
        self.tar.clear();
        self.tar.shrink_to(2 * FRAME_BYTES);
        self.members.clear();
    }

    /// Compresses the frame.
    ///
    /// # Errors
    /// When zstd fails or does not give back what it was given.
    pub fn pack<'a>(&'a self, zstd: &'a mut Zstd) -> io::Result<PackedFrame<'a>> {
        Ok(PackedFrame {
            bytes: zstd.compress(&self.tar)?,
            plain_bytes: wide(self.tar.len()),
            members: &self.members,
        })
    }
}

/// A compressed frame with the list of its chunks.
#[derive(Debug)]
pub struct PackedFrame<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) plain_bytes: u64,
    pub(super) members: &'a [Member],
}
