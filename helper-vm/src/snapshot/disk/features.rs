//! The features of an ext file system that mke2fs makes on request, by the names that it
//! knows them by. A file system with another one is kept as an image.

use qib_ext4::MadeWith;

/// Which of the superblock's words a bit is in.
#[derive(Clone, Copy)]
enum Word {
    Compat,
    Incompat,
    RoCompat,
}

use Word::{Compat, Incompat, RoCompat};

/// Where the superblock says so, and the name.
const TABLE: [(Word, u32, &str); 21] = [
    (Compat, 0x4, "has_journal"),
    (Compat, 0x8, "ext_attr"),
    (Compat, 0x10, "resize_inode"),
    (Compat, 0x20, "dir_index"),
    (Compat, 0x1000, "orphan_file"),
    (Incompat, 0x2, "filetype"),
    (Incompat, 0x10, "meta_bg"),
    (Incompat, 0x40, "extent"),
    (Incompat, 0x80, "64bit"),
    (Incompat, 0x200, "flex_bg"),
    (Incompat, 0x400, "ea_inode"),
    (Incompat, 0x2000, "metadata_csum_seed"),
    (Incompat, 0x4000, "large_dir"),
    (Incompat, 0x8000, "inline_data"),
    (RoCompat, 0x1, "sparse_super"),
    (RoCompat, 0x2, "large_file"),
    (RoCompat, 0x8, "huge_file"),
    (RoCompat, 0x10, "uninit_bg"),
    (RoCompat, 0x20, "dir_nlink"),
    (RoCompat, 0x40, "extra_isize"),
    (RoCompat, 0x400, "metadata_csum"),
];

/// The kernel sets these while it uses a file system: a journal is to be replayed, inodes
/// wait to be deleted. The reader sees to both.
const INCOMPAT_IN_USE: u32 = 0x4;
const RO_COMPAT_IN_USE: u32 = 0x1_0000;

/// A feature, and one without which mke2fs does not make it.
const NEEDS: [(&str, &str); 4] = [
    ("64bit", "extent"),
    ("metadata_csum_seed", "metadata_csum"),
    ("orphan_file", "has_journal"),
    ("resize_inode", "sparse_super"),
];

/// Features that mke2fs does not make together.
const EXCLUDES: [(&str, &str); 2] = [("meta_bg", "resize_inode"), ("uninit_bg", "metadata_csum")];

/// Features that mke2fs makes together: a bit for each row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(u32);

impl Features {
    /// The features that a superblock names, if mke2fs makes all of them.
    pub fn of_super_block(made_with: &MadeWith) -> Option<Self> {
        let mut compat = made_with.compat;
        let mut incompat = made_with.incompat & !INCOMPAT_IN_USE;
        let mut ro_compat = made_with.ro_compat & !RO_COMPAT_IN_USE;
        let mut bits = 0;
        for ((word, mask, _), bit) in rows() {
            let word = match word {
                Compat => &mut compat,
                Incompat => &mut incompat,
                RoCompat => &mut ro_compat,
            };
            if *word & mask != 0 {
                bits |= bit;
            }
            *word &= !mask;
        }
        let all_known = (compat, incompat, ro_compat) == (0, 0, 0);
        Self(bits).checked().filter(|_| all_known)
    }

    /// The features with these names, if mke2fs makes all of them.
    pub fn parse(untrusted_names: &str) -> Option<Self> {
        let mut bits = 0;
        for untrusted_name in untrusted_names.split_ascii_whitespace() {
            let found = rows().find(|((.., name), _)| *name == untrusted_name);
            bits |= found?.1;
        }
        Self(bits).checked()
    }

    /// The names of the features.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let held = rows().filter(move |(_, bit)| self.0 & bit != 0);
        held.map(|((.., name), _)| name)
    }

    fn checked(self) -> Option<Self> {
        let has = |feature: &str| self.names().any(|name| name == feature);
        let needed = NEEDS.iter().all(|(one, other)| !has(one) || has(other));
        let excluded = EXCLUDES.iter().any(|(one, other)| has(one) && has(other));
        (needed && !excluded).then_some(self)
    }
}

/// The rows of the table, each with its bit in a set.
fn rows() -> impl Iterator<Item = ((Word, u32, &'static str), u32)> {
    let bits = std::iter::successors(Some(1_u32), |bit| bit.checked_shl(1));
    TABLE.into_iter().zip(bits)
}
