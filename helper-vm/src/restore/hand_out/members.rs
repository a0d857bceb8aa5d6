//! The same as one file, a tar: what it is made of for each step of a walk. Owners, attributes,
//! devices and links are in it, whatever the taker could make of them.
//!
//! A folder comes behind what is in it, as tar itself wants to set its times last. A hole comes as
//! zeros. The paths of files that have several names are kept in memory.

use super::items::{Item, data, zeros};
use crate::archive::{self, BLOCK_BYTES, Head, MemberKind};
use crate::manifest::{Entry, Meta, Node, head};
use crate::number::wide;
use crate::restore::runs::each_run;
use crate::restore::spool::Spool;
use crate::restore::walk::{Step, Stopped};
use std::collections::HashMap;

/// Makes members, keeping the path of the folder that is walked.
#[derive(Debug, Default)]
pub struct Members {
    path: Vec<u8>,
    /// The lengths of the paths of the folders above.
    above: Vec<usize>,
    /// The first path of each file that has several.
    links: HashMap<u32, Vec<u8>>,
}

impl Members {
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
                self.path.extend(name.bytes());
                self.path.push(b'/');
                Ok(())
            }
            Step::Entry(_, entry) => self.entry(&entry, spool, take),
            Step::Leave(_, meta) => {
                let Some(length) = self.above.pop() else {
                    return zeros(wide(2 * BLOCK_BYTES), take);
                };
                let path = self.path.clone();
                self.path.truncate(length);
                take(member(&meta, path, MemberKind::Directory, |_| ()))
            }
        }
    }

    fn entry(
        &mut self,
        entry: &Entry,
        spool: &Spool,
        take: &mut impl FnMut(Item) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let (meta, path) = (&entry.meta, [&self.path, entry.name.bytes()].concat());
        if let Some(first) = entry.link_group.and_then(|group| self.links.get(&group)) {
            return take(member(meta, path, MemberKind::HardLink, |head| {
                head.link.clone_from(first);
            }));
        }
        if let Some(group) = entry.link_group {
            self.links.insert(group, path.clone());
        }
        match &entry.node {
            Node::File(content) => {
                let size = each_run(spool, content, u64::MAX, |_| Ok(()))?;
                take(member(meta, path, MemberKind::File, |head| {
                    head.content_bytes = size;
                }))?;
                data(spool, content, take)?;
                let block = wide(BLOCK_BYTES);
                zeros(size.next_multiple_of(block).saturating_sub(size), take)
            }
            Node::Symlink(target) => take(member(meta, path, MemberKind::Symlink, |head| {
                head.link.clone_from(target);
            })),
            Node::CharDevice(major, minor) => {
                let device = |head: &mut Head| head.device = (*major, *minor);
                take(member(meta, path, MemberKind::CharDevice, device))
            }
            Node::BlockDevice(major, minor) => {
                let device = |head: &mut Head| head.device = (*major, *minor);
                take(member(meta, path, MemberKind::BlockDevice, device))
            }
            Node::Fifo => take(member(meta, path, MemberKind::Fifo, |_| ())),
            // A walk enters it.
            Node::Directory(_) => Ok(()),
        }
    }
}

fn member(meta: &Meta, name: Vec<u8>, kind: MemberKind, more: impl FnOnce(&mut Head)) -> Item {
    let mut head = Head {
        name,
        kind,
        ..head(meta)
    };
    more(&mut head);
    let mut bytes = Vec::new();
    archive::member(&mut bytes, &head);
    Item::Member(bytes)
}

/// How many bytes an item is.
pub fn length(item: &Item) -> u64 {
    match item {
        Item::Member(bytes) | Item::Link(bytes) => wide(bytes.len()),
        Item::Chunk(_, bytes) | Item::Zeros(bytes) => *bytes,
        Item::Entry(_) => 0,
    }
}
