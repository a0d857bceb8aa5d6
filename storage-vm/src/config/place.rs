//! The kinds of places that there are.

use super::azblob::Azblob;
use super::b2::B2;
use super::gcs::Gcs;
use super::s3::S3;
use super::sftp::Sftp;
use super::webdav::Webdav;
use serde::Deserialize;
use std::path::PathBuf;

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
