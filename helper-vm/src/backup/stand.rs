//! How the rules see a folder, going by its path.

use super::path_rules::Position;
use crate::index;
use qib_rpc::rule::{Rule, Rules};

/// Where a folder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// In the backup, at this position.
    In(Position),
    /// In the backup, and kept empty by a rule.
    Emptied(Rule),
    /// Left out by a rule, with all that lies in it.
    Out(Rule),
}

impl Stand {
    /// The root of the volume.
    pub fn root(rules: Rules) -> Self {
        Self::In(Position::root(rules))
    }

    /// A folder in a folder at `position`.
    pub fn below(position: Position, name: &[u8]) -> Self {
        let (position, rule) = position.enter(name);
        rule.map_or(Self::In(position), Self::Emptied)
    }

    /// The stand as the index holds it.
    pub fn number(self) -> index::Stand {
        let of_rule = |rule: Rule| u32::try_from(rule.index()).unwrap_or(0);
        index::Stand(match self {
            Self::In(position) => position.number(),
            Self::Emptied(rule) => 1 << 30 | of_rule(rule),
            Self::Out(rule) => 1 << 31 | of_rule(rule),
        })
    }
}
