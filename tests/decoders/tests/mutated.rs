//! Every law against seeds that were changed, thousands of each: the short run of what
//! `tests/fuzz` does at length.

use qib_decoders::{ALL, Decoder, Dice, mutate};
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

/// What each law may take in one run.
const TIME: Duration = Duration::from_secs(2);
const LEAST: usize = 500;
const MOST: usize = 40_000;
const SLOWEST: Duration = Duration::from_secs(2);

fn change_and_check(decoder: &Decoder, seed: u64, most: usize, time: Duration) {
    let seeds = (decoder.seeds)();
    seeds.iter().for_each(|input| (decoder.check)(input));
    let (began, mut dice, mut inputs) = (Instant::now(), Dice(seed), 0);
    let mut slowest = Duration::ZERO;
    while inputs < LEAST || (inputs < most && began.elapsed() < time) {
        let input = mutate(&mut dice, &seeds);
        let start = Instant::now();
        let held = catch_unwind(|| (decoder.check)(&input));
        assert!(
            held.is_ok(),
            "{} is broken by {:?}",
            decoder.name,
            input.escape_ascii().to_string()
        );
        slowest = slowest.max(start.elapsed());
        assert!(
            slowest < SLOWEST,
            "{}: {:?}",
            decoder.name,
            input.escape_ascii().to_string()
        );
        inputs += 1;
    }
    println!(
        "{}: {inputs} inputs, the slowest took {slowest:?}",
        decoder.name
    );
}

#[test]
fn every_law_holds_for_thousands_of_changed_seeds() {
    for decoder in ALL {
        change_and_check(decoder, 1, MOST, TIME);
    }
}

#[test]
#[ignore = "takes minutes: for a change of a decoder, see tests/fuzz/README.md"]
fn every_law_holds_for_a_minute_each() {
    for decoder in ALL {
        change_and_check(decoder, 2, usize::MAX, Duration::from_secs(60));
    }
}
