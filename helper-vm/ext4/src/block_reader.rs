//! The only way to the bytes of a volume.

use std::io;

/// A volume that can be read at any offset, by several threads at once.
///
/// Its content must not change while it is read: a snapshot, not a mounted disk.
pub trait BlockReader: Send + Sync {
    /// Size of the volume in bytes.
    fn size(&self) -> u64;

    /// Fills `buffer` from `offset` in bytes, or fails; never reads in part.
    ///
    /// Metadata is read in whole blocks, the superblock as 1024 bytes at 1024. Data is read at the
    /// offsets and lengths that follow from the caller's own; only the end of a file is not aligned
    /// when those are multiples of the block size.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl<R: BlockReader + ?Sized> BlockReader for &R {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buffer)
    }
}
