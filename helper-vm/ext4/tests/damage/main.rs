//! Handcrafted lies: each ends in an error of its kind, none in a panic or without an end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod checksums;
mod descriptors;
mod directories;
mod extents;
mod indirect_blocks;
mod inline_data;
mod inodes;
mod journal;
mod super_block;
mod symlinks;
mod values;
mod xattrs;

use common::edit::Edit;
use common::sample;
use qib_ext4::{Fault, Structure};

/// What is done to a sound image.
type Lie = (&'static str, fn(&mut Edit) -> &mut Edit);

/// A small image with extents, without any checksum.
fn plain() -> Edit {
    Edit::new(&sample::image(4, sample::PLAIN))
}

/// The reader must say the same of each lie.
fn assert_all(sound: &Edit, structure: Structure, fault: Fault, lies: &[Lie]) {
    sound.first_error().unwrap();
    for (name, lie) in lies {
        println!("{name}");
        let mut edit = sound.clone();
        lie(&mut edit);
        edit.assert_corrupt(structure, fault);
    }
}
