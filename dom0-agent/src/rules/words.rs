//! Rules as people write them down, in a feature of a qube or in a profile.

use super::QubeRules;
use crate::size;
use qib_rpc::glob::{Glob, NotAGlob, PathRules};
use qib_rpc::rule::{Rule, Rules};

/// What somebody wishes to be left out, or to stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    exclude: Vec<Glob>,
    include: Vec<Glob>,
    max_file_bytes: Option<u64>,
    sets: Vec<(Rule, bool)>,
    obey_suggestions: bool,
}

impl Wishes {
    /// Patterns of what is left out, with `:` between them; `\:` is a colon.
    ///
    /// # Errors
    /// Which of them is no pattern, and why.
    pub fn exclude(&mut self, text: &str) -> Result<(), String> {
        self.exclude.extend(globs(text)?);
        Ok(())
    }

    /// Patterns of what stays all the same, written in the same way.
    ///
    /// # Errors
    /// Which of them is no pattern, and why.
    pub fn include(&mut self, text: &str) -> Result<(), String> {
        self.include.extend(globs(text)?);
        Ok(())
    }

    /// The largest file that is taken.
    ///
    /// # Errors
    /// When it is no size.
    pub fn max_file_size(&mut self, text: &str) -> Result<(), String> {
        self.max_file_bytes = Some(size::bytes(text.trim())?);
        Ok(())
    }

    /// Names of sets with spaces between them: these too, and with `-` in front, not these.
    ///
    /// # Errors
    /// Which of them is no set.
    pub fn sets(&mut self, text: &str) -> Result<(), String> {
        for word in text.split_whitespace() {
            let name = word.strip_prefix('-').unwrap_or(word);
            // A socket has no content, whatever anyone wishes.
            let rule = Rule::set(name).filter(|rule| *rule != Rule::Socket);
            let rule = rule.ok_or_else(|| format!("no set of rules is called '{name}'"))?;
            self.sets.push((rule, name == word));
        }
        Ok(())
    }

    /// Whether the qube's own rules are obeyed: `1`, or nothing for no, as features are.
    ///
    /// # Errors
    /// When it is something else.
    pub fn allow_suggestions(&mut self, text: &str) -> Result<(), String> {
        self.obey_suggestions = match text {
            "1" => true,
            "" => false,
            _ => return Err("it must be 1, or empty".to_owned()),
        };
        Ok(())
    }

    /// Adds wishes that count more.
    pub fn add(&mut self, more: &Self) {
        self.exclude.extend_from_slice(&more.exclude);
        self.include.extend_from_slice(&more.include);
        self.max_file_bytes = more.max_file_bytes.or(self.max_file_bytes);
        self.sets.extend_from_slice(&more.sets);
        self.obey_suggestions |= more.obey_suggestions;
    }

    /// The rules that come of them.
    ///
    /// # Errors
    /// When there are too many.
    pub fn rules(self) -> Result<QubeRules, NotAGlob> {
        let mut named = Rules::DEFAULT;
        named.max_file_bytes = self.max_file_bytes;
        for (rule, holds) in self.sets {
            named = if holds {
                named.with(rule)
            } else {
                named.without(rule)
            };
        }
        Ok(QubeRules {
            named,
            paths: PathRules {
                exclude: self.exclude.try_into()?,
                include: self.include.try_into()?,
                obey_suggestions: self.obey_suggestions,
            },
        })
    }
}

fn globs(text: &str) -> Result<Vec<Glob>, String> {
    let mut texts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == ':' {
            texts.push(String::new());
        } else if let Some(last) = texts.last_mut() {
            last.push(letter);
            if letter == '\\' {
                last.extend(letters.next());
            }
        }
    }
    let written = texts
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty());
    written
        .map(|text| {
            text.parse()
                .map_err(|error: NotAGlob| format!("{error}: '{}'", shown(text)))
        })
        .collect()
}

/// The text with control characters made visible.
fn shown(text: &str) -> String {
    let letter = |letter: char| if letter.is_control() { '_' } else { letter };
    text.chars().take(100).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(exclude: &str) -> Result<Vec<String>, String> {
        Ok(globs(exclude)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn patterns_have_colons_between_them() {
        for (text, patterns) in [
            ("", &[][..]),
            ("*.iso", &["*.iso"]),
            (
                " *.iso : home/user/My VMs/** ",
                &["*.iso", "home/user/My VMs/**"],
            ),
            ("a\\:b::c:", &["a\\:b", "c"]),
            ("a\\\\:b", &["a\\\\", "b"]),
        ] {
            assert_eq!(written(text).unwrap(), patterns, "{text}");
        }
        for (text, part) in [
            ("a:b//c", "'b//c'"),
            ("a\\", "'a\\'"),
            ("a\u{1b}b", "'a_b'"),
        ] {
            let error = written(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn wishes_that_are_added_count_more() {
        let (mut wishes, mut more) = (Wishes::default(), Wishes::default());
        wishes.sets("trash -user-cache machine-images").unwrap();
        more.sets("build-folders -trash").unwrap();
        wishes.exclude("c").unwrap();
        more.exclude("a:b").unwrap();
        wishes.max_file_size("2G").unwrap();
        wishes.add(&more);
        let rules = wishes.clone().rules().unwrap();
        let holds = |rule| rules.named.holds(rule);
        assert!(holds(Rule::BuildFolders) && holds(Rule::MachineImages) && holds(Rule::NoDump));
        assert!(!holds(Rule::Trash) && !holds(Rule::UserCache));
        assert_eq!(rules.named.max_file_bytes, Some(2_000_000_000));
        let globs = rules.paths.exclude.items();
        let texts: Vec<String> = globs.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["c", "a", "b"]);
        more.max_file_size("1 MiB").unwrap();
        wishes.add(&more);
        assert_eq!(wishes.rules().unwrap().named.max_file_bytes, Some(1 << 20));
    }

    #[test]
    fn mistakes_are_named() {
        let mut wishes = Wishes::default();
        assert!(
            wishes
                .sets("build-folder")
                .unwrap_err()
                .contains("'build-folder'")
        );
        for text in [
            "-socket",
            "exclude-1",
            "max-file-size",
            "suggested",
            "--trash",
        ] {
            assert!(wishes.sets(text).is_err(), "{text}");
        }
        for text in ["", "0", "much", "-1"] {
            assert!(wishes.max_file_size(text).is_err(), "{text}");
        }
        wishes.exclude(&"x:".repeat(33)).unwrap();
        assert!(wishes.rules().is_err());
    }
}
