//! The data of files, at their places in the new file system.

use super::device::Device;
use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use crate::restore::filling::Filling;
use crate::restore::wants::Wants;
use qib_ext4_writer::{BlockWriter, Placed, Space};
use qib_rpc::id::Digest;
use std::os::unix::fs::FileExt;

/// Where a chunk belongs.
#[derive(Clone, Copy, Debug)]
pub enum InFresh {
    /// In a file.
    File(Placed),
    /// In what a disk has beside its files, from an offset of the disk on.
    Beside(u64),
}

/// Writes chunks where they belong.
#[derive(Debug)]
pub struct FreshFill<'a> {
    /// The file system's part of the volume.
    pub device: Device<'a>,
    /// What its places mean.
    pub space: Space,
    /// What is wanted.
    pub wants: Wants<InFresh>,
    /// The snapshot.
    pub snapshot: Digest,
}

impl FreshFill<'_> {
    fn write_spans(&self, at: u64, bytes: &[u8]) -> std::io::Result<()> {
        let mut rest = bytes;
        for (offset, length) in self.space.spans(at, wide(bytes.len())) {
            let (now, later) = rest.split_at_checked(narrow(length)).unwrap_or((rest, &[]));
            self.device.write_at(offset, now)?;
            rest = later;
        }
        Ok(())
    }
}

impl Filling for FreshFill<'_> {
    type Place = InFresh;

    fn wants(&self) -> &Wants<InFresh> {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn write(&self, place: &InFresh, plain: &[u8]) -> Result<()> {
        let written = match place {
            InFresh::Beside(at) => self.device.file.write_all_at(plain, *at),
            InFresh::File(placed) if placed.zeros_before == 0 && placed.zeros_behind == 0 => {
                self.write_spans(placed.at, plain)
            }
            InFresh::File(placed) => {
                let before = narrow(placed.zeros_before.into());
                let behind = narrow(placed.zeros_behind.into());
                let mut bytes = vec![0; before];
                bytes.extend_from_slice(plain);
                bytes.resize(bytes.len().saturating_add(behind), 0);
                self.write_spans(placed.at, &bytes)
            }
        };
        written.map_err(Error::Target)
    }
}
