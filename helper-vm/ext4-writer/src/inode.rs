//! An inode of the table, made of what a file has.

use qib_ext4::{FileType, Timestamp, crc32c};

use crate::fields::{high16, high32, low16, low32, put, put16, put32};
use crate::shape::Shape;
use crate::time;

const EXTENTS_FLAG: u32 = 0x8_0000;
const INDEX_FLAG: u32 = 0x1000;
/// What every inode has.
const OLD_LENGTH: usize = 128;
const CHECKSUM_LOW_AT: usize = 0x7C;
const CHECKSUM_HIGH_AT: usize = 0x82;
/// Space is counted in units of so many bytes.
const SECTOR: u64 = 512;

/// What every file has.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// Permissions with set-user-id, set-group-id and sticky bits.
    pub permissions: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last change of content.
    pub mtime: Timestamp,
    /// Names and values of extended attributes, as the kernel shows them.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
}

/// What `i_block` holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    /// The root of a tree of extents.
    Extents([u8; 60]),
    /// The same of a directory with a hash tree.
    Indexed([u8; 60]),
    /// A short target, the numbers of a device, or nothing.
    Plain([u8; 60]),
}

/// Everything about an inode but its number.
#[derive(Clone, Debug)]
pub(crate) struct Inode<'a> {
    pub(crate) file_type: FileType,
    pub(crate) meta: Meta<'a>,
    pub(crate) links: u16,
    pub(crate) size: u64,
    /// Blocks of data, of extents and of attributes.
    pub(crate) blocks: u64,
    pub(crate) map: Map,
    /// Attributes in the inode: what follows its fields.
    pub(crate) xattr_bytes: Vec<u8>,
    /// The block with other attributes; zero for none.
    pub(crate) xattr_block: u64,
}

impl Inode<'_> {
    /// The bytes in the table; `stamp` is when the file system was made.
    pub(crate) fn encode(&self, number: u32, stamp: Timestamp, shape: &Shape) -> Vec<u8> {
        let mut bytes = vec![0; usize::from(shape.inode_size)];
        let (map, flags) = match self.map {
            Map::Extents(map) => (map, EXTENTS_FLAG),
            Map::Indexed(map) => (map, EXTENTS_FLAG | INDEX_FLAG),
            Map::Plain(map) => (map, 0),
        };
        let sectors = self.blocks * (shape.block_bytes() / SECTOR);
        let bytes_mut = bytes.as_mut_slice();
        put16(
            bytes_mut,
            0x0,
            type_bits(self.file_type) | self.meta.permissions & 0o7777,
        );
        put16(bytes_mut, 0x2, low16(self.meta.uid));
        put32(bytes_mut, 0x4, low32(self.size));
        put16(bytes_mut, 0x18, low16(self.meta.gid));
        put16(bytes_mut, 0x1A, self.links);
        put32(bytes_mut, 0x1C, low32(sectors));
        put32(bytes_mut, 0x20, flags);
        put(bytes_mut, 0x28, map);
        put32(bytes_mut, 0x68, low32(self.xattr_block));
        put32(bytes_mut, 0x6C, high32(self.size));
        put16(bytes_mut, 0x74, low16(high32(sectors)));
        put16(bytes_mut, 0x76, low16(high32(self.xattr_block)));
        put16(bytes_mut, 0x78, high16(self.meta.uid));
        put16(bytes_mut, 0x7A, high16(self.meta.gid));
        self.put_times(bytes_mut, stamp, shape);
        let begin = OLD_LENGTH + usize::from(shape.extra_isize);
        if let Some(rest) = bytes.get_mut(begin..) {
            let both = rest.iter_mut().zip(&self.xattr_bytes);
            both.for_each(|(byte, value)| *byte = *value);
        }
        seal(&mut bytes, shape.inode_seed(number));
        bytes
    }

    /// `atime` as the last change of content, the others as the moment in which all was made.
    fn put_times(&self, bytes: &mut [u8], stamp: Timestamp, shape: &Shape) {
        let times = [
            (self.meta.mtime, 0x8, 0x8C),
            (stamp, 0xC, 0x84),
            (self.meta.mtime, 0x10, 0x88),
            (stamp, 0x90, 0x94),
        ];
        if bytes.len() > OLD_LENGTH {
            put16(bytes, 0x80, shape.extra_isize);
        }
        for (time, at, extra_at) in times {
            let (seconds, extra) = time::encode(time, bytes.len() == OLD_LENGTH);
            let has = |at| at < OLD_LENGTH || at + 4 <= OLD_LENGTH + usize::from(shape.extra_isize);
            if has(at) {
                put32(bytes, at, seconds);
            }
            if has(extra_at) {
                put32(bytes, extra_at, extra);
            }
        }
    }
}

/// The checksum starts from the seed of the inode; its upper half only where there is room.
fn seal(bytes: &mut [u8], seed: u32) {
    let crc = crc32c(seed, bytes);
    put16(bytes, CHECKSUM_LOW_AT, low16(crc));
    if bytes.len() > OLD_LENGTH {
        put16(bytes, CHECKSUM_HIGH_AT, high16(crc));
    }
}

fn type_bits(file_type: FileType) -> u16 {
    let kind = match file_type {
        FileType::Fifo => 0x1,
        FileType::CharDevice => 0x2,
        FileType::Directory => 0x4,
        FileType::BlockDevice => 0x6,
        FileType::Regular => 0x8,
        FileType::Symlink => 0xA,
        FileType::Socket => 0xC,
    };
    kind << 12
}
