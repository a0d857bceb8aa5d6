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
    /// Offsets are multiples of the file system's block size or, for the
    /// superblock, 1024. A length is a multiple of it except at the end of a file.
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
