//! The superblock: sizes, features and times of the whole volume.

use crate::checksum::{self, Checksums};
use crate::crc32c::crc32c;
use crate::descriptor_table::DescriptorTable;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::features::{Features, has_metadata_csum};
use crate::fields::Fields;
use crate::journal_place::journal_to_replay;
use crate::made_with::MadeWith;
use crate::numbers::InodeNumber;
use crate::volume_state::{State, VolumeTimes};

pub(crate) const OFFSET: u64 = 1024;
pub(crate) const LENGTH: usize = 1024;
const MAGIC: u16 = 0xEF53;
const CHECKSUM_AT: usize = 0x3FC;
const CRC32C: u8 = 1;
const HURD: u32 = 1;
const FIRST_ORDINARY_INODE: u32 = 11;
/// The least that mke2fs makes; it keeps a claim of countless groups away.
const MIN_BLOCKS_PER_GROUP: u32 = 256;
/// Clusters are at most 1 GiB.
const CLUSTER_SHIFT_MAX: u32 = 20;
const SITE: Site = Site {
    structure: Structure::SuperBlock,
    place: Place::Volume,
};

/// Sizes that fit together and fit the device.
#[derive(Clone, Debug)]
pub(crate) struct SuperBlock {
    pub(crate) block_size: u32,
    pub(crate) blocks: u64,
    pub(crate) first_data_block: u32,
    pub(crate) blocks_per_group: u32,
    /// Bytes that are allocated at once; the block size but for `bigalloc`.
    pub(crate) cluster_size: u32,
    pub(crate) inodes: u32,
    pub(crate) inodes_per_group: u32,
    pub(crate) groups: u32,
    pub(crate) inode_size: u16,
    pub(crate) first_inode: u32,
    pub(crate) descriptor_size: u16,
    pub(crate) features: Features,
    pub(crate) descriptors: DescriptorTable,
    pub(crate) checksums: Checksums,
    /// The inode of a journal that is to be replayed.
    pub(crate) journal: Option<InodeNumber>,
    /// Where the hashes of attributes' values start from.
    pub(crate) value_seed: u32,
    pub(crate) mmp_block: u64,
    pub(crate) made_with: MadeWith,
    pub(crate) state: State,
    pub(crate) times: VolumeTimes,
    /// Quota files and the orphan file; zero where there is none.
    pub(crate) special_inodes: [u32; 4],
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
        let features = Features::decode(fields.u32(0x5C)?, fields.u32(0x60)?, fields.u32(0x64)?)?;
        let found = Self::decode_sizes(&fields, features, revision)?;
        found.check_sizes(&fields, size)?;
        Ok(found)
    }

    fn decode_sizes(fields: &Fields<'_>, features: Features, revision: u32) -> Result<Self, Error> {
        let (shift, cluster_shift) = (fields.u32(0x18)?, fields.u32(0x1C)?);
        let good = cluster_shift == shift || (features.bigalloc && cluster_shift > shift);
        check(
            shift <= 6 && good && cluster_shift <= CLUSTER_SHIFT_MAX,
            Fault::Size,
        )?;
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
            blocks_per_group: fields.u32(0x20)?,
            cluster_size: 1024 << cluster_shift,
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
            descriptors: DescriptorTable::decode(fields, features)?,
            checksums: Checksums::decode(fields, features)?,
            journal: journal_to_replay(fields, features)?,
            value_seed: checksum::volume_seed(fields, features)?,
            mmp_block: fields.u64(0x168)?,
            made_with: MadeWith::decode(fields)?,
            state: State::decode(fields)?,
            times: VolumeTimes::decode(fields)?,
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
        let clusters = if self.features.bigalloc {
            fields.u32(0x24)?
        } else {
            self.blocks_per_group
        };
        let blocks_in_cluster = self.cluster_size.checked_div(self.block_size);
        let per_group = blocks_in_cluster.and_then(|blocks| blocks.checked_mul(clusters));
        let inode_size = u32::from(self.inode_size);
        let descriptor = u32::from(self.descriptor_size);
        let least_descriptor = if self.features.bits_64 { 64 } else { 32 };
        let inodes = u64::from(self.groups).checked_mul(u64::from(self.inodes_per_group));
        let good = self.first_data_block == u32::from(self.cluster_size == 1024)
            && per_group == Some(self.blocks_per_group)
            && self.blocks_per_group >= MIN_BLOCKS_PER_GROUP
            && clusters <= most
            && (1..=most).contains(&self.inodes_per_group)
            && inodes == Some(u64::from(self.inodes))
            && inode_size.is_power_of_two()
            && (128..=self.block_size).contains(&inode_size)
            && descriptor.is_power_of_two()
            && (least_descriptor..=self.block_size).contains(&descriptor)
            && (FIRST_ORDINARY_INODE..=self.inodes).contains(&self.first_inode)
            && self.has_sound_descriptor_row();
        check(good, Fault::Size)?;
        let bytes = self.blocks.checked_mul(u64::from(self.block_size));
        check(bytes.is_some_and(|bytes| bytes <= size), Fault::OutOfVolume)?;
        check(self.descriptors_end() <= self.blocks, Fault::OutOfVolume)
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
