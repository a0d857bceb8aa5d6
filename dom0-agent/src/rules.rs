//! What is left out of a qube's backup: what dom0 wrote down, put together.

mod features;
mod words;

pub use features::of_qube;
pub use words::Wishes;

use qib_rpc::glob::{Globs, PathRules};
use qib_rpc::rule::{GlobNumber, Rule, Rules};
use serde_json::{Value, json};

/// The rules for a qube.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QubeRules {
    /// Those that have names, and the limit of sizes.
    pub named: Rules,
    /// Those that are patterns.
    pub paths: PathRules,
}

impl QubeRules {
    /// A rule's name, and the pattern if it is one.
    pub fn describe(&self, rule: Rule) -> String {
        let mut numbered = GlobNumber::all()
            .map(Rule::Exclude)
            .zip(self.paths.exclude.items());
        match numbered.find(|(number, _)| *number == rule) {
            Some((_, glob)) => format!("{rule} ({glob})"),
            None => rule.to_string(),
        }
    }

    /// All of them, for programs.
    pub fn json(&self) -> Value {
        let sets = Rule::SETS.into_iter();
        let sets = sets.filter(|rule| self.named.holds(*rule));
        let texts = |globs: &Globs| -> Vec<String> {
            globs.items().iter().map(ToString::to_string).collect()
        };
        json!({
            "sets": sets.map(|rule| rule.to_string()).collect::<Vec<String>>(),
            "max_file_bytes": self.named.max_file_bytes,
            "exclude": texts(&self.paths.exclude),
            "include": texts(&self.paths.include),
            "suggestions_allowed": self.paths.obey_suggestions,
        })
    }
}
