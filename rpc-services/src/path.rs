//! Paths that a person names in dom0, with `*` and `?`: text that dom0 hands on and
//! does not understand.

use crate::limit::{MAX_PATH_BYTES, MAX_PATHS};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A path below a volume's root. **Invariant:** names with single slashes between
/// them, none of them empty, `.` or `..`; no NUL; at most [`MAX_PATH_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern(String);

impl PathPattern {
    /// The names, from the root on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl TryFrom<String> for PathPattern {
    type Error = &'static str;

    fn try_from(untrusted_text: String) -> Result<Self, Self::Error> {
        let is_name = |name: &str| !name.is_empty() && name != "." && name != "..";
        if untrusted_text.len() > MAX_PATH_BYTES {
            Err("a path that is too long")
        } else if untrusted_text.contains('\0') || !untrusted_text.split('/').all(is_name) {
            Err("a path with an empty name, or with '.' or '..'")
        } else {
            Ok(Self(untrusted_text))
        }
    }
}

impl From<PathPattern> for String {
    fn from(path: PathPattern) -> Self {
        path.0
    }
}

/// As a person writes it: slashes at both ends may be there or not.
impl FromStr for PathPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim_matches('/').to_owned().try_into()
    }
}

/// Some paths. **Invariant:** 1 to [`MAX_PATHS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PathPattern>", into = "Vec<PathPattern>")]
pub struct PathPatterns(Vec<PathPattern>);

impl PathPatterns {
    /// The paths.
    pub fn items(&self) -> &[PathPattern] {
        &self.0
    }
}

impl TryFrom<Vec<PathPattern>> for PathPatterns {
    type Error = &'static str;

    fn try_from(untrusted_paths: Vec<PathPattern>) -> Result<Self, Self::Error> {
        if (1..=MAX_PATHS).contains(&untrusted_paths.len()) {
            Ok(Self(untrusted_paths))
        } else {
            Err("no paths, or too many")
        }
    }
}

impl From<PathPatterns> for Vec<PathPattern> {
    fn from(paths: PathPatterns) -> Self {
        paths.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_ends_do_not_matter() {
        for text in [
            "home/user/x",
            "/home/user/x",
            "home/user/x/",
            "//home/user/x",
        ] {
            let path: PathPattern = text.parse().unwrap();
            assert_eq!(path.names().collect::<Vec<_>>(), ["home", "user", "x"]);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let long = "x".repeat(MAX_PATH_BYTES + 1);
        for text in ["", "/", "a//b", "a/./b", "..", "a/..", "a\0b", &long] {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
    }
}
