//! The block of the file system that was read.

/// Its length: 1, 2 or 4 KiB, the sizes that every kernel mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSize(u64);

impl Default for BlockSize {
    /// What mkfs makes where there is room.
    fn default() -> Self {
        Self(4096)
    }
}

impl BlockSize {
    /// A size in bytes, if it is one.
    pub const fn new(bytes: u64) -> Option<Self> {
        match bytes {
            1024 | 2048 | 4096 => Some(Self(bytes)),
            _ => None,
        }
    }

    /// The length in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}
