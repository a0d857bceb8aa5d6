//! How the rules see a folder, going by its path.

use super::paths::{Paths, Position};
use crate::index;
use qib_rpc::rule::Rule;

/// Where a folder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// In the backup, at this position.
    In(Position),
    /// Left out by a rule, with all that lies in it.
    Out(Rule),
}

impl Stand {
    /// The root of the volume.
    pub const ROOT: Self = Self::In(Paths::ROOT);

    /// The stand as the index holds it.
    pub fn number(self, paths: &Paths) -> index::Stand {
        index::Stand(match self {
            Self::In(position) => paths.stand(position),
            Self::Out(rule) => 1 << 31 | u32::from(rule.number()),
        })
    }
}
