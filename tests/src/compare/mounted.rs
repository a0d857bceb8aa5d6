//! An image mounted by the kernel, as root, whatever file system it holds.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{Advice, SeekFrom, fadvise, seek};

use crate::tool::tool;

/// How often it is tried, a tenth of a second apart.
const TRIES: u32 = 50;

/// What is read ahead at most.
const AHEAD: u64 = 4 << 30;

/// A mounted image; dropping it unmounts.
#[derive(Debug)]
pub struct Mounted {
    folder: PathBuf,
    /// Held for the folder, which goes when this goes.
    parent: tempfile::TempDir,
}

impl Mounted {
    /// Mounts for reading.
    pub fn read_only(image: &Path) -> Result<Self> {
        read_ahead(image)?;
        Self::mount(image, "loop,ro")
    }

    /// Mounts for writing.
    ///
    /// A helper's mount of a copy goes a moment after the helper. As long as it is there btrfs,
    /// which knows a file system by its id, gives that one again, which is read-only.
    pub fn writable(image: &Path) -> Result<Self> {
        for _ in 0..TRIES {
            let mounted = Self::mount(image, "loop,rw")?;
            let flags = rustix::fs::statvfs(&mounted.folder)?.f_flag;
            if !flags.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
                return Ok(mounted);
            }
            drop(mounted);
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("{}: mounted for reading only", image.display())
    }

    fn mount(image: &Path, options: &str) -> Result<Self> {
        let parent = tempfile::tempdir()?;
        let folder = parent.path().join("volume");
        std::fs::create_dir(&folder)?;
        let mut mount = tool("mount");
        let mount = mount.args(["-o", options]).arg(image).arg(&folder);
        let status = mount.status().context("mount")?;
        ensure!(status.success(), "mount {}: {status}", image.display());
        Ok(Self { folder, parent })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = tool("umount").arg(&self.folder).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!(
                "{} stays mounted in {}",
                self.folder.display(),
                self.parent.path().display()
            );
        }
    }
}

/// Brings an image's data into memory in its order: a mount reads it here and there.
fn read_ahead(image: &Path) -> Result<()> {
    let file = std::fs::File::open(image)?;
    let (mut at, mut left) = (0, AHEAD);
    while left > 0 {
        let Ok(start) = seek(&file, SeekFrom::Data(at)) else {
            break;
        };
        let end = seek(&file, SeekFrom::Hole(start))?;
        let length = (end - start).min(left);
        fadvise(&file, start, NonZeroU64::new(length), Advice::WillNeed)?;
        left -= length;
        at = end;
    }
    Ok(())
}
