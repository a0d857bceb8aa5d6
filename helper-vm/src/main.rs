//! `qib-helper`: what the qrexec services of a helper run. The conversation
//! with dom0 is on standard input and output.

use clap::{Parser, Subcommand};
use qib_helper::error::{Error, Result};
use qib_helper::{backup, key, restore};
use qib_rpc::call::{Call, Hear, Speak};
use qib_rpc::id::SessionId;
use qib_rpc::line::LineError;
use qib_rpc::name::QubeName;
use qib_rpc::service::{HELPER_DEVICE, Service};
use std::io::{StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

/// The helper of qib, the incremental backup for Qubes OS. Started by qrexec.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    service: Work,
}

#[derive(Subcommand)]
enum Work {
    /// qib.Backup: back up the attached volume
    Backup,
    /// qib.Restore: fill the attached volume from a snapshot
    Restore,
    /// qib.KeyInit: make the master identity and the recovery kit
    KeyInit,
    /// qib.KeyQube: make a qube's data identity
    KeyQube,
    /// qib.KeyOpen: open a qube's data identity
    KeyOpen,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().service {
        Work::Backup => back_up(),
        Work::Restore => restore(),
        Work::KeyInit => answered(key::init),
        Work::KeyQube => answered(key::qube),
        Work::KeyOpen => answered(key::open),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Into the helper's own journal; dom0 reads no text of a helper.
            let _shown = writeln!(std::io::stderr(), "qib-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

type Answer<'a> = fn(std::io::StdinLock<'a>, StdoutLock<'a>) -> std::result::Result<(), LineError>;

fn answered(answer: Answer<'static>) -> Result<()> {
    answer(std::io::stdin().lock(), std::io::stdout().lock()).map_err(Error::Dom0)
}

fn back_up() -> Result<()> {
    let mut call = None;
    backup::run(
        std::io::stdin().lock(),
        std::io::stdout(),
        Path::new(HELPER_DEVICE),
        |job| start(&job.storage, Service::Put, job.session, &mut call),
    )
}

fn restore() -> Result<()> {
    let mut call = None;
    restore::run(
        std::io::stdin().lock(),
        std::io::stdout(),
        Path::new(HELPER_DEVICE),
        |job| start(&job.storage, Service::Get, job.session, &mut call),
    )
}

/// The call lives as long as `call`, and ends with the helper.
fn start(
    storage: &QubeName,
    service: Service,
    session: SessionId,
    call: &mut Option<Call>,
) -> Result<(Hear, Speak)> {
    let started = Call::from_helper(storage, service, session);
    let (started, speak, hear) =
        started.map_err(|error| Error::StorageLine(LineError::Io(error)))?;
    *call = Some(started);
    Ok((hear, speak))
}
