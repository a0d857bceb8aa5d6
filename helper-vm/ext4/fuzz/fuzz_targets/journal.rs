//! Any bytes are the journal of a volume in use, its superblock first.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::places::Kind;
use qib_ext4_fuzz::seeds::Seed;
use qib_ext4_fuzz::{law, seeds};

static SEED: LazyLock<Seed> = LazyLock::new(|| seeds::one("journal_none"));

fuzz_target!(|input: &[u8]| {
    let mut image = SEED.image.clone();
    let mut rest = input;
    for place in SEED
        .places
        .iter()
        .filter(|place| place.kind == Kind::Journal)
    {
        let length = rest.len().min(place.length);
        let (part, more) = rest.split_at(length);
        image[place.start..place.start + length].copy_from_slice(part);
        rest = more;
    }
    law::check(&image);
});
