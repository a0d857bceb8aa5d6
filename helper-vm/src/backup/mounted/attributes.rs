//! Extended attributes, ACLs among them, as the kernel shows them.

use super::failed;
use crate::error::{Error, Result};
use rustix::fs::{lgetxattr, llistxattr};
use rustix::io::Errno;
use std::os::fd::{AsRawFd, OwnedFd};

/// The longest list of names and the longest value that the kernel hands out, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// All attributes of an entry may not be longer than any entry, in bytes.
const MAX_SUM_BYTES: usize = 2 << 20;

/// Names and values, sorted by name.
type Attributes = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads the attributes of an entry of an open folder.
pub(super) fn read(folder: &OwnedFd, name: &[u8]) -> Result<Attributes> {
    // There is no call that takes a folder and a name.
    let mut path = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
    path.extend_from_slice(name);
    let mut names = vec![0; MAX_BYTES];
    let count = match llistxattr(path.as_slice(), &mut names) {
        Err(Errno::OPNOTSUPP) => 0,
        other => other.map_err(failed)?,
    };
    names.truncate(count);
    let mut attributes = Vec::new();
    let mut sum = 0_usize;
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        if let Some(value) = value(&path, name)? {
            sum = sum.saturating_add(name.len()).saturating_add(value.len());
            attributes.push((name.to_vec(), value));
        }
        if sum > MAX_SUM_BYTES {
            return Err(Error::VolumeTooLarge(
                "more attributes than an entry can hold",
            ));
        }
    }
    attributes.sort_unstable();
    Ok(attributes)
}

/// A value; none when the kernel lists the name and has no such attribute.
fn value(path: &[u8], name: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut value = vec![0; MAX_BYTES];
    match lgetxattr(path, name, &mut value) {
        Ok(count) => {
            value.truncate(count);
            value.shrink_to_fit();
            Ok(Some(value))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(errno) => Err(failed(errno)),
    }
}
