//! What a file holds: a hash that does not depend on where its holes are.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use anyhow::Result;
use rustix::fs::{SeekFrom as Extent, seek};
use sha2::{Digest, Sha256};

use super::Content;

const BLOCK: usize = 4096;

/// What is read at once at most.
const AT_ONCE: u64 = 256 * 4096;

/// Hashes a file's blocks that are not zero, with their places.
pub fn hash(file: &mut File) -> Result<Content> {
    let bytes = file.metadata()?.len();
    let mut hasher = Sha256::new();
    // Small files are many.
    let mut buffer = vec![0; usize::try_from(bytes.min(AT_ONCE))?.next_multiple_of(BLOCK)];
    let mut hashed = 0;
    for (begin, end) in data(file)? {
        // A hole can begin and end within a block.
        let begin = hashed.max(begin / 4096 * 4096);
        file.seek(SeekFrom::Start(begin))?;
        let mut at = begin;
        while at < end {
            let wanted = usize::try_from((end - at).min(AT_ONCE))?.next_multiple_of(BLOCK);
            let Some(wanted) = buffer.get_mut(..wanted) else {
                break;
            };
            wanted.fill(0);
            let length = fill(file, wanted)?;
            if length == 0 {
                break;
            }
            for block in buffer.chunks(BLOCK).take(length.div_ceil(BLOCK)) {
                if block.iter().any(|byte| *byte != 0) {
                    hasher.update(at.to_le_bytes());
                    hasher.update(block);
                }
                at += 4096;
            }
        }
        hashed = hashed.max(at);
    }
    Ok(Content::File {
        bytes,
        hash: hasher.finalize().into(),
    })
}

/// Reads until the buffer is full or the file ends; the rest of the buffer stays zero.
fn fill(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}

/// The ranges of a file that hold data.
pub fn data(file: &File) -> Result<Vec<(u64, u64)>> {
    let bytes = file.metadata()?.len();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < bytes {
        let begin = match seek(file, Extent::Data(at)) {
            Ok(begin) => begin,
            Err(rustix::io::Errno::NXIO) => break,
            Err(error) => return Err(error.into()),
        };
        let end = seek(file, Extent::Hole(begin))?;
        ranges.push((begin, end));
        at = end;
    }
    Ok(ranges)
}
