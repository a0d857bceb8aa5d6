//! Patterns of paths, and how far a path follows one.

use crate::name_pattern::matches;
use qib_rpc::glob::{Glob, Step};

/// A pattern, taken to pieces.
pub struct Pattern {
    steps: Vec<Piece>,
    folders_only: bool,
}

enum Piece {
    Name(Vec<u8>),
    Deep,
}

/// The places where a path may be in a pattern: bit n, before its n-th step. A pattern has
/// fewer than 64 steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Places(pub u64);

impl Pattern {
    /// Takes it to pieces.
    pub fn new(glob: &Glob) -> Self {
        let piece = |step| match step {
            Step::Name(name) => Piece::Name(name.as_bytes().to_vec()),
            Step::Deep => Piece::Deep,
        };
        Self {
            steps: glob.steps().map(piece).collect(),
            folders_only: glob.folders_only(),
        }
    }

    /// Where a path begins.
    pub fn start(&self) -> Places {
        self.with_none(Places(1))
    }

    /// Where the path is after another name, and whether all of it fits the pattern.
    pub fn enter(&self, at: Places, name: &[u8], is_folder: bool) -> (Places, bool) {
        let (mut inside, mut fits) = (0, false);
        for (number, piece) in (0_u32..64).zip(&self.steps) {
            if at.0 >> number & 1 == 0 {
                continue;
            }
            let is_last = self.steps.len() == crate::number::place(number).saturating_add(1);
            match piece {
                Piece::Deep => {
                    inside |= 1 << number;
                    fits |= is_last;
                }
                Piece::Name(pattern) if matches(pattern, name) => {
                    fits |= is_last;
                    if !is_last {
                        inside |= 2 << number;
                    }
                }
                Piece::Name(_) => {}
            }
        }
        let inside = self.with_none(Places(inside));
        (inside, fits && (is_folder || !self.folders_only))
    }

    /// Adds the places behind a `**` that stands for no folder.
    fn with_none(&self, mut at: Places) -> Places {
        let behind = self.steps.iter().skip(1);
        for (number, (piece, _)) in (0_u32..63).zip(self.steps.iter().zip(behind)) {
            if matches!(piece, Piece::Deep) && at.0 >> number & 1 == 1 {
                at.0 |= 2 << number;
            }
        }
        at
    }
}
