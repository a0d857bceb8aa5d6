//! dom0's `qubesdb-write` and `qubesdb-rm`, over the lab's state.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::control::{Request, ask_in_dom0};

fn texts(arguments: &[OsString]) -> Result<Vec<String>> {
    let text = |word: &OsString| word.to_str().map(str::to_owned).context("not UTF-8");
    arguments.iter().map(text).collect()
}

/// `qubesdb-write PATH VALUE [PATH VALUE …]`
pub(crate) fn write(arguments: &[OsString]) -> Result<ExitCode> {
    let words = texts(arguments)?;
    let pairs: Vec<(String, String)> = words
        .chunks_exact(2)
        .filter_map(|pair| Some((pair.first()?.clone(), pair.last()?.clone())))
        .collect();
    ensure!(
        !pairs.is_empty() && words.len() % 2 == 0,
        "qubesdb-write PATH VALUE …"
    );
    ask_in_dom0(&Request::QubesdbWrite(pairs))?;
    Ok(ExitCode::SUCCESS)
}

/// `qubesdb-rm PATH …`; a path that ends in `/` means all below it.
pub(crate) fn remove(arguments: &[OsString]) -> Result<ExitCode> {
    ask_in_dom0(&Request::QubesdbRemove(texts(arguments)?))?;
    Ok(ExitCode::SUCCESS)
}
