//! `qib-helper`: what the qrexec services of a helper run. The conversation
//! with dom0 is on standard input and output.

use clap::Parser;
use qib_helper::cli::{Cli, Work};
use qib_helper::confine::{Needs, confine};
use qib_helper::error::{Error, Result};
use qib_helper::patient::{PATIENCE, Patient};
use qib_helper::restore::Outside;
use qib_helper::{backup, browse, key, restore, verify};
use qib_rpc::call::{Call, Hear, Speak};
use qib_rpc::id::SessionId;
use qib_rpc::line::{LineError, Sender};
use qib_rpc::message::restore::RestoreJob;
use qib_rpc::message::version::Version;
use qib_rpc::name::QubeName;
use qib_rpc::service::{HELPER_DEVICE, HELPER_FOLDER, Service};
use std::io::{self, StdoutLock, Write};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match Cli::parse().service {
        Work::Backup => back_up(),
        Work::Restore => restore(),
        Work::Verify => verify(),
        Work::Browse => browse(),
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
            let _shown = writeln!(io::stderr(), "qib-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

type Answer<'a> = fn(io::StdinLock<'a>, StdoutLock<'a>) -> std::result::Result<(), LineError>;

fn answered(answer: Answer<'static>) -> Result<()> {
    confine(Needs::Nothing, &[])?;
    answer(io::stdin().lock(), io::stdout().lock()).map_err(Error::Dom0)
}

fn version() -> Result<()> {
    let said = Sender::new(io::stdout().lock()).send(&Version::OURS);
    said.map_err(Error::Dom0)
}

fn back_up() -> Result<()> {
    let mut calls = Calls::default();
    backup::run(
        io::stdin().lock(),
        io::stdout(),
        Path::new(HELPER_DEVICE),
        |job, needs| calls.reach_storage(&job.storage, Service::Put, job.session, needs),
    )
}

fn restore() -> Result<()> {
    restore::run(
        io::stdin().lock(),
        io::stdout(),
        Path::new(HELPER_DEVICE),
        &mut Calls::default(),
    )
}

fn verify() -> Result<()> {
    let mut calls = Calls::default();
    verify::run(
        io::stdin().lock(),
        io::stdout(),
        |storage, session, needs| calls.reach_storage(storage, Service::Get, session, needs),
    )
}

fn browse() -> Result<()> {
    let mut calls = Calls::default();
    browse::run(
        io::stdin().lock(),
        io::stdout(),
        Path::new(HELPER_FOLDER),
        |storage, session, needs| calls.reach_storage(storage, Service::Get, session, needs),
    )
}

/// What another qube says, and what it is told.
type Line = (Patient<Hear>, Patient<Speak>);

/// The helper's calls, which end with this.
#[derive(Default)]
struct Calls(Vec<Call>);

impl Calls {
    /// The last call: from now on the helper is confined.
    fn reach_storage(
        &mut self,
        storage: &QubeName,
        service: Service,
        session: SessionId,
        needs: Needs<'_>,
    ) -> Result<Line> {
        let started = Call::from_helper(storage, service, session);
        let line = started.and_then(|started| self.add(started));
        let line = line.map_err(|error| Error::StorageLine(LineError::Io(error)))?;
        let calls: Vec<u32> = self.0.iter().map(Call::id).collect();
        confine(needs, &calls)?;
        Ok(line)
    }

    fn add(&mut self, (call, speak, hear): (Call, Speak, Hear)) -> io::Result<Line> {
        self.0.push(call);
        Ok((
            Patient::new(hear, PATIENCE)?,
            Patient::new(speak, PATIENCE)?,
        ))
    }
}

impl Outside for Calls {
    type Hear = Patient<Hear>;
    type Speak = Patient<Speak>;

    fn call_storage(&mut self, job: &RestoreJob, needs: Needs<'_>) -> Result<Line> {
        self.reach_storage(&job.storage, Service::Get, job.session, needs)
    }

    fn call_taker(&mut self, taker: &QubeName) -> Result<Line> {
        let started = Call::to_taker(taker);
        let line = started.and_then(|started| self.add(started));
        line.map_err(Error::Helper)
    }
}
