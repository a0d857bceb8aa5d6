//! The wanted names of one folder, in the order of their bytes.

use crate::backup::selection::Selection;
use crate::error::{Error, Result};
use crate::manifest::EntryName;
use crate::number::{place, short};
use qib_ext4::{BlockReader, Ext4, Inode, InodeNumber};

/// A name that lies in the listing's bytes. Twelve bytes: a folder may hold millions.
#[derive(Clone, Copy)]
struct Slot {
    start: u32,
    inode: InodeNumber,
    length: u8,
}

/// The names of one folder that are still to be handed out.
pub(super) struct Listing {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

impl Listing {
    /// Reads a folder.
    pub(super) fn read<R: BlockReader>(
        fs: &Ext4<R>,
        folder: &Inode,
        selection: &Selection,
    ) -> Result<Self> {
        let mut listing = Self {
            bytes: Vec::new(),
            slots: Vec::new(),
        };
        let mut fits = true;
        fs.read_dir(folder, |entry| {
            if selection.keeps(folder.number, entry.name)
                && selection.wanted.contains(entry.inode.get())
            {
                fits &= listing.push(entry.name, entry.inode).is_some();
            }
        })?;
        if !fits {
            return Err(Error::VolumeTooLarge(
                "a folder with more names than can be sorted",
            ));
        }
        listing.sort()?;
        Ok(listing)
    }

    fn push(&mut self, name: &[u8], inode: InodeNumber) -> Option<()> {
        EntryName::new(name)?;
        let start = short(self.bytes.len())?;
        let length = u8::try_from(name.len()).ok()?;
        self.bytes.extend_from_slice(name);
        self.slots.push(Slot {
            start,
            inode,
            length,
        });
        Some(())
    }

    /// Last name first, as they are taken from the end.
    fn sort(&mut self) -> Result<()> {
        let bytes = &self.bytes;
        self.slots
            .sort_unstable_by(|a, b| name(bytes, *b).cmp(name(bytes, *a)));
        let mut pairs = self.slots.windows(2);
        let twice = pairs.any(|pair| matches!(pair, [a, b] if name(bytes, *a) == name(bytes, *b)));
        if twice {
            return Err(Error::VolumeContradicts("a folder has a name twice"));
        }
        Ok(())
    }

    /// The next name.
    pub(super) fn next(&mut self) -> Option<(EntryName, InodeNumber)> {
        let slot = self.slots.pop()?;
        EntryName::new(name(&self.bytes, slot)).map(|name| (name, slot.inode))
    }
}

fn name(bytes: &[u8], slot: Slot) -> &[u8] {
    let start = place(slot.start);
    bytes
        .get(start..start.saturating_add(usize::from(slot.length)))
        .unwrap_or_default()
}
