//! The content of a volume: the device, with what its journal holds laid over it.

use std::io;

use crate::block_reader::BlockReader;
use crate::fields::{to_u64, to_usize};
use crate::overlay::{JOURNAL_MAGIC, Overlay, Patch};

/// Every byte that a structure or a file is read from comes from here.
///
/// **Invariant:** nothing else reads the device.
pub(crate) struct Volume<R> {
    device: R,
    overlay: Overlay,
}

impl<R: BlockReader> Volume<R> {
    /// A volume whose blocks are all in place.
    pub(crate) fn new(device: R) -> Self {
        Self {
            device,
            overlay: Overlay::default(),
        }
    }

    /// The same device with copies of some blocks laid over it.
    pub(crate) fn under(self, overlay: Overlay) -> Self {
        Self { overlay, ..self }
    }

    fn patch(&self, patch: &Patch, buffer: &mut [u8]) -> io::Result<()> {
        let start = to_usize(patch.at);
        let end = start.saturating_add(to_usize(patch.length));
        let target = buffer.get_mut(start..end).unwrap_or_default();
        self.device.read_at(patch.place, target)?;
        if let Some(skip) = patch.escaped_skip {
            let magic = JOURNAL_MAGIC.iter().skip(to_usize(skip));
            target
                .iter_mut()
                .zip(magic)
                .for_each(|(byte, value)| *byte = *value);
        }
        Ok(())
    }
}

impl<R: BlockReader> BlockReader for Volume<R> {
    fn size(&self) -> u64 {
        self.device.size()
    }

    /// One read of the device, and one more for each block in the range that the journal holds.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.device.read_at(offset, buffer)?;
        if self.overlay.is_empty() {
            return Ok(());
        }
        for patch in self.overlay.patches(offset, to_u64(buffer.len())) {
            self.patch(&patch, buffer)?;
        }
        Ok(())
    }
}
