//! What a walk holds in memory, in bytes.

use super::walk::Step;
use crate::manifest::{Entry, Meta, Node, Part};
use crate::number::wide;

/// What a step holds.
pub fn step_bytes(step: &Step) -> u64 {
    let held = match step {
        Step::Enter(_, name) => wide(name.bytes().len()),
        Step::Entry(_, entry) => entry_bytes(entry),
        Step::Leave(_, meta) => meta_bytes(meta),
    };
    held.saturating_add(wide(size_of::<Step>()))
}

/// What an entry holds.
pub fn entry_bytes(entry: &Entry) -> u64 {
    let content = match &entry.node {
        Node::File(content) => parts_bytes(&content.parts),
        Node::Directory(pieces) => parts_bytes(pieces),
        Node::Symlink(target) => wide(target.len()),
        Node::CharDevice(..) | Node::BlockDevice(..) | Node::Fifo => 0,
    };
    let name = wide(size_of::<Entry>().saturating_add(entry.name.bytes().len()));
    let own = name.saturating_add(content);
    own.saturating_add(meta_bytes(&entry.meta))
}

/// What a list of parts holds.
pub fn parts_bytes(parts: &[Part]) -> u64 {
    wide(parts.len().saturating_mul(size_of::<Part>()))
}

/// What metadata hold beside their fixed part.
pub fn meta_bytes(meta: &Meta) -> u64 {
    let each = |(name, value): &(Vec<u8>, Vec<u8>)| {
        let text = name.len().saturating_add(value.len());
        wide(text.saturating_add(2 * size_of::<Vec<u8>>()))
    };
    meta.xattrs.iter().map(each).fold(0, u64::saturating_add)
}
