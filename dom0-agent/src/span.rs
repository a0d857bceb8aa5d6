//! A span of time as it is given on the command line.

use std::fmt;
use std::str::FromStr;

/// A span of time: `12h`, `7d` or `4w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    seconds: i64,
}

/// Why a word is no span.
#[derive(Debug, PartialEq, Eq)]
pub struct NotASpan;

impl Span {
    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        self.seconds
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let units = [('h', 3600_i64), ('d', 86_400), ('w', 7 * 86_400)];
        let unit = units.iter().find(|(letter, _)| text.ends_with(*letter));
        let (letter, unit) = unit.ok_or(NotASpan)?;
        let number = text.strip_suffix(*letter).ok_or(NotASpan)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotASpan);
        }
        let number: i64 = number.parse().map_err(|_| NotASpan)?;
        let seconds = number.checked_mul(*unit).filter(|seconds| *seconds > 0);
        seconds.map(|seconds| Self { seconds }).ok_or(NotASpan)
    }
}

impl fmt::Display for NotASpan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it must be a number of hours, days or weeks, such as 12h, 7d or 4w")
    }
}

impl std::error::Error for NotASpan {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [("12h", 43_200), ("7d", 604_800), ("4w", 2_419_200)] {
            assert_eq!(text.parse::<Span>().map(Span::seconds), Ok(seconds));
        }
        for text in [
            "",
            "h",
            "7",
            "0d",
            "-1d",
            "+1d",
            "1.5d",
            "7 d",
            "7m",
            "9223372036854775807w",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan), "{text}");
        }
    }
}
