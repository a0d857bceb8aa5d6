//! Any bytes are the extended attributes of a file: those in its inode, then those in its block.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::places::{BLOCK, inode, named, u32_at};
use qib_ext4_fuzz::seeds::Seed;
use qib_ext4_fuzz::{law, seeds};

const INSIDE: usize = 96;

/// A volume, where a file has attributes in its inode, and where in a block.
static SEED: LazyLock<(Seed, usize, usize)> = LazyLock::new(|| {
    let seed = seeds::one("plain");
    let number = named(&seed.image, "attributes").try_into().unwrap();
    let at = inode(&seed.image, number);
    let block = u32_at(&seed.image, at + 0x68) * BLOCK;
    (seed, at + 256 - INSIDE, block)
});

fuzz_target!(|input: &[u8]| {
    let (seed, inside, block) = &*SEED;
    let mut image = seed.image.clone();
    let (first, second) = input.split_at(input.len().min(INSIDE));
    image[*inside..inside + first.len()].copy_from_slice(first);
    let second = &second[..second.len().min(BLOCK)];
    image[*block..block + second.len()].copy_from_slice(second);
    law::check(&image);
});
