//! The second walk over the names: writes the manifest, folders after what is in them.

mod ahead;
mod entries;
mod listing;
mod record;

use super::paths::Paths;
use super::piece::Pieces;
use super::reading_list::Judge;
use super::selection::Selection;
use super::stand::Stand;
use super::store::Store;
use super::trial::{Trial, Within};
use crate::error::{Error, Result};
use crate::manifest::{EntryName, Meta, Node, Part};
use ahead::{Batch, Found, Step};
use qib_ext4::{BlockReader, Ext4};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::key::CutKey;
use record::Record;
use std::sync::mpsc::Receiver;
use std::thread;

/// The root of a written manifest.
pub struct Root {
    /// Metadata of the root folder.
    pub meta: Meta,
    /// Its pieces.
    pub pieces: Vec<Part>,
}

/// A folder that is being written.
struct Open {
    /// The name under which it lies in the folder above; none for the root.
    name: Option<EntryName>,
    folder: Found,
    pieces: Pieces,
    record: Record,
    within: Within,
}

/// A walk that writes a manifest.
pub struct ManifestWalk<'a> {
    /// What is wanted.
    pub selection: &'a Selection,
    /// The rules that go by paths.
    pub paths: &'a Paths,
    /// How files are judged.
    pub judge: &'a Judge,
    /// Decides where pieces end.
    pub key: &'a CutKey,
    /// Takes the pieces.
    pub store: &'a mut Store,
    /// What was left out, added to.
    pub left_out: &'a mut LeftOuts,
    /// What a dry run finds out besides.
    pub trial: &'a mut Trial,
}

impl ManifestWalk<'_> {
    /// Writes the manifest of a volume.
    ///
    /// # Errors
    /// When the volume can not be read, or a piece not be stored.
    pub fn write<R: BlockReader>(
        mut self,
        fs: &Ext4<R>,
        each_step: impl FnMut(&Store),
    ) -> Result<Root> {
        let root = fs.root()?;
        if let Some(pieces) = self.unchanged(root.number)? {
            let meta = Found::read(fs, root)?.meta;
            return Ok(Root { meta, pieces });
        }
        let (selection, rules, paths) = (self.selection, self.judge.rules, self.paths);
        thread::scope(|scope| {
            let batches = ahead::start(scope, fs, selection, rules, paths);
            self.write_all(batches, each_step)
        })
    }

    fn write_all(
        &mut self,
        batches: Receiver<Batch>,
        mut each_step: impl FnMut(&Store),
    ) -> Result<Root> {
        let mut folders: Vec<Open> = Vec::new();
        for batch in batches {
            for step in batch? {
                each_step(self.store);
                match (step, folders.last_mut()) {
                    (Step::Enter(name, found), outer) => {
                        let open = self.open(name, *found, outer);
                        folders.push(open);
                    }
                    (Step::Entry(name, found), Some(open)) => self.entry(open, name, *found)?,
                    (Step::LeftOut(rule, inode), Some(open)) => {
                        self.leave_out(open, rule, &inode)?;
                    }
                    (Step::Leave, _) => {
                        if let Some(root) = self.close(&mut folders)? {
                            return Ok(root);
                        }
                    }
                    (_, None) => return Err(Error::thread_gone()),
                }
            }
        }
        Err(Error::thread_gone())
    }

    fn open(&mut self, name: Option<EntryName>, folder: Found, outer: Option<&mut Open>) -> Open {
        let mut within = Within::ROOT;
        if let (Some(outer), Some(name)) = (outer, &name) {
            self.count_folder(outer);
            within = self.trial.enter(&mut outer.within, name.bytes());
        }
        let number = folder.inode.number;
        let left_out = self.selection.left_out_of.get(&number);
        let position = self.selection.positions.get(&number);
        Open {
            record: Record::new(
                position.map(|at| Stand::In(*at).number(self.paths)),
                left_out.cloned().unwrap_or_default(),
                self.judge.racy.is_racy(&folder.inode),
            ),
            name,
            folder,
            pieces: Pieces::default(),
            within,
        }
    }

    /// Ends the last of the folders, and adds it to the one before; returns the root.
    fn close(&mut self, folders: &mut Vec<Open>) -> Result<Option<Root>> {
        let Some(open) = folders.pop() else {
            return Err(Error::thread_gone());
        };
        let Found { inode, meta, .. } = open.folder;
        let pieces = open.pieces.finish(self.store)?;
        let above = folders
            .last()
            .map_or(inode.number, |above| above.folder.inode.number);
        self.left_out.merge(open.record.left_out());
        let recorded = open
            .record
            .finish(self.store, self.judge, &inode, above, &pieces)?;
        let (Some(name), Some(above)) = (open.name, folders.last_mut()) else {
            return Ok(Some(Root { meta, pieces }));
        };
        above.record.below(recorded);
        self.trial.leave(open.within, &mut above.within);
        self.add(above, name, meta, Node::Directory(pieces), None)?;
        Ok(None)
    }

    fn count_folder(&mut self, open: &mut Open) {
        let count = Counts {
            folders: 1,
            ..Counts::default()
        };
        open.record.count(self.store, &count);
    }
}
