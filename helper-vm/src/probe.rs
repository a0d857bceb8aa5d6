//! What lies on a volume, by its first bytes. Nothing is believed of them but
//! that they are there: one short read, no offset or length taken from it.

mod boot_sector;
mod signature;

use crate::number::{narrow, wide};
use qib_ext4::BlockReader;
use qib_rpc::reading::VolumeKind;
use std::io;

/// The last signature is that of btrfs, near 64 KiB.
const HEAD_BYTES: usize = 68 << 10;

/// Says what lies on a volume. One that has the marks of several is unknown: what
/// was there before must not be taken for what is there now.
///
/// # Errors
/// When the volume can not be read.
pub fn probe(volume: &impl BlockReader) -> io::Result<VolumeKind> {
    let mut untrusted_head = vec![0; narrow(volume.size().min(wide(HEAD_BYTES)))];
    volume.read_at(0, &mut untrusted_head)?;
    Ok(judge(&untrusted_head))
}

fn judge(untrusted_head: &[u8]) -> VolumeKind {
    let fat = boot_sector::is_fat(untrusted_head).then_some(VolumeKind::Fat);
    let mut found = signature::found(untrusted_head).chain(fat);
    match found.next() {
        Some(kind) if found.all(|other| other == kind) => kind,
        Some(_) => VolumeKind::Unknown,
        None if boot_sector::has_partitions(untrusted_head) => VolumeKind::Disk,
        None => VolumeKind::Unknown,
    }
}

#[cfg(test)]
mod tests;
