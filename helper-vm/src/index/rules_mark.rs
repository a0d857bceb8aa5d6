//! Which rules held when folders were read: others may have left other things out.

use qib_rpc::codec;
use qib_rpc::glob::{Globs, PathRules};
use qib_rpc::rule::Rules;
use std::fmt;

/// The rules of a run. The same mark, the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesMark {
    sets: u32,
    /// A hash of everything else, if there is anything else.
    others: Option<[u8; 16]>,
}

impl RulesMark {
    /// The mark of these rules.
    pub fn of(rules: Rules, paths: &PathRules, obeyed: &Globs) -> Self {
        let mut paths = paths.clone();
        // Permission to suggest is no rule; what is suggested is.
        paths.obey_suggestions = false;
        let no_paths = paths == PathRules::default() && obeyed.items().is_empty();
        let none = rules.max_file_bytes.is_none() && no_paths;
        let bytes = codec::encode(&(rules.max_file_bytes, paths, obeyed)).unwrap_or_default();
        let hash = blake3::hash(&bytes);
        let others = hash.as_bytes().first_chunk().filter(|_| !none).copied();
        Self {
            sets: rules.into(),
            others,
        }
    }

    /// Reads what it is written as.
    pub fn parse(untrusted_text: &str) -> Option<Self> {
        let (sets, others) = match untrusted_text.split_once(' ') {
            Some((sets, others)) => (sets, Some(qib_rpc::hex::decode(others)?)),
            None => (untrusted_text, None),
        };
        let sets = Rules::try_from(sets.parse::<u32>().ok()?).ok()?.into();
        Some(Self { sets, others })
    }
}

impl fmt::Display for RulesMark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sets.fmt(out)?;
        self.others.map_or(Ok(()), |hash| {
            write!(out, " {}", qib_rpc::hex::encode(&hash))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qib_rpc::rule::Rule;

    #[test]
    fn other_rules_have_another_mark_and_each_reads_back() {
        let (none, no_globs) = (PathRules::default(), Globs::default());
        let globs = |text: &str| vec![text.parse().unwrap()].try_into().unwrap();
        let limited = |max| {
            let mut rules = Rules::DEFAULT;
            rules.max_file_bytes = Some(max);
            rules
        };
        let suggested: Globs = globs("a");
        let marks = [
            RulesMark::of(Rules::DEFAULT, &none, &suggested),
            RulesMark::of(Rules::DEFAULT, &none, &no_globs),
            RulesMark::of(Rules::DEFAULT.without(Rule::Trash), &none, &no_globs),
            RulesMark::of(limited(1), &none, &no_globs),
            RulesMark::of(limited(2), &none, &no_globs),
            RulesMark::of(
                Rules::DEFAULT,
                &PathRules {
                    exclude: globs("a"),
                    ..none.clone()
                },
                &no_globs,
            ),
            RulesMark::of(
                Rules::DEFAULT,
                &PathRules {
                    exclude: globs("b"),
                    ..none.clone()
                },
                &no_globs,
            ),
            RulesMark::of(
                Rules::DEFAULT,
                &PathRules {
                    include: globs("a"),
                    ..none.clone()
                },
                &no_globs,
            ),
        ];
        let allowed = PathRules {
            obey_suggestions: true,
            ..none.clone()
        };
        assert_eq!(RulesMark::of(Rules::DEFAULT, &allowed, &no_globs), marks[1]);
        for (place, mark) in marks.iter().enumerate() {
            assert_eq!(RulesMark::parse(&mark.to_string()), Some(*mark));
            assert!(!marks[place + 1..].contains(mark), "{mark}");
        }
        assert_eq!(marks[1].to_string(), "255");
        for text in [
            "",
            "x",
            "4096",
            "255 ",
            "255 00",
            "255  00000000000000000000000000000000",
        ] {
            assert_eq!(RulesMark::parse(text), None, "{text}");
        }
    }
}
