//! The flags of an inode (`i_flags`).

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
    const EA_INODE: u32 = 0x20_0000;
    const INLINE_DATA: u32 = 0x1000_0000;

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

    /// Bits that make sense only with features that are refused.
    pub(crate) fn unsupported(self) -> bool {
        self.0 & (Self::ENCRYPT | Self::EA_INODE | Self::INLINE_DATA) != 0
    }
}
