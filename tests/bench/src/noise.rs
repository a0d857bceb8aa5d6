//! Bytes that are the same on every machine for the same seed.

/// Words of generated text; a compressor finds them again as it does in prose.
const WORDS: u64 = 2048;

/// A xorshift generator; it only has to be fast and to look random.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike, and zero would stay zero.
        let mut noise = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d | 1);
        noise.next();
        noise
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number under `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end.max(1)
    }

    /// Bytes that do not compress.
    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        for piece in bytes.chunks_mut(8) {
            let number = self.next().to_le_bytes();
            for (byte, value) in piece.iter_mut().zip(number) {
                *byte = value;
            }
        }
        bytes
    }

    /// Lines of words, which compress about as prose does.
    pub(crate) fn text(&mut self, length: u64) -> Vec<u8> {
        let length = usize::try_from(length).unwrap_or(0);
        let mut text = Vec::with_capacity(length.saturating_add(16));
        while text.len() < length {
            let choice = self.below(WORDS).min(self.below(WORDS));
            word(choice, &mut text);
            text.push(if self.below(12) == 0 { b'\n' } else { b' ' });
        }
        text.truncate(length);
        text
    }

    /// Pages of a database: a quarter of each does not compress, the rest is empty.
    pub(crate) fn pages(&mut self, length: u64) -> Vec<u8> {
        const PAGE: usize = 4096;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        for page in bytes.chunks_mut(PAGE) {
            let filled = page.len() / 4;
            for piece in page.get_mut(..filled).unwrap_or_default().chunks_mut(8) {
                let number = self.next().to_le_bytes();
                for (byte, value) in piece.iter_mut().zip(number) {
                    *byte = value;
                }
            }
        }
        bytes
    }
}

fn word(number: u64, text: &mut Vec<u8>) {
    let mut rest = number.wrapping_mul(0x5851_f42d_4c95_7f2d) >> 20;
    for _ in 0..(2 + rest % 7) {
        rest /= 7;
        text.push(b'a' + u8::try_from(rest % 26).unwrap_or(0));
    }
}

/// A number for a name, the same everywhere.
pub(crate) fn hash(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
