//! Why stored bytes are not what the format says.

use std::fmt;

/// Why stored bytes are not what the format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The bytes break a rule of `docs/format.md`.
    Damaged(&'static str),
    /// The object is another qube's, or another snapshot.
    NotOurs,
    /// A newer qib wrote it.
    Newer,
}

impl fmt::Display for FormatError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(rule) => write!(out, "damaged: {rule}"),
            Self::NotOurs => out.write_str("sealed for another qube or snapshot"),
            Self::Newer => out.write_str("written by a newer version"),
        }
    }
}

impl std::error::Error for FormatError {}

/// A checked value, or why the bytes are none.
pub type Result<T> = std::result::Result<T, FormatError>;
