//! Any bytes are the only block of a directory.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::places::{Kind, Place, named};
use qib_ext4_fuzz::seeds::Seed;
use qib_ext4_fuzz::{law, seeds};

static SEED: LazyLock<(Seed, Place)> = LazyLock::new(|| {
    let seed = seeds::one("plain");
    let wanted = Kind::DirBlock(named(&seed.image, "folder"));
    let place = *seed
        .places
        .iter()
        .find(|place| place.kind == wanted)
        .unwrap();
    (seed, place)
});

fuzz_target!(|input: &[u8]| {
    let (seed, place) = &*SEED;
    let mut image = seed.image.clone();
    let length = input.len().min(place.length);
    image[place.start..place.start + length].copy_from_slice(&input[..length]);
    law::check(&image);
});
