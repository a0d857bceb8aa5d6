//! The feature words of the superblock: what is refused, and what changes how we read.

use crate::error::{Error, Feature};

const INCOMPAT_FILETYPE: u32 = 0x2;
const INCOMPAT_RECOVER: u32 = 0x4;
const INCOMPAT_64BIT: u32 = 0x80;
const INCOMPAT_MMP: u32 = 0x100;
const INCOMPAT_CSUM_SEED: u32 = 0x2000;
const INCOMPAT_LARGEDIR: u32 = 0x4000;
/// Extents and `flex_bg` change nothing that is not also said elsewhere.
const INCOMPAT_KNOWN: u32 = INCOMPAT_FILETYPE
    | INCOMPAT_RECOVER
    | 0x40
    | INCOMPAT_64BIT
    | INCOMPAT_MMP
    | 0x200
    | INCOMPAT_CSUM_SEED
    | INCOMPAT_LARGEDIR;

const INCOMPAT_REFUSED: [(u32, Feature); 8] = [
    (0x8, Feature::JournalDevice),
    (0x1, Feature::Compression),
    (0x10, Feature::MetaBg),
    (0x400, Feature::EaInode),
    (0x1000, Feature::DirData),
    (0x8000, Feature::InlineData),
    (0x1_0000, Feature::Encrypt),
    (0x2_0000, Feature::Casefold),
];

const RO_COMPAT_HUGE_FILE: u32 = 0x8;
const RO_COMPAT_GDT_CSUM: u32 = 0x10;
const RO_COMPAT_METADATA_CSUM: u32 = 0x400;
const RO_COMPAT_PROJECT: u32 = 0x2000;
/// `sparse_super`, `large_file`, `btree_dir`, `dir_nlink`, `extra_isize`, `quota`, `read-only` and
/// `orphan_present` change nothing for a reader: an inode to be deleted has no links, and one to
/// be truncated is read to its size.
const RO_COMPAT_KNOWN: u32 = 0x1
    | 0x2
    | 0x4
    | RO_COMPAT_HUGE_FILE
    | RO_COMPAT_GDT_CSUM
    | 0x20
    | 0x40
    | 0x100
    | RO_COMPAT_METADATA_CSUM
    | 0x1000
    | RO_COMPAT_PROJECT
    | 0x1_0000;

/// A reader could pass over most of these; a kernel mount, the caller's fallback, knows them.
const RO_COMPAT_REFUSED: [(u32, Feature); 5] = [
    (0x80, Feature::Snapshot),
    (0x200, Feature::Bigalloc),
    (0x800, Feature::Replica),
    (0x4000, Feature::SharedBlocks),
    (0x8000, Feature::Verity),
];

/// The features that change how structures are read. Nothing else is switched on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) filetype: bool,
    pub(crate) needs_recovery: bool,
    pub(crate) bits_64: bool,
    pub(crate) mmp: bool,
    pub(crate) csum_seed: bool,
    pub(crate) large_dir: bool,
    pub(crate) huge_file: bool,
    pub(crate) gdt_csum: bool,
    pub(crate) metadata_csum: bool,
    pub(crate) project: bool,
}

impl Features {
    pub(crate) fn decode(incompat: u32, ro_compat: u32) -> Result<Self, Error> {
        refuse(
            incompat,
            &INCOMPAT_REFUSED,
            INCOMPAT_KNOWN,
            Feature::UnknownIncompat,
        )?;
        refuse(
            ro_compat,
            &RO_COMPAT_REFUSED,
            RO_COMPAT_KNOWN,
            Feature::UnknownRoCompat,
        )?;
        Ok(Self {
            filetype: incompat & INCOMPAT_FILETYPE != 0,
            needs_recovery: incompat & INCOMPAT_RECOVER != 0,
            bits_64: incompat & INCOMPAT_64BIT != 0,
            mmp: incompat & INCOMPAT_MMP != 0,
            csum_seed: incompat & INCOMPAT_CSUM_SEED != 0,
            large_dir: incompat & INCOMPAT_LARGEDIR != 0,
            huge_file: ro_compat & RO_COMPAT_HUGE_FILE != 0,
            gdt_csum: ro_compat & RO_COMPAT_GDT_CSUM != 0,
            metadata_csum: has_metadata_csum(ro_compat),
            project: ro_compat & RO_COMPAT_PROJECT != 0,
        })
    }
}

/// Asked before the other features, because the checksum guards their bits.
pub(crate) fn has_metadata_csum(ro_compat: u32) -> bool {
    ro_compat & RO_COMPAT_METADATA_CSUM != 0
}

fn refuse(
    word: u32,
    refused: &[(u32, Feature)],
    known: u32,
    unknown: fn(u32) -> Feature,
) -> Result<(), Error> {
    if let Some((_, feature)) = refused.iter().find(|(bit, _)| word & bit != 0) {
        return Err(Error::Incompatible(*feature));
    }
    match word & !known {
        0 => Ok(()),
        bits => Err(Error::Incompatible(unknown(bits))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_known_refused_or_unknown_by_its_number() {
        for bit in (0..32).map(|shift| 1 << shift) {
            let named = INCOMPAT_REFUSED.iter().find(|(refused, _)| *refused == bit);
            match (Features::decode(bit, 0), named) {
                (Ok(_), None) => assert_ne!(INCOMPAT_KNOWN & bit, 0),
                (Err(Error::Incompatible(found)), Some((_, name))) => assert_eq!(found, *name),
                (Err(Error::Incompatible(Feature::UnknownIncompat(bits))), None) => {
                    assert_eq!(bits, bit);
                }
                (other, _) => panic!("bit {bit:#x}: {other:?}"),
            }
        }
    }

    #[test]
    fn unknown_ro_compat_bits_are_refused() {
        let found = Features::decode(0, 0x10_0000);
        assert!(matches!(
            found,
            Err(Error::Incompatible(Feature::UnknownRoCompat(0x10_0000)))
        ));
    }
}
