//! Fills an empty ext4 file system in user space: no kernel, no root, no mount.
//!
//! mke2fs makes the empty one, the [`Skeleton`], so features, journal and layout are what
//! everyone gets who makes a file system. The [`Writer`] then takes a tree in one pass, depth
//! first. Blocks and inodes are taken in order, so what is in use is always everything before
//! a place; nothing but names of directories that are not complete is held in memory.
//!
//! The data of files does not pass through here: whoever has it takes blocks for a [`Layout`] and
//! writes it there, in any order, by several threads ([`Space::spans`]), before its file is added
//! or after.
//!
//! The same skeleton and the same tree give the same bytes.

mod acl;
mod block_writer;
mod data;
mod dir_block;
mod directory;
mod error;
mod extents;
mod fields;
mod finish;
mod group;
mod hash;
mod hash_tree;
mod inode;
mod inode_table;
mod levels;
mod names;
mod numbers;
mod shape;
mod skeleton;
mod space;
mod special;
mod taking;
mod time;
mod writer;
mod xattrs;

pub use block_writer::{BlockWriter, Nowhere};
pub use data::{Layout, Placed, Run};
pub use error::{Error, Impossible, Result};
pub use inode::Meta;
pub use skeleton::Skeleton;
pub use space::{Piece, Space};
pub use special::Special;
pub use writer::{Known, Options, Writer};
