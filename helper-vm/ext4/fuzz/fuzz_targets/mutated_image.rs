//! Changes to a sound image, most of them where its structures are.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use qib_ext4_fuzz::seeds::Seed;
use qib_ext4_fuzz::{law, mutate, seeds};

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(seeds::all);

fuzz_target!(|input: &[u8]| {
    if let Some(image) = mutate::mutate(&SEEDS, input) {
        law::check(&image);
    }
});
