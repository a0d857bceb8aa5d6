//! The commands: what `qib` does, from arguments to exit code.

pub(crate) mod backup;
mod browse;
mod diff;
mod doctor;
mod dom0;
mod drill;
mod due;
mod export;
mod forget;
mod hand_out;
mod init;
mod kit;
mod lock;
mod prune;
mod receipt;
mod recover;
mod rekey;
mod restore;
mod scrub;
mod settings;
mod setup;
mod snapshots;
mod status;
mod thaw;
mod undelete;
mod usage;
mod verify;
mod watch;

use crate::cli::{Cli, Command};
use crate::ended::Ended;
use crate::error::{Error, Result};
use crate::trace;
pub(crate) use backup::Outcome;
use std::process::ExitCode;

/// Runs a command; an error was printed when this returns.
pub fn run(cli: &Cli) -> ExitCode {
    if cli.verbose {
        trace::on();
    }
    let ended = match &cli.command {
        Command::Init(arguments) => init::run(arguments, cli.quiet),
        Command::Setup(arguments) => setup::run(arguments, cli.quiet),
        Command::Doctor(arguments) => doctor::run(arguments, cli.quiet),
        Command::Backup(arguments) => backup::run(arguments, cli.quiet),
        Command::Snapshots(arguments) => snapshots::run(arguments),
        Command::Diff(arguments) => diff::run(arguments, cli.quiet),
        Command::Browse(arguments) => browse::run(arguments, cli.quiet),
        Command::Find(arguments) => browse::find(arguments, cli.quiet),
        Command::Settings(arguments) => settings::run(arguments, cli.quiet),
        Command::Export(arguments) => export::run(arguments, cli.quiet),
        Command::Restore(arguments) => restore::run(arguments, cli.quiet),
        Command::Kit(arguments) => kit::run(arguments),
        Command::Receipt(arguments) => receipt::run(arguments),
        Command::Recover(arguments) => recover::run(arguments, cli.quiet),
        Command::Forget(arguments) => forget::run(arguments, cli.quiet),
        Command::Prune(arguments) => prune::run(arguments, cli.quiet),
        Command::Usage(arguments) => usage::run(arguments, cli.quiet),
        Command::Scrub(arguments) => scrub::run(arguments, cli.quiet),
        Command::Undelete(arguments) => undelete::run(arguments, cli.quiet),
        Command::Lock(arguments) => lock::run(arguments, true),
        Command::Unlock(arguments) => lock::run(arguments, false),
        Command::Rekey(arguments) => rekey::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::Thaw(arguments) => thaw::run(arguments),
        Command::Verify(arguments) => verify::run(arguments, cli.quiet),
        Command::Drill(arguments) => drill::run(arguments, cli.quiet),
        Command::Due(arguments) => due::run(arguments),
        Command::Watch(arguments) => watch::run(arguments, cli.quiet),
    };
    let ended = ended.unwrap_or_else(|error| {
        eprintln!("qib: error: {error}");
        Ended::after(&error)
    });
    ExitCode::from(ended.code())
}

/// Prints JSON on standard output.
fn print_json(value: &serde_json::Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::Disagree(format!("the result is no JSON: {error}")))?;
    println!("{text}");
    Ok(())
}
