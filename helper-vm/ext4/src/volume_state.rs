//! What the superblock tells about the past of the volume: its state and its times.

use crate::error::Error;
use crate::fields::Fields;

/// What the superblock says about the state of the file system. None of it is a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// It was unmounted cleanly, or a journal took its place.
    pub clean: bool,
    /// The kernel met errors that no e2fsck has cleared.
    pub errors: bool,
    /// How many blocks are read from the journal, as a mount would have put them in place; None
    /// when there was nothing to replay.
    pub replayed_blocks: Option<u64>,
}

/// The times of the superblock, in seconds since 1970; zero when never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeTimes {
    /// `s_wtime`: the last write of the superblock.
    pub written: u64,
    /// `s_mtime`: the last mount.
    pub mounted: u64,
    /// `s_mkfs_time`: when the file system was made.
    pub made: u64,
}

impl State {
    pub(crate) fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        let word = fields.u16(0x3A)?;
        Ok(Self {
            clean: word & 1 != 0,
            errors: word & 2 != 0,
            replayed_blocks: None,
        })
    }
}

impl VolumeTimes {
    pub(crate) fn decode(fields: &Fields<'_>) -> Result<Self, Error> {
        let joined = |low: usize, high: usize| -> Result<u64, Error> {
            Ok(u64::from(fields.u32(low)?) | u64::from(fields.u8(high)?) << 32)
        };
        Ok(Self {
            written: joined(0x30, 0x274)?,
            mounted: joined(0x2C, 0x275)?,
            made: joined(0x108, 0x276)?,
        })
    }
}
