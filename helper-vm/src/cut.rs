//! Cutting: where a run of data becomes chunks, decided by its content.
//!
//! A FastCDC with normalised chunking. Its gear table comes from a secret of
//! the qube's: chunk sizes would otherwise tell which public file was cut.

use qib_rpc::key::CutKey;
use std::ops::Range;

/// A run up to this length is one chunk, in bytes.
pub const WHOLE_BYTES: usize = 1 << 20;

/// No cut before this length, in bytes.
pub const MIN_BYTES: usize = 256 << 10;

/// A cut becomes likelier from this length on, in bytes.
pub const AVERAGE_BYTES: usize = 1 << 20;

/// The longest chunk, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// The hash forgets a byte after this many.
const WINDOW_BYTES: usize = 64;

/// So many places are searched at once: a processor computes several hashes in the time of one.
const LANES: usize = 4;

/// Each over so many bytes.
const LANE_BYTES: usize = 8 << 10;

const BLOCK_BYTES: usize = LANES * LANE_BYTES;

const HARD_BITS: u32 = 22;
const EASY_BITS: u32 = 18;

/// Cuts runs of data for one qube.
pub struct Cutter {
    gear: Box<[u64; 256]>,
}

impl Cutter {
    /// The cutter of the qube with this key.
    pub fn new(key: &CutKey) -> Self {
        let mut stream = blake3::Hasher::new_keyed(key.expose())
            .update(b"qib gear v1")
            .finalize_xof();
        let mut gear = Box::new([0; 256]);
        for number in gear.iter_mut() {
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            *number = u64::from_le_bytes(bytes);
        }
        Self { gear }
    }

    /// Length of the first chunk of `run`. The slice must hold what is left of
    /// the run, or at least its next [`MAX_BYTES`].
    pub fn first(&self, run: &[u8]) -> usize {
        let run = run.get(..MAX_BYTES).unwrap_or(run);
        let hard = !0_u64 << (64 - HARD_BITS);
        let easy = !0_u64 << (64 - EASY_BITS);
        self.search(run, MIN_BYTES..AVERAGE_BYTES, hard)
            .or_else(|| self.search(run, AVERAGE_BYTES..MAX_BYTES, easy))
            .unwrap_or(run.len())
    }

    fn hash_before(&self, run: &[u8], end: usize) -> u64 {
        let window = run.get(end.saturating_sub(WINDOW_BYTES)..end);
        let window = window.unwrap_or_default();
        window.iter().fold(0, |hash, byte| self.roll(hash, *byte))
    }

    /// The first place in `range` behind which there is a cut.
    fn search(&self, run: &[u8], range: Range<usize>, mask: u64) -> Option<usize> {
        let end = range.end.min(run.len());
        let mut at = range.start;
        while at < end {
            let block = at..at.saturating_add(BLOCK_BYTES).min(end);
            at = block.end;
            if self.may_cut(run, &block, mask)
                && let Some(found) = self.search_bytes(run, block, mask)
            {
                return Some(found);
            }
        }
        None
    }

    /// False when there is no cut in a block.
    fn may_cut(&self, run: &[u8], block: &Range<usize>, mask: u64) -> bool {
        let bytes = run.get(block.clone()).unwrap_or_default();
        let mut lanes = bytes.chunks_exact(LANE_BYTES);
        let (Some(one), Some(two), Some(three), Some(four)) =
            (lanes.next(), lanes.next(), lanes.next(), lanes.next())
        else {
            return true;
        };
        let start = |lane| self.hash_before(run, block.start + lane * LANE_BYTES);
        let mut hashes: [u64; LANES] = [start(0), start(1), start(2), start(3)];
        for (((one, two), three), four) in one.iter().zip(two).zip(three).zip(four) {
            let bytes = [*one, *two, *three, *four];
            let mut any = false;
            for (hash, byte) in hashes.iter_mut().zip(bytes) {
                *hash = self.roll(*hash, byte);
                any |= *hash & mask == 0;
            }
            if any {
                return true;
            }
        }
        false
    }

    fn search_bytes(&self, run: &[u8], range: Range<usize>, mask: u64) -> Option<usize> {
        let mut hash = self.hash_before(run, range.start);
        for (passed, byte) in run.get(range.clone())?.iter().enumerate() {
            hash = self.roll(hash, *byte);
            if hash & mask == 0 {
                return Some(range.start.saturating_add(passed).saturating_add(1));
            }
        }
        None
    }

    fn roll(&self, hash: u64, byte: u8) -> u64 {
        let gear = self.gear.get(usize::from(byte)).copied().unwrap_or(0);
        (hash << 1).wrapping_add(gear)
    }
}

impl std::fmt::Debug for Cutter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Cutter(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(bytes: usize, seed: u64) -> Vec<u8> {
        let mut data = vec![0; bytes];
        blake3::Hasher::new()
            .update(&seed.to_le_bytes())
            .finalize_xof()
            .fill(&mut data);
        data
    }

    fn lengths(cutter: &Cutter, mut run: &[u8]) -> Vec<usize> {
        let mut lengths = Vec::new();
        while !run.is_empty() {
            let length = cutter.first(run);
            lengths.push(length);
            run = &run[length..];
        }
        lengths
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn chunks_cover_the_run_within_bounds(seed: u64, bytes in 0_usize..9 << 20) {
            let run = noise(bytes, seed);
            let lengths = lengths(&Cutter::new(&CutKey::new([3; 32])), &run);
            prop_assert_eq!(lengths.iter().sum::<usize>(), bytes);
            for (place, length) in lengths.iter().enumerate() {
                prop_assert!(*length <= MAX_BYTES);
                prop_assert!(*length > MIN_BYTES || place + 1 == lengths.len());
            }
        }
    }

    /// The same, byte by byte.
    fn first_by_bytes(cutter: &Cutter, run: &[u8]) -> usize {
        let run = run.get(..MAX_BYTES).unwrap_or(run);
        let search = |range: Range<usize>, bits: u32| {
            let range = range.start..range.end.min(run.len());
            if range.is_empty() {
                return None;
            }
            cutter.search_bytes(run, range, !0_u64 << (64 - bits))
        };
        search(MIN_BYTES..AVERAGE_BYTES, HARD_BITS)
            .or_else(|| search(AVERAGE_BYTES..MAX_BYTES, EASY_BITS))
            .unwrap_or(run.len())
    }

    /// What makes a cut lies on both sides of where a lane begins.
    #[test]
    fn a_cut_is_found_just_behind_where_a_lane_begins() {
        let cutter = Cutter::new(&CutKey::new([3; 32]));
        let mask = !0_u64 << (64 - EASY_BITS);
        let noise = noise(8 << 20, 7);
        let cut = cutter.search_bytes(&noise, WINDOW_BYTES..noise.len(), mask);
        let cut = cut.unwrap();
        let window = &noise[cut - WINDOW_BYTES..cut];
        let begin = 3 * BLOCK_BYTES;
        for (lane, behind) in (0..LANES).flat_map(|lane| [1, 2, 31, 63].map(|at| (lane, at))) {
            let end = begin + lane * LANE_BYTES + behind;
            let mut run = vec![1; 5 * BLOCK_BYTES];
            run[end - WINDOW_BYTES..end].copy_from_slice(window);
            let range = begin..begin + BLOCK_BYTES;
            assert_eq!(cutter.search(&run, range.clone(), mask), Some(end));
            run[end - 1] ^= 1;
            assert_eq!(cutter.search(&run, range, mask), None);
        }
    }

    #[test]
    fn several_places_at_once_find_the_cut_that_one_finds() {
        let cutter = Cutter::new(&CutKey::new([3; 32]));
        let mut run = noise(48 << 20, 5);
        // Few values: cuts come in bunches, several in one block.
        run[16 << 20..32 << 20]
            .iter_mut()
            .for_each(|byte| *byte &= 1);
        let mut rest = run.as_slice();
        while !rest.is_empty() {
            let first = cutter.first(rest);
            assert_eq!(first, first_by_bytes(&cutter, rest));
            rest = &rest[first..];
        }
        for bytes in [
            0,
            1,
            MIN_BYTES,
            MIN_BYTES + 1,
            AVERAGE_BYTES + BLOCK_BYTES - 1,
        ] {
            let run = run.get(..bytes).unwrap();
            assert_eq!(cutter.first(run), first_by_bytes(&cutter, run));
        }
    }

    #[test]
    #[ignore = "prints a speed: --release -- --ignored --nocapture cut::tests::speed"]
    fn speed() {
        let cutter = Cutter::new(&CutKey::new([3; 32]));
        let run = noise(256 << 20, 6);
        let time = |name: &str, first: &dyn Fn(&[u8]) -> usize| {
            let began = std::time::Instant::now();
            let mut rest = run.as_slice();
            while !rest.is_empty() {
                rest = &rest[first(rest)..];
            }
            let microseconds = usize::try_from(began.elapsed().as_micros()).unwrap();
            println!("{name}: {} MB/s", run.len() / microseconds);
        };
        for _ in 0..3 {
            time("byte by byte", &|rest| first_by_bytes(&cutter, rest));
            time("as it is", &|rest| cutter.first(rest));
        }
    }

    #[test]
    fn an_insertion_changes_the_cuts_near_it_only() {
        let cutter = Cutter::new(&CutKey::new([3; 32]));
        let before = noise(32 << 20, 1);
        let mut after = before.clone();
        after.splice(1000..1000, *b"inserted");
        let (before, after) = (lengths(&cutter, &before), lengths(&cutter, &after));
        let same = before.iter().rev().zip(after.iter().rev());
        assert!(same.take_while(|(old, new)| old == new).count() + 4 > before.len());
    }

    #[test]
    fn the_average_is_near_its_aim_and_the_key_decides() {
        let run = noise(64 << 20, 2);
        let one = lengths(&Cutter::new(&CutKey::new([3; 32])), &run);
        assert!((40..100).contains(&one.len()), "{}", one.len());
        assert_ne!(one, lengths(&Cutter::new(&CutKey::new([4; 32])), &run));
    }

    #[test]
    fn zeros_are_cut_at_the_longest_length_or_the_key_says_otherwise() {
        let run = vec![0; 9 << 20];
        let lengths = lengths(&Cutter::new(&CutKey::new([3; 32])), &run);
        assert_eq!(lengths, [4 << 20, 4 << 20, 1 << 20]);
    }
}
