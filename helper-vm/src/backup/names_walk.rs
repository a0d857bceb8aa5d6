//! The first walk over all names: which inodes the backup wants, and what the
//! rules leave out.

use super::path_rules::{CACHEDIR_NAME, CACHEDIR_SIGNATURE, Position};
use crate::bits::Bits;
use crate::error::{Error, Result};
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::count::LeftOuts;
use qib_rpc::rule::{Rule, Rules};
use std::collections::HashMap;

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
    /// Folders that stay empty but for what [`Selection::keeps`] says.
    pub emptied: HashMap<InodeNumber, Rule>,
    /// What the rules leave out.
    pub left_out: LeftOuts,
}

/// Why an entry is not in the backup at all, going by what it is.
pub fn left_out_by(rules: Rules, at_root: bool, name: &[u8], inode: &Inode) -> Option<Rule> {
    let directory = inode.file_type == FileType::Directory;
    let lost_found = at_root && directory && name == LOST_FOUND;
    if lost_found && rules.holds(Rule::LostFound) {
        return Some(Rule::LostFound);
    }
    if inode.file_type == FileType::Socket {
        return Some(Rule::Socket);
    }
    let nodump = inode.flags.nodump() && rules.holds(Rule::NoDump);
    nodump.then_some(Rule::NoDump)
}

impl Selection {
    /// Whether the folder keeps an entry of this name.
    pub fn keeps(&self, folder: InodeNumber, name: &[u8]) -> bool {
        match self.emptied.get(&folder) {
            None => true,
            Some(rule) => *rule == Rule::CacheDirTag && name == CACHEDIR_NAME,
        }
    }
}

/// Walks all names.
///
/// # Errors
/// When the volume can not be read or contradicts itself.
pub fn walk<R: BlockReader>(fs: &Ext4<R>, rules: Rules) -> Result<Selection> {
    let mut walk = Walk {
        fs,
        rules,
        found: Selection::default(),
        todo: vec![(InodeNumber::ROOT, Stand::In(Position::root(rules)))],
    };
    walk.found.wanted.insert(InodeNumber::ROOT.get());
    while let Some((number, stand)) = walk.todo.pop() {
        walk.folder(number, stand)?;
    }
    Ok(walk.found)
}

/// Where a folder stands.
#[derive(Clone, Copy)]
enum Stand {
    /// In the backup, at this position.
    In(Position),
    /// Left out by a rule, with all that lies in it.
    Out(Rule),
}

struct Walk<'a, R> {
    fs: &'a Ext4<R>,
    rules: Rules,
    found: Selection,
    todo: Vec<(InodeNumber, Stand)>,
}

/// An entry whose name lies in the listing's names.
struct Found {
    name: std::ops::Range<usize>,
    inode: InodeNumber,
    hint: Option<FileType>,
}

impl<R: BlockReader> Walk<'_, R> {
    fn folder(&mut self, number: InodeNumber, stand: Stand) -> Result<()> {
        if !self.found.folders.insert(number.get()) {
            return Err(Error::VolumeContradicts("a folder has two names"));
        }
        let (entries, names) = read(self.fs, &self.fs.inode(number)?)?;
        let name_of = |found: &Found| names.get(found.name.clone()).unwrap_or_default();
        let tag = entries.iter().find(|found| name_of(found) == CACHEDIR_NAME);
        let stand = self.tagged(number, stand, tag)?;
        for found in &entries {
            self.entry(number, stand, found, name_of(found))?;
        }
        Ok(())
    }

    /// The stand of a folder's entries when it is marked as a cache. The root
    /// is never one: a stray file must not make a backup empty.
    fn tagged(&mut self, folder: InodeNumber, stand: Stand, tag: Option<&Found>) -> Result<Stand> {
        let (Stand::In(_), Some(tag)) = (stand, tag) else {
            return Ok(stand);
        };
        if folder == InodeNumber::ROOT || !self.rules.holds(Rule::CacheDirTag) {
            return Ok(stand);
        }
        let inode = self.fs.inode(tag.inode)?;
        if inode.file_type != FileType::Regular {
            return Ok(stand);
        }
        let mut start = [0; CACHEDIR_SIGNATURE.len()];
        self.fs.file(&inode, 0)?.read(&mut start)?;
        if start != CACHEDIR_SIGNATURE {
            return Ok(stand);
        }
        self.found.wanted.insert(tag.inode.get());
        self.found.emptied.insert(folder, Rule::CacheDirTag);
        Ok(Stand::Out(Rule::CacheDirTag))
    }

    fn entry(
        &mut self,
        folder: InodeNumber,
        stand: Stand,
        found: &Found,
        name: &[u8],
    ) -> Result<()> {
        let position = match stand {
            Stand::In(position) => position,
            Stand::Out(rule) => {
                // A marked folder keeps its mark.
                let kept =
                    self.found.emptied.contains_key(&folder) && self.found.keeps(folder, name);
                return if kept {
                    Ok(())
                } else {
                    self.left_out(found, rule)
                };
            }
        };
        if !matches!(found.hint, Some(FileType::Directory) | None) {
            self.found.wanted.insert(found.inode.get());
            return Ok(());
        }
        let inode = self.fs.inode(found.inode)?;
        let at_root = folder == InodeNumber::ROOT;
        if inode.file_type != FileType::Directory {
            self.found.wanted.insert(found.inode.get());
        } else if let Some(rule) = left_out_by(self.rules, at_root, name, &inode) {
            self.left_out(found, rule)?;
        } else {
            self.sub_folder(found.inode, position.enter(name));
        }
        Ok(())
    }

    fn sub_folder(&mut self, number: InodeNumber, (position, rule): (Position, Option<Rule>)) {
        self.found.wanted.insert(number.get());
        let stand = match rule {
            None => Stand::In(position),
            Some(rule) => {
                self.found.emptied.insert(number, rule);
                Stand::Out(rule)
            }
        };
        self.todo.push((number, stand));
    }

    fn left_out(&mut self, found: &Found, rule: Rule) -> Result<()> {
        let inode = self.fs.inode(found.inode)?;
        let is_file = inode.file_type == FileType::Regular;
        self.found
            .left_out
            .add(rule, if is_file { inode.size } else { 0 });
        if inode.file_type == FileType::Directory {
            self.todo.push((found.inode, Stand::Out(rule)));
        }
        Ok(())
    }
}

/// The entries of a folder, by inode: their inodes then lie side by side.
fn read<R: BlockReader>(fs: &Ext4<R>, folder: &Inode) -> Result<(Vec<Found>, Vec<u8>)> {
    let (mut entries, mut names) = (Vec::new(), Vec::new());
    fs.read_dir(folder, |entry| {
        let start = names.len();
        names.extend_from_slice(entry.name);
        entries.push(Found {
            name: start..names.len(),
            inode: entry.inode,
            hint: entry.hint,
        });
    })?;
    entries.sort_unstable_by_key(|found| found.inode);
    Ok((entries, names))
}
