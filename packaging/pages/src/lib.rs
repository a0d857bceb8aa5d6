//! Man pages and completions, from the same command lines that the programs read. Here, and
//! not in a program, so that none of them is built from a crate more.

mod completions;
mod manual;

pub use completions::write_completions;
pub use manual::write_manual;

use clap::{Command, CommandFactory};

/// The command line of `qib`.
pub fn qib() -> Command {
    built(qib::cli::Cli::command())
}

/// The command line of `qib-helper`.
pub fn helper() -> Command {
    built(qib_helper::cli::Cli::command())
}

/// The command line of `qib-storage`.
pub fn storage() -> Command {
    built(qib_storage::cli::Cli::command())
}

/// With what clap adds to it, and without `help` as a command of its own: `--help` and the
/// pages say the same.
fn built(command: Command) -> Command {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    command
}
