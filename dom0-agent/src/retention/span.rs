//! A length of time as people write it: `30d`, `12h`, `1y6m`.

use std::fmt;
use std::str::FromStr;

const HOUR: i64 = 3600;

/// Units, the longest first. A month and a year are as long as the longest.
const UNITS: [(char, i64); 5] = [
    ('y', 366 * 24 * HOUR),
    ('m', 31 * 24 * HOUR),
    ('w', 7 * 24 * HOUR),
    ('d', 24 * HOUR),
    ('h', HOUR),
];

/// A length of time. **Invariant:** at least an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// In seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a time is numbers with the units y, m, w, d, h, such as 30d or 1y6m";
        let mut seconds = 0i64;
        let mut digits = String::new();
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            let unit = UNITS.iter().find(|(unit, _)| *unit == letter);
            let (_, unit) = unit.ok_or(WRONG)?;
            let number: i64 = digits.parse().map_err(|_| WRONG)?;
            let more = number.checked_mul(*unit).ok_or(WRONG)?;
            seconds = seconds.checked_add(more).ok_or(WRONG)?;
            digits.clear();
        }
        let whole = digits.is_empty() && seconds >= HOUR;
        whole.then_some(Self(seconds)).ok_or(WRONG)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        for (letter, unit) in UNITS {
            let number = left.div_euclid(unit);
            left = left.rem_euclid(unit);
            if number > 0 {
                write!(out, "{number}{letter}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        for (text, hours) in [("12h", 12), ("30d", 720), ("2w", 336), ("1y6m", 13_248)] {
            assert_eq!(text.parse::<Span>().unwrap().seconds(), hours * HOUR);
        }
        assert_eq!("45d".parse::<Span>().unwrap().to_string(), "1m2w");
        for text in [
            "",
            "d",
            "0h",
            "3",
            "3d4",
            "-3d",
            "3 d",
            "3s",
            "99999999999999999y",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
