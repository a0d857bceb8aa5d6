//! dom0's `qubesdb-write` and `qubesdb-rm`, over the lab's state.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use super::tool::{self, Done};
use crate::control::{Request, ask_in_dom0};

/// `qubesdb-write PATH VALUE [PATH VALUE …]`
pub(crate) fn write(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    let pairs: Vec<(String, String)> = words
        .chunks_exact(2)
        .filter_map(|pair| Some(((*pair.first()?).to_owned(), (*pair.last()?).to_owned())))
        .collect();
    ensure!(
        !pairs.is_empty() && words.len() % 2 == 0,
        "qubesdb-write PATH VALUE …"
    );
    let done = ask_in_dom0(&Request::QubesdbWrite(pairs));
    tool::end("qubesdb-write", &words, &Done::of(done, 1))
}

/// `qubesdb-rm PATH …`; a path that ends in `/` means all below it.
pub(crate) fn remove(arguments: &[OsString]) -> Result<ExitCode> {
    let words = tool::words(arguments)?;
    let paths = words.iter().map(|word| (*word).to_owned()).collect();
    let done = ask_in_dom0(&Request::QubesdbRemove(paths));
    tool::end("qubesdb-rm", &words, &Done::of(done, 1))
}
