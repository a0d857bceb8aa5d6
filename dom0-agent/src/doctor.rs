//! `qib doctor`: is everything there that a backup needs, and as it must be?
//!
//! Each check ends in one sentence, which says what to do where something is wrong. Nothing is
//! mended here, but that a halted storage qube is started, and one helper, to ask them.

mod dom0;
mod helper;
mod policy;
mod qubes;
mod report;
mod state;
mod storage;
mod template;
mod version;

use crate::config::Config;
use crate::destination::{self, Destination};
use crate::error::Error;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::storage::known;
use crate::undo::Undos;
use std::collections::BTreeSet;

pub use report::{Finding, Report, Verdict};

/// Looks at everything; qubes without a backup of the last `days` are named.
pub fn examine(days: u32, progress: &Progress) -> Report {
    let mut report = Report::default();
    dom0::examine(&mut report);
    if !report.is_well() {
        return report;
    }
    let config = report.keep("config", Config::read(), |config| {
        format!(
            "the storage qube is {}, helpers are made from {}",
            config.storage, config.helper_template
        )
    });
    let Some(config) = config else {
        return report;
    };
    let tags = template::examine(&config.helper_template, &mut report);
    policy::examine_files(&tags, &mut report);
    policy::examine_rights(&config, &mut report);
    let storages = storages(&config);
    for qube in destination::qubes(&storages) {
        storage::examine(&qube, qube == config.storage.qube, &mut report);
    }
    match Machine::open() {
        Ok(machine) => examine_at_work(&machine, &storages, days, progress, &mut report),
        Err(error @ Error::Busy) => report.warning("lock", &error),
        Err(error) => report.wrong("lock", &error),
    }
    report
}

/// Where backups lie, as far as they are known: what is wrong with the ledger is told later.
fn storages(config: &Config) -> BTreeSet<Destination> {
    Installation::open().map_or_else(
        |_| BTreeSet::from([config.storage.clone()]),
        |installation| known(config, &installation.ledger.book),
    )
}

/// What must not be done beside another qib.
fn examine_at_work(
    machine: &Machine,
    storages: &BTreeSet<Destination>,
    days: u32,
    progress: &Progress,
    report: &mut Report,
) {
    state::examine_leftovers(report);
    let swept = report.keep("sweep", Undos::sweep(), |_| {
        "nothing of an earlier run is in the way".to_owned()
    });
    let Some(mut undos) = swept else {
        return;
    };
    let answering = storages
        .iter()
        .filter(|storage| storage::examine_service(machine, storage, progress, report))
        .collect();
    let qubes = destination::qubes(storages);
    helper::examine((machine, &qubes), progress, &mut undos, report);
    let installation = state::examine(machine, answering, report);
    let known = (&qubes, installation.as_ref());
    qubes::examine(machine, known, days, report);
}
