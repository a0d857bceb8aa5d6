//! What is sent for each step of a walk.

use super::file_copy::{Header, MAX_PATH_BYTES};
use crate::chunk_id::ChunkId;
use crate::manifest::{Content, Entry, Meta, Node};
use crate::number::wide;
use crate::restore::runs::each_run;
use crate::restore::spool::Spool;
use crate::restore::walk::{Step, Stopped};

const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// Permissions that go along: no right of another user comes with a file.
const PERMISSIONS: u32 = 0o777;

/// Something to send.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// The beginning of an entry.
    Entry(Header),
    /// The header of a member, in a tar.
    Member(Vec<u8>),
    /// Where a link leads.
    Link(Vec<u8>),
    /// Data of a file: a chunk and its length.
    Chunk(ChunkId, u64),
    /// So many zeros of a file.
    Zeros(u64),
}

/// Makes items, keeping the path of the folder that is walked.
#[derive(Debug, Default)]
pub struct Items {
    path: Vec<u8>,
    /// The lengths of the paths of the folders above.
    above: Vec<usize>,
    /// Entries that no taker takes.
    pub held_back: u64,
}

impl Items {
    /// Hands what is to be sent for a step to `take`.
    ///
    /// # Errors
    /// What `take` returns, or why the content of a file can not be told.
    pub fn step(
        &mut self,
        step: Step,
        spool: &Spool,
        take: &mut impl FnMut(Item) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        match step {
            Step::Enter(_, name) => {
                self.above.push(self.path.len());
                self.path = self.beside(name.bytes());
                // What it is like comes when it is left.
                self.entry(FOLDER | 0o700, &Meta::default(), 0, self.path.clone(), take)
            }
            Step::Entry(_, entry) => self.other(&entry, spool, take),
            Step::Leave(_, meta) => {
                let Some(length) = self.above.pop() else {
                    return Ok(());
                };
                let path = self.path.clone();
                self.path.truncate(length);
                self.entry(FOLDER | meta.mode & PERMISSIONS, &meta, 0, path, take)
            }
        }
    }

    fn other(
        &mut self,
        entry: &Entry,
        spool: &Spool,
        take: &mut impl FnMut(Item) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let path = self.beside(entry.name.bytes());
        match &entry.node {
            Node::File(content) => {
                let mode = FILE | entry.meta.mode & PERMISSIONS;
                let size = each_run(spool, content, u64::MAX, |_| Ok(()))?;
                self.entry(mode, &entry.meta, size, path, take)?;
                data(spool, content, take)
            }
            Node::Symlink(target) if stays_inside(self.above.len(), target) => {
                self.entry(LINK | 0o777, &entry.meta, wide(target.len()), path, take)?;
                take(Item::Link(target.clone()))
            }
            _ => {
                self.held_back = self.held_back.saturating_add(1);
                Ok(())
            }
        }
    }

    fn entry(
        &mut self,
        mode: u32,
        meta: &Meta,
        bytes: u64,
        path: Vec<u8>,
        take: &mut impl FnMut(Item) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        if path.len() > MAX_PATH_BYTES {
            let text = "a path that is longer than any qube takes";
            return Err(crate::error::Error::VolumeTooLarge(text).into());
        }
        take(Item::Entry(Header {
            path,
            mode,
            bytes,
            seconds: u32::try_from(meta.seconds.max(0)).unwrap_or(u32::MAX),
            nanoseconds: meta.nanoseconds,
        }))
    }

    fn beside(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.path.clone();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(name);
        path
    }
}

/// Hands the data of a file to `take`.
///
/// # Errors
/// What `take` returns, or why the content can not be told.
pub fn data(
    spool: &Spool,
    content: &Content,
    take: &mut impl FnMut(Item) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    let mut end = 0_u64;
    let size = each_run(spool, content, u64::MAX, |run| {
        zeros(run.at.saturating_sub(end), take)?;
        end = run.at.saturating_add(run.bytes);
        take(Item::Chunk(run.chunk, run.bytes))
    })?;
    zeros(size.saturating_sub(end), take)
}

/// Hands so many zeros to `take`.
///
/// # Errors
/// What `take` returns.
pub fn zeros(
    bytes: u64,
    take: &mut impl FnMut(Item) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    if bytes == 0 {
        Ok(())
    } else {
        take(Item::Zeros(bytes))
    }
}

/// Whether a taker takes a link from a folder at this depth: one that does not lead out of the
/// first folder, its leading `..` counted, and has no other.
fn stays_inside(depth: usize, target: &[u8]) -> bool {
    let mut names = target
        .split(|byte| *byte == b'/')
        .filter(|name| !matches!(*name, b"" | b"."));
    let is_up = |name: &&[u8]| **name == *b"..";
    let ups = names.by_ref().take_while(is_up).count();
    let may = depth.checked_sub(1);
    !target.starts_with(b"/")
        && may.is_some_and(|may| ups <= may)
        && !names.any(|name| is_up(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_stay_in_their_first_folder_are_taken() {
        for (depth, target, taken) in [
            (1, "x", true),
            (1, "x/y", true),
            (1, "./x/", true),
            (0, "x", false),
            (1, "/etc/passwd", false),
            (1, "../x", false),
            (2, "../x", true),
            (2, "../../x", false),
            (2, "x/../y", false),
            (3, "../../x", true),
            (3, ".././../x", true),
            (3, "../x/..", false),
        ] {
            assert_eq!(
                stays_inside(depth, target.as_bytes()),
                taken,
                "{depth} {target}"
            );
        }
    }
}
