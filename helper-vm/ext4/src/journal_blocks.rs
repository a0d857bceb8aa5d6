//! The blocks of the journal: where they lie, and their content in large reads.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::ext4::Ext4;
use crate::extents::Extent;
use crate::fields::to_usize;
use crate::inode::Inode;

/// Whole blocks of any size.
const READ_BYTES: u64 = 128 * 1024;
/// As many as the blocks that may be replayed; 32 MiB of memory.
const EXTENTS_MAX: usize = 1 << 20;

/// The journal as a file. Memory: its extents and 128 KiB.
pub(crate) struct JournalBlocks<'a, R> {
    fs: &'a Ext4<R>,
    extents: Vec<Extent>,
    /// Start and end of what they take of the volume, in bytes: disjoint, by rising place.
    taken: Vec<(u64, u64)>,
    /// Blocks that were read, and the block of the journal that they begin with.
    window: Vec<u8>,
    window_start: u64,
}

impl<'a, R: BlockReader> JournalBlocks<'a, R> {
    pub(crate) fn new(fs: &'a Ext4<R>, inode: &Inode) -> Result<Self, Error> {
        let mut extents = Vec::new();
        for extent in fs.extents(inode)? {
            extents.push(extent?);
            if extents.len() > EXTENTS_MAX {
                return Err(Error::Incompatible(Feature::LargeJournal));
            }
        }
        let taken = disjoint(&extents);
        Ok(Self {
            fs,
            extents,
            taken,
            window: Vec::new(),
            window_start: 0,
        })
    }

    /// A block of the journal. It must lie on the volume and have been written.
    pub(crate) fn read(&mut self, block: u32) -> Result<&[u8], Error> {
        let block_size = u64::from(self.fs.block_size());
        let offset = u64::from(block).saturating_mul(block_size);
        let length = to_usize(block_size);
        let at = offset.checked_sub(self.window_start).map(to_usize);
        let end = at.map(|at| at.saturating_add(length));
        if end.is_none_or(|end| end > self.window.len()) {
            let (extent, skip) = self.find(block)?;
            let left = extent.length.saturating_sub(skip).min(READ_BYTES);
            self.window.clear();
            self.window.resize(to_usize(left.max(block_size)), 0);
            self.window_start = offset;
            let place = extent.place.saturating_add(skip);
            let read = self.fs.volume().read_at(place, &mut self.window);
            read.inspect_err(|_| self.window.clear())?;
        }
        let start = to_usize(offset.saturating_sub(self.window_start));
        let found = self.window.get(start..start.saturating_add(length));
        found.ok_or_else(|| site(block).fault(Fault::Short))
    }

    /// Where a block of the journal lies, in bytes on the volume.
    pub(crate) fn place(&self, block: u32) -> Result<u64, Error> {
        let (extent, skip) = self.find(block)?;
        Ok(extent.place.saturating_add(skip))
    }

    /// Whether a place on the volume, in bytes, is one of the journal's own.
    pub(crate) fn contain(&self, wanted: u64) -> bool {
        let behind = self.taken.partition_point(|(start, _)| *start <= wanted);
        let before = behind.checked_sub(1).and_then(|at| self.taken.get(at));
        before.is_some_and(|(_, end)| wanted < *end)
    }

    fn find(&self, block: u32) -> Result<(Extent, u64), Error> {
        let offset = u64::from(block).saturating_mul(self.fs.block_size().into());
        let behind = self
            .extents
            .partition_point(|extent| extent.offset <= offset);
        let extent = behind.checked_sub(1).and_then(|at| self.extents.get(at));
        let found = extent.map(|extent| (*extent, offset.saturating_sub(extent.offset)));
        let found = found.filter(|(extent, skip)| *skip < extent.length && extent.written);
        found.ok_or_else(|| site(block).fault(Fault::Hole))
    }
}

fn disjoint(extents: &[Extent]) -> Vec<(u64, u64)> {
    let ends = |extent: &Extent| (extent.place, extent.place.saturating_add(extent.length));
    let mut all: Vec<_> = extents.iter().map(ends).collect();
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let overlap = next.0 <= kept.1;
        if overlap {
            kept.1 = kept.1.max(next.1);
        }
        overlap
    });
    all
}

fn site(block: u32) -> Site {
    Site::new(Structure::JournalBlock, Place::JournalBlock(block))
}
