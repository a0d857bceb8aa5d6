//! What a qube's user does between two backups. The same seed makes the same change.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::corpus::{LARGE_FILE, PROFILE};
use crate::noise::{Noise, hash};

/// A kind of change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// Every hundredth file.
    OnePercent,
    /// 1 MiB in place, in the large file.
    Mebibyte,
    /// An evening with the browser.
    Browsing,
}

impl Change {
    /// Changes a volume that is mounted at `root`.
    pub(crate) fn apply(self, root: &Path, seed: u64) -> Result<()> {
        match self {
            Self::OnePercent => one_percent(root, seed),
            Self::Mebibyte => mebibyte(root, seed),
            Self::Browsing => browsing(root, seed),
        }
    }
}

/// Of the files whose turn it is, every second is written anew and the others grow.
fn one_percent(root: &Path, seed: u64) -> Result<()> {
    for path in files(root)? {
        let name = path.strip_prefix(root)?.as_os_str().as_encoded_bytes();
        let turn = hash(name);
        if turn % 100 != seed % 100 {
            continue;
        }
        let mut noise = Noise::new(turn ^ seed);
        if (turn / 100).is_multiple_of(2) {
            let bytes = fs::metadata(&path)?.len();
            fs::write(&path, noise.text(bytes.min(1 << 20)))?;
        } else {
            let file = OpenOptions::new().write(true).open(&path)?;
            let end = file.metadata()?.len();
            file.write_all_at(&noise.text(500), end)?;
        }
    }
    Ok(())
}

fn mebibyte(root: &Path, seed: u64) -> Result<()> {
    let file = OpenOptions::new().write(true).open(root.join(LARGE_FILE))?;
    let mut noise = Noise::new(seed + 9_000_000);
    let end = file.metadata()?.len().saturating_sub(1 << 20);
    let place = noise.below(end);
    Ok(file.write_all_at(&noise.bytes(1 << 20), place)?)
}

/// Two fifths of the cache go and come anew, databases change in places, sessions are saved.
fn browsing(root: &Path, seed: u64) -> Result<()> {
    let mut noise = Noise::new(seed + 10_000_000);
    for path in files(&root.join("home/user/.cache"))? {
        if noise.below(5) < 2 {
            let bytes = fs::metadata(&path)?.len();
            fs::remove_file(&path)?;
            let name = format!("{:016X}", noise.next());
            fs::write(path.with_file_name(name), noise.bytes(bytes))?;
        }
    }
    let profile = root.join(PROFILE);
    for (name, pages) in [
        ("places.sqlite", 12),
        ("favicons.sqlite", 6),
        ("cookies.sqlite", 10),
    ] {
        let file = OpenOptions::new().write(true).open(profile.join(name))?;
        let count = file.metadata()?.len() / 4096;
        for _ in 0..pages {
            let place = noise.below(count) * 4096;
            file.write_all_at(&noise.pages(4096), place)?;
        }
    }
    let session = File::create(profile.join("sessionstore.jsonlz4"))?;
    Ok(session.write_all_at(&noise.bytes(400_000), 0)?)
}

/// All regular files, sorted.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}
