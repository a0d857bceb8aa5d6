//! Real files of this machine, in the same order each time.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where most machines that build Rust programs have many files.
const ROOTS: [&str; 8] = [
    "/usr/include",
    "/usr/share",
    "/usr/lib",
    "/root/.cargo/registry/src",
    "/root/.rustup/toolchains",
    "/usr/bin",
    "/usr/local",
    "/opt",
];

/// Larger files would be all there is room for.
const LARGEST: u64 = 64 << 20;

/// A file to copy.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

/// How much is wanted of the small files, and of the larger ones.
pub(super) struct Wanted {
    pub(super) small_from: u64,
    pub(super) small_bytes: u64,
    pub(super) large_bytes: u64,
    pub(super) files: u64,
}

/// Files up to what is wanted; fewer on a machine with few files.
pub(super) fn list(mut wanted: Wanted) -> Vec<Source> {
    let mut found = Vec::new();
    for root in ROOTS {
        walk(Path::new(root), &mut wanted, &mut found);
    }
    found
}

fn walk(folder: &Path, wanted: &mut Wanted, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if wanted.files == 0 || (wanted.small_bytes == 0 && wanted.large_bytes == 0) {
            return;
        }
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if about.is_dir() && !is_left_out(&entry.file_name()) {
            walk(&entry.path(), wanted, found);
        } else if about.is_file() && entry.file_name() != "CACHEDIR.TAG" {
            take(entry.path(), about.len(), wanted, found);
        }
    }
}

/// By qib's own rules; the peers would store it.
fn is_left_out(name: &OsStr) -> bool {
    [".cache", "Trash", ".thumbnails", "__pycache__"]
        .iter()
        .any(|left_out| name == *left_out)
}

fn take(path: PathBuf, bytes: u64, wanted: &mut Wanted, found: &mut Vec<Source>) {
    let budget = if bytes < wanted.small_from {
        &mut wanted.small_bytes
    } else {
        &mut wanted.large_bytes
    };
    if bytes <= LARGEST && bytes <= *budget {
        *budget -= bytes;
        wanted.files = wanted.files.saturating_sub(1);
        found.push(Source { path, bytes });
    }
}
