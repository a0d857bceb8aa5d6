//! Names of qubes, as Qubes itself restricts them, and of places at a storage qube.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a qube: `[A-Za-z][A-Za-z0-9_.-]{0,30}`, never a word that Qubes reserves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QubeName(String);

/// A text that is no qube's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAQubeName;

impl QubeName {
    /// The longest name that Qubes takes, in bytes.
    pub const MAX_BYTES: usize = 31;

    /// Checks `untrusted_text`.
    ///
    /// # Errors
    /// [`NotAQubeName`] when Qubes would not take it as a name.
    pub fn parse(untrusted_text: &str) -> Result<Self, NotAQubeName> {
        let mut letters = untrusted_text.bytes();
        let first = letters
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic());
        let rest = letters.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        let reserved = matches!(untrusted_text, "none" | "default" | "Domain-0" | "dom0")
            || untrusted_text.ends_with("-dm");
        if first && rest && !reserved && untrusted_text.len() <= Self::MAX_BYTES {
            Ok(Self(untrusted_text.to_owned()))
        } else {
            Err(NotAQubeName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for QubeName {
    type Error = NotAQubeName;

    fn try_from(untrusted_text: String) -> Result<Self, NotAQubeName> {
        Self::parse(&untrusted_text)
    }
}

impl std::str::FromStr for QubeName {
    type Err = NotAQubeName;

    fn from_str(untrusted_text: &str) -> Result<Self, NotAQubeName> {
        Self::parse(untrusted_text)
    }
}

impl From<QubeName> for String {
    fn from(name: QubeName) -> Self {
        name.0
    }
}

impl fmt::Display for QubeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for NotAQubeName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not the name of a qube (a letter, then letters, digits, _ . -; at most 31)")
    }
}

impl std::error::Error for NotAQubeName {}

/// The name that a storage qube's owner gives to a place: `[a-z][a-z0-9-]{0,30}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlaceName(String);

/// A text that is no place's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPlaceName;

impl PlaceName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 31;

    /// Checks `untrusted_text`.
    ///
    /// # Errors
    /// [`NotAPlaceName`] for what could be taken for anything else.
    pub fn parse(untrusted_text: &str) -> Result<Self, NotAPlaceName> {
        let mut letters = untrusted_text.bytes();
        let first = letters.next().is_some_and(|byte| byte.is_ascii_lowercase());
        let rest =
            letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if first && rest && untrusted_text.len() <= Self::MAX_BYTES {
            Ok(Self(untrusted_text.to_owned()))
        } else {
            Err(NotAPlaceName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PlaceName {
    type Error = NotAPlaceName;

    fn try_from(untrusted_text: String) -> Result<Self, NotAPlaceName> {
        Self::parse(&untrusted_text)
    }
}

impl From<PlaceName> for String {
    fn from(name: PlaceName) -> Self {
        name.0
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for NotAPlaceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "not the name of a place (a small letter, then small letters, digits, -; at most 31)",
        )
    }
}

impl std::error::Error for NotAPlaceName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_qubes_takes() {
        for text in ["work", "sys-net", "a", "A.b_c-9", "disp-qib-0123abcd"] {
            assert_eq!(QubeName::parse(text).map(String::from).as_deref(), Ok(text));
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(32);
        for text in [
            "", "1a", "-a", "a b", "a/b", "a\n", "a\0", "é", "dom0", "x-dm", &long, "@tag",
        ] {
            assert_eq!(QubeName::parse(text), Err(NotAQubeName), "{text:?}");
        }
    }

    #[test]
    fn places_have_names_that_are_nothing_else() {
        for text in ["nas", "c", "cloud-2"] {
            assert_eq!(
                PlaceName::parse(text).map(String::from).as_deref(),
                Ok(text)
            );
        }
        let long = "a".repeat(32);
        for text in [
            "", "2", "-a", "NAS", "a_b", "a.b", "a+b", "a:b", "a/b", "a\n", "\u{e9}", &long,
        ] {
            assert_eq!(PlaceName::parse(text), Err(NotAPlaceName), "{text:?}");
        }
    }
}
