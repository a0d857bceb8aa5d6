//! Finding and changing the structures of a small image with one block group and no checksums.

use qib_ext4::{Error, Ext4, Fault, Structure};

use super::device::MemoryDevice;
use super::image::Image;
use super::ours;

/// An image in memory that a test spoils.
#[derive(Clone)]
pub struct Edit {
    pub bytes: Vec<u8>,
}

impl Edit {
    pub fn new(image: &Image) -> Self {
        Self {
            bytes: image.bytes(),
        }
    }

    pub fn u16(&self, at: usize) -> usize {
        u16::from_le_bytes(self.bytes[at..at + 2].try_into().unwrap()).into()
    }

    pub fn u32(&self, at: usize) -> usize {
        u32::from_le_bytes(self.bytes[at..at + 4].try_into().unwrap())
            .try_into()
            .unwrap()
    }

    pub fn set<const N: usize>(&mut self, at: usize, bytes: [u8; N]) -> &mut Self {
        self.bytes[at..at + N].copy_from_slice(&bytes);
        self
    }

    pub fn set_u8(&mut self, at: usize, value: u8) -> &mut Self {
        self.set(at, [value])
    }

    pub fn set_u16(&mut self, at: usize, value: u16) -> &mut Self {
        self.set(at, value.to_le_bytes())
    }

    pub fn set_u32(&mut self, at: usize, value: u32) -> &mut Self {
        self.set(at, value.to_le_bytes())
    }

    /// Copies `N` bytes within the image.
    pub fn copy<const N: usize>(&mut self, from: usize, to: usize) -> &mut Self {
        self.bytes.copy_within(from..from + N, to);
        self
    }

    /// Ends the device early.
    pub fn truncate(&mut self, length: usize) -> &mut Self {
        self.bytes.truncate(length);
        self
    }

    pub fn flip(&mut self, at: usize) -> &mut Self {
        self.bytes[at] ^= 0x10;
        self
    }

    pub fn block_size(&self) -> usize {
        1024 << self.u32(1024 + 0x18)
    }

    /// Offset of a field of the superblock.
    pub fn super_block(&self, field: usize) -> usize {
        1024 + field
    }

    /// Offset of a field of the first group descriptor.
    pub fn descriptor(&self, field: usize) -> usize {
        (self.u32(1024 + 0x14) + 1) * self.block_size() + field
    }

    /// Offset of a block that a field of 32 bits points to.
    pub fn pointed(&self, at: usize) -> usize {
        self.u32(at) * self.block_size()
    }

    /// Offset of a field of an inode, found by path.
    pub fn inode(&self, path: &str, field: usize) -> usize {
        let table = self.pointed(self.descriptor(0x8));
        table + (self.number(path) - 1) * self.u16(1024 + 0x58) + field
    }

    /// Number of an inode, found by path.
    pub fn number(&self, path: &str) -> usize {
        let tree = ours::tree(&self.open().unwrap()).unwrap();
        tree[path.as_bytes()].inode.try_into().unwrap()
    }

    /// Offset of the first block of a file with one extent in the inode.
    pub fn data(&self, path: &str) -> usize {
        self.pointed(self.inode(path, 0x28 + 12 + 8))
    }

    /// Offset of the directory entry with a name, in the first block.
    pub fn entry(&self, directory: &str, name: &str) -> usize {
        let start = self.data(directory);
        let mut at = start;
        while at < start + self.block_size() {
            let length = usize::from(self.bytes[at + 6]);
            if &self.bytes[at + 8..at + 8 + length] == name.as_bytes() {
                return at;
            }
            at += self.u16(at + 4);
        }
        panic!("no entry {name}");
    }

    pub fn open(&self) -> Result<Ext4<MemoryDevice>, Error> {
        Ext4::open(MemoryDevice(self.bytes.clone()))
    }

    /// The first error of a walk that reads everything, first by names, then by inode tables.
    pub fn first_error(&self) -> Result<(), Error> {
        let fs = self.open()?;
        ours::tree(&fs)?;
        for inode in fs.inodes() {
            ours::record(&fs, &inode?)?;
        }
        Ok(())
    }

    pub fn assert_corrupt(&self, structure: Structure, fault: Fault) {
        match self.first_error() {
            Err(Error::Corrupt {
                structure: s,
                fault: f,
                ..
            }) if (s, f) == (structure, fault) => {}
            other => panic!("{structure:?} {fault:?} expected, found {other:?}"),
        }
    }
}
