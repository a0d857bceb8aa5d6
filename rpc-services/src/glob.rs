//! Patterns of paths, for rules: a small part of what `.gitignore` takes, and all of it
//! written down in `docs/rules.md`.

use crate::limit::{MAX_GLOB_BYTES, MAX_GLOB_NAMES, MAX_GLOBS};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A pattern. **Invariant:** 1 to [`MAX_GLOB_NAMES`] names, none of them empty, `.` or `..`,
/// with single slashes between them and perhaps one at either end; every `\` has something
/// behind it; no `[` and no leading `!` without a `\`; no control characters; at most
/// [`MAX_GLOB_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob(String);

/// What a pattern goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A name that fits: `*` for any bytes or none, `?` for one byte, and what follows a `\`
    /// for itself.
    Name(&'a str),
    /// Any number of folders, or none; at the end, at least one name.
    Deep,
}

impl Glob {
    /// The steps from the root of the volume on.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let floats = !self.0.trim_end_matches('/').contains('/');
        let steps = self.names().map(|name| match name {
            "**" => Step::Deep,
            name => Step::Name(name),
        });
        floats.then_some(Step::Deep).into_iter().chain(steps)
    }

    /// True when only folders are meant.
    pub fn folders_only(&self) -> bool {
        self.0.ends_with('/')
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.trim_matches('/').split('/')
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAGlob(&'static str);

impl fmt::Display for NotAGlob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for NotAGlob {}

impl TryFrom<String> for Glob {
    type Error = NotAGlob;

    fn try_from(untrusted_text: String) -> Result<Self, NotAGlob> {
        check(&untrusted_text).map_err(NotAGlob)?;
        Ok(Self(untrusted_text))
    }
}

impl FromStr for Glob {
    type Err = NotAGlob;

    fn from_str(untrusted_text: &str) -> Result<Self, NotAGlob> {
        untrusted_text.to_owned().try_into()
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.0
    }
}

fn check(untrusted_text: &str) -> Result<(), &'static str> {
    if untrusted_text.len() > MAX_GLOB_BYTES {
        return Err("a pattern that is too long");
    }
    if untrusted_text.contains(char::is_control) {
        return Err("a pattern with a control character");
    }
    if untrusted_text.starts_with('!') {
        return Err("a pattern with '!' in front; what is to stay has a list of its own");
    }
    let names = untrusted_text.strip_prefix('/').unwrap_or(untrusted_text);
    let names = names.strip_suffix('/').unwrap_or(names);
    if names.split('/').count() > MAX_GLOB_NAMES {
        return Err("a pattern with too many names");
    }
    names.split('/').try_for_each(check_name)
}

fn check_name(untrusted_name: &str) -> Result<(), &'static str> {
    if matches!(untrusted_name, "" | "." | "..") {
        return Err("a pattern with an empty name, or with '.' or '..'");
    }
    let mut letters = untrusted_name.chars();
    while let Some(letter) = letters.next() {
        if letter == '[' {
            return Err("a pattern with '[': there are no classes, a bracket itself is '\\['");
        }
        if letter == '\\' && letters.next().is_none() {
            return Err("a pattern with nothing behind a '\\'");
        }
    }
    Ok(())
}

/// Some patterns. **Invariant:** at most [`MAX_GLOBS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Glob>", into = "Vec<Glob>")]
pub struct Globs(Vec<Glob>);

impl Globs {
    /// The patterns.
    pub fn items(&self) -> &[Glob] {
        &self.0
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// When there are too many.
    pub fn push(&mut self, glob: Glob) -> Result<(), NotAGlob> {
        if self.0.len() >= MAX_GLOBS {
            return Err(NotAGlob("too many patterns"));
        }
        self.0.push(glob);
        Ok(())
    }
}

impl TryFrom<Vec<Glob>> for Globs {
    type Error = NotAGlob;

    fn try_from(untrusted_globs: Vec<Glob>) -> Result<Self, NotAGlob> {
        if untrusted_globs.len() > MAX_GLOBS {
            return Err(NotAGlob("too many patterns"));
        }
        Ok(Self(untrusted_globs))
    }
}

impl From<Globs> for Vec<Glob> {
    fn from(globs: Globs) -> Self {
        globs.0
    }
}

/// The rules that go by paths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRules {
    /// What is left out.
    pub exclude: Globs,
    /// What stays all the same, with all that is in it.
    pub include: Globs,
    /// The qube's own rules, in a file of its volume, are obeyed.
    pub obey_suggestions: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Deep, Name};
    use proptest::prelude::*;

    fn glob(text: &str) -> Glob {
        text.parse().unwrap()
    }

    #[test]
    fn a_slash_in_front_or_inside_ties_a_pattern_to_the_root() {
        for (text, steps) in [
            ("*.iso", &[Deep, Name("*.iso")][..]),
            ("target/", &[Deep, Name("target")]),
            ("/x", &[Name("x")]),
            ("/x/", &[Name("x")]),
            ("home/user/VMs", &[Name("home"), Name("user"), Name("VMs")]),
            ("home/**", &[Name("home"), Deep]),
            ("**/x", &[Deep, Name("x")]),
            ("a/**/b", &[Name("a"), Deep, Name("b")]),
            ("a**", &[Deep, Name("a**")]),
            ("a\\[b", &[Deep, Name("a\\[b")]),
            ("\\!a", &[Deep, Name("\\!a")]),
        ] {
            assert_eq!(glob(text).steps().collect::<Vec<_>>(), steps, "{text}");
        }
        assert!(glob("target/").folders_only() && !glob("target").folders_only());
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let long = "x".repeat(MAX_GLOB_BYTES + 1);
        let deep = "x/".repeat(MAX_GLOB_NAMES) + "x";
        for text in [
            "", "/", "//", "a//b", "//a", "a//", "./a", "a/..", "!a", "a[bc]", "a\\", "a\\/b",
            "a\nb", "a\0", &long, &deep,
        ] {
            assert!(text.parse::<Glob>().is_err(), "{text}");
        }
        let most = vec![glob("x"); MAX_GLOBS];
        assert!(Globs::try_from(most.clone()).is_ok_and(|mut full| full.push(glob("y")).is_err()));
        assert!(Globs::try_from([most, vec![glob("y")]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn steps_are_few_and_their_names_plain(text in "[a/*?\\\\!\\[.]{0,12}") {
            if let Ok(glob) = text.parse::<Glob>() {
                prop_assert!((1..=MAX_GLOB_NAMES + 1).contains(&glob.steps().count()));
                for step in glob.steps() {
                    prop_assert!(!matches!(step, Name("" | "." | ".." | "**")));
                }
            }
        }
    }
}
