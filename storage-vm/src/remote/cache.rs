//! Index objects on this qube's disk: each backup reads what the one before it put, and what lies
//! on a disk need not come over the network again.
//!
//! Only a backup is served from here. What restores, verifies or scrubs sees what the place has.

use crate::digest::digest_of;
use crate::log;
use qib_rpc::id::Digest;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::{Builder, NamedTempFile};

/// How the names of files begin that are not whole.
const UNFINISHED: &str = "unfinished-";

/// The objects, each in a file that has its digest for a name.
#[derive(Clone)]
pub struct Cache {
    folder: PathBuf,
    most_bytes: u64,
}

impl Cache {
    /// Makes the folder if there is none, and removes what an earlier daemon left unfinished.
    ///
    /// # Errors
    /// When there can be no such folder.
    pub fn open(folder: &Path, most_bytes: u64) -> io::Result<Self> {
        let mut folders = DirBuilder::new();
        folders.recursive(true).mode(0o700).create(folder)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if starts_so(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
        }
        let folder = folder.to_owned();
        Ok(Self { folder, most_bytes })
    }

    /// An object, if it is here in this length. One that is not what its name says is removed.
    pub fn get(&self, digest: Digest, bytes: u64) -> Option<File> {
        let path = self.folder.join(digest.to_string());
        let mut file = File::open(&path).ok()?;
        let length = file.metadata().ok()?.len();
        if length != bytes || digest_of(&file).ok()? != digest || file.rewind().is_err() {
            let _gone = fs::remove_file(&path);
            return None;
        }
        // The one that was used last goes last.
        let _older = file.set_modified(SystemTime::now());
        Some(file)
    }

    /// Keeps what there is to read, if it has this digest.
    pub fn keep(&self, digest: Digest, mut input: impl Read) {
        let kept = self.begin(digest).and_then(|mut filling| {
            io::copy(&mut input, &mut filling)?;
            filling.end()
        });
        self.told(kept);
    }

    /// Keeps what is read from elsewhere, once so many bytes went by.
    pub fn beside(
        &self,
        digest: Digest,
        input: impl Read + Send + 'static,
        bytes: u64,
    ) -> Box<dyn Read + Send> {
        match self.begin(digest) {
            Ok(filling) => Box::new(Beside {
                input,
                left: bytes,
                filling: Some(filling),
            }),
            Err(error) => {
                self.told(Err(error));
                Box::new(input)
            }
        }
    }

    fn begin(&self, digest: Digest) -> io::Result<Filling> {
        Ok(Filling {
            cache: self.clone(),
            digest,
            hash: Sha256::new(),
            file: Builder::new()
                .prefix(UNFINISHED)
                .tempfile_in(&self.folder)?,
        })
    }

    /// A backup goes on without it.
    fn told(&self, kept: io::Result<()>) {
        if let Err(error) = kept {
            let folder = self.folder.display();
            log::line(format_args!("an index is not kept in {folder}: {error}"));
        }
    }

    /// Removes what was not used for longest, until the rest has room.
    fn shrink(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if is_ours(&entry.file_name()) {
                let metadata = entry.metadata()?;
                files.push((metadata.modified()?, metadata.len(), entry.path()));
            }
        }
        files.sort_unstable_by(|a, b| b.cmp(a));
        let mut bytes: u64 = 0;
        for (_, length, path) in files {
            bytes = bytes.saturating_add(length);
            if bytes > self.most_bytes {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn starts_so(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

fn is_ours(name: &OsStr) -> bool {
    name.to_str().and_then(Digest::parse).is_some()
}

/// An object that is being kept. Dropping it leaves no trace.
struct Filling {
    cache: Cache,
    digest: Digest,
    hash: Sha256,
    file: NamedTempFile,
}

impl Filling {
    fn end(self) -> io::Result<()> {
        if Digest::new(self.hash.finalize().into()) != self.digest {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let path = self.cache.folder.join(self.digest.to_string());
        self.file.persist(path)?;
        self.cache.shrink()
    }
}

impl Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An object that is read from a place, and kept on the way.
struct Beside<R> {
    input: R,
    left: u64,
    filling: Option<Filling>,
}

impl<R: Read> Read for Beside<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(bytes)?;
        self.left = self
            .left
            .saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if let Some(mut filling) = self.filling.take() {
            let cache = filling.cache.clone();
            match filling.write_all(bytes.get(..count).unwrap_or_default()) {
                Ok(()) if self.left == 0 => cache.told(filling.end()),
                Ok(()) => self.filling = Some(filling),
                Err(error) => cache.told(Err(error)),
            }
        }
        Ok(count)
    }
}
