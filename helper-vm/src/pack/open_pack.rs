//! A pack that takes frames until it is sealed.

use super::{MAX_PLAIN_BYTES, PACK_BYTES, PackedFrame, ROW_BYTES, TABLE};
use crate::archive::{self, Head};
use crate::number::{short, wide};
use crate::seal::{SealTo, Sealed, Sealing};
use qib_rpc::object::Kind;
use std::io::{self, Write};

/// Where a chunk lies in its pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where its frame begins in the age plaintext.
    pub frame_at: u32,
    /// Length of that frame.
    pub frame_bytes: u32,
    /// Where the chunk begins in the decompressed frame.
    pub at: u32,
    /// Length of the chunk.
    pub length: u32,
}

/// Where a chunk came to lie.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The caller's number for the chunk.
    pub tag: u32,
    /// Where it lies.
    pub place: Place,
}

/// A pack that takes frames.
#[derive(Debug, Default)]
pub struct OpenPack {
    pub(super) frames: Vec<u8>,
    table: Vec<u8>,
    placed: Vec<Placed>,
    plain_bytes: u64,
}

impl OpenPack {
    /// Appends a frame.
    ///
    /// # Errors
    /// When the pack is over any size that a pack may have.
    pub fn push(&mut self, frame: &PackedFrame) -> io::Result<()> {
        let frame_at = short(self.frames.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let frame_bytes = short(frame.bytes.len()).ok_or(io::ErrorKind::InvalidInput)?;
        self.frames.extend_from_slice(&frame.bytes);
        self.plain_bytes = self.plain_bytes.saturating_add(frame.plain_bytes);
        for member in &frame.members {
            let place = Place {
                frame_at,
                frame_bytes,
                at: member.at,
                length: member.length,
            };
            self.table.extend_from_slice(member.id.bytes());
            for number in [frame_at, frame_bytes, member.at, member.length] {
                self.table.extend_from_slice(&number.to_le_bytes());
            }
            self.placed.push(Placed {
                tag: member.tag,
                place,
            });
        }
        Ok(())
    }

    /// True when the pack should be sealed.
    pub fn is_full(&self) -> bool {
        self.frames.len() >= PACK_BYTES || self.plain_bytes >= MAX_PLAIN_BYTES
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Adds the table and seals the pack.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn seal(self, to: &SealTo) -> io::Result<(Sealed, Vec<Placed>)> {
        debug_assert_eq!(
            self.table.len(),
            self.placed.len().saturating_mul(ROW_BYTES)
        );
        let length = wide(self.table.len());
        let mut tar = Vec::new();
        archive::member(&mut tar, &Head::plain(TABLE, length));
        tar.extend_from_slice(&self.table);
        archive::padding(&mut tar, length);
        archive::end(&mut tar);
        let mut sealing = Sealing::new(to)?;
        sealing.write_all(&self.frames)?;
        sealing.write_all(&zstd::bulk::compress(&tar, super::LEVEL)?)?;
        let sealed = sealing.finish(Kind::Pack, wide(self.frames.len()))?;
        Ok((sealed, self.placed))
    }
}
