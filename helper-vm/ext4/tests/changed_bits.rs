//! Thousands of images with changed bits, read in full: no panic, no endless loop, bounded reads.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod fuzz;

use std::time::{Duration, Instant};

use common::dice::Dice;
use fuzz::{law, mutate, seeds};

/// Changes to one image.
const CHANGES_MAX: usize = 8;
const SLOWEST: Duration = Duration::from_secs(5);

/// Changes and reads so many images; with another seed, others.
fn change_and_read(images: usize, seed: u64) {
    let seeds = seeds::all();
    let mut dice = Dice(seed);
    let (mut opened, mut named, mut slowest) = (0, 0, Duration::ZERO);
    for number in 0..images {
        let changes = 1 + dice.below(CHANGES_MAX);
        let mut input = vec![0; 2 + changes * mutate::RECORD];
        input.fill_with(|| dice.below(256).try_into().unwrap());
        input[0] = (number % seeds.len()).try_into().unwrap();
        let image = mutate::mutate(&seeds, &input).unwrap();
        let start = Instant::now();
        let reached = std::panic::catch_unwind(|| law::check(&image));
        let reached = reached.unwrap_or_else(|_| panic!("broken by {input:02X?}"));
        opened += usize::from(reached.opened);
        named += usize::from(reached.names > 5);
        slowest = slowest.max(start.elapsed());
        assert!(slowest < SLOWEST, "{input:02X?}");
    }
    println!("{images} images, {opened} opened, {named} with names, the slowest took {slowest:?}");
    assert!(opened > images / 3 && named > images / 4);
}

#[test]
fn fifty_thousand_images() {
    change_and_read(50_000, 1);
}

#[test]
#[ignore = "takes minutes: for a change of the reader, see fuzz/README.md"]
fn half_a_million_images() {
    change_and_read(500_000, 2);
}
