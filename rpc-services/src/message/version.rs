//! `qib.HelperVersion`, `qib.StorageVersion`: whether the programs of dom0, helper and storage are of one release.

use serde::{Deserialize, Serialize};
use std::fmt;

/// helper, storage → dom0, unasked: my version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its first number.
    pub major: u16,
    /// Its second.
    pub minor: u16,
    /// Its third.
    pub patch: u16,
}

impl Version {
    /// That of the program which asks; all of one release have the same.
    pub const OURS: Self = Self {
        major: number(env!("CARGO_PKG_VERSION_MAJOR")),
        minor: number(env!("CARGO_PKG_VERSION_MINOR")),
        patch: number(env!("CARGO_PKG_VERSION_PATCH")),
    };
}

const fn number(text: &str) -> u16 {
    match u16::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => u16::MAX,
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn ours_is_the_workspace_s() {
        assert_eq!(Version::OURS.to_string(), env!("CARGO_PKG_VERSION"));
    }
}
