//! What there is in dom0 to keep, by names and stats; contents are read later.

use super::entry::{FilePath, Status};
use super::facts;
use super::places::Places;
use crate::error::{Error, Result, at};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A longer file is left out, in bytes.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// All files together, in bytes.
const MAX_BYTES: u64 = 4 << 30;

/// Files, folders and links together.
const MAX_ENTRIES: usize = 500_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Each file, folder and link; a folder before what is in it.
    pub found: Vec<Found>,
    /// What is not kept and why, as lines for a person.
    pub left_out: Vec<String>,
    bytes: u64,
}

/// One file, folder or link.
#[derive(Debug)]
pub struct Found {
    /// Where it is kept.
    pub path: FilePath,
    /// With what.
    pub status: Status,
    /// And what it is.
    pub what: What,
}

/// What was found at a place.
#[derive(Debug)]
pub enum What {
    /// A folder.
    Folder,
    /// A symbolic link to there.
    Link(Vec<u8>),
    /// A regular file here.
    File(PathBuf),
    /// What a file is to hold.
    Text(Vec<u8>),
}

/// Looks at everything that is kept.
///
/// # Errors
/// When something can not be looked at, or is too much.
pub fn scan() -> Result<Scan> {
    let places = Places::read()?;
    let mut scan = Scan::default();
    for place in &places.kept {
        scan.walk(place, &places, None)?;
    }
    // A place may lie in another.
    scan.found.sort_by(|one, other| one.path.cmp(&other.path));
    scan.found.dedup_by(|one, other| one.path == other.path);
    facts::add(&mut scan)?;
    Ok(scan)
}

impl Scan {
    fn walk(&mut self, path: &Path, places: &Places, device: Option<u64>) -> Result<()> {
        let status = match fs::symlink_metadata(path) {
            Ok(status) => status,
            // Gone, or never there.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(at(path)(error)),
        };
        if places.leave_out(path) {
            return Ok(());
        }
        if device.is_some_and(|device| device != status.dev()) {
            self.leave_out(path, "another file system");
            return Ok(());
        }
        let kind = status.file_type();
        if kind.is_dir() {
            self.add(path, &status, What::Folder)?;
            let listed: std::io::Result<Vec<_>> = fs::read_dir(path).map_err(at(path))?.collect();
            let mut inner: Vec<PathBuf> = listed
                .map_err(at(path))?
                .iter()
                .map(fs::DirEntry::path)
                .collect();
            inner.sort();
            let device = Some(status.dev());
            return inner
                .iter()
                .try_for_each(|inner| self.walk(inner, places, device));
        }
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(at(path))?;
            let target = target.as_os_str().as_bytes().to_vec();
            return self.add(path, &status, What::Link(target));
        }
        if !kind.is_file() {
            self.leave_out(path, "neither file, folder nor link");
            return Ok(());
        }
        if status.len() > MAX_FILE_BYTES {
            self.leave_out(path, "longer than 512 MiB");
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(status.len());
        self.add(path, &status, What::File(path.to_owned()))
    }

    fn add(&mut self, path: &Path, status: &Metadata, what: What) -> Result<()> {
        if self.bytes > MAX_BYTES || self.found.len() >= MAX_ENTRIES {
            return Err(Error::Config(
                "dom0: more than 4 GiB or 500,000 files are to be kept; name less in \
                 /etc/qubes/qib/dom0"
                    .to_owned(),
            ));
        }
        let bytes = [b"files".as_slice(), path.as_os_str().as_bytes()].concat();
        let Ok(kept) = FilePath::try_from(bytes) else {
            self.leave_out(path, "its path is too long");
            return Ok(());
        };
        let nanoseconds = u32::try_from(status.mtime_nsec()).unwrap_or(0);
        self.found.push(Found {
            path: kept,
            status: Status {
                mode: status.mode() & 0o7777,
                owner: status.uid(),
                group: status.gid(),
                mtime: (status.mtime(), nanoseconds),
            },
            what,
        });
        Ok(())
    }

    pub(super) fn leave_out(&mut self, path: &Path, why: &str) {
        let path = path.as_os_str().as_bytes().escape_ascii();
        self.left_out.push(format!("{path}: {why}"));
    }
}
