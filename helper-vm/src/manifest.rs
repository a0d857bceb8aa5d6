//! The manifest: a tree of pieces, each a tar of some entries of one directory.

mod content;
mod decode;
mod encode;
mod entry;

pub use content::{Content, MAX_TEXT_BYTES, Part};
pub use decode::read;
pub(crate) use decode::{directory_pieces, meta};
pub use encode::append;
pub(crate) use encode::head;
pub use entry::{Entry, EntryName, Meta, Node};

/// The longest piece, in bytes: a piece is a chunk.
pub const MAX_PIECE_BYTES: usize = crate::cut::MAX_BYTES;

#[cfg(test)]
mod tests;
