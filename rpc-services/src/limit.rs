//! Limits that both sides of every conversation keep.

/// The longest body of a message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 << 10;

/// The longest body of a data frame, in bytes.
pub const MAX_DATA_BYTES: usize = 256 << 10;

/// Index objects that a qube may have at once.
pub const MAX_INDEX_OBJECTS: usize = 64;

/// Index objects of finished snapshots that a helper leaves behind.
pub const MAX_LIVE_INDEX_OBJECTS: usize = 8;

/// Packs in one message of a job.
pub const MAX_PACKS_IN_MESSAGE: usize = 1000;

/// Snapshots that one helper shows.
pub const MAX_SHOWN_SNAPSHOTS: usize = 1000;

/// Objects in one message of `qib.Verify`.
pub const MAX_OBJECTS_IN_MESSAGE: usize = 1000;

/// Partials that one session may announce.
pub const MAX_PARTIALS: usize = 36;

/// Bytes that dom0 reads from a helper in one session, progress numbers aside.
pub const MAX_HELPER_ANSWER_BYTES: usize = 4 << 10;

/// The longest passphrase, in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 1 << 10;

/// The longest recovery kit, in bytes.
pub const MAX_KIT_BYTES: usize = 2 << 10;

/// The longest sealed identity, in bytes.
pub const MAX_SEALED_BYTES: usize = 2 << 10;

/// The longest part of an object that one message asks for, in bytes.
pub const MAX_RANGE_BYTES: u32 = 16 << 20;

/// Paths that one restore may name.
pub const MAX_PATHS: usize = 12;

/// Objects in one message of a list.
pub const MAX_LISTED: usize = 1000;

/// The longest path that a restore may name, in bytes.
pub const MAX_PATH_BYTES: usize = 4 << 10;

/// Patterns that a list of rules may have.
pub const MAX_GLOBS: usize = 32;

/// The longest pattern of a rule, in bytes.
pub const MAX_GLOB_BYTES: usize = 512;

/// Large folders of one depth that a dry run tells of.
pub const LARGE_FOLDERS: usize = 10;

/// How deep the folders are that a dry run tells of.
pub const LARGE_FOLDERS_DEPTH: usize = 4;

/// Names that the pattern of a rule may have.
pub const MAX_GLOB_NAMES: usize = 32;
