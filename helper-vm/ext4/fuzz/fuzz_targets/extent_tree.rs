//! Any bytes are the map of a file: its root in the inode, then nodes.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::places::{BLOCK, Kind, inode, named};
use qib_ext4_fuzz::seeds::Seed;
use qib_ext4_fuzz::{law, seeds};

/// A volume, where the map of a file is in its inode, and where its node is.
static SEED: LazyLock<(Seed, usize, usize)> = LazyLock::new(|| {
    let seed = seeds::one("plain");
    let number = named(&seed.image, "pieces");
    let wanted = Kind::ExtentNode(number);
    let node = seed.places.iter().find(|place| place.kind == wanted);
    let start = node.unwrap().start;
    let map = inode(&seed.image, number.try_into().unwrap()) + 0x28;
    (seed, map, start)
});

fuzz_target!(|input: &[u8]| {
    let (seed, map, node) = &*SEED;
    let mut image = seed.image.clone();
    let (root, nodes) = input.split_at(input.len().min(60));
    image[*map..map + root.len()].copy_from_slice(root);
    let nodes = &nodes[..nodes.len().min(8 * BLOCK)];
    image[*node..node + nodes.len()].copy_from_slice(nodes);
    law::check(&image);
});
