//! Which release of Qubes a lab is like, where the releases differ.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A release of Qubes OS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Release {
    /// Qubes OS 4.2.
    R4_2,
    /// Qubes OS 4.3.
    #[default]
    R4_3,
}

impl FromStr for Release {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, anyhow::Error> {
        match text {
            "4.2" => Ok(Self::R4_2),
            "4.3" => Ok(Self::R4_3),
            _ => Err(anyhow::anyhow!("{text}: a lab is like 4.2 or 4.3")),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::R4_2 => "4.2",
            Self::R4_3 => "4.3",
        })
    }
}
