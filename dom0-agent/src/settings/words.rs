//! The kinds of text that settings are made of.

use std::borrow::Borrow;
use std::fmt;

/// A name as Qubes gives it to a property, a feature, a tag, a pool or a device: 1 to 255
/// printable characters of ASCII, none of them a space.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word(String);

impl Word {
    const MAX_BYTES: usize = 255;

    /// Checks `text`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        (plain && fits).then(|| Self(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Word {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A colour as Qubes writes it: `0x` and six hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(String);

impl Colour {
    /// Checks `text`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x")?;
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (digits.len() == 6 && are_digits).then(|| Self(text.to_owned()))
    }

    /// The colour.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A value: any text of at most 256,000 bytes, as long as Qubes lets notes be. It may have several
/// lines, and nothing in it is shown as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    const MAX_BYTES: usize = 256_000;

    /// Checks `text`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= Self::MAX_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// On one line, without spaces where it is to be a word: the form that [`unescape`] reads.
    pub(super) fn escape(&self, as_word: bool) -> String {
        let mut line = String::with_capacity(self.0.len());
        for letter in self.0.chars() {
            match letter {
                '\\' => line.push_str("\\\\"),
                '\n' => line.push_str("\\n"),
                ' ' if as_word => line.push_str("\\s"),
                other => line.push(other),
            }
        }
        line
    }
}

/// Reads what [`Text::escape`] writes, and what qubesd does to the values of properties.
pub fn unescape(line: &str) -> Option<Text> {
    let mut text = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next()? {
                '\\' => '\\',
                'n' => '\n',
                's' => ' ',
                _ => return None,
            },
            other => other,
        });
    }
    Text::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_have_no_spaces_and_an_end() {
        for text in ["gui", "service.cups", "00_1f.2", "0x8086:0x1234::p060100"] {
            assert_eq!(Word::parse(text).unwrap().as_str(), text);
        }
        let long = "a".repeat(256);
        for text in ["", " ", "a b", "a\n", "a\0", "é", "\x7f", &long] {
            assert_eq!(Word::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(Colour::parse("0xcc00Ff").unwrap().as_str(), "0xcc00Ff");
        for text in [
            "",
            "0x",
            "cc0000",
            "0xcc000",
            "0xcc00000",
            "0xcc000g",
            "0xcc\u{e9}00",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_has_an_end() {
        assert!(Text::parse(&"a".repeat(256_000)).is_some());
        assert!(Text::parse(&"a".repeat(256_001)).is_none());
        for line in ["\\", "\\x", "a\\"] {
            assert_eq!(unescape(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_text_reads_back(text: String, as_word: bool) {
            let text = Text::parse(&text).unwrap();
            let line = text.escape(as_word);
            prop_assert!(!line.contains('\n'));
            prop_assert!(!as_word || !line.contains(' '));
            prop_assert_eq!(unescape(&line), Some(text));
        }
    }
}
