//! `qib watch`: backs a qube up when it has shut down, until told to stop.
//!
//! It only listens. Each backup is a `qib backup` of its own, as a person would call it, so that
//! one that fails ends nothing here, and what is upgraded meanwhile is used.

use super::Ended;
use crate::admin::call;
use crate::admin::event::Events;
use crate::cli::Watch as Arguments;
use crate::config::Config;
use crate::destination;
use crate::error::{Error, Result, at};
use crate::machine::Installation;
use crate::pending::Pending;
use crate::stop::Stop;
use crate::{paths, select, state, storage};
use qib_rpc::name::QubeName;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// While nothing happens.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// While a backup runs, between two looks at whether it has ended.
const SHORT: Duration = Duration::from_secs(5);
/// Before qubesd is asked again, which restarts when it is upgraded.
const AGAIN: Duration = Duration::from_secs(10);

struct Watcher {
    stop: Stop,
    pending: Pending,
    /// The backup that runs now.
    backup: Option<Child>,
}

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let mut watcher = Watcher {
        stop: Stop::catch().map_err(at(paths::STATE))?,
        pending: Pending::new(Duration::from_secs(arguments.delay.into())),
        backup: None,
    };
    loop {
        match watcher.listen(quiet) {
            Ok(never) => match never {},
            Err(Error::Stopped) => break,
            Err(error) => eprintln!("qib: warning: {error}; trying again"),
        }
        if watcher.stop.wait(AGAIN) {
            break;
        }
    }
    watcher.end();
    Ok(Ended::Well)
}

impl Watcher {
    fn listen(&mut self, quiet: bool) -> Result<std::convert::Infallible> {
        let mut events = Events::subscribe(&self.stop)?;
        if !quiet {
            eprintln!("qib: waiting for qubes that shut down");
        }
        loop {
            let event = events.next(self.time())?;
            let shut_down = event.filter(|event| event.name == "domain-shutdown");
            if let Some(qube) = shut_down.and_then(|event| event.qube) {
                self.pending.add(qube, Instant::now());
            }
            self.work()?;
        }
    }

    fn time(&self) -> Duration {
        let left = self.pending.left(Instant::now()).unwrap_or(LONG);
        match &self.backup {
            Some(_) => SHORT,
            None => left,
        }
    }

    /// Starts a backup of the qubes whose time has come, unless one still runs.
    fn work(&mut self) -> Result<()> {
        if let Some(backup) = &mut self.backup {
            match backup.try_wait() {
                Ok(None) => return Ok(()),
                // How it ended it has said itself.
                _ => self.backup = None,
            }
        }
        let qubes = self.pending.take(Instant::now());
        if qubes.is_empty() || !state::is_initialised() {
            return Ok(());
        }
        let qubes = wanted(&qubes)?;
        if !qubes.is_empty() {
            let mut backup = Command::new(paths::QIB);
            backup.args(["--quiet", "backup", "--wait"]);
            backup.args(qubes.iter().map(QubeName::as_str));
            self.backup = Some(backup.spawn().map_err(at(paths::QIB))?);
        }
        Ok(())
    }

    /// The backup that runs is told to stop too, and clears up what it has made.
    fn end(&mut self) {
        if let Some(backup) = &mut self.backup {
            let _told = kill_process(Pid::from_child(backup), Signal::TERM);
            let _ended = backup.wait();
        }
    }
}

/// Those of them that are included in backups and have not been started again.
fn wanted(qubes: &BTreeSet<QubeName>) -> Result<BTreeSet<QubeName>> {
    let mut there = call::qubes()?;
    there.retain(|qube| qube.halted && qubes.contains(&qube.name));
    let (config, installation) = (Config::read()?, Installation::open()?);
    let known = storage::known(&config, &installation.ledger.book);
    select::included(&there, &destination::qubes(&known))
}
