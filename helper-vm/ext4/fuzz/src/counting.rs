//! A volume in memory that counts what is read from it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use qib_ext4::BlockReader;

/// Any bytes at all.
pub struct Counting<'a> {
    bytes: &'a [u8],
    read_bytes: AtomicU64,
}

impl<'a> Counting<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            read_bytes: AtomicU64::new(0),
        }
    }

    /// Bytes read since the last time.
    pub fn take(&self) -> u64 {
        self.read_bytes.swap(0, Ordering::Relaxed)
    }
}

impl BlockReader for Counting<'_> {
    fn size(&self) -> u64 {
        self.bytes.len().try_into().unwrap()
    }

    /// A read beyond the end is no error here: it must never be asked for.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let length: u64 = buffer.len().try_into().unwrap();
        let end = offset.checked_add(length);
        assert!(
            end.is_some_and(|end| end <= self.size()),
            "a read of {length} bytes at {offset}"
        );
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&self.bytes[start..start + buffer.len()]);
        self.read_bytes.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }
}
