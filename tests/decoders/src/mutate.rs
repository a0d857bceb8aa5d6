//! Changes to inputs: always the same ones for the same dice.

use super::Dice;

/// Most changes to one input.
const CHANGES_MAX: usize = 6;

/// Bytes that decoders care about.
const TELLING: &[u8] = b"\0\x01\x7f\x80\xff \n/.-+%=:'\\*#09aAzZ";

/// Numbers at the ends of their ranges, for lengths and counts.
const EXTREME: [u64; 9] = [
    0,
    1,
    0x7f,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 63,
    u64::MAX,
];

/// One of the seeds, changed in up to six places.
pub fn mutate(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut input = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(CHANGES_MAX) {
        change(dice, seeds, &mut input);
    }
    input
}

fn change(dice: &mut Dice, seeds: &[Vec<u8>], input: &mut Vec<u8>) {
    let at = dice.below(input.len() + 1);
    let end = (at + 1 + dice.below(16)).min(input.len());
    match dice.below(8) {
        0 if at < end => input[at] ^= 1 << dice.below(8),
        1 if at < end => input[at] = dice.below(256).try_into().unwrap(),
        2 if at < end => input[at] = TELLING[dice.below(TELLING.len())],
        3 => input.truncate(at),
        4 => drop(input.drain(at.min(end)..end)),
        5 => {
            let twice = input[at.min(end)..end].to_vec();
            input.splice(at..at, twice);
        }
        6 => {
            let number = EXTREME[dice.below(EXTREME.len())].to_le_bytes();
            let width = [2, 4, 8][dice.below(3)];
            for (byte, extreme) in input[at..].iter_mut().zip(&number[..width]) {
                *byte = *extreme;
            }
        }
        _ => {
            let other = &seeds[dice.below(seeds.len())];
            let from = dice.below(other.len() + 1);
            let to = (from + dice.below(64)).min(other.len());
            input.splice(at.min(end)..end, other[from..to].iter().copied());
        }
    }
}
