//! `qib setup`: a plan, a question, then what the plan says; at last what `qib doctor` finds.

use super::{Ended, doctor as shown};
use crate::cli::Setup;
use crate::confirm;
use crate::doctor::{self, Verdict};
use crate::error::Result;
use crate::progress::Progress;
use crate::setup::{self, Wish};

/// Qubes need no backup before there can be one.
const DAYS: u32 = u32::MAX;

pub(super) fn run(arguments: &Setup, quiet: bool) -> Result<Ended> {
    let plan = setup::plan(&Wish {
        storage: arguments.storage.as_ref(),
        kit: !arguments.no_kit_at_storage,
        moved_from: arguments.moved_from.as_ref(),
        template: arguments.template.as_ref(),
    })?;
    if plan.is_empty() {
        println!("Everything that 'qib setup' makes is there.");
    } else {
        println!("This is to be done:");
        plan.iter().for_each(|step| println!("  {step}"));
    }
    if arguments.dry_run {
        return Ok(Ended::Well);
    }
    if !plan.is_empty() && !arguments.yes && !confirm::ask("Do you want to proceed?")? {
        println!("Nothing was done.");
        return Ok(Ended::Person);
    }
    for step in &plan {
        step.perform()?;
    }
    let report = doctor::examine(DAYS, &Progress::new(quiet));
    shown::print(&report, |verdict| verdict != Verdict::Well);
    Ok(shown::ended(&report))
}
