//! Why a table of partitions is not believed.

use std::io;

/// What is not as it must be.
#[derive(Debug)]
pub enum GptError {
    /// The disk can not be read.
    Io(io::Error),
    /// A structure lies beyond the end of the disk.
    BeyondDisk,
    /// The MBR is not that of a disk with a GPT and nothing else.
    ProtectiveMbr,
    /// The second sector does not begin as a header does.
    Signature,
    /// It does for two lengths of a sector.
    TwoHeaders,
    /// A revision other than 1.0.
    Revision,
    /// A header shorter than its fields or longer than its sector.
    HeaderLength,
    /// The header's checksum.
    HeaderChecksum,
    /// The header is for another sector, or its copy is nowhere.
    HeaderPlace,
    /// More than 128 entries, or none.
    EntryCount,
    /// Entries of another length.
    EntryLength,
    /// The entries lie over the header or over usable sectors.
    EntriesPlace,
    /// The entries' checksum.
    EntriesChecksum,
    /// The usable sectors end before they begin, or beyond the disk.
    UsableSectors,
    /// An entry ends before it begins, or beyond the usable sectors.
    EntryPlace,
    /// An entry lies over another.
    Overlap,
}

/// Something checked, or why it is not believed.
pub type Result<T> = std::result::Result<T, GptError>;
