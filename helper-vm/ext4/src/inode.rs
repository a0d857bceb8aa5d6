//! An inode: everything about a file but its names and its data.

use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::fields::Fields;
use crate::file_type::FileType;
use crate::inode_blocks;
use crate::inode_checksum;
use crate::inode_device::DeviceNumber;
use crate::inode_extra::Extra;
use crate::inode_flags::InodeFlags;
use crate::inode_time::Timestamp;
use crate::numbers::{InodeNumber, PhysicalBlock};
use crate::super_block::SuperBlock;

pub(crate) const BLOCK_MAP_LENGTH: usize = 60;

/// A live inode: its checksum was right, it has links, a known type and a possible size.
#[derive(Clone, Debug)]
pub struct Inode {
    /// Its number.
    pub number: InodeNumber,
    /// Changes when the number is given to another file.
    pub generation: u32,
    /// What it is.
    pub file_type: FileType,
    /// Permissions with set-user-id, set-group-id and sticky bits; below 0o10000.
    pub permissions: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes, as `stat` says them.
    pub size: u64,
    /// Number of names; 1 for a directory with more sub-directories than can be counted.
    pub links: u16,
    /// Flags.
    pub flags: InodeFlags,
    /// Last access.
    pub atime: Timestamp,
    /// Last change of content.
    pub mtime: Timestamp,
    /// Last change of the inode.
    pub ctime: Timestamp,
    /// When it was made, where the inode has room for that.
    pub crtime: Option<Timestamp>,
    /// Numbers of a device file.
    pub device: Option<DeviceNumber>,
    /// Project id, where the volume has them.
    pub project: Option<u32>,
    /// Space on disk in units of 512 bytes, as the inode claims it.
    pub blocks: u64,
    pub(crate) block_map: [u8; BLOCK_MAP_LENGTH],
    pub(crate) xattr_block: Option<PhysicalBlock>,
    pub(crate) xattr_bytes: Box<[u8]>,
}

impl Inode {
    /// Decodes an inode of the table. None for one that is free or deleted, or waits for that, or
    /// is no file but the value of an attribute.
    pub(crate) fn decode(
        untrusted_bytes: &[u8],
        number: InodeNumber,
        sb: &SuperBlock,
    ) -> Result<Option<Self>, Error> {
        let inode = Self::decode_any(untrusted_bytes, number, sb)?;
        Ok(inode.filter(|inode| !inode.flags.ea_inode()))
    }

    /// Decodes an inode of the table, whatever it is for.
    pub(crate) fn decode_any(
        untrusted_bytes: &[u8],
        number: InodeNumber,
        sb: &SuperBlock,
    ) -> Result<Option<Self>, Error> {
        let site = Site::new(Structure::Inode, Place::Inode(number.get()));
        let fields = Fields::new(untrusted_bytes, site);
        let extra = Extra::decode(untrusted_bytes, site)?;
        if let Some(seed) = sb.checksums.inode_seed(number, fields.u32(0x64)?) {
            inode_checksum::check(untrusted_bytes, seed, &extra, site)?;
        }
        // Not `i_dtime`: it is also the link to the next inode that is being truncated.
        let links = fields.u16(0x1A)?;
        if links == 0 {
            return Ok(None);
        }
        let mode = fields.u16(0x0)?;
        let file_type = FileType::from_mode(mode).ok_or_else(|| site.fault(Fault::Value))?;
        let flags = InodeFlags::new(fields.u32(0x20)?);
        if !flags.are_sound(&sb.features) {
            return Err(site.fault(Fault::Value));
        }
        Ok(Some(Self {
            number,
            generation: fields.u32(0x64)?,
            file_type,
            permissions: mode & 0o7777,
            uid: fields.u32_halves(0x2, 0x78)?,
            gid: fields.u32_halves(0x18, 0x7A)?,
            size: size(&fields, file_type, sb, site)?,
            links,
            flags,
            atime: Timestamp::decode(fields.u32(0x8)?, extra.u32(0x8C)?),
            mtime: Timestamp::decode(fields.u32(0x10)?, extra.u32(0x88)?),
            ctime: Timestamp::decode(fields.u32(0xC)?, extra.u32(0x84)?),
            crtime: crtime(&extra)?,
            device: device(&fields, file_type)?,
            project: if sb.features.project {
                extra.u32(0x9C)?
            } else {
                None
            },
            blocks: inode_blocks::claimed(&fields, flags, sb)?,
            block_map: fields.bytes(0x28)?,
            xattr_block: inode_blocks::xattr_block(&fields, sb, site)?,
            xattr_bytes: extra.xattr_bytes(untrusted_bytes),
        }))
    }

    pub(crate) fn site(&self, structure: Structure) -> Site {
        Site::new(structure, Place::Inode(self.number.get()))
    }

    /// Fails unless the inode is of the type that a structure belongs to.
    pub(crate) fn require(&self, file_type: FileType) -> Result<(), Error> {
        let fault = || self.site(Structure::Inode).fault(Fault::WrongType);
        if self.file_type == file_type {
            Ok(())
        } else {
            Err(fault())
        }
    }

    /// Fails for an inode whose data and names only a key would make readable.
    pub(crate) fn require_plain(&self) -> Result<(), Error> {
        if self.flags.encrypted() {
            Err(Error::Incompatible(Feature::Encrypt))
        } else {
            Ok(())
        }
    }
}

fn size(
    fields: &Fields<'_>,
    file_type: FileType,
    sb: &SuperBlock,
    site: Site,
) -> Result<u64, Error> {
    // In other inodes the upper half has meant other things.
    let wide = file_type == FileType::Regular || sb.features.large_dir;
    let size = if wide {
        fields.u64_halves(0x4, 0x6C)?
    } else {
        fields.u32(0x4)?.into()
    };
    if size <= sb.max_file_size() {
        Ok(size)
    } else {
        Err(site.fault(Fault::Size))
    }
}

fn crtime(extra: &Extra<'_>) -> Result<Option<Timestamp>, Error> {
    let fine = extra.u32(0x94)?;
    Ok(extra
        .u32(0x90)?
        .map(|seconds| Timestamp::decode(seconds, fine)))
}

fn device(fields: &Fields<'_>, file_type: FileType) -> Result<Option<DeviceNumber>, Error> {
    if !matches!(file_type, FileType::CharDevice | FileType::BlockDevice) {
        return Ok(None);
    }
    Ok(Some(DeviceNumber::decode(
        fields.u32(0x28)?,
        fields.u32(0x2C)?,
    )))
}
