//! `qib`: see `qib --help`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    qib::command::run(&qib::cli::Cli::parse())
}
