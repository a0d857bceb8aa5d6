//! What a place answered, in our words.

use crate::backend::Trouble;
use opendal::{Error, ErrorKind};
use std::io;

/// More of a server's text than this helps nobody.
const MAX_TEXT: usize = 300;

/// Says what became of a request.
pub fn trouble(error: Error) -> Trouble {
    match error.kind() {
        ErrorKind::NotFound => Trouble::Missing,
        _ => Trouble::Failed(io::Error::other(plain(&error))),
    }
}

/// The error on one line of plain text: a server may have written parts of it.
pub fn plain(error: &Error) -> String {
    let untrusted_text = error.to_string();
    let seen = untrusted_text.chars().take(MAX_TEXT);
    seen.map(|letter| match letter {
        ' '..='~' => letter,
        _ => '?',
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_text_is_one_plain_line() {
        let text = format!("no\nway\u{1b}[31m{}", "x".repeat(9000));
        let plain = plain(&Error::new(ErrorKind::Unexpected, text));
        assert!(plain.contains("no?way?[31mx") && plain.len() <= MAX_TEXT);
    }
}
