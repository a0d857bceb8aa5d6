//! A file of a snapshot that is open.

use super::kept::Kept;
use super::snapshots::Opened;
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::manifest::Content;
use crate::number::{narrow, wide};
use crate::restore::{Manifest, Run, Stopped, each_run};
use std::io::{Read, Write};
use std::rc::Rc;

/// A small manifest can name the same list again and again: no file of more chunks is shown.
const MOST_CHUNKS: u32 = 1 << 21;

/// Where its data is: 48 bytes for each chunk.
pub struct File {
    bytes: u64,
    runs: Vec<Run>,
}

impl File {
    /// Resolves its lists.
    ///
    /// # Errors
    /// When one is missing or lies.
    pub fn new<R: Read, W: Write>(
        of: &Opened<'_, R, W>,
        content: &Content,
    ) -> Result<Self, Stopped> {
        let mut runs = Vec::new();
        let most = of.snapshot.counts.file_bytes;
        let bytes = each(&of.frames, content, most, |run| runs.push(run))?;
        Ok(Self { bytes, runs })
    }

    /// So many bytes from there on, or as many as there are; holes are zeros.
    ///
    /// # Errors
    /// When a chunk is missing or damaged.
    pub fn read<R: Read, W: Write>(
        &self,
        of: &Opened<'_, R, W>,
        data: &mut Kept<[u8]>,
        at: u64,
        bytes: u32,
    ) -> Result<Vec<u8>, Stopped> {
        let end = at.saturating_add(bytes.into()).min(self.bytes);
        let mut read = vec![0; narrow(end.saturating_sub(at))];
        let first = self
            .runs
            .partition_point(|run| run.at.saturating_add(run.bytes) <= at);
        let runs = self.runs.get(first..).unwrap_or_default();
        for run in runs.iter().take_while(|run| run.at < end) {
            let chunk = chunk(of, data, run.chunk)?;
            if wide(chunk.len()) != run.bytes {
                return Err(FormatError::Damaged("a length that lies").into());
            }
            let into = read.get_mut(narrow(run.at.saturating_sub(at))..);
            let from = chunk.get(narrow(at.saturating_sub(run.at))..);
            let (into, from) = (into.unwrap_or_default(), from.unwrap_or_default());
            for (to, byte) in into.iter_mut().zip(from) {
                *to = *byte;
            }
        }
        Ok(read)
    }
}

/// How long a file is that has `most` bytes at most.
///
/// # Errors
/// When a list is missing or lies.
pub fn length(manifest: &dyn Manifest, content: &Content, most: u64) -> Result<u64, Stopped> {
    each(manifest, content, most, |_| ())
}

/// Hands where each chunk is to `take`; returns how long the file is.
fn each(
    manifest: &dyn Manifest,
    content: &Content,
    most_bytes: u64,
    mut take: impl FnMut(Run),
) -> Result<u64, Stopped> {
    let mut left = MOST_CHUNKS;
    each_run(manifest, content, most_bytes, |run| {
        let fewer = left.checked_sub(1);
        left = fewer.ok_or(FormatError::Damaged("a file of endless chunks"))?;
        take(run);
        Ok(())
    })
}

/// A chunk of a file. A frame brings more than the one that is wanted, and those are kept too.
fn chunk<R: Read, W: Write>(
    of: &Opened<'_, R, W>,
    data: &mut Kept<[u8]>,
    id: ChunkId,
) -> Result<Rc<[u8]>, Stopped> {
    if let Some(chunk) = data.get(&id) {
        return Ok(chunk);
    }
    let mut keep = |id, chunk: &Rc<[u8]>| data.keep(id, Rc::clone(chunk), wide(chunk.len()));
    let found = of
        .frames
        .one(id, |beside, plain| keep(beside, &plain.into()))?;
    let found = found.ok_or(FormatError::Damaged("a chunk that no pack holds"))?;
    let chunk = found.into();
    keep(id, &chunk);
    Ok(chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result as Done;
    use crate::manifest::Part;

    /// Has the same list under every id.
    struct OneList(Vec<u8>);

    impl Manifest for OneList {
        fn chunk(&self, _: &ChunkId) -> Done<Option<Vec<u8>>> {
            Ok(Some(self.0.clone()))
        }
    }

    #[test]
    fn a_list_that_is_named_again_and_again_ends_in_an_error() {
        let (id, bytes) = (ChunkId::new([1; 32]), 4096);
        let mut text = Vec::new();
        for _ in 0..16 << 10 {
            Part::Chunk(id, bytes).append(&mut text);
        }
        let list = Part::List(id, wide(text.len()));
        let manifest = OneList(text);
        let chunks = |lists: usize| {
            let parts = vec![list; lists];
            let mut chunks = 0;
            let said = each(&manifest, &Content { parts }, u64::MAX, |_| chunks += 1);
            (said.is_ok(), chunks)
        };
        assert_eq!(chunks(128), (true, MOST_CHUNKS));
        assert_eq!(chunks(10_000), (false, MOST_CHUNKS));
    }
}
