//! Rules for what a backup leaves out, each with the name that the report shows.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a backup left something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// The content of a folder with a valid `CACHEDIR.TAG`.
    CacheDirTag,
    /// The content of `home/*/.cache`.
    UserCache,
    /// Caches that browsers keep outside `.cache`.
    BrowserCache,
    /// The content of `home/*/.thumbnails`.
    Thumbnails,
    /// The content of `home/*/.local/share/Trash`.
    Trash,
    /// Files and folders with the `nodump` flag (`chattr +d`).
    NoDump,
    /// `lost+found` in the root of the file system.
    LostFound,
    /// Sockets: they hold no data.
    Socket,
}

impl Rule {
    /// Number of rules.
    pub const COUNT: usize = 8;

    /// Every rule, in the order of its encoding.
    pub const ALL: [Self; Self::COUNT] = [
        Self::CacheDirTag,
        Self::UserCache,
        Self::BrowserCache,
        Self::Thumbnails,
        Self::Trash,
        Self::NoDump,
        Self::LostFound,
        Self::Socket,
    ];

    /// The rule's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CacheDirTag => "cachedir-tag",
            Self::UserCache => "user-cache",
            Self::BrowserCache => "browser-cache",
            Self::Thumbnails => "thumbnails",
            Self::Trash => "trash",
            Self::NoDump => "nodump",
            Self::LostFound => "lost+found",
            Self::Socket => "socket",
        }
    }

    /// The rule's place in tables.
    pub const fn index(self) -> usize {
        match self {
            Self::CacheDirTag => 0,
            Self::UserCache => 1,
            Self::BrowserCache => 2,
            Self::Thumbnails => 3,
            Self::Trash => 4,
            Self::NoDump => 5,
            Self::LostFound => 6,
            Self::Socket => 7,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The rules that hold for a qube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Rules(u32);

impl Rules {
    /// The rules that hold unless the user says otherwise: all of them.
    pub const DEFAULT: Self = Self((1 << Rule::COUNT) - 1);

    /// True when `rule` holds.
    pub const fn holds(self, rule: Rule) -> bool {
        self.0 >> rule.index() & 1 == 1
    }

    /// The same rules without `rule`.
    pub const fn without(self, rule: Rule) -> Self {
        Self(self.0 & !(1 << rule.index()))
    }
}

impl TryFrom<u32> for Rules {
    type Error = UnknownRule;

    fn try_from(untrusted_bits: u32) -> Result<Self, UnknownRule> {
        if untrusted_bits & !Self::DEFAULT.0 == 0 {
            Ok(Self(untrusted_bits))
        } else {
            Err(UnknownRule)
        }
    }
}

impl From<Rules> for u32 {
    fn from(rules: Rules) -> Self {
        rules.0
    }
}

/// A set of rules names one that this version does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRule;

impl fmt::Display for UnknownRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a rule that this version does not know")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_order_and_names_differ() {
        for (place, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule.index(), place);
            assert!(Rules::DEFAULT.holds(rule) && !Rules::DEFAULT.without(rule).holds(rule));
            assert_eq!(
                Rule::ALL
                    .iter()
                    .filter(|other| other.name() == rule.name())
                    .count(),
                1
            );
        }
    }

    #[test]
    fn a_rule_of_the_future_is_refused() {
        assert_eq!(Rules::try_from(1 << Rule::COUNT), Err(UnknownRule));
    }
}
