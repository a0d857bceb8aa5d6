//! States of a volume that its pool keeps: what they are called, and of when they are.

use crate::part::Part;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a pool calls such a state: `3`, `1700000000-back` or
/// `qubes:before-start:1700000000.123456`.
///
/// It is plain text that no program takes as an option or a way to elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionId(String);

/// Such a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its name in the pool.
    pub id: RevisionId,
    /// Of when it is, as its pool says, in seconds since 1970.
    pub time: i64,
}

/// A revision on a command line: `ID`, or `root:ID` for one of the root volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Of which volume.
    pub part: Part,
    /// Which.
    pub id: RevisionId,
}

/// Why a text is no name of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARevision;

const MOST_BYTES: usize = 100;

impl RevisionId {
    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":._-".contains(&byte);
        let begins = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        (begins && text.len() <= MOST_BYTES && text.bytes().all(is_plain))
            .then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RevisionId {
    type Error = NotARevision;

    fn try_from(text: String) -> Result<Self, NotARevision> {
        Self::parse(&text).ok_or(NotARevision)
    }
}

impl From<RevisionId> for String {
    fn from(id: RevisionId) -> Self {
        id.0
    }
}

impl FromStr for Named {
    type Err = NotARevision;

    fn from_str(text: &str) -> Result<Self, NotARevision> {
        let (part, id) = match text.strip_prefix("root:") {
            Some(id) => (Part::Root, id),
            None => (Part::Private, text),
        };
        let id = RevisionId::parse(id).ok_or(NotARevision)?;
        Ok(Self { part, id })
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for NotARevision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it must be a revision that 'qvm-volume info QUBE:private' names")
    }
}

impl std::error::Error for NotARevision {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_pools_give_and_no_others() {
        for text in [
            "3",
            "1700000000-back",
            "qubes:before-start:1700000000.123456",
        ] {
            assert_eq!(RevisionId::parse(text).unwrap().as_str(), text);
        }
        let long = "1".repeat(101);
        for text in ["", "-back", "..", "a/b", "a@b", "a b", "3\n", "é", &long] {
            assert_eq!(RevisionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn revisions_of_both_volumes() {
        let named = |text: &str| text.parse::<Named>().map(|named| (named.part, named.id.0));
        assert_eq!(named("3"), Ok((Part::Private, "3".to_owned())));
        assert_eq!(named("root:3"), Ok((Part::Root, "3".to_owned())));
        assert_eq!(named("root:"), Err(NotARevision));
    }
}
