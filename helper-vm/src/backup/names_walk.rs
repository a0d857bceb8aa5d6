//! The first walk, over the names in folders that are not as an earlier run saw
//! them: which inodes the backup wants, and what the rules leave out.

use super::fingerprint::Fingerprints;
use super::folders_ahead::{self, AT_ONCE, Found, OpenFolder};
use super::paths::{CACHEDIR_NAME, CACHEDIR_SIGNATURE, Paths, Position};
use super::selection::{Selection, left_out_by};
use super::stand::Stand;
use super::survey::Survey;
use crate::error::{Error, Result};
use crate::index::{Folder, Parent};
use crate::known::Known;
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::rule::{Rule, Rules};

/// Walks the names. Rows of folders that are left out are written at once.
///
/// # Errors
/// When the volume can not be read or contradicts itself.
pub fn walk<R: BlockReader>(
    fs: &Ext4<R>,
    rules: Rules,
    paths: &mut Paths,
    survey: &Survey,
    fingerprints: &Fingerprints,
    known: &mut Known,
) -> Result<Selection> {
    let mut walk = Walk {
        fs,
        rules,
        paths,
        survey,
        fingerprints,
        known,
        found: Selection::default(),
        todo: vec![(InodeNumber::ROOT, Stand::ROOT, Parent::Unknown)],
    };
    walk.found.wanted.insert(InodeNumber::ROOT.get());
    while !walk.todo.is_empty() {
        walk.next_folders()?;
    }
    Ok(walk.found)
}

struct Walk<'a, R> {
    fs: &'a Ext4<R>,
    rules: Rules,
    paths: &'a mut Paths,
    survey: &'a Survey,
    fingerprints: &'a Fingerprints,
    known: &'a mut Known,
    found: Selection,
    todo: Vec<Todo>,
}

/// A folder that some name leads to, and the folder which that name is in.
type Todo = (InodeNumber, Stand, Parent);

impl<R: BlockReader> Walk<'_, R> {
    fn next_folders(&mut self) -> Result<()> {
        let mut next = self.todo.split_off(self.todo.len().saturating_sub(AT_ONCE));
        for (number, ..) in &next {
            if !self.found.folders.insert(number.get()) {
                return Err(Error::VolumeContradicts("a folder has two names"));
            }
        }
        next.retain(|(number, stand, _)| !self.is_unchanged(*number, *stand));
        let numbers: Vec<InodeNumber> = next.iter().map(|(number, ..)| *number).collect();
        let folders = folders_ahead::read(self.fs, &numbers)?;
        for ((_, stand, parent), folder) in next.into_iter().zip(folders) {
            self.folder(folder?, stand, parent)?;
        }
        Ok(())
    }

    fn folder(&mut self, mut folder: OpenFolder, stand: Stand, parent: Parent) -> Result<()> {
        let number = folder.inode.number;
        let entries = folder.entries(self.fs)?;
        let tag = entries.iter().find(|(_, name)| *name == CACHEDIR_NAME);
        let inside = self.tagged(number, stand, tag.map(|(found, _)| found))?;
        let mut left_out = LeftOuts::default();
        for (found, name) in entries.iter() {
            self.entry(number, inside, found, name, &mut left_out)?;
        }
        let Stand::In(position) = stand else {
            return self.record_left_out(&folder.inode, stand, parent, left_out);
        };
        self.found.positions.insert(number, position);
        if !left_out.is_empty() {
            self.found.left_out_of.insert(number, left_out);
        }
        Ok(())
    }

    /// Takes the tree of a folder as an earlier run saw it, if it is so.
    fn is_unchanged(&mut self, number: InodeNumber, stand: Stand) -> bool {
        let Some(row) = self.survey.unchanged(self.known, number.get()) else {
            return false;
        };
        let folder = Folder::of_words(self.known.folders.words(row));
        let same = folder.is_some_and(|folder| folder.stand == stand.number(self.paths));
        if same {
            self.found.unchanged.insert(number, row);
        }
        same
    }

    fn record_left_out(
        &mut self,
        inode: &Inode,
        stand: Stand,
        parent: Parent,
        left_out: LeftOuts,
    ) -> Result<()> {
        self.found.left_out.merge(&left_out);
        let folder = Folder {
            stand: stand.number(self.paths),
            counts: Counts::default(),
            left_out,
            links: Vec::new(),
            pieces: Vec::new(),
        };
        let key = self.fingerprints.key_of(inode);
        self.known
            .folders
            .note(key, parent, folder.words().as_deref())
            .map(drop)
            .ok_or(Error::VolumeTooLarge("more folders than an index can hold"))
    }

    /// The stand of a folder's entries: out when it is marked as a cache. The root
    /// never is: a stray file must not make a backup empty.
    fn tagged(&mut self, folder: InodeNumber, stand: Stand, tag: Option<&Found>) -> Result<Stand> {
        let (Stand::In(position), Some(tag)) = (stand, tag) else {
            return Ok(stand);
        };
        let may_be = folder != InodeNumber::ROOT && self.paths.may_be_cache(position);
        if !may_be || !self.rules.holds(Rule::CacheDirTag) {
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
        self.want(tag.inode);
        self.found.caches.insert(folder);
        Ok(Stand::Out(Rule::CacheDirTag))
    }

    fn entry(
        &mut self,
        folder: InodeNumber,
        stand: Stand,
        found: &Found,
        name: &[u8],
        left_out: &mut LeftOuts,
    ) -> Result<()> {
        let parent = Parent::Folder(folder.get());
        let position = match stand {
            Stand::In(position) => position,
            Stand::Out(rule) => {
                // A marked folder keeps its mark.
                let marked = self.found.caches.contains(&folder);
                return if marked && self.found.keeps(folder, name) {
                    Ok(())
                } else {
                    self.left_out(found, rule, parent, left_out)
                };
            }
        };
        if !matches!(found.hint, Some(FileType::Directory) | None) {
            return self.file(parent, position, found, name, left_out);
        }
        let inode = self.fs.inode(found.inode)?;
        if inode.file_type != FileType::Directory {
            return self.file(parent, position, found, name, left_out);
        }
        let at_root = folder == InodeNumber::ROOT;
        let rule = left_out_by(self.rules, at_root, name, &inode);
        if let Some(rule) = rule.or_else(|| self.paths.rule(position, name, true)) {
            return self.left_out(found, rule, parent, left_out);
        }
        let inside = self.paths.enter(position, name)?;
        self.found.wanted.insert(found.inode.get());
        self.todo.push((found.inode, Stand::In(inside), parent));
        Ok(())
    }

    /// An entry that is no folder: whatever is not left out for its path is wanted, so far.
    fn file(
        &mut self,
        parent: Parent,
        position: Position,
        found: &Found,
        name: &[u8],
        left_out: &mut LeftOuts,
    ) -> Result<()> {
        if let Some(rule) = self.paths.rule(position, name, false) {
            return self.left_out(found, rule, parent, left_out);
        }
        self.want(found.inode);
        Ok(())
    }

    fn want(&mut self, inode: InodeNumber) {
        self.found.wanted.insert(inode.get());
        self.found.any_changed |= !self.survey.same.contains(inode.get());
    }

    fn left_out(
        &mut self,
        found: &Found,
        rule: Rule,
        parent: Parent,
        left_out: &mut LeftOuts,
    ) -> Result<()> {
        let inode = self.fs.inode(found.inode)?;
        let is_file = inode.file_type == FileType::Regular;
        left_out.add(rule, if is_file { inode.size } else { 0 });
        if inode.file_type == FileType::Directory {
            self.todo.push((found.inode, Stand::Out(rule), parent));
        }
        Ok(())
    }
}
