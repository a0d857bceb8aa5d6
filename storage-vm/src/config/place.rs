//! The kinds of places that there are.

use super::ConfigError;
use super::azblob::Azblob;
use super::b2::B2;
use super::gcs::Gcs;
use super::s3::S3;
use super::sftp::Sftp;
use super::webdav::Webdav;
use serde::Deserialize;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A place, as the configuration names it.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum PlaceConfig {
    /// A folder of this qube: a disk, or what is mounted there.
    Folder(FolderConfig),
    /// A server that is reached by `ssh`.
    Sftp(Sftp),
    /// S3, or a store that speaks it.
    S3(S3),
    /// A WebDAV server, such as that of Nextcloud.
    Webdav(Webdav),
    /// Azure Blob Storage.
    Azblob(Azblob),
    /// Google Cloud Storage.
    Gcs(Gcs),
    /// Backblaze B2.
    B2(B2),
    /// What rclone reaches.
    Rclone(RcloneConfig),
}

/// A folder of this qube.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderConfig {
    /// Its path.
    pub path: PathBuf,
    /// Where its disk or share must be mounted: without it the folder is not used.
    pub mounted: Option<PathBuf>,
}

impl FolderConfig {
    /// Makes sure that its disk is there, if it has one of its own: what is written below an empty
    /// mount point lies where nobody looks for it.
    ///
    /// # Errors
    /// [`ConfigError::Place`] when nothing is mounted where it must be.
    pub fn find_mounted(&self) -> Result<(), ConfigError> {
        let Some(path) = &self.mounted else {
            return Ok(());
        };
        let wrong = |what: String| Err(ConfigError::Place(what));
        // Another file system than around it: a unit's own view has mounts of the same one.
        let device = |path: &Path| fs::metadata(path).map(|found| found.dev());
        let is_mounted = match (device(path), device(&path.join(".."))) {
            (Ok(inside), Ok(around)) => inside != around,
            _ => false,
        };
        if !is_mounted {
            return wrong(format!("nothing is mounted at {}", path.display()));
        }
        if !self.path.starts_with(path) {
            let (folder, path) = (self.path.display(), path.display());
            return wrong(format!("{folder} does not lie below {path}"));
        }
        Ok(())
    }
}

/// A remote of rclone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RcloneConfig {
    /// `REMOTE:FOLDER`, as rclone's configuration names it.
    pub remote: String,
    /// rclone's configuration, if it is not where rclone looks.
    pub config: Option<PathBuf>,
}

/// How an object gets its name in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The place shows an object when all of it is there.
    Put,
    /// It is written under another name, and then renamed.
    Rename,
}
