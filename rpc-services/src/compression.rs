//! How hard a backup compresses.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A level of zstd's, or none. **Invariant:** at most [`Compression::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Compression(u8);

impl Compression {
    /// Data is stored as it is.
    pub const NONE: Self = Self(0);

    /// zstd's highest level that needs no more memory than a helper has.
    pub const MAX: Self = Self(19);

    /// The level, 0 for none.
    pub const fn level(self) -> u8 {
        self.0
    }
}

impl Default for Compression {
    /// zstd's own default: a fifth of the helper's time less costs four per cent more space.
    fn default() -> Self {
        Self(3)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// No level of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLevel;

impl fmt::Display for NoLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a level is a number from 0 to {}", Compression::MAX)
    }
}

impl std::error::Error for NoLevel {}

impl TryFrom<u8> for Compression {
    type Error = NoLevel;

    fn try_from(level: u8) -> Result<Self, NoLevel> {
        (level <= Self::MAX.0).then_some(Self(level)).ok_or(NoLevel)
    }
}

impl From<Compression> for u8 {
    fn from(level: Compression) -> Self {
        level.0
    }
}

impl FromStr for Compression {
    type Err = NoLevel;

    fn from_str(untrusted_text: &str) -> Result<Self, NoLevel> {
        untrusted_text
            .parse::<u8>()
            .map_err(|_| NoLevel)?
            .try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_from_0_to_19_are_taken_and_no_others() {
        for (text, level) in [("0", 0), ("3", 3), ("19", 19)] {
            assert_eq!(
                text.parse::<Compression>().map(Compression::level),
                Ok(level)
            );
        }
        for text in ["", "20", "-1", "256", "three", "3.5"] {
            assert_eq!(text.parse::<Compression>(), Err(NoLevel), "{text}");
        }
    }
}
