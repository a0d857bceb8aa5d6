//! File systems that the kernel knows and we do not, mounted for reading and walked
//! by folder descriptors, following nothing. The kernel that mounts a hostile file
//! system is that of a disposable, which sees this one volume and nothing else.

mod attributes;
mod content;
mod folders;
mod identity;
mod links;
mod log;
mod look;
mod mount;
mod read_only;
mod seen;
mod walk;

use super::finish;
use super::racy::ReadAgain;
use super::session::Session;
use super::suggestions;
use crate::cut::Cutter;
use crate::error::{Error, Result};
use crate::known::Known;
use crate::manifest::EntryName;
use crate::snapshot::{BlockSize, SnapshotKind};
use folders::open;
use identity::Identities;
use look::Look;
use qib_ext4::FileType;
use qib_rpc::message::backup::BackupSummary;
use rustix::fs::{OFlags, fstatvfs};
use rustix::io::Errno;
use seen::Seen;
use std::fs::File;
use std::io::{Read, Write};
use walk::Walk;

pub use mount::{Mount, mount};

/// Stores the files of a mounted volume, and unmounts it.
///
/// # Errors
/// When the volume can not be read, or something not be stored.
pub fn store_all<W: Write + Send + 'static>(
    session: &Session<W>,
    mount: Mount,
    known: Known,
) -> Result<BackupSummary> {
    let job = &session.job;
    let mut store = session.store(known)?;
    let root = mount.root()?;
    let found = fstatvfs(&root).map_err(failed)?;
    let used = found.f_blocks.saturating_sub(found.f_bfree);
    store.counts.bytes_expected = used.saturating_mul(found.f_frsize);
    let block_size = BlockSize::new(found.f_bsize).unwrap_or_default();
    let cutter = Cutter::new(&job.cut_key);
    let mut trial = session.trial();
    let walk = Walk::new(session, &mount, root, &cutter, &mut store, &mut trial)?;
    let (root, left_out) = walk.write()?;
    let kind = SnapshotKind::Tree;
    let stored = finish::finish(session, &mut store, root, &left_out, block_size, kind)?;
    mount.close()?;
    Ok(session.summary(&store, stored, left_out, trial))
}

/// The first bytes of the file in which a qube suggests rules, if there is one.
///
/// # Errors
/// When something on the way to it can not be read.
pub fn read_suggestions(mount: &Mount) -> Result<Option<Vec<u8>>> {
    let mut folder = mount.root()?;
    for name in suggestions::FOLDERS {
        let Some(name) = EntryName::new(name.as_bytes()) else {
            return Ok(None);
        };
        folder = open(&folder, &name, OFlags::DIRECTORY)?;
    }
    let is_file = Look::at(&folder, suggestions::NAME.as_bytes())?.file_type == FileType::Regular;
    let Some(name) = EntryName::new(suggestions::NAME.as_bytes()).filter(|_| is_file) else {
        return Ok(None);
    };
    let file = File::from(open(&folder, &name, OFlags::empty())?);
    let mut content = Vec::new();
    let limit = crate::number::wide(suggestions::MAX_BYTES);
    file.take(limit)
        .read_to_end(&mut content)
        .map_err(Error::reading)?;
    Ok(Some(content))
}

/// How files are recognised.
struct Judge {
    identities: Identities,
    again: ReadAgain,
    seen: Seen,
}

/// What a failed read means.
fn failed(errno: Errno) -> Error {
    match errno {
        Errno::UCLEAN | Errno::BADMSG | Errno::LOOP => {
            Error::VolumeContradicts("the kernel finds the file system damaged")
        }
        other => Error::reading(other.into()),
    }
}
