//! Rules for what a backup leaves out, each with the name that the report shows.

use crate::limit::MAX_GLOBS;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a backup left something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
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
    /// Folders that builds fill, by their names.
    BuildFolders,
    /// The layers that containers are made of; their volumes stay.
    ContainerLayers,
    /// What package managers of languages and systems have fetched.
    PackageCaches,
    /// Disks of virtual machines, by their names.
    MachineImages,
    /// Files that are larger than the limit.
    MaxFileSize,
    /// What the qube's own file asks to be left out, where that is obeyed.
    Suggested,
    /// A pattern of dom0's, by its place in their list.
    Exclude(GlobNumber),
}

/// The place of a pattern in a list. **Invariant:** under [`MAX_GLOBS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobNumber(u8);

impl GlobNumber {
    /// The numbers of the first patterns, as many as a list may have.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(MAX_GLOBS).map(Self)
    }
}

/// The number of a rule that is a pattern is this and the pattern's.
const FIRST_EXCLUDE: u8 = 32;

impl Rule {
    /// Rules that hold or do not, in the order of their bits.
    pub const SETS: [Self; 12] = [
        Self::CacheDirTag,
        Self::UserCache,
        Self::BrowserCache,
        Self::Thumbnails,
        Self::Trash,
        Self::NoDump,
        Self::LostFound,
        Self::Socket,
        Self::BuildFolders,
        Self::ContainerLayers,
        Self::PackageCaches,
        Self::MachineImages,
    ];

    /// Every rule, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::MaxFileSize, Self::Suggested];
        let globs = GlobNumber::all().map(Self::Exclude);
        Self::SETS.into_iter().chain(others).chain(globs)
    }

    /// The number that stands for it wherever rules are written down.
    pub const fn number(self) -> u8 {
        match self {
            Self::CacheDirTag => 0,
            Self::UserCache => 1,
            Self::BrowserCache => 2,
            Self::Thumbnails => 3,
            Self::Trash => 4,
            Self::NoDump => 5,
            Self::LostFound => 6,
            Self::Socket => 7,
            Self::BuildFolders => 8,
            Self::ContainerLayers => 9,
            Self::PackageCaches => 10,
            Self::MachineImages => 11,
            Self::MaxFileSize => 12,
            Self::Suggested => 13,
            Self::Exclude(GlobNumber(glob)) => FIRST_EXCLUDE.saturating_add(glob),
        }
    }

    /// The rule that holds or does not with this name.
    pub fn set(name: &str) -> Option<Self> {
        Self::SETS.into_iter().find(|rule| rule.to_string() == name)
    }
}

impl TryFrom<u8> for Rule {
    type Error = UnknownRule;

    fn try_from(untrusted_number: u8) -> Result<Self, UnknownRule> {
        let mut rules = Self::all();
        let rule = rules.find(|rule| rule.number() == untrusted_number);
        rule.ok_or(UnknownRule)
    }
}

impl From<Rule> for u8 {
    fn from(rule: Rule) -> Self {
        rule.number()
    }
}

/// The rule's name in reports.
impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::CacheDirTag => "cachedir-tag",
            Self::UserCache => "user-cache",
            Self::BrowserCache => "browser-cache",
            Self::Thumbnails => "thumbnails",
            Self::Trash => "trash",
            Self::NoDump => "nodump",
            Self::LostFound => "lost+found",
            Self::Socket => "socket",
            Self::BuildFolders => "build-folders",
            Self::ContainerLayers => "container-layers",
            Self::PackageCaches => "package-caches",
            Self::MachineImages => "machine-images",
            Self::MaxFileSize => "max-file-size",
            Self::Suggested => "suggested",
            Self::Exclude(GlobNumber(glob)) => {
                return write!(out, "exclude-{}", glob.saturating_add(1));
            }
        })
    }
}

/// The rules that hold for a qube and go by what a thing is, or are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    sets: Sets,
    /// Files with more bytes than this are left out.
    pub max_file_bytes: Option<u64>,
}

/// Bit n: the n-th of [`Rule::SETS`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Sets(u32);

impl Rules {
    /// The rules that hold unless the user says otherwise: whatever is sure to be
    /// made again, or worthless.
    pub const DEFAULT: Self = Self {
        sets: Sets(0xff),
        max_file_bytes: None,
    };

    /// True when `rule`, one of [`Rule::SETS`], holds.
    pub fn holds(self, rule: Rule) -> bool {
        self.sets.0 & Sets::bit(rule) != 0
    }

    /// The same rules and `rule`, one of [`Rule::SETS`].
    #[must_use]
    pub fn with(mut self, rule: Rule) -> Self {
        self.sets.0 |= Sets::bit(rule);
        self
    }

    /// The same rules without `rule`.
    #[must_use]
    pub fn without(mut self, rule: Rule) -> Self {
        self.sets.0 &= !Sets::bit(rule);
        self
    }
}

impl Sets {
    fn bit(rule: Rule) -> u32 {
        let is_set = Rule::SETS.contains(&rule);
        u32::from(is_set) << (rule.number() % 32)
    }
}

impl TryFrom<u32> for Sets {
    type Error = UnknownRule;

    fn try_from(untrusted_bits: u32) -> Result<Self, UnknownRule> {
        let known = Rule::SETS.into_iter().map(Self::bit);
        let known = known.fold(0, |bits, bit| bits | bit);
        if untrusted_bits & !known == 0 {
            Ok(Self(untrusted_bits))
        } else {
            Err(UnknownRule)
        }
    }
}

impl From<Sets> for u32 {
    fn from(sets: Sets) -> Self {
        sets.0
    }
}

/// Bit n: the n-th of [`Rule::SETS`] holds.
impl TryFrom<u32> for Rules {
    type Error = UnknownRule;

    fn try_from(untrusted_bits: u32) -> Result<Self, UnknownRule> {
        Ok(Self {
            sets: untrusted_bits.try_into()?,
            max_file_bytes: None,
        })
    }
}

/// Which of [`Rule::SETS`] hold, as bits.
impl From<Rules> for u32 {
    fn from(rules: Rules) -> Self {
        rules.sets.0
    }
}

/// A rule that this version does not have.
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
    fn numbers_and_names_differ_and_read_back() {
        for rule in Rule::all() {
            assert_eq!(Rule::try_from(rule.number()), Ok(rule));
            let same = |other: &Rule| other.to_string() == rule.to_string();
            assert_eq!(Rule::all().filter(same).count(), 1);
        }
        for (place, rule) in (0..).zip(Rule::SETS) {
            assert_eq!(rule.number(), place);
            assert_eq!(Rule::set(&rule.to_string()), Some(rule));
            let with = Rules::DEFAULT.with(rule);
            assert!(with.holds(rule) && !with.without(rule).holds(rule));
        }
        assert_eq!(Rule::set("exclude-1"), None);
    }

    #[test]
    fn a_rule_of_the_future_is_refused() {
        assert_eq!(Rules::try_from(1 << 12), Err(UnknownRule));
        assert_eq!(Rule::try_from(14), Err(UnknownRule));
        assert_eq!(Rule::try_from(64), Err(UnknownRule));
    }

    #[test]
    fn only_sets_hold_or_do_not() {
        let numbered = Rule::try_from(FIRST_EXCLUDE).unwrap();
        for rule in [Rule::MaxFileSize, Rule::Suggested, numbered] {
            assert_eq!(Rules::DEFAULT.with(rule), Rules::DEFAULT);
        }
    }
}
