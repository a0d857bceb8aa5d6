//! The feature words of the superblock: what is refused, and what changes how we read.

use crate::error::{Error, Feature};

const COMPAT_SPARSE_SUPER_2: u32 = 0x200;

const INCOMPAT_FILETYPE: u32 = 0x2;
const INCOMPAT_RECOVER: u32 = 0x4;
const INCOMPAT_META_BG: u32 = 0x10;
const INCOMPAT_64BIT: u32 = 0x80;
const INCOMPAT_MMP: u32 = 0x100;
const INCOMPAT_EA_INODE: u32 = 0x400;
const INCOMPAT_CSUM_SEED: u32 = 0x2000;
const INCOMPAT_LARGEDIR: u32 = 0x4000;
const INCOMPAT_INLINE_DATA: u32 = 0x8000;
const INCOMPAT_ENCRYPT: u32 = 0x1_0000;
/// Extents and `flex_bg` change nothing that is not also said elsewhere; `casefold` only changes
/// how names are looked up.
const INCOMPAT_KNOWN: u32 = INCOMPAT_FILETYPE
    | INCOMPAT_RECOVER
    | INCOMPAT_META_BG
    | 0x40
    | INCOMPAT_64BIT
    | INCOMPAT_MMP
    | 0x200
    | INCOMPAT_EA_INODE
    | INCOMPAT_CSUM_SEED
    | INCOMPAT_LARGEDIR
    | INCOMPAT_INLINE_DATA
    | INCOMPAT_ENCRYPT
    | 0x2_0000;

const INCOMPAT_REFUSED: [(u32, Feature); 3] = [
    (0x8, Feature::JournalDevice),
    (0x1, Feature::Compression),
    (0x1000, Feature::DirData),
];

const RO_COMPAT_SPARSE_SUPER: u32 = 0x1;
const RO_COMPAT_HUGE_FILE: u32 = 0x8;
const RO_COMPAT_GDT_CSUM: u32 = 0x10;
const RO_COMPAT_BIGALLOC: u32 = 0x200;
const RO_COMPAT_METADATA_CSUM: u32 = 0x400;
const RO_COMPAT_PROJECT: u32 = 0x2000;
/// `large_file`, `btree_dir`, `dir_nlink`, `extra_isize`, `quota`, `read-only`, `shared_blocks`
/// and `verity` change nothing for a reader. Nor does `orphan_present`: what waits to be deleted
/// has no links, and what waits to be truncated has its new size.
const RO_COMPAT_KNOWN: u32 = RO_COMPAT_SPARSE_SUPER
    | 0x2
    | 0x4
    | RO_COMPAT_HUGE_FILE
    | RO_COMPAT_GDT_CSUM
    | 0x20
    | 0x40
    | 0x100
    | RO_COMPAT_BIGALLOC
    | RO_COMPAT_METADATA_CSUM
    | 0x1000
    | RO_COMPAT_PROJECT
    | 0x4000
    | 0x8000
    | 0x1_0000;

/// A reader could pass over these; a kernel mount, the caller's fallback, does.
const RO_COMPAT_REFUSED: [(u32, Feature); 2] =
    [(0x80, Feature::Snapshot), (0x800, Feature::Replica)];

/// The features that change how structures are read. Nothing else is switched on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) sparse_super_2: bool,
    pub(crate) filetype: bool,
    pub(crate) needs_recovery: bool,
    pub(crate) meta_bg: bool,
    pub(crate) bits_64: bool,
    pub(crate) mmp: bool,
    pub(crate) ea_inode: bool,
    pub(crate) csum_seed: bool,
    pub(crate) large_dir: bool,
    pub(crate) inline_data: bool,
    pub(crate) encrypt: bool,
    pub(crate) sparse_super: bool,
    pub(crate) huge_file: bool,
    pub(crate) gdt_csum: bool,
    pub(crate) bigalloc: bool,
    pub(crate) metadata_csum: bool,
    pub(crate) project: bool,
}

impl Features {
    pub(crate) fn decode(compat: u32, incompat: u32, ro_compat: u32) -> Result<Self, Error> {
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
            sparse_super_2: compat & COMPAT_SPARSE_SUPER_2 != 0,
            filetype: incompat & INCOMPAT_FILETYPE != 0,
            needs_recovery: incompat & INCOMPAT_RECOVER != 0,
            meta_bg: incompat & INCOMPAT_META_BG != 0,
            bits_64: incompat & INCOMPAT_64BIT != 0,
            mmp: incompat & INCOMPAT_MMP != 0,
            ea_inode: incompat & INCOMPAT_EA_INODE != 0,
            csum_seed: incompat & INCOMPAT_CSUM_SEED != 0,
            large_dir: incompat & INCOMPAT_LARGEDIR != 0,
            inline_data: incompat & INCOMPAT_INLINE_DATA != 0,
            encrypt: incompat & INCOMPAT_ENCRYPT != 0,
            sparse_super: ro_compat & RO_COMPAT_SPARSE_SUPER != 0,
            huge_file: ro_compat & RO_COMPAT_HUGE_FILE != 0,
            gdt_csum: ro_compat & RO_COMPAT_GDT_CSUM != 0,
            bigalloc: ro_compat & RO_COMPAT_BIGALLOC != 0,
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
            match (Features::decode(0, bit, 0), named) {
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
        let found = Features::decode(0, 0, 0x10_0000);
        assert!(matches!(
            found,
            Err(Error::Incompatible(Feature::UnknownRoCompat(0x10_0000)))
        ));
    }
}
