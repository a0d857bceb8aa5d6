//! Taking whole trees as an earlier run saw them, without reading a name.

use super::store::Store;
use super::survey::Survey;
use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::index::{Folder, Parent, Stretch, stretches};
use crate::known::Known;
use qib_rpc::count::LeftOuts;

/// Marks what the trees below the folders in these rows need, and adds up what they hold.
///
/// # Errors
/// When the index contradicts itself.
pub fn take(
    store: &mut Store,
    survey: &Survey,
    tops: Vec<u32>,
    left_out: &mut LeftOuts,
) -> Result<()> {
    if tops.is_empty() {
        return Ok(());
    }
    let below = Below::new(&store.known, survey);
    let mut inside = Bits::default();
    let mut links = Bits::default();
    let mut todo = tops;
    while let Some(row) = todo.pop() {
        let Some(key) = store.known.folders.key(row) else {
            continue;
        };
        if !inside.insert(key.inode) {
            continue;
        }
        todo.extend(below.rows(key.inode));
        let folder = Folder::of_words(store.known.folders.words(row));
        let folder = folder.ok_or(Error::Job("a folder that no index holds"))?;
        left_out.merge(&folder.left_out);
        store.counts.add_entries(&folder.counts);
        for link in &folder.links {
            links.insert(*link);
        }
        store.known.folders.need(row);
        for piece in &folder.pieces {
            store.known.chunks.need(*piece, true);
        }
    }
    take_files(&mut store.known, survey, &inside, &links);
    Ok(())
}

fn take_files(known: &mut Known, survey: &Survey, inside: &Bits, links: &Bits) {
    for row in 0..known.files.len() {
        let Some(key) = known.files.key(row) else {
            return;
        };
        let held = match known.files.parent(row) {
            Parent::Folder(folder) => inside.contains(folder),
            Parent::Many => links.contains(key.inode),
            Parent::Unknown => false,
        };
        if held && survey.same.contains(key.inode) && known.files.row(key.inode) == Some(row) {
            known.files.need(row);
            for stretch in stretches(known.files.words(row)) {
                if let Some(Stretch::Chunk(chunk)) = stretch {
                    known.chunks.need(chunk, false);
                }
            }
        }
    }
}

/// The known folders by the folder above them.
struct Below(Vec<(u32, u32)>);

impl Below {
    fn new(known: &Known, survey: &Survey) -> Self {
        let mut pairs = Vec::new();
        for row in known.folders.current() {
            if let Some(key) = known.folders.key(row)
                && let Parent::Folder(parent) = known.folders.parent(row)
                && survey.same.contains(key.inode)
            {
                pairs.push((parent, row));
            }
        }
        pairs.sort_unstable();
        Self(pairs)
    }

    fn rows(&self, folder: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.0.partition_point(|(parent, _)| *parent < folder);
        let rest = self.0.get(start..).unwrap_or_default().iter();
        let same = rest.take_while(move |(parent, _)| *parent == folder);
        same.map(|(_, row)| *row)
    }
}
