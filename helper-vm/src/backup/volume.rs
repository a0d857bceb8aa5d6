//! How a volume is read: by our own reader where that knows it, by the kernel where
//! that does, else as a whole.

use super::disk::{self, DiskVolume};
use super::mounted::{self, Mount};
use crate::confine::Needs;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::probe::probe;
use qib_ext4::Ext4;
use qib_rpc::fault::Code;
use qib_rpc::reading::{Manner, VolumeKind};
use std::path::Path;

/// An opened volume.
pub enum Volume {
    /// A file system that our reader knows.
    Files(Box<Ext4<Device>>),
    /// A file system that the kernel knows.
    Mounted(Mount),
    /// A disk with a file system that our reader knows.
    Disk(Box<DiskVolume>),
    /// Whatever it is, it is kept as it is.
    Image(Device),
}

impl Volume {
    /// What is needed to read it.
    pub fn needs(&self) -> Needs<'_> {
        match self {
            Self::Mounted(mount) => mount.needs(),
            Self::Files(_) | Self::Disk(_) | Self::Image(_) => Needs::Nothing,
        }
    }
}

/// Opens a volume in the best way that there is for what lies on it.
///
/// # Errors
/// [`Error::VolumeEmpty`] when it is zeros throughout; when it is a file system of
/// ours that is damaged, or one whose log is not clean; else when it does not appear
/// or can not be read.
pub fn open(path: &Path) -> Result<(Volume, Manner)> {
    let error = match Ext4::open(Device::open(path)?) {
        Ok(fs) => return Ok((Volume::Files(Box::new(fs)), Manner::Reader)),
        Err(error) => Error::Volume(error),
    };
    let mut device = Device::open(path)?;
    let kind = probe(&device).map_err(Error::reading)?;
    match (kind, error.fault().code) {
        (VolumeKind::Ext, Code::VolumeUnsupported) => {}
        (VolumeKind::Ext, _) | (_, Code::VolumeFailed) => return Err(error),
        (VolumeKind::Unknown, _) if device.is_empty()? => return Err(Error::VolumeEmpty),
        (VolumeKind::Disk, _) => {
            if let Some(disk) = disk::open(path)? {
                return Ok((Volume::Disk(Box::new(disk)), Manner::Disk));
            }
        }
        _ => {}
    }
    Ok(match mounted::mount(path, &device, kind)? {
        Some(mount) => (Volume::Mounted(mount), Manner::Kernel(kind)),
        None => (Volume::Image(device), Manner::Image(kind)),
    })
}
