//! Whether a file system's log is clean, where the kernel does not say so by itself.
//! XFS, ext4 and F2FS refuse a log that must be replayed on a device that can not be
//! written, as a read-only one; btrfs calls it an error like any other.

use crate::device::Device;
use crate::error::{Error, Result};
use qib_ext4::BlockReader;
use qib_rpc::reading::VolumeKind;

/// Where the superblock of btrfs says where its log tree is: 0 when there is none.
const LOG_ROOT: u64 = (64 << 10) + 96;

/// True when a log must be replayed.
///
/// # Errors
/// When the volume can not be read.
pub(super) fn is_dirty(device: &Device, kind: VolumeKind) -> Result<bool> {
    if kind != VolumeKind::Btrfs {
        return Ok(false);
    }
    let mut untrusted_place = [0; 8];
    let read = device.read_at(LOG_ROOT, &mut untrusted_place);
    read.map_err(Error::reading)?;
    Ok(untrusted_place != [0; 8])
}
