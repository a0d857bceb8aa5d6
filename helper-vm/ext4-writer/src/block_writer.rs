//! The only way to the bytes of the volume.

use std::io;

/// A volume that can be written at any offset.
pub trait BlockWriter {
    /// Writes all bytes, or fails.
    ///
    /// # Errors
    /// When the volume can not be written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl<W: BlockWriter + ?Sized> BlockWriter for &W {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        (**self).write_at(offset, bytes)
    }
}

/// Takes everything and keeps nothing: to find out how much room a tree needs.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl BlockWriter for Nowhere {
    fn write_at(&self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
}
