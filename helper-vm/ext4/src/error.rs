//! What can go wrong, told apart by whose fault it is.

use std::io;

/// Why something could not be read. Carries numbers and closed enums, never text of the volume.
#[derive(Debug)]
pub enum Error {
    /// The device failed.
    Io(io::Error),
    /// The volume may be sound, but uses something that this reader does not know.
    Incompatible(Feature),
    /// The volume contradicts itself or the format.
    Corrupt {
        /// The kind of structure.
        structure: Structure,
        /// What is wrong with it.
        fault: Fault,
        /// Where it belongs.
        place: Place,
    },
}

/// Something that this reader does not know or must not read past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as the format names it")]
pub enum Feature {
    /// The journal that is to be replayed lies on another device.
    ExternalJournal,
    /// The journal holds changes in the form of fast commits.
    FastCommit,
    /// The journal holds copies of more than 2^20 blocks, or lies in more pieces.
    LargeJournal,
    /// Bits of the features of the journal without a name here.
    UnknownJournal(u32),
    /// Another machine may be writing (multiple mount protection).
    MmpInUse,
    /// Names and data that only a key makes readable. The volume opens; what is encrypted does not.
    Encrypt,
    Compression,
    JournalDevice,
    DirData,
    Snapshot,
    Replica,
    /// A revision of the superblock above 1.
    Revision,
    /// Inodes as GNU Hurd lays them out.
    CreatorHurd,
    /// A checksum that is not CRC-32C.
    ChecksumType,
    /// Bits of `s_feature_incompat` without a name here.
    UnknownIncompat(u32),
    /// Bits of `s_feature_ro_compat` without a name here.
    UnknownRoCompat(u32),
}

/// The kinds of structure on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is named as the format names it")]
pub enum Structure {
    SuperBlock,
    GroupDescriptor,
    InodeBitmap,
    Inode,
    ExtentNode,
    IndirectBlock,
    DirBlock,
    DxBlock,
    Symlink,
    InlineData,
    Xattr,
    PosixAcl,
    Mmp,
    JournalSuperBlock,
    JournalDescriptor,
    JournalRevoke,
    JournalCommit,
    /// A block of the journal that holds a copy of another, or should be there at all.
    JournalBlock,
}

/// What is wrong with a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The magic number is not there.
    Magic,
    /// The checksum does not match.
    Checksum,
    /// A field lies outside the structure that should hold it.
    Short,
    /// A size or count is out of the range that the format allows.
    Size,
    /// A number of a block or inode points outside the volume or into its fixed part.
    OutOfVolume,
    /// Entries overlap or are not in order.
    Order,
    /// A depth or level does not match.
    Depth,
    /// More blocks are mapped than the volume has.
    TooManyBlocks,
    /// A hole or unwritten range where there must be data.
    Hole,
    /// A record's length is zero, crosses its block or does not hold its name.
    RecordLength,
    /// A name is empty, too long, or has a byte that no name may have.
    Name,
    /// `.` or `..` is missing or wrong.
    DotEntries,
    /// An entry leads to the directory that holds it.
    SelfReference,
    /// A field has a value that the format does not define.
    Value,
    /// The inode is free, deleted or hidden, yet something leads to it.
    NotInUse,
    /// The inode is of another type than was asked for.
    WrongType,
}

/// Where a structure belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole volume.
    Volume,
    /// A block group, by number.
    Group(u32),
    /// An inode, by number.
    Inode(u32),
    /// A block of the journal, counted from its start.
    JournalBlock(u32),
}

/// A structure at its place: what an error is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) structure: Structure,
    pub(crate) place: Place,
}

impl Site {
    pub(crate) fn new(structure: Structure, place: Place) -> Self {
        Self { structure, place }
    }

    pub(crate) fn fault(self, fault: Fault) -> Error {
        Error::Corrupt {
            structure: self.structure,
            fault,
            place: self.place,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
