//! The volumes that are backed up, each built once as an ext4 image.

mod ages;
mod browser;
mod home;
mod large;
mod million;
mod sources;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::mount::{Mount, make_ext4};
use crate::scale::Scale;

const GIB: u64 = 1 << 30;
/// Room for the file system itself, whatever the scale.
const LEAST: u64 = 192 << 20;

pub(crate) use browser::PROFILE;
pub(crate) use home::ONE_FILE;
pub(crate) use large::FILE as LARGE_FILE;

/// What a volume holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Corpus {
    /// A home of about 250,000 files and 5 GB, aged.
    Home,
    /// One file of 10 GiB.
    Large,
    /// A browser's profile and caches.
    Browser,
    /// A million small files.
    Million,
}

impl Corpus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Large => "large",
            Self::Browser => "browser",
            Self::Million => "million",
        }
    }

    /// Length of the image.
    fn size(self, scale: Scale) -> u64 {
        let full = match self {
            Self::Home => 8 * GIB,
            Self::Large => 11 * GIB,
            Self::Browser => 2 * GIB,
            Self::Million => 7 * GIB,
        };
        (scale.of(full) + LEAST).next_multiple_of(1 << 20)
    }

    /// What its workloads need of the disk at most: image, the copy in the pool, every tool's
    /// repository, and a restored volume where one is made.
    pub(crate) fn needs(self, scale: Scale) -> u64 {
        let full = match self {
            Self::Home => 36 * GIB,
            Self::Large => 36 * GIB,
            Self::Browser => 12 * GIB,
            Self::Million => 18 * GIB,
        };
        scale.of(full) + 8 * LEAST
    }

    /// The image takes long to make and is wanted again.
    fn is_kept(self) -> bool {
        matches!(self, Self::Home | Self::Million)
    }

    fn file(self, folder: &Path, scale: Scale) -> PathBuf {
        folder.join(format!("{}-{scale}.img", self.name()))
    }

    /// Bytes on the disk of the image, if it was made already.
    pub(crate) fn here(self, folder: &Path, scale: Scale) -> u64 {
        let about = fs::metadata(self.file(folder, scale));
        about.map_or(0, |about| about.blocks().saturating_mul(512))
    }

    /// The image in `folder`, made if it is not there.
    pub(crate) fn image(self, folder: &Path, scale: Scale) -> Result<PathBuf> {
        let image = self.file(folder, scale);
        if image.exists() {
            return Ok(image);
        }
        fs::create_dir_all(folder)?;
        eprintln!("qib-bench: making the volume '{}'", self.name());
        let partial = image.with_extension("partial");
        self.make(&partial, scale)
            .with_context(|| format!("making the volume '{}'", self.name()))?;
        rustix::fs::sync();
        fs::rename(&partial, &image)?;
        Ok(image)
    }

    /// To be called when the image was copied to where it is used.
    pub(crate) fn copied(self, image: &Path) -> Result<()> {
        if !self.is_kept() {
            fs::remove_file(image)?;
        }
        Ok(())
    }

    fn make(self, image: &Path, scale: Scale) -> Result<()> {
        // An inode for every 4 KiB: the default is too few for small files.
        make_ext4(image, self.size(scale), &["-i", "4096"])?;
        let place = image.with_extension("mount");
        let inodes = {
            let mount = Mount::writable(image, &place)?;
            match self {
                Self::Home => home::fill(mount.path(), scale),
                Self::Large => large::fill(mount.path(), scale),
                Self::Browser => browser::fill(mount.path(), scale),
                Self::Million => million::fill(mount.path(), scale),
            }?;
            ages::inodes(mount.path())?
        };
        fs::remove_dir(&place)?;
        ages::set(image, &inodes)
    }
}
