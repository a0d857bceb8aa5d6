//! The sizes of the new file system and what its structures are sealed with.

use qib_ext4::{crc32c, crc32c_without};

use crate::error::{Error, Result};
use crate::fields::{get, get16, get32, narrow};
use crate::hash::NameHash;

/// `has_journal`, `ext_attr`, `resize_inode`, `dir_index`, `sparse_super2`, `orphan_file`, and
/// two that only name habits.
const COMPAT_KNOWN: u32 = 0x4 | 0x8 | 0x10 | DIR_INDEX | 0x200 | ORPHAN_FILE | 0x1 | 0x2;
const DIR_INDEX: u32 = 0x20;
const ORPHAN_FILE: u32 = 0x1000;
/// `filetype`, `extent`, `64bit`, `flex_bg`, `metadata_csum_seed`, `large_dir`.
const INCOMPAT_KNOWN: u32 = INCOMPAT_NEEDED | BITS_64 | 0x200 | CSUM_SEED | LARGE_DIR;
const INCOMPAT_NEEDED: u32 = 0x2 | 0x40;
const BITS_64: u32 = 0x80;
const CSUM_SEED: u32 = 0x2000;
const LARGE_DIR: u32 = 0x4000;
/// `sparse_super`, `large_file`, `huge_file`, `dir_nlink`, `extra_isize`, `metadata_csum`.
const RO_COMPAT_KNOWN: u32 = RO_COMPAT_NEEDED | 0x8;
const RO_COMPAT_NEEDED: u32 = 0x1 | 0x2 | 0x20 | 0x40 | 0x400;

const HALF_MD4: u8 = 1;
const SIGNED_HASH: u32 = 0x1;

/// What follows from the superblock.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) block_size: u32,
    pub(crate) blocks: u64,
    pub(crate) first_data_block: u32,
    pub(crate) blocks_per_group: u32,
    pub(crate) inodes_per_group: u32,
    pub(crate) inodes: u32,
    pub(crate) inode_size: u16,
    /// Bytes that an inode has beyond the first 128, but for attributes.
    pub(crate) extra_isize: u16,
    pub(crate) first_inode: u32,
    pub(crate) descriptor_size: u16,
    pub(crate) groups: u32,
    /// Blocks behind the descriptors into which they may grow.
    pub(crate) reserved_descriptor_blocks: u16,
    /// Directories of more than a block have a hash tree, with this hash.
    pub(crate) hash: Option<NameHash>,
    /// How many levels of nodes may lie between the root of a hash tree and its leaves.
    pub(crate) hash_levels: u8,
    /// The two groups with copies of the superblock, where it is not powers of 3, 5 and 7.
    pub(crate) copies: Option<[u32; 2]>,
    /// The first inode behind `lost+found` is a file of the kernel's.
    pub(crate) has_orphan_file: bool,
    seed: u32,
}

impl Shape {
    /// Reads a superblock that was found sound.
    pub(crate) fn decode(sb: &[u8]) -> Result<Self> {
        let (compat, incompat, ro_compat) = (get32(sb, 0x5C), get32(sb, 0x60), get32(sb, 0x64));
        let known = compat & !COMPAT_KNOWN == 0
            && incompat & !INCOMPAT_KNOWN == 0
            && ro_compat & !RO_COMPAT_KNOWN == 0;
        let has_all = incompat & INCOMPAT_NEEDED == INCOMPAT_NEEDED
            && ro_compat & RO_COMPAT_NEEDED == RO_COMPAT_NEEDED;
        if !(known && has_all) {
            return Err(Error::Layout("features that are not written here"));
        }
        let has = |word: u32, bit: u32| word & bit != 0;
        let blocks_high = if has(incompat, BITS_64) {
            get32(sb, 0x150)
        } else {
            0
        };
        let blocks = u64::from(get32(sb, 0x4)) | u64::from(blocks_high) << 32;
        let (first, per_group) = (get32(sb, 0x14), get32(sb, 0x20));
        let groups = blocks
            .saturating_sub(first.into())
            .div_ceil(u64::from(per_group.max(1)));
        let seed = if has(incompat, CSUM_SEED) {
            get32(sb, 0x270)
        } else {
            crc32c(!0, &get::<16>(sb, 0x68))
        };
        Ok(Self {
            block_size: 1024_u32.checked_shl(get32(sb, 0x18)).unwrap_or(0),
            blocks,
            first_data_block: first,
            blocks_per_group: per_group,
            inodes_per_group: get32(sb, 0x28),
            inodes: get32(sb, 0x0),
            inode_size: get16(sb, 0x58),
            extra_isize: if get16(sb, 0x58) > 128 {
                get16(sb, 0x15E)
            } else {
                0
            },
            first_inode: get32(sb, 0x54),
            descriptor_size: if has(incompat, BITS_64) {
                get16(sb, 0xFE)
            } else {
                32
            },
            groups: u32::try_from(groups).unwrap_or(u32::MAX),
            reserved_descriptor_blocks: get16(sb, 0xCE),
            hash: has(compat, DIR_INDEX).then(|| name_hash(sb)).transpose()?,
            hash_levels: if has(incompat, LARGE_DIR) { 2 } else { 1 },
            copies: has(compat, 0x200).then(|| [get32(sb, 0x24C), get32(sb, 0x250)]),
            has_orphan_file: has(compat, ORPHAN_FILE),
            seed,
        })
    }

    /// Length of a block in memory.
    pub(crate) fn block_length(&self) -> usize {
        narrow(self.block_size)
    }

    /// Length of a block on the volume.
    pub(crate) fn block_bytes(&self) -> u64 {
        self.block_size.into()
    }

    /// Where a block begins.
    pub(crate) fn offset(&self, block: u64) -> u64 {
        block.saturating_mul(self.block_bytes())
    }

    /// The first block of a group and the one behind its last.
    pub(crate) fn group_blocks(&self, group: u32) -> (u64, u64) {
        let per_group = u64::from(self.blocks_per_group);
        let start = u64::from(group) * per_group + u64::from(self.first_data_block);
        (start, self.blocks.min(start + per_group))
    }

    /// The group of an inode and its index there.
    pub(crate) fn locate(&self, inode: u32) -> (u32, u32) {
        let index = inode.saturating_sub(1);
        let per_group = self.inodes_per_group.max(1);
        (index / per_group, index % per_group)
    }

    /// Blocks that hold all descriptors.
    pub(crate) fn descriptor_blocks(&self) -> u64 {
        let bytes = u64::from(self.groups) * u64::from(self.descriptor_size);
        bytes.div_ceil(self.block_bytes().max(1))
    }

    /// Whether a group begins with a copy of superblock and descriptors.
    pub(crate) fn has_copy(&self, group: u32) -> bool {
        match self.copies {
            _ if group <= 1 && self.copies.is_none() => true,
            Some(groups) => group == 0 || groups.contains(&group),
            None => [3, 5, 7].into_iter().any(|base| is_power(group, base)),
        }
    }

    /// Continues the checksum of a structure of the whole volume.
    pub(crate) fn crc(&self, bytes: &[u8]) -> u32 {
        crc32c(self.seed, bytes)
    }

    /// The checksum of a block whose own field of 32 bits is at `at`, by the block's number.
    pub(crate) fn block_crc(&self, block: u64, bytes: &[u8], at: usize) -> u32 {
        crc32c_without(self.crc(&block.to_le_bytes()), bytes, at, 4)
    }

    /// What the checksums of an inode and its structures start from. Generations are zero here.
    pub(crate) fn inode_seed(&self, inode: u32) -> u32 {
        crc32c(self.crc(&inode.to_le_bytes()), &[0; 4])
    }
}

fn name_hash(sb: &[u8]) -> Result<NameHash> {
    let [version] = get(sb, 0xFC);
    if version != HALF_MD4 {
        return Err(Error::Layout("another hash of names"));
    }
    Ok(NameHash {
        seed: [0xEC, 0xF0, 0xF4, 0xF8].map(|at| get32(sb, at)),
        signed: get32(sb, 0x160) & SIGNED_HASH != 0,
    })
}

fn is_power(number: u32, base: u64) -> bool {
    let (number, mut power) = (u64::from(number), base);
    while power < number {
        power = power.saturating_mul(base);
    }
    power == number
}
