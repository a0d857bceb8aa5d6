//! Which operation of the disk goes wrong, and how.

use fuser::Errno;

/// What the kernel asks for. Those that bring no answer to anybody are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Look,
    Status,
    Change,
    MakeFolder,
    Unlink,
    Rename,
    Link,
    Create,
    Open,
    Read,
    Write,
    Close,
    Sync,
    List,
    SyncFolder,
    Room,
}

impl Op {
    /// True if it leaves the disk another than it was.
    pub fn changes(self) -> bool {
        use Op::{Change, Create, Link, MakeFolder, Rename, Unlink, Write};
        let changing = [Change, Create, Link, MakeFolder, Rename, Unlink, Write];
        changing.contains(&self)
    }

    pub fn syncs(self) -> bool {
        matches!(self, Self::Sync | Self::SyncFolder)
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The disk says so, and does nothing.
    Says(Errno),
    /// It is done, and the answer says that it is not.
    DoneButSays(Errno),
    /// It takes its time.
    Late,
    /// Half of the bytes are read or written.
    Short,
}

impl Wrong {
    /// All that there are.
    pub const ALL: [Self; 6] = [
        Self::Says(Errno::EIO),
        Self::Says(Errno::ENOSPC),
        Self::Says(Errno::ESTALE),
        Self::DoneButSays(Errno::EIO),
        Self::Late,
        Self::Short,
    ];

    /// True if this can happen to such an operation, and is not the same as another.
    pub fn can_happen_to(self, op: Op) -> bool {
        match self {
            Self::Says(Errno::ENOSPC) => op.changes() || op.syncs(),
            Self::Says(_) | Self::Late => true,
            Self::DoneButSays(_) => op.changes(),
            Self::Short => matches!(op, Op::Read | Op::Write),
        }
    }
}

/// When, counted from 1 on.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Never,
    /// This operation. A sync that fails alone is one that the system does not make up for.
    At(usize, Wrong),
    /// This one and all after it: the disk is away.
    From(usize, Wrong),
    /// The power fails after this one.
    NoPowerAfter(usize),
}

impl When {
    /// What goes wrong with the operation of this number.
    pub fn wrong(self, number: usize) -> Option<Wrong> {
        match self {
            Self::At(at, wrong) if number == at => Some(wrong),
            Self::From(from, wrong) if number >= from => Some(wrong),
            Self::NoPowerAfter(last) if number > last => Some(Wrong::Says(Errno::EIO)),
            _ => None,
        }
    }
}
