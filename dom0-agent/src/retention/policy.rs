//! A policy: how many snapshots of which periods to keep, as restic and borg have it.

use super::calendar::Period;
use super::span::Span;
use std::fmt;
use std::str::FromStr;

/// Numbers as somebody gave them: what is not given is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The newest ones.
    pub last: u32,
    /// The last one of each of the newest periods, by [`Period::ALL`].
    pub of_period: [u32; 5],
    /// All that are not older than this, counted from the newest.
    pub within: Option<Span>,
}

/// What to keep. **Invariant:** it keeps something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy(Numbers);

/// Why a text or numbers are no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAPolicy {
    /// All its numbers are zero.
    KeepsNothing,
    /// A part of it is not a known word, `=` and a value, or a word stands there twice.
    Word,
}

impl fmt::Display for NotAPolicy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::KeepsNothing => "a policy that keeps nothing is a mistake: give it a number",
            Self::Word => {
                "a policy is words and numbers such as 'hourly=24,daily=7,weekly=4,monthly=12,\
                 yearly=3,last=10,within=30d'"
            }
        })
    }
}

impl std::error::Error for NotAPolicy {}

impl Policy {
    /// Checks numbers.
    ///
    /// # Errors
    /// [`NotAPolicy::KeepsNothing`].
    pub fn new(numbers: Numbers) -> Result<Self, NotAPolicy> {
        let counts = numbers.of_period.iter().chain([&numbers.last]);
        let keeps = numbers.within.is_some() || counts.copied().any(|count| count > 0);
        keeps
            .then_some(Self(numbers))
            .ok_or(NotAPolicy::KeepsNothing)
    }

    /// The numbers.
    pub fn numbers(&self) -> &Numbers {
        &self.0
    }
}

impl FromStr for Policy {
    type Err = NotAPolicy;

    fn from_str(text: &str) -> Result<Self, NotAPolicy> {
        let mut numbers = Numbers::default();
        let mut seen = Vec::new();
        for part in text.split(',') {
            let (word, value) = part.split_once('=').ok_or(NotAPolicy::Word)?;
            let (word, value) = (word.trim(), value.trim());
            if seen.contains(&word) {
                return Err(NotAPolicy::Word);
            }
            seen.push(word);
            if word == "within" {
                numbers.within = Some(value.parse().map_err(|_| NotAPolicy::Word)?);
                continue;
            }
            let count = value.parse().map_err(|_| NotAPolicy::Word)?;
            let periods = Period::ALL.iter().map(|period| period.word());
            let mut counts = periods.zip(&mut numbers.of_period);
            match counts.find(|(known, _)| *known == word) {
                Some((_, place)) => *place = count,
                None if word == "last" => numbers.last = count,
                None => return Err(NotAPolicy::Word),
            }
        }
        Self::new(numbers)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Period::ALL.iter().map(|period| period.word());
        let counts = words.zip(self.0.of_period).chain([("last", self.0.last)]);
        let counts = counts.filter(|(_, count)| *count > 0);
        let mut parts: Vec<String> = counts
            .map(|(word, count)| format!("{word}={count}"))
            .collect();
        parts.extend(self.0.within.map(|within| format!("within={within}")));
        out.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_written() {
        for (text, shown) in [
            ("hourly=24,daily=7", "hourly=24,daily=7"),
            (" last = 3 , within=30d", "last=3,within=4w2d"),
            ("yearly=1,monthly=0", "yearly=1"),
        ] {
            assert_eq!(text.parse::<Policy>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn mistakes_keep_nothing_and_are_refused() {
        for text in ["daily=0", "last=0,daily=0"] {
            assert_eq!(text.parse::<Policy>(), Err(NotAPolicy::KeepsNothing));
        }
        for text in [
            "",
            "daily",
            "dayly=7",
            "daily=7,daily=8",
            "daily=-1",
            "daily=7;weekly=1",
            "within=3",
            "daily=7,",
        ] {
            assert_eq!(text.parse::<Policy>(), Err(NotAPolicy::Word), "{text}");
        }
    }
}
