//! What a backup wants of a volume, and why it leaves the rest out.

use super::paths::{CACHEDIR_NAME, Position};
use crate::bits::Bits;
use qib_ext4::{FileType, Inode, InodeNumber};
use qib_rpc::count::LeftOuts;
use qib_rpc::rule::{Rule, Rules};
use std::collections::{HashMap, HashSet};

/// The name of the folder that e2fsck fills.
const LOST_FOUND: &[u8] = b"lost+found";

/// What the names say.
#[derive(Default)]
pub struct Selection {
    /// Inodes that some name leads to which no rule leaves out.
    pub wanted: Bits,
    /// Folders whose names were walked. A folder that hid behind the hint of
    /// another type is not among them, and its content would be lost in silence.
    pub folders: Bits,
    /// How the patterns see the folders of the backup among these.
    pub positions: HashMap<InodeNumber, Position>,
    /// Folders that are marked as caches: they keep the mark alone.
    pub caches: HashSet<InodeNumber>,
    /// What the rules leave out of each folder of the backup, as far as the names tell.
    pub left_out_of: HashMap<InodeNumber, LeftOuts>,
    /// What the rules leave out of folders that are left out themselves.
    pub left_out: LeftOuts,
    /// Folders whose trees are as an earlier run saw them, and their rows.
    pub unchanged: HashMap<InodeNumber, u32>,
    /// True when some wanted file, link or other is not as an earlier run saw it.
    pub any_changed: bool,
}

/// Why an entry is not in the backup at all, going by what it is.
pub fn left_out_by(rules: Rules, at_root: bool, name: &[u8], inode: &Inode) -> Option<Rule> {
    let directory = inode.file_type == FileType::Directory;
    let lost_found = at_root && directory && name == LOST_FOUND;
    if lost_found && rules.holds(Rule::LostFound) {
        return Some(Rule::LostFound);
    }
    left_out_by_itself(rules, inode)
}

/// Why an inode is not in the backup, whatever its name.
pub fn left_out_by_itself(rules: Rules, inode: &Inode) -> Option<Rule> {
    if inode.file_type == FileType::Socket {
        return Some(Rule::Socket);
    }
    if inode.flags.nodump() && rules.holds(Rule::NoDump) {
        return Some(Rule::NoDump);
    }
    let is_file = inode.file_type == FileType::Regular;
    let limit = rules.max_file_bytes.filter(|_| is_file);
    limit
        .is_some_and(|limit| inode.size > limit)
        .then_some(Rule::MaxFileSize)
}

impl Selection {
    /// Whether the folder keeps an entry of this name.
    pub fn keeps(&self, folder: InodeNumber, name: &[u8]) -> bool {
        name == CACHEDIR_NAME || !self.caches.contains(&folder)
    }
}
