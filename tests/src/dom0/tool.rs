//! What the stand-ins for dom0's programs share: they say what they were called with and what
//! came of it, print that, and end as the program would.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::control::{Request, ask_in_dom0};

/// What a program did.
pub(crate) struct Done {
    pub(crate) output: String,
    pub(crate) complaint: String,
    pub(crate) code: u8,
}

impl Done {
    /// What a stand-in came to; a failure has this code.
    pub(crate) fn of(result: Result<String>, code: u8) -> Self {
        match result {
            Ok(output) => Self {
                output,
                complaint: String::new(),
                code: 0,
            },
            Err(error) => Self {
                output: String::new(),
                complaint: format!("{error:#}\n"),
                code,
            },
        }
    }
}

/// The words of a command line.
pub(crate) fn words(arguments: &[OsString]) -> Result<Vec<&str>> {
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    words.context("not UTF-8")
}

/// Ends a program that has done its work.
pub(crate) fn end(name: &str, words: &[&str], done: &Done) -> Result<ExitCode> {
    let line = [&["dom0", name], words].concat().join(" ");
    let mut answer = format!("{}{}", done.output, done.complaint);
    if done.code != 0 {
        answer.push_str(&format!("! ended with {}\n", done.code));
    }
    ask_in_dom0(&Request::Called {
        by: std::os::unix::process::parent_id(),
        call: line,
        answer,
    })?;
    print!("{}", done.output);
    eprint!("{}", done.complaint);
    Ok(ExitCode::from(done.code))
}
