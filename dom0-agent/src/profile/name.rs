//! Names of profiles.

use std::fmt;
use std::str::FromStr;

/// A profile's name. **Invariant:** 1 to 64 letters, digits, `-`, `_` and `.`, the first a letter
/// or a digit: a file's name, and no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileName(String);

impl FromStr for ProfileName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let begins = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if begins && text.len() <= 64 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a profile's name is letters, digits, '-', '_' and '.', at most 64")
        }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for text in ["daily", "a.b-c_1"] {
            assert_eq!(text.parse::<ProfileName>().unwrap().to_string(), text);
        }
        for text in [
            "",
            ".",
            "..",
            ".a",
            "-a",
            "a/b",
            "../a",
            "a b",
            "a\n",
            &"x".repeat(65),
        ] {
            assert!(text.parse::<ProfileName>().is_err(), "{text}");
        }
    }
}
