//! Reads hostile ext4 file systems, and ext2 and ext3, in memory-safe user space.
//!
//! Every byte of the volume may be chosen by an attacker. The reader never
//! panics, never follows a loop, and its memory is bounded by constants and the
//! block size, not by what the volume claims. It writes nothing and does no I/O
//! but through [`BlockReader`].
//!
//! What the caller must bound itself: one file maps no more blocks than the
//! volume has, but many inodes may claim the same blocks, so a sum over all
//! files can exceed the volume; and a hole may be as long as the largest file
//! (2^32 blocks), so holes are to be taken from [`Ext4::extents`] and not read.
//! Directories may name each other in a circle: read each directory once. Many
//! inodes may lead to the same attributes, of up to 16 MiB each.
//!
//! A file without extents may still have content, in its inode: [`Inode::inline_data`].
//! Encrypted inodes are listed, and what only their key would make readable is
//! refused by name: see [`InodeFlags::encrypted`].

mod block_reader;
mod cache;
mod checksum;
mod crc16;
mod crc32_be;
mod crc32c;
mod descriptor_table;
mod dir_block;
mod dir_entry;
mod dx_block;
mod error;
mod error_text;
mod ext4;
mod extent_node;
mod extent_tree;
mod extents;
mod features;
mod fields;
mod file_reader;
mod file_type;
mod geometry;
mod group_descriptor;
mod indirect_blocks;
mod inline_data;
mod inline_dir;
mod inode;
mod inode_bitmap;
mod inode_blocks;
mod inode_checksum;
mod inode_device;
mod inode_extra;
mod inode_flags;
mod inode_time;
mod inodes;
mod journal;
mod journal_blocks;
mod journal_checksum;
mod journal_commit;
mod journal_descriptor;
mod journal_fast_commit;
mod journal_fields;
mod journal_header;
mod journal_place;
mod journal_replay;
mod journal_revoke;
mod journal_scan;
mod journal_super_block;
mod journal_walk;
mod made_with;
mod mmp;
mod numbers;
mod overlay;
mod posix_acl;
mod read_dir;
mod super_block;
mod symlink;
mod volume;
mod volume_state;
mod xattr_block;
mod xattr_entry;
mod xattr_value;
mod xattrs;

pub use block_reader::BlockReader;
pub use checksum::crc32c_without;
pub use crc32c::crc32c;
pub use dir_entry::DirEntry;
pub use error::{Error, Fault, Feature, Place, Structure};
pub use ext4::Ext4;
pub use extents::{Extent, Extents};
pub use file_reader::FileReader;
pub use file_type::FileType;
pub use inode::Inode;
pub use inode_device::DeviceNumber;
pub use inode_flags::InodeFlags;
pub use inode_time::Timestamp;
pub use inodes::Inodes;
pub use made_with::MadeWith;
pub use numbers::InodeNumber;
pub use volume_state::{State, VolumeTimes};
pub use xattrs::Xattr;
