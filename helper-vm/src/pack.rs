//! Packs: chunks in zstd frames in one sealed object.

mod compressing;
mod frame;
mod open_pack;
mod read;

pub use compressing::Zstd;
pub use frame::{OpenFrame, PackedFrame};
pub use open_pack::{OpenPack, Place, Placed};
pub use read::{Checking, Chunk, Frame, FrameReader, Frames};

/// zstd's level for tables, indexes and snapshots.
pub const LEVEL: i32 = 3;

/// A frame is closed at this many bytes of tar.
pub const FRAME_BYTES: usize = 3 << 19;

/// A pack is closed at this many bytes of frames.
pub const PACK_BYTES: usize = 16 << 20;

/// A pack is closed at this many bytes of chunks, so that no small object is endless work.
pub const MAX_PLAIN_BYTES: u64 = 256 << 20;

/// The member that lists a pack's chunks.
const TABLE: &[u8] = b"table";

/// A row of the table: the beginning of the id, then four 32-bit numbers.
const ROW_BYTES: usize = 20;

#[cfg(test)]
mod tests;
