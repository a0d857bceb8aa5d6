//! Restoring a disk: an image with a hole, and the files of the file system that lies there.

use super::image::Image;
use super::spool::Spool;
use super::walk::{Stopped, entries};
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::manifest::{Entry, Node};
use crate::snapshot::{Disk, FILES_NAME, Snapshot, SnapshotKind};
use qib_rpc::id::Digest;

/// The files of a disk as a snapshot of their own, and what lies beside them, checked.
///
/// # Errors
/// [`Error::TargetTooSmall`] when the disk is longer than `volume_bytes`,
/// [`Error::Object`] about the snapshot when the manifest lies.
pub fn divide(
    spool: &Spool,
    snapshot: &Snapshot,
    disk: &Disk,
    digest: Digest,
    volume_bytes: u64,
) -> Result<(Snapshot, Image)> {
    if disk.facts().bytes > volume_bytes {
        return Err(Error::TargetTooSmall(Some(disk.facts().bytes)));
    }
    let divided = || {
        let entries = entries(spool, &snapshot.pieces, 2)?;
        let Ok([files, image]) = <[Entry; 2]>::try_from(entries) else {
            return Err(FormatError::Damaged("a disk of other parts").into());
        };
        let image = Image::of_disk(spool, image, disk)?;
        Ok((tree(snapshot, files, disk)?, image))
    };
    divided().map_err(|stopped: Stopped| stopped.about(digest))
}

/// The snapshot as it would be of the files alone.
fn tree(
    snapshot: &Snapshot,
    files: Entry,
    disk: &Disk,
) -> std::result::Result<Snapshot, FormatError> {
    let Node::Directory(pieces) = files.node else {
        return Err(FormatError::Damaged("a disk's files that are no folder"));
    };
    if files.name.bytes() != FILES_NAME {
        return Err(FormatError::Damaged("a disk's files of another name"));
    }
    let mut counts = snapshot.counts;
    for (count, beside) in [
        (&mut counts.files, 1),
        (&mut counts.folders, 1),
        (&mut counts.file_bytes, disk.facts().bytes),
    ] {
        let less = count.checked_sub(beside);
        *count = less.ok_or(FormatError::Damaged(
            "a disk that counts less than its parts",
        ))?;
    }
    Ok(Snapshot {
        kind: SnapshotKind::Tree,
        counts,
        root: files.meta,
        pieces,
        ..snapshot.clone()
    })
}
