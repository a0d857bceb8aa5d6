//! How large the workloads are, as a part of their full size.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};
use serde::{Deserialize, Serialize};

const ONE: u64 = 1_000_000;

/// A part of the full size, over nothing and up to all of it; in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Scale(u64);

impl Scale {
    /// This part of `whole`, at least one.
    pub(crate) fn of(self, whole: u64) -> u64 {
        let part = u128::from(whole) * u128::from(self.0) / u128::from(ONE);
        u64::try_from(part).unwrap_or(u64::MAX).max(1)
    }

    pub(crate) fn is_full(self) -> bool {
        self.0 == ONE
    }
}

impl FromStr for Scale {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        ensure!(part.len() <= 6, "a scale has at most six decimals");
        let whole: u64 = whole.parse().context("a scale is a number like 0.02")?;
        let part: u64 = format!("{part:0<6}")
            .parse()
            .context("a scale is a number like 0.02")?;
        let millionths = whole.saturating_mul(ONE).saturating_add(part);
        ensure!(
            (1..=ONE).contains(&millionths),
            "a scale is over 0 and at most 1"
        );
        Ok(Self(millionths))
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / ONE, self.0 % ONE);
        out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl From<Scale> for String {
    fn from(scale: Scale) -> Self {
        scale.to_string()
    }
}

impl TryFrom<String> for Scale {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn a_scale_is_read_and_written() {
        for text in ["1", "0.02", "0.5", "0.000001"] {
            assert_eq!(text.parse::<Scale>().unwrap().to_string(), text);
        }
        assert_eq!("0.02".parse::<Scale>().unwrap().of(250_000), 5000);
        for text in ["0", "1.1", "2", "x", "0.0000001", "-1", ""] {
            assert!(text.parse::<Scale>().is_err(), "{text}");
        }
    }
}
