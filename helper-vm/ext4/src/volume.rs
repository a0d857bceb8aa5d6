//! The content of a volume: what every structure and every file is read from.

use std::io;

use crate::block_reader::BlockReader;

/// **Invariant:** nothing else reads the device.
pub(crate) struct Volume<R> {
    device: R,
}

impl<R: BlockReader> Volume<R> {
    pub(crate) fn new(device: R) -> Self {
        Self { device }
    }
}

impl<R: BlockReader> BlockReader for Volume<R> {
    fn size(&self) -> u64 {
        self.device.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.device.read_at(offset, buffer)
    }
}
