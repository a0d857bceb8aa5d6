//! Names that dom0 gives to folders and files in other qubes.

use serde::{Deserialize, Serialize};

/// A name of a file or folder: 1 to [`Self::MAX_BYTES`] of `[0-9A-Za-z_.-]`, the first no dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlainName(String);

impl PlainName {
    /// The longest, in bytes.
    pub const MAX_BYTES: usize = 96;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PlainName {
    type Error = &'static str;

    fn try_from(untrusted_text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_one = (1..=Self::MAX_BYTES).contains(&untrusted_text.len())
            && untrusted_text.bytes().all(plain)
            && !untrusted_text.starts_with('.');
        is_one
            .then_some(Self(untrusted_text))
            .ok_or("not a plain name")
    }
}

impl From<PlainName> for String {
    fn from(label: PlainName) -> Self {
        label.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_name_and_plain() {
        for good in ["2026-11-30_12-15-03_7", "a", "A.b"] {
            assert_eq!(PlainName::try_from(good.to_owned()).unwrap().as_str(), good);
        }
        let long = "a".repeat(PlainName::MAX_BYTES + 1);
        for bad in ["", ".", "..", ".a", "a/b", "a b", "a\n", "\u{e4}", &long] {
            assert!(PlainName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
