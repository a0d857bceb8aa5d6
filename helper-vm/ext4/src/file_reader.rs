//! The content of a file as one stream, in as few reads of the device as it lies in pieces.

use crate::block_reader::BlockReader;
use crate::error::Error;
use crate::ext4::Ext4;
use crate::extents::{Extent, Extents};
use crate::fields::{to_u64, to_usize};
use crate::inode::Inode;

/// Reads a file forward. Holes and unwritten space are zeros.
pub struct FileReader<'a, R> {
    fs: &'a Ext4<R>,
    /// What lies in the inode; empty where there are extents.
    inline_data: Vec<u8>,
    extents: Extents<'a, R>,
    /// The extent at or behind the position; None behind the last.
    extent: Option<Extent>,
    position: u64,
    size: u64,
}

impl<'a, R: BlockReader> FileReader<'a, R> {
    pub(crate) fn new(fs: &'a Ext4<R>, inode: &Inode, offset: u64) -> Result<Self, Error> {
        let mut extents = Extents::new(fs, inode)?;
        let extent = extents.next().transpose()?;
        Ok(Self {
            fs,
            inline_data: inode.inline_data()?.unwrap_or_default(),
            extents,
            extent,
            position: offset,
            size: inode.size,
        })
    }

    /// Fills the buffer as far as the file goes and returns how many bytes that were.
    ///
    /// After an error the position is unknown: drop the reader.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let wanted = to_usize(self.size.saturating_sub(self.position)).min(buffer.len());
        let mut rest = buffer.get_mut(..wanted).unwrap_or_default();
        while !rest.is_empty() {
            let count = self.read_piece(rest)?;
            self.position = self.position.saturating_add(to_u64(count));
            rest = rest.get_mut(count..).unwrap_or_default();
        }
        Ok(wanted)
    }

    /// Reads of a hole or an extent what the buffer takes: at least one byte.
    fn read_piece(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let inline = self.inline_data.get(to_usize(self.position)..);
        if let Some(inline) = inline.filter(|rest| !rest.is_empty()) {
            return Ok(copy(inline, buffer));
        }
        loop {
            let Some(extent) = self.extent else {
                return Ok(zeros(buffer, u64::MAX));
            };
            let Some(skip) = self.position.checked_sub(extent.offset) else {
                return Ok(zeros(buffer, extent.offset.saturating_sub(self.position)));
            };
            match self.fs.read_extent(&extent, skip, buffer)? {
                0 => self.extent = self.extents.next().transpose()?,
                count => return Ok(count),
            }
        }
    }
}

fn copy(from: &[u8], buffer: &mut [u8]) -> usize {
    let pairs = from.iter().zip(buffer);
    pairs.map(|(from, to)| *to = *from).count()
}

fn zeros(buffer: &mut [u8], length: u64) -> usize {
    let length = to_usize(length).min(buffer.len());
    buffer.get_mut(..length).unwrap_or_default().fill(0);
    length
}
