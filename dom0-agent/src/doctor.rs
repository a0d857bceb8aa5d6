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
use crate::error::Error;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::undo::Undos;

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
    storage::examine(&config.storage, &mut report);
    match Machine::open() {
        Ok(machine) => examine_at_work(&machine, days, progress, &mut report),
        Err(error @ Error::Busy) => report.warning("lock", &error),
        Err(error) => report.wrong("lock", &error),
    }
    report
}

/// What must not be done beside another qib.
fn examine_at_work(machine: &Machine, days: u32, progress: &Progress, report: &mut Report) {
    state::examine_leftovers(report);
    let swept = report.keep("sweep", Undos::sweep(), |_| {
        "nothing of an earlier run is in the way".to_owned()
    });
    let Some(mut undos) = swept else {
        return;
    };
    let answers = storage::examine_service(machine, progress, report);
    helper::examine(machine, progress, &mut undos, report);
    let installation = state::examine(machine, answers, report);
    qubes::examine(machine, installation.as_ref(), days, report);
    progress.clear();
}
