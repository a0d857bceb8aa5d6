//! `qib-helper`: what the qrexec services of a helper run. The conversation
//! with dom0 is on standard input and output.

use clap::Parser;
use qib_helper::cli::{Cli, Work};
use qib_helper::confine::{Needs, confine};
use qib_helper::error::{Error, Result};
use qib_helper::{backup, key, restore, verify};
use qib_rpc::call::{Call, Hear, Speak};
use qib_rpc::id::SessionId;
use qib_rpc::line::{LineError, Sender};
use qib_rpc::message::version::Version;
use qib_rpc::name::QubeName;
use qib_rpc::service::{HELPER_DEVICE, Service};
use std::io::{StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match Cli::parse().service {
        Work::Backup => back_up(),
        Work::Restore => restore(),
        Work::Verify => verify(),
        Work::KeyInit => answered(key::init),
        Work::KeyQube => answered(key::qube),
        Work::KeyOpen => answered(key::open),
        Work::KeyRecover => answered(key::recover),
        Work::Version => version(),
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
    confine(Needs::Nothing, None)?;
    answer(std::io::stdin().lock(), std::io::stdout().lock()).map_err(Error::Dom0)
}

fn version() -> Result<()> {
    let said = Sender::new(std::io::stdout().lock()).send(&Version::OURS);
    said.map_err(Error::Dom0)
}

fn back_up() -> Result<()> {
    let mut call = None;
    backup::run(
        std::io::stdin().lock(),
        std::io::stdout(),
        Path::new(HELPER_DEVICE),
        |job, needs| start(&job.storage, Service::Put, job.session, needs, &mut call),
    )
}

fn restore() -> Result<()> {
    let mut call = None;
    restore::run(
        std::io::stdin().lock(),
        std::io::stdout(),
        Path::new(HELPER_DEVICE),
        |job, needs| start(&job.storage, Service::Get, job.session, needs, &mut call),
    )
}

fn verify() -> Result<()> {
    let mut call = None;
    verify::run(
        std::io::stdin().lock(),
        std::io::stdout(),
        |storage, session, needs| start(storage, Service::Get, session, needs, &mut call),
    )
}

/// The call lives as long as `call`, and ends with the helper, which is confined from now on.
fn start(
    storage: &QubeName,
    service: Service,
    session: SessionId,
    needs: Needs<'_>,
    call: &mut Option<Call>,
) -> Result<(Hear, Speak)> {
    let started = Call::from_helper(storage, service, session);
    let (started, speak, hear) =
        started.map_err(|error| Error::StorageLine(LineError::Io(error)))?;
    confine(needs, Some(started.id()))?;
    *call = Some(started);
    Ok((hear, speak))
}
