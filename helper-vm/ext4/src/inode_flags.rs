//! The flags of an inode (`i_flags`).

use crate::features::Features;

/// All flag bits as stored; those that the caller may ask for have a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InodeFlags(u32);

impl InodeFlags {
    const IMMUTABLE: u32 = 0x10;
    const APPEND: u32 = 0x20;
    const NODUMP: u32 = 0x40;
    const ENCRYPT: u32 = 0x800;
    const INDEX: u32 = 0x1000;
    const HUGE_FILE: u32 = 0x4_0000;
    const EXTENTS: u32 = 0x8_0000;
    const VERITY: u32 = 0x10_0000;
    const EA_INODE: u32 = 0x20_0000;
    const INLINE_DATA: u32 = 0x1000_0000;
    const CASEFOLD: u32 = 0x4000_0000;

    pub(crate) fn new(bits: u32) -> Self {
        Self(bits)
    }

    /// All bits, also those without a name here.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The file may not be changed.
    pub fn immutable(self) -> bool {
        self.0 & Self::IMMUTABLE != 0
    }

    /// The file may only grow.
    pub fn append(self) -> bool {
        self.0 & Self::APPEND != 0
    }

    /// The owner wants the file left out of backups.
    pub fn nodump(self) -> bool {
        self.0 & Self::NODUMP != 0
    }

    /// The data is encrypted, and so are names in a directory and the target of a link: none of
    /// them is given out.
    pub fn encrypted(self) -> bool {
        self.0 & Self::ENCRYPT != 0
    }

    /// The kernel checks what it reads of the file against hashes behind its end, and lets nobody
    /// write to it.
    pub fn verity(self) -> bool {
        self.0 & Self::VERITY != 0
    }

    /// A directory in which names are looked up without regard to case.
    pub fn casefold(self) -> bool {
        self.0 & Self::CASEFOLD != 0
    }

    /// The content lies in the inode: there are no extents.
    pub fn inline_data(self) -> bool {
        self.0 & Self::INLINE_DATA != 0
    }

    /// A directory with a hash tree.
    pub(crate) fn index(self) -> bool {
        self.0 & Self::INDEX != 0
    }

    /// `i_blocks` counts blocks of the file system, not of 512 bytes.
    pub(crate) fn huge_file(self) -> bool {
        self.0 & Self::HUGE_FILE != 0
    }

    /// `i_block` holds an extent tree.
    pub(crate) fn extents(self) -> bool {
        self.0 & Self::EXTENTS != 0
    }

    /// The value of an extended attribute, no file.
    pub(crate) fn ea_inode(self) -> bool {
        self.0 & Self::EA_INODE != 0
    }

    /// Whether no bit lacks its feature or contradicts another.
    pub(crate) fn are_sound(self, features: &Features) -> bool {
        (features.encrypt || !self.encrypted())
            && (features.ea_inode || !self.ea_inode())
            && (features.inline_data || !self.inline_data())
            && !(self.inline_data() && self.extents())
    }
}
