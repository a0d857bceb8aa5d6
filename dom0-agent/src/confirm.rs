//! A question to the person at the terminal.

use crate::error::{Error, Result};
use std::io::{IsTerminal, Write, stdin, stdout};

/// True when the answer is yes; anything else is no.
///
/// # Errors
/// When there is nobody to ask.
pub fn ask(question: &str) -> Result<bool> {
    if !stdin().is_terminal() {
        return Err(Error::NobodyToAsk);
    }
    let mut answer = String::new();
    let asked = write!(stdout(), "{question} [y/N] ").and_then(|()| stdout().flush());
    let read = asked.and_then(|()| stdin().read_line(&mut answer));
    read.map_err(|_| Error::NobodyToAsk)?;
    let answer = answer.trim();
    Ok(["y", "yes"]
        .iter()
        .any(|yes| answer.eq_ignore_ascii_case(yes)))
}
