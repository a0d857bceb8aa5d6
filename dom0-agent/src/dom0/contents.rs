//! Contents of files, in slices of 1 MiB with their hashes.

use super::scan::{MAX_FILE_BYTES, What};
use crate::error::{Result, at};
use qib_rpc::id::Digest;
use qib_rpc::object;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Take};
use std::path::Path;

/// Length of every slice but a file's last, in bytes.
pub const SLICE_BYTES: u64 = 1 << 20;

/// Hands what a file holds on, slice by slice; false when there is no such file any more.
///
/// # Errors
/// When it can not be read, or `take`'s own.
pub fn read(what: &What, mut take: impl FnMut(Digest, &[u8]) -> Result<()>) -> Result<bool> {
    match what {
        What::Folder | What::Link(_) => Ok(true),
        What::Text(text) => {
            let length = usize::try_from(SLICE_BYTES).unwrap_or(usize::MAX);
            for slice in text.chunks(length) {
                take(object::digest(slice), slice)?;
            }
            Ok(true)
        }
        What::File(path) => {
            let Some(mut file) = open_file(path)? else {
                return Ok(false);
            };
            loop {
                let mut slice = Vec::new();
                let mut input = file.by_ref().take(SLICE_BYTES);
                input.read_to_end(&mut slice).map_err(at(path))?;
                if slice.is_empty() {
                    return Ok(true);
                }
                take(object::digest(&slice), &slice)?;
            }
        }
    }
}

/// What became a link or a pipe since it was looked at is not followed and not waited for.
fn open_file(path: &Path) -> Result<Option<Take<File>>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match open(path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(File::from(file).take(MAX_FILE_BYTES))),
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(None),
        Err(errno) => Err(at(path)(errno.into())),
    }
}
