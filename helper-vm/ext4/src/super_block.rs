//! The superblock: sizes, features and times of the whole volume.

use crate::checksum::Checksums;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::features::{Features, has_metadata_csum};
use crate::fields::{Fields, to_usize};
use crate::numbers::{GroupNumber, InodeNumber, PhysicalBlock};

pub(crate) const OFFSET: u64 = 1024;
pub(crate) const LENGTH: usize = 1024;
const MAGIC: u16 = 0xEF53;
const CHECKSUM_AT: usize = 0x3FC;
const CRC32C: u8 = 1;
const HURD: u32 = 1;
const FIRST_ORDINARY_INODE: u32 = 11;
/// The least that mke2fs makes; it keeps a claim of countless groups away.
const MIN_BLOCKS_PER_GROUP: u32 = 256;
const SITE: Site = Site {
    structure: Structure::SuperBlock,
    place: Place::Volume,
};

/// What the superblock says about the state of the file system. None of it is a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// It was unmounted cleanly, or a journal took its place.
    pub clean: bool,
    /// The kernel met errors that no e2fsck has cleared.
    pub errors: bool,
}

/// The times of the superblock, in seconds since 1970; zero when never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeTimes {
    /// `s_wtime`: the last write of the superblock.
    pub written: u64,
    /// `s_mtime`: the last mount.
    pub mounted: u64,
    /// `s_mkfs_time`: when the file system was made.
    pub made: u64,
}

/// Sizes that fit together and fit the device.
#[derive(Clone, Debug)]
pub(crate) struct SuperBlock {
    pub(crate) block_size: u32,
    pub(crate) blocks: u64,
    pub(crate) first_data_block: u32,
    pub(crate) inodes: u32,
    pub(crate) inodes_per_group: u32,
    pub(crate) groups: u32,
    pub(crate) inode_size: u16,
    pub(crate) first_inode: u32,
    pub(crate) descriptor_size: u16,
    pub(crate) features: Features,
    pub(crate) checksums: Checksums,
    pub(crate) mmp_block: u64,
    pub(crate) uuid: [u8; 16],
    pub(crate) state: State,
    pub(crate) times: VolumeTimes,
    special_inodes: [u32; 4],
}

impl SuperBlock {
    /// Reads the 1024 bytes of a superblock and holds them against a device of `size` bytes.
    pub(crate) fn decode(untrusted_bytes: &[u8], size: u64) -> Result<Self, Error> {
        let fields = Fields::new(untrusted_bytes, SITE);
        check(fields.u16(0x38)? == MAGIC, Fault::Magic)?;
        check_checksum(&fields)?;
        let revision = fields.u32(0x4C)?;
        if revision > 1 {
            return Err(Error::Incompatible(Feature::Revision));
        }
        if fields.u32(0x48)? == HURD {
            return Err(Error::Incompatible(Feature::CreatorHurd));
        }
        let features = Features::decode(fields.u32(0x60)?, fields.u32(0x64)?)?;
        let found = Self::decode_sizes(&fields, features, revision)?;
        found.check_sizes(&fields, size)?;
        Ok(found)
    }

    fn decode_sizes(fields: &Fields<'_>, features: Features, revision: u32) -> Result<Self, Error> {
        let shift = fields.u32(0x18)?;
        check(shift <= 6 && fields.u32(0x1C)? == shift, Fault::Size)?;
        let first_data_block = fields.u32(0x14)?;
        let blocks_high = if features.bits_64 {
            fields.u32(0x150)?
        } else {
            0
        };
        let blocks = u64::from(fields.u32(0x4)?) | u64::from(blocks_high) << 32;
        Ok(Self {
            block_size: 1024 << shift,
            blocks,
            first_data_block,
            inodes: fields.u32(0x0)?,
            inodes_per_group: fields.u32(0x28)?,
            groups: groups(blocks, first_data_block, fields.u32(0x20)?)?,
            inode_size: if revision == 0 {
                128
            } else {
                fields.u16(0x58)?
            },
            first_inode: if revision == 0 {
                FIRST_ORDINARY_INODE
            } else {
                fields.u32(0x54)?
            },
            descriptor_size: if features.bits_64 {
                fields.u16(0xFE)?
            } else {
                32
            },
            features,
            checksums: checksums(fields, features)?,
            mmp_block: fields.u64(0x168)?,
            uuid: fields.bytes(0x68)?,
            state: state(fields.u16(0x3A)?),
            times: times(fields)?,
            special_inodes: [
                fields.u32(0x240)?,
                fields.u32(0x244)?,
                fields.u32(0x26C)?,
                fields.u32(0x280)?,
            ],
        })
    }

    fn check_sizes(&self, fields: &Fields<'_>, size: u64) -> Result<(), Error> {
        let most = self.block_size.saturating_mul(8);
        let per_group = fields.u32(0x20)?;
        let inode_size = u32::from(self.inode_size);
        let descriptor = u32::from(self.descriptor_size);
        let least_descriptor = if self.features.bits_64 { 64 } else { 32 };
        let inodes = u64::from(self.groups).checked_mul(u64::from(self.inodes_per_group));
        let good = self.first_data_block == u32::from(self.block_size == 1024)
            && (MIN_BLOCKS_PER_GROUP..=most).contains(&per_group)
            && (1..=most).contains(&self.inodes_per_group)
            && inodes == Some(u64::from(self.inodes))
            && inode_size.is_power_of_two()
            && (128..=self.block_size).contains(&inode_size)
            && descriptor.is_power_of_two()
            && (least_descriptor..=self.block_size).contains(&descriptor)
            && (FIRST_ORDINARY_INODE..=self.inodes).contains(&self.first_inode);
        check(good, Fault::Size)?;
        let bytes = self.blocks.checked_mul(u64::from(self.block_size));
        check(bytes.is_some_and(|bytes| bytes <= size), Fault::OutOfVolume)?;
        check(self.descriptors_end() <= self.blocks, Fault::OutOfVolume)
    }

    /// Byte offset of a block that `run` has checked, so below the size of the device.
    pub(crate) fn offset(&self, block: PhysicalBlock) -> u64 {
        block.get().saturating_mul(u64::from(self.block_size))
    }

    /// Length of a block in memory.
    pub(crate) fn block_length(&self) -> usize {
        to_usize(self.block_size)
    }

    /// Bytes of the volume that belong to the file system.
    pub(crate) fn volume_bytes(&self) -> u64 {
        self.blocks.saturating_mul(u64::from(self.block_size))
    }

    /// Byte offset of the group descriptors.
    pub(crate) fn descriptors_offset(&self) -> u64 {
        u64::from(self.first_data_block)
            .saturating_add(1)
            .saturating_mul(self.block_size.into())
    }

    /// Blocks of each group's inode table.
    pub(crate) fn inode_table_blocks(&self) -> u64 {
        let bytes = u64::from(self.inodes_per_group).saturating_mul(self.inode_size.into());
        bytes.div_ceil(u64::from(self.block_size))
    }

    /// The first of `length` blocks, when all lie in the volume and behind the group descriptors.
    pub(crate) fn run(&self, untrusted_start: u64, length: u64) -> Option<PhysicalBlock> {
        let end = untrusted_start.checked_add(length)?;
        let inside = untrusted_start >= self.descriptors_end() && end <= self.blocks && length > 0;
        inside.then_some(PhysicalBlock(untrusted_start))
    }

    fn descriptors_end(&self) -> u64 {
        let bytes = u64::from(self.groups).saturating_mul(u64::from(self.descriptor_size));
        let blocks = bytes.div_ceil(u64::from(self.block_size));
        blocks
            .saturating_add(u64::from(self.first_data_block))
            .saturating_add(1)
    }

    /// The group of an inode and its index there; None when the volume has no such inode.
    pub(crate) fn locate(&self, number: InodeNumber) -> Option<(GroupNumber, u32)> {
        let index = number
            .get()
            .checked_sub(1)
            .filter(|index| *index < self.inodes)?;
        let group = index.checked_div(self.inodes_per_group)?;
        Some((
            GroupNumber(group),
            index.checked_rem(self.inodes_per_group)?,
        ))
    }

    /// Whether the inode is the file system's own: journal, resize, quota, orphan file and the like.
    pub(crate) fn is_special(&self, number: InodeNumber) -> bool {
        let reserved = number.get() < self.first_inode && number != InodeNumber::ROOT;
        reserved || self.special_inodes.contains(&number.get())
    }

    /// The largest size of a file, in bytes: logical blocks have 32 bits.
    pub(crate) fn max_file_size(&self) -> u64 {
        u64::from(self.block_size) << 32
    }
}

fn check(good: bool, fault: Fault) -> Result<(), Error> {
    if good { Ok(()) } else { Err(SITE.fault(fault)) }
}

fn check_checksum(fields: &Fields<'_>) -> Result<(), Error> {
    if !has_metadata_csum(fields.u32(0x64)?) {
        return Ok(());
    }
    if fields.u8(0x175)? != CRC32C {
        return Err(Error::Incompatible(Feature::ChecksumType));
    }
    let computed = crc32c(!0, fields.slice(0, CHECKSUM_AT)?);
    check(computed == fields.u32(CHECKSUM_AT)?, Fault::Checksum)
}

fn groups(blocks: u64, first_data_block: u32, per_group: u32) -> Result<u32, Error> {
    let blocks = blocks
        .checked_sub(u64::from(first_data_block))
        .filter(|count| *count > 0);
    let groups = blocks
        .zip(std::num::NonZeroU64::new(u64::from(per_group)))
        .map(|(blocks, per_group)| blocks.div_ceil(per_group.get()));
    groups
        .and_then(|groups| u32::try_from(groups).ok())
        .ok_or_else(|| SITE.fault(Fault::Size))
}

fn checksums(fields: &Fields<'_>, features: Features) -> Result<Checksums, Error> {
    let uuid = fields.bytes(0x68)?;
    Ok(if features.metadata_csum {
        let seed = if features.csum_seed {
            fields.u32(0x270)?
        } else {
            crc32c(!0, &uuid)
        };
        Checksums::Metadata { seed }
    } else if features.gdt_csum {
        Checksums::Groups { uuid }
    } else {
        Checksums::None
    })
}

fn state(word: u16) -> State {
    State {
        clean: word & 1 != 0,
        errors: word & 2 != 0,
    }
}

fn times(fields: &Fields<'_>) -> Result<VolumeTimes, Error> {
    let joined = |low: usize, high: usize| -> Result<u64, Error> {
        Ok(u64::from(fields.u32(low)?) | u64::from(fields.u8(high)?) << 32)
    };
    Ok(VolumeTimes {
        written: joined(0x30, 0x274)?,
        mounted: joined(0x2C, 0x275)?,
        made: joined(0x108, 0x276)?,
    })
}
