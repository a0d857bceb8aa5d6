//! Which checksums a volume carries, and the seeds they start from.

use crate::crc32c::crc32c;
use crate::error::Error;
use crate::features::Features;
use crate::fields::Fields;
use crate::numbers::InodeNumber;

/// The checksums that are there to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksums {
    /// None at all.
    None,
    /// CRC-16 of group descriptors only (`uninit_bg`).
    Groups {
        /// Seeds every one of them.
        uuid: [u8; 16],
    },
    /// CRC-32C of every metadata block (`metadata_csum`).
    Metadata {
        /// Seeds every one of them.
        seed: u32,
    },
}

impl Checksums {
    /// From the fields of the superblock.
    pub(crate) fn decode(fields: &Fields<'_>, features: Features) -> Result<Self, Error> {
        Ok(if features.metadata_csum {
            let seed = volume_seed(fields, features)?;
            Self::Metadata { seed }
        } else if features.gdt_csum {
            let uuid = fields.bytes(0x68)?;
            Self::Groups { uuid }
        } else {
            Self::None
        })
    }

    /// The seed for structures of the whole volume; None where they have no checksum.
    pub(crate) fn seed(self) -> Option<u32> {
        match self {
            Self::None | Self::Groups { .. } => None,
            Self::Metadata { seed } => Some(seed),
        }
    }

    /// The seed for structures that belong to one inode; None where they have no checksum.
    pub(crate) fn inode_seed(self, number: InodeNumber, generation: u32) -> Option<u32> {
        let seed = crc32c(self.seed()?, &number.get().to_le_bytes());
        Some(crc32c(seed, &generation.to_le_bytes()))
    }

    /// Whether group descriptors say truly which inode tables were never written.
    pub(crate) fn cover_groups(self) -> bool {
        self != Self::None
    }
}

/// What checksums start from: the UUID, unless it was to change while they stay.
pub(crate) fn volume_seed(fields: &Fields<'_>, features: Features) -> Result<u32, Error> {
    if features.csum_seed {
        return fields.u32(0x270);
    }
    Ok(crc32c(!0, &fields.bytes::<16>(0x68)?))
}

/// Continues `crc` over `bytes` with `length` bytes at `at`, the checksum itself, taken as zero.
pub fn crc32c_without(crc: u32, bytes: &[u8], at: usize, length: usize) -> u32 {
    const ZEROS: [u8; 4] = [0; 4];
    let (before, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let (field, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let zeros = ZEROS.get(..field.len()).unwrap_or(&ZEROS);
    crc32c(crc32c(crc32c(crc, before), zeros), after)
}
