//! The hash of a name by which the tree of a directory is ordered: half an MD4.

use crate::fields::narrow;

/// What the hashes of a volume start from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameHash {
    /// Zeros for the constants of MD4.
    pub(crate) seed: [u32; 4],
    /// Whether bytes above 127 count as negative, as where the volume was made first.
    pub(crate) signed: bool,
}

/// A hash and what breaks a tie. Both decide the order; only the first is stored.
pub(crate) type Hash = (u32, u32);

const START: [u32; 4] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
/// Means the end of a directory to readers.
const END: u32 = 0xFFFF_FFFE;
const SQRT_2: u32 = 0x5A82_7999;
const SQRT_3: u32 = 0x6ED9_EBA1;

impl NameHash {
    /// The hash of a name; its lowest bit is zero.
    pub(crate) fn of(&self, name: &[u8]) -> Hash {
        let mut state = if self.seed == [0; 4] {
            START
        } else {
            self.seed
        };
        let mut rest = name;
        while !rest.is_empty() {
            transform(&mut state, &self.words(rest));
            rest = rest.get(32..).unwrap_or_default();
        }
        let [_, hash, minor, _] = state;
        let hash = hash & !1;
        (if hash == END { END - 2 } else { hash }, minor)
    }

    /// The next 32 bytes, filled up with the length of what is left.
    fn words(&self, rest: &[u8]) -> [u32; 8] {
        let length = u32::try_from(rest.len()).unwrap_or(0);
        let mut pad = length | length << 8;
        pad |= pad << 16;
        let mut words = [pad; 8];
        for (word, bytes) in words.iter_mut().zip(rest.chunks(4)) {
            for byte in bytes {
                *word = (*word << 8).wrapping_add(self.number(*byte));
            }
        }
        words
    }

    fn number(&self, byte: u8) -> u32 {
        if self.signed {
            i32::from(byte.cast_signed()).cast_unsigned()
        } else {
            byte.into()
        }
    }
}

fn choose(x: u32, y: u32, z: u32) -> u32 {
    z ^ (x & (y ^ z))
}

fn majority(x: u32, y: u32, z: u32) -> u32 {
    (x & y).wrapping_add((x ^ y) & z)
}

fn parity(x: u32, y: u32, z: u32) -> u32 {
    x ^ y ^ z
}

/// One of the three rounds: the mixing of three words, a constant, the order in which the
/// words of the name are taken, and how far each is turned.
type Round = (fn(u32, u32, u32) -> u32, u32, [u8; 8], [u32; 4]);

const ROUNDS: [Round; 3] = [
    (choose, 0, [0, 1, 2, 3, 4, 5, 6, 7], [3, 7, 11, 19]),
    (majority, SQRT_2, [1, 3, 5, 7, 0, 2, 4, 6], [3, 5, 9, 13]),
    (parity, SQRT_3, [3, 7, 2, 6, 1, 5, 0, 4], [3, 9, 11, 15]),
];

fn transform(state: &mut [u32; 4], words: &[u32; 8]) {
    let [mut a, mut b, mut c, mut d] = *state;
    for (mix, constant, order, turns) in ROUNDS {
        for (place, turn) in order.iter().zip(turns.iter().cycle()) {
            let word = words.get(narrow(*place)).copied().unwrap_or_default();
            let sum = a.wrapping_add(mix(b, c, d));
            let sum = sum.wrapping_add(word.wrapping_add(constant));
            (a, b, c, d) = (d, sum.rotate_left(*turn), b, c);
        }
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d]) {
        *old = old.wrapping_add(new);
    }
}

#[cfg(test)]
mod tests;
